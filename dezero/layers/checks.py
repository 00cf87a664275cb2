"""Check what layers are given: batches and settings. Errors say what was expected."""

import contextlib

import numpy as np

from dezero import cuda
from dezero.core import Variable, as_array
from dezero.guards import refusal, shown, whole


def _judged(
    layer, x, step, expected, axis=None, size=None, ndim=None, least=1, name="x"
):
    """Return x, the argument of a layer's call, or refuse it.

    A Variable or an array stays what it is; numbers and lists become an array. axis is
    the name of an axis in expected, and its place: ("D", -1). size is the length of
    that axis, if the layer knows it already. Raises TypeError if x does not hold
    numbers, ValueError for another shape.
    """
    array = x._data if isinstance(x, Variable) else x
    if type(array) is np.ndarray and array.dtype.kind in "fiub":
        shape = array.shape  # the usual case needs no more checks than these
        if len(shape) >= least and (ndim is None or ndim == len(shape)):
            if axis is None or shape[axis[1]] == size:
                return x
    given, who = x, type(layer).__name__
    if not (isinstance(x, Variable) or cuda.is_array(x)):
        with contextlib.suppress(ValueError):  # rows of different lengths
            x = as_array(x)
    array = x.data if isinstance(x, Variable) else x
    if not hasattr(array, "shape") or array.dtype.kind not in "fiub":
        got = shown(given)
        if isinstance(given, Variable) and array is None:
            got = "Variable(None), which has no data"
        elif cuda.is_array(array) and not isinstance(given, str):
            got = f"an array of {array.dtype}"
        raise TypeError(
            f"{who}: {name} must be {expected}, in an array or a Variable, got {got} "
            f"(see step {step})"
        )
    shape = array.shape
    wanted = None
    if len(shape) < least or ndim not in (None, len(shape)):
        wanted = ""
    elif axis is not None and shape[axis[1]] != size:
        if size is not None:
            wanted = f" with {axis[0]} = {size}, to match its weights"
        elif not shape[axis[1]]:
            wanted = f" with {axis[0]} at least 1"
    if wanted is not None:
        got = f"{shape}{layer._hint(shape)}"
        raise ValueError(
            f"{who}: {name} must be {expected}{wanted}, got {got} (see step {step})"
        )
    return x


# An attribute with one of these names would hide the method. (summary and zero_grad are
# not among them: programs for DeZero may use these names for attributes.)
METHODS = {
    *("forward", "params", "cleargrads", "to_cpu", "to_gpu", "plot"),
    *("save_weights", "load_weights", "reset_state"),
}


def check_method(who, name, value, is_method):
    """Refuse a value, such as a layer, in place of a method; allow a function."""
    if is_method and (hasattr(value, "forward") or not callable(value)):
        raise AttributeError(
            f"{who}.{name} is a method, expected another name for {shown(value)}; "
            f"write self.{name}_ = ..., for instance (see step 44)"
        )


def _sides(who, name, value, step, least=1):
    """Return value, an int or (height, width); refuse sides below least."""
    several = isinstance(value, (tuple, list))
    sides = value if several else [value]
    try:
        if several and len(sides) != 2:
            raise TypeError
        for side in sides:
            whole(who, name, side, step, least=least)
    except (TypeError, ValueError) as error:
        got = tuple(value) if several else shown(value)
        raise type(error)(
            f"{who}: {name} must be an int or (height, width), each at least {least}, "
            f"got {got} (see step {step})"
        ) from None
    return value


def _floating(who, dtype, step):
    """Return dtype if it is a floating-point type; raise TypeError otherwise."""
    with contextlib.suppress(TypeError):
        if dtype is not None and np.dtype(dtype).kind == "f":
            return dtype
    got = dtype if isinstance(dtype, type) else None
    got = getattr(got, "__name__", None) or dtype
    expected = "a floating-point type, such as np.float32"
    raise TypeError(refusal(who, "dtype", expected, got, step))


def _no_bias(who, nobias, step, advice):
    """Return nobias if it is True or False; 1 or 0 may be a misplaced size."""
    if isinstance(nobias, (bool, np.bool_)):
        return bool(nobias)
    raise TypeError(
        f"{who}: nobias must be True or False, got {shown(nobias)}; {advice} "
        f"(see step {step})"
    )


def _listed(*sizes, **options):
    """Return settings as a call has them: "10, in_size=4", without None, False or 0."""
    options = [f"{k}={v}" for k, v in options.items() if v not in (None, False)]
    return ", ".join([*map(str, sizes), *options])
