"""Ops that change the shape or the dtype: reshape, transpose, broadcast_to, sum_to."""

import numbers
import operator

import numpy as np

from dezero import cuda
from dezero.core.config import Config
from dezero.core.function import Function
from dezero.core.outside import _as_constant, _as_input
from dezero.core.variable import Variable, as_variable
from dezero.guards import refusal


class Copy(Function):
    """The same values in their own memory.

    y = x
    gx = gy
    """

    def forward(self, x):
        return x.copy()

    def backward(self, gy):
        return gy


def copy(x) -> Variable:
    """Return a copy of x in its own memory, still in the graph."""
    return Copy()(_as_input("copy", x))


class AsType(Function):
    """The same numbers in another dtype; gx is gy in the old one."""

    def __init__(self, dtype):
        self.dtype = dtype

    def forward(self, x):
        return x.astype(self.dtype)

    def backward(self, gy):
        (x,) = self.inputs
        return AsType(x.dtype if x.dtype.kind == "f" else gy.dtype)(gy)


class Reshape(Function):
    """The same elements in another shape; gx is gy in the old one."""

    def __init__(self, shape):
        self.shape = shape

    def forward(self, x):
        return x.reshape(self.shape)

    def backward(self, gy):
        (x,) = self.inputs
        return reshape(gy, x.shape)


class Transpose(Function):
    """y[i, j] = x[j, i]; axes as in numpy.transpose, None reverses them.

    gx is gy transposed by the inverse permutation, argsort(axes).
    """

    def __init__(self, axes=None):
        self.axes = axes

    def forward(self, x):
        return x.transpose(self.axes)

    def backward(self, gy):
        if self.axes is None:
            return transpose(gy)
        axes = [axis % len(self.axes) for axis in self.axes]
        return transpose(gy, tuple(int(i) for i in np.argsort(axes)))


class BroadcastTo(Function):
    """Repeat x along new and length-1 axes; gx sums over the repetitions."""

    def __init__(self, shape):
        self.shape = shape

    def forward(self, x):
        return cuda.get_array_module(x).broadcast_to(x, self.shape)

    def backward(self, gy):
        (x,) = self.inputs
        return sum_to(gy, x.shape)


class SumTo(Function):
    """Sum x down to a shape that broadcasts to x's; gx repeats gy."""

    def __init__(self, shape):
        self.shape = shape

    def forward(self, x):
        return sum_array_to(x, self.shape)

    def backward(self, gy):
        (x,) = self.inputs
        return broadcast_to(gy, x.shape)


def reshape(x, shape) -> Variable:
    """Return x in another shape; one length may be -1 (see step 38)."""
    x, shape = _as_constant("reshape", x), _as_shape("reshape", shape, 38)
    if x.shape == shape:
        return as_variable(x)
    try:
        return Reshape(shape)(x)
    except ValueError as error:
        raise ValueError(
            f"reshape: the {x.size} elements of an x of shape {x.shape} do not fill an "
            f"array of shape {shape}; one length may be -1 (see step 38)"
        ) from error


def transpose(x, axes=None) -> Variable:
    """Return x with its axes in another order; None reverses them."""
    x = _as_input("transpose", x)
    if axes is not None:
        axes = _as_shape("transpose", axes, 38)
        _check_order(axes, x.ndim)
    return Transpose(axes)(x)


def _check_order(axes, ndim):
    """Raise ValueError unless axes is 0, 1, ..., ndim - 1 in some order."""
    if sorted(a + ndim if a < 0 else a for a in axes) != list(range(ndim)):
        raise ValueError(
            f"transpose: axes must name each of the {ndim} axes of x once, "
            f"got {axes} (see step 38)"
        )


def broadcast_to(x, shape) -> Variable:
    """Return x repeated to shape, by NumPy's broadcasting (see step 40)."""
    x = _as_constant("broadcast_to", x)
    shape = _as_shape("broadcast_to", shape, 40)
    if x.shape == shape:
        return as_variable(x)
    try:
        return BroadcastTo(shape)(x)
    except ValueError as error:
        raise ValueError(
            f"broadcast_to: an x of shape {x.shape} cannot be repeated to {shape}: "
            "counted from the right, its lengths must be equal or 1 (see step 40)"
        ) from error


def sum_to(x, shape) -> Variable:
    """Return x summed to shape: the reverse of broadcasting (see step 40)."""
    x, shape = _as_constant("sum_to", x), _as_shape("sum_to", shape, 40)
    if x.shape == shape:
        return as_variable(x)
    return SumTo(shape)(x)


def _sum_to(x, shape):
    """Return sum_to(x, shape) for a backward, whose x and shape need no checks.

    In most backwards there is nothing to sum, and the checks would only cost time.
    """
    if x.shape == shape:
        return Variable(x) if isinstance(x, np.ndarray) and Config.wrap else x
    return SumTo(shape)(x)


def _as_shape(who, shape, step):
    """Return shape as a tuple: an int, or ints in a list, a tuple or an array."""
    try:
        if type(shape) is not tuple and isinstance(shape, numbers.Integral):
            return (operator.index(shape),)
        return tuple([operator.index(n) for n in shape])
    except TypeError:
        raise TypeError(
            refusal(who, "shape", "an int or a tuple of ints", shape, step)
        ) from None


def sum_array_to(x, shape):
    """Return the array x summed so that it has shape.

    >>> sum_array_to(np.ones((2, 3)), (1, 3))
    array([[2., 2., 2.]])
    """
    lead = x.ndim - len(shape)  # number of leading axes of x that shape does not have
    if lead < 0 or any(n not in (1, m) for n, m in zip(shape, x.shape[lead:])):
        raise ValueError(
            f"sum_to: {tuple(shape)} does not broadcast to {x.shape}, so {x.shape} "
            "cannot be summed to it (see step 40)"
        )
    axes = [i + lead for i, n in enumerate(shape) if n == 1 != x.shape[i + lead]]
    axes = (*range(lead), *axes)
    return x.sum(axis=axes).reshape(shape) if axes else x
