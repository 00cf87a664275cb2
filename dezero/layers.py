"""Layers: functions that own the Parameters they compute with.

>>> layer = Linear(10)  # 10 numbers out; how many go in, the first call shows
>>> y = layer(np.ones((3, 4), dtype=np.float32))
>>> y.shape, layer.W.shape, layer.b.shape
((3, 10), (4, 10), (10,))

A Layer of one's own names its parameters, and the layers it is built from, by
assigning them. `params()` then finds them all, `save_weights` writes them to a
file and `load_weights` reads them back:

    class TwoLayers(Layer):
        def __init__(self, hidden_size, out_size):
            super().__init__()  # first: it starts the list of names
            self.l1 = Linear(hidden_size)
            self.l2 = Linear(out_size)

        def forward(self, x):
            return self.l2(F.tanh(self.l1(x)))

Letters: x, y in and out; W, b weights and bias; N batch.
"""

import os
import weakref
from pathlib import Path

import numpy as np

import dezero.functions as F
from dezero import cuda
from dezero.core import Parameter
from dezero.files import replacing


class Layer:
    """A function with Parameters of its own, and perhaps with layers inside.

    A subclass writes `__init__`, which assigns Parameters and Layers to attributes,
    and `forward`, which computes. Only attributes are looked at: layers in a list
    are found if they are attributes too, as in Sequential.

    inputs, outputs    weak references to what the last call got and gave; a number,
                       a list or None has none and is left out
    """

    inputs = outputs = ()

    def __init__(self):
        self._params = ()  # names of attributes, in order of definition

    def __setattr__(self, name, value):
        owned = isinstance(value, (Parameter, Layer))
        known = self.__dict__.get("_params")
        if owned and known is None:
            raise AttributeError(
                f"{type(self).__name__}.{name}: call super().__init__() before "
                f"assigning a {type(value).__name__} (see step 44)"
            )
        super().__setattr__(name, value)
        if owned and name not in known:
            self._params = (*known, name)
        elif known and name in known and not owned:
            self._forget(name)

    def __delattr__(self, name):
        super().__delattr__(name)
        self._forget(name)

    def _forget(self, name):
        """Take an attribute off the list of those that hold parameters."""
        self._params = tuple(known for known in self._params if known != name)

    def __call__(self, *inputs, **options):
        """Return forward(*inputs, **options): one output bare, several as a tuple."""
        outputs = self.forward(*inputs, **options)
        if not isinstance(outputs, tuple):
            outputs = (outputs,)
        self.inputs = _weakly((*inputs, *options.values()))
        self.outputs = _weakly(outputs)
        return outputs[0] if len(outputs) == 1 else outputs

    def forward(self, *inputs):
        """Compute the outputs from Variables or ndarrays."""
        raise NotImplementedError(
            f"{type(self).__name__}: write forward(self, x) (see step 44)"
        )

    def params(self):
        """Yield every Parameter once, in order of definition, inner layers' too."""
        seen = set()
        for name in self._params:
            owned = getattr(self, name)
            for param in owned.params() if isinstance(owned, Layer) else [owned]:
                if param not in seen:
                    seen.add(param)
                    yield param

    def cleargrads(self):
        """Forget all gradients: backward adds to those that it finds (step 14)."""
        for param in self.params():
            param.cleargrad()

    def to_cpu(self):
        """Move all parameters into main memory."""
        for param in self.params():
            param.to_cpu()

    def to_gpu(self):
        """Move all parameters to the GPU (step 52)."""
        for param in self.params():
            param.to_gpu()

    # --- files ---

    def save_weights(self, path):
        """Write the arrays of all parameters to path, a compressed .npz file.

        The name of an array is its path through the layers: "W", "l1/W". A Parameter
        that stands under two names is written under both. ".npz" is added to a path
        without it. The file is there whole or not at all: a former one is
        replaced only at the end. Parameters on a GPU are moved to main memory.

        Raises RuntimeError if a parameter has no array yet.
        """
        params = self._named_params()
        empty = [key for key, param in params.items() if param.data is None]
        if empty:
            raise RuntimeError(
                f"save_weights: {', '.join(empty)} has no values yet, they come with "
                "the first call; call the layer on a batch once (see step 53)"
            )
        self.to_cpu()
        _write_npz(_npz(path), {key: param.data for key, param in params.items()})

    def load_weights(self, path):
        """Set all parameters to the arrays that save_weights wrote to path.

        Layers that were never called take whatever shape they find. Arrays of the file
        that no parameter asks for are left alone. After an error nothing has changed.

        Raises KeyError if a parameter is not in the file, ValueError if it has
        another shape there or the file is damaged.
        """
        path = _npz(path) if _npz(path).exists() else Path(path)
        params = self._named_params()
        arrays = _read_npz(path, params)
        for key, param in params.items():
            if param.data is not None and param.shape != arrays[key].shape:
                raise ValueError(
                    f"load_weights: {key} has the shape {param.shape} here and "
                    f"{arrays[key].shape} in {path}; the file is of a layer with "
                    "other sizes (see step 53)"
                )
        for key, param in params.items():
            param.data = cuda.get_array_module(param).asarray(arrays[key])

    def _named_params(self):
        """Return {"l1/W": Parameter, ...}."""
        params = {}
        self._flatten_params(params)
        return params

    def _flatten_params(self, params_dict, parent_key=""):
        """Add all parameters to a dict, by their paths through the layers."""
        for name in self._params:
            owned = getattr(self, name)
            key = f"{parent_key}/{name}" if parent_key else name
            if isinstance(owned, Layer):
                owned._flatten_params(params_dict, key)
            else:
                params_dict[key] = owned

    def __getstate__(self):
        """Return what pickle and copy take along: all but the weak references."""
        state = self.__dict__.copy()
        state.pop("inputs", None)
        state.pop("outputs", None)
        return state


def _weakly(values):
    """Return weak references to those values whose type has a place for them."""
    return [weakref.ref(value) for value in values if type(value).__weakrefoffset__]


# --- weights in files ---------------------------------------------------------


def _npz(path):
    """Return path with the suffix .npz."""
    path = os.fspath(path)
    return Path(path if path.endswith(".npz") else path + ".npz")


def _write_npz(path, arrays):
    """Write the arrays to path, all of it or nothing."""
    path = path.resolve()
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"save_weights: there is no folder {str(path.parent)!r} to put "
            f"{path.name!r} into; create it first (see step 53)"
        )
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **arrays)


def _read_npz(path, keys):
    """Return {key: array} from the file; see load_weights for the errors."""
    with open(path, "rb") as file:
        try:
            # A pickle can run anything when it is read: never those.
            with np.load(file, allow_pickle=False) as npz:
                damaged = npz.zip.testzip()
                if damaged:
                    raise ValueError(f"wrong checksum of {damaged}")
                found = set(npz.files)
                arrays = {key: npz[key] for key in keys if key in found}
        except Exception as error:  # bytes in disorder raise errors of any kind
            raise ValueError(
                f"load_weights: {path} is no file of save_weights, or only a part of "
                f"one: {error} (see step 53)"
            ) from error
    missing = [key for key in keys if key not in arrays]
    if missing:
        raise KeyError(
            f"load_weights: {path} has no {', '.join(missing)}; it has "
            f"{', '.join(sorted(found))} (see step 53)"
        )
    return arrays


# --- layers -------------------------------------------------------------------


class Linear(Layer):
    """y = x @ W + b: every output a weighted sum of all inputs.

    Shapes: x (N, in_size), W (in_size, out_size), b (out_size,) -> y (N, out_size).

    W starts as randn(in_size, out_size) * sqrt(1 / in_size), by NumPy's global
    generator, b as zeros. in_size=None: the first call tells, and W.data is None
    until then.
    """

    def __init__(
        self,
        out_size: int,
        nobias: bool = False,
        dtype=np.float32,
        in_size: int | None = None,
    ):
        super().__init__()
        if nobias not in (True, False):
            raise TypeError(
                f"Linear: nobias must be True or False, got {nobias!r}; the size of "
                f"the input goes by name: Linear({out_size}, in_size=...) (see step 44)"
            )
        self.in_size = in_size
        self.out_size = out_size
        self.dtype = dtype

        self.W = Parameter(None, name="W")
        if in_size is not None:
            self._init_W(np)
        self.b = None
        if not nobias:
            self.b = Parameter(np.zeros(out_size, dtype), name="b")

    def _init_W(self, xp):
        shape = (self.in_size, self.out_size)
        self.W.data = _initial_weights(shape, self.in_size, self.dtype, xp)

    def forward(self, x):
        """Return x @ W + b."""
        if self.W.data is None:
            self.in_size = x.shape[-1]
            self._init_W(cuda.get_array_module(x))
        return F.linear(x, self.W, self.b)


def _initial_weights(shape, fan_in, dtype, xp):
    """Return random weights under which numbers keep their size.

    An output is the sum of fan_in products. With inputs and weights around 1 it
    would be around sqrt(fan_in), so the weights start that much smaller.
    """
    # The global generator: programs seed it by np.random.seed.
    W = np.random.randn(*shape) * np.sqrt(1 / fan_in)  # noqa: NPY002
    return xp.asarray(W.astype(dtype))
