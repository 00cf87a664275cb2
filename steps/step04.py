"""Step 4. Numerical differentiation: a slope you can measure.

How fast does f(x) change when x changes? Move x a little, and look
how far the result moves. The ratio of the two movements is the
slope of a chord, a straight line through two points of the curve.
The shorter the chord is, the closer its slope comes to the
*derivative*, the slope of the curve itself:

    |                  o  f(x + h)
    |               .  |
    |            .     |  rise
    |         .        |
    |      o-----------+
    |  f(x - h)   run = 2 * h
    +------|-----|-----|----
         x - h   x   x + h

This chord reaches equally far to both sides of x: it is a *central
difference*. A *forward difference* reaches to one side only:

    forward:  (f(x + h) - f(x)) / h            error ~ h
    central:  (f(x + h) - f(x - h)) / (2 * h)  error ~ h**2

With a tenth of h, the first error is about a tenth of what it was,
and the second about a hundredth. How small should h be? The table
and the picture show two kinds of error. A long chord does not
follow the curve (*truncation error*). A very short one loses digits
(*rounding error*): a computer keeps about 16 digits, the two
results agree in most of them, and the subtraction keeps only the
digits in which they differ. h = 1e-4 is a safe choice.

*Numerical differentiation* works for any f, a chain of Functions
included. But it is never exact, and a network with a million
numbers would need two million calls. Step 5 looks for a better way.

Exercise: exp is its own slope. Repeat the table with Exp instead
of x**4. At which h is the central difference best? Is it the same
h as for x**4?

In the package: dezero/gradcheck.py, numerical_grad

Output:
    slope of x**2 at 2:           4.0000  (exact: 4)
    slope of exp(x**2)**2 at 0.5: 3.2974
    largest error for x**4:  h    forward  central
                          1e-01     1e+01    1e-01
                          1e-02     1e+00    1e-03
                          1e-03     1e-01    1e-05
                          1e-04     1e-02    1e-07
                          1e-05     1e-03    1e-08
                          1e-06     1e-04    1e-07
                          1e-08     1e-05    1e-05
                          1e-10     1e-03    1e-03
                          1e-12     1e-01    1e-01
    figures/step04_error.png
"""

import math
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure


# Two calls of f, one on each side of x. On a vector this gives one
# slope for each element, as long as each element of the result
# depends only on its own element of x.
def numerical_diff(f, x, h=1e-4):
    """Return the slope of f at x by a central difference."""
    # x.data + h may be a bare number, and a box holds an ndarray
    right = f(Variable(np.array(x.data + h)))
    left = f(Variable(np.array(x.data - h)))
    return (right.data - left.data) / (2 * h)


def forward_diff(f, x, h=1e-4):
    """Return the slope by a chord to the right of x only."""
    right = f(Variable(np.array(x.data + h)))
    return (right.data - f(x).data) / h


def chain(x):
    """exp(x**2)**2, the chain of step 3."""
    return Square()(Exp()(Square()(x)))


# To see an error, we need a formula whose slope we know exactly.
def fourth_power(x):
    """x**4, whose slope is 4 * x**3."""
    return Square()(Square()(x))


def largest_error(slope, true_slope):
    """Return the largest difference between two arrays."""
    return np.max(np.abs(slope - true_slope))


def power_of_ten(error):
    """Return the power of ten that is nearest to error, as text."""
    return f"1e{round(math.log10(error)):+03d}"


# matplotlib draws the picture. You may skip code that only draws,
# here and in later steps: nothing else depends on it.
def draw(errors):
    """Draw both errors over h; rows of errors: h, forward, central."""
    h, forward, central = np.array(errors).T
    figure = Figure(figsize=(6, 4), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    axes.loglog(h, forward, "o-", label="forward difference")
    axes.loglog(h, central, "o-", label="central difference")
    axes.annotate("rounding:\ntoo few digits", (1e-12, 1e-6))
    axes.annotate("truncation:\nchord too long", (6e-4, 2e-8))
    axes.set(xlabel="h", ylabel="largest error of the slope")
    axes.legend()
    folder = Path(__file__).resolve().parents[1] / "figures"
    folder.mkdir(exist_ok=True)
    figure.savefig(folder / "step04_error.png")


# --- carried over ---
class Variable:
    """A box that holds an ndarray."""

    def __init__(self, data):
        self.data = data


class Function:
    """Base class: a call takes a Variable and returns a new one."""

    def __call__(self, input):
        y = self.forward(input.data)
        return Variable(y)

    def forward(self, x):
        """Return the result for the ndarray x; subclasses say how."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a forward(x)"
        )


class Square(Function):
    """y = x**2"""

    def forward(self, x):
        return x**2


class Exp(Function):
    """y = e**x"""

    def forward(self, x):
        return np.exp(x)


if __name__ == "__main__":
    slope = numerical_diff(Square(), Variable(np.array(2.0)))
    print(f"slope of x**2 at 2:           {slope:.4f}  (exact: 4)")
    slope = numerical_diff(chain, Variable(np.array(0.5)))
    print(f"slope of exp(x**2)**2 at 0.5: {slope:.4f}")

    # the largest error among 101 points between 1 and 5
    x = Variable(np.linspace(1.0, 5.0, 101))
    true_slope = 4 * x.data * x.data * x.data
    errors = []
    print("largest error for x**4:  h    forward  central")
    for h in (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-8, 1e-10, 1e-12):
        forward = forward_diff(fourth_power, x, h)
        central = numerical_diff(fourth_power, x, h)
        forward = largest_error(forward, true_slope)
        central = largest_error(central, true_slope)
        errors.append((h, forward, central))
        print(
            f"{h:27.0e}{power_of_ten(forward):>10}"
            f"{power_of_ten(central):>9}"
        )
    draw(errors)
    print("figures/step04_error.png")
