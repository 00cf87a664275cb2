"""Reductions make one number out of many: sum, mean, max, prod, var ...; and cumsum.

axis is None (all axes), an int or a tuple of ints; with keepdims=True the reduced
axes stay, with length 1, so that the result broadcasts against x.

Names follow NumPy, so sum, max and min hide Python's own in this file.

Letters: x, y in and out; gx, gy their gradients; n how many elements make one y.
"""

import math
import numbers

import numpy as np

from dezero import cuda
from dezero.advice import named_arguments
from dezero.core import (
    AsType,
    Function,
    Max,
    Min,
    Sum,
    SumTo,
    Variable,
    _reduced_lengths,
    as_variable,
    reduced_shape,
    reshape,
    restore_axes,
    sum_to,
    transpose,
    where,
)
from dezero.functions.elementwise import exp
from dezero.functions.inputs import (
    _as_axis,
    _as_floats,
    _as_input,
    _in_float32,
    _one_axis,
)
from dezero.functions.shape import concatenate
from dezero.guards import flag, refusal

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


@named_arguments
def sum(x, axis=None, keepdims=False) -> Variable:
    """Return the sum over axis.

    >>> import numpy as np
    >>> sum(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=0)
    variable([4. 6.])
    """
    x = _as_input("sum", x)
    axis = _as_axis("sum", x, axis)
    keepdims = flag("sum", "keepdims", keepdims, 39)
    return Sum(axis, keepdims)(x)


@named_arguments
@_in_float32(1)
def average(x, axis=None, keepdims=False) -> Variable:
    """Return the mean over axis; `mean` is the same function.

    The mean of no elements is nan.

    >>> import numpy as np
    >>> mean(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=0)
    variable([2. 3.])
    """
    x = _as_input("mean", x)  # integers may stay: their sum has 64 bits
    axis = _as_axis("mean", x, axis)
    keepdims = flag("mean", "keepdims", keepdims, 39)
    n = _count(x.shape, axis) or math.nan  # for no elements 0 / nan: 0 / 0 warns
    return Sum(axis, keepdims)(x) / n


mean = average


@named_arguments
def max(x, axis=None, keepdims=False) -> Variable:
    """Return the largest element over axis; ties share the gradient evenly.

    In pooling, the first place of a tie gets all of it (see step 57).
    """
    x = _as_input("max", x)
    axis = _as_axis("max", x, axis)
    keepdims = flag("max", "keepdims", keepdims, 39)
    _check_some("max", x, axis)
    return Max(axis, keepdims)(x)


@named_arguments
def min(x, axis=None, keepdims=False) -> Variable:
    """Return the smallest element over axis; ties share the gradient evenly.

    In pooling, the first place of a tie gets all of it (see step 57).
    """
    x = _as_input("min", x)
    axis = _as_axis("min", x, axis)
    keepdims = flag("min", "keepdims", keepdims, 39)
    _check_some("min", x, axis)
    return Min(axis, keepdims)(x)


def _check_some(who, x, axis):
    """Raise ValueError if x has no elements along axis."""
    if x.size == 0 and _count(x.shape, axis) == 0:
        raise ValueError(
            f"{who}: expected at least one element to choose from, got an x of shape "
            f"{x.shape} and axis {axis} (see step 61)"
        )


def _count(shape, axis):
    """Return how many elements of an array of this shape are reduced to one."""
    return math.prod(_reduced_lengths(shape, axis))


class Var(Function):
    """y = sum((x - mean(x))**2) / (n - ddof), gx = gy * 2 * (x - mean(x)) / (n - ddof).

    mean(x) depends on x as well, but adds nothing to gx: the x - mean(x) add up to 0.
    """

    def __init__(self, axis=None, keepdims=False, ddof=0):
        self.axis = axis
        self.keepdims = keepdims
        self.ddof = ddof

    def forward(self, x):
        if _count(x.shape, self.axis) <= self.ddof:
            return self._undefined(x)
        return x.var(axis=self.axis, keepdims=self.keepdims, ddof=self.ddof)

    def backward(self, gy):
        (x,) = self.inputs
        gy = restore_axes(gy, x.shape, self.axis, self.keepdims)
        gx = x - Sum(self.axis, True)(x) / (_count(x.shape, self.axis) or math.nan)
        gx *= gy * (2 / self._divisor(x))
        return gx

    def _divisor(self, x):
        """Return n - ddof, or nan if there is no variance: 0 / 0 would warn."""
        n = _count(x.shape, self.axis) - self.ddof
        return n if n > 0 else math.nan

    def _undefined(self, x):
        """Return nan for every variance, without NumPy's warning."""
        shape = reduced_shape(x.shape, self.axis)
        nans = cuda.get_array_module(x).full(shape, math.nan, x.dtype)
        return nans if self.keepdims else nans.squeeze(self.axis)


class Std(Var):
    """y = sqrt(var(x)), gx = gy * (x - mean(x)) / (y * (n - ddof)); 0 where y is 0."""

    def forward(self, x):
        if _count(x.shape, self.axis) <= self.ddof:
            return self._undefined(x)
        return x.std(axis=self.axis, keepdims=self.keepdims, ddof=self.ddof)

    def backward(self, gy):
        (x,) = self.inputs
        y = restore_axes(self.output(), x.shape, self.axis, self.keepdims)
        gy = restore_axes(gy, x.shape, self.axis, self.keepdims)
        gy = where(y > 0, gy, 0)
        gx = x - Sum(self.axis, True)(x) / (_count(x.shape, self.axis) or math.nan)
        # Where y is 0, so are all x - mean(x): divide them by 1.
        gx *= gy / ((y + (y <= 0)) * self._divisor(x))
        return gx


@named_arguments
@_in_float32(1)
def var(x, axis=None, keepdims=False, ddof=0) -> Variable:
    """Return the variance over axis: the mean squared distance from the mean.

    ddof=1 divides by n - 1, an unbiased estimate from a sample.

    >>> import numpy as np
    >>> var(np.array([1.0, 2.0, 3.0])), var(np.array([1.0, 2.0, 3.0]), ddof=1)
    (variable(0.6666666666666666), variable(1.0))
    """
    return _spread(Var, x, axis, keepdims, ddof)


@named_arguments
@_in_float32(1)
def std(x, axis=None, keepdims=False, ddof=0) -> Variable:
    """Return the standard deviation over axis, the square root of var.

    Where all elements are equal it has a kink, like abs at 0; the gradient there is 0.
    """
    return _spread(Std, x, axis, keepdims, ddof)


def _spread(kind, x, axis, keepdims, ddof):
    """Return the Var or Std of x; nan if it has no more than ddof elements."""
    who = kind.__name__.lower()
    x = _as_floats(who, x)
    axis = _as_axis(who, x, axis)
    keepdims = flag(who, "keepdims", keepdims, 39)
    if isinstance(ddof, bool) or not isinstance(ddof, numbers.Real) or not ddof >= 0:
        raise TypeError(refusal(who, "ddof", "a number, at least 0", ddof, 39))
    return kind(axis, keepdims, ddof)(x)


class CumSum(Function):
    """y[i] = x[0] + ... + x[i], gx[i] = gy[i] + ... + gy[-1]: summed from the end."""

    def __init__(self, axis=0):
        self.axis = axis

    def forward(self, x):
        return cuda.get_array_module(x).cumsum(x, axis=self.axis)

    def backward(self, gy):
        backwards = [slice(None)] * gy.ndim
        backwards[self.axis] = slice(None, None, -1)
        backwards = tuple(backwards)
        return cumsum(gy[backwards], self.axis)[backwards]


@named_arguments
def cumsum(x, axis=None) -> Variable:
    """Return the running sums along axis, an int; with None, those of x flattened.

    >>> import numpy as np
    >>> cumsum(np.array([1.0, 2.0, 3.0]))
    variable([1. 3. 6.])
    """
    x = _as_input("cumsum", x)
    if axis is None:
        return CumSum()(reshape(x, (x.size,)))
    return CumSum(_one_axis("cumsum", axis, x.ndim, 39))(x)


# --- products, lengths, and sums of exponentials ---


@named_arguments
def prod(x, axis=None, keepdims=False) -> Variable:
    """Return the product over axis.

    The elements are multiplied in pairs, then the results in pairs, until one is left.
    So no derivative divides by x, and zeros need no special case: with x = (2, 0, 5)
    the gradient is (0, 10, 0). Integers become int64, and uint64 stays.

    >>> prod(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=0)
    variable([3. 8.])
    """
    x = _as_input("prod", x)
    axis = _as_axis("prod", x, axis)
    keepdims = flag("prod", "keepdims", keepdims, 39)
    if x.dtype.kind in "biu":
        x = AsType(np.uint64 if x.dtype == np.uint64 else np.int64)(x)
    kept = reduced_shape(x.shape, axis)
    axes = range(x.ndim) if axis is None else np.atleast_1d(axis).tolist()
    rest = [a for a in range(x.ndim) if a not in axes]
    shape = [x.shape[a] for a in rest]
    n = _count(x.shape, axis)
    y = reshape(transpose(x, (*rest, *axes)), (*shape, n))
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
    If every x is -inf, then y = -inf and gx = 0.
    """

    def __init__(self, axis=None, keepdims=False):
        self.axis = axis
        self.keepdims = keepdims

    def forward(self, x):
        xp = cuda.get_array_module(x)
        m = x.max(axis=self.axis, keepdims=True)
        m = xp.where(xp.abs(m) < math.inf, m, xp.zeros_like(m))  # inf - inf is nan
        with np.errstate(divide="ignore"):  # log(0) is -inf, as it should be
            y = m + xp.log(xp.exp(x - m).sum(axis=self.axis, keepdims=True))
        return y if self.keepdims else y.squeeze(self.axis)

    def backward(self, gy):
        (x,) = self.inputs
        y = restore_axes(self.output(), x.shape, self.axis, self.keepdims)
        gy = restore_axes(gy, x.shape, self.axis, self.keepdims)
        return gy * exp(x - where(y > -math.inf, y, 0.0))


@named_arguments
@_in_float32(1)
def logsumexp(x, axis=None, keepdims=False) -> Variable:
    """Return log(sum(exp(x))) over axis, without overflow: a soft maximum.

    >>> logsumexp(np.array([1000.0, 1000.0]))
    variable(1000.6931471805599)
    """
    x = _as_floats("logsumexp", x)
    axis = _as_axis("logsumexp", x, axis)
    keepdims = flag("logsumexp", "keepdims", keepdims, 39)
    if _count(x.shape, axis) == 0:
        raise ValueError(
            f"logsumexp: expected at least one element along axis {axis}, got an x of "
            f"shape {x.shape} (see step 47)"
        )
    return LogSumExp(axis, keepdims)(x)


class Norm(Function):
    """y = sqrt(sum(x**2)), gx = gy * x / y; 0 where y is 0, the mean of the slopes."""

    def __init__(self, axis=None, keepdims=False):
        self.axis = axis
        self.keepdims = keepdims

    def forward(self, x):
        xp = cuda.get_array_module(x)
        return xp.sqrt((x * x).sum(axis=self.axis, keepdims=self.keepdims))

    def backward(self, gy):
        (x,) = self.inputs
        y = restore_axes(self.output(), x.shape, self.axis, self.keepdims)
        gy = restore_axes(gy, x.shape, self.axis, self.keepdims)
        # Where y is 0, so is x: divide by 1.
        return x * (where(y > 0, gy, 0) / (y + (y <= 0)))


@named_arguments
@_in_float32(1)
def norm(x, axis=None, keepdims=False) -> Variable:
    """Return the length of the vectors along axis: the root of their sum of squares.

    axis=None takes all elements as one vector. At 0 the gradient is 0.

    >>> norm(np.array([3.0, 4.0]))
    variable(5.0)
    """
    x = _as_floats("norm", x)
    axis = _as_axis("norm", x, axis)
    keepdims = flag("norm", "keepdims", keepdims, 39)
    return Norm(axis, keepdims)(x)
