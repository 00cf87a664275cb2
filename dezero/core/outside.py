"""Convert a Function's inputs and results to what the engine expects, or refuse them.

A call of a Function may get numbers, lists and arrays as well as Variables, and a
Function that you write yourself may return anything. You need nothing from this file to
understand a graph or a backward pass. (dezero/guards.py does the same for settings,
such as a learning rate.)
"""

import inspect
import numbers

import numpy as np

from dezero import cuda
from dezero.core.arraylike import unwrap
from dezero.core.changes import Gone, named
from dezero.core.checks import NUMBERS
from dezero.core.config import Config, switched
from dezero.core.variable import Variable, as_array
from dezero.guards import refusal


def as_variables(inputs, name):
    """Return the inputs of a call as a list of Variables; name is the Function's name.

    An input that was not a Variable gets no gradient. A number takes the dtype of the
    floating arrays beside it, so that float32 * 2.0 is float32 on every NumPy.
    """
    dtype = xp = None
    variables = []
    for i, x in enumerate(inputs):
        if not isinstance(x, Variable):
            if type(x) is not np.ndarray or x.dtype.kind not in NUMBERS:
                if xp is None:
                    xp, dtype = _surroundings(inputs)
                x = _as_input_array(x, xp, dtype, name, i)
            x = Variable(x, None, False)
        variables.append(x)
    return variables


def _surroundings(inputs):
    """Return the array module of the inputs, and their floating dtype or None."""
    arrays = [x for x in map(unwrap, inputs) if cuda.is_array(x)]
    xp = cuda.get_array_module(arrays[0]) if arrays else np
    dtypes = [x.dtype for x in arrays if x.dtype.kind in "fc"]
    if len(dtypes) == 1:
        return xp, dtypes[0]
    return xp, np.result_type(*dtypes) if dtypes else None


def _as_input_array(x, xp, dtype, name, i):
    """Return x, input i of the Function with this name, as an array; None unchanged.

    None stands for an input that is left out, such as b in linear.
    """
    if x is None:
        return x
    if type(x) is Gone:
        x.refuse()
    if isinstance(x, (float, int)) or isinstance(x, numbers.Real):
        array = xp.array(x, dtype)
    else:
        try:
            array = as_array(x, xp)
        except (TypeError, ValueError):  # a list of Variables, or of unequal rows
            array = None
    if cuda.is_array(array) and array.dtype.kind in NUMBERS:
        return array
    kind = type(x).__name__
    if kind in ("ndarray", "list", "tuple") and cuda.is_array(array):
        kind = f"{kind} of {array.dtype}"
    raise TypeError(
        f"{name}: {kind} is not supported, expected a Variable, an array or a number "
        f"as input {i} (see step 21)"
    )


_INPUT = "a Variable, an array or a list of real numbers, or a number"


def _as_input(who, x, name="x", xp=np):
    """Return x if it is a Variable or an array; a number or a list as an array.

    It is for a function that looks at x.shape or x.dtype before it calls its Function:
    the result has both. Raises TypeError for anything else: None, strings, lists that
    do not make an array of numbers, and a Variable without data.
    """
    array = x._data if isinstance(x, Variable) else x
    if type(array) is np.ndarray and array.dtype.kind in NUMBERS:
        return x  # the usual case: nothing else is checked
    if type(x) is Gone:
        x.refuse()
    if isinstance(x, Variable):
        if type(x._data) is Gone:
            raise RuntimeError(
                f"{who}: {name}{named(x)} no longer has data: it was set to None "
                "(see step 43)"
            )
        if x.data is None:
            raise TypeError(
                f"{who}: {name} is a Variable without data, expected one with an "
                "array; set its data first (see step 9)"
            )
        array = x.data
    elif isinstance(x, (np.ndarray, np.generic)) or cuda.is_array(x):
        array = x
    elif isinstance(x, (bool, numbers.Real, list, tuple, range)):
        try:
            array = x = xp.array(x)
        except (ValueError, TypeError) as error:
            raise TypeError(
                f"{who}: {name} must be an array of numbers, got a {type(x).__name__} "
                f"that does not make one: {error} (see step 9)"
            ) from None
    else:
        raise TypeError(refusal(who, name, _INPUT, x, 9))
    if array.dtype.kind not in NUMBERS:
        got = f"a {type(x).__name__} of {array.dtype}"
        raise TypeError(f"{who}: {name} must be {_INPUT}, got {got} (see step 9)")
    return x


def _as_constant(who, x, name="x"):
    """Return x as a Variable; if x is an array or a number, it gets no gradient."""
    x = _as_input(who, x, name)
    if isinstance(x, Variable) or not Config.wrap:
        return x
    return Variable(as_array(x), None, False)


def _explained(who, error, *xs):
    """Return an error to raise in place of NumPy's: it explains what is wrong with xs.

    Why are the inputs not checked earlier? That would take longer than an addition. So
    the functions that use this look at them only when something went wrong.
    """
    if "(see step" in str(error):
        return error
    xs = [_as_input(who, x) for x in xs]
    try:
        np.broadcast_shapes(*[x.shape for x in xs])
    except ValueError:
        shapes = " and ".join(str(tuple(x.shape)) for x in xs)
        return ValueError(
            f"{who}: the shapes {shapes} could not be broadcast together: counted from "
            "the right, lengths must be equal, or one of them 1 (see step 40)"
        )
    dtypes = " and ".join(str(x.dtype) for x in xs)
    kind = TypeError if isinstance(error, TypeError) else ValueError
    return kind(f"{who}: not defined for {dtypes}: {error} (see step 21)")


def _check_numbers(check, *args):
    """Call check(*args), which refuses wrong numbers.

    A function may check shapes and dtypes itself, but must check numbers through this:
    dezero.static has no numbers while it compiles a program, and so it calls check in
    every run.
    """
    if Config.handler is not None:
        Config.handler.check(check, args)
    else:
        check(*args)


def results(func, ys):
    """Return what forward returned as a list of ndarrays."""
    if type(ys) is np.ndarray and ys.dtype.kind in NUMBERS:
        return [ys]
    if isinstance(ys, np.generic) and ys.dtype.kind in NUMBERS:
        return [np.asarray(ys)]  # NumPy turned a 0-d result into a scalar (step 9)
    if not isinstance(ys, tuple) or not ys:  # (): refused in _as_result
        ys = (ys,)
    return [_as_result(func, y) for y in ys]


def _as_result(func, y):
    """Return a result of forward as an array; refuse what is not real numbers."""
    if cuda.is_array(y) or isinstance(y, (np.generic, numbers.Number)):
        array = as_array(y)
        if array.dtype.kind in NUMBERS:
            return array
        raise TypeError(
            f"{type(func).__name__}.forward: expected an array of real numbers, got "
            f"one of {array.dtype} (see step 11)"
        )
    kind, advice = type(y).__name__, ""
    if y is None:
        advice = "; is a return missing?"
    elif isinstance(y, Variable):
        advice = "; forward must compute with NumPy: np.exp, not F.exp"
    elif y == ():
        kind = "an empty tuple"
    raise TypeError(
        f"{type(func).__name__}.forward: expected an ndarray, or a tuple of them, got "
        f"{kind}{advice} (see step 11)"
    )


def explain_forward(func, inputs, error):
    """Raise a better error than forward did, if the inputs show why it failed."""
    name = type(func).__name__
    for i, x in enumerate(inputs):
        if x._data is None and "NoneType" in str(error):
            raise ValueError(
                f"{name}: input {i}{named(x)} has no data (it is None); give it an "
                "array first (see step 9)"
            ) from error
    arrays = [x._data for x in inputs if cuda.is_array(x._data)]
    modules = {cuda.get_array_module(x) for x in arrays}
    if isinstance(error, TypeError) and len(modules) > 1:
        raise TypeError(
            f"{name}: NumPy arrays and CuPy arrays do not mix; move all of them to one "
            "device, with to_gpu() or to_cpu() (see step 52)"
        ) from error
    if type(func).forward.__module__.startswith("dezero."):
        return
    # Did forward take its arguments for Variables? The data of an ndarray is a
    # memoryview, and x.grad, for example, is an AttributeError.
    is_memory = isinstance(error, TypeError) and "memoryview" in str(error)
    if is_memory or cuda.is_array(getattr(error, "obj", None)):
        wanted = "data" if is_memory else error.name
        raise TypeError(
            f"{name}.forward: its arguments are ndarrays, not Variables, so there is "
            f"no x.{wanted}; compute with x itself, as NumPy does (see step 2)"
        ) from error


def refuse_arguments(self, *args, **kwargs):
    """The __init__ of a class that defines none: say that arguments go to the call."""
    if args or kwargs:
        name = type(self).__name__
        raise TypeError(
            f"{name}: takes no arguments here, because they belong to the call; make "
            f"an object first, then call it: {name}()(x) (see step 2)"
        )


def checked_backward(func, gys):
    """Call func.backward on Variables, check its gradients, and return them.

    There must be one for each input, in that input's shape. The last ones may be
    missing if they are not needed. It is used for Functions outside the package.
    """
    wrap = Config.wrap
    with switched(wrap=True):
        if not wrap:
            gys = [Variable(as_array(gy), requires_grad=False) for gy in gys]
        gxs = func.backward(*gys)
    name = type(func).__name__
    if isinstance(gxs, list):
        raise TypeError(
            f"{name}.backward: expected one gradient or a tuple of them, got a list; "
            "write: return gx0, gx1 (see step 13)"
        )
    if gxs is None and _returns_nothing(func.backward):
        raise TypeError(
            f"{name}.backward: expected a gradient for each input, got nothing; is a "
            "return missing? (see step 6)"
        )
    if not isinstance(gxs, tuple):
        gxs = (gxs,)
    missing = func._inputs[len(gxs) :]
    if len(gxs) > len(func._inputs) or any(x.requires_grad for x in missing):
        raise ValueError(
            f"{name}.backward: expected {len(func._inputs)} gradients, one for each "
            f"input, got {len(gxs)} (see step 13)"
        )
    gxs += (None,) * len(missing)
    checked = []
    for i, (x, gx) in enumerate(zip(func._inputs, gxs)):
        if gx is not None:
            (gx,) = as_variables([gx], f"{name}.backward")
            if gx.shape != x.shape:
                raise ValueError(
                    f"{name}.backward: the gradient of input {i} must have that "
                    f"input's shape {x.shape}, got {gx.shape} (see step 40)"
                )
            if not wrap:
                gx = gx.data.copy()  # the Function may keep this array
        checked.append(gx)
    return tuple(checked)


def _returns_nothing(method):
    """Return whether the source of a method contains no return at all."""
    try:
        return "return" not in inspect.getsource(method)
    except (OSError, TypeError):  # no source, if it was typed at a prompt for example
        return False
