"""Layers that steady training: Dropout, BatchNorm, LayerNorm, RMSNorm, GroupNorm."""

import numpy as np

import dezero.functions as F
from dezero import cuda
from dezero.core import Config, Parameter
from dezero.guards import number, whole
from dezero.layers.base import Layer
from dezero.layers.calls import _note, _set_late
from dezero.layers.checks import _judged, _listed


class Dropout(Layer):
    """In training, set a random part of the numbers to 0 (see step 54)."""

    def __init__(self, dropout_ratio: float = 0.5):
        super().__init__()
        self.dropout_ratio = number(
            *("Dropout", "dropout_ratio", dropout_ratio, 54), least=0, most=1
        )

    def _settings(self):
        return str(self.dropout_ratio)

    def forward(self, x):
        """Return x with a part of it dropped; in test mode, x itself."""
        x = _judged(self, x, 54, "numbers", least=0)
        return F.dropout(x, self.dropout_ratio)


class _Norm(Layer):
    """The base of layers that create their parameters in x's dtype.

    Parameters from a file exist before the first call, which gives them x's dtype.
    """

    _called = False

    def _awaited_shapes(self):
        params = [owned for _, owned in self._owned() if isinstance(owned, Parameter)]
        return dict.fromkeys(params, (self,))

    def _judge(self, x, expected, axis, least):
        size = None if self.gamma.data is None else len(self.gamma.data)
        return _judged(self, x, 73, expected, axis, size, least=least)

    def _fill(self, x, axis, **values):
        """Set each parameter without an array to x.shape[axis] copies of its value."""
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
    """Give each channel mean 0, variance 1 over the batch; then apply gamma and beta.

    Shapes: x (N, C) or (N, C, H, W); the parameters (C,), in x's dtype, made by the
    first call.

    gamma, beta          scale and offset, trained; 1 and 0 at first
    avg_mean, avg_var    running averages, which test mode uses; 0 and 1 at first.
                         Saved with the others, but they never get a gradient
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
        """Return x normalised; in training, update the running averages."""
        x = self._judge(x, "(N, C) or images (N, C, H, W)", ("C", 1), least=2)
        self._fill(x, 1, avg_mean=0, avg_var=1, gamma=1, beta=0)
        mean, var = self.avg_mean.data, self.avg_var.data  # arrays: updated in place
        if Config.train:
            _note(mean, mean.copy())
            _note(var, var.copy())
        return F.batch_norm(x, self.gamma, self.beta, mean, var)


class LayerNorm(_Norm):
    """Give every row mean 0 and variance 1, then apply gamma and beta (see step 80).

    Shapes: x (..., D); gamma and beta (D,), in x's dtype, made by the first call.

    >>> LayerNorm(eps=0)(np.array([[3.0, 4.0], [10.0, 20.0]]))
    variable([[-1.  1.]
              [-1.  1.]])
    """

    def __init__(self, eps: float = 1e-5):
        super().__init__()
        self.eps = number("LayerNorm", "eps", eps, 73, least=0, below=1)
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


class RMSNorm(_Norm):
    """Divide every row by the root of its mean square, then multiply by gamma.

    Shapes: x (..., D); gamma (D,), in x's dtype, made by the first call (see step 80).

    >>> RMSNorm(eps=0)(np.array([[3.0, 4.0]])).data.round(4)
    array([[0.8485, 1.1314]])
    """

    def __init__(self, eps: float = 1e-5):
        super().__init__()
        self.eps = number("RMSNorm", "eps", eps, 73, least=0, below=1)
        self.gamma = Parameter(None, name="gamma")

    def _settings(self):
        eps = None if self.eps == 1e-5 else self.eps
        return _listed(eps=eps, size=_length(self.gamma))

    def forward(self, x):
        """Return x normalised."""
        x = self._judge(x, "rows of numbers (..., D)", ("D", -1), least=1)
        self._fill(x, -1, gamma=1)
        return F.rms_norm(x, self.gamma, eps=self.eps)


class GroupNorm(_Norm):
    """Give each group of channels mean 0, variance 1; then apply gamma and beta.

    Shapes: x (N, C, ...), C a multiple of groups; gamma and beta (C,), in x's dtype,
    made by the first call.
    """

    _beside = ("groups",)  # no shape shows it, so files store it

    def __init__(self, groups: int, eps: float = 1e-5):
        super().__init__()
        self.groups = whole("GroupNorm", "groups", groups, 73)
        self.eps = number("GroupNorm", "eps", eps, 73, least=0, below=1)
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
                f"{x.shape} with C = {x.shape[1]} (see step 73)"
            )
        self._fill(x, 1, gamma=1, beta=0)
        return F.group_norm(x, self.groups, self.gamma, self.beta, eps=self.eps)


def _length(param):
    """Return how many numbers a Parameter has, None before it has any."""
    return None if param.data is None else len(param.data)
