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

import operator
import os
import weakref
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

import dezero.functions as F
from dezero import cuda
from dezero.core import Config, Parameter, Variable, as_array
from dezero.files import replacing
from dezero.functions.conv import pair


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

    def __call__(self, *inputs, **options) -> Variable:
        """Return forward(*inputs, **options): one output bare, several as a tuple."""
        outputs = self.forward(*inputs, **options)
        if not isinstance(outputs, tuple):
            outputs = (outputs,)
        vars(self)["inputs"] = _weakly((*inputs, *options.values()))
        vars(self)["outputs"] = _weakly(outputs)
        return outputs[0] if len(outputs) == 1 else outputs

    def forward(self, *inputs: Any, **options: Any) -> Any:
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

    def zero_grad(self):
        """Forget all gradients, as cleargrads does: PyTorch's name for it (step 66)."""
        self.cleargrads()

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

        Layers that were never called take what sizes they do not know from the arrays.
        Arrays of the file that no parameter asks for are left alone. After an error
        nothing has changed.

        Raises KeyError if a parameter is not in the file, ValueError if it has
        another shape there or is no numbers, or if the file is damaged.
        """
        path = _npz(path) if _npz(path).exists() else Path(path)
        params = self._named_params()
        arrays = _read_npz(path, params)
        late = self._awaited_shapes()
        lengths = {}  # those that a layer learns from the file
        for key, param in params.items():
            _check_numbers(key, arrays[key], path, "real numbers", kinds="fiu")
            awaited = late.get(param) if param.data is None else param.shape
            if awaited is None:
                continue
            here = tuple(lengths.get(n) if isinstance(n, Layer) else n for n in awaited)
            there = arrays[key].shape
            if not _fits(there, here):
                here = str(here).replace("None", "?")
                raise ValueError(
                    f"load_weights: {key} has the shape {here} here and {there} in "
                    f"{path}; the file is of a layer with other sizes (see step 53)"
                )
            lengths |= {n: m for n, m in zip(awaited, there) if isinstance(n, Layer)}
        known = [param for param in params.values() if param.data is not None]
        xp = cuda.get_array_module(known[0] if known else None)  # the layer's device
        for key, param in params.items():
            param.data = xp.asarray(arrays[key])

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

    def _awaited_shapes(self):
        """Return {parameter: shape} of those without values whose shape is known.

        A length that is not known yet is None, or a Layer: then it is the same
        wherever that stands. A layer that draws its weights late adds them here, so
        that load_weights can refuse those of another layer.
        """
        shapes = {}
        for name in self._params:
            owned = getattr(self, name)
            if isinstance(owned, Layer):
                shapes |= owned._awaited_shapes()
        return shapes

    def __getstate__(self):
        """Return what pickle and copy take along: all but the weak references."""
        state = self.__dict__.copy()
        state.pop("inputs", None)
        state.pop("outputs", None)
        return state


def _weakly(values):
    """Return weak references to those values whose type has a place for them."""
    return [weakref.ref(value) for value in values if type(value).__weakrefoffset__]


def _fits(shape, awaited):
    """Return whether an array's shape is the one awaited, None for any length."""
    return len(shape) == len(awaited) and all(
        n is None or n == m for n, m in zip(awaited, shape)
    )


def _check_numbers(key, array, path, expected, kinds):
    """Raise ValueError unless an array from a file is of one of these dtype.kinds."""
    if array.dtype.kind not in kinds:
        raise ValueError(
            f"load_weights: {key} holds {array.dtype} in {path}, expected {expected} "
            "(see step 53)"
        )


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
    # By hand what np.savez_compressed does, which takes the names as keywords: one
    # called "file" would be an error, and "allow_pickle" not be in the file.
    with (
        replacing(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as npz,
    ):
        for key, array in arrays.items():
            with npz.open(f"{key}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.asarray(array), allow_pickle=False)


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
        self.out_size = out_size
        self.dtype = dtype

        self.W = Parameter(None, name="W")
        if in_size is not None:
            self._init_W(in_size, np)
        self.b = None
        if not nobias:
            self.b = Parameter(np.zeros(out_size, dtype), name="b")

    @property
    def in_size(self):
        """How many numbers go in; None until W has values."""
        return None if self.W.data is None else self.W.shape[0]

    def _init_W(self, in_size, xp):
        shape = (in_size, self.out_size)
        self.W.data = _initial_weights(shape, in_size, self.dtype, xp)

    def _awaited_shapes(self):
        return {self.W: (None, self.out_size)}

    def forward(self, x):
        """Return x @ W + b."""
        if self.W.data is None:
            self._init_W(x.shape[-1], cuda.get_array_module(x))
        return F.linear(x, self.W, self.b)


class EmbedID(Layer):
    """y = W[x]: a vector for each of in_size things, looked up by number.

    Shapes: x (...) of ints, W (in_size, out_size) -> y (..., out_size).

    W starts as randn(in_size, out_size), by NumPy's global generator, in float64.
    """

    def __init__(self, in_size: int, out_size: int):
        super().__init__()
        W = np.random.randn(in_size, out_size)  # noqa: NPY002
        self.W = Parameter(W, name="W")

    def forward(self, x):
        """Return the rows W[x]."""
        return F.embed_id(x, self.W)


def _initial_weights(shape, fan_in, dtype, xp):
    """Return random weights under which numbers keep their size.

    An output is the sum of fan_in products. With inputs and weights around 1 it
    would be around sqrt(fan_in), so the weights start that much smaller.
    """
    # The global generator: programs seed it by np.random.seed.
    W = np.random.randn(*shape) * np.sqrt(1 / fan_in)  # noqa: NPY002
    return xp.asarray(W.astype(dtype))


# --- images: (N, C, H, W) -----------------------------------------------------


class Conv2d(Layer):
    """Slide a kernel over images: F.conv2d with weights of its own.

    Shapes: x (N, C, H, W), W (OC, C, KH, KW), b (OC,) -> y (N, OC, OH, OW), where
    OH = (H + 2 * pad - KH) // stride + 1, OW likewise.

    kernel_size, stride and pad are an int or (height, width). W starts as
    randn(OC, C, KH, KW) * sqrt(1 / (C * KH * KW)), by NumPy's global generator, b as
    zeros. in_channels=None: the first call tells, and W.data is None until then.
    """

    def __init__(
        self,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        pad: int | tuple[int, int] = 0,
        nobias: bool = False,
        dtype=np.float32,
        in_channels: int | None = None,
    ):
        super().__init__()
        self.out_channels = out_channels
        self.kernel_size = kernel_size
        self.stride = stride
        self.pad = pad
        self.dtype = dtype

        self.W = Parameter(None, name="W")
        if in_channels is not None:
            self._init_W(in_channels, np)
        self.b = None
        if not nobias:
            self.b = Parameter(np.zeros(out_channels, dtype), name="b")

    @property
    def in_channels(self):
        """How many channels go in; None until W has values."""
        return None if self.W.data is None else self.W.shape[1]

    def _W_shape(self, C):
        return (self.out_channels, C, *pair(self.kernel_size))

    def _init_W(self, C, xp):
        shape = self._W_shape(C)
        fan_in = C * shape[2] * shape[3]
        self.W.data = _initial_weights(shape, fan_in, self.dtype, xp)

    def _awaited_shapes(self):
        return {self.W: self._W_shape(None)}

    def forward(self, x):
        """Return the images convolved with W, plus b."""
        if self.W.data is None:
            self._init_W(x.shape[1], cuda.get_array_module(x))
        return F.conv2d(x, self.W, self.b, self.stride, self.pad)


class Deconv2d(Conv2d):
    """Conv2d the other way round, from small images to large ones: F.deconv2d.

    Shapes: x (N, C, H, W), W (C, OC, KH, KW), b (OC,) -> y (N, OC, OH, OW), where
    OH = stride * (H - 1) + KH - 2 * pad, OW likewise.

    Arguments and initial values are those of Conv2d.
    """

    @property
    def in_channels(self):
        """How many channels go in; None until W has values."""
        return None if self.W.data is None else self.W.shape[0]

    def _W_shape(self, C):
        return (C, self.out_channels, *pair(self.kernel_size))

    def forward(self, x):
        """Return the images deconvolved with W, plus b."""
        if self.W.data is None:
            self._init_W(x.shape[1], cuda.get_array_module(x))
        return F.deconv2d(x, self.W, self.b, self.stride, self.pad)


class MaxPool2d(Layer):
    """The largest number of every window; stride=None: window beside window."""

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] | None = None,
        pad: int | tuple[int, int] = 0,
    ):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.pad = pad

    def forward(self, x):
        """Return the images, smaller."""
        return F.pooling(x, self.kernel_size, self.stride, self.pad)


class AvgPool2d(MaxPool2d):
    """The mean of every window, padding counted; arguments as for MaxPool2d."""

    def forward(self, x):
        """Return the images, smaller."""
        return F.average_pooling(x, self.kernel_size, self.stride, self.pad)


# --- what steadies training ---------------------------------------------------


class Dropout(Layer):
    """In training, a part of the numbers is set to 0 (see step 54)."""

    def __init__(self, dropout_ratio: float = 0.5):
        super().__init__()
        self.dropout_ratio = dropout_ratio

    def forward(self, x):
        """Return x with a part of it dropped, in test mode x itself."""
        return F.dropout(x, self.dropout_ratio)


class BatchNorm(Layer):
    """Give every channel mean 0 and variance 1 over the batch, then gamma and beta.

    Shapes: x (N, C) or (N, C, H, W); the parameters (C,), in x's dtype, made by the
    first call.

    gamma, beta          scale and offset, trained; 1 and 0 at first
    avg_mean, avg_var    running averages, which test mode uses; 0 and 1 at first.
                         Saved with the others, but no gradient ever comes to them
    """

    def __init__(self):
        super().__init__()
        self.avg_mean = Parameter(None, name="avg_mean")
        self.avg_var = Parameter(None, name="avg_var")
        self.gamma = Parameter(None, name="gamma")
        self.beta = Parameter(None, name="beta")

    def _awaited_shapes(self):
        params = self.avg_mean, self.avg_var, self.gamma, self.beta
        return dict.fromkeys(params, (self,))

    def forward(self, x):
        """Return x normalised; in training the running averages follow."""
        _fill(self.avg_mean, 0, x, axis=1)
        _fill(self.avg_var, 1, x, axis=1)
        _fill(self.gamma, 1, x, axis=1)
        _fill(self.beta, 0, x, axis=1)
        mean, var = self.avg_mean.data, self.avg_var.data  # arrays: updated in place
        return F.batch_norm(x, self.gamma, self.beta, mean, var)


class LayerNorm(Layer):
    """Give every row mean 0 and variance 1, then gamma and beta.

    Shapes: x (..., D); gamma and beta (D,), in x's dtype, made by the first call.
    """

    def __init__(self, eps: float = 1e-5):
        super().__init__()
        self.eps = eps
        self.gamma = Parameter(None, name="gamma")
        self.beta = Parameter(None, name="beta")

    def _awaited_shapes(self):
        return dict.fromkeys((self.gamma, self.beta), (self,))

    def forward(self, x):
        """Return x normalised."""
        _fill(self.gamma, 1, x, axis=-1)
        _fill(self.beta, 0, x, axis=-1)
        return F.layer_norm(x, self.gamma, self.beta, eps=self.eps)


class GroupNorm(Layer):
    """Give every group of channels mean 0 and variance 1, then gamma and beta.

    Shapes: x (N, C, ...), C a multiple of groups; gamma and beta (C,), in x's dtype,
    made by the first call.
    """

    def __init__(self, groups: int, eps: float = 1e-5):
        super().__init__()
        self.groups = groups
        self.eps = eps
        self.gamma = Parameter(None, name="gamma")
        self.beta = Parameter(None, name="beta")

    def _awaited_shapes(self):
        return dict.fromkeys((self.gamma, self.beta), (self,))

    def forward(self, x):
        """Return x normalised."""
        _fill(self.gamma, 1, x, axis=1)
        _fill(self.beta, 0, x, axis=1)
        return F.group_norm(x, self.groups, self.gamma, self.beta, eps=self.eps)


def _fill(param, value, x, axis):
    """Give a parameter without values one for each element of x along axis."""
    if param.data is None:
        xp = cuda.get_array_module(x)
        dtype = x.dtype if x.dtype.kind == "f" else np.float64
        param.data = xp.full(x.shape[axis], value, dtype)


# --- layers with a memory -----------------------------------------------------


class RNN(Layer):
    """h = tanh(x2h(x) + h2h(h)): the output is also the state for the next call.

    Shapes: x (N, in_size) -> h (N, hidden_size), N sequences, a step of each a call.

    h    the state, a Variable of the graph, None before the first call. From here
         backward goes back through all calls; loss.unchain_backward() ends that,
         reset_state() forgets the state (see step 59)
    """

    def __init__(self, hidden_size: int, in_size: int | None = None):
        super().__init__()
        self.hidden_size = hidden_size
        self.x2h = Linear(hidden_size, in_size=in_size)
        self.h2h = Linear(hidden_size, nobias=True)  # drawn by the second call
        self.reset_state()

    def reset_state(self):
        """Forget the state: the next x begins new sequences."""
        self.h = None

    def _awaited_shapes(self):
        h2h = {self.h2h.W: (self.hidden_size, self.hidden_size)}
        return super()._awaited_shapes() | h2h

    def forward(self, x):
        """Return the state after x."""
        _check_state(self, x)
        a = self.x2h(x)
        if self.h is not None:
            a = a + self.h2h(self.h)
        self.h = F.tanh(a)
        return self.h


def _weights_of(gates):
    """Return what finds a layer's weights and biases as join_gates wants them.

    In a third of the time of a loop over the gates, for every step of a sequence.
    """
    kinds = ("x2{}.W", "h2{}.W", "x2{}.b")
    return operator.attrgetter(*(kind.format(gate) for kind in kinds for gate in gates))


class _Joined(Variable):
    """The weights that a _Gated layer has joined, for many calls.

    What comes before one of these calls can be cut off. This comes before it as well,
    but also before those after it, so it stays, as Parameters do.
    """

    def unchain(self):
        """Keep the link to the Parameters."""


class _Gated(Layer):
    """Sub-layers x2? with a bias and h2? without, for each gate "?".

    A call computes all gates as one product. For that the weights are joined, once
    for all calls of a recorded sequence: then their gradients are also added up as one
    matrix. They are joined anew after a backward, where h is not what the last call
    gave, and where a weight is another Parameter or has another array. Who edits an
    array in place at another time, in the middle of a sequence, calls reset_state().
    """

    _W = None  # the weights joined, a Variable of the graph

    def _given(self, state, x):
        """Return h or c as a Variable, zeros before the first x."""
        if state is None:
            return _zeros(x, (len(x), self.hidden_size))
        return _as_input(state)

    def _joined(self, x, h):
        """Return the weights of all gates as one W, for a step of x from h."""
        parts, W = self._weights(self), self._W
        if h.creator is not None and W in h.creator._inputs:
            join = W.creator
            if (
                join.passes == Config.passes
                and all(map(operator.is_, join._inputs, parts))
                and all(map(operator.is_, join.given, [part.data for part in parts]))
                and (W.requires_grad or not any(part.requires_grad for part in parts))
            ):
                join.recurs = True
                return W
        for layer in vars(self).values():
            if isinstance(layer, Linear) and layer.W.data is None:
                layer._init_W(x.shape[-1], cuda.get_array_module(x))
        G = len(parts) // 3
        zeros = _zeros(h, h.shape[1:])  # for a gate whose b is None
        bs = [zeros if b is None else b for b in parts[2 * G :]]
        self._W = W = F.join_gates(parts[:G], parts[G : 2 * G], bs)
        if W.creator is not None:
            W.__class__ = _Joined
            W.creator.recurs = self.h is not None
        return W

    def _awaited_shapes(self):
        parts = self._weights(self)
        Wxs = parts[: len(parts) // 3]
        return super()._awaited_shapes() | dict.fromkeys(Wxs, (self, self.hidden_size))

    def __getstate__(self):
        state = super().__getstate__()
        state.pop("_W", None)  # made again from the sub-layers' own
        return state


class LSTM(_Gated):
    """A memory c beside the state h, and gates between 0 and 1 that guard it.

        f = sigmoid(x2f(x) + h2f(h))    what stays in memory
        i = sigmoid(x2i(x) + h2i(h))    what comes in
        o = sigmoid(x2o(x) + h2o(h))    what goes out
        u = tanh(x2u(x) + h2u(h))       the new candidate
        c = f * c + i * u
        h = o * tanh(c)

    Before the first call h and c are None and taken as zeros.

    Shapes: x (N, in_size) -> h (N, hidden_size), N sequences, a step of each a call.

    h, c    the state, Variables of the graph. From here backward goes back through
            all calls; loss.unchain_backward() ends that, reset_state() forgets the
            state (see step 60)
    """

    _weights = _weights_of("fiou")

    def __init__(self, hidden_size: int, in_size: int | None = None):
        super().__init__()
        H = hidden_size
        self.hidden_size = H
        self.x2f = Linear(H, in_size=in_size)
        self.x2i = Linear(H, in_size=in_size)
        self.x2o = Linear(H, in_size=in_size)
        self.x2u = Linear(H, in_size=in_size)
        self.h2f = Linear(H, in_size=H, nobias=True)
        self.h2i = Linear(H, in_size=H, nobias=True)
        self.h2o = Linear(H, in_size=H, nobias=True)
        self.h2u = Linear(H, in_size=H, nobias=True)
        self.reset_state()

    def reset_state(self):
        """Forget the state: the next x begins new sequences."""
        self.h = self.c = self._W = None

    def forward(self, x):
        """Return the state h after x."""
        x = _as_input(x)
        _check_state(self, x)
        h, c = self._given(self.h, x), self._given(self.c, x)
        made = c.creator
        if made is not None and h.creator is None and made._outputs[0]() is h:
            # unchain_backward has cut h, and c, of the same call, belongs with it
            c = c.detach()
        self.h, self.c = F.lstm_cell(x, h, c, self._joined(x, h))
        return self.h


class GRU(_Gated):
    """A state h and two gates between 0 and 1: a smaller LSTM.

        r = sigmoid(x2r(x) + h2r(h))      what of the state counts for n
        z = sigmoid(x2z(x) + h2z(h))      what of the state stays
        n = tanh(x2n(x) + r * h2n(h))     the new candidate
        h = (1 - z) * n + z * h

    This is PyTorch's formula, where r comes after the product; Cho et al. (2014) have
    h2n(r * h), and z for 1 - z. Before the first call h is None and taken as zeros.

    Shapes: x (N, in_size) -> h (N, hidden_size), N sequences, a step of each a call.

    h    the state, a Variable of the graph, as in LSTM
    """

    _weights = _weights_of("rzn")

    def __init__(self, hidden_size: int, in_size: int | None = None):
        super().__init__()
        H = hidden_size
        self.hidden_size = H
        self.x2r = Linear(H, in_size=in_size)
        self.x2z = Linear(H, in_size=in_size)
        self.x2n = Linear(H, in_size=in_size)
        self.h2r = Linear(H, in_size=H, nobias=True)
        self.h2z = Linear(H, in_size=H, nobias=True)
        self.h2n = Linear(H, in_size=H, nobias=True)
        self.reset_state()

    def reset_state(self):
        """Forget the state: the next x begins new sequences."""
        self.h = self._W = None

    def forward(self, x):
        """Return the state after x."""
        x = _as_input(x)
        _check_state(self, x)
        h = self._given(self.h, x)
        self.h = F.gru_cell(x, h, self._joined(x, h))
        return self.h


def _as_input(x):
    """Return x as a Variable; an array becomes one that wants no gradient."""
    if isinstance(x, Variable):
        return x
    return Variable(as_array(x), requires_grad=False)


def _zeros(x, shape):
    """Return zeros where x is, floating as x is, that want no gradient."""
    xp = cuda.get_array_module(x)
    dtype = x.dtype if x.dtype.kind == "f" else np.float64
    return Variable(xp.zeros(shape, dtype), requires_grad=False)


def _check_state(layer, x):
    """Raise ValueError if x goes on with other sequences than those before."""
    h = layer.h
    if h is None:
        return
    name = type(layer).__name__
    if h.shape[:-1] != x.shape[:-1]:
        raise ValueError(
            f"{name}: the state is that of {h.shape[0]} sequences, h {h.shape}, and x "
            f"{x.shape} brings {x.shape[0]}; call reset_state() before new sequences "
            "(see step 59)"
        )
    if cuda.get_array_module(h) is not cuda.get_array_module(x):
        raise ValueError(
            f"{name}: the state is on the other device than x; call reset_state() "
            "after a move (see step 52)"
        )
