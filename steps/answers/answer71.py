"""Answer to the exercise of step 71.

The quotient has the slope (x' * y - x * y') / y**2, and exp has
exp(x) * x'. Both rules are known from school.

If value and slope are Duals themselves, every operation carries four
numbers: the value, its slope twice, and the slope of the slope, which
is the second derivative. For x * x * x at 2 it is 6 * 2 = 12. The
inner numbers (2, 1) say that x moves, and the outer slope (1, 0)
says that it moves at a constant speed. So forward mode can be
nested, as create_graph nests reverse mode.

Output:
    x / (1 + x) at 2: 0.6667, slope 0.1111
    exp(x * x) at 0.5: 1.2840, slope 1.2840
    x * x * x at 2: value 8, slope 12, slope of the slope 12
"""

import math

slope_of_the_slope = 12  # of x * x * x at 2


class Dual:
    """A value, and its slope beside it."""

    def __init__(self, value, slope):
        self.value = value
        self.slope = slope

    def __add__(self, other):
        x, y = self, as_dual(other)
        return Dual(x.value + y.value, x.slope + y.slope)

    def __mul__(self, other):
        x, y = self, as_dual(other)
        slope = x.slope * y.value + x.value * y.slope
        return Dual(x.value * y.value, slope)

    def __truediv__(self, other):
        x, y = self, as_dual(other)
        slope = x.slope * y.value + -1 * x.value * y.slope
        return Dual(x.value / y.value, slope / (y.value * y.value))

    __radd__ = __add__
    __rmul__ = __mul__


def as_dual(x):
    """Return a Dual as it is; a constant has the slope 0."""
    return x if isinstance(x, Dual) else Dual(x, 0.0)


def exp(x):
    """Return e to the power of a Dual."""
    y = math.exp(x.value)
    return Dual(y, y * x.slope)


if __name__ == "__main__":
    x = Dual(2.0, 1.0)
    y = x / (1 + x)
    print(f"x / (1 + x) at 2: {y.value:.4f}, slope {y.slope:.4f}")
    x = Dual(0.5, 1.0)
    y = exp(x * x)
    print(f"exp(x * x) at 0.5: {y.value:.4f}, slope {y.slope:.4f}")
    x = Dual(Dual(2.0, 1.0), Dual(1.0, 0.0))
    y = x * x * x
    print(f"x * x * x at 2: value {y.value.value:.0f}, ", end="")
    print(f"slope {y.value.slope:.0f}, ", end="")
    print(f"slope of the slope {y.slope.slope:.0f}")
