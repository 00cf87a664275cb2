"""Functions that make one number of many: sum, mean, max, min, var, std; and cumsum.

axis is None (all axes), an int or a tuple of ints; with keepdims=True the reduced
axes stay, with length 1, so that the result broadcasts against x.

Names follow NumPy, so sum, max and min hide Python's own in this file.

Letters: x, y in and out; gx, gy their gradients; n the elements that one y is made of.
"""

import math

import numpy as np

from dezero import cuda
from dezero.core import (
    Function,
    Max,
    Min,
    Sum,
    SumTo,
    as_array,
    as_variable,
    reduced_shape,
    reshape,
    restore_axes,
    sum_to,
    transpose,
)
from dezero.functions.elementwise import AsType, exp
from dezero.functions.shape import _place, concatenate, where

__all__ = [
    "CumSum",
    "LogSumExp",
    "Max",
    "Min",
    "Norm",
    "Std",
    "Sum",
    "SumTo",
    "Var",
    "average",
    "cumsum",
    "logsumexp",
    "max",
    "mean",
    "min",
    "norm",
    "prod",
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


# --- products, lengths, and sums of exponentials ---


def prod(x, axis=None, keepdims=False):
    """Return the product over axis.

    Multiplied pair by pair, and the results pair by pair, until one is left. So no
    derivative divides by x, and zeros are no exception: with x = (2, 0, 5) the
    gradient is (0, 10, 0). Integers become int64, as in numpy.prod.

    >>> prod(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=0)
    variable([3. 8.])
    """
    x = as_variable(as_array(x))
    axes = _places("prod", axis, x.ndim)
    rest = [a for a in range(x.ndim) if a not in axes]
    shape = [x.shape[a] for a in rest]
    if x.dtype.kind in "biu":
        x = AsType(np.uint64 if x.dtype == np.uint64 else np.int64)(x)
    kept = reduced_shape(x.shape, axis)
    n = math.prod(x.shape[a] for a in axes)
    y = reshape(transpose(x, (*rest, *axes)), (*shape, n)) if x.ndim else x
    if n == 0:
        y = as_variable(cuda.get_array_module(x).ones((*shape, 1), x.dtype))
    while n > 1:
        pairs = n // 2
        odd = y[..., 2 * pairs :]  # one element, or none
        y = y[..., :pairs] * y[..., pairs : 2 * pairs]
        y = concatenate([y, odd], axis=-1) if n % 2 else y
        n = y.shape[-1]
    return reshape(y, kept if keepdims else shape)


class LogSumExp(Function):
    """y = log(sum(exp(x))), gx = gy * exp(x - y): gy times the softmax of x.

    Computed as m + log(sum(exp(x - m))) with m = max(x), so that no exp overflows.
    An x of nothing but -inf has y = -inf and gx = 0.
    """

    def __init__(self, axis=None, keepdims=False):
        self.axis = axis
        self.keepdims = keepdims

    def forward(self, x):
        x = x if x.dtype.kind == "f" else x.astype(np.float64)
        xp = cuda.get_array_module(x)
        m = x.max(axis=self.axis, keepdims=True)
        m = xp.where(xp.abs(m) < math.inf, m, xp.zeros_like(m))  # inf - inf is nan
        with np.errstate(divide="ignore"):  # log(0) is -inf, and right
            y = m + xp.log(xp.exp(x - m).sum(axis=self.axis, keepdims=True))
        return y if self.keepdims else y.squeeze(self.axis)

    def backward(self, gy):
        (x,) = self.inputs
        y = restore_axes(self.output(), x.shape, self.axis, self.keepdims)
        gy = restore_axes(gy, x.shape, self.axis, self.keepdims)
        return gy * exp(x - where(y > -math.inf, y, 0.0))


def logsumexp(x, axis=None, keepdims=False):
    """Return log(sum(exp(x))) over axis, without overflow: a soft maximum.

    >>> logsumexp(np.array([1000.0, 1000.0]))
    variable(1000.6931471805599)
    """
    x = as_variable(as_array(x))
    axes = _places("logsumexp", axis, x.ndim)
    if math.prod(x.shape[a] for a in axes) == 0:
        raise ValueError(
            f"logsumexp: no elements along axis {axis}, got shape {x.shape} "
            "(see step 47)"
        )
    return LogSumExp(axes, keepdims)(x)


class Norm(Function):
    """y = sqrt(sum(x**2)), gx = gy * x / y; 0 where y is 0, the mean of its slopes."""

    def __init__(self, axis=None, keepdims=False):
        self.axis = axis
        self.keepdims = keepdims

    def forward(self, x):
        wide = x if x.dtype.kind == "f" and x.itemsize > 2 else x.astype(np.float64)
        y = (wide * wide).sum(axis=self.axis, keepdims=self.keepdims) ** 0.5
        return y.astype(x.dtype) if x.dtype.kind == "f" else y

    def backward(self, gy):
        (x,) = self.inputs
        y = restore_axes(self.output(), x.shape, self.axis, self.keepdims)
        gy = restore_axes(gy, x.shape, self.axis, self.keepdims)
        return x * (gy / (y + (y <= 0)))  # where y is 0, so is x: divide by 1


def norm(x, axis=None, keepdims=False):
    """Return the length of the vectors along axis: the root of their sum of squares.

    axis=None takes all elements as one vector. At 0 the gradient is 0.

    >>> norm(np.array([3.0, 4.0]))
    variable(5.0)
    """
    x = as_variable(as_array(x))
    return Norm(_places("norm", axis, x.ndim), keepdims)(x)


def _places(name, axis, ndim):
    """Return axis, None, an int or a tuple of ints, as a tuple of places."""
    if axis is None:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    places = tuple(_place(name, a, ndim) for a in axes)
    if len(set(places)) < len(places):
        raise ValueError(f"{name}: {axis} names an axis twice (see step 39)")
    return places
