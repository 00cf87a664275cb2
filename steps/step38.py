"""Step 38. Reshape and transpose: gradients find their way back.

Two Functions compute nothing at all. They only move elements: into
rows of another length, or to another axis. What is the gradient of
a move? Each gradient belongs to an element, so it must go back to
the place where its element was. Backward undoes the move, and gx
has the shape of x.

    x = 0 1 2
        3 4 5

    x.reshape(3, 2) = 0 1      x.T = 0 3
                      2 3            1 4
                      4 5            2 5

reshape reads the elements row by row and writes them, in the same
order, into rows of another length. Its backward is a reshape to
the shape of x.

transpose exchanges axes: the element at x[i, j] moves to y[j, i].
With more than two axes, a tuple says which axis of x goes where:

    y = transpose(x, (2, 0, 1))

    axis of y    0  1  2      y (4, 2, 3)
    axis of x    2  0  1      x (2, 3, 4)

To go back, we read this table from the bottom up: axis 0 of x is
axis 1 of y, axis 1 is axis 2, and axis 2 is axis 0. So the way back
is transpose(y, (1, 2, 0)). NumPy finds these numbers: np.argsort
says at which place of (2, 0, 1) the 0 is, then the 1, then the 2.

Step 39 makes arrays smaller, by adding elements up.

Exercise: write swapaxes(x, 0, 2), which swaps two axes, with
transpose alone. Why does it need no backward of its own?

In the package: dezero/core/shape.py, Reshape and Transpose;
dezero/functions/shape.py, flatten, concatenate, stack and split

Output:
    reshape (4, 6) to (3, 8): gradient (4, 6), all ones: True
    written in three ways: (2, 12) (2, 12) (2, 12)
    transpose (2, 3, 4) by (2, 0, 1): (4, 2, 3)
    back by (1, 2, 0): (2, 3, 4), the same numbers: True
    gradient (2, 3, 4), each where its element was: True
    x = [[0, 1, 2], [3, 4, 5]]
    gy = [[10, 20], [30, 40], [50, 60]]
    x.reshape(3, 2)  gx = [[10, 20, 30], [40, 50, 60]]
    x.T              gx = [[10, 30, 50], [20, 40, 60]]
    already (2, 3): reshape returns x itself: True
    x.T**3 has derivatives 3 * x**2 and 6 * x: True
"""

import numpy as np

import dezero
from dezero import Function, as_variable


# Backward needs the shape of x, and none of its numbers. It is written
# with reshape itself, so that there is a derivative of every order.
class Reshape(Function):
    """The same elements in another shape; gx is gy in the old one."""

    def __init__(self, shape):
        self.shape = shape

    def forward(self, x):
        return x.reshape(self.shape)

    def backward(self, gy):
        (x,) = self.inputs
        return reshape(gy, x.shape)


# One of the lengths may be -1: NumPy finds it. If the shape is already
# right, there is nothing to compute, and x itself is returned.
def reshape(x, shape):
    """Return x in another shape, a tuple; one length may be -1."""
    if x.shape == shape:
        return as_variable(x)
    return Reshape(shape)(x)


# As in NumPy, an axis may be negative: -1 is the last one. % turns it
# into the number that the table above uses.
class Transpose(Function):
    """y[i, j] = x[j, i]; axes says which axis of x comes where."""

    def __init__(self, axes=None):
        self.axes = axes

    def forward(self, x):
        return x.transpose(self.axes)

    def backward(self, gy):
        if self.axes is None:
            return transpose(gy)
        axes = [axis % len(self.axes) for axis in self.axes]
        return transpose(gy, tuple(int(i) for i in np.argsort(axes)))


def transpose(x, axes=None):
    """Return x with its axes in another order; None reverses them."""
    return Transpose(axes)(x)


# From here on, a class Variable(dezero.Variable) in a step stands for
# the package's Variable, and shows those of its methods that are new.
# These accept a shape in all the ways in which NumPy does: 3, 2 or
# (3, 2) or [3, 2]. x.transpose() gets no axes at all, the empty tuple;
# `axes or None` turns it into None, which reverses the axes.
class Variable(dezero.Variable):
    """The package's Variable, with the methods of this step."""

    def reshape(self, *shape):
        """Return x.reshape(2, 3), or ((2, 3)), or ([2, 3])."""
        if len(shape) == 1 and isinstance(shape[0], (tuple, list)):
            shape = shape[0]
        return reshape(self, shape)

    def transpose(self, *axes):
        """Return x.transpose(), or (1, 0), or ((1, 0))."""
        if len(axes) == 1 and (
            axes[0] is None or isinstance(axes[0], (tuple, list))
        ):
            axes = axes[0]
        return transpose(self, axes or None)

    @property
    def T(self):
        """The transpose: all axes reversed."""
        return transpose(self)


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
    x = Variable(np.arange(24.0).reshape(4, 6))
    y = x.reshape(3, 8)
    y.backward()
    ones = bool((x.grad.data == 1).all())
    print(f"reshape {x.shape} to {y.shape}:", end=" ")
    print(f"gradient {x.grad.shape}, all ones: {ones}")
    ways = x.reshape(2, 12), x.reshape((2, 12)), x.reshape([2, -1])
    print("written in three ways:", *(y.shape for y in ways))

    axes = (2, 0, 1)
    x = Variable(np.arange(24.0).reshape(2, 3, 4))
    y = x.transpose(axes)
    print(f"transpose {x.shape} by {axes}: {y.shape}")
    inverse = tuple(int(i) for i in np.argsort(axes))
    back = transpose(y, inverse)
    same = np.array_equal(back.data, x.data)
    print(f"back by {inverse}: {back.shape}, the same numbers: {same}")
    y.grad = Variable(10 * y.data)  # a gradient to recognize
    y.backward()
    same = np.array_equal(x.grad.data, 10 * x.data)
    print(f"gradient {x.grad.shape}, each where its", end=" ")
    print(f"element was: {same}")

    x = Variable(np.arange(6).reshape(2, 3))
    gy = np.array([[10, 20], [30, 40], [50, 60]])
    print(f"x = {x.data.tolist()}\ngy = {gy.tolist()}")
    for name, y in {
        "x.reshape(3, 2)": x.reshape(3, 2),
        "x.T": x.T,
    }.items():
        x.cleargrad()
        y.grad = Variable(gy)
        y.backward()
        print(f"{name:16} gx = {x.grad.data.tolist()}")
    print("already (2, 3): reshape returns x itself:", end=" ")
    print(x.reshape(2, 3) is x)

    x = Variable(np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]))
    gx, gxx = derivatives(x.T**3, x, 2)
    right = np.allclose(gx.data, 3 * x.data**2)
    right = right and np.allclose(gxx.data, 6 * x.data)
    print(f"x.T**3 has derivatives 3 * x**2 and 6 * x: {right}")
