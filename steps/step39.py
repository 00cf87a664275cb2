"""Step 39. Sum: what goes in together gets one gradient back.

Total of step 37 adds up everything. Mostly one wants less: the
sum of each column, or of each row. axis says which axis goes:

    1 2 3    axis=0, down: [5 7 9]    axis=1, across: [6 15]
    4 5 6

If one element of x grows by 1, so does the sum that it is part
of. The local derivative is 1, so each element gets the gradient
of its sum, unchanged. All that there is to do is to bring gy back
to the shape of x:

    axis=0, gy = [a b c]    gx = a b c
                                 a b c

    axis=1, gy = [a b]      gx = a a a
                                 b b b

In the second case there is a snag. gy has the shape (2,), and
NumPy would take it for a row. It has to stand upright, (2, 1):
the axis that went must come back, with length 1. restore_axes
does that, by a reshape, for one axis or several. Who says
keepdims=True gets this shape at once, and the sum lines up with
the x that it came from.

After that NumPy stretches it: times an array of ones in the
shape of x. It works, but the ones are waste. Step 40 looks at
this stretching more closely, and replaces that line.

The function is called sum, and so hides Python's own from this
file, as pow did in step 22.

Divided by the number of elements the sum is the mean (average,
in the package), and built on sums are also var, std and cumsum,
the sum so far.

New: Sum, sum, reduced_shape, restore_axes, Variable.
Teaches: core.Sum, core.Variable.sum, core.restore_axes,
core.reduced_shape, functions.sum
Family: functions.average, functions.mean, functions.Var,
functions.var, functions.Std, functions.std, functions.CumSum,
functions.cumsum
Exercise: leave restore_axes out of Sum.backward. For which axis
is there an error, for which is the gradient right by luck, and
which x, with axis=1, gets a wrong one without any error?

Output:
    axis    keepdims  sum             shape   x.grad
    None    False     21.0            ()      [[1, 1, 1], [1, 1, 1]]
"""

import numpy as np

import dezero
from dezero import Function


# --- new in this step ---
class Sum(Function):
    """Sum over axis (None: all); gx repeats gy along what went."""

    def __init__(self, axis, keepdims):
        self.axis = axis
        self.keepdims = keepdims

    def forward(self, x):
        return x.sum(axis=self.axis, keepdims=self.keepdims)

    def backward(self, gy):
        (x,) = self.inputs
        gy = restore_axes(gy, x.shape, self.axis, self.keepdims)
        return gy * np.ones_like(x.data)


def restore_axes(gy, x_shape, axis, keepdims):
    """Return gy with the axes that were summed over, of length 1."""
    if keepdims or not x_shape:
        return gy
    return gy.reshape(reduced_shape(x_shape, axis))


def reduced_shape(x_shape, axis):
    """Return x_shape with the lengths along axis set to 1."""
    ndim = len(x_shape)
    if axis is None:
        return (1,) * ndim
    axes = {a % ndim for a in ((axis,) if np.isscalar(axis) else axis)}
    return tuple(1 if i in axes else n for i, n in enumerate(x_shape))


def sum(x, axis=None, keepdims=False):
    """Return the sum of x over axis: None, an int or a tuple."""
    return Sum(axis, keepdims)(x)


class Variable(dezero.Variable):
    """The package's Variable, with the method of this step."""

    def sum(self, axis=None, keepdims=False):
        """Sum over axis: None for all, an int or a tuple of ints."""
        return Sum(axis, keepdims)(self)


if __name__ == "__main__":
    x = Variable(np.array([[1, 2, 3], [4, 5, 6]]))
    print("axis    keepdims  sum            shape   x.grad")
    for axis, keepdims in [
        (None, False),
        (0, False),
        (1, False),
        (-1, True),
        ((0, 1), True),
    ]:
        x.cleargrad()
        y = x.sum(axis, keepdims)
        gy = 10 ** np.arange(y.size)  # 1, 10, 100: to tell apart
        y.grad = Variable(gy.reshape(y.shape))
        y.backward()
        print(f"{axis!s:8}{keepdims!s:10}{y.data.tolist()!s:15}", end="")
        print(f"{y.shape!s:8}{x.grad.data.tolist()}")

    x = Variable(np.array([[0.0, 1.0, 5.0], [2.0, 2.0, 2.0]]))
    mean = sum(x, axis=1) / 3
    mean.backward()
    print(f"mean of rows {mean.data}, x.grad {x.grad.data[0].round(4)}")

    # the squared length of each row, and the gradient's gradient
    x.cleargrad()
    lengths = (x**2).sum(axis=1)
    lengths.backward(create_graph=True)
    gx = x.grad
    x.cleargrad()
    (gx**2).sum().backward()  # 4 * x**2
    print(f"squared lengths {lengths.data}, gradient", end=" ")
    print(f"{gx.data.tolist()}")
    print(f"gradient of the gradient's: {x.grad.data.tolist()}")
