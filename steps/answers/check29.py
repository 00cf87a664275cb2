"""Check of the exercise of step 29: a leap to either side."""

import math

START = '''
from step29 import newton, quartic, quartic_hessian


def walk(start):
    """Return the points of 30 steps of Newton on quartic."""
    raise NotImplementedError("your turn")


# Say it before you run it: does the first step from there go to the
# "left" or to the "right"?
from_577 = None
from_578 = None

# Between the two starts f'' is 0. Where? (three digits)
bend_is_zero_at = None


if __name__ == "__main__":
    for start in (0.577, 0.578):
        path = walk(start)
        print(start, path[1], path[-1])
'''


def check(mine):
    """Yield (what, expected, got)."""
    yield "the first step from 0.577", "left", mine.from_577
    yield "the first step from 0.578", "right", mine.from_578
    where = bool(abs(mine.bend_is_zero_at - math.sqrt(1 / 3)) < 1e-3)
    yield f"f'' is 0 at {mine.bend_is_zero_at}", True, where
    for start, end in [(0.577, -1.0), (0.578, 1.0)]:
        path = mine.walk(start)
        yield f"from {start}, the number of points", 31, len(path)
        yield f"from {start} it ends at", end, float(path[-1][0])
