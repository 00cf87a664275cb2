"""When a call of a layer fails, undo everything that it has changed.

A layer records in its forward what it is about to change: `_note(array, array.copy())`.
The attributes that its _state names are recorded for it. If an error ends the call, in
this layer or in one around it, all recorded values are restored.
"""

import inspect
import threading

from dezero.core import Parameter


class _Calls(threading.local):
    """State that calls of layers share, separate for each thread.

    undo     [(what, its former value)] for the calls in progress; None outside a call
    seen     [(layer, outputs)] for a summary; None at other times
    draws    whether late weights are drawn at random; False during a summary
    """

    undo = seen = None
    draws = True


_calls = _Calls()


def _whole(layer, inputs, options):
    """Return layer.forward(*inputs, **options); after an error, restore all layers."""
    undo = _calls.undo
    outermost = undo is None
    if outermost:
        undo = _calls.undo = []
    start = len(undo)
    if layer._state:
        state = vars(layer)
        undo.append((layer, {name: state.get(name) for name in layer._state}))
    try:
        outputs = layer.forward(*inputs, **options)
        if outputs is None or isinstance(outputs, (int, float)):
            advice = "is a return missing?" if outputs is None else "return a Variable"
            raise TypeError(
                f"{type(layer).__name__}: forward returned {outputs}; {advice} "
                "(see step 44)"
            )
        return outputs
    except BaseException as error:
        while len(undo) > start:
            _restore(*undo.pop())
        if isinstance(error, (TypeError, AttributeError, IndexError)):
            _explain(layer, error)
        raise
    finally:
        if outermost:
            _calls.undo = None


def _note(what, former):
    """Record the former value of what a call is about to change; see _restore."""
    if _calls.undo is not None:
        _calls.undo.append((what, former))


def _restore(what, former):
    """Give a Parameter, a layer's attributes, or an array their former values."""
    if isinstance(what, Parameter):
        what.data = former
    elif isinstance(former, dict):
        vars(what).update(former)
    else:
        what[...] = former


def _set_late(param, array):
    """Give a Parameter the array whose shape the first call has shown."""
    _note(param, param.data)
    param.data = array


def _explain(layer, error):
    """Raise a clearer error where Python's own does not help.

    This is so where forward takes another number of arguments, where a class was called
    (self.l = L.Linear, self.l(x)), and where a Parameter or a layer inside is None now.
    """
    who = type(layer).__name__
    layer._check_inside()
    if "None" in str(error) and "(see step" not in str(error):
        gone = [name for name in layer._params if vars(layer).get(name, 0) is None]
        if gone:
            raise TypeError(
                f"{who}: expected a Parameter or a layer as {' and '.join(gone)}, got "
                f"None; write layer.{gone[0]} = Parameter(array) or assign a layer "
                "(see step 44)"
            ) from error
    if str(error).startswith(f"{type(layer).forward.__qualname__}() "):
        takes = inspect.signature(layer.forward)
        got = str(error).partition("() ")[2]
        counted = " (self counts as one)" if got.endswith(" given") else ""
        raise TypeError(
            f"{who}: expected the arguments of its forward{takes}, got others: "
            f"forward() {got}{counted} (see step 44)"
        ) from None
    for name, value in vars(layer).items():
        if isinstance(value, type) and hasattr(value, "_owned"):
            kind = value.__name__
            if str(error).startswith((f"{kind}.__init__()", f"{kind}: ")):
                raise TypeError(
                    f"{who}.{name} is the class {kind}, expected a "
                    f"layer; write self.{name} = {kind}(...) (see step 45)"
                ) from error
