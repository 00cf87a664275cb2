"""Linear and EmbedID: multiply by a matrix, and look up rows of one.

Letters: x, y in and out; W, b weights and bias; N batch.
"""

import numpy as np

import dezero.functions as F
from dezero import cuda
from dezero.core import Parameter
from dezero.guards import whole
from dezero.layers.base import Layer
from dezero.layers.calls import _calls, _set_late
from dezero.layers.checks import _floating, _judged, _listed, _no_bias


class Linear(Layer):
    """y = x @ W + b: every output a weighted sum of all inputs.

    Shapes: x (N, in_size), W (in_size, out_size), b (out_size,) -> y (N, out_size).

    W starts as randn(in_size, out_size) * sqrt(1 / in_size), drawn from NumPy's global
    generator, and b as zeros. With in_size=None the first call sets in_size; until
    then W.data is None.
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
        advice = f"pass the size of the input by name: {who}({out_size}, in_size=...)"
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
        W = None if self.W is None else self.W.data
        return None if W is None else W.shape[0]

    def _init_W(self, in_size, xp):
        shape = (in_size, self.out_size)
        _set_late(self.W, _initial_weights(shape, in_size, self.dtype, xp))

    def _settings(self):
        return _listed(self.out_size, nobias=self.b is None, in_size=self.in_size)

    def _awaited_shapes(self):
        return {self.W: (None, self.out_size)}

    def _hint(self, shape):
        return "; F.flatten turns images into rows" if len(shape) == 4 else ""

    def forward(self, x):
        """Return x @ W + b."""
        W = self.W.data
        size = None if W is None else W.shape[0]
        x = _judged(
            self, x, 44, "rows of numbers (..., in_size)", ("in_size", -1), size
        )
        if size is None:
            self._init_W(x.shape[-1], cuda.get_array_module(x))
        return F.linear(x, self.W, self.b)


class EmbedID(Layer):
    """y = W[x]: a vector for each of in_size things, looked up by number.

    Shapes: x (...) of ints, W (in_size, out_size) -> y (..., out_size).

    W starts as randn(in_size, out_size), drawn from NumPy's global generator, in
    float64.
    """

    def __init__(self, in_size: int, out_size: int):
        super().__init__()
        in_size = whole("EmbedID", "in_size", in_size, 47)
        out_size = whole("EmbedID", "out_size", out_size, 47)
        W = np.random.randn(in_size, out_size)  # noqa: NPY002
        self.W = Parameter(W, name="W")

    def _settings(self):
        return ", ".join(map(str, self.W.shape))

    def forward(self, x):
        """Return the rows W[x]."""
        x = _judged(self, x, 47, "ints (...), the ids of words", least=0)
        try:
            return F.embed_id(x, self.W)
        except (TypeError, IndexError) as error:
            raise _in_name_of(self, error) from None


def _in_name_of(layer, error):
    """Return an error of embed_id in the name of the layer that was called."""
    return type(error)(str(error).replace("embed_id", type(layer).__name__, 1))


def _initial_weights(shape, fan_in, dtype, xp):
    """Return random weights that keep the outputs about as large as the inputs.

    An output is the sum of fan_in products. With inputs and weights around 1 it
    would be around sqrt(fan_in), so the weights start smaller by that factor.
    """
    if not _calls.draws:
        return xp.zeros(shape, dtype)
    # The global generator: programs seed it with np.random.seed.
    W = np.random.randn(*shape) * np.sqrt(1 / fan_in)  # noqa: NPY002
    return xp.asarray(W.astype(dtype))
