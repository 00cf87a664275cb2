"""NumPy's functions for Variables: np.exp(x) is F.exp(x), and is recorded in the graph.

NumPy passes such a call to Variable.__array_ufunc__ or __array_function__ (step 21).
Each function takes the arguments listed here. NumPy's further arguments are refused,
and so are NumPy's other functions. Functions whose results have no derivative, such as
bools, indices and shapes, get the bare arrays and return what NumPy returns.
"""

import numpy as np

from dezero.core import Variable, as_variable
from dezero.core.arraylike import of_numpy, ops
from dezero.functions import activation, elementwise, linalg, reduction, shape

__all__ = []

# --- the same names, the same arguments ---

for _module, _names in (
    (elementwise, "exp log sin cos tanh sqrt square maximum minimum"),
    (shape, "expand_dims squeeze stack concatenate split where"),
    (linalg, "einsum"),
):
    of_numpy.update({name: getattr(_module, name) for name in _names.split()})

# --- NumPy's names and arguments, our functions ---


def _reduce(name):
    def reduce(a, axis=None, *, keepdims=False):
        return getattr(reduction, name)(a, axis, keepdims)

    return reduce


def _spread(name):
    def spread(a, axis=None, *, ddof=0, keepdims=False):
        return getattr(reduction, name)(a, axis, keepdims, ddof)

    return spread


def _pad(array, pad_width, mode="constant", *, constant_values=0):
    if mode != "constant":
        raise TypeError(f"np.pad of a Variable: mode must be 'constant', got {mode!r}")
    return shape.pad(array, pad_width, constant_values)


of_numpy.update(
    absolute=elementwise.abs,
    positive=lambda x: as_variable(x),
    clip=elementwise.clip,
    dot=linalg.matmul,
    sum=_reduce("sum"),
    mean=_reduce("mean"),
    average=lambda a, axis=None: reduction.mean(a, axis),
    prod=_reduce("prod"),
    max=_reduce("max"),
    amax=_reduce("max"),
    min=_reduce("min"),
    amin=_reduce("min"),
    var=_spread("var"),
    std=_spread("std"),
    norm=lambda x, *, axis=None, keepdims=False: reduction.norm(x, axis, keepdims),
    cumsum=lambda a, axis=None: reduction.cumsum(a, axis),
    reshape=shape.reshape,
    ravel=lambda a: as_variable(a).ravel(),
    transpose=shape.transpose,
    broadcast_to=shape.broadcast_to,
    copy=lambda a: as_variable(a).copy(),
    astype=elementwise.astype,
    pad=_pad,
)

# --- no derivative: arrays ---


def _bare(x):
    """Return x with each Variable replaced by its array, also inside lists."""
    if isinstance(x, (list, tuple)):
        return type(x)(map(_bare, x))
    return x.data if isinstance(x, Variable) else x


def _on_arrays(name):
    def compute(*args, **kwargs):
        kwargs = {key: _bare(x) for key, x in kwargs.items()}
        return getattr(np, name)(*_bare(args), **kwargs)

    return compute


_NO_DERIVATIVE = """
    all allclose any argmax argmin argsort argwhere array_equal array_repr array_str
    array2string ceil count_nonzero empty_like flatnonzero floor full_like isclose
    isfinite isinf isnan logical_and logical_not logical_or ndim nonzero ones_like
    result_type rint searchsorted shape sign size unique zeros_like
"""
of_numpy.update({name: _on_arrays(name) for name in _NO_DERIVATIVE.split()})

# --- the methods of Variable ---

for _module in (activation, elementwise, linalg, reduction, shape):
    vars(ops).update({name: getattr(_module, name) for name in _module.__all__})
