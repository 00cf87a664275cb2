"""Layer.save_weights and load_weights: a layer's weights in an .npz file.

Some settings change what a layer computes, but no shape: the number of heads in
attention. A class names them in _beside, and each is stored beside the arrays, as a
number under its path through the layers: "attention/heads". A file without them, from
another program, can still be loaded, and a program that does not know them can ignore
them.
"""

import numpy as np

from dezero import cuda
from dezero.core import Parameter
from dezero.files import Unfit, found_npz, some, unpacking, write_npz
from dezero.layers.inside import _is_layer, _reached


def _save(layer, path):
    """Write a layer's weights to path; see Layer.save_weights."""
    params = layer._named_params()
    empty = [key for key, param in params.items() if param.data is None]
    if empty:
        raise RuntimeError(
            f"save_weights: {some(empty)} has no values yet; the first call creates "
            "them, so call the layer on a batch once (see step 53)"
        )
    layer.to_cpu()
    arrays = {key: param.data for key, param in params.items()}
    arrays |= _settings_in(layer)
    write_npz("save_weights", path, arrays, 53)


def _load(layer, path):
    """Set a layer's weights from the file at path; see Layer.load_weights."""
    path = found_npz("load_weights", path, "save_weights", 53)
    params = layer._named_params()
    late, dtypes = layer._awaited_shapes(), _dtypes_of(layer)
    with unpacking("load_weights", path, "save_weights", 53) as npz:
        headers = {key: npz.header(key) for key in params if key in npz.keys}
        here = {params[key] for key in headers}
        younger = {p for inner in _layers_in(layer) for p in inner._younger()} - here
        missing = [key for key, p in params.items() if p not in here | younger]
        if missing:
            raise KeyError(
                f"load_weights: {path} has no {some(missing)}; it has "
                f"{some(sorted(npz.keys)) or 'nothing'} (see step 53)"
            )
        _check_settings(npz, path, _settings_in(layer))
        lengths = {}  # lengths that a layer learns from the file
        for key, (there, dtype) in headers.items():
            param = params[key]
            drawn = param.data is not None
            _check_kind(key, dtype, path, param.dtype.kind if drawn else "f")
            awaited = param.shape if drawn else late.get(param)
            if awaited is not None:
                _check_shape(key, there, awaited, path, lengths)
            if not drawn:
                _check_packing(key, there, dtype, path, npz.packed_size(key))
        arrays = {}
        for key in headers:
            param = params[key]
            dtype = dtypes.get(param) if param.data is None else param.dtype
            arrays[key] = _converted(key, npz.array(key), dtype, path)
    known = [param for param in params.values() if param.data is not None]
    xp = cuda.get_array_module(known[0] if known else None)  # the layer's device
    for key, array in arrays.items():
        params[key].data = xp.asarray(array)
    for param in younger:
        param.data = xp.zeros_like(param.data)


def _layers_in(layer):
    return [inner for inner in _reached([layer]) if _is_layer(inner)]


def _settings_in(layer, parent=""):
    """Return {"attention/heads": 4}: the settings that no shape shows."""
    settings = {f"{parent}{name}": getattr(layer, name) for name in _beside(layer)}
    for name, owned in layer._owned():
        if _is_layer(owned):
            settings |= _settings_in(owned, f"{parent}{name}/")
    return settings


def _beside(layer):
    return getattr(type(layer), "_beside", ())


def _check_settings(npz, path, settings):
    """Raise ValueError if a setting in the file differs from the layer's."""
    for key, here in settings.items():
        if key not in npz.keys:
            continue  # the file is older, or another program's
        shape, dtype = npz.header(key)
        there = npz.array(key).item() if shape == () and dtype.kind in "biu" else None
        if there is None or there != here:
            got = f"{dtype} {shape}" if there is None else there
            raise Unfit(
                f"load_weights: {key} is {here} here and {got} in {path}; with the "
                "same weights, this layer computes different results (see step 53)"
            )


def _dtypes_of(layer):
    """Return {parameter: dtype} for the parameters of layers that have a dtype."""
    dtypes = {}
    for inner in _layers_in(layer):
        dtype = vars(inner).get("dtype")
        if dtype is not None:
            own = [owned for _, owned in inner._owned()]
            dtypes |= {p: dtype for p in own if isinstance(p, Parameter)}
    return dtypes


def _check_kind(key, dtype, path, kind):
    """Raise ValueError unless an array from a file is of this dtype.kind."""
    if dtype.kind != kind:
        expected = f"a dtype of kind {kind!r}"
        if kind == "f":
            expected = "floating-point numbers"
        raise Unfit(
            f"load_weights: {key} holds {dtype} in {path}, expected {expected} "
            "(see step 53)"
        )


def _check_shape(key, there, awaited, path, lengths):
    """Raise ValueError unless an array's shape is the expected one, awaited.

    In awaited, None stands for any length, and a Layer for a length that must be the
    same everywhere: the first array that has it adds it to lengths.
    """
    here = tuple(n if isinstance(n, int) else lengths.get(n) for n in awaited)
    fits = len(there) == len(here) and all(n in (None, m) for n, m in zip(here, there))
    if not fits:
        here = str(here).replace("None", "?")
        raise Unfit(
            f"load_weights: {key} has the shape {here} here and {there} in "
            f"{path}; the file comes from a layer with other sizes (see step 53)"
        )
    lengths |= {n: m for n, m in zip(awaited, there) if n is not None}


def _check_packing(key, shape, dtype, path, packed):
    """Refuse an array that claims to be far larger than its part of the file.

    This is needed only where the layer does not know all sizes. Weights hardly shrink
    in a zip; an array packed 100 times smaller was made to fill the memory, or is all
    zeros.
    """
    size = int(np.prod(shape, dtype=object)) * dtype.itemsize
    if size > 2**24 and size > 100 * packed:
        raise Unfit(
            f"load_weights: {key} is {packed:,} bytes in {path} and would be {size:,} "
            "unpacked; if that is right, call the layer on a batch first, so that its "
            "sizes are known (see step 53)"
        )


def _converted(key, array, dtype, path):
    """Return a file's array in dtype; None: in its own dtype, in native byte order."""
    if dtype is None:
        dtype = array.dtype.newbyteorder("=")
    with np.errstate(over="ignore"):
        result = array.astype(dtype, copy=False)
    if np.dtype(dtype).itemsize < array.dtype.itemsize:
        if (np.isinf(result) & ~np.isinf(array)).any():
            raise Unfit(
                f"load_weights: {key} in {path} holds numbers that are too large for "
                f"{np.dtype(dtype)} (see step 53)"
            )
    return result
