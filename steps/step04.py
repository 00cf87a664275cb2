"""Step 4. Numerical differentiation: a slope measured, not derived.

The derivative of f at x says how fast f(x) moves when x moves. It
is the slope of the tangent, and a short chord is nearly one:

    |                       o  f(x + h)
    |                    .  |
    |                .      |  rise
    |            .          |
    |        .              |
    |    o------------------+
    |    f(x - h)  run = 2 * h
    +----|---------|--------|----
        x - h      x      x + h

    forward:  (f(x + h) - f(x)) / h             error ~ h
    central:  (f(x + h) - f(x - h)) / (2 * h)   error ~ h**2

The central chord leans neither left nor right, so its largest
error cancels. Shorter is better only up to a point. The computer
keeps 16 digits; the two heights agree in more and more of them as
h shrinks, their difference loses just those, and dividing by h
blows the loss up. The table below shows both: the chord too long
at its top, the digits lost at its bottom. h = 1e-4 is a safe pick.

This works for any f without knowing its formula, a chain of
Functions included. On a vector it gives one slope per element,
as long as each element of the result depends only on its own
element of x. But the slope is never exact, and a million inputs
that meet in one output would need two million calls. Step 5 looks
for a way that is exact and needs one pass.

Exercise: the slope of exp is exp. Repeat the table with Exp: at
which h is the central difference best, and is it the same h?

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
"""

import math

import numpy as np


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
        """Return the result for the ndarray x; subclasses do."""
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


# --- new in this step ---
def numerical_diff(f, x, h=1e-4):
    """Return the slope of f at x by a central difference."""
    # np.array: a box holds an ndarray, a sum may be a bare number
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


def fourth_power(x):
    """x**4, with a slope that we know exactly: 4 * x**3."""
    return Square()(Square()(x))


def largest_error(slope, true_slope):
    """Return the largest difference, as a power of ten."""
    error = np.max(np.abs(slope - true_slope))
    return f"1e{round(math.log10(error)):+03d}"


if __name__ == "__main__":
    slope = numerical_diff(Square(), Variable(np.array(2.0)))
    print(f"slope of x**2 at 2:           {slope:.4f}  (exact: 4)")
    slope = numerical_diff(chain, Variable(np.array(0.5)))
    print(f"slope of exp(x**2)**2 at 0.5: {slope:.4f}")

    # the largest error among 101 points between 1 and 5
    x = Variable(np.linspace(1.0, 5.0, 101))
    true_slope = 4 * x.data * x.data * x.data
    print("largest error for x**4:  h    forward  central")
    for h in (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-8, 1e-10, 1e-12):
        forward = forward_diff(fourth_power, x, h)
        central = numerical_diff(fourth_power, x, h)
        print(
            f"{h:27.0e}"
            f"{largest_error(forward, true_slope):>10}"
            f"{largest_error(central, true_slope):>9}"
        )
