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

import collections
import contextlib
import copy
import inspect
import numbers
import operator
import os
import reprlib
import threading
import weakref
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import dezero.functions as F
from dezero import cuda
from dezero.core import (
    Config,
    Parameter,
    Variable,
    as_array,
    as_variable,
    no_grad,
    test_mode,
)
from dezero.files import NpzReader, replacing
from dezero.functions.conv import pair
from dezero.guards import number, refusal, shown, whole


class _LastCall:
    """Layer.inputs and Layer.outputs, unless a layer has its own of the name."""

    def __set_name__(self, owner, name):
        self.place = f"_{name}"

    def __get__(self, layer, owner=None):
        return () if layer is None else vars(layer).get(self.place, ())


class Layer:
    """A function with Parameters of its own, and perhaps with layers inside.

    A subclass writes `__init__`, which assigns Parameters and Layers to attributes,
    and `forward`, which computes. Those in a list, a tuple or a dict that is an
    attribute are found as well, whenever they came into it.

    inputs, outputs    weak references to what the last call got and gave; a number,
                       a list or None has none and is left out

    A call that fails leaves all layers as they were before it: sizes that it had
    learned and weights that it had drawn are gone again.

    >>> Linear(10, in_size=4)
    Linear(10, in_size=4)
    """

    inputs = _LastCall()
    outputs = _LastCall()
    _params = ()  # of a layer whose __init__ calls none of ours

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
        if not owned and name in self.__dict__:
            self._check_replacement(name, value)
        super().__setattr__(name, value)
        if owned and name not in known:
            self._params = (*known, name)
        elif known and name in known and not owned:
            self._forget(name)

    def _check_replacement(self, name, value):
        """Refuse what would take a Parameter, or a layer, out of params()."""
        old = self.__dict__[name]
        plain = isinstance(value, (Variable, numbers.Number)) or cuda.is_array(value)
        if isinstance(old, Parameter) and value is not None:
            W = f"layer.{name}"
            raise TypeError(
                f"{type(self).__name__}.{name} is a Parameter, and params() would not "
                f"find {_what(value)} in its place; write {W}.data for its numbers, as "
                f"in {W}.data -= lr * {W}.grad.data, or del {W} first where {name} is "
                "to be computed from others (see step 44)"
            )
        if isinstance(old, Layer) and plain:
            raise TypeError(
                f"{type(self).__name__}.{name} is a layer, {old}, expected another one "
                f"or a Parameter in its place, got {_what(value)} (see step 45)"
            )

    def __delattr__(self, name):
        super().__delattr__(name)
        self._forget(name)

    def _forget(self, name):
        """Take an attribute off the list of those that hold parameters."""
        names = self.__dict__.get("_params", ())
        vars(self)["_params"] = tuple(known for known in names if known != name)

    if not TYPE_CHECKING:  # a type checker would take it for all names there are

        def __getattr__(self, name):
            """Say what to write instead of a name that other libraries have."""
            if hasattr(type(self), name):  # a property that raised: let it say why
                return object.__getattribute__(self, name)
            kind = type(self).__name__
            message = f"{kind!r} object has no attribute {name!r}"
            if name in _ELSEWHERE:
                message = f"{kind} has no {name!r}; {_ELSEWHERE[name]}"
            elif "_params" not in vars(self) and name[:2] != "__":
                message += (
                    f"; does {kind}.__init__ call super().__init__()? (see step 44)"
                )
            raise AttributeError(message, name=name, obj=self)

    def __call__(self, *inputs, **options) -> Variable:
        """Return forward(*inputs, **options): one output bare, several as a tuple."""
        with _WholeCall(self):
            outputs = self.forward(*inputs, **options)
            if outputs is None or isinstance(outputs, (int, float)):
                self._refuse_output(outputs)
            if not isinstance(outputs, tuple):
                outputs = (outputs,)
            if _calls.seen is not None:
                _calls.seen.append((self, outputs))
        notes = vars(self)
        notes["_inputs"] = _weakly((*inputs, *options.values()))
        notes["_outputs"] = _weakly(outputs)
        return outputs[0] if len(outputs) == 1 else outputs

    def _refuse_output(self, output):
        name = type(self).__name__
        advice = "is a return missing?" if output is None else "return a Variable"
        raise TypeError(f"{name}: forward returned {output}; {advice} (see step 44)")

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """Compute the outputs from Variables or ndarrays."""
        raise NotImplementedError(
            f"{type(self).__name__}: write forward(self, x) (see step 44)"
        )

    # --- what is inside ---

    def _owned(self):
        """Yield (key, owned) of every Parameter and Layer of this layer's own.

        The key is the name of the attribute, or for what stands in a list, tuple or
        dict "blocks/0", the name and the way through it. What an attribute leads to
        as well, here or inside, comes as that only, so files keep the keys that they
        had before lists were looked into. A list that leads back here is left out.
        """
        named = self._named()
        held = {}
        for name, value in vars(self).items():
            if isinstance(value, _BOXES) and name not in _NOTES:
                _find_inside(name, value, held)
        if held:  # leave out what named has, often all of it
            found = {owned for _, owned in named}
            held = {key: owned for key, owned in held.items() if owned not in found}
        if held:
            found = _reached(found, lists=False)
            for key, owned in held.items():
                if owned not in found and self not in _reached([owned]):
                    found.add(owned)
                    named.append((key, owned))
            places = {name: i for i, name in enumerate(vars(self))}
            named.sort(key=lambda item: places.get(item[0].partition("/")[0], -1))
        yield from named

    def _named(self):
        """Return [(name, owned)] of those that are attributes."""
        return [(name, getattr(self, name)) for name in self._params]

    def params(self):
        """Yield every Parameter once, in order of definition, inner layers' too."""
        seen = set()
        for _, owned in self._owned():
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

    # --- what it looks like ---

    @reprlib.recursive_repr()
    def __repr__(self):
        settings = self._settings()
        if settings is not None:
            return f"{type(self).__name__}({settings})"
        lines = [f"  {key}: {_line(inner)}" for key, inner in self._shown()]
        body = "\n" + "\n".join(lines) + "\n" if lines else ""
        return f"{type(self).__name__}({body})"

    def _settings(self):
        """Return what print shows in the parentheses; None: what is inside."""

    def _shown(self):
        """Return [(key, what)], the lines between the parentheses."""
        return list(self._owned())

    def summary(self, *inputs):
        """Print a table: the layers in order of use, their outputs, their parameters.

        Computes forward(*inputs) on a copy, in test mode and without a graph: the
        layer, its state and NumPy's generator stay as they are, and a layer that was
        never called is that afterwards. What is shared is counted once.

        >>> from dezero.models import Sequential
        >>> model = Sequential(Linear(100), F.tanh, Linear(10))
        >>> model.summary(np.zeros((32, 784), dtype=np.float32))
        layer         output     parameters
        Sequential    (32, 10)
          l0: Linear  (32, 100)      78,500
          l2: Linear  (32, 10)        1,010
        total                        79,510
        """
        print(_summary(self, inputs))

    # --- files ---

    def save_weights(self, path):
        """Write the arrays of all parameters to path, a compressed .npz file.

        The name of an array is its path through the layers: "W", "l1/W". A Parameter
        that stands under two names is written under both. ".npz" is added to a path
        without it. The file is there whole or not at all: a former one is
        replaced only at the end. Parameters on a GPU are moved to main memory.

        Raises RuntimeError if a parameter has no array yet, or if there is none.
        """
        path = _npz("save_weights", path)
        params = self._named_params()
        empty = [key for key, param in params.items() if param.data is None]
        if empty:
            raise RuntimeError(
                f"save_weights: {', '.join(empty)} has no values yet, they come with "
                "the first call; call the layer on a batch once (see step 53)"
            )
        self.to_cpu()
        _write_npz(path, {key: param.data for key, param in params.items()})

    def load_weights(self, path):
        """Set all parameters to the arrays that save_weights wrote to path.

        Layers that were never called take what sizes they do not know from the arrays.
        Every parameter keeps its dtype: float64 in the file becomes the float32 of the
        layer. Arrays of the file that no parameter asks for are not even unpacked; a
        Parameter that stands under two names needs one of them. After an error nothing
        has changed.

        Raises KeyError if a parameter is not in the file, ValueError if it has
        another shape there or is no floating numbers, or if the file is damaged.
        """
        path = _found_npz(path)
        params = self._named_params()
        late, dtypes = self._awaited_shapes(), self._awaited_dtypes()
        with _unpacking(path) as npz:
            headers = {key: npz.header(key) for key in params if key in npz.keys}
            here = {params[key] for key in headers}
            missing = [key for key, param in params.items() if param not in here]
            if missing:
                raise KeyError(
                    f"load_weights: {path} has no {', '.join(missing)}; it has "
                    f"{', '.join(sorted(npz.keys)) or 'nothing'} (see step 53)"
                )
            lengths = {}  # those that a layer learns from the file
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

    def _named_params(self):
        """Return {"l1/W": Parameter, ...}."""
        params = {}
        self._flatten_params(params)
        return params

    def _flatten_params(self, params_dict, parent_key=""):
        """Add all parameters to a dict, by their paths through the layers."""
        for name, owned in self._owned():
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
        for _, owned in self._owned():
            if isinstance(owned, Layer):
                shapes |= owned._awaited_shapes()
        return shapes

    def _awaited_dtypes(self):
        """Return {parameter: dtype} of those in layers that have one."""
        dtypes = {}
        for layer in _reached([self]):
            dtype = vars(layer).get("dtype") if isinstance(layer, Layer) else None
            if dtype is not None:
                own = [owned for _, owned in layer._owned()]
                dtypes |= {p: dtype for p in own if isinstance(p, Parameter)}
        return dtypes

    def __getstate__(self):
        """Return what pickle and copy take along: all but the weak references."""
        state = self.__dict__.copy()
        state.pop("_inputs", None)
        state.pop("_outputs", None)
        return state


def _weakly(values):
    """Return weak references to those values whose type has a place for them."""
    return [weakref.ref(value) for value in values if type(value).__weakrefoffset__]


def _what(value):
    """Return what a value is, for an error: "a plain Variable"."""
    if type(value) is Variable:
        return "a plain Variable"
    return "an array" if cuda.is_array(value) else shown(value)


_NOTES = {"_params", "_inputs", "_outputs"}  # of a layer about itself
_BOXES = (list, tuple, dict, collections.deque, set, frozenset)  # looked into


def _find_inside(key, value, found):
    """Add {key/place: owned} of all Parameters and Layers in a list, tuple or dict."""
    waiting = [(key, value, ())]
    while waiting:
        key, value, around = waiting.pop(0)
        if any(value is outer for outer in around):  # a list that contains itself
            continue
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for place, item in items:
            if isinstance(item, (Parameter, Layer)):
                if isinstance(value, (set, frozenset)):
                    raise TypeError(
                        f"{key}: a set has no order, so what is in it has no name that "
                        "a file could keep; put layers and Parameters into a list "
                        "(see step 53)"
                    )
                path = f"{key}/{place}"
                if found.setdefault(path, item) is not item:
                    raise ValueError(
                        f"{path}: two places in {key!r} have this name; their weights "
                        "need different keys (see step 53)"
                    )
            elif isinstance(item, _BOXES):
                waiting.append((f"{key}/{place}", item, (*around, value)))


def _reached(owned, lists=True):
    """Return the set of these Parameters and Layers and of all that are inside them.

    lists: whether also through lists, tuples and dicts, or through attributes only.
    """
    found, waiting = set(), list(owned)
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            if isinstance(each, Layer):
                waiting += [owned for _, owned in each._named()]
                held = {}
                for name, value in vars(each).items() if lists else ():
                    if isinstance(value, _BOXES) and name not in _NOTES:
                        _find_inside(name, value, held)
                waiting += held.values()
    return found


# What programs for other libraries ask a layer for, and where it is here.
_ELSEWHERE = {
    "parameters": "write params() (see step 44)",
    "named_parameters": "write params(); each Parameter has a name (see step 44)",
    "trainable_weights": "write params() (see step 44)",
    "weights": "write params() (see step 44)",
    "children": "the layers inside are attributes: print(model) (see step 45)",
    "modules": "the layers inside are attributes: print(model) (see step 45)",
    "named_modules": "the layers inside are attributes: print(model) (see step 45)",
    "add_module": "assign the layer to an attribute: model.name = layer (see step 45)",
    "register_module": "assign the layer to an attribute: model.name = layer "
    "(see step 45)",
    "register_parameter": "assign it to an attribute: layer.W = Parameter(array) "
    "(see step 44)",
    "register_buffer": "assign the array to an attribute: layer.mean = array "
    "(see step 44)",
    "train": "layers train unless they are called in `with dezero.test_mode():` "
    "(see step 54)",
    "eval": "call the model in `with dezero.test_mode():` (see step 54)",
    "state_dict": "write save_weights(path) (see step 53)",
    "load_state_dict": "write load_weights(path) (see step 53)",
    "save": "write save_weights(path) (see step 53)",
    "load": "write load_weights(path) (see step 53)",
    "get_weights": "write params(), or save_weights(path) (see step 53)",
    "set_weights": "write load_weights(path) (see step 53)",
    "to": "write to_gpu() or to_cpu() (see step 52)",
    "cuda": "write to_gpu() (see step 52)",
    "cpu": "write to_cpu() (see step 52)",
    "float": "the dtype is an argument: Linear(10, dtype=np.float32) (see step 44)",
    "double": "the dtype is an argument: Linear(10, dtype=np.float64) (see step 44)",
    "half": "the dtype is an argument: Linear(10, dtype=np.float16) (see step 44)",
    "requires_grad_": "write optimizer.add_hook(FreezeParam(layer)) (see step 46)",
    "freeze": "write optimizer.add_hook(FreezeParam(layer)) (see step 46)",
    "trainable": "write optimizer.add_hook(FreezeParam(layer)) (see step 46)",
    "zero_grads": "write cleargrads() (see step 44)",
    "clear_grads": "write cleargrads() (see step 44)",
    "cleargrad": "write cleargrads(), with an s: it clears all of them (see step 44)",
    "backward": "it belongs to the loss: loss.backward() (see step 44)",
    "step": "write optimizer.update() (see step 46)",
    "update": "write optimizer.update() (see step 46)",
    "compile": "write the loop over batches as in step 48 (see step 48)",
    "fit": "write the loop over batches as in step 48 (see step 48)",
    "evaluate": "write the loop over batches as in step 50 (see step 50)",
    "predict": "call it: y = model(x), in `with dezero.no_grad():` (see step 50)",
    "add": "write Sequential(layer, layer, ...), or model.layers.append(layer) "
    "(see step 45)",
    "reset": "a recurrent layer has reset_state() (see step 59)",
    "weight": "write layer.W (see step 44)",
    "bias": "write layer.b (see step 44)",
    "in_features": "write layer.in_size (see step 44)",
    "out_features": "write layer.out_size (see step 44)",
}


# --- a call is whole or not at all --------------------------------------------


class _Calls(threading.local):
    """What calls of layers leave for each other, each thread its own.

    undo     [(what, its former value)] of the calls under way; None outside of one
    seen     [(layer, outputs)] for a summary; None at other times
    draws    whether late weights are random; a summary does without
    """

    undo = seen = None
    draws = True


_calls = _Calls()


class _WholeCall:
    """A with block: if it raises, the layers called in it are what they were before."""

    __slots__ = ("layer", "outermost", "start")

    def __init__(self, layer):
        self.layer = layer

    def __enter__(self):
        undo = _calls.undo
        self.outermost = undo is None
        if self.outermost:
            _calls.undo = []
        self.start = 0 if self.outermost else len(undo)

    def __exit__(self, kind, error, trace):
        if kind is not None:
            undo = _calls.undo
            while len(undo) > self.start:
                _restore(*undo.pop())
        if self.outermost:
            _calls.undo = None
        if kind is TypeError:
            _explain(self.layer, error)


def _note(what, former):
    """Note the former value of what a call is about to change; see _restore."""
    if _calls.undo is not None:
        _calls.undo.append((what, former))


def _restore(what, former):
    """Give a Parameter, a layer's attributes, or an array their former values."""
    if isinstance(what, Parameter):
        what.data = former
    elif isinstance(what, Layer):
        vars(what).update(former)
    else:
        what[...] = former


def _set_late(param, array):
    """Give a Parameter the array that the first call has shown to be right."""
    _note(param, param.data)
    param.data = array


def _explain(layer, error):
    """Raise another error where Python's own one does not teach.

    Where forward takes another number of arguments, or where a class was called:
    self.l = L.Linear, self.l(x).
    """
    who = type(layer).__name__
    if str(error).startswith(f"{type(layer).forward.__qualname__}() "):
        takes = inspect.signature(layer.forward)
        got = str(error).partition("() ")[2]
        raise TypeError(
            f"{who}: expected the arguments of its forward{takes}, got others: {got} "
            "(self is one of them) (see step 44)"
        ) from None
    for name, value in vars(layer).items():
        if isinstance(value, type) and issubclass(value, Layer):
            kind = value.__name__
            if str(error).startswith((f"{kind}.__init__()", f"{kind}: ")):
                raise TypeError(
                    f"{who}.{name} is the class {kind}, expected a "
                    f"layer; write self.{name} = {kind}(...) (see step 45)"
                ) from error


# --- what layers are given ----------------------------------------------------


def _judged(layer, x, step, expected, axis=None, size=None, ndim=None, least=1):
    """Return x, what a layer is called on, or refuse it.

    A Variable and an array stay what they are, numbers and lists become an array.
    axis is a name in expected and its place, ("D", -1); size how long that is, if the
    layer knows already. Raises TypeError for what is no numbers, ValueError for
    another shape.
    """
    array = x.data if isinstance(x, Variable) else x
    if isinstance(array, np.ndarray) and array.dtype.kind in "fiub":  # most are
        shape = array.shape
        if len(shape) == ndim or (ndim is None and len(shape) >= least):
            if (
                axis is None
                or shape[axis[1]] == size
                or (size is None and shape[axis[1]])
            ):
                return x
    who = type(layer).__name__
    given = x
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
            f"{who}: x must be {expected}, in an array or a Variable, got {got} "
            f"(see step {step})"
        )
    shape = array.shape
    wanted = None
    if len(shape) < least or (ndim is not None and len(shape) != ndim):
        wanted = ""
    elif axis is not None:
        name, place = axis
        if size is None and not shape[place]:
            wanted = f" with {name} at least 1"
        elif size is not None and shape[place] != size:
            wanted = f" with {name} = {size}, as its weights have it"
    if wanted is not None:
        raise ValueError(
            f"{who}: x must be {expected}{wanted}, got {shape}{_hint(layer, shape)} "
            f"(see step {step})"
        )
    return x


def _hint(layer, shape):
    """Return what to do about a shape of which the mistake is a known one."""
    if isinstance(layer, Conv2d):
        if len(shape) == 3:
            return "; one image alone is x[None], a batch of one"
        if len(shape) == 4 and shape[-1] in (1, 3, 4, layer.in_channels):
            return "; channels that come last are moved by x.transpose(0, 3, 1, 2)"
        if len(shape) == 2:
            return "; rows of pixels become images by x.reshape(-1, C, H, W)"
    if isinstance(layer, Linear) and len(shape) == 4:
        return "; images become rows by F.flatten"
    if hasattr(layer, "reset_state"):
        if len(shape) == 3:
            return (
                "; a call is one step of time, so loop over them: "
                "for t in range(x.shape[1]): h = layer(x[:, t])"
            )
        if len(shape) == 1:
            return "; one sequence alone is x[None], a batch of one"
    return ""


def _sides(who, name, value, step, least=1):
    """Return value, an int or (height, width), if none is below least."""
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
            f"{who}: {name} must be an int or (height, width), of at least {least} "
            f"each, got {got} (see step {step})"
        ) from None
    return value


def _floating(who, dtype, step):
    """Return dtype if it is one of floating numbers; raise TypeError otherwise."""
    with contextlib.suppress(TypeError):
        if dtype is not None and np.dtype(dtype).kind == "f":
            return dtype
    got = dtype if isinstance(dtype, type) else None
    got = getattr(got, "__name__", None) or dtype
    raise TypeError(refusal(who, "dtype", "a floating one, as np.float32", got, step))


def _no_bias(who, nobias, step, advice):
    """Return nobias if it is True or False, not 1 or 0: a size may have got there."""
    if isinstance(nobias, (bool, np.bool_)):
        return bool(nobias)
    raise TypeError(
        f"{who}: nobias must be True or False, got {shown(nobias)}; {advice} "
        f"(see step {step})"
    )


def _listed(*sizes, **options):
    """Return settings as a call has them, "10, in_size=4", without None, False, 0."""
    options = [f"{k}={v}" for k, v in options.items() if v not in (None, False)]
    return ", ".join([*map(str, sizes), *options])


# --- what layers show ---------------------------------------------------------


def _line(inner):
    """Return a layer, a Parameter or a function as a part of a printed layer."""
    if isinstance(inner, Parameter):
        return f"Parameter {'?' if inner.data is None else inner.shape}"
    if isinstance(inner, Layer):
        return repr(inner).replace("\n", "\n  ")
    return getattr(inner, "__name__", None) or type(inner).__name__


def _summary(layer, inputs):
    """Return the table of Layer.summary."""
    if not inputs:
        raise TypeError(
            f"{type(layer).__name__}.summary: expected a batch, as forward takes it: "
            "summary(x) (see step 45)"
        )
    twin = copy.deepcopy(layer)
    for inner in _reached([twin]):
        if isinstance(inner, (RNN, _Gated)):
            inner.reset_state()
    before = _calls.undo, _calls.seen, _calls.draws
    _calls.undo, _calls.seen, _calls.draws = None, [], False
    try:
        with no_grad(), test_mode():
            twin(*copy.deepcopy(inputs))
        outputs = {}
        for inner, values in _calls.seen:
            outputs[inner] = outputs.pop(inner, values)
    finally:
        _calls.undo, _calls.seen, _calls.draws = before
    rows = [("layer", "output", "parameters")]
    counted = set()
    _summarize(type(layer).__name__, twin, 0, outputs, counted, rows)
    total = sum(_size(twin, param) for param in counted)
    rows.append(("total", "", f"{total:,}"))
    running = sum(_size(twin, p) for p in counted if p.name in ("avg_mean", "avg_var"))
    if running:
        rows.append(("of them running averages", "", f"{running:,}"))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = [
        f"{a:{widths[0]}}  {b:{widths[1]}}  {c:>{widths[2]}}".rstrip()
        for a, b, c in rows
    ]
    return "\n".join(lines)


def _summarize(label, layer, depth, outputs, counted, rows):
    """Add the rows of a layer and those inside it to a summary."""
    values = outputs.get(layer)
    shapes = [str(y.shape) if hasattr(y, "shape") else "" for y in values or ()]
    leaf = layer._settings() is not None
    inner = [] if leaf else [(k, v) for k, v in layer._owned() if isinstance(v, Layer)]
    order = {each: i for i, each in enumerate(outputs)}  # ends of calls
    inner.sort(key=lambda pair: order.get(pair[1], len(order)))
    own = layer.params() if leaf else (p for _, p in layer._owned())
    own = [p for p in own if isinstance(p, Parameter) and p not in counted]
    counted.update(own)
    size = sum(_size(layer, param) for param in own)
    shared = leaf and not own and any(True for _ in layer.params())
    numbers = "shared" if shared else f"{size:,}" if size else ""
    shape = ", ".join(shapes) if values else "not called"
    rows.append(("  " * depth + label, shape, numbers))
    for key, each in inner:
        name = f"{key}: {type(each).__name__}"
        _summarize(name, each, depth + 1, outputs, counted, rows)


def _size(layer, param):
    """Return how many numbers a Parameter has, or will have; 0 if nobody knows."""
    if param.data is not None:
        return param.size
    shape = layer._awaited_shapes().get(param, (None,))
    known = all(isinstance(n, int) for n in shape)
    return int(np.prod(shape)) if known else 0


# --- weights in files ---------------------------------------------------------


def _npz(who, path):
    """Return path with the suffix .npz."""
    try:
        path = os.fsdecode(path)
    except TypeError:
        raise TypeError(
            f"{who}: expected the path of a file, such as 'model.npz', got "
            f"{shown(path)} (see step 53)"
        ) from None
    return Path(path if path.endswith(".npz") else path + ".npz")


def _found_npz(path):
    """Return where the file of weights is, with the suffix .npz or without."""
    first = _npz("load_weights", path)
    second = Path(os.fsdecode(path))
    for found in first, second:
        if found.is_file():
            return found
    if second.is_dir():
        raise ValueError(
            f"load_weights: {second} is a folder, expected a file of save_weights "
            "(see step 53)"
        )
    raise FileNotFoundError(
        f"load_weights: there is no file {str(first)!r}; save_weights writes it "
        "(see step 53)"
    )


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


class _Unfit(ValueError):
    """A file in order, but not of this layer."""


@contextlib.contextmanager
def _unpacking(path):
    """Lend a with block an NpzReader of a file of weights."""
    with open(path, "rb") as file:
        try:
            yield NpzReader(file)
        except _Unfit as error:
            raise ValueError(*error.args) from None
        except KeyError:
            raise
        except Exception as error:  # bytes in disorder raise errors of any kind
            raise ValueError(
                f"load_weights: {path} is no file of save_weights, or only a part of "
                f"one: {error} (see step 53)"
            ) from error


def _check_kind(key, dtype, path, kind):
    """Raise ValueError unless an array from a file is of this dtype.kind."""
    if dtype.kind != kind:
        expected = "floating numbers" if kind == "f" else f"numbers of kind {kind!r}"
        raise _Unfit(
            f"load_weights: {key} holds {dtype} in {path}, expected {expected} "
            "(see step 53)"
        )


def _check_shape(key, there, awaited, path, lengths):
    """Raise ValueError unless an array's shape is the one awaited.

    None stands for any length, a Layer for one that must be the same everywhere: the
    first array that has it adds it to lengths.
    """
    here = tuple(lengths.get(n) if isinstance(n, Layer) else n for n in awaited)
    fits = len(there) == len(here) and all(n in (None, m) for n, m in zip(here, there))
    if not fits:
        here = str(here).replace("None", "?")
        raise _Unfit(
            f"load_weights: {key} has the shape {here} here and {there} in "
            f"{path}; the file is of a layer with other sizes (see step 53)"
        )
    lengths |= {n: m for n, m in zip(awaited, there) if isinstance(n, Layer)}


def _check_packing(key, shape, dtype, path, packed):
    """Refuse an array that nobody expects to be as large as it says it is.

    Only where the layer does not know all sizes. Weights hardly shrink in a zip;
    1000 times smaller is a file made to fill the memory, or all zeros.
    """
    size = int(np.prod(shape, dtype=object)) * dtype.itemsize
    if size > 2**24 and size > 100 * packed:
        raise _Unfit(
            f"load_weights: {key} is {packed:,} bytes in {path} and would be {size:,} "
            "unpacked; if that is right, call the layer on a batch first, then its "
            "sizes are known (see step 53)"
        )


def _converted(key, array, dtype, path):
    """Return an array from a file in a layer's dtype, at least in native order."""
    if dtype is None:
        dtype = array.dtype.newbyteorder("=")
    with np.errstate(over="ignore"):
        result = array.astype(dtype, copy=False)
    if np.dtype(dtype).itemsize < array.dtype.itemsize:
        if (np.isinf(result) & ~np.isinf(array)).any():
            raise _Unfit(
                f"load_weights: {key} holds numbers in {path} that are too large for "
                f"{np.dtype(dtype)} (see step 53)"
            )
    return result


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
        who = type(self).__name__
        self.out_size = whole(who, "out_size", out_size, 44)
        advice = f"the size of the input goes by name: {who}({out_size}, in_size=...)"
        nobias = _no_bias(who, nobias, 44, advice)
        self.dtype = _floating(who, dtype, 44)
        if in_size is not None:
            in_size = whole(who, "in_size", in_size, 44)

        self.W = Parameter(None, name="W")
        if in_size is not None:
            self._init_W(in_size, np)
        self.b = None
        if not nobias:
            self.b = Parameter(np.zeros(self.out_size, dtype), name="b")

    @property
    def in_size(self):
        """How many numbers go in; None until W has values."""
        return None if self.W.data is None else self.W.shape[0]

    def _init_W(self, in_size, xp):
        shape = (in_size, self.out_size)
        _set_late(self.W, _initial_weights(shape, in_size, self.dtype, xp))

    def _settings(self):
        return _listed(self.out_size, nobias=self.b is None, in_size=self.in_size)

    def _awaited_shapes(self):
        return {self.W: (None, self.out_size)}

    def forward(self, x):
        """Return x @ W + b."""
        x = _judged(
            self, x, 44, "rows of numbers (..., in_size)", ("in_size", -1), self.in_size
        )
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
        in_size = whole("EmbedID", "in_size", in_size, 69)
        out_size = whole("EmbedID", "out_size", out_size, 69)
        W = np.random.randn(in_size, out_size)  # noqa: NPY002
        self.W = Parameter(W, name="W")

    def _settings(self):
        return ", ".join(map(str, self.W.shape))

    def forward(self, x):
        """Return the rows W[x]."""
        x = _judged(self, x, 69, "the ints of words (...)", least=0)
        return F.embed_id(x, self.W)


def _initial_weights(shape, fan_in, dtype, xp):
    """Return random weights under which numbers keep their size.

    An output is the sum of fan_in products. With inputs and weights around 1 it
    would be around sqrt(fan_in), so the weights start that much smaller.
    """
    if not _calls.draws:
        return xp.zeros(shape, dtype)
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
        who = type(self).__name__
        self.out_channels = whole(who, "out_channels", out_channels, 57)
        self.kernel_size = _sides(who, "kernel_size", kernel_size, 57)
        self.stride = _sides(who, "stride", stride, 57)
        self.pad = _sides(who, "pad", pad, 57, least=0)
        advice = "the channels of the input go by name: in_channels=..."
        nobias = _no_bias(who, nobias, 57, advice)
        self.dtype = _floating(who, dtype, 57)
        if in_channels is not None:
            in_channels = whole(who, "in_channels", in_channels, 57)

        self.W = Parameter(None, name="W")
        if in_channels is not None:
            self._init_W(in_channels, np)
        self.b = None
        if not nobias:
            self.b = Parameter(np.zeros(self.out_channels, dtype), name="b")

    @property
    def in_channels(self):
        """How many channels go in; None until W has values."""
        return None if self.W.data is None else self.W.shape[1]

    def _W_shape(self, C):
        return (self.out_channels, C, *pair(self.kernel_size))

    def _init_W(self, C, xp):
        shape = self._W_shape(C)
        fan_in = C * shape[2] * shape[3]
        _set_late(self.W, _initial_weights(shape, fan_in, self.dtype, xp))

    def _settings(self):
        return _listed(
            self.out_channels,
            kernel_size=self.kernel_size,
            stride=None if self.stride == 1 else self.stride,
            pad=self.pad,
            nobias=self.b is None,
            in_channels=self.in_channels,
        )

    def _awaited_shapes(self):
        return {self.W: self._W_shape(None)}

    def forward(self, x):
        """Return the images convolved with W, plus b."""
        x = _judged(
            self, x, 57, "images (N, C, H, W)", ("C", 1), self.in_channels, ndim=4
        )
        if self.W.data is None:
            self._init_W(x.shape[1], cuda.get_array_module(x))
        return F.conv2d(x, self.W, self.b, self.stride, self.pad)


class Deconv2d(Conv2d):
    """Conv2d the other way round, from small images to large ones: F.deconv2d.

    Shapes: x (N, C, H, W), W (C, OC, KH, KW), b (OC,) -> y (N, OC, OH, OW), where
    OH = stride * (H - 1) + KH - 2 * pad, OW likewise.

    Initial values and arguments are those of Conv2d, and one more.

    outsize    (OH, OW) of the result, for a stride with which several sizes would do;
               None: the smallest, as above
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
        outsize: int | tuple[int, int] | None = None,
    ):
        if outsize is not None:
            outsize = _sides(type(self).__name__, "outsize", outsize, 57)
        super().__init__(
            out_channels, kernel_size, stride, pad, nobias, dtype, in_channels
        )
        self.outsize = None if outsize is None else pair(outsize)

    def _settings(self):
        more = "" if self.outsize is None else f", outsize={self.outsize}"
        return super()._settings() + more

    @property
    def in_channels(self):
        """How many channels go in; None until W has values."""
        return None if self.W.data is None else self.W.shape[0]

    def _W_shape(self, C):
        return (C, self.out_channels, *pair(self.kernel_size))

    def forward(self, x):
        """Return the images deconvolved with W, plus b."""
        x = _judged(
            self, x, 57, "images (N, C, H, W)", ("C", 1), self.in_channels, ndim=4
        )
        if self.W.data is None:
            self._init_W(x.shape[1], cuda.get_array_module(x))
        return F.deconv2d(x, self.W, self.b, self.stride, self.pad, self.outsize)


class MaxPool2d(Layer):
    """The largest number of every window; stride=None: window beside window."""

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] | None = None,
        pad: int | tuple[int, int] = 0,
    ):
        super().__init__()
        who = type(self).__name__
        self.kernel_size = _sides(who, "kernel_size", kernel_size, 57)
        stride = kernel_size if stride is None else stride
        self.stride = _sides(who, "stride", stride, 57)
        self.pad = _sides(who, "pad", pad, 57, least=0)

    def _settings(self):
        stride = None if self.stride == self.kernel_size else self.stride
        return _listed(self.kernel_size, stride=stride, pad=self.pad)

    def forward(self, x):
        """Return the images, smaller."""
        x = _judged(self, x, 57, "images (N, C, H, W)", ndim=4)
        return F.pooling(x, self.kernel_size, self.stride, self.pad)


class AvgPool2d(MaxPool2d):
    """The mean of every window, padding counted; arguments as for MaxPool2d."""

    def forward(self, x):
        """Return the images, smaller."""
        x = _judged(self, x, 57, "images (N, C, H, W)", ndim=4)
        return F.average_pooling(x, self.kernel_size, self.stride, self.pad)


# --- what steadies training ---------------------------------------------------


class Dropout(Layer):
    """In training, a part of the numbers is set to 0 (see step 54)."""

    def __init__(self, dropout_ratio: float = 0.5):
        super().__init__()
        self.dropout_ratio = number(
            *("Dropout", "dropout_ratio", dropout_ratio, 54), least=0, most=1
        )

    def _settings(self):
        return str(self.dropout_ratio)

    def forward(self, x):
        """Return x with a part of it dropped, in test mode x itself."""
        x = _judged(self, x, 54, "numbers", least=0)
        return F.dropout(x, self.dropout_ratio)


class _Norm(Layer):
    """What the layers share that make their parameters in x's dtype.

    Those of a file are there before the first x, and become its dtype with it.
    """

    _called = False

    def _awaited_shapes(self):
        params = [owned for _, owned in self._owned() if isinstance(owned, Parameter)]
        return dict.fromkeys(params, (self,))

    def _judge(self, x, expected, axis, least):
        size = None if self.gamma.data is None else len(self.gamma.data)
        return _judged(self, x, 54, expected, axis, size, least=least)

    def _fill(self, x, axis, **values):
        """Give parameters without an array one with a value for each element of x."""
        params = {getattr(self, name): value for name, value in values.items()}
        if self._called and all(param.data is not None for param in params):
            return
        xp = cuda.get_array_module(x)
        dtype = x.dtype if x.dtype.kind == "f" else np.float64
        for param, value in params.items():
            if param.data is None:
                _set_late(param, xp.full(x.shape[axis], value, dtype))
            elif not self._called and param.data.dtype != dtype:
                _set_late(param, param.data.astype(dtype))
        _note(self, {"_called": self._called})
        self._called = True


class BatchNorm(_Norm):
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

    def _settings(self):
        return _listed(channels=_length(self.gamma))

    def forward(self, x):
        """Return x normalised; in training the running averages follow."""
        x = self._judge(x, "(N, C) or images (N, C, H, W)", ("C", 1), least=2)
        self._fill(x, 1, avg_mean=0, avg_var=1, gamma=1, beta=0)
        mean, var = self.avg_mean.data, self.avg_var.data  # arrays: updated in place
        if Config.train:
            _note(mean, mean.copy())
            _note(var, var.copy())
        return F.batch_norm(x, self.gamma, self.beta, mean, var)


class LayerNorm(_Norm):
    """Give every row mean 0 and variance 1, then gamma and beta.

    Shapes: x (..., D); gamma and beta (D,), in x's dtype, made by the first call.
    """

    def __init__(self, eps: float = 1e-5):
        super().__init__()
        self.eps = number("LayerNorm", "eps", eps, 54, least=0, below=1)
        self.gamma = Parameter(None, name="gamma")
        self.beta = Parameter(None, name="beta")

    def _settings(self):
        eps = None if self.eps == 1e-5 else self.eps
        return _listed(eps=eps, size=_length(self.gamma))

    def forward(self, x):
        """Return x normalised."""
        x = self._judge(x, "rows of numbers (..., D)", ("D", -1), least=1)
        self._fill(x, -1, gamma=1, beta=0)
        return F.layer_norm(x, self.gamma, self.beta, eps=self.eps)


class GroupNorm(_Norm):
    """Give every group of channels mean 0 and variance 1, then gamma and beta.

    Shapes: x (N, C, ...), C a multiple of groups; gamma and beta (C,), in x's dtype,
    made by the first call.
    """

    def __init__(self, groups: int, eps: float = 1e-5):
        super().__init__()
        self.groups = whole("GroupNorm", "groups", groups, 54)
        self.eps = number("GroupNorm", "eps", eps, 54, least=0, below=1)
        self.gamma = Parameter(None, name="gamma")
        self.beta = Parameter(None, name="beta")

    def _settings(self):
        eps = None if self.eps == 1e-5 else self.eps
        return _listed(self.groups, eps=eps, channels=_length(self.gamma))

    def forward(self, x):
        """Return x normalised."""
        x = self._judge(x, "(N, C, ...)", ("C", 1), least=2)
        if x.shape[1] % self.groups:
            raise ValueError(
                f"GroupNorm: C must be a multiple of groups={self.groups}, got x "
                f"{x.shape} with C = {x.shape[1]} (see step 54)"
            )
        self._fill(x, 1, gamma=1, beta=0)
        return F.group_norm(x, self.groups, self.gamma, self.beta, eps=self.eps)


def _length(param):
    """Return how many numbers a Parameter has, None before it has any."""
    return None if param.data is None else len(param.data)


# --- layers with a memory -----------------------------------------------------

_STEP = "a step of N sequences (N, D)"


class RNN(Layer):
    """h = tanh(x2h(x) + h2h(h)): the output is also the state for the next call.

    Shapes: x (N, in_size) -> h (N, hidden_size), N sequences, a step of each a call.

    h    the state, a Variable of the graph, None before the first call. From here
         backward goes back through all calls; loss.unchain_backward() ends that,
         reset_state() forgets the state (see step 59)
    """

    def __init__(self, hidden_size: int, in_size: int | None = None):
        super().__init__()
        hidden_size, in_size = _sizes("RNN", hidden_size, in_size, 59)
        self.hidden_size = hidden_size
        self.x2h = Linear(hidden_size, in_size=in_size)
        self.h2h = Linear(hidden_size, nobias=True)  # drawn by the second call
        self.reset_state()

    def reset_state(self):
        """Forget the state: the next x begins new sequences."""
        self.h = None

    def _settings(self):
        return _listed(self.hidden_size, in_size=self.x2h.in_size)

    def _awaited_shapes(self):
        h2h = {self.h2h.W: (self.hidden_size, self.hidden_size)}
        return super()._awaited_shapes() | h2h

    def forward(self, x):
        """Return the state after x."""
        x = _judged(self, x, 59, _STEP, ("D", -1), self.x2h.in_size, ndim=2)
        _check_state(self, x)
        _note(self, {"h": self.h})
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

    def _step(self, x, step, *state):
        """Return x, a step of N sequences, as a Variable; note what can be undone."""
        size = getattr(self, self._first).in_size
        x = _judged(self, x, step, _STEP, ("D", -1), size, ndim=2)
        _check_state(self, x)
        _note(self, {name: getattr(self, name) for name in (*state, "_W")})
        return _as_input(x)

    def _settings(self):
        return _listed(self.hidden_size, in_size=getattr(self, self._first).in_size)

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

    _first = "x2f"
    _weights = _weights_of("fiou")

    def __init__(self, hidden_size: int, in_size: int | None = None):
        super().__init__()
        H, in_size = _sizes("LSTM", hidden_size, in_size, 60)
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
        x = self._step(x, 60, "h", "c")
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

    _first = "x2r"
    _weights = _weights_of("rzn")

    def __init__(self, hidden_size: int, in_size: int | None = None):
        super().__init__()
        H, in_size = _sizes("GRU", hidden_size, in_size, 60)
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
        x = self._step(x, 60, "h")
        h = self._given(self.h, x)
        self.h = F.gru_cell(x, h, self._joined(x, h))
        return self.h


def _sizes(who, hidden_size, in_size, step):
    """Return both sizes of a layer with a memory, in_size being None or a number."""
    hidden_size = whole(who, "hidden_size", hidden_size, step)
    if in_size is not None:
        in_size = whole(who, "in_size", in_size, step)
    return hidden_size, in_size


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
    if not isinstance(h, Variable):
        h = as_variable(as_array(h))
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
