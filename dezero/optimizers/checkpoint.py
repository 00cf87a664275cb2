"""Optimizer.save_state and load_state: the state of an optimizer in an .npz file.

A file holds one array for each parameter and each dict of the optimizer. The name of an
array, such as "ms/l1/W", is the name of the dict and the parameter's path through the
layers. The file also holds "optimizer", the name of the class, and "t", if the
optimizer counts its updates.
"""

import numpy as np

from dezero import cuda
from dezero.files import Unfit, found_npz, some, unpacking, write_npz


def _save(optimizer, path):
    """Save the state of an optimizer; Optimizer.save_state says how."""
    own = vars(optimizer)
    arrays = {"optimizer": np.array(type(optimizer).__name__)}
    if "t" in own:
        arrays["t"] = np.array(own["t"], np.int64)
    for name, state in _states(optimizer).items():
        for key, param in _named_params(optimizer, "save_state").items():
            if id(param) in state:
                arrays[f"{name}/{key}"] = cuda.as_numpy(state[id(param)])
    write_npz("save_state", path, arrays, 82)


def _load(optimizer, path):
    """Restore the state of an optimizer, after checking the whole file."""
    params, states = _named_params(optimizer, "load_state"), _states(optimizer)
    path = found_npz("load_state", path, "save_state", 82)
    kind, loaded, t = type(optimizer).__name__, [], None
    with unpacking("load_state", path, "save_state", 82) as npz:
        if "optimizer" not in npz.keys:
            raise Unfit(
                f"load_state: {path} does not hold an optimizer's state; it holds "
                f"{some(sorted(npz.keys)) or 'nothing'} (see step 82)"
            )
        saved = str(npz.array("optimizer"))
        if saved != kind:
            raise Unfit(
                f"load_state: {path} holds the state of {saved}, expected {kind} "
                "(see step 82)"
            )
        for key in npz.keys:
            name, _, way = key.partition("/")
            if key == "t" and "t" in vars(optimizer):
                t = _count(npz, path)
            elif name in states and way in params:
                array = _read(npz, key, params[way], path)
                loaded.append((states[name], params[way], array))
            elif key != "optimizer":
                raise Unfit(
                    f"load_state: {path} has {key}, which this {kind} and its model "
                    "do not have; is the file from another model? (see step 82)"
                )
        _check_pairs(npz, states, path)
        if t is None and "t" in vars(optimizer):
            raise Unfit(
                f"load_state: {path} lacks t, the number of updates (see step 82)"
            )
    for state in states.values():
        state.clear()
    for state, param, array in loaded:
        state[id(param)] = cuda.get_array_module(param).asarray(array)
        if hasattr(state, "note_owner"):
            state.note_owner(param)
    if t is not None:
        optimizer.t = t


def _states(optimizer):
    """Return {name: {id(param): array}}, the state of an optimizer."""
    own = vars(optimizer)
    return {name: value for name, value in own.items() if isinstance(value, dict)}


def _named_params(optimizer, who):
    """Return {"l1/W": Parameter} of the model; each must have values by now."""
    if optimizer.target is None:
        raise RuntimeError(
            f"{who}: no parameters yet; write optimizer.setup(model) first "
            "(see step 82)"
        )
    model = optimizer.target
    if hasattr(model, "_named_params"):
        params = model._named_params()
    else:  # not a Layer, but it has params()
        params = {str(i): param for i, param in enumerate(model.params())}
    empty = [key for key, param in params.items() if param.data is None]
    if empty:
        raise RuntimeError(
            f"{who}: {some(empty)} has no values yet; call the model once, or "
            "model.load_weights(...) (see step 82)"
        )
    return params


def _check_pairs(npz, states, path):
    """Raise ValueError if a parameter has one state but not another: m but not v."""
    ways = {}
    for key in npz.keys:
        name, _, way = key.partition("/")
        if name in states:
            ways.setdefault(way, []).append(name)
    for way, names in ways.items():
        missing = sorted(set(states) - set(names))
        if missing:
            raise Unfit(
                f"load_state: {path} has {names[0]}/{way}, but no "
                f"{missing[0]}/{way} (see step 82)"
            )


def _count(npz, path):
    """Return t of a file, the number of updates so far."""
    shape, dtype = npz.header("t")
    t = int(npz.array("t")) if shape == () and dtype.kind == "i" else -1
    if t < 0:
        raise Unfit(f"load_state: t in {path} is not a number of updates (see step 82)")
    return t


def _read(npz, key, param, path):
    """Return an array of a file; it must have the shape and dtype of param."""
    shape, dtype = npz.header(key)
    if (shape, dtype) != (param.shape, param.dtype):
        raise Unfit(
            f"load_state: {key} must be {param.shape} {param.dtype}, like the "
            f"parameter, got {shape} {dtype} in {path} (see step 82)"
        )
    return npz.array(key)
