"""Answer to the exercise of step 27.

At x = 30 the terms grow to 8e11 before they shrink. A float64 has
16 digits, so a number of this size is known to about 1e-4, and no
threshold can give back what was lost. That is the error that
remains.

sin has a period of 2 * pi. After five periods are subtracted, x is
-1.4159. No term is larger than that, and the series is exact to
the last digits.

Output:
    largest term at x = 30: 8e+11
    threshold 1e-04: error above 1e-06
    threshold 1e-08: error above 1e-06
    threshold 1e-12: error above 1e-06
    at 30 - 5 * 2 * pi: error below 1e-12
"""

import math

import numpy as np

from dezero.core_simple import Variable
from step27 import taylor_sin


def error(x, threshold):
    """Return how far the series is from the sine of 30."""
    y = taylor_sin(Variable(np.array(x)), threshold)
    return abs(float(y.data) - math.sin(30))


def largest_term(x):
    """Return the largest term of the series, without its sign."""
    return max(x**n / math.factorial(n) for n in range(1, 99, 2))


def better_sin(x):
    """Return sin(x) after whole periods have been subtracted."""
    small = x - round(x / (2 * math.pi)) * 2 * math.pi
    return taylor_sin(Variable(np.array(small)), 1e-12)


if __name__ == "__main__":
    print(f"largest term at x = 30: {largest_term(30):.0e}")
    for threshold in (1e-4, 1e-8, 1e-12):
        where = "above" if error(30.0, threshold) > 1e-6 else "below"
        print(f"threshold {threshold:.0e}: error {where} 1e-06")
    small = 30 - 5 * 2 * math.pi
    where = "above" if error(small, 1e-12) > 1e-12 else "below"
    print(f"at 30 - 5 * 2 * pi: error {where} 1e-12")
