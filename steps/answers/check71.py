"""Check of the exercise of step 71: Dual numbers, divided."""

import math

START = '''
import math

import step71


class Dual(step71.Dual):
    """A value, and its slope beside it. (Or copy the whole class, and
    change what you need.)"""

    def __truediv__(self, other):
        raise NotImplementedError("your turn")


def exp(x):
    """Return e to the power of a Dual whose value is a number."""
    raise NotImplementedError("your turn")


# x * x * x for x = Dual(Dual(2.0, 1.0), Dual(1.0, 0.0)): what is the
# slope of the slope?
slope_of_the_slope = None
'''


def check(mine):
    """Yield (what, expected, got)."""
    x, y = mine.Dual(3.0, 1.0), mine.Dual(4.0, 0.5)
    z = x / y
    yield "(3, 1) / (4, 0.5): the value", 0.75, float(z.value)
    slope = (1.0 * 4.0 - 3.0 * 0.5) / 16
    yield "(3, 1) / (4, 0.5): the slope", slope, float(z.slope)
    z = x / 2.0
    yield "(3, 1) / 2: the slope", 0.5, float(z.slope)
    for value, slope in (0.5, 1.0), (-1.0, 3.0):
        y = mine.exp(mine.Dual(value, slope))
        what = f"exp of ({value}, {slope})"
        yield f"{what}: the value", math.exp(value), float(y.value)
        yield (
            f"{what}: the slope",
            slope * math.exp(value),
            float(y.slope),
        )
    if mine.slope_of_the_slope is None:
        raise NotImplementedError("your turn: the slope of the slope")
    got = float(mine.slope_of_the_slope)
    yield "the slope of the slope of x * x * x", 12.0, got
