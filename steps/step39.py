"""Step 39. Sum: every element gets the gradient of its sum.

Total of step 37 adds up everything. Often we want the sum of each
column, or of each row. axis says along which axis to add, and this
axis disappears from the shape:

    1 2 3    axis=0, down:    [5 7 9]
    4 5 6    axis=1, across:  [6 15]

If one element of x grows by 1, the sum that it belongs to grows by
1 as well. The local derivative is 1, so each element gets the
gradient of its sum, unchanged. All that is left to do is to bring
gy back to the shape of x:

    axis=0, gy = [a b c]    gx = a b c
                                 a b c

    axis=1, gy = [a b]      gx = a a a
                                 b b b

The second case has a snag. gy has the shape (2,), and NumPy takes
that for a row. It has to be a column, (2, 1): the axis that
disappeared must come back with length 1. restore_axes does this
with a reshape. With keepdims=True the axis does not disappear in
the first place, so the sum lines up with x. (The table below starts
from gy = 1, 2, 3, so you can see where each number goes.)

A sum divided by the number of its elements is a mean. The package
has mean, and others that are made of sums: var, std, and cumsum.

To repeat gy, Sum multiplies it by ones. In step 40 repeating
becomes a Function of its own, because every operator needs it when
two shapes differ.

Exercise: leave restore_axes out of Sum.backward. With axis=1, this
x of shape (2, 3) gets an error. Find an x that gets a wrong
gradient instead, and no error.

In the package: dezero/core/reduction.py, Sum and restore_axes;
dezero/functions/reduction.py, mean, Var, Std and CumSum

Output:
    axis    keep   sum          shape   x.grad
    None    False  21           ()      [[1, 1, 1], [1, 1, 1]]
    0       False  [5, 7, 9]    (3,)    [[1, 2, 3], [1, 2, 3]]
    1       False  [6, 15]      (2,)    [[1, 1, 1], [2, 2, 2]]
    -1      True   [[6], [15]]  (2, 1)  [[1, 1, 1], [2, 2, 2]]
    (0, 1)  True   [[21]]       (1, 1)  [[1, 1, 1], [1, 1, 1]]
    means of rows [2. 4.]: each element counts 0.3333
    sum(x**3) has derivatives 3 * x**2 and 6 * x: True
"""

import numpy as np

import dezero
from dezero import Function


# NumPy stretches gy when we multiply it by ones in the shape of x. The
# result is right, but the array of ones is a waste. Step 40 replaces
# this line.
class Sum(Function):
    """Sum over axis (None: all); gx repeats gy along these axes."""

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
    """Return gy with the summed axes back again, each of length 1."""
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


# The name hides Python's own sum in this file, as pow did in step 22.
def sum(x, axis=None, keepdims=False):
    """Return the sum of x over axis: None, an int or a tuple."""
    return Sum(axis, keepdims)(x)


class Variable(dezero.Variable):
    """The package's Variable, with the method of this step."""

    def sum(self, axis=None, keepdims=False):
        """Sum over axis: None for all, an int or a tuple of ints."""
        return sum(self, axis, keepdims)


# --- carried over ---
def derivatives(y, x, orders):
    """Return [dy/dx, d2y/dx2, ...], as many as orders."""
    found = []
    for _ in range(orders):
        x.cleargrad()  # or this one is added to the one before
        y.backward(create_graph=True)
        y = x.grad
        found.append(y)
    return found


if __name__ == "__main__":
    x = Variable(np.array([[1, 2, 3], [4, 5, 6]]))
    print("axis    keep   sum          shape   x.grad")
    for axis, keepdims in [
        (None, False),
        (0, False),
        (1, False),
        (-1, True),
        ((0, 1), True),
    ]:
        x.cleargrad()
        y = x.sum(axis, keepdims)
        gy = 1 + np.arange(y.size)  # 1, 2, 3: to tell them apart
        y.grad = Variable(gy.reshape(y.shape))
        y.backward()
        total = str(y.data.tolist())
        print(
            f"{axis!s:8}{keepdims!s:7}{total:13}{y.shape!s:8}", end=""
        )
        print(x.grad.data.tolist())

    x = Variable(np.array([[0.0, 1.0, 5.0], [2.0, 4.0, 6.0]]))
    mean = sum(x, axis=1) / 3
    mean.backward()
    print(f"means of rows {mean.data}: each element counts", end=" ")
    print(f"{x.grad.data[0, 0]:.4f}")

    gx, gxx = derivatives((x**3).sum(axis=1), x, 2)
    right = np.allclose(gx.data, 3 * x.data**2)
    right = right and np.allclose(gxx.data, 6 * x.data)
    print(f"sum(x**3) has derivatives 3 * x**2 and 6 * x: {right}")
