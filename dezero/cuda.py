"""NumPy or CuPy? This file finds out which module an array belongs to.

    xp = cuda.get_array_module(x)  # numpy, or cupy for an array on a GPU
    y = xp.exp(x)  # the same line on both (step 52)

CuPy is imported when it is first needed, never by `import dezero`, which loads NumPy
and nothing else.

`cuda.gpu_enable` is True if CuPy can be imported and finds a GPU; then `cuda.cupy` is
the module.
"""

import sys

import numpy as np

ADVICE = (
    "needs CuPy and an NVIDIA GPU: pip install 'dezero[gpu]' (see step 52); "
    "without them, everything runs on NumPy"
)


def _find_cupy():
    """Return the cupy module, or None if CuPy or a GPU is missing."""
    try:
        import cupy

        count = cupy.cuda.runtime.getDeviceCount()
    except Exception:  # a broken driver raises CuPy's own errors: no GPU for us
        return None
    return cupy if count else None


def __getattr__(name):
    # Called for names that are not defined above: the two that need CuPy.
    if name in ("cupy", "gpu_enable"):
        module = _find_cupy()
        globals()["gpu_enable"] = module is not None
        if module is not None:
            globals()["cupy"] = module
        if name in globals():
            return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def is_array(x):
    """Return True for a numpy.ndarray or a cupy.ndarray."""
    if isinstance(x, np.ndarray):
        return True
    cupy = sys.modules.get("cupy")
    return cupy is not None and isinstance(x, cupy.ndarray)


def _data(x):
    """Return the array of a Variable; anything else unchanged."""
    return x.data if hasattr(x, "creator") else x


def get_array_module(x):
    """Return the module, numpy or cupy, that computes with x, a Variable or array."""
    if isinstance(x, np.ndarray):
        return np
    # A CuPy array can exist only after CuPy was imported.
    cupy = sys.modules.get("cupy")
    if cupy is not None and isinstance(_data(x), cupy.ndarray):
        return cupy
    return np


def as_numpy(x):
    """Return x, a Variable, array or number, as a numpy.ndarray."""
    x = _data(x)
    _check_numbers("as_numpy", x)
    xp = get_array_module(x)
    return np.asarray(x) if xp is np else xp.asnumpy(x)


def _check_numbers(who, x):
    """Raise TypeError unless NumPy can turn x into an array of numbers, or of text."""
    if is_array(x):
        return
    try:
        refused = np.asarray(x).dtype.hasobject
    except ValueError:  # lists of different lengths
        refused = True
    if refused:
        raise TypeError(
            f"{who}: expected an array, a Variable, a number or a list of them, got "
            f"{'None' if x is None else type(x).__name__} (see step 52)"
        )


def as_cupy(x):
    """Return x, a Variable, array or number, as a cupy.ndarray.

    Raises RuntimeError if there is no CuPy or no GPU.
    """
    cupy = _find_cupy()
    if cupy is None:
        raise RuntimeError(f"as_cupy: {ADVICE}")
    return cupy.asarray(_data(x))
