"""Check of the exercise of step 14: backward called twice."""

START = '''
import numpy as np
from step14 import Variable, square


def twice(number):
    """Call y.backward() twice, for a = square(x), y = square(a).
    Return a.grad and x.grad as a pair, after the second call."""
    x = Variable(np.array(number))
    raise NotImplementedError("your turn")


# Which Variable between x and y kept its old gradient, so that the
# second call passed on too much? Write "a" or "y".
culprit = None


if __name__ == "__main__":
    print(twice(2.0))
'''


def check(mine):
    """Yield (what, expected, got)."""
    for x in (2.0, 3.0):
        a = 2 * x**2  # the slope of y = a**2 at a = x**2
        slope = a * 2 * x
        got = tuple(map(float, mine.twice(x)))
        yield (
            f"a.grad and x.grad at x = {x:.0f}",
            (2 * a, 3 * slope),
            got,
        )
    yield "what kept its gradient", "a", mine.culprit
