"""Batch normalisation, which gives numbers mean 0 and variance 1; and dropout.

    y = gamma * (x - mean) / sqrt(var + eps) + beta

batch_norm, and layer_norm and group_norm in norm_samples.py, differ in the elements
over which mean and var are computed. In x (N, C, L), for one element, these are

    batch_norm   all of its channel, x[:, c, :]
    group_norm   its sample's channels of the same group, x[n, c0:c1, :]
    layer_norm   its last axis, x[n, c, :]

var is the mean squared distance from the mean. mean and var both depend on x, so each
x affects all of these y. With g = gy * gamma and xhat = (x - mean) / sqrt(var + eps),

    gx = (g - mean(g) - xhat * mean(g * xhat)) / sqrt(var + eps)

Most sums are computed as products with ones, in 0.4 to 0.8 of the time of x.sum. A
backward on bare arrays uses the mean and scale that forward kept. A backward that must
itself be differentiated computes them again, from the Variable x.

Letters: x, y in and out; gx, gy their gradients. N samples, C channels, L all axes
after these as one (H * W in images), D the last axis, G groups of E channels each.
scale is 1 / sqrt(var + eps).
"""

import math
import numbers

from dezero import cuda
from dezero.advice import named_arguments
from dezero.core import (
    Config,
    Function,
    Variable,
    _number_for,
    _select,
    as_variable,
    reshape,
    where,
)
from dezero.functions.inputs import (
    _as_constant,
    _in_float32,
)
from dezero.functions.linalg import _sum_rows
from dezero.functions.norm_samples import (  # noqa: F401  programs find these here
    GroupNorm,
    LayerNorm,
    RMSNorm,
    _as_scaled,
    _check_channels,
    group_norm,
    layer_norm,
    rms_norm,
)
from dezero.guards import number, shown

__all__ = [
    "BatchNorm",
    "Dropout",
    "batch_norm",
    "batch_nrom",
    "dropout",
]


# --- over the batch ---


class BatchNorm(Function):
    """y = gamma * (x - mean) * scale + beta, for every channel.

        gbeta  = sum(gy)
        ggamma = sum(gy * (x - mean)) * scale
        gx     = gamma * scale * (gy - gbeta / m - (x - mean) * scale * ggamma / m)

    with m = N * L, the number of values in a channel. In test mode mean and var are
    constants, and gx = gamma * scale * gy.

    Shapes: x (N, C) or (N, C, ...), gamma, beta, mean, var (C,) -> y like x.

    mean, var    the arrays of the running averages; in training each call sets
                 them, in place, to decay * old + (1 - decay) * the batch's
    """

    def __init__(self, mean, var, decay, eps):
        self.mean = mean
        self.var = var
        self.decay = decay
        self.eps = eps

    def forward(self, x, gamma, beta):
        arrays = {"gamma": gamma, "beta": beta, "mean": self.mean, "var": self.var}
        _check_channels("batch_norm", x, arrays)
        self.train = Config.train
        y = _flat(x)
        if self.train:
            self._check_averages(x)
            d, self.center, var = _center_channels(y)
        else:
            # A copy: training may change the averages before backward runs.
            self.center, var = (v.astype(y.dtype) for v in (self.mean, self.var))
            d = y - _like_channels(self.center, y)
        self.scale = (var + self.eps) ** -0.5
        gamma, beta = (v.astype(y.dtype, copy=False) for v in (gamma, beta))
        d *= _like_channels(self.scale * gamma, y)
        d += _like_channels(beta, y)
        if self.train:
            self._update_averages(self.center, var, _values(y))
        return d.reshape(x.shape)

    def backward(self, gy):
        x, gamma, _ = self.inputs
        shape = x.shape
        x, gy = _flat(x), _flat(gy)  # (N, C, L)
        if not (Config.enable_backprop and self.train):
            d, scale = x - _like_channels(self.center, x), self.scale
        else:
            d, _, var = _center_channels(x)
            scale = (var + self.eps) ** -0.5
        gbeta = _sum_channels(gy)
        ggamma = _sum_channels(gy * d) * scale
        if not self.needs_grad(0):
            return None, ggamma, gbeta
        gx = gy * _like_channels(gamma * scale, gy)
        if self.train:
            slope = gamma * scale / _values(x)
            d *= _like_channels(slope * scale * ggamma, d)
            gx -= d
            gx -= _like_channels(slope * gbeta, gx)
        return reshape(gx, shape), ggamma, gbeta

    def _check_averages(self, x):
        if not x.size:
            raise ValueError(
                "batch_norm: in training every channel needs at least one value, got x "
                f"of shape {x.shape}; leave out empty batches (see step 73)"
            )
        for name, array in (("mean", self.mean), ("var", self.var)):
            writeable = getattr(array.flags, "writeable", True)
            if array.dtype.kind != "f" or not writeable:
                raise TypeError(
                    f"batch_norm: {name} is changed in place, so it must be a "
                    f"writeable array of floats, got {array.dtype}, "
                    f"writeable={writeable} (see step 73)"
                )

    def _update_averages(self, mean, var, count):
        # Around the batch's own mean, var is on average (m - 1) / m of the true one.
        var = var * (count / max(count - 1, 1))
        new_mean = self.decay * self.mean + (1 - self.decay) * mean
        new_var = self.decay * self.var + (1 - self.decay) * var
        # Both are computed by now, so an error cannot change just one of the averages.
        self.mean[...] = new_mean
        self.var[...] = new_var


@_in_float32(3)
def batch_norm(x, gamma, beta, mean, var, decay=0.9, eps=2e-5) -> Variable:
    """Return x with mean beta and standard deviation gamma in every channel.

    Training uses the mean and variance of the batch, and updates the arrays mean and
    var in place, as running averages. Test mode uses mean and var.

    Shapes: x (N, C) or (N, C, H, W), gamma, beta, mean, var (C,) -> y like x.
    mean and var: arrays, or Variables, which get no gradient.

    >>> import numpy as np
    >>> x = np.array([[0.0, 5.0], [2.0, 5.0]])
    >>> mean, var = np.zeros(2), np.ones(2)
    >>> y = batch_norm(x, np.ones(2), np.zeros(2), mean, var)
    >>> y.data.round(3), mean, var
    (array([[-1.,  0.],
           [ 1.,  0.]]), array([0.1, 0.5]), array([1.1, 0.9]))
    """
    mean, var = _as_averages("batch_norm", mean, var)
    number("batch_norm", "decay", decay, 73, least=0, most=1)
    number("batch_norm", "eps", eps, 73, least=0)
    x, gamma, beta = _as_scaled("batch_norm", x, gamma, beta)
    return BatchNorm(mean, var, decay, eps)(x, gamma, beta)


batch_nrom = batch_norm  # the original DeZero spells it like this


def _as_averages(who, mean, var):
    """Return the arrays of the running averages, which may be given as Variables."""
    mean, var = (v.data if isinstance(v, Variable) else v for v in (mean, var))
    for name, array in (("mean", mean), ("var", var)):
        if not cuda.is_array(array):
            raise TypeError(
                f"{who}: {name} is changed in place, so it must be an array or a "
                f"Variable that holds one, got {type(array).__name__} (see step 73)"
            )
    return mean, var


def _flat(x):
    """Return x, an array or a Variable, with all axes after C merged into one."""
    return x if x.ndim == 2 else x.reshape(*x.shape[:2], math.prod(x.shape[2:]))


def _center_channels(x):
    """Return d = x - mean, mean and var of x (N, C) or (N, C, L).

    x may be an array or a Variable: only methods and operators are used.
    """
    mean = _sum_channels(x) / _values(x)
    d = x - _like_channels(mean, x)
    return d, mean, _sum_channels(d * d) / _values(x)


def _values(x):
    """Return how many values a channel of x has."""
    return math.prod(x.shape) // x.shape[1]


def _sum_channels(x):
    """Return x (N, C) or (N, C, L), an array or a Variable, summed to (C,)."""
    if x.ndim == 3:
        x = x @ cuda.get_array_module(x).ones(x.shape[2], x.dtype)  # (N, C)
    return _sum_rows(x)


def _like_channels(v, x):
    """Return v (C,) in the shape that broadcasts to x (N, C) or (N, C, L)."""
    return v if x.ndim == 2 else v.reshape(-1, 1)


# --- dropout ---


class Dropout(Function):
    """y = x * mask / (1 - ratio), gx = gy * mask / (1 - ratio).

    mask is 1 where NumPy's global generator drew more than ratio, else 0. Because of
    the division, y has the same mean as x on average.
    """

    def __init__(self, ratio):
        self.ratio = ratio

    def forward(self, x):
        xp = cuda.get_array_module(x)
        # The global generator: programs seed it with np.random.seed.
        drawn = xp.random.rand(*x.shape)
        self.mask = drawn > self.ratio
        self.kept = 1 - self.ratio or 1  # a ratio of 1 keeps none
        return _select(self.mask, x / _number_for(x, self.kept), 0)

    def backward(self, gy):
        return where(self.mask, gy / self.kept, 0)


@named_arguments
def dropout(x, dropout_ratio=0.5) -> Variable:
    """Return x with about dropout_ratio of its elements set to 0, the rest scaled up.

    In training only: test mode returns x itself (see step 54). The elements that stay
    are divided by 1 - dropout_ratio, to keep the mean of x on average. They are chosen
    with numpy.random.rand.
    """
    if not isinstance(dropout_ratio, numbers.Real) or not 0 <= dropout_ratio <= 1:
        raise ValueError(
            "dropout: expected a dropout_ratio from 0 to 1, got "
            f"{shown(dropout_ratio)} (see step 54)"
        )
    x = as_variable(_as_constant("dropout", x))
    return Dropout(dropout_ratio)(x) if Config.train else x
