"""Ops that pick elements: x[slices] with its gradient, and where."""

import math
import operator

import numpy as np

from dezero import cuda
from dezero.core.arraylike import unwrap
from dezero.core.config import Config
from dezero.core.function import Function
from dezero.core.outside import _as_input, _explained
from dezero.core.shape import sum_to
from dezero.core.variable import Variable
from dezero.guards import shown


class GetItem(Function):
    """y = x[slices]: ints, slices, ..., None, index arrays, masks, or a tuple."""

    def __init__(self, slices):
        self.slices = slices

    def forward(self, x):
        return x[self.slices]

    def backward(self, gy):
        (x,) = self.inputs
        return GetItemGrad(self.slices, x.shape)(gy)


class GetItemGrad(Function):
    """gx = zeros(in_shape); gx[slices] += gy, repeated indices adding up."""

    def __init__(self, slices, in_shape):
        self.slices = slices
        self.in_shape = in_shape

    def forward(self, gy):
        return scatter_add(gy, self.slices, self.in_shape)

    def backward(self, ggx):
        return get_item(ggx, self.slices)


def get_item(x, slices) -> Variable:
    """Return x[slices], as NumPy indexes (see step 47).

    slices: an int, a slice, ..., None, ints or bools in an array, a Variable or a
    list, or a tuple of these, one for each axis. An index does not get a gradient.
    Raises IndexError if x has no such elements.
    """
    x = _as_input("get_item", x)
    slices = _as_slices("get_item", slices, x)
    try:
        return GetItem(slices)(x)
    except TypeError as error:
        if "(see step" in str(error):
            raise
        raise TypeError(
            f"get_item: expected ints or None in a slice, start:stop:step, got "
            f"{slices!r}: {error} (see step 47)"
        ) from error
    except (IndexError, ValueError) as error:
        raise type(error)(
            f"get_item: an x of shape {x.shape} has no such elements: {error} "
            "(see step 47)"
        ) from error


def _as_slices(who, slices, x):
    """Return slices with arrays in place of Variables and sequences.

    Arrays are copied, because backward needs the index as it is now.
    """
    xp = cuda.get_array_module(x)
    if isinstance(slices, tuple):
        return tuple([_as_index(who, s, xp) for s in slices])
    return _as_index(who, slices, xp)


def _as_index(who, index, xp):
    """Return the index along one axis in a form that xp accepts, or refuse it."""
    if index is None or index is Ellipsis or isinstance(index, (int, slice, np.bool_)):
        return index
    try:
        index = _unwrap_all(index)
        if isinstance(index, (list, tuple, range)):
            index = xp.array(index) if len(index) else xp.array(index, dtype=int)
        elif type(index) is np.ndarray:
            index = index.copy()
    except (ValueError, TypeError) as error:  # rows of several lengths, for instance
        raise IndexError(
            f"{who}: a {type(index).__name__} in an index must hold ints or bools, "
            f"in rows of equal length: {error} (see step 47)"
        ) from error
    if cuda.is_array(index):
        if index.dtype.kind in "iub":
            return index
        got = f"an array of {index.dtype}"
    elif hasattr(index, "__index__"):
        return operator.index(index)
    else:
        got = shown(index)
    raise IndexError(
        f"{who}: expected ints, slices, ..., None, or arrays of ints or bools in an "
        f"index, got {got} (see step 47)"
    )


def _unwrap_all(index):
    """Return index with each Variable replaced by its array, however deeply nested."""
    if isinstance(index, (list, tuple)):
        return [_unwrap_all(i) for i in index]
    return unwrap(index)


def scatter_add(gy, slices, shape):
    """Return zeros of shape, with gy added at slices; repeated indices add up.

    >>> scatter_add(np.array([1.0, 2.0, 4.0]), [0, 1, 0], (2,))
    array([5., 2.])
    """
    try:
        gx = cuda.get_array_module(gy).zeros(shape, gy.dtype)
        _add_at(gx, slices, gy)
        return gx
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        if "(see step" in str(error):
            raise
        raise ValueError(
            "scatter_add: expected an array gy that fits zeros(shape)[slices]: "
            f"{error} (see step 47)"
        ) from error


def _add_at(gx, slices, gy):
    """Add gy to gx, an array of zeros, as np.add.at(gx, slices, gy) does.

    np.add.at is fast if gx and gy are vectors, so we make them vectors: 1,000 rows of
    64 numbers then take a quarter of the time. Without repeated places, = is enough.
    """
    xp, shape = cuda.get_array_module(gy), gx.shape
    if not _may_repeat(slices):
        gx[slices] = gy
    elif xp is not np or gy.ndim < 2:
        xp.add.at(gx, slices, gy)
    else:
        if isinstance(slices, np.ndarray):  # -1 gives places that count from the end
            rows = slices.astype(np.intp).reshape(-1, 1)
            width = math.prod(shape[1:])
            places = rows * width + np.arange(width)
        else:
            places = np.arange(gx.size).reshape(shape)[slices]
        np.add.at(gx.reshape(-1), places.ravel(), gy.reshape(places.size))


def _may_repeat(slices):
    """Return whether indexing with slices can pick one element twice.

    Ints, slices, ..., None and masks cannot. Arrays of ints can, and so can the lists
    and tuples that NumPy turns into such arrays.
    """
    if not isinstance(slices, tuple):
        slices = (slices,)
    return not all(
        s is None
        or s is Ellipsis
        or isinstance(s, (int, slice, np.integer))
        or (cuda.is_array(s) and s.dtype.kind == "b")
        for s in slices
    )


class Where(Function):
    """y = x0 where condition is true, else x1; gx0 = gy there, gx1 = gy elsewhere.

    Why not gy * condition? If gy is infinite and the condition false, the product is
    nan. So a mask in a backward must select, not multiply.
    """

    def __init__(self, condition):
        self.condition = condition

    def forward(self, x0, x1):
        return _select(self.condition, x0, x1)

    def backward(self, gy):
        x0, x1 = self.inputs
        gx0 = gx1 = None
        if self.needs_grad(0):
            gx0 = sum_to(where(self.condition, gy, 0), x0.shape)
        if self.needs_grad(1):
            gx1 = sum_to(where(self.condition, 0, gy), x1.shape)
        return gx0, gx1


def where(condition, x0, x1) -> Variable:
    """Return x0 where condition is true, x1 elsewhere; all three broadcast.

    condition gets no gradient. x0 or x1 may be a number.

    >>> x = np.array([-2.0, 3.0])
    >>> where(x > 0, x, 0.1 * x)
    variable([-0.2  3. ])
    """
    if not Config.wrap:  # called by a backward on ndarrays: the arrays fit
        return _select(condition, x0, x1)
    if not isinstance(condition, (np.ndarray, np.bool_)):
        condition = unwrap(_as_input("where", condition, "condition"))
    try:
        return Where(condition.astype(bool))(x0, x1)
    except (ValueError, TypeError) as error:
        raise _explained("where", error, condition, x0, x1) from error


def _select(condition, x0, x1):
    """Return x0 where condition is true, x1 elsewhere: where() for arrays.

    xp.where takes five times as long as x0 * condition. So if x0 is large and x1 is 0,
    we mask the bits of x0: x0 & 1...1 is x0, and x0 & 0...0 is 0, even if x0 is
    infinite. That takes as long as the product.

    >>> _select(np.array([True, False]), np.array([1.0, np.inf]), 0)
    array([1., 0.])
    """
    if type(x0) in (int, float) and isinstance(x1, (np.ndarray, np.generic)):
        x0 = x1.dtype.type(x0)  # on NumPy 1, 0-d float32 beside 0 is float64
    elif type(x1) in (int, float) and isinstance(x0, (np.ndarray, np.generic)):
        x1 = x0.dtype.type(x1)
    if type(condition) is np.ndarray:
        if _is_large(x0, condition) and _is_zero(x1):
            return _bits_where(condition, x0)
        if _is_large(x1, condition) and _is_zero(x0):
            return _bits_where(~condition, x1)
    return cuda.get_array_module(x0).where(condition, x0, x1)


def _is_large(x, condition):
    """Return whether x is an array of floats so large that masking bits saves time."""
    return (
        type(x) is np.ndarray
        and x.size > 2000
        and x.shape == condition.shape
        and x.dtype.kind == "f"
        and x.itemsize in (2, 4, 8)
    )


def _is_zero(x):
    """Return whether x is 0, as a NumPy scalar or a 0-d array."""
    return (
        (type(x) is np.ndarray or isinstance(x, np.generic)) and x.ndim == 0 and x == 0
    )


def _bits_where(condition, x):
    """Return _select(condition, x, 0) for two arrays of the same shape."""
    bits = np.negative(condition.view(np.int8)).astype(f"i{x.itemsize}")  # 0 or -1
    bits &= x.view(bits.dtype)
    return bits.view(x.dtype)
