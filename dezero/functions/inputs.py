"""Checks of a function's inputs: convert them to what it needs, or raise an error.

    x = _as_floats("exp", x)
    x, axis = _as_scores("softmax", x, axis)

Each _as_... takes the name of the calling function, then an input, and returns it: good
input unchanged, lists as arrays, integers as floats if the function needs floats.
Anything else raises an error that says which function was called, what it expected,
what it got, and which step explains it. As you read a function, you can skip such
lines: good input passes unchanged.

    _as_input     a Variable or an array; a number or a list becomes an array
    _as_constant  a Variable; an array becomes one that needs no gradient
    _as_floats    like _as_input, with floats in it; _as_array: a bare array
    _as_weighted  the x, W and b of a layer
    _as_pair      x0 and x1, one of which broadcasts to the other
    _as_labels    class numbers, one for each row of x
    _as_truths    x, and a target for each element of x
    _as_scores    x, and one or several axes of x, none of them empty
    _as_gates     lists of arrays, with one array for each gate
    _as_step      the inputs of a recurrent cell, and their sizes
    _as_axis      one or several axes of x, or None (_reduced_axes)
    _as_shape     an int or ints, as a tuple
    _as_window    kernel size, stride and padding as pairs; _as_steps the last two
"""

import functools
import inspect
from collections.abc import Callable
from numbers import Integral
from typing import Any, TypeVar

import numpy as np

from dezero import cuda
from dezero.core import (
    AsType,
    Variable,
    _as_constant,
    _as_input,
    _as_shape,
    _check_numbers,
    _one_axis,
    _reduced_axes,
    _unwrap,
    as_array,
)
from dezero.guards import refusal, shown

__all__ = [
    "_as_array",
    "_as_axis",
    "_as_constant",
    "_as_floats",
    "_as_gates",
    "_as_input",
    "_as_labels",
    "_as_pair",
    "_as_scores",
    "_as_shape",
    "_as_step",
    "_as_steps",
    "_as_truths",
    "_as_weighted",
    "_as_window",
    "_broadcasts",
    "_check_shapes",
    "_floating",
    "_in_float32",
    "_is_nothing",
    "_one_axis",
]

# --- numbers ---


def _as_floats(who, x, name="x"):
    """Return x as floats, integers as float64: NumPy would turn uint8 into float16."""
    array = x._data if isinstance(x, Variable) else x
    if type(array) is np.ndarray and array.dtype.kind == "f":
        return x  # the usual case
    x = _as_input(who, x, name)
    return x if x.dtype.kind == "f" else AsType(np.float64)(x)


def _as_array(who, x, name="x"):
    """Return x, an array, a Variable or a NumPy number, as an array."""
    return as_array(_unwrap(_as_input(who, x, name)))


def _floating(x):
    """Return the array x, or a float64 copy if it holds integers."""
    return x if x.dtype.kind == "f" else x.astype(np.float64)


_HALF = np.dtype(np.float16)

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _in_float32(count: int) -> Callable[[_Function], _Function]:
    """Make a function compute float16 in float32, and return float16 again.

    float16 holds nothing above 65504, which squares and sums soon exceed. The first
    `count` arguments are the arrays to compute with; if one of them has a wider dtype,
    so has the result.
    """

    def decorate(function):
        signature = inspect.signature(function)
        names = list(signature.parameters)[:count]

        @functools.wraps(function)
        def compute(*args, **named):
            for x in (*args[:count], *named.values()) if named else args[:count]:
                if isinstance(x, Variable):
                    x = x._data
                if getattr(x, "dtype", None) == _HALF:
                    break
            else:
                return function(*args, **named)  # the usual case
            given = signature.bind(*args, **named).arguments
            numbers = [name for name in names if hasattr(given[name], "dtype")]
            halves = [name for name in numbers if _is_half(given[name])]
            for name in halves:
                given[name] = AsType(np.float32)(given[name])
            y = function(**given)
            return AsType(np.float16)(y) if halves == numbers else y

        return compute

    return decorate


def _is_half(x):
    """Return whether x is an array or a Variable of float16."""
    x = x._data if isinstance(x, Variable) else x
    return getattr(x, "dtype", None) == _HALF


# --- inputs that must fit each other ---


def _as_weighted(who, x, W, b):
    """Return x, W and b of a layer; b is None if there is none.

    If neither x nor W holds floats, x becomes float64: products of bytes wrap around.
    """
    x, W = _as_input(who, x), _as_input(who, W, "W")
    if b is not None:
        b = None if _is_nothing(b) else _as_input(who, b, "b")
    if W.dtype.kind != "f" and x.dtype.kind != "f":
        x = AsType(np.float64)(x)
    return x, W, b


def _is_nothing(b):
    """Return whether b is a Variable without data, which stands for no bias."""
    if type(b) is np.ndarray or not isinstance(b, Variable):
        return False
    return type(b._data) is not np.ndarray and b.data is None


def _as_pair(who, x0, x1):
    """Return x0 and x1, Variables of floats, if one broadcasts to the other.

    NumPy also broadcasts (N, 1) and (N,), to (N, N): that is hardly ever meant.
    """
    xs = [_as_floats(who, x0, "x0"), _as_floats(who, x1, "x1")]
    a, b = xs[0].shape, xs[1].shape
    if a == b != ():
        return [_as_constant(who, x) for x in xs]
    if not _broadcasts(a, b) and not _broadcasts(b, a):
        raise ValueError(
            f"{who}: expected equal shapes, or one that broadcasts to the other, got "
            f"{a} and {b}; reshape one of them (see step 42)"
        )
    for i, x in enumerate((x0, x1)):
        if not hasattr(x, "dtype") and not xs[i].shape:
            xs[i] = xs[i].astype(xs[1 - i].dtype)  # a number takes the array's dtype
    return [_as_constant(who, x) for x in xs]


def _broadcasts(shape, target):
    """Return whether an array of this shape broadcasts to the target shape."""
    ends = zip(shape[::-1], target[::-1])
    return len(shape) <= len(target) and all(n in (1, m) for n, m in ends)


def _as_labels(who, t, x, ignore_index=None):
    """Return t as an array (N,): for each row of x (N, K), the number of a column."""
    t = _unwrap(_as_input(who, t, "t", cuda.get_array_module(x)))
    if t.size == 0 and t.dtype.kind == "f":  # what NumPy makes of []
        t = t.astype(int)
    if x.ndim != 2 or t.shape not in (x.shape[:1], (x.shape[0], 1)):
        advice = "each row needs one"
        if t.ndim == 2:
            advice = "for one-hot rows pass t.argmax(axis=1)"
        if x.ndim > 2 and t.shape == x.shape[:-1]:  # the scores of a language model
            advice = f"pass x.reshape(-1, {x.shape[-1]}) and t.reshape(-1)"
        raise ValueError(
            f"{who}: expected rows (N, K) and class numbers (N,), got {x.shape} and "
            f"{t.shape}; {advice} (see step 47)"
        )
    if t.dtype.kind not in "iu":
        raise TypeError(
            f"{who}: expected class numbers as ints, got {t.dtype} (see step 47)"
        )
    t = t.reshape(-1)
    _check_numbers(_check_labels, who, t, x.shape[1], ignore_index)
    return t


def _check_labels(who, t, K, ignore_index):
    """Raise ValueError unless each class number is 0 to K - 1, or ignore_index."""
    known = t if ignore_index is None else t[t != ignore_index]
    if known.size and not (known.min() >= 0 and known.max() < K):
        raise ValueError(
            f"{who}: expected class numbers from 0 to {K - 1}, one for each column, "
            f"got {known.min()} to {known.max()} (see step 47)"
        )


def _as_truths(who, x, t, name="x"):
    """Return x, and t in the shape of x: a Variable of floats or an array of floats."""
    x = _as_constant(who, _as_floats(who, x, name))
    t = _as_input(who, t, "t", cuda.get_array_module(x))
    is_variable, t = isinstance(t, Variable), _as_constant(who, t)
    if t.size != x.size or (t.ndim == x.ndim and t.shape != x.shape):
        raise ValueError(
            f"{who}: expected a t for each element of x, got shapes {x.shape} and "
            f"{t.shape} (see step 47)"
        )
    if is_variable and t.dtype.kind == "f":
        return x, t.reshape(x.shape)
    return x, t.data.reshape(x.shape).astype(x.dtype)


def _as_step(who, **inputs):
    """Return the inputs of a recurrent cell, x (N, D) and h (N, H) first, and N, D, H.

    A b that is None is left out. A size is -1 if x or h does not have that axis.
    """
    given = [(name, x) for name, x in inputs.items() if x is not None or name != "b"]
    inputs = [_as_input(who, x, name) for name, x in given]
    return inputs, *(*inputs[0].shape, -1, -1)[:2], (*inputs[1].shape, -1, -1)[1]


def _as_gates(who, **lists):
    """Return the arrays of all lists in one list; each has an array for each gate."""
    for name, arrays in lists.items():
        if not isinstance(arrays, (list, tuple)) or not arrays:
            expected = "a list of arrays or Variables, one for each gate"
            raise TypeError(refusal(who, name, expected, arrays, 60))
    items = [(name, x) for name, arrays in lists.items() for x in arrays]
    return [_as_input(who, x, f"an element of {name}") for name, x in items]


def _check_shapes(text, inputs, shapes):
    """Raise ValueError unless the inputs have these shapes."""
    got = [x.shape for x in inputs]
    if got != shapes:
        raise ValueError(f"{text}, got {', '.join(map(str, got))} (see step 60)")


# --- axes ---

_as_axis = _reduced_axes


def _as_scores(who, x, axis):
    """Return x as floats, and axis, one or several ints; x must have scores there."""
    x = _as_floats(who, x)
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    for a in axes:
        if isinstance(a, bool) or not isinstance(a, (int, np.integer)):
            raise TypeError(refusal(who, "axis", "an int or a tuple of ints", axis, 47))
    if not axes or not all(-x.ndim <= a < x.ndim for a in axes):
        raise ValueError(
            f"{who}: expected x with an axis {axis}, got shape {x.shape}; for a "
            "single row of scores pass x.reshape(1, -1), or axis=0 (see step 47)"
        )
    if len({a % x.ndim for a in axes}) < len(axes):
        raise ValueError(
            f"{who}: axis must not name an axis twice, got {axis} for an x of shape "
            f"{x.shape} (see step 47)"
        )
    if x.size == 0 and 0 in [x.shape[a] for a in axes]:
        raise ValueError(
            f"{who}: expected at least one score along axis {axis}, got an x of shape "
            f"{x.shape} (see step 47)"
        )
    return x, tuple(axes) if isinstance(axis, (tuple, list)) else int(axis)


# --- sizes of a convolution ---


def _as_window(who, kernel_size, stride, pad):
    """Return kernel_size, stride and pad as pairs of ints."""
    return _as_sides(who, kernel_size, "kernel_size", 1), *_as_steps(who, stride, pad)


def _as_steps(who, stride, pad):
    """Return stride and pad as pairs of ints."""
    return _as_sides(who, stride, "stride", 1), _as_sides(who, pad, "pad", 0)


def _as_sides(who, x, name, least):
    """Return x, an int or (height, width), as a pair of ints, none below least."""
    sides = (x, x) if type(x) is int else x
    if type(sides) is tuple and [*map(type, sides)] == [int, int]:
        if min(sides) >= least:
            return sides  # the usual case
    if not isinstance(x, (Integral, tuple, list)):
        raise ValueError(
            f"{who}: {name}: expected an int or (height, width) of at least {least}, "
            f"got {type(x).__name__}: {shown(x)} (see step 55)"
        )
    sides = (x, x) if isinstance(x, Integral) else x
    if (
        len(sides) != 2
        or any(isinstance(n, bool) or not isinstance(n, Integral) for n in sides)
        or min(sides) < least
    ):
        got = repr(x) if isinstance(x, (tuple, list)) and len(x) < 5 else shown(x)
        raise ValueError(
            f"{who}: {name} must be an int or (height, width) of at least {least}, "
            f"got {got} (see step 55)"
        )
    return tuple(int(n) for n in sides)
