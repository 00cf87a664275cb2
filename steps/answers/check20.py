"""Check of the exercise of step 20: the gradients of a * b * c."""

START = '''
import numpy as np
from step20 import Variable


def gradients(a, b, c):
    """Return the gradients of a * b * c for three numbers, in a
    list, by backward."""
    raise NotImplementedError("your turn")


# Which product does Python compute first? "a * b" or "b * c"
first = None


if __name__ == "__main__":
    print(gradients(2.0, 3.0, 5.0))
'''


def check(mine):
    """Yield (what, expected, got)."""
    for a, b, c in [(2.0, 3.0, 5.0), (-1.0, 4.0, 0.5)]:
        by_hand = [b * c, a * c, a * b]
        got = [float(g) for g in mine.gradients(a, b, c)]
        yield f"the gradients at {a}, {b}, {c}", by_hand, got
    yield "the first product", "a * b", mine.first
