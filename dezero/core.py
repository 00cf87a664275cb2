"""The engine: Variable, Function, and the operations that Variable's methods use.

>>> import numpy as np
>>> x = Variable(np.array([1.0, 2.0, 3.0]))
>>> y = (x**2).sum()
>>> y.backward()
>>> x.grad
variable([2. 4. 6.])

How it fits together, in the order of this file:

    Config     switches, each thread with its own
    Variable   an ndarray, its gradient, and the Function that made it
    Function   forward on ndarrays; each call is a node of the graph
    the ops    arithmetic, shape, reduction, matmul: math, shapes, three pieces

Two kinds of backward pass read the same formula. With create_graph=True the
gradients are Variables, and `gy * cos(x)` builds the graph of the derivative.
Without it nobody will differentiate the gradient, so the package's own
Functions are handed bare ndarrays: `self.inputs` then yields arrays and every
function of the package returns what its forward returns. Back through a chain of
scalar operations this takes a quarter of the time. A Function written outside
the package always gets Variables.

Letters: x, y in and out; gx, gy their gradients.
"""

import contextlib
import copy
import inspect
import numbers
import operator
import sys
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy import asarray, generic, ndarray

from dezero import cuda
from dezero.advice import MEMBERS, named_arguments, teach_members
from dezero.guards import flag, refusal, shown
from dezero.nodes import Node

array_types: tuple  # of what a Variable may hold; see __getattr__


def __getattr__(name):
    # Called for names that have no value: CuPy may be imported later than this module.
    if name == "array_types":
        cupy = sys.modules.get("cupy")
        return (ndarray,) if cupy is None else (ndarray, cupy.ndarray)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


# --- switches -----------------------------------------------------------------


class _Config(threading.local):
    """Switches that change what a call records or computes, one set a thread.

    enable_backprop  record the graph (off under no_grad)
    train            dropout drops, batch_norm uses the batch (off in test_mode)
    """

    enable_backprop = True
    train = True

    # True while the package's own backwards run on bare ndarrays; _DEFERS where what
    # carries the gradients also takes _Products.
    bare = False

    passing = False  # True while a backward pass is under way

    # None, or who is asked instead, as long as it is there (see dezero.static):
    #     call(func, inputs)       for what func(*inputs) returns
    #     backward(func, gys)      for the gradients of its inputs, a tuple
    #     read(x, name)            for what x.data or x.grad is
    #     write(x, name, value)    before x.data or x.grad is set; it may raise
    handler = None

    # The backward passes so far, of all threads: after one, parameters may be changed
    # in place, and what was computed from them is old.
    passes = 0

    def __setattr__(self, name, value):
        if name in _SWITCHES:
            value = flag("Config", name, value, 18)
        elif name not in _INTERNAL:
            raise AttributeError(f"Config: {_expected_switch(name)}")
        super().__setattr__(name, value)


_SWITCHES = ("enable_backprop", "train")
_INTERNAL = ("bare", "passing", "handler")


def _expected_switch(name):
    """Return the sentence about a name that is no switch."""
    return f"expected 'enable_backprop' or 'train', got {name!r} (see step 18)"


Config = _Config()

_DEFERS = 2  # true as well

# Why backward finds no graph.
_UNDER_NO_GRAD = (
    "this Variable was computed under no_grad(), so it does not know how; compute it "
    "outside the with block (see step 18)"
)
_WITHOUT_CREATE_GRAPH = (
    "this gradient was computed without create_graph=True, so it does not know how; "
    "use backward(create_graph=True) for the pass that leaves it (see step 32)"
)


@contextlib.contextmanager
def using_config(name, value):
    """Set Config.name to value inside a with block, whatever happens in it."""
    if not isinstance(name, str) or name not in _SWITCHES:
        raise AttributeError(f"using_config: {_expected_switch(name)}")
    old_value = getattr(Config, name)
    setattr(Config, name, value)
    try:
        yield
    finally:
        setattr(Config, name, old_value)


def no_grad():
    """Record no graph inside a with block: less memory, no backward."""
    return using_config("enable_backprop", False)


def test_mode():
    """Behave as in use, not as in training: no dropout, running averages."""
    return using_config("train", False)


test_mode.__test__ = False  # pytest: the name is the contract's, not a test


@contextlib.contextmanager
def handler_off():
    """Have calls computed inside a with block, whoever handles them around it."""
    handler, Config.handler = Config.handler, None
    try:
        yield
    finally:
        Config.handler = handler


# --- what became of the numbers -----------------------------------------------

# How often the data of any Variable was set so far. A Function notes what it was at
# its call, a Variable when its own data was set last: so backward knows that an input
# is not what forward used. _reshapes likewise, where the shape was not the old one.
_changes = _reshapes = 0
_change = threading.Lock()

_NUMBERS = "fiub"  # kinds of dtype: floats, integers with and without sign, bools


class _Gone(np.lib.mixins.NDArrayOperatorsMixin):
    """What stands where numbers were: their shape and dtype, and why they are gone.

    Many backwards, such as that of a sum, need no more of an input than its shape.
    Those that do need numbers get the reason, as a RuntimeError.
    """

    def __init__(self, array, reason):
        self.shape, self.ndim, self.size = array.shape, array.ndim, array.size
        self.dtype = array.dtype
        self.reason = reason

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, index):
        return self if index == () else self.refuse()

    def __getattr__(self, name):
        self.refuse()

    def refuse(self, *args, **kwargs):
        """Say why there are no numbers."""
        raise RuntimeError(self.reason)

    __array__ = __array_ufunc__ = __array_function__ = refuse
    __iter__ = __bool__ = __float__ = __int__ = __index__ = refuse


def _named(x):
    """Return the name of a Variable in brackets, with a blank in front, or ''."""
    return f" ({x.name})" if x.name is not None else ""


# --- Variable -----------------------------------------------------------------


class Variable:
    """An array that remembers how it was computed.

    data            the ndarray, or None where the shape is not known yet
    name            shown in drawings of the graph
    grad            None, or a Variable: the gradient that backward left here
    creator         the Function that computed this, None for a leaf
    generation      0 for a leaf, one more than its creator's otherwise
    requires_grad   False: backward passes by, at no cost

    Raises TypeError unless data is an ndarray or None. `==` compares identity,
    so that Variables can be keys and members; compare values with `x.data == 3`.
    """

    creator: "Function | None"  # for editors

    # Few Variables have their own of these:
    _no_graph = None  # the reason, where a graph could be expected
    _watched = False  # retain_grad() or a hook wants to see the gradient pass
    _retains_grad = False
    _hooks = ()
    _changed = _reshaped = 0  # _changes when data was set, when to another shape

    __array_priority__ = 200  # `array + x` is x's business, not the array's

    def __init__(self, data, name=None, requires_grad=True):
        if data is not None:
            if not (isinstance(data, ndarray) or cuda.is_array(data)):
                if type(data) is _Gone:
                    data.refuse()
                raise TypeError(
                    f"Variable: {type(data).__name__} is not supported, expected an "
                    "ndarray; wrap the value: Variable(np.array(...)) (see step 9)"
                )
            if data.dtype.kind not in _NUMBERS:
                raise TypeError(f"Variable: {_expected_numbers(data)}")
        if requires_grad is not True and requires_grad is not False:
            requires_grad = flag("Variable", "requires_grad", requires_grad, 66)
        self._data = data
        self.name = name
        self._grad = None
        self.creator = None
        self.generation = 0
        self.requires_grad = requires_grad

    # Two properties, so that a mistake is told in the line that makes it, and backward
    # knows what has changed. The engine itself reads _data and _grad.

    # ... | Any, for editors: now and then it is None, or CuPy's.
    @property
    def data(self) -> ndarray | Any:
        """The ndarray; None where there is none yet, or none any more."""
        if Config.handler is not None:
            return Config.handler.read(self, "data")
        data = self._data
        return None if type(data) is _Gone else data

    @data.setter
    def data(self, data: Any) -> None:
        global _changes, _reshapes
        if Config.handler is not None:
            Config.handler.write(self, "data", data)
        old = self._data
        if data is old and not isinstance(self, Parameter):
            return  # x.data *= 100: who edits an array in place knows why (step 66)
        if data is None:
            if old is not None:  # backward may need its shape
                reason = (
                    f"Variable{_named(self)}: its data was set to None (see step 43)"
                )
                data = _Gone(old, reason)
        elif not isinstance(data, ndarray) and not cuda.is_array(data):
            data = _as_data(self, data)
        elif data.dtype.kind not in _NUMBERS:
            raise TypeError(f"data{_named(self)}: {_expected_numbers(data)}")
        with _change:
            _changes += 1
            self._changed = _changes
            if old is not None and data.shape != old.shape:
                _reshapes = self._reshaped = _changes
        self._data = data

    @property
    def grad(self) -> "Variable | Any":
        """The gradient, a Variable, or None."""
        if Config.handler is not None:
            return Config.handler.read(self, "grad")
        return self._grad

    @grad.setter
    def grad(self, grad: Any) -> None:
        if grad is not None and not isinstance(grad, Variable):
            raise TypeError(
                f"grad{_named(self)}: expected a Variable or None, got "
                f"{shown(grad)}; write Variable(np.array(...)) for an array, "
                "x.cleargrad() to begin anew (see step 32)"
            )
        if Config.handler is not None:
            Config.handler.write(self, "grad", grad)
        self._grad = grad

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of every axis, a tuple."""
        return self._known("shape").shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self._known("ndim").ndim

    @property
    def size(self) -> int:
        """Number of elements."""
        return self._known("size").size

    @property
    def dtype(self) -> np.dtype:
        """Type of the elements."""
        return self._known("dtype").dtype

    def _known(self, what):
        """Return the array, or what stands for one whose numbers are gone."""
        if self._data is None:
            raise ValueError(
                f"{what}: this Variable{_named(self)} has no data yet, it is None; a "
                "layer's weights get theirs in its first call (see steps 9 and 44)"
            )
        return self._data

    @property
    def T(self) -> "Variable":
        """The transpose: all axes reversed."""
        return transpose(self)

    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError(
                f"len: this Variable{_named(self)} is a single number, it has no axis "
                "to count along (see step 19)"
            )
        return self.shape[0]

    def __repr__(self) -> str:
        """Return what str() does, and the name if there is one."""
        text = str(self)
        return text if self.name is None else f"{text[:-1]}, name={self.name!r})"

    def __str__(self):
        rows = str(self.data).replace("\n", "\n" + " " * 9)
        return f"variable({rows})"

    # --- the graph ---

    @property
    def is_leaf(self) -> bool:
        """True where no gradient goes further: nothing to go back to, or no need."""
        return self.creator is None or not self.requires_grad

    @property
    def grad_fn(self):
        """How backward goes on from here, as PyTorch shows it; None for a leaf."""
        return None if self.is_leaf else Node(self.creator)

    def requires_grad_(self, requires_grad=True) -> "Variable":
        """Set requires_grad of a leaf, and return self (step 66)."""
        if self.creator is not None and self.requires_grad != requires_grad:
            raise RuntimeError(
                "requires_grad_: this Variable was computed, and what computed it "
                "decides; set it on the leaves before, or use detach() (see step 66)"
            )
        self.requires_grad = flag("requires_grad_", "requires_grad", requires_grad, 66)
        return self

    def detach(self) -> "Variable":
        """Return a Variable with the same data, memory included, outside the graph."""
        return Variable(self.data, requires_grad=False)

    def set_creator(self, func) -> None:
        """Note that func computed this Variable."""
        if not isinstance(func, Function):
            raise TypeError(
                f"set_creator: expected the Function that computed this Variable, got "
                f"{shown(func)}; unchain() forgets it (see step 7)"
            )
        self.creator = func
        self.generation = func.generation + 1

    def unchain(self) -> None:
        """Forget how this Variable was computed; it becomes a leaf."""
        self.creator = None

    def unchain_backward(self) -> None:
        """Cut every Variable upstream of this one off the graph.

        Truncated back-propagation through time is this, every k steps (step 59).
        """
        waiting = [] if self.creator is None else [self.creator]
        for func in waiting:  # grows while it is read
            for x in func._inputs:
                if x.creator is not None:
                    waiting.append(x.creator)
                    x.unchain()

    def cleargrad(self) -> None:
        """Forget the gradient; the next backward starts from nothing."""
        self.grad = None

    def clear_grad(self) -> None:
        """Forget the gradient, as cleargrad does."""
        self.cleargrad()

    def retain_grad(self) -> None:
        """Have every later backward keep this Variable's gradient, leaf or not."""
        self._watched = self._retains_grad = True

    def register_hook(self, hook):
        """Have hook(gradient) called when a backward has this Variable's gradient.

        The gradient is complete then, a Variable, and has not been used yet. What the
        hook returns takes its place, unless it is None. Returns an object whose
        remove() takes the hook off again (step 65).
        """
        if not callable(hook):
            raise TypeError(
                "register_hook: expected a function of the gradient, got "
                f"{shown(hook)} (see step 65)"
            )
        self._watched = True
        return _HookHandle(self, hook)

    def backward(self, retain_grad=False, create_graph=False, gradient=None) -> None:
        """Compute the gradient of this Variable with respect to every leaf.

        Each leaf x that this Variable was computed from gets
        x.grad = x.grad + d(self)/dx, a Variable of x's shape and dtype that
        shares memory with nothing else.

        The pass starts from gradient, else from self.grad if that is set, else from
        ones: for a Variable of several elements it differentiates their sum, and with
        gradient=w the sum of self * w.

        retain_grad=True   keep the gradients of intermediate results too
        create_graph=True  record the pass itself, so that a gradient can be
                           differentiated again (step 32)
        gradient           a Variable or ndarray of self's shape (step 66)

        Raises RuntimeError for a result that recorded no graph (step 18), for a
        gradient that a pass without create_graph left (step 32), and where a formula
        needs an array that was changed since it was used; ValueError if what it starts
        from does not have self's shape.
        """
        for name, value in [
            ("retain_grad", retain_grad),
            ("create_graph", create_graph),
        ]:
            if not isinstance(value, (bool, np.bool_)):
                raise TypeError(
                    f"backward: {name} must be True or False, got {shown(value)}; "
                    "what to start from is given by name, gradient=... (see step 66)"
                )
        if self._no_graph:
            raise RuntimeError(f"backward: {self._no_graph}")
        start = self._grad if gradient is None else gradient
        if start is None:
            xp = cuda.get_array_module(self)
            ones = xp.ones(self.shape, self.dtype)
            seed = Variable(ones, requires_grad=False)
        else:
            (seed,) = _wrap([start], "backward")
            if seed.shape != self.shape:
                source = "self.grad" if gradient is None else "gradient"
                raise ValueError(
                    f"backward: the gradient it starts from, {source}, must have "
                    f"the shape of the data {self.shape}, got {seed.shape}"
                )
        if self._watched:
            seed = _pass_hooks(self, seed)
        if self.creator is None:
            if gradient is not None:  # it is the caller's, and adds to what is there
                with using_config("enable_backprop", create_graph):
                    seed = Copy()(seed) if self._grad is None else self._grad + seed
                if not create_graph:
                    seed._no_graph = _WITHOUT_CREATE_GRAPH
            self._grad = seed
            return
        if not self.requires_grad:  # nothing upstream wants a gradient
            self._grad = seed if retain_grad or self._retains_grad else None
            return

        gradients, passed = _propagate(self, seed, retain_grad, create_graph)
        # From here on nothing can fail: no pass leaves half of its gradients.
        for variable in passed:
            variable._grad = None
        for variable, gradient in gradients:
            variable._grad = gradient
            if not create_graph and variable is not self:
                gradient._no_graph = _WITHOUT_CREATE_GRAPH

    def __dir__(self):
        # Not what is only there to say how it is done here.
        return [name for name in super().__dir__() if name not in MEMBERS]

    def __getstate__(self):
        # Pickled or copied, a Variable is a leaf: the graph stays where it is.
        state = self.__dict__ | {"creator": None, "generation": 0}
        for name in ("_data", "_grad", "_hooks", "_changed", "_reshaped"):
            state.pop(name, None)
        return state | {"data": self.data, "grad": self._grad}

    def __setstate__(self, state):
        self.__dict__.update(state)
        self._data = self.__dict__.pop("data")
        self._grad = self.__dict__.pop("grad")

    # --- shape and reduction ---

    def reshape(self, *shape) -> "Variable":
        """The same data in another shape: x.reshape(2, 3), ((2, 3)), (-1,)."""
        if len(shape) == 1 and isinstance(shape[0], (tuple, list)):
            shape = shape[0]
        return reshape(self, shape)

    def transpose(self, *axes) -> "Variable":
        """The axes in another order: x.transpose(), (1, 0), ((1, 0))."""
        if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], (tuple, list))):
            axes = axes[0]
        return transpose(self, axes or None)

    @named_arguments
    def sum(self, axis=None, keepdims=False) -> "Variable":
        """Sum over axis: None for all, an int or a tuple of ints."""
        return _reduce(Sum, self, axis, keepdims)

    @named_arguments
    def max(self, axis=None, keepdims=False) -> "Variable":
        """Largest element over axis; a tie shares the gradient evenly."""
        return _reduce(Max, self, axis, keepdims)

    @named_arguments
    def min(self, axis=None, keepdims=False) -> "Variable":
        """Smallest element over axis; a tie shares the gradient evenly."""
        return _reduce(Min, self, axis, keepdims)

    def matmul(self, other) -> "Variable":
        """The matrix product self @ other."""
        return matmul(self, other)

    def dot(self, other) -> "Variable":
        """The matrix product self @ other."""
        return matmul(self, other)

    # --- functions of dezero.functions as methods, under the names that an ndarray
    # or NumPy has for them ---

    @named_arguments
    def mean(self, axis=None, keepdims=False) -> "Variable":
        """Mean over axis."""
        return _functions["mean"](self, axis, keepdims)

    @named_arguments
    def var(self, axis=None, keepdims=False, ddof=0) -> "Variable":
        """Variance over axis."""
        return _functions["var"](self, axis, keepdims, ddof)

    @named_arguments
    def std(self, axis=None, keepdims=False, ddof=0) -> "Variable":
        """Standard deviation over axis."""
        return _functions["std"](self, axis, keepdims, ddof)

    @named_arguments
    def prod(self, axis=None, keepdims=False) -> "Variable":
        """Product over axis."""
        return _functions["prod"](self, axis, keepdims)

    @named_arguments
    def cumsum(self, axis=None) -> "Variable":
        """Running sums along axis; None: of all elements in a row."""
        return _functions["cumsum"](self, axis)

    @named_arguments
    def logsumexp(self, axis=None, keepdims=False) -> "Variable":
        """log(sum(exp(x))) over axis."""
        return _functions["logsumexp"](self, axis, keepdims)

    @named_arguments
    def norm(self, axis=None, keepdims=False) -> "Variable":
        """Length of the vectors along axis; None: of all elements as one."""
        return _functions["norm"](self, axis, keepdims)

    def exp(self) -> "Variable":
        """e**x, element by element."""
        return _functions["exp"](self)

    def log(self) -> "Variable":
        """Natural logarithm."""
        return log(self)

    def sqrt(self) -> "Variable":
        """Square root."""
        return _functions["sqrt"](self)

    def square(self) -> "Variable":
        """x * x, element by element."""
        return _functions["square"](self)

    def abs(self) -> "Variable":
        """x without its sign."""
        return _functions["abs"](self)

    @named_arguments
    def clip(self, x_min, x_max) -> "Variable":
        """What lies outside x_min ... x_max moved there."""
        return _functions["clip"](self, x_min, x_max)

    def sin(self) -> "Variable":
        """Sine, of radians."""
        return _functions["sin"](self)

    def cos(self) -> "Variable":
        """Cosine, of radians."""
        return _functions["cos"](self)

    def tanh(self) -> "Variable":
        """Hyperbolic tangent."""
        return _functions["tanh"](self)

    def sigmoid(self) -> "Variable":
        """1 / (1 + exp(-x))."""
        return _functions["sigmoid"](self)

    def relu(self) -> "Variable":
        """x where it is positive, else 0."""
        return _functions["relu"](self)

    @named_arguments
    def leaky_relu(self, slope=0.2) -> "Variable":
        """x where it is positive, else slope * x."""
        return _functions["leaky_relu"](self, slope)

    def elu(self, alpha=1.0) -> "Variable":
        """x where it is positive, else alpha * (exp(x) - 1)."""
        return _functions["elu"](self, alpha)

    def gelu(self) -> "Variable":
        """x * P(z <= x) for a standard normal z, nearly."""
        return _functions["gelu"](self)

    def silu(self) -> "Variable":
        """x * sigmoid(x)."""
        return _functions["silu"](self)

    def softplus(self) -> "Variable":
        """log(1 + exp(x))."""
        return _functions["softplus"](self)

    @named_arguments
    def softmax(self, axis=1) -> "Variable":
        """exp(x) / sum(exp(x)) along axis."""
        return _functions["softmax"](self, axis)

    @named_arguments
    def log_softmax(self, axis=1) -> "Variable":
        """log(softmax(x)) along axis."""
        return _functions["log_softmax"](self, axis)

    @named_arguments
    def squeeze(self, axis=None) -> "Variable":
        """The same data without axes of length 1: all such, or those in axis."""
        return _functions["squeeze"](self, axis)

    def flatten(self) -> "Variable":
        """All elements in one row, as an ndarray's; F.flatten keeps the first axis."""
        return reshape(self, (self.size,))

    def ravel(self) -> "Variable":
        """All elements in one row."""
        return reshape(self, (self.size,))

    def copy(self) -> "Variable":
        """The same values in memory of their own, still in the graph."""
        return Copy()(_as_input("copy", self))

    def astype(self, dtype) -> "Variable | Any":
        """The same values as another type of float, still in the graph.

        Whole numbers and truths have no derivative: such a dtype gives an ndarray.
        """
        return _functions["astype"](self, dtype)

    # --- devices ---

    def to_cpu(self) -> None:
        """Move data, and the gradient, into main memory, in place."""
        _move(self, cuda.as_numpy)

    def to_gpu(self) -> None:
        """Move data, and the gradient, to the GPU, in place (step 52)."""
        _move(self, cuda.as_cupy)

    # --- operators: Python looks the functions up when an operator runs, so
    # they can be defined further down ---

    def __add__(self, other) -> "Variable":
        return add(self, other)

    def __radd__(self, other) -> "Variable":
        return add(other, self)

    def __sub__(self, other) -> "Variable":
        return sub(self, other)

    def __rsub__(self, other) -> "Variable":
        return sub(other, self)

    def __mul__(self, other) -> "Variable":
        return mul(self, other)

    def __rmul__(self, other) -> "Variable":
        return mul(other, self)

    def __truediv__(self, other) -> "Variable":
        return div(self, other)

    def __rtruediv__(self, other) -> "Variable":
        return div(other, self)

    def __pow__(self, other) -> "Variable":
        return pow(self, other)

    def __rpow__(self, other) -> "Variable":
        return pow(other, self)

    def __matmul__(self, other) -> "Variable":
        return matmul(self, other)

    def __rmatmul__(self, other) -> "Variable":
        return matmul(other, self)

    def __neg__(self) -> "Variable":
        return neg(self)

    def __pos__(self) -> "Variable":
        return self

    def __abs__(self) -> "Variable":
        return self.abs()

    def __getitem__(self, slices) -> "Variable":
        return get_item(self, slices)

    def __setitem__(self, slices, value):
        raise TypeError(
            "Variable: x[...] = value would change what the graph has already "
            "used; edit a leaf's array instead, x.data[...] = value, or build the "
            "new value from the old one (see step 47)"
        )

    def __iter__(self) -> Iterator["Variable"]:
        if self.ndim == 0:
            raise TypeError("Variable: a 0-d Variable cannot be iterated over")
        return (self[i] for i in range(len(self)))

    # What has no derivative leaves the graph, as ndarrays: truths, and places.

    def __lt__(self, other) -> Any:
        return _compared("<", operator.lt, self, other)

    def __le__(self, other) -> Any:
        return _compared("<=", operator.le, self, other)

    def __gt__(self, other) -> Any:
        return _compared(">", operator.gt, self, other)

    def __ge__(self, other) -> Any:
        return _compared(">=", operator.ge, self, other)

    def argmax(self, axis=None) -> ndarray:
        """The place of the largest element along axis, as an ndarray of ints."""
        return _place_of("argmax", self, axis)

    def argmin(self, axis=None) -> ndarray:
        """The place of the smallest element along axis, as an ndarray of ints."""
        return _place_of("argmin", self, axis)

    # --- leaving for Python and NumPy ---

    def __bool__(self) -> bool:
        of_many = "of more it is ambiguous: all or any?"
        return bool(_only_element(self, "bool", ValueError, of_many))

    def __float__(self) -> float:
        return float(_only_element(self, "float").item())

    def __int__(self) -> int:
        return int(_only_element(self, "int").item())

    def item(self) -> Any:
        """The only element, as a Python number."""
        advice = "x.tolist() gives all of them"
        return _only_element(self, "item", ValueError, advice).item()

    def tolist(self) -> Any:
        """The elements as Python numbers, in nested lists."""
        return _as_input("tolist", self).data.tolist()

    def __round__(self, ndigits=None) -> Any:
        array = _only_element(self, "round", advice="use np.round(x.data, 3)")
        return round(array.item(), ndigits)

    def __format__(self, spec) -> str:
        if not spec:
            return str(self)
        array = _only_element(
            self, f"format {spec!r}", advice="use np.round(x.data, 3)"
        )
        return format(array.item(), spec)

    def __array__(self, dtype=None, copy=None):
        raise TypeError(
            "Variable: NumPy would lose the graph here; use x.data for the array, "
            "or a function of dezero.functions to stay in the graph"
        )

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        # NumPy asks here before it computes `array + x` or np.sin(x).
        name = ufunc.__name__
        function = _OF_NUMPY.get(name)
        out = kwargs.pop("out", None)
        if out and out[0] is inputs[0]:  # `array += x` rebinds the name to a Variable
            out = None
        if function is None or method != "__call__" or kwargs or out:
            raise TypeError(_lost(name if method == "__call__" else f"{name}.{method}"))
        return function(*inputs)

    def __array_function__(self, function, types, args, kwargs):
        # NumPy asks here before it computes np.sum(x) or np.concatenate([x, y]).
        ours = _OF_NUMPY.get(function.__name__)
        if ours is None:
            raise TypeError(_lost(function.__name__))
        try:
            inspect.signature(ours).bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(
                f"np.{function.__name__} of a Variable: {error}; the arguments here "
                f"are {inspect.signature(ours)}, or use x.data for the array"
            ) from None
        return ours(*args, **kwargs)


class Parameter(Variable):
    """A Variable that a Layer trains (step 44)."""


def _compared(who, compare, x, other):
    """Return the truths of x < other or the like, of arrays."""
    try:
        return compare(x.data, _unwrap(other))
    except (ValueError, TypeError) as error:
        raise _explained(who, error, x, other) from error


def _place_of(who, x, axis):
    """Return the place of the largest or smallest element, an ndarray of ints."""
    x = _as_input(who, x)
    axis = None if axis is None else _one_axis(who, axis, x.ndim, 61)
    if x.size == 0:
        raise ValueError(f"{who}: no element of an x of shape {x.shape} (see step 61)")
    return as_array(getattr(x.data, who)(axis))


def _lost(name):
    """Return what an error says when NumPy's function of that name is refused."""
    ours = f"F.{name}, or " if name in _functions else ""
    return (
        f"Variable: np.{name} would lose the graph; use {ours}x.data for the array "
        "(see step 21)"
    )


teach_members(Variable, MEMBERS)


def setup_variable():
    """Do nothing: Variable has its operators in its class body.

    Programs for DeZero call this to attach them.
    """


def as_array(x, array_module=np):
    """Return a number as a 0-d array, a list as an array, an array as it is."""
    if isinstance(x, ndarray):  # most are; np.isscalar takes ten times as long
        return x
    if isinstance(x, np.generic):  # what NumPy makes of a 0-d result
        return array_module.asarray(x)
    if np.isscalar(x) or isinstance(x, (list, tuple)):
        try:
            return array_module.array(x)
        except ValueError as error:
            raise ValueError(f"as_array: {error} (see step 9)") from None
    return x


def _only_element(x, who, error=TypeError, advice="pick one, or take the x.sum()"):
    """Return the array of x if it has one element, whatever the number of axes."""
    if x.size != 1:
        raise error(
            f"{who}: expected a Variable of one element, got the shape "
            f"{x.shape}; {advice} (see step 19)"
        )
    return x.data


def _as_data(variable, data):
    """Return what data is set to as an array: a NumPy number. Refuse the rest."""
    if isinstance(data, generic):  # what NumPy makes of a 0-d x.data * 2
        array = asarray(data)
        if array.dtype.kind in _NUMBERS:
            return array
        expected = _expected_numbers(array)
    elif isinstance(data, Variable):
        expected = (
            "expected an ndarray, got a Variable; compute with arrays here, "
            "x.data -= lr * x.grad.data (see step 28)"
        )
    else:
        expected = (
            f"expected an ndarray or None, got {shown(data)}; wrap it: "
            "x.data = np.array(...) (see step 9)"
        )
    raise TypeError(f"the data of a Variable{_named(variable)}: {expected}")


def _expected_numbers(array):
    """Return the sentence about an array whose dtype is none of ours."""
    return (
        f"an array of {array.dtype} is not supported, expected real numbers: a "
        "floating, integer or bool dtype (see step 9)"
    )


def as_variable(obj) -> Variable:
    """Return a Variable as it is, an array wrapped in a new one."""
    if isinstance(obj, Variable):
        return obj
    return Variable(obj)


def _move(variable, convert):
    """Convert the array of a Variable, and that of its gradient, in place."""
    if variable.data is not None:
        variable._data = convert(variable.data)  # the same numbers: no change
    if variable.grad is not None:
        _move(variable.grad, convert)


def _unwrap(x):
    """Return the array of a Variable; anything else unchanged."""
    return x.data if isinstance(x, Variable) else x


# --- the backward pass --------------------------------------------------------


def _functions_behind(variable):
    """Return the Functions that variable was computed by, the last one first.

    One sort of all of them by generation: near-linear however wide the graph,
    and in a quarter of the time of step 16's heap on 4,000 Functions.
    """
    functions = [variable.creator]
    seen = {variable.creator}
    for func in functions:  # grows while it is read
        for x in func._inputs:
            creator = x.creator
            if creator is not None and creator not in seen and x.requires_grad:
                seen.add(creator)
                functions.append(creator)
    functions.sort(key=_generation, reverse=True)
    return functions


_generation = operator.attrgetter("generation")


def _propagate(start, seed, retain_grad, create_graph):
    """Carry seed from start to the leaves.

    Returns the list of (variable, new value of its grad), a Variable each, and
    the list of variables whose grad is to be forgotten.

    Gradients under way are ndarrays, or Variables when create_graph.
    """
    _Config.passes += 1
    state = Config.__dict__  # this thread's
    old = {name: getattr(Config, name) for name in ("enable_backprop", *_INTERNAL)}
    bare = not create_graph and _DEFERS
    state.update(enable_backprop=bool(create_graph), bare=bare, passing=True)
    try:
        return _carry(start, seed, retain_grad, create_graph)
    finally:
        state.update(old)


def _carry(start, seed, retain_grad, create_graph):
    """Do what _propagate says, with Config set."""
    gradients = {start: seed if create_graph else seed._data}
    take = gradients.get if retain_grad else gradients.pop
    summed = set()  # variables whose gradient under way is a buffer of our own
    passed = []
    functions = _functions_behind(start)
    if _reshapes:
        _check_shapes(functions)
    for func in functions:
        gys = []
        missing = 0
        for reference in func._outputs:
            y = reference()
            gy = take(y, None)
            if type(gy) is _Products:
                gy = gy.array()
            if gy is None:
                missing += 1
            elif not create_graph and gy.dtype is not y._data.dtype:
                gy = _like(y, gy)
            gys.append(gy)
            if y is None:
                continue
            if y._watched and gy is not None:
                gys[-1] = gy if y is start else _pass_hooks(y, gy)
                if retain_grad or y._retains_grad:
                    gradients[y] = gys[-1]
            if y._grad is not None and not (retain_grad or y._retains_grad):
                passed.append(y)
        if missing:
            if missing == len(gys):
                continue  # a Function further on answered "no gradient"
            gys = func._fill_with_zeros(gys, create_graph)

        if Config.handler is not None:
            gxs = Config.handler.backward(func, gys)
        elif func._knows_arrays:
            gxs = func.backward(*gys)
            if not isinstance(gxs, tuple):
                gxs = (gxs,)
        else:
            gxs = _backward_from_outside(func, gys, create_graph)

        for x, gx in zip(func._inputs, gxs):
            if gx is None or not x.requires_grad:
                continue
            known = gradients.get(x)
            if type(gx) is _Products and known is not None:
                if type(known) is _Products:
                    known.extend(gx)
                    continue
                gx = gx.array()
            elif type(known) is _Products:
                known = known.array()
            if known is None:
                gradients[x] = gx
            elif x in summed:
                known += gx  # in place: half the memory traffic
            else:
                gradients[x] = total = known + gx
                if isinstance(total, ndarray) and total.dtype.kind == "f":
                    summed.add(x)
    if create_graph:
        return _settle_variables(gradients, start, seed), passed
    return _settle_arrays(gradients, start, seed), passed


def _check_shapes(functions):
    """Raise RuntimeError where an input has another shape than in the call."""
    for func in functions:
        for i, x in enumerate(func._inputs):
            if x._reshaped > func._time:
                func._gone(x, f"input {i}").refuse()


def _sum_later(make, xs, b):
    """Return make(*xs).T @ b as the gradient of an input that may get many such.

    make works row by row, and the xs have as many rows as b.
    """
    if Config.bare == _DEFERS:
        return _Products(make, xs, b)
    return make(*xs).T.dot(b)


class _Products:
    """A gradient on its way in a bare backward: a sum of products, not computed yet.

    A weight that serves every step of a sequence gets one a step. Put under each other,
    few rows become many, and one product of them takes less time than products and
    sums apart: 30 steps of an LSTM of 256, one row each, 6 ms in all against 27.
    """

    ROWS = 150  # how many wait at most: they take memory

    def __init__(self, make, xs, b):
        self.make = make
        self.waiting = [(*xs, b)]
        self.rows = len(b)  # that wait
        self.total = None

    def extend(self, other):
        """Add other, which is of no use afterwards."""
        self.waiting += other.waiting
        self.rows += other.rows
        if self.rows >= self.ROWS:
            self.total, self.waiting, self.rows = self.array(), [], 0

    def array(self):
        """Return the sum."""
        if not self.waiting:
            return self.total
        xp = cuda.get_array_module(self.waiting[0][0])
        *xs, b = (xp.concatenate(arrays) for arrays in zip(*self.waiting))
        # b is a transpose: the other way round, a.T.dot(b), takes 7 % longer
        product = b.T.dot(self.make(*xs)).T
        if self.total is not None:
            product += self.total
        return product


def gradients_of(y, xs, seed, create_graph):
    """Return dy/dx, times seed, for each x of xs; None where y does not use it.

    For dezero.func: no Variable's grad is read or changed, and nothing behind xs is
    visited, although they may have been computed themselves.
    """
    if y.creator is None or not y.requires_grad or any(x is y for x in xs):
        return [seed if x is y else None for x in xs]
    creators = [x.creator for x in xs]
    for x in xs:
        x.creator = None
    try:
        settled, _ = _propagate(y, seed, False, create_graph)
    finally:
        for x, creator in zip(xs, creators):
            x.creator = creator
    found = dict(settled)
    return [found.get(x) for x in xs]


def _backward_from_outside(func, gys, create_graph):
    """Run the backward of a Function written outside the package.

    It gets Variables, and what it returns is checked: one gradient for each
    input, in that input's shape. The last may be missing if nobody needs them.
    """
    if create_graph:
        gxs = func.backward(*gys)
    else:
        bare, Config.bare = Config.bare, False
        try:
            gys = [Variable(as_array(gy), requires_grad=False) for gy in gys]
            gxs = func.backward(*gys)
        finally:
            Config.bare = bare
    name = type(func).__name__
    if isinstance(gxs, list):
        raise TypeError(
            f"{name}.backward: expected one gradient or a tuple of them, got a list; "
            "write return gx0, gx1 (see step 13)"
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
            (gx,) = _wrap([gx], f"{name}.backward")
            if gx.shape != x.shape:
                raise ValueError(
                    f"{name}.backward: the gradient of input {i} must have that "
                    f"input's shape {x.shape}, got {gx.shape} (see step 40)"
                )
            if not create_graph:
                # A copy: the array may be one that the Function keeps.
                gx = gx.data.copy()
        checked.append(gx)
    return checked


def _returns_nothing(method):
    """Return whether a method has no return in its source: None was not meant."""
    try:
        return "return" not in inspect.getsource(method)
    except (OSError, TypeError):  # no source, as of what was typed at a prompt
        return False


class _HookHandle:
    """What register_hook returns."""

    def __init__(self, variable, hook):
        if not variable._hooks:
            variable._hooks = {}
        # The Variable's dict and not the Variable: no cycle of references.
        self._hooks = variable._hooks
        self._key = object()
        self._hooks[self._key] = hook

    def remove(self):
        """Take the hook off; a second time does nothing."""
        self._hooks.pop(self._key, None)


def _pass_hooks(x, gradient):
    """Return the gradient of x, a Variable or an array, after the hooks of x."""
    if not x._hooks:
        return gradient
    is_array = not isinstance(gradient, Variable)
    if is_array:
        gradient = Variable(as_array(gradient), requires_grad=False)
    bare, Config.bare = Config.bare, False  # hooks are written outside the package
    try:
        for hook in list(x._hooks.values()):
            result = hook(gradient)
            if result is not None:
                gradient = as_variable(as_array(result))
            if gradient.shape != x.shape:
                raise ValueError(
                    "register_hook: a hook must return None or a gradient of the "
                    f"Variable's shape {x.shape}, got {gradient.shape} (see step 65)"
                )
    finally:
        Config.bare = bare
    return gradient.data if is_array else gradient


def _like(x, gradient):
    """Return the gradient of x in x's dtype, if that is floating.

    float64 comes in by a float64 input beside a float32 one and, on NumPy 1, by
    a 0-d float32 times a Python number.
    """
    if gradient.dtype != x.dtype and x.dtype.kind in "fc":
        return gradient.astype(x.dtype)
    return gradient


def _owner(array):
    """Return the array whose memory this one shows."""
    return array if array.base is None else array.base


def _is_read_only(array):
    """Return whether nobody may write to array.

    CuPy does not say. So of its arrays every view counts: one may show a number many
    times.
    """
    if isinstance(array, ndarray):
        return not array.flags.writeable
    return array.base is not None


def _grad_so_far(variable):
    """Return the gradient that the new one is added to."""
    if variable._grad.shape != variable.shape:
        raise ValueError(
            f"backward: the gradient is added to the grad of a leaf{_named(variable)}, "
            f"which must have the shape of its data {variable.shape}, got "
            f"{variable._grad.shape}; call cleargrad() before (see step 14)"
        )
    return variable._grad


def _settle_arrays(gradients, start, seed):
    """Make each gradient a Variable whose memory is its own.

    d(a + b) = (gy, gy), and the gradient of a sum is a view: what backward
    carried may belong to two leaves, or be read-only.
    """
    settled = []
    taken = {id(_owner(seed._data))}
    for variable, array in gradients.items():
        if variable is start:  # retained as it was set
            settled.append((variable, seed))
            continue
        if type(array) is _Products:
            array = array.array()
        if variable._watched and variable.creator is None:
            array = _pass_hooks(variable, array)
        array = as_array(_like(variable, array))
        if id(_owner(array)) in taken or _is_read_only(array):
            array = array.copy()
        taken.add(id(_owner(array)))
        if variable._grad is not None:
            array = as_array(_grad_so_far(variable).data + array)
        settled.append((variable, Variable(array)))
    return settled


def _settle_variables(gradients, start, seed):
    """Make each gradient a Variable of its own, still part of the graph."""
    settled = []
    given = {seed}
    taken = {id(_owner(seed._data))}
    for variable, gradient in gradients.items():
        if variable is start:
            settled.append((variable, seed))
            continue
        if variable._watched and variable.creator is None:
            gradient = _pass_hooks(variable, gradient)
        if gradient in given or gradient is variable:
            gradient = Copy()(gradient)
        gradient._data = array = _like(variable, gradient._data)
        if id(_owner(array)) in taken or _is_read_only(array):
            gradient._data = array.copy()
        given.add(gradient)
        taken.add(id(_owner(gradient._data)))
        if variable._grad is not None:
            gradient = _grad_so_far(variable) + gradient
        settled.append((variable, gradient))
    return settled


# --- Function -----------------------------------------------------------------


_new_object = object.__new__


class Function:
    """A computation that knows its derivative; each call is a node of the graph.

    A subclass writes two methods:

        forward(self, *xs)     ndarrays in, one ndarray or a tuple out
        backward(self, *gys)   gradients of the outputs in, gradients of the
                               inputs out, one each; None for "no gradient"

    In a subclass written outside the package, backward gets and returns
    Variables. A call records, unless Config.enable_backprop is off:

        inputs       list of the input Variables
        outputs      list of weak references to the output Variables
        generation   the largest generation among the inputs
    """

    _inputs = None
    _outputs = ()
    _time = 0  # what _changes was at the call

    # Set for classes of the package: what their methods can be handed.
    _takes_scalars = False  # forward: 0-d arrays as NumPy scalars
    _knows_arrays = False  # backward: bare arrays

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if cls.__init__ is object.__init__ and not cls.__module__.startswith("dezero."):
            cls.__init__ = _take_nothing
        cls._takes_scalars = _is_from_package(cls, "forward")
        cls._knows_arrays = _is_from_package(cls, "backward")

    def __call__(self, *inputs) -> Variable:
        if Config.handler is not None:
            return Config.handler.call(self, inputs)
        if not Config.enable_backprop:
            return self._call_without_graph(inputs)
        arrays = []
        takes_scalars = self._takes_scalars
        generation = 0
        requires_grad = False
        for x in inputs:
            if not isinstance(x, Variable):
                return self(*_wrap(inputs, type(self).__name__))
            array = x._data
            if takes_scalars and array is not None and array.ndim == 0:
                # 0-d arrays as NumPy scalars: arithmetic on these takes a seventh.
                array = array[()]
            arrays.append(array)
            if x.requires_grad:
                requires_grad = True
            if x.generation > generation:
                generation = x.generation
        if self._inputs is not None:
            self = self._keep_old_record()

        try:
            y = self.forward(*arrays)
        except Exception as error:
            _explain(self, inputs, error)
            raise
        self.generation = generation
        self._inputs = inputs
        self._time = _changes
        if isinstance(y, tuple):
            return self._record_outputs(y, requires_grad)
        # The usual case, one output, is written out, and without __init__: what
        # forward returns need not be checked twice. 10 % of a scalar chain.
        if not isinstance(y, ndarray):
            y = asarray(y) if isinstance(y, generic) else self._as_result(y)
        output = _new_object(Variable)
        output._data = y
        output.name = None
        output._grad = None
        output.creator = self
        output.generation = generation + 1
        output.requires_grad = requires_grad
        self._outputs = (weakref.ref(output),)
        return output

    def _keep_old_record(self):
        """Return what the next call may change: self, whose record goes to a copy.

        The copy is from then on what computed the old outputs. Where self has to stay
        that, it is the next call that gets the copy: while a backward pass visits self,
        and if self has a backward of its own, which knows it (see static).
        """
        outputs = [y for reference in self._outputs if (y := reference()) is not None]
        if not outputs:
            return self
        twin = copy.copy(self)
        if Config.passing or "backward" in vars(self):
            return twin
        for y in outputs:
            if y.creator is self:
                y.creator = twin
        return self

    def _record_outputs(self, arrays, requires_grad):
        """Wrap and link several outputs."""
        self._check_some(arrays)
        outputs = [Variable(self._as_result(y), None, requires_grad) for y in arrays]
        for y in outputs:
            y.set_creator(self)
        self._outputs = tuple(weakref.ref(y) for y in outputs)
        # An output that is dropped still has a gradient, zeros of its shape.
        self._shapes = [(y.data.shape, y.data.dtype) for y in outputs]
        return outputs if len(outputs) > 1 else outputs[0]

    def _as_result(self, y):
        """Return what forward returned as an ndarray: NumPy makes 0-d ones scalars."""
        if isinstance(y, ndarray):
            return y
        if isinstance(y, np.generic):
            return np.asarray(y)
        if cuda.is_array(y) or isinstance(y, numbers.Number):
            return as_array(y)
        advice = ""
        if y is None:
            advice = "; is a return missing?"
        elif isinstance(y, Variable):
            advice = "; forward computes with NumPy, np.exp and not F.exp"
        raise TypeError(
            f"{type(self).__name__}.forward: expected an ndarray, or a tuple of them, "
            f"got {type(y).__name__}{advice} (see step 11)"
        )

    def _check_some(self, results):
        """Raise TypeError if forward returned an empty tuple."""
        if not results:
            raise TypeError(
                f"{type(self).__name__}.forward: expected an ndarray, or a tuple of "
                "them, got an empty tuple (see step 11)"
            )

    def _call_without_graph(self, inputs):
        """Compute the outputs and record nothing."""
        if Config.bare:
            for x in inputs:
                if isinstance(x, Variable):
                    break
            else:
                return self.forward(*inputs)
        if self._inputs is not None:
            self = self._keep_old_record()
        inputs = _wrap(inputs, type(self).__name__)
        try:
            results = self.forward(*[x._data for x in inputs])
        except Exception as error:
            _explain(self, inputs, error)
            raise
        if not isinstance(results, tuple):
            results = (results,)
        self._check_some(results)
        outputs = [Variable(self._as_result(y)) for y in results]
        for y in outputs:
            y._no_graph = _UNDER_NO_GRAD
        return outputs if len(outputs) > 1 else outputs[0]

    # Any, so that an editor takes every forward(self, x) of a subclass.
    def forward(self, *xs: Any, **options: Any) -> Any:
        """Compute the outputs from ndarrays."""
        raise NotImplementedError(
            f"{type(self).__name__}: write forward(self, *xs) (see step 2)"
        )

    def backward(self, *gys: Any, **options: Any) -> Any:
        """Compute the gradients of the inputs from those of the outputs."""
        raise NotImplementedError(
            f"{type(self).__name__}: write backward(self, *gys) (see step 6)"
        )

    @property
    def inputs(self):
        """The inputs of the recorded call; arrays while a bare backward runs.

        For backward, those that were changed since are only shapes.
        """
        if Config.bare:
            xs = []
            for x in self._inputs:  # a loop: half the time of a comprehension
                x = x._data
                xs.append(x[()] if x is not None and x.ndim == 0 else x)
        else:
            xs = list(self._inputs or ())
        if self._time != _changes and Config.passing:
            for i, x in enumerate(self._inputs):
                if x._changed > self._time:
                    xs[i] = self._gone(x, f"input {i}")
        return xs

    @property
    def outputs(self):
        """Weak references to the outputs of the recorded call."""
        return list(self._outputs)

    def output(self):
        """The only output of the recorded call; its array in a bare backward."""
        y = self._outputs[0]()
        if self._time != _changes and Config.passing and y._changed > self._time:
            return self._gone(y, "its output")
        return y._data if Config.bare else y

    def _gone(self, x, place):
        """Return what backward gets for x, whose numbers are not those of forward."""
        name = type(self).__name__
        kind = "Parameter" if isinstance(x, Parameter) else "Variable"
        what = f"{name}: {place}, the {kind}{_named(x)} of shape {x.shape},"
        if x.data is None:
            what += (
                " has no data any more, it was set to None after forward, and the "
                f"backward of {name} needs it (see step 43)"
            )
        else:
            what += (
                " was changed after forward, by an optimizer or by hand, so backward "
                "would be wrong; compute the loss anew, and call backward before the "
                "update (see step 46)"
            )
        return _Gone(x._data, what)

    def needs_grad(self, i):
        """Return whether backward has any use for the gradient of input i."""
        x = self._inputs[i]
        return x.requires_grad and x._data is not None

    def _fill_with_zeros(self, gys, create_graph):
        """Return gys with zeros for outputs that the result does not depend on."""
        xp = cuda.get_array_module(self._inputs[0])
        filled = []
        for gy, (shape, dtype) in zip(gys, self._shapes):
            if gy is None:
                gy = xp.zeros(shape, dtype)
                if create_graph:
                    gy = Variable(gy, requires_grad=False)
            filled.append(gy)
        return filled


def _take_nothing(self, *args, **kwargs):
    """The __init__ of a Function that has none: what it computes on comes later."""
    if args or kwargs:
        name = type(self).__name__
        raise TypeError(
            f"{name}: made with arguments, which belong to the call; make one first, "
            f"then call it: {name}()(x) (see step 2)"
        )


def _is_from_package(cls, name):
    """Return whether cls has that method from a class of the package."""
    owner = next(c for c in cls.__mro__ if name in vars(c))
    return owner is not Function and owner.__module__.startswith("dezero.")


def _wrap(inputs, name):
    """Return inputs with everything that is not a Variable made into one.

    It needs no gradient. A number takes the dtype of the floating arrays beside
    it, so that float32 * 2.0 is float32 on every NumPy.
    """
    dtype = xp = None
    wrapped = []
    for i, x in enumerate(inputs):
        if not isinstance(x, Variable):
            if xp is None and not isinstance(x, ndarray):
                xp, dtype = _surroundings(inputs)
            if isinstance(x, (float, int)) or isinstance(x, numbers.Real):
                array = xp.array(x, dtype)
            else:
                array = _as_array_if_any(x, xp)
            if array is not None and not _holds_numbers(array):
                kind = type(x).__name__
                if kind in ("ndarray", "list", "tuple") and cuda.is_array(array):
                    kind = f"{kind} of {array.dtype}"
                raise TypeError(
                    f"{name}: {kind} is not supported, expected a Variable, an array "
                    f"or a number as input {i} (see step 21)"
                )
            x = Variable(array, requires_grad=False)
        wrapped.append(x)
    return wrapped


def _as_array_if_any(x, xp):
    """Return x as an array where that can be; else, x itself."""
    if type(x) is _Gone:
        x.refuse()
    try:
        return as_array(x, xp)
    except (TypeError, ValueError):  # a list of Variables, or of rows not of a length
        return x


def _holds_numbers(x):
    return cuda.is_array(x) and x.dtype.kind in _NUMBERS


def _explain(func, inputs, error):
    """Raise an error that says why forward failed, where that can be seen."""
    name = type(func).__name__
    for i, x in enumerate(inputs):
        if type(x._data) is _Gone and isinstance(error, RuntimeError):
            raise RuntimeError(
                f"{name}: input {i}{_named(x)} has no data any more, it was set to "
                "None (see step 43)"
            ) from error
        if x._data is None and "NoneType" in str(error):
            raise ValueError(
                f"{name}: input {i}{_named(x)} has no data, it is None; give it an "
                "array first (see step 9)"
            ) from error
    arrays = [x._data for x in inputs if cuda.is_array(x._data)]
    modules = {cuda.get_array_module(x) for x in arrays}
    if isinstance(error, TypeError) and len(modules) > 1:
        raise TypeError(
            f"{name}: arrays of NumPy and of CuPy do not mix; move all that belongs "
            "together, by to_gpu() or to_cpu() (see step 52)"
        ) from error
    if _is_from_package(type(func), "forward"):
        return
    # x.data of an ndarray is its memory, x.grad an AttributeError
    is_memory = isinstance(error, TypeError) and "memoryview" in str(error)
    if is_memory or cuda.is_array(getattr(error, "obj", None)):
        wanted = "data" if is_memory else error.name
        raise TypeError(
            f"{name}.forward: its arguments are ndarrays, not Variables, so there is "
            f"no x.{wanted}; compute with x itself, as NumPy does (see step 2)"
        ) from error


def _surroundings(inputs):
    """Return the array module of inputs and their floating dtype, None if none is."""
    arrays = [_unwrap(x) for x in inputs]
    arrays = [x for x in arrays if cuda.is_array(x)]
    xp = cuda.get_array_module(arrays[0]) if arrays else np
    dtypes = [x.dtype for x in arrays if x.dtype.kind in "fc"]
    if len(dtypes) == 1:
        return xp, dtypes[0]
    return xp, np.result_type(*dtypes) if dtypes else None


class Copy(Function):
    """The same values in memory of their own.

    y = x
    gx = gy
    """

    def forward(self, x):
        return x.copy()

    def backward(self, gy):
        return gy


# --- arithmetic: shapes broadcast as in NumPy, gradients are summed back ------


class Add(Function):
    """y = x0 + x1, gx0 = gy, gx1 = gy."""

    def forward(self, x0, x1):
        return x0 + x1

    def backward(self, gy):
        x0, x1 = self._inputs  # Variables in either kind of pass: for their shapes
        return sum_to(gy, x0._data.shape), sum_to(gy, x1._data.shape)


class Sub(Function):
    """y = x0 - x1, gx0 = gy, gx1 = -gy."""

    def forward(self, x0, x1):
        return x0 - x1

    def backward(self, gy):
        x0, x1 = self._inputs
        gx0 = sum_to(gy, x0._data.shape)
        gx1 = sum_to(-gy, x1._data.shape) if x1.requires_grad else None
        return gx0, gx1


class Mul(Function):
    """y = x0 * x1, gx0 = gy * x1, gx1 = gy * x0."""

    def forward(self, x0, x1):
        return x0 * x1

    def backward(self, gy):
        x0, x1 = self.inputs
        gx0 = sum_to(gy * x1, x0.shape) if self.needs_grad(0) else None
        gx1 = sum_to(gy * x0, x1.shape) if self.needs_grad(1) else None
        return gx0, gx1


class Div(Function):
    """y = x0 / x1, gx0 = gy / x1, gx1 = gy * (-x0 / x1**2)."""

    def forward(self, x0, x1):
        return x0 / x1

    def backward(self, gy):
        x0, x1 = self.inputs
        gx0 = sum_to(gy / x1, x0.shape) if self.needs_grad(0) else None
        gx1 = sum_to(gy * (-x0 / x1**2), x1.shape) if self.needs_grad(1) else None
        return gx0, gx1


class Neg(Function):
    """y = -x, gx = -gy."""

    def forward(self, x):
        return -x

    def backward(self, gy):
        return -gy


class Pow(Function):
    """y = x**c with a constant c, gx = c * x**(c - 1) * gy.

    c is a number, or an array that broadcasts with x.
    """

    def __init__(self, c):
        self.c = c.item() if isinstance(c, np.generic) else c

    def forward(self, x):
        c = self.c
        if isinstance(c, int) and 0 < c < 5:
            # On float32 x**3 takes 20 to 200 times as long as x * x * x.
            y = x * x if c > 1 else x.copy()  # +x refuses bools
            for _ in range(c - 2):
                y = y * x
            return y
        if x.dtype.kind == "f" and isinstance(c, numbers.Real):
            c = x.dtype.type(c)  # on NumPy 1, 0-d float32 ** float is float64
        return x**c

    def backward(self, gy):
        (x,) = self.inputs
        c = self.c
        if getattr(c, "ndim", 0) == 0:
            if c == 0:  # and not 0 * x**-1, which is nan at 0
                return where(np.False_, gy, 0)
            less = c - 1
        else:
            less = cuda.get_array_module(c).where(c == 0, 1, c - 1)
            gy = where(c != 0, gy, 0)
        return sum_to(c * x**less * gy, x.shape)


class PowVariable(Function):
    """y = x0**x1, gx0 = gy * x1 * x0**(x1 - 1), gx1 = gy * y * log(x0).

    Where x0 is 0, its logarithm is left out: 0**x1 stays 0 as x1 moves. Where x1 is 0
    as well, x0**0 stays 1 as x0 moves, and there is no 0**-1.
    """

    def forward(self, x0, x1):
        self.zeros = (x0 == 0) & (x1 >= 0)
        self.both_zeros = self.zeros & (x1 == 0)
        return x0**x1

    def backward(self, gy):
        x0, x1 = self.inputs
        gx0 = gx1 = None
        if self.needs_grad(0):
            less = x1 - 1 + self.both_zeros
            g = where(self.both_zeros, 0, gy)
            gx0 = sum_to(g * x1 * x0**less, x0.shape)
        if self.needs_grad(1):
            g = where(self.zeros, 0, gy)
            gx1 = sum_to(g * x0**x1 * log(x0 + self.zeros), x1.shape)
        return gx0, gx1


class Log(Function):
    """y = log(x), the natural logarithm; gx = gy / x."""

    def forward(self, x):
        return cuda.get_array_module(x).log(x)

    def backward(self, gy):
        (x,) = self.inputs
        return gy / x


def add(x0, x1) -> Variable:
    """Return x0 + x1. Either may be a Variable, an array or a number."""
    try:
        return Add()(x0, x1)
    except (ValueError, TypeError) as error:
        raise _explained("add", error, x0, x1) from error


def sub(x0, x1) -> Variable:
    """Return x0 - x1."""
    try:
        return Sub()(x0, x1)
    except (ValueError, TypeError) as error:
        raise _explained("sub", error, x0, x1) from error


def rsub(x0, x1) -> Variable:
    """Return x1 - x0."""
    return sub(x1, x0)


def mul(x0, x1) -> Variable:
    """Return x0 * x1."""
    try:
        return Mul()(x0, x1)
    except (ValueError, TypeError) as error:
        raise _explained("mul", error, x0, x1) from error


def div(x0, x1) -> Variable:
    """Return x0 / x1."""
    try:
        return Div()(x0, x1)
    except (ValueError, TypeError) as error:
        raise _explained("div", error, x0, x1) from error


def rdiv(x0, x1) -> Variable:
    """Return x1 / x0."""
    return div(x1, x0)


def neg(x) -> Variable:
    """Return -x."""
    try:
        return Neg()(x)
    except (ValueError, TypeError) as error:
        raise _explained("neg", error, x) from error


def _explained(who, error, *xs):
    """Return the error to raise where NumPy could not compute: one that teaches.

    Looking at the inputs before would take longer than an addition; so we look when
    something went wrong.
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
    return kind(f"{who}: not defined on {dtypes}: {error} (see step 21)")


def pow(x, c) -> Variable:  # the name is the contract's; nothing here uses Python's pow
    """Return x**c. With a Variable for c, x is to be positive, or c constant.

    >>> x, c = Variable(np.array(2.0)), Variable(np.array(3.0))
    >>> (x**c).backward()
    >>> x.grad
    variable(12.0)
    """
    try:
        if isinstance(c, Variable):
            return PowVariable()(x, c)
        if not (isinstance(c, (int, float)) or cuda.is_array(c)):
            c = _as_input("pow", c)
        return Pow(c)(x)
    except (ValueError, TypeError, OverflowError) as error:
        raise _explained("pow", error, x, c) from error


def log(x) -> Variable:
    """Return the natural logarithm of x, element by element."""
    x = _as_input("log", x)
    return Log()(x if x.dtype.kind == "f" else AsType(np.float64)(x))


# --- shape --------------------------------------------------------------------


class Reshape(Function):
    """The same elements in another shape; gx is gy in the old one."""

    def __init__(self, shape):
        self.shape = shape

    def forward(self, x):
        return x.reshape(self.shape)

    def backward(self, gy):
        (x,) = self.inputs
        return reshape(gy, x.shape)


class Transpose(Function):
    """y[i, j] = x[j, i]; axes as in numpy.transpose, None reverses them.

    The gradient goes back by the inverse permutation, argsort(axes).
    """

    def __init__(self, axes=None):
        self.axes = axes

    def forward(self, x):
        return x.transpose(self.axes)

    def backward(self, gy):
        if self.axes is None:
            return transpose(gy)
        axes = [axis % len(self.axes) for axis in self.axes]
        return transpose(gy, tuple(int(i) for i in np.argsort(axes)))


class BroadcastTo(Function):
    """Repeat x along new and length-1 axes; gx sums over the repetitions."""

    def __init__(self, shape):
        self.shape = shape

    def forward(self, x):
        return cuda.get_array_module(x).broadcast_to(x, self.shape)

    def backward(self, gy):
        (x,) = self.inputs
        return sum_to(gy, x.shape)


class SumTo(Function):
    """Sum x down to a shape that broadcasts to x's; gx repeats gy."""

    def __init__(self, shape):
        self.shape = shape

    def forward(self, x):
        return sum_array_to(x, self.shape)

    def backward(self, gy):
        (x,) = self.inputs
        return broadcast_to(gy, x.shape)


class GetItem(Function):
    """y = x[slices]: ints, slices, ..., None, index arrays, masks, or a tuple."""

    def __init__(self, slices):
        self.slices = slices

    def forward(self, x):
        return x[self.slices]

    def backward(self, gy):
        (x,) = self.inputs
        return GetItemGrad(self.slices, x.shape)(gy)


class GetItemGrad(Function):
    """gx = zeros(in_shape); gx[slices] += gy, repeated indices adding up."""

    def __init__(self, slices, in_shape):
        self.slices = slices
        self.in_shape = in_shape

    def forward(self, gy):
        return scatter_add(gy, self.slices, self.in_shape)

    def backward(self, ggx):
        return get_item(ggx, self.slices)


class Where(Function):
    """y = x0 where condition, else x1; gx0 = gy there, 0 elsewhere, gx1 the rest.

    It selects, as every mask in a backward does: gy * condition would be nan where gy
    is infinite and the condition false.
    """

    def __init__(self, condition):
        self.condition = condition

    def forward(self, x0, x1):
        return _select(self.condition, x0, x1)

    def backward(self, gy):
        x0, x1 = self.inputs
        gx0 = gx1 = None
        if self.needs_grad(0):
            gx0 = sum_to(where(self.condition, gy, 0), x0.shape)
        if self.needs_grad(1):
            gx1 = sum_to(where(self.condition, 0, gy), x1.shape)
        return gx0, gx1


def _as_shape(who, shape, step):
    """Return shape, an int or ints in a list, a tuple or an array, as a tuple."""
    try:
        if isinstance(shape, numbers.Integral):
            return (operator.index(shape),)
        return tuple([operator.index(n) for n in shape])
    except TypeError:
        raise TypeError(
            refusal(who, "shape", "an int or a tuple of ints", shape, step)
        ) from None


def reshape(x, shape) -> Variable:
    """Return x in another shape; one length may be -1 (see step 38)."""
    x, shape = _as_input("reshape", x), _as_shape("reshape", shape, 38)
    if x.shape == shape:
        return x if isinstance(x, Variable) or Config.bare else Variable(x)
    try:
        return Reshape(shape)(x)
    except ValueError as error:
        raise ValueError(
            f"reshape: the {x.size} elements of an x of shape {x.shape} do not make an "
            f"array of shape {shape}; one length may be -1 (see step 38)"
        ) from error


def transpose(x, axes=None) -> Variable:
    """Return x with its axes in another order; None reverses them."""
    x = _as_input("transpose", x)
    if axes is not None:
        axes = _as_shape("transpose", axes, 38)
        places = sorted(a + x.ndim if a < 0 else a for a in axes)
        if places != list(range(x.ndim)):
            raise ValueError(
                f"transpose: axes must name each of the {x.ndim} axes of x once, "
                f"got {axes} (see step 38)"
            )
    return Transpose(axes)(x)


def broadcast_to(x, shape) -> Variable:
    """Return x repeated to shape, by NumPy's broadcasting (see step 40)."""
    x, shape = _as_input("broadcast_to", x), _as_shape("broadcast_to", shape, 40)
    if x.shape == shape:
        return x if isinstance(x, Variable) or Config.bare else Variable(x)
    try:
        return BroadcastTo(shape)(x)
    except ValueError as error:
        raise ValueError(
            f"broadcast_to: an x of shape {x.shape} cannot be repeated to {shape}: "
            "counted from the right, its lengths must be equal or 1 (see step 40)"
        ) from error


def sum_to(x, shape) -> Variable:
    """Return x summed to shape: the reverse of broadcasting (see step 40)."""
    if type(shape) is tuple and getattr(x, "shape", None) == shape:
        # NumPy scalars and Variables first: they need not ask Config.
        return Variable(x) if isinstance(x, ndarray) and not Config.bare else x
    return SumTo(_as_shape("sum_to", shape, 40))(_as_input("sum_to", x))


def get_item(x, slices) -> Variable:
    """Return x[slices], as NumPy indexes (see step 47).

    slices: an int, a slice, ..., None, ints or truths in an array, a Variable or a
    list, or a tuple of these, one for each axis. An index does not get a gradient.
    Raises IndexError where x has no such elements.
    """
    x = _as_input("get_item", x)
    xp = cuda.get_array_module(x)
    if isinstance(slices, tuple):
        slices = tuple([_as_index(s, xp) for s in slices])
    else:
        slices = _as_index(slices, xp)
    try:
        return GetItem(slices)(x)
    except IndexError as error:
        raise IndexError(
            f"get_item: an x of shape {x.shape} has no such elements: {error} "
            "(see step 47)"
        ) from error


def _as_index(index, xp):
    """Return what xp indexes with: arrays in place of Variables and sequences.

    Arrays are copied, for backward needs the index as it is now.
    """
    if index is None or index is Ellipsis or isinstance(index, (int, slice, np.bool_)):
        return index
    try:
        index = _unwrap_all(index)
        if isinstance(index, (list, tuple, range)):
            index = xp.array(index) if len(index) else xp.array(index, dtype=int)
        elif type(index) is ndarray:
            index = index.copy()
    except (ValueError, TypeError) as error:  # rows of several lengths, for instance
        raise IndexError(
            f"get_item: a {type(index).__name__} in an index must hold ints or truths, "
            f"its rows all as long: {error} (see step 47)"
        ) from error
    if cuda.is_array(index):
        if index.dtype.kind in "iub":
            return index
        got = f"an array of {index.dtype}"
    elif hasattr(index, "__index__"):
        return operator.index(index)
    else:
        got = shown(index)
    raise IndexError(
        "get_item: expected ints, slices, ..., None, or arrays of ints or truths in an "
        f"index, got {got} (see step 47)"
    )


def _unwrap_all(index):
    """Return index with the arrays of Variables in their place, however deep."""
    if isinstance(index, (list, tuple)):
        return [_unwrap_all(i) for i in index]
    return _unwrap(index)


def where(condition, x0, x1) -> Variable:
    """Return x0 where condition is true, x1 elsewhere; all three broadcast.

    condition gets no gradient. x0 or x1 may be a number.

    >>> x = np.array([-2.0, 3.0])
    >>> where(x > 0, x, 0.1 * x)
    variable([-0.2  3. ])
    """
    if Config.bare:  # a backward, with a mask of its own
        return _select(condition, x0, x1)
    if not isinstance(condition, (ndarray, np.bool_)):
        condition = _unwrap(_as_input("where", condition, "condition"))
    try:
        return Where(condition.astype(bool))(x0, x1)
    except (ValueError, TypeError) as error:
        raise _explained("where", error, condition, x0, x1) from error


# --- reduction ----------------------------------------------------------------


class Sum(Function):
    """Sum over axis (None: all); gx repeats gy along the axes that went."""

    def __init__(self, axis, keepdims):
        self.axis = axis
        self.keepdims = keepdims

    def forward(self, x):
        return x.sum(axis=self.axis, keepdims=self.keepdims)

    def backward(self, gy):
        (x,) = self.inputs
        gy = restore_axes(gy, x.shape, self.axis, self.keepdims)
        return broadcast_to(gy, x.shape)


class Max(Function):
    """Largest element over axis; the gradient goes where it was found.

    Elements that tie share it evenly: the mean of the subgradients, whatever
    the order of the elements (step 61). So do nans, the largest and smallest of all.
    Pooling is the exception: there the first place gets it all (step 57).
    """

    def __init__(self, axis=None, keepdims=False):
        self.axis = axis
        self.keepdims = keepdims

    def forward(self, x):
        return self._mark(x, x.max(axis=self.axis, keepdims=True))

    def backward(self, gy):
        (x,) = self.inputs
        gy = restore_axes(gy, x.shape, self.axis, self.keepdims)
        gy = gy / self.count
        return where(self.winners, broadcast_to(gy, x.shape), 0)

    def _mark(self, x, y):
        """Note where y was found, and how often; return y, reduced."""
        self.winners = (x == y) | (x != x)  # a nan is not equal to itself
        count = self.winners.sum(axis=self.axis, keepdims=True)
        self.count = count.astype(x.dtype) if x.dtype.kind == "f" else count
        return y if self.keepdims else y.squeeze(self.axis)


class Min(Max):
    """Smallest element over axis; ties share the gradient evenly."""

    def forward(self, x):
        return self._mark(x, x.min(axis=self.axis, keepdims=True))


def _reduce(kind, x, axis, keepdims):
    """Return the Sum, Max or Min of x over axis: None, an int or several ints."""
    who = kind.__name__.lower()
    x = _as_input(who, x)
    axis, keepdims = _reduced_axes(who, x, axis), flag(who, "keepdims", keepdims, 39)
    if kind is not Sum and x.size == 0 and 0 in _reduced_lengths(x.shape, axis):
        raise ValueError(
            f"{who}: of no elements there is none that is largest or smallest, got an "
            f"x of shape {x.shape} and axis {axis} (see step 61)"
        )
    return kind(axis, keepdims)(x)


def _reduced_lengths(x_shape, axis):
    """Return the lengths of the axes that a reduction over axis makes 1."""
    kept = reduced_shape(x_shape, axis)
    return [n for n, left in zip(x_shape, kept) if left == 1]


def _reduced_axes(who, x, axis, step=39):
    """Return axis as NumPy takes it, None, an int or a tuple of ints, if x has it.

    Raises TypeError for what is no int, ValueError where x has no such axis or one is
    named twice.
    """
    if axis is None:
        return None
    ndim = x.ndim or 1  # NumPy lets one sum a number over its axis 0
    if isinstance(axis, (list, tuple)):
        axes = [_one_axis(who, a, ndim, step) for a in axis]
        if len(set(axes)) < len(axes):
            raise ValueError(
                f"{who}: axis must name every axis once, got {tuple(axis)} of an x "
                f"of shape {x.shape} (see step {step})"
            )
        return tuple(axes) if x.ndim else None
    place = _one_axis(who, axis, ndim, step)
    return place if x.ndim else None


def _one_axis(who, axis, ndim, step=38):
    """Return axis, an int, counted from the front; raise where there is no such."""
    try:
        place = operator.index(axis)
    except TypeError:
        raise TypeError(refusal(who, "axis", "an int", axis, step)) from None
    if not -ndim <= place < ndim:
        if ndim == 0:
            raise ValueError(f"{who}: a 0-d x has no axis {place} (see step {step})")
        raise ValueError(
            f"{who}: expected an axis from {-ndim} to {ndim - 1}, got {place}: axis "
            f"{place} is out of bounds (see step {step})"
        )
    return place % ndim


# --- linear algebra -----------------------------------------------------------


class MatMul(Function):
    """y = x @ W, gx = gy @ W.T, gW = x.T @ gy.

    Shapes: x (N, D), W (D, K) -> y (N, K). Vectors and stacks of matrices as in
    numpy.matmul: x (..., N, D), W (..., D, K) -> y (..., N, K), leading axes
    broadcast.
    """

    def forward(self, x, W):
        if x.ndim == 0 or W.ndim == 0 or x.shape[-1] != W.shape[-2:][0]:
            raise ValueError(
                "matmul: the last axis of the left side must be as long as the "
                f"last but one of the right, got {x.shape} @ {W.shape} (see step 41)"
            )
        # dot takes half the time of @ on small matrices: 1.1 against 2.2 us
        return x.dot(W) if x.ndim == W.ndim == 2 else x @ W

    def backward(self, gy):
        x, W = self.inputs
        if x.ndim == W.ndim == 2:
            gx = gy.dot(W.T) if self.needs_grad(0) else None
            gW = x.T.dot(gy) if self.needs_grad(1) else None
            return gx, gW
        # A vector on the left is a row, on the right a column.
        x2 = x.reshape(1, -1) if x.ndim == 1 else x
        W2 = W.reshape(-1, 1) if W.ndim == 1 else W
        if x.ndim == 1:
            gy = gy.reshape(*gy.shape[: W2.ndim - 2], 1, W2.shape[-1])
        elif W.ndim == 1:
            gy = gy.reshape(*gy.shape, 1)
        gx = gW = None
        if self.needs_grad(0):
            gx = reshape(sum_to(gy @ _swap(W2), x2.shape), x.shape)
        if self.needs_grad(1):
            if W2.ndim == 2 < x2.ndim:  # one W for the stack: one product
                x2, gy = (a.reshape(-1, a.shape[-1]) for a in (x2, gy))
            gW = reshape(sum_to(_swap(x2) @ gy, W2.shape), W.shape)
        return gx, gW


def matmul(x, W) -> Variable:
    """Return the matrix product x @ W (see step 41).

    Shapes: (N, D) @ (D, K) -> (N, K); vectors and stacks as in numpy.matmul.
    Raises ValueError where the shapes do not fit.
    """
    try:
        return MatMul()(x, W)
    except (ValueError, TypeError, AttributeError) as error:  # None has no ndim
        if "(see step" in str(error):
            raise
        x, W = _as_input("matmul", x), _as_input("matmul", W, "W")
        raise ValueError(
            f"matmul: the leading axes of {x.shape} and {W.shape}, of {x.dtype} and "
            f"{W.dtype}, must broadcast: {error} (see step 41)"
        ) from error


def _swap(x):
    """Return x with its last two axes swapped."""
    if x.ndim == 2:
        return x.T
    return x.transpose(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2)


# Functions of Variables by their names, for the methods that find them here, as they
# are defined in modules that import this one. dezero.functions fills it.
_functions = {}

# What NumPy's functions come to, by NumPy's name: see Variable.__array_ufunc__. Here
# are the operators; dezero.functions.arraylike adds the others.
_OF_NUMPY = {
    "add": add,
    "subtract": sub,
    "multiply": mul,
    "divide": div,
    "power": pow,
    "matmul": matmul,
    "negative": neg,
    # `array < x` is `x > array`
    "less": lambda left, right: right > left,
    "less_equal": lambda left, right: right >= left,
    "greater": lambda left, right: right < left,
    "greater_equal": lambda left, right: right <= left,
    # identity: `array == x` and, after object's own ==, `x == array`
    "equal": operator.is_,
    "not_equal": operator.is_not,
}


# --- what comes in: a number, a list, an array or a Variable -------------------


def _as_input(who, x, name="x", xp=np):
    """Return x if it is a Variable or an array; a number or a list as an array.

    Raises TypeError for anything else: None, strings, lists that make no array of
    numbers, and a Variable without data.
    """
    if type(x) is _Gone:
        x.refuse()
    if isinstance(x, Variable):
        if type(x._data) is _Gone:
            raise RuntimeError(
                f"{who}: {name}{_named(x)} has no data any more, it was set to None "
                "(see step 43)"
            )
        if x.data is None:
            raise TypeError(
                f"{who}: {name} is a Variable without data, expected one with an "
                "array; set its data before (see step 9)"
            )
        array = x.data
    elif isinstance(x, (ndarray, generic)) or cuda.is_array(x):
        array = x
    elif isinstance(x, (bool, numbers.Real, list, tuple, range)):
        try:
            array = x = xp.array(x)
        except (ValueError, TypeError) as error:
            raise TypeError(
                f"{who}: {name} must be an array of numbers, got a {type(x).__name__} "
                f"that makes none: {error} (see step 9)"
            ) from None
    else:
        raise TypeError(refusal(who, name, _INPUT, x, 9))
    if array.dtype.kind not in "fiub":
        got = f"a {type(x).__name__} of {array.dtype}"
        raise TypeError(f"{who}: {name} must be {_INPUT}, got {got} (see step 9)")
    return x


_INPUT = "a Variable, an array or a list of real numbers, or a number"


class AsType(Function):
    """The same numbers in another dtype; the gradient goes back into the old one."""

    def __init__(self, dtype):
        self.dtype = dtype

    def forward(self, x):
        return x.astype(self.dtype)

    def backward(self, gy):
        (x,) = self.inputs
        return AsType(x.dtype if x.dtype.kind == "f" else gy.dtype)(gy)


def _precisely(function, *xs):
    """Return function(*xs), computed in a dtype that squares and sums fit into.

    uint8 holds nothing above 255, float16 nothing above 65504. Integers and bools are
    taken as float64, as NumPy's mean takes them; float16 as float32, and of float16
    alone the result is a float16 again.
    """
    for x in xs:
        if x.dtype.kind != "f" or x.dtype.itemsize < 4:
            break
    else:
        return function(*xs)
    wide = []
    for x in xs:
        if x.dtype.kind != "f":
            x = AsType(np.float64)(x)
        elif x.dtype.itemsize < 4:
            x = AsType(np.float32)(x)
        wide.append(x)
    y = function(*wide)
    return AsType(np.float16)(y) if all(x.dtype == np.float16 for x in xs) else y


# --- helpers on arrays --------------------------------------------------------


def _select(condition, x0, x1):
    """Return x0 where condition is true, x1 elsewhere.

    Of a large x0 and a 0 bit by bit: x0 & 1...1 is x0, and x0 & 0...0 is 0. That takes
    as long as x0 * condition, a fifth of xp.where, and infinity & 0...0 is 0.

    >>> _select(np.array([True, False]), np.array([1.0, np.inf]), 0)
    array([1., 0.])
    """
    if type(x0) in (int, float) and isinstance(x1, (ndarray, generic)):
        x0 = x1.dtype.type(x0)  # on NumPy 1, 0-d float32 beside 0 is float64
    elif type(x1) in (int, float) and isinstance(x0, (ndarray, generic)):
        x1 = x0.dtype.type(x1)
    if type(condition) is ndarray:
        if _is_large(x0, condition) and _is_zero(x1):
            return _bits_where(condition, x0)
        if _is_large(x1, condition) and _is_zero(x0):
            return _bits_where(~condition, x1)
    return cuda.get_array_module(x0).where(condition, x0, x1)


def _is_large(x, condition):
    return (
        type(x) is ndarray
        and x.size > 2000
        and x.shape == condition.shape
        and x.dtype.kind == "f"
        and x.itemsize in (2, 4, 8)
    )


def _is_zero(x):
    return (type(x) is ndarray or isinstance(x, generic)) and x.ndim == 0 and x == 0


def _bits_where(condition, x):
    """Return _select(condition, x, 0) of two arrays of one shape."""
    bits = np.negative(condition.view(np.int8)).astype(f"i{x.itemsize}")  # 0 or -1
    bits &= x.view(bits.dtype)
    return bits.view(x.dtype)


def sum_array_to(x, shape):
    """Return the array x summed so that it has shape.

    >>> sum_array_to(np.ones((2, 3)), (1, 3))
    array([[2., 2., 2.]])
    """
    lead = x.ndim - len(shape)
    if lead < 0 or any(n not in (1, m) for n, m in zip(shape, x.shape[lead:])):
        raise ValueError(
            f"sum_to: {tuple(shape)} does not broadcast to {x.shape}, so {x.shape} "
            "cannot be summed to it (see step 40)"
        )
    axes = [i + lead for i, n in enumerate(shape) if n == 1 != x.shape[i + lead]]
    axes = (*range(lead), *axes)
    return x.sum(axis=axes).reshape(shape) if axes else x


def restore_axes(gy, x_shape, axis, keepdims):
    """Return gy, the gradient of a reduction, with the reduced axes as length 1.

    Works on arrays and Variables; the result broadcasts to x_shape.
    """
    if keepdims or not x_shape:
        return gy
    return gy.reshape(reduced_shape(x_shape, axis))


def reduced_shape(x_shape, axis):
    """Return x_shape, a tuple, with the lengths along axis (None: all) set to 1."""
    ndim = len(x_shape)
    if axis is None:
        return (1,) * ndim
    axes = {a % ndim for a in ((axis,) if np.isscalar(axis) else axis)}
    return tuple(1 if i in axes else n for i, n in enumerate(x_shape))


def scatter_add(gy, slices, shape):
    """Return zeros of shape to which gy was added at slices; repeats add up.

    >>> scatter_add(np.array([1.0, 2.0, 4.0]), [0, 1, 0], (2,))
    array([5., 2.])
    """
    try:
        return _scatter_add(gy, slices, shape)
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        if "(see step" in str(error):
            raise
        raise ValueError(
            f"scatter_add: expected an array gy, an index of zeros of the shape, and a "
            f"shape that fit each other: {error} (see step 47)"
        ) from error


def _scatter_add(gy, slices, shape):
    xp = cuda.get_array_module(gy)
    gx = xp.zeros(shape, gy.dtype)
    if not _may_repeat(slices):
        gx[slices] = gy
    elif xp is not np:
        xp.add.at(gx, slices, gy)
    elif isinstance(slices, ndarray):
        # Rows: sorted, so that equal ones stand together, and summed by
        # runs: 1,000 rows of 64 in half the time of NumPy's unbuffered add.
        rows = slices.ravel().astype(np.intp) % (shape[0] or 1)
        _sum_runs(gx, rows, gy.reshape(rows.size, *shape[1:]))
    else:
        places = np.arange(gx.size).reshape(shape)[slices]
        _sum_runs(gx.reshape(-1), places.ravel(), gy.ravel())
    return gx


def _may_repeat(slices):
    """Return whether indexing with slices can pick one element twice.

    Ints, slices, ..., None and masks cannot. What is left are arrays of ints, and
    lists and tuples that NumPy makes such of.
    """
    if not isinstance(slices, tuple):
        slices = (slices,)
    return not all(
        s is None
        or s is Ellipsis
        or isinstance(s, (int, slice, np.integer))
        or (cuda.is_array(s) and s.dtype.kind == "b")
        for s in slices
    )


def _sum_runs(out, rows, values):
    """Set out[r] to the sum of all values[i] with rows[i] == r."""
    if rows.size == 0:
        return
    order = np.argsort(rows, kind="stable")
    rows = rows[order]
    starts = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]])
    out[rows[starts]] = np.add.reduceat(values[order], starts, axis=0)
