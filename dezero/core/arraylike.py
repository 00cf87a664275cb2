"""What a Variable shares with an ndarray: shape, methods, operators, NumPy's functions.

Most of them are one line that calls the function of the same name. This file cannot
import those functions: they need Variable, and Variable needs this file. It finds them
in `ops`, where core/__init__.py and dezero.functions put them.
"""

import inspect
import types
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from dezero.advice import named_arguments
from dezero.core import checks

if TYPE_CHECKING:
    from dezero.core.variable import Variable

ops: Any = types.SimpleNamespace()  # ops.exp(x) is the function exp of Variables
of_numpy: dict = {}  # of_numpy["exp"] is what np.exp(x) calls


class ArrayLike:
    """The half of Variable that looks like an ndarray."""

    __array_priority__ = 200  # array + x: the array leaves it to x (step 21)

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of every axis, a tuple."""
        array = self._data
        return self._raise_no_data("shape") if array is None else array.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        array = self._data
        return self._raise_no_data("ndim") if array is None else array.ndim

    @property
    def size(self) -> int:
        """Number of elements."""
        array = self._data
        return self._raise_no_data("size") if array is None else array.size

    @property
    def dtype(self) -> np.dtype:
        """Type of the elements."""
        array = self._data
        return self._raise_no_data("dtype") if array is None else array.dtype

    def _raise_no_data(self, what):  # what: "shape", for example
        raise checks.has_no_data(self, what)

    @property
    def T(self) -> "Variable":
        """The transpose: all axes reversed."""
        return ops.transpose(self)

    def __len__(self) -> int:
        checks.check_has_axis(self)
        return self.shape[0]

    def __repr__(self) -> str:
        """Return the text of str(), with the name if there is one."""
        text = str(self)
        return text if self.name is None else f"{text[:-1]}, name={self.name!r})"

    def __str__(self):
        rows = str(self.data).replace("\n", "\n" + " " * 9)
        return f"variable({rows})"

    def reshape(self, *shape) -> "Variable":
        """The same data in another shape: x.reshape(2, 3), ((2, 3)), (-1,)."""
        if len(shape) == 1 and isinstance(shape[0], (tuple, list)):
            shape = shape[0]
        return ops.reshape(self, shape)

    def transpose(self, *axes) -> "Variable":
        """The axes in another order: x.transpose(), (1, 0), ((1, 0))."""
        if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], (tuple, list))):
            axes = axes[0]
        return ops.transpose(self, axes or None)

    @named_arguments
    def sum(self, axis=None, keepdims=False) -> "Variable":
        """Sum over axis: None for all, an int or a tuple of ints."""
        return ops.sum(self, axis, keepdims)

    @named_arguments
    def max(self, axis=None, keepdims=False) -> "Variable":
        """Largest element over axis; a tie shares the gradient evenly."""
        return ops.max(self, axis, keepdims)

    @named_arguments
    def min(self, axis=None, keepdims=False) -> "Variable":
        """Smallest element over axis; a tie shares the gradient evenly."""
        return ops.min(self, axis, keepdims)

    def matmul(self, other) -> "Variable":
        """The matrix product self @ other."""
        return ops.matmul(self, other)

    def dot(self, other) -> "Variable":
        """The matrix product self @ other."""
        return ops.matmul(self, other)

    # --- methods that step 39 and dezero.functions add ---

    @named_arguments
    def mean(self, axis=None, keepdims=False) -> "Variable":
        """Mean over axis."""
        return ops.mean(self, axis, keepdims)

    @named_arguments
    def var(self, axis=None, keepdims=False, ddof=0) -> "Variable":
        """Variance over axis."""
        return ops.var(self, axis, keepdims, ddof)

    @named_arguments
    def std(self, axis=None, keepdims=False, ddof=0) -> "Variable":
        """Standard deviation over axis."""
        return ops.std(self, axis, keepdims, ddof)

    @named_arguments
    def prod(self, axis=None, keepdims=False) -> "Variable":
        """Product over axis."""
        return ops.prod(self, axis, keepdims)

    @named_arguments
    def cumsum(self, axis=None) -> "Variable":
        """Running sums along axis; None: over all elements as one row."""
        return ops.cumsum(self, axis)

    @named_arguments
    def logsumexp(self, axis=None, keepdims=False) -> "Variable":
        """log(sum(exp(x))) over axis."""
        return ops.logsumexp(self, axis, keepdims)

    @named_arguments
    def norm(self, axis=None, keepdims=False) -> "Variable":
        """Length of the vectors along axis; None: of all elements as one vector."""
        return ops.norm(self, axis, keepdims)

    def exp(self) -> "Variable":
        """e**x, element by element."""
        return ops.exp(self)

    def log(self) -> "Variable":
        """Natural logarithm."""
        return ops.log(self)

    def sqrt(self) -> "Variable":
        """Square root."""
        return ops.sqrt(self)

    def square(self) -> "Variable":
        """x * x, element by element."""
        return ops.square(self)

    def abs(self) -> "Variable":
        """x without its sign."""
        return ops.abs(self)

    @named_arguments
    def clip(self, x_min, x_max) -> "Variable":
        """x with each element limited to the range from x_min to x_max."""
        return ops.clip(self, x_min, x_max)

    def sin(self) -> "Variable":
        """Sine, of radians."""
        return ops.sin(self)

    def cos(self) -> "Variable":
        """Cosine, of radians."""
        return ops.cos(self)

    def tanh(self) -> "Variable":
        """Hyperbolic tangent."""
        return ops.tanh(self)

    def sigmoid(self) -> "Variable":
        """1 / (1 + exp(-x))."""
        return ops.sigmoid(self)

    def relu(self) -> "Variable":
        """x where it is positive, else 0."""
        return ops.relu(self)

    @named_arguments
    def leaky_relu(self, slope=0.2) -> "Variable":
        """x where it is positive, else slope * x."""
        return ops.leaky_relu(self, slope)

    @named_arguments
    def elu(self, alpha=1.0) -> "Variable":
        """x where it is positive, else alpha * (exp(x) - 1)."""
        return ops.elu(self, alpha)

    def gelu(self) -> "Variable":
        """Approximately x * P(z <= x) for a standard normal z."""
        return ops.gelu(self)

    def silu(self) -> "Variable":
        """x * sigmoid(x)."""
        return ops.silu(self)

    def softplus(self) -> "Variable":
        """log(1 + exp(x))."""
        return ops.softplus(self)

    @named_arguments
    def softmax(self, axis=1) -> "Variable":
        """exp(x) / sum(exp(x)) along axis."""
        return ops.softmax(self, axis)

    @named_arguments
    def log_softmax(self, axis=1) -> "Variable":
        """log(softmax(x)) along axis."""
        return ops.log_softmax(self, axis)

    @named_arguments
    def squeeze(self, axis=None) -> "Variable":
        """The same data without axes of length 1: all of these, or those in axis."""
        return ops.squeeze(self, axis)

    def flatten(self) -> "Variable":
        """All elements in one row, as an ndarray's; F.flatten keeps the first axis."""
        return ops.reshape(self, (self.size,))

    def ravel(self) -> "Variable":
        """All elements in one row."""
        return ops.reshape(self, (self.size,))

    def copy(self) -> "Variable":
        """The same values in their own memory, still in the graph."""
        return ops.copy(self)

    def astype(self, dtype) -> "Variable | Any":
        """The same values in another floating dtype, still in the graph.

        Integers and bools have no derivative: such a dtype gives an ndarray.
        """
        return ops.astype(self, dtype)

    # --- operators ---

    def __add__(self, other) -> "Variable":
        return ops.add(self, other)

    def __radd__(self, other) -> "Variable":
        return ops.add(other, self)

    def __sub__(self, other) -> "Variable":
        return ops.sub(self, other)

    def __rsub__(self, other) -> "Variable":
        return ops.sub(other, self)

    def __mul__(self, other) -> "Variable":
        return ops.mul(self, other)

    def __rmul__(self, other) -> "Variable":
        return ops.mul(other, self)

    def __truediv__(self, other) -> "Variable":
        return ops.div(self, other)

    def __rtruediv__(self, other) -> "Variable":
        return ops.div(other, self)

    def __pow__(self, other) -> "Variable":
        return ops.pow(self, other)

    def __rpow__(self, other) -> "Variable":
        return ops.pow(other, self)

    def __matmul__(self, other) -> "Variable":
        return ops.matmul(self, other)

    def __rmatmul__(self, other) -> "Variable":
        return ops.matmul(other, self)

    def __neg__(self) -> "Variable":
        return ops.neg(self)

    def __pos__(self) -> "Variable":
        return self

    def __abs__(self) -> "Variable":
        return self.abs()

    def __getitem__(self, slices) -> "Variable":
        return ops.get_item(self, slices)

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

    # --- bools and indices have no derivative: they are ndarrays, outside the graph ---

    def __lt__(self, other) -> Any:
        return ops.compare("<", self, other)

    def __le__(self, other) -> Any:
        return ops.compare("<=", self, other)

    def __gt__(self, other) -> Any:
        return ops.compare(">", self, other)

    def __ge__(self, other) -> Any:
        return ops.compare(">=", self, other)

    def argmax(self, axis=None) -> np.ndarray:
        """The index of the largest element along axis, as an ndarray of ints."""
        return ops.place_of("argmax", self, axis)

    def argmin(self, axis=None) -> np.ndarray:
        """The index of the smallest element along axis, as an ndarray of ints."""
        return ops.place_of("argmin", self, axis)

    # --- conversion to Python and NumPy ---

    def __bool__(self) -> bool:
        of_many = "the truth of several is ambiguous: use x.data.all() or any()"
        return bool(checks.only_element(self, "bool", ValueError, of_many))

    def __float__(self) -> float:
        return float(checks.only_element(self, "float").item())

    def __int__(self) -> int:
        return int(checks.only_element(self, "int").item())

    def item(self) -> Any:
        """The only element, as a Python number."""
        advice = "x.tolist() gives all of them"
        return checks.only_element(self, "item", ValueError, advice).item()

    def tolist(self) -> Any:
        """The elements as Python numbers, in nested lists."""
        return ops.as_input("tolist", self).data.tolist()

    def __round__(self, ndigits=None) -> Any:
        array = checks.only_element(self, "round", advice="use np.round(x.data, 3)")
        return round(array.item(), ndigits)

    def __format__(self, spec) -> str:
        if not spec:
            return str(self)
        array = checks.only_element(
            self, f"format {spec!r}", advice="use np.round(x.data, 3)"
        )
        return format(array.item(), spec)

    def __array__(self, dtype=None, copy=None):
        raise TypeError(
            "Variable: NumPy would lose the graph here; use x.data for the array, "
            "or a function of dezero.functions to stay in the graph"
        )

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        # NumPy calls this for `array + x` and np.sin(x), instead of computing them.
        name = ufunc.__name__
        function = of_numpy.get(name)
        out = kwargs.pop("out", None)
        if out and out[0] is inputs[0]:  # `array += x`: array becomes a Variable
            out = None
        if function is None or method != "__call__" or kwargs or out:
            called = name if method == "__call__" else f"{name}.{method}"
            raise TypeError(checks.would_lose_graph(called, vars(ops)))
        return function(*inputs)

    def __array_function__(self, function, types, args, kwargs):
        # NumPy calls this for np.sum(x) and np.concatenate([x, y]).
        ours = of_numpy.get(function.__name__)
        if ours is None:
            raise TypeError(checks.would_lose_graph(function.__name__, vars(ops)))
        try:
            inspect.signature(ours).bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(
                f"np.{function.__name__} of a Variable: {error}; the arguments here "
                f"are {inspect.signature(ours)}, or use x.data for the array"
            ) from None
        return ours(*args, **kwargs)


def unwrap(x):
    """Return the array of a Variable; anything else unchanged."""
    return x.data if isinstance(x, ArrayLike) else x
