"""Layer: the base class of all layers.

It finds, prints and saves the Parameters and layers that a layer owns, and clears
their gradients.
"""

import numbers
import reprlib
import weakref
from typing import TYPE_CHECKING, Any

from dezero import cuda
from dezero.advice import named_arguments
from dezero.core import Parameter, Variable
from dezero.guards import shown
from dezero.layers.calls import _calls, _whole
from dezero.layers.checks import METHODS, check_method
from dezero.layers.habits import _ELSEWHERE
from dezero.layers.inside import LISTS, NOTES, _held, _reached
from dezero.layers.summary import _summary
from dezero.layers.weights import _load, _save


class _LastCall:
    """The attributes inputs and outputs, unless a layer has its own of that name."""

    def __set_name__(self, owner, name):
        self.place = f"_{name}"

    def __get__(self, layer, owner=None):
        return () if layer is None else vars(layer).get(self.place, ())


class Layer:
    """A function with Parameters of its own, and perhaps with layers inside.

    A subclass writes `__init__`, which assigns Parameters and Layers to attributes,
    and `forward`, which computes. Parameters and Layers in a list, a tuple or a dict
    that is an attribute are found as well, whenever they were put there.

    inputs, outputs    weak references to the arguments and results of the last call;
                       numbers, lists and None allow no such reference and are left out

    A call that fails leaves all layers as they were before it: sizes that it learned
    and weights that it drew are undone.

    >>> from dezero.layers import Linear
    >>> Linear(10, in_size=4)
    Linear(10, in_size=4)
    """

    inputs = _LastCall()
    outputs = _LastCall()
    _params = ()  # for a layer whose __init__ never calls ours
    _lists = ()  # names of attributes that are, or were, lists, tuples or dicts
    _state = ()  # names of attributes that a call changes, and an error restores

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        if cls.__module__.startswith("dezero.") and "__init__" in vars(cls):
            cls.__init__ = named_arguments(cls.__init__)

    def __init__(self):
        self._params = ()  # names of attributes, in order of definition

    def __setattr__(self, name, value):
        self._check_in(name, value)
        super().__setattr__(name, value)
        owned = isinstance(value, (Parameter, Layer))
        if owned and name not in self._params:
            self._params = (*self._params, name)

    def _check_in(self, name, value):
        """Record where lists are; refuse a value that params() would no longer find."""
        if isinstance(value, LISTS) and name not in (*NOTES, *self._lists):
            vars(self)["_lists"] = (*self._lists, name)
        kind = type(self).__name__
        if name in METHODS:
            check_method(kind, name, value, hasattr(type(self), name))
        if isinstance(value, (Parameter, Layer)):
            if "_params" not in vars(self):
                raise AttributeError(
                    f"{kind}.{name}: call super().__init__() before assigning a "
                    f"{type(value).__name__} (see step 44)"
                )
            return
        if name not in self._params:
            return
        old = vars(self).get(name)
        plain = isinstance(value, (Variable, numbers.Number)) or cuda.is_array(value)
        if isinstance(old, Parameter) and value is not None:
            W = f"layer.{name}"
            raise TypeError(
                f"{kind}.{name} is a Parameter, and params() would not find "
                f"{_what(value)} in its place; write {W}.data to change its numbers, "
                f"as in {W}.data -= lr * {W}.grad.data, or del {W} first if {name} is "
                "to be computed from other Parameters (see step 44)"
            )
        if isinstance(old, Layer) and plain:
            raise TypeError(
                f"{kind}.{name} is a layer, {old}: expected another layer or a "
                f"Parameter in its place, got {_what(value)} (see step 45)"
            )

    if not TYPE_CHECKING:  # a type checker would take it to define every name

        def __getattr__(self, name):
            """Raise AttributeError, with advice for names that other libraries use."""
            if hasattr(type(self), name):  # a property that raised: let it say why
                return object.__getattribute__(self, name)
            kind = type(self).__name__
            message = f"{kind!r} object has no attribute {name!r}"
            if name in _ELSEWHERE:
                message = f"{kind} has no {name!r}; {_ELSEWHERE[name]}"
            elif name in vars(self).get("_params", ()):
                message += (
                    f": it was deleted; write layer.{name} = Parameter(array), or "
                    "assign a layer (see step 44)"
                )
            elif "_params" not in vars(self) and name[:2] != "__":
                message += f"; does {kind}.__init__ call super().__init__()?"
                message += " (see step 44)"
            raise AttributeError(message, name=name, obj=self)

    def __call__(self, *inputs, **options) -> Variable:
        """Return forward(*inputs, **options): one output bare, several as a tuple."""
        outputs = _whole(self, inputs, options)
        if not isinstance(outputs, tuple):
            outputs = (outputs,)
        if _calls.seen is not None:
            _calls.seen.append((self, outputs))
        if options:
            inputs = (*inputs, *options.values())
        self.__dict__["_inputs"] = _weakly(inputs)  # bypasses __setattr__
        self.__dict__["_outputs"] = _weakly(outputs)
        return outputs[0] if len(outputs) == 1 else outputs

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """Compute the outputs from Variables or ndarrays."""
        raise NotImplementedError(
            f"{type(self).__name__}: write forward(self, x) (see step 44)"
        )

    # --- what is inside ---

    def _check_inside(self):
        """After an error: raise TypeError if a layer inside cannot be called."""

    def _owned(self):
        """Return [(key, owned)] for every Parameter and Layer that this layer owns.

        The key is the name of the attribute; for an item of a list, tuple or dict, it
        is the name and the path to the item: "blocks/0". An item that an attribute
        also leads to, here or further inside, is listed under that attribute only, so
        files keep the keys that they had before lists were searched. An item that
        contains this layer itself is left out.
        """
        named = self._named()
        if not self._lists:
            return named
        held = _held(self, named)
        if held:
            found = _reached([owned for _, owned in named], lists=False)
            for key, owned in held.items():
                if owned not in found and self not in _reached([owned]):
                    found.add(owned)
                    named.append((key, owned))
            places = {name: i for i, name in enumerate(vars(self))}
            named.sort(key=lambda item: places.get(item[0].partition("/")[0], -1))
        return named

    def _named(self):
        """Return [(name, owned)] for the Parameters and Layers that are attributes."""
        named = []
        for name in self._params:  # a loop: half the time of two comprehensions
            owned = getattr(self, name, None)
            if isinstance(owned, (Parameter, Layer)):
                named.append((name, owned))
        return named

    def params(self):
        """Yield each Parameter once, in order of definition, inner layers included."""
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
        try:
            settings = self._settings()
        except AttributeError:  # a layer inside is None now, or was deleted
            settings = None
        if settings is not None:
            return f"{type(self).__name__}({settings})"
        lines = [f"  {key}: {_line(inner)}" for key, inner in self._shown()]
        body = "\n" + "\n".join(lines) + "\n" if lines else ""
        return f"{type(self).__name__}({body})"

    def _settings(self):
        """Return what print shows in parentheses; None: it shows what is inside."""

    def _shown(self):
        """Return [(key, part)]: the lines that print shows between the parentheses."""
        return self._owned()

    def summary(self, *inputs):
        """Print a table: the layers in order of use, their outputs, their parameters.

        Computes forward(*inputs) on a copy, in test mode and without a graph: the
        layer, its state and NumPy's generator stay as they are, and a layer that was
        never called stays that way. A shared Parameter is counted once.

        >>> import numpy as np
        >>> import dezero.functions as F
        >>> from dezero.layers import Linear
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
        with two names is written under both. ".npz" is added to a path without it.
        Settings that change what a layer computes, but no shape, are written beside
        the arrays as numbers: "attention/heads". The file is written whole or not at
        all: an older one is replaced only at the end. Parameters on a GPU are moved to
        main memory.

        Raises RuntimeError if a parameter has no array yet.
        """
        _save(self, path)

    def load_weights(self, path):
        """Set all parameters to the arrays that save_weights wrote to path.

        Layers that were never called learn their missing sizes from the arrays. Every
        parameter keeps its dtype: float64 in the file becomes the float32 of the layer.
        Arrays in the file that no parameter needs are not even unpacked; a Parameter
        with two names needs only one of them there. After an error nothing has changed.

        Raises KeyError if a parameter is not in the file, ValueError if it has
        another shape there or does not hold floating-point numbers, if a setting such
        as the number of heads differs, or if the file is damaged.
        """
        _load(self, path)

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

    def _hint(self, shape):
        """Return advice on a batch whose shape is a common mistake."""
        return ""

    def _awaited_shapes(self):
        """Return {parameter: shape} for parameters of known shape without values.

        In a shape, None is a length that is not known yet. A Layer is one, too, but it
        is the same length wherever that Layer appears. A layer that draws its weights
        late adds their shapes here, so that load_weights can refuse the weights of
        another layer.
        """
        shapes = {}
        for _, owned in self._owned():
            if isinstance(owned, Layer):
                shapes |= owned._awaited_shapes()
        return shapes

    def _younger(self):
        """Return the Parameters that older files lack; load_weights sets them to 0."""
        return []

    def __getstate__(self):
        """Return the state for pickle and copy: all but the weak references."""
        state = self.__dict__.copy()
        state.pop("_inputs", None)
        state.pop("_outputs", None)
        return state

    def __setstate__(self, state):
        vars(self).update(state)
        if "_lists" not in state:  # perhaps pickled by an older version
            names = [name for name, value in state.items() if isinstance(value, LISTS)]
            vars(self)["_lists"] = tuple(name for name in names if name not in NOTES)


def _weakly(values):
    """Return weak references to the values whose type allows them."""
    references = []
    for value in values:  # a loop: for one value, two thirds of a comprehension
        if type(value).__weakrefoffset__:
            references.append(weakref.ref(value))
    return references


def _what(value):
    """Return what a value is, for an error: "a plain Variable"."""
    if type(value) is Variable:
        return "a plain Variable"
    return "an array" if cuda.is_array(value) else shown(value)


def _line(inner):
    """Return the line for a layer, Parameter or function inside a printed layer."""
    if isinstance(inner, Parameter):
        return f"Parameter {'?' if inner.data is None else inner.shape}"
    if isinstance(inner, Layer):
        return repr(inner).replace("\n", "\n  ")
    return getattr(inner, "__name__", None) or type(inner).__name__
