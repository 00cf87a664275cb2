"""Check of the exercise of step 30: a gradient written down by hand."""

START = '''
import numpy as np
from dezero.core_simple import Variable
from step30 import replay


def by_hand(number):
    """Compute g = 4 * x**3 - 4 * x with Variables at x = 2. Put
    number into x and replay g. Clear x.grad and call g.backward().
    Return the numbers in g and in x.grad."""
    x = Variable(np.array(2.0))
    raise NotImplementedError("your turn")


# What is x.grad then? "y", "the slope of y", "the second derivative"
what = None


if __name__ == "__main__":
    print(by_hand(3.0))
'''


def check(mine):
    """Yield (what, expected, got)."""
    for x in (3.0, -1.0):
        both = (4 * x**3 - 4 * x, 12 * x**2 - 4)
        got = tuple(map(float, mine.by_hand(x)))
        yield f"g and x.grad, with {x:.0f} in x", both, got
    yield "x.grad is", "the second derivative", mine.what
