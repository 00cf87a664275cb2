"""The arrays that an optimizer keeps for each parameter; updating them in pieces."""

import weakref

import numpy as np

from dezero import cuda
from dezero.core import Variable
from dezero.guards import shown

# A formula like Adam's makes up to 11 temporary arrays. In pieces of this many numbers
# they all stay in the processor's cache: Adam on 1.8 million numbers takes half of the
# time that the same formulas take on whole arrays, and no large array is made
# (tests/benchmarks).
_PIECE = 2**15


def _pieces(param, *states):
    """Yield the arrays of an update in pieces: p, g, and one of each state.

    states are dicts, such as _States. All arrays have one shape, and all but g are
    views: writing into them changes the originals. On a GPU there is only one piece.
    """
    if not isinstance(param, Variable) or not isinstance(param.grad, Variable):
        _check_gradients([param])  # update_one was called by hand
    data, grad = param.data, param.grad.data
    kept = [_state(state, param) for state in states]
    if data.size <= _PIECE or cuda.get_array_module(data) is not np:
        yield data, grad, *kept
    else:
        arrays = [array.reshape(-1) for array in (data, grad, *kept)]
        for start in range(0, data.size, _PIECE):
            yield [array[start : start + _PIECE] for array in arrays]
        if not data.flags.c_contiguous:  # then reshape has copied it
            data[...] = arrays[0].reshape(data.shape)
    param.data = data  # the same array, but backward must know that it was changed


class _States(dict):
    """What an optimizer keeps for each parameter: {id(param): array}.

    Python may use an id again when its parameter is gone, so a weak reference to the
    parameter is kept beside the array. After copying or unpickling, the arrays belong
    to the copies of the parameters.
    """

    def __init__(self, pairs=()):
        super().__init__()
        self._owners = {}
        for param, array in pairs:
            self[id(param)] = array
            self._owners[id(param)] = weakref.ref(param)

    def note_owner(self, param):
        """Record that the array at id(param) belongs to param."""
        key = id(param)
        if key not in self._owners or self._owners[key]() is not param:
            self._forget_the_dead()
            self._owners[key] = weakref.ref(param)

    def _forget_the_dead(self):
        """Drop the arrays of parameters that are gone."""
        for key in [key for key, owner in self._owners.items() if owner() is None]:
            del self._owners[key]
            self.pop(key, None)

    def __reduce__(self):
        """Tell pickle and copy how to build this again: from (param, array) pairs."""
        owners = {key: owner() for key, owner in self._owners.items()}
        pairs = [(p, self[k]) for k, p in owners.items() if p is not None and k in self]
        return type(self), (pairs,)


def _state(states, param):
    """Return the array of param in states: zeros of its shape and dtype at first.

    states may also be a plain dict that a program has put there.
    """
    if isinstance(states, _States):
        states.note_owner(param)
    key = id(param)
    array, data = states.get(key), param.data
    if (
        type(array) is type(data)
        and array.shape == data.shape
        and array.dtype is data.dtype
    ):
        return array  # the usual case
    xp = cuda.get_array_module(param)
    if array is None or (array.shape, array.dtype) != (param.shape, param.dtype):
        array = states[key] = xp.zeros(param.shape, param.dtype)
    elif cuda.get_array_module(array) is not xp:  # param was moved, so move this
        array = states[key] = cuda.as_numpy(array) if xp is np else xp.asarray(array)
    return array


def _check_gradients(params):
    """Raise TypeError or ValueError unless each param has a gradient that fits it."""
    if not isinstance(params, (list, tuple)):
        raise TypeError(
            f"update: expected a list of Parameters, got {shown(params)} (see step 46)"
        )
    for param in params:
        if not isinstance(param, Variable):
            raise TypeError(
                f"update: expected a Parameter, got {shown(param)} (see step 46)"
            )
        data, grad = param.data, param.grad
        g = grad.data if isinstance(grad, Variable) else None
        if (
            type(data) is type(g) is np.ndarray
            and data.shape == g.shape
            and data.dtype.kind == g.dtype.kind == "f"
            and data.flags.writeable
        ):
            continue  # the usual case, kept short, as it runs in every update
        name = param.name or "a parameter"
        _check_floats(f"the data of {name}", data)
        if not isinstance(grad, Variable):
            raise TypeError(
                f"update: the gradient of {name} must be a Variable, got "
                f"{shown(grad)}; write param.grad = Variable(array) (see step 46)"
            )
        _check_floats(f"the gradient of {name}", grad.data)
        if grad.shape != data.shape:
            raise ValueError(
                f"update: the gradient of {name} must have its shape {data.shape}, "
                f"got {grad.shape} (see step 46)"
            )
        if cuda.get_array_module(data) is not cuda.get_array_module(grad):
            raise TypeError(
                f"update: {name} and its gradient must be on one device, got a "
                f"{type(data).__module__} and a {type(grad.data).__module__} array "
                "(see step 52)"
            )
        if not getattr(data.flags, "writeable", True):  # CuPy has no such flag
            raise ValueError(
                f"update: the data of {name} is read-only, and an update changes it "
                "in place; write param.data = param.data.copy() (see step 46)"
            )


def _check_floats(what, array):
    if not cuda.is_array(array) or array.dtype.kind != "f":
        got = array.dtype if cuda.is_array(array) else shown(array)
        raise TypeError(
            f"update: {what} must be an array of floats, got {got} (see step 46)"
        )
