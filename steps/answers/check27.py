"""Check of the exercise of step 27: the sine of 30."""

import math

START = '''
import math

import numpy as np
from dezero.core_simple import Variable
from step27 import taylor_sin


def largest_term(x):
    """Return the largest term of the series, without its sign."""
    raise NotImplementedError("your turn")


def better_sin(x):
    """Return the sine of a large number x, by taylor_sin with the
    threshold 1e-12, after periods have been subtracted."""
    raise NotImplementedError("your turn")


if __name__ == "__main__":
    print(largest_term(30.0), better_sin(30.0) - math.sin(30.0))
'''


def check(mine):
    """Yield (what, expected, got)."""
    largest = 30**29 / math.factorial(29)
    yield "the largest term at x = 30", largest, mine.largest_term(30.0)
    largest = 5**5 / math.factorial(5)
    yield "the largest term at x = 5", largest, mine.largest_term(5.0)
    for x in (30.0, 100.0):
        got = mine.better_sin(x)
        error = abs(float(getattr(got, "data", got)) - math.sin(x))
        yield (
            f"sin({x:.0f}) is off by {error:.0e}: below 1e-10",
            True,
            error < 1e-10,
        )
