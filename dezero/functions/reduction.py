"""Functions that make one number of many: sum, mean, max, min, var, std; and cumsum.

axis is None (all axes), an int or a tuple of ints; with keepdims=True the reduced
axes stay, with length 1, so that the result broadcasts against x.

Names follow NumPy, so sum, max and min hide Python's own in this file.

Letters: x, y in and out; gx, gy their gradients; n the elements that one y is made of.
"""

import math

from dezero import cuda
from dezero.core import (
    Function,
    Max,
    Min,
    Sum,
    SumTo,
    reduced_shape,
    reshape,
    restore_axes,
    sum_to,
)

__all__ = [
    "CumSum",
    "Max",
    "Min",
    "Std",
    "Sum",
    "SumTo",
    "Var",
    "average",
    "cumsum",
    "max",
    "mean",
    "min",
    "std",
    "sum",
    "sum_to",
    "var",
]


def sum(x, axis=None, keepdims=False):
    """Return the sum over axis.

    >>> import numpy as np
    >>> sum(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=0)
    variable([4. 6.])
    """
    return Sum(axis, keepdims)(x)


def average(x, axis=None, keepdims=False):
    """Return the mean over axis; `mean` is the same function.

    >>> import numpy as np
    >>> mean(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=0)
    variable([2. 3.])
    """
    return sum(x, axis, keepdims) / _count(x.shape, axis)


mean = average


def max(x, axis=None, keepdims=False):
    """Return the largest element over axis; a tie shares the gradient evenly."""
    return Max(axis, keepdims)(x)


def min(x, axis=None, keepdims=False):
    """Return the smallest element over axis; a tie shares the gradient evenly."""
    return Min(axis, keepdims)(x)


def _count(shape, axis):
    """Return how many elements of an array of this shape one result is made of."""
    kept = reduced_shape(shape, axis)
    return math.prod(n for n, left in zip(shape, kept) if left == 1)


class Var(Function):
    """y = sum((x - mean(x))**2) / (n - ddof), gx = gy * 2 * (x - mean(x)) / (n - ddof).

    That mean(x) moves with x adds nothing: the x - mean(x) add up to 0.
    """

    def __init__(self, axis=None, keepdims=False, ddof=0):
        self.axis = axis
        self.keepdims = keepdims
        self.ddof = ddof

    def forward(self, x):
        return x.var(axis=self.axis, keepdims=self.keepdims, ddof=self.ddof)

    def backward(self, gy):
        (x,) = self.inputs
        gy = restore_axes(gy, x.shape, self.axis, self.keepdims)
        gx = x - mean(x, self.axis, keepdims=True)
        gx *= gy * (2 / (_count(x.shape, self.axis) - self.ddof))
        return gx


class Std(Var):
    """y = sqrt(var(x)), gx = gy * (x - mean(x)) / (y * (n - ddof)); 0 where y is 0."""

    def forward(self, x):
        return x.std(axis=self.axis, keepdims=self.keepdims, ddof=self.ddof)

    def backward(self, gy):
        (x,) = self.inputs
        y = restore_axes(self.output(), x.shape, self.axis, self.keepdims)
        gy = restore_axes(gy, x.shape, self.axis, self.keepdims)
        gx = x - mean(x, self.axis, keepdims=True)
        # Where y is 0, so are all x - mean(x): divide them by 1.
        gx *= gy / ((y + (y <= 0)) * (_count(x.shape, self.axis) - self.ddof))
        return gx


def var(x, axis=None, keepdims=False, ddof=0):
    """Return the variance over axis: the mean squared distance from the mean.

    ddof=1 divides by n - 1, an unbiased estimate from a sample.

    >>> import numpy as np
    >>> var(np.array([1.0, 2.0, 3.0])), var(np.array([1.0, 2.0, 3.0]), ddof=1)
    (variable(0.6666666666666666), variable(1.0))
    """
    return Var(axis, keepdims, ddof)(x)


def std(x, axis=None, keepdims=False, ddof=0):
    """Return the standard deviation over axis, the square root of var.

    Its slope is infinite where all elements are equal; the gradient there is 0.
    """
    return Std(axis, keepdims, ddof)(x)


class CumSum(Function):
    """y[i] = x[0] + ... + x[i], gx[i] = gy[i] + ... + gy[-1]: summed from behind."""

    def __init__(self, axis=0):
        self.axis = axis

    def forward(self, x):
        return cuda.get_array_module(x).cumsum(x, axis=self.axis)

    def backward(self, gy):
        backwards = [slice(None)] * gy.ndim
        backwards[self.axis] = slice(None, None, -1)
        backwards = tuple(backwards)
        return cumsum(gy[backwards], self.axis)[backwards]


def cumsum(x, axis=None):
    """Return the running sums along axis, an int; None: of x flattened.

    >>> import numpy as np
    >>> cumsum(np.array([1.0, 2.0, 3.0]))
    variable([1. 3. 6.])
    """
    if axis is None:
        return CumSum()(reshape(x, (x.size,)))
    return CumSum(axis)(x)
