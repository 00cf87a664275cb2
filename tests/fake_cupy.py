"""A stand-in for CuPy: its rules without its GPU.

    monkeypatch.setitem(sys.modules, "cupy", fake_cupy)

An ndarray here holds one of NumPy's, hidden, and does what CuPy's documentation says,
as far as the package needs it:

    x + y              only with its own kind, Python numbers and NumPy's scalars; a
                       numpy.ndarray is a TypeError, also as an index or a value
    np.asarray(x)      a TypeError: the only ways out are x.get() and asnumpy(x)
    np.exp(x)          exp of this module (__array_ufunc__, __array_function__); a
                       TypeError if it has none
    x.sum(), x[0]      0-d arrays, never NumPy's scalars
    x.flags            has no writeable: nothing is read-only in CuPy

What is not written down here does not exist: an AttributeError, or a TypeError. CuPy
has far more. So what runs here keeps to a part of CuPy that is safe to use; how fast,
and that nothing was misread in the documentation, only a GPU can show.
"""

import types

import numpy as np


class ndarray(np.lib.mixins.NDArrayOperatorsMixin):
    """An array that lives elsewhere. Its operators call NumPy's ufuncs."""

    __array_priority__ = 100
    __hash__ = None

    def __init__(self, held, base=None):
        self._held = held
        self.base = base  # for a view, the array whose memory it shows

    @property
    def data(self):
        """A pointer into the memory of the GPU: nothing for NumPy."""
        return types.SimpleNamespace(ptr=self._held.ctypes.data)

    @property
    def flags(self):
        """How the elements lie in memory."""
        flags = self._held.flags
        return types.SimpleNamespace(
            c_contiguous=flags.c_contiguous, f_contiguous=flags.f_contiguous
        )

    @property
    def T(self):
        """The transpose."""
        return self.transpose()

    def get(self):
        """Return the elements as a numpy.ndarray: the way out."""
        return self._held.copy()

    def __array__(self, dtype=None, copy=None):
        raise TypeError(
            "Implicit conversion to a NumPy array is not allowed. "
            "Please use `.get()` to construct a NumPy array explicitly."
        )

    def __array_ufunc__(self, ufunc, method, *inputs, out=(), **kwargs):
        known = _ufuncs.get(ufunc.__name__)
        if method != "__call__" or known is None:
            return NotImplemented
        if ufunc.__name__ in _YIELDING and any(map(_is_variable, inputs)):
            return NotImplemented  # x + variable: its turn
        return known(*inputs, **kwargs, **({"out": out[0]} if out else {}))

    def __array_function__(self, func, kinds, args, kwargs):
        known = _functions.get(func.__name__)
        if func.__module__ != "numpy" or known is None:
            return NotImplemented
        return known(*args, **kwargs)

    def __reduce__(self):
        return array, (self.get(),)

    def __iter__(self):
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index):
        return _leave(self._held[_index(index)], self)

    def __setitem__(self, index, value):
        self._held[_index(index)] = _operand(value)


_YIELDING = {"add", "subtract", "multiply", "divide", "power", "matmul"}


def _is_variable(x):
    return getattr(x, "__array_priority__", 0) > ndarray.__array_priority__


# --- in and out -----------------------------------------------------------------


def array(obj, dtype=None):
    """Make an array: of one of either kind, or of numbers in lists. The way in."""
    return _leave(np.array(obj._held if isinstance(obj, ndarray) else obj, dtype))


def asarray(a, dtype=None):
    """Make an array, unless a is one."""
    return a if isinstance(a, ndarray) and dtype in (None, a.dtype) else array(a, dtype)


def asnumpy(a):
    """Return the numpy.ndarray of an array of either kind. The way out."""
    return a.get() if isinstance(a, ndarray) else np.asarray(a)


def _enter(x):
    """Return x as NumPy is to have it: ours unwrapped, NumPy's own refused."""
    if isinstance(x, (list, tuple)):
        return type(x)(map(_enter, x))
    plain = int, float, complex, str, type, slice, np.generic, np.dtype
    if x is None or x is Ellipsis or isinstance(x, plain):
        return x
    return _operand(x)


def _operand(x):
    """Return x as _enter does, if it is something to calculate with."""
    if not isinstance(x, (ndarray, int, float, complex, np.generic)):
        raise TypeError(f"Unsupported type {type(x)}")
    return x._held if isinstance(x, ndarray) else x


def _index(index):
    """Return an index as _enter does; no lists, which CuPy takes in part only."""
    for i in index if isinstance(index, tuple) else (index,):
        if isinstance(i, (list, tuple, str, float)):
            raise IndexError(f"Unsupported type {type(i)} in an index")
    return _enter(index)


def _leave(y, *sources):
    """Return what NumPy returned as arrays of this module; a view knows its base."""
    if isinstance(y, (list, tuple)):
        return type(y)(_leave(part, *sources) for part in y)
    if not isinstance(y, (np.ndarray, np.generic)):
        return y
    y = np.asarray(y)
    if y.dtype.kind not in "biufc":
        raise ValueError(f"Unsupported dtype {y.dtype}")
    base = None
    for source in sources:
        if y is source._held:
            return source
        if np.may_share_memory(y, source._held):
            base = source if source.base is None else source.base
    return ndarray(y, base)


# --- functions of one element ---------------------------------------------------


class _Ufunc:
    """np.exp and the like; out is an array of ours."""

    def __init__(self, name):
        self.__name__, self._ufunc = name, getattr(np, name)

    def __call__(self, *args, out=None, dtype=None):
        held = [_operand(x) for x in args]
        if out is None:
            return _leave(self._ufunc(*held, dtype=dtype))
        if not isinstance(out, ndarray):
            raise TypeError(f"return arrays must be of ArrayType, got {type(out)}")
        self._ufunc(*held, out=out._held, dtype=dtype)
        return out

    def at(self, a, indices, b):
        """a[indices] += b and the like; indices that repeat count each time."""
        if self.__name__ not in ("add", "subtract", "maximum", "minimum"):
            raise NotImplementedError(f"{self.__name__}.at is not supported")
        self._ufunc.at(a._held, _index(indices), _operand(b))


_ufuncs = {
    name: _Ufunc(name)
    for name in (
        "absolute add bitwise_and bitwise_or bitwise_xor ceil cos cosh divide "
        "equal exp expm1 floor floor_divide greater greater_equal invert isfinite "
        "isinf isnan less less_equal log log1p logical_and logical_not logical_or "
        "matmul maximum minimum multiply negative not_equal positive power "
        "remainder sign sin sinh sqrt square subtract tan tanh"
    ).split()
}


# --- all others: "name(the keywords it takes)" ----------------------------------


def _table(text, namespace):
    """Return {name: function} for the entries of text, from NumPy's of that name."""
    entries = [entry.split("(") for entry in text.split(")")[:-1]]
    return {
        name.strip(): _function(getattr(namespace, name.strip()), keywords.split())
        for name, keywords in entries
    }


def _function(compute, keywords):
    def function(*args, **kwargs):
        for key in kwargs:
            if key not in keywords:
                raise TypeError(f"got an unexpected keyword argument {key!r}")
        held = {key: _enter(x) for key, x in kwargs.items()}
        parts = [p for x in args for p in (x if isinstance(x, (list, tuple)) else [x])]
        sources = [part for part in parts if isinstance(part, ndarray)]
        return _leave(compute(*map(_enter, args), **held), *sources)

    return function


_functions = _table(
    """
    allclose(rtol atol) arange(dtype) argmax(axis) argsort(axis) array_equal()
    ascontiguousarray() broadcast_to() clip() concatenate(axis) cumsum(axis) dot()
    einsum(optimize dtype) empty(dtype) empty_like(dtype) expand_dims(axis) eye(dtype)
    flatnonzero() flip(axis) full(dtype) full_like(dtype) isclose(rtol atol)
    max(axis keepdims) mean(axis keepdims) min(axis keepdims) moveaxis() nonzero()
    ones(dtype) ones_like(dtype) pad(mode constant_values) prod(axis keepdims)
    repeat(axis) reshape() result_type() split(axis) squeeze(axis) stack(axis)
    sum(axis keepdims dtype) swapaxes() take(axis) tensordot(axes) transpose() where()
    zeros(dtype) zeros_like(dtype)
    """,
    np,
)
_methods = _table(
    """
    all(axis keepdims) any(axis keepdims) argmax(axis) argmin(axis) argsort(axis)
    astype(copy) clip() copy() cumsum(axis) dot() fill() flatten() max(axis keepdims)
    mean(axis keepdims dtype) min(axis keepdims) nonzero() prod(axis keepdims) ravel()
    repeat(axis) reshape() squeeze(axis) std(axis ddof keepdims)
    sum(axis keepdims dtype) swapaxes() take(axis) transpose()
    var(axis ddof keepdims) view() item() tolist() __bool__() __float__() __int__()
    __len__() __repr__() __str__()
    """,
    np.ndarray,
)
for _name, _method in _methods.items():
    setattr(ndarray, _name, _method)
for _name in "shape ndim size dtype itemsize nbytes strides".split():
    setattr(ndarray, _name, property(lambda self, n=_name: getattr(self._held, n)))
globals().update(_functions, **_ufuncs, abs=_ufuncs["absolute"])


# --- modules inside the module --------------------------------------------------


def _rand(*shape, dtype=float):
    return asarray(np.random.rand(*shape), dtype)  # noqa: NPY002


random = types.SimpleNamespace(rand=_rand)
cuda = types.SimpleNamespace(runtime=types.SimpleNamespace(getDeviceCount=lambda: 1))
