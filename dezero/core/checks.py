"""The errors of a Variable: what it refuses, and the messages that say why.

They are kept here so that the methods of Variable stay short. A check_... raises an
error or does nothing, a refuse_... always raises. The others return what their name
says.
"""

import numpy as np

from dezero import cuda
from dezero.core.changes import Gone, named
from dezero.guards import shown

NUMBERS = "fiub"  # kinds of dtype: floats, integers with and without sign, bools

# Why backward finds no graph: for Variable._why_no_graph.
UNDER_NO_GRAD = (
    "this Variable was computed under no_grad(), so it has no graph; compute it "
    "outside the with block (see step 18)"
)
WITHOUT_CREATE_GRAPH = (
    "this gradient was computed without create_graph=True, so it has no graph; call "
    "backward(create_graph=True) in the pass that computes it (see step 32)"
)


def check_array(data):
    """Refuse data that a Variable cannot hold."""
    if not (isinstance(data, np.ndarray) or data is None or cuda.is_array(data)):
        if type(data) is Gone:
            data.refuse()
        raise TypeError(
            f"Variable: {type(data).__name__} is not supported, expected an "
            "ndarray; wrap the value: Variable(np.array(...)) (see step 9)"
        )
    if data is not None and data.dtype.kind not in NUMBERS:
        raise TypeError(f"Variable: {_expected_numbers(data)}")


def check_array_module(module):
    """Refuse a module that as_array cannot make an array with."""
    if not (hasattr(module, "array") and hasattr(module, "asarray")):
        raise TypeError(
            f"as_array: array_module must be np or cupy, got {shown(module)} "
            "(see step 52)"
        )


def as_data(x, data):
    """Return data as a Variable x can hold it, or refuse it."""
    if data is None:
        return data
    if hasattr(data, "_data"):  # a Variable
        expected = (
            "expected an ndarray, got a Variable; compute with arrays here: "
            "x.data -= lr * x.grad.data (see step 32)"
        )
    elif not (cuda.is_array(data) or isinstance(data, np.generic)):
        expected = (
            f"expected an ndarray or None, got {shown(data)}; wrap it: "
            "x.data = np.array(...) (see step 9)"
        )
    elif data.dtype.kind not in NUMBERS:
        raise TypeError(f"data{named(x)}: {_expected_numbers(data)}")
    else:  # NumPy turns a 0-d x.data * 2 into a scalar
        return np.asarray(data) if isinstance(data, np.generic) else data
    raise TypeError(f"the data of a Variable{named(x)}: {expected}")


def _expected_numbers(array):
    """Return the message about an array whose dtype is not supported."""
    return (
        f"an array of {array.dtype} is not supported, expected real numbers: a "
        "floating, integer or bool dtype (see step 9)"
    )


def refuse_grad(x, grad):
    """Refuse to set the grad of a Variable x to anything but a Variable or None."""
    raise TypeError(
        f"grad{named(x)}: expected a Variable or None, got {shown(grad)}; wrap an "
        "array: Variable(np.array(...)); to clear a gradient, call x.cleargrad() (see "
        "step 32)"
    )


def has_no_data(x, what):
    """Return the error for a Variable without data; what: "shape", for example."""
    return ValueError(
        f"{what}: this Variable{named(x)} has no data yet (it is None); a layer's "
        "weights get theirs in its first call (see steps 9 and 44)"
    )


def check_has_axis(x):
    """Refuse len(x) if x is a single number."""
    if x.ndim == 0:
        raise TypeError(
            f"len: this Variable{named(x)} is a single number, so it has no length "
            "(see step 19)"
        )


def check_creator(func):
    """Refuse a creator that is not a Function, or was not called."""
    if getattr(func, "_inputs", None) is None:
        raise TypeError(
            "set_creator: expected the Function that computed this Variable, got "
            f"{shown(func)}; to forget the creator, call unchain() (see step 7)"
        )


def check_leaf(x, requires_grad):
    """Refuse to change requires_grad of a Variable that was computed."""
    if x.creator is not None and x.requires_grad != requires_grad:
        raise RuntimeError(
            "requires_grad_: this Variable was computed, so its inputs decide; set "
            "requires_grad on the leaves first, or use detach() (see step 66)"
        )


def check_hook(hook):
    """Refuse a hook that cannot be called."""
    if not callable(hook):
        raise TypeError(
            f"register_hook: expected a function of the gradient, got {shown(hook)} "
            "(see step 65)"
        )


def check_hooked(x, gradient):
    """Refuse a gradient from a hook if its shape is not that of x."""
    if gradient.shape != x.shape:
        raise ValueError(
            "register_hook: a hook must return None or a gradient of the Variable's "
            f"shape {x.shape}, got {gradient.shape} (see step 65)"
        )


def check_flags(retain_grad, create_graph):
    """Refuse flags of backward that are neither True nor False."""
    for name, value in ("retain_grad", retain_grad), ("create_graph", create_graph):
        if not isinstance(value, (bool, np.bool_)):
            raise TypeError(
                f"backward: {name} must be True or False, got {shown(value)}; "
                "to start from a gradient, pass it by name: gradient=... (see step 66)"
            )


def check_seed(x, seed, source):
    """Refuse to start backward from anything but numbers in the shape of x."""
    try:
        array = seed._data if hasattr(seed, "_data") else seed
        array = array if cuda.is_array(array) else np.asarray(array)
    except (ValueError, TypeError):  # a list of Variables, or rows of unequal lengths
        array = np.asarray(None)  # an array of objects, refused here:
    if array.dtype.kind not in NUMBERS:
        kind = type(seed).__name__
        if array.dtype.kind == "O" and hasattr(seed, "_data"):
            kind = "a Variable without data"
        elif kind in ("ndarray", "list", "tuple"):
            kind = f"{kind} of {array.dtype}"
        raise TypeError(
            f"backward: {kind} is not supported, expected a Variable, an array or a "
            f"number as {source} (see step 66)"
        )
    if array.shape != x.shape:
        raise ValueError(
            f"backward: the gradient to start from, {source}, must have the shape of "
            f"the data {x.shape}, got {array.shape} (see step 66)"
        )


def check_can_add_to_grad(x):
    """Refuse to add a gradient to a grad of another shape."""
    if x._grad.shape != x.shape:
        raise ValueError(
            f"backward: the grad of a leaf{named(x)}, to which a gradient is added, "
            f"must have the shape of its data {x.shape}, got {x._grad.shape}; call "
            "cleargrad() first (see step 14)"
        )


def would_lose_graph(name, ours):
    """Return the message that refuses NumPy's function of that name."""
    instead = f"F.{name}, or " if name in ours else ""
    return (
        f"Variable: np.{name} would lose the graph; use {instead}x.data for the array "
        "(see step 21)"
    )


def only_element(x, who, error=TypeError, advice="pick one, or use x.sum()"):
    """Return the array of x if it has one element, however many axes it has."""
    if x.size != 1:
        raise error(
            f"{who}: expected a Variable with one element, got shape "
            f"{x.shape}; {advice} (see step 19)"
        )
    return x.data
