"""Normalisation within each sample: layer_norm, group_norm and rms_norm.

layer_norm and group_norm work like batch_norm in norm.py, but mean and var are computed
within one sample. So the size of the batch does not matter, and training and test mode
are the same. rms_norm does not subtract a mean, it only divides.

Letters: x, y in and out; gx, gy their gradients. N samples, C channels, L all axes
after these as one (H * W in images), D the last axis, G groups of E channels each.
scale is 1 / sqrt(var + eps).
"""

import math

from dezero.core import Config, Function, Variable, reshape, sum_to
from dezero.functions.activation import _sum_along
from dezero.functions.inputs import _as_floats, _as_input, _in_float32
from dezero.functions.linalg import _rows, _sum_rows
from dezero.guards import number, shown, whole

__all__ = ["GroupNorm", "LayerNorm", "RMSNorm", "group_norm", "layer_norm", "rms_norm"]


class LayerNorm(Function):
    """y = gamma * (x - mean) * scale + beta, mean and scale over the last axis.

        gbeta  = sum(gy)                              over all rows
        ggamma = sum(gy * (x - mean) * scale)         over all rows
        gx     = scale * (g - mean(g) - (x - mean) * scale**2 * mean(g * (x - mean)))

    with g = gy * gamma, and each mean taken over the last axis.

    Shapes: x (..., D), gamma, beta (D,) -> y like x.
    """

    def __init__(self, eps):
        self.eps = eps

    def forward(self, x, gamma, beta):
        if x.ndim == 0 or not x.shape[-1] or gamma.shape != x.shape[-1:]:
            raise ValueError(
                "layer_norm: x and gamma must be (..., D) and (D,), D at least 1, got "
                f"{x.shape} and {gamma.shape} (see step 73)"
            )
        if beta.shape != gamma.shape:
            raise ValueError(
                f"layer_norm: beta must be (D,) = {gamma.shape}, got {beta.shape} "
                "(see step 73)"
            )
        y, self.mean, self.scale = _center_rows(_rows(x), self.eps)
        y *= self.scale
        y *= gamma.astype(y.dtype, copy=False)
        y += beta.astype(y.dtype, copy=False)
        return y.reshape(x.shape)

    def backward(self, gy):
        x, gamma, _ = self.inputs
        shape = x.shape
        x, gy = _rows(x), _rows(gy)  # (N, D)
        if not Config.enable_backprop:
            d, scale = x - self.mean, self.scale
        else:
            d, _, scale = _center_rows(x, self.eps)
        product = gy * d
        gbeta = _sum_rows(gy)
        ggamma = (scale.T @ product).reshape(-1)
        if not self.needs_grad(0):
            return None, ggamma, gbeta
        weights = gamma.reshape(-1, 1) / shape[-1]  # mean(g) = gy @ weights
        d *= (product @ weights) * scale**2
        del product  # gx reuses its memory: 4096 x 256 in 0.9 of the time
        gx = gy * gamma
        gx -= gy @ weights
        gx -= d
        gx *= scale
        return reshape(gx, shape), ggamma, gbeta


class GroupNorm(Function):
    """y = gamma * (x - mean) * scale + beta, mean and scale over a group of channels.

    The sums over groups are computed from sums over channels:

        s0     = sum(gy)        s1     = sum(gy * (x - mean) * scale)    over L
        gbeta  = sum(s0)        ggamma = sum(s1)                         over N
        gx     = scale * (gy * gamma - m0 - (x - mean) * scale * m1)

    where m0 is the sum of gamma * s0 over the channels of a group, divided by the
    E * L values of the group, and m1 is the same with gamma * s1.

    Shapes: x (N, C, ...), gamma, beta (C,) -> y like x.
    """

    def __init__(self, groups, eps):
        self.groups = groups
        self.eps = eps

    def forward(self, x, gamma, beta):
        _check_channels("group_norm", x, {"gamma": gamma, "beta": beta})
        if x.shape[1] % self.groups or not math.prod(x.shape[1:]):
            raise ValueError(
                f"group_norm: the channels of x must divide into {self.groups} equal "
                f"groups, got x of shape {x.shape} (see step 73)"
            )
        y, self.mean, self.scale = self._center(x)
        y *= self.scale * self._by_group(gamma).astype(y.dtype, copy=False)
        y += self._by_group(beta).astype(y.dtype, copy=False)
        return y.reshape(x.shape)

    def backward(self, gy):
        x, gamma, _ = self.inputs
        shape = x.shape
        gy = gy.reshape(self._shape(x))  # (N, G, E, L)
        if not Config.enable_backprop:
            d, scale = x.reshape(gy.shape) - self.mean, self.scale
        else:
            d, _, scale = self._center(x)
        gamma = self._by_group(gamma)
        s0 = _sum_along(gy, 3)  # (N, G, E, 1)
        s1 = _dots(gy, d) * scale
        gbeta = s0.sum(axis=0).reshape(-1)
        ggamma = s1.sum(axis=0).reshape(-1)
        if not self.needs_grad(0):
            return None, ggamma, gbeta
        slope = scale / math.prod(gy.shape[2:])
        m0 = (gamma * s0).sum(axis=2, keepdims=True)  # (N, G, 1, 1)
        m1 = (gamma * s1).sum(axis=2, keepdims=True)
        gx = gy * (scale * gamma)
        d *= slope * scale * m1
        gx -= d
        gx -= slope * m0
        return reshape(gx, shape), ggamma, gbeta

    def _center(self, x):
        """Return x - mean (N, G, E, L), mean and scale (N, G, 1, 1)."""
        rows = x.reshape(len(x) * self.groups, math.prod(x.shape[1:]) // self.groups)
        d, mean, scale = _center_rows(rows, self.eps)
        group = (len(x), self.groups, 1, 1)
        return d.reshape(self._shape(x)), mean.reshape(group), scale.reshape(group)

    def _shape(self, x):
        """Return (N, G, E, L)."""
        channels = x.shape[1] // self.groups
        return len(x), self.groups, channels, math.prod(x.shape[2:])

    def _by_group(self, v):
        """Return v (C,), an array or a Variable, as (G, E, 1)."""
        return v.reshape(self.groups, v.shape[0] // self.groups, 1)


class RMSNorm(Function):
    """y = gamma * x * scale, scale = 1 / sqrt(mean(x**2) + eps) over the last axis.

        ggamma = sum(gy * x * scale)                  over all rows
        gx     = scale * (g - x * scale * mean(g * x * scale))

    with g = gy * gamma, and each mean taken over the last axis.

    Shapes: x (..., D), gamma (D,) -> y like x.
    """

    def __init__(self, eps):
        self.eps = eps

    def forward(self, x, gamma):
        y = x * _rms_scale(x, self.eps)
        y *= gamma
        return y

    def backward(self, gy):
        x, gamma = self.inputs
        scale = _rms_scale(x, self.eps)
        xhat, g = x * scale, gy * gamma
        along = _sum_along(g * xhat, -1) / x.shape[-1]
        return scale * (g - xhat * along), sum_to(gy * xhat, gamma.shape)


@_in_float32(3)
def layer_norm(x, gamma, beta, eps=1e-5) -> Variable:
    """Return x with mean beta and standard deviation gamma along the last axis.

    Shapes: x (..., D), gamma, beta (D,) -> y like x.

    >>> import numpy as np
    >>> layer_norm(np.array([[0.0, 2.0], [5.0, 25.0]]), np.ones(2), np.zeros(2))
    variable([[-0.999995    0.999995  ]
              [-0.99999995  0.99999995]])
    """
    number("layer_norm", "eps", eps, 73, least=0)
    x, gamma, beta = _as_scaled("layer_norm", x, gamma, beta)
    return LayerNorm(eps)(x, gamma, beta)


@_in_float32(4)
def group_norm(x, groups, gamma, beta, eps=1e-5) -> Variable:
    """Return x with mean beta and standard deviation gamma in groups of channels.

    Each sample is normalised on its own, so training and test mode are the same, and
    the size of the batch does not matter.

    Shapes: x (N, C, H, W) or (N, C, ...), gamma, beta (C,) -> y like x.
    groups: the number of groups; the first C / groups channels are the first group.
    """
    try:
        groups = whole("group_norm", "groups", groups, 73)
    except (TypeError, ValueError) as error:
        raise ValueError(
            "group_norm: groups must be a whole number, at least 1, got "
            f"{shown(groups)}; gamma and beta come after it (see step 73)"
        ) from error
    number("group_norm", "eps", eps, 73, least=0)
    x, gamma, beta = _as_scaled("group_norm", x, gamma, beta)
    return GroupNorm(groups, eps)(x, gamma, beta)


@_in_float32(2)
def rms_norm(x, gamma, eps=1e-5) -> Variable:
    """Return x divided by the root of its mean square along the last axis, times gamma.

    It is like layer_norm, but subtracts no mean and has no beta (see step 73).

    Shapes: x (..., D), gamma (D,) -> y like x.

    Raises ValueError unless gamma is (D,), and D is at least 1.

    >>> import numpy as np
    >>> rms_norm(np.array([[3.0, 4.0], [-30.0, 40.0]]), np.ones(2), eps=0).data.round(4)
    array([[ 0.8485,  1.1314],
           [-0.8485,  1.1314]])
    """
    number("rms_norm", "eps", eps, 73, least=0)
    x = _as_floats("rms_norm", x)
    if x.ndim == 0 or not x.shape[-1]:
        raise ValueError(
            "rms_norm: expected x of shape (..., D) with D at least 1, got "
            f"{x.shape} (see step 73)"
        )
    if gamma is None:
        raise ValueError(
            f"rms_norm: gamma must be an array of shape {x.shape[-1:]}, got None (see "
            "step 73)"
        )
    gamma = _as_input("rms_norm", gamma, "gamma")
    if gamma.shape != x.shape[-1:]:
        raise ValueError(
            "rms_norm: x and gamma must be (..., D) and (D,), got "
            f"{x.shape} and {gamma.shape} (see step 73)"
        )
    return RMSNorm(eps)(x, gamma)


def _rms_scale(x, eps):
    """Return 1 / sqrt(mean(x**2) + eps) over the last axis, (..., 1).

    x may be an array or a Variable: only methods and operators are used.
    """
    return (_sum_along(x * x, -1) / x.shape[-1] + eps) ** -0.5


def _center_rows(x, eps):
    """Return d = x - mean, mean and scale of x (N, D): (N, D), (N, 1), (N, 1).

    x may be an array or a Variable: only methods and operators are used.
    """
    mean = _sum_along(x, 1) / x.shape[1]
    d = x - mean
    return d, mean, (_dots(d, d) / x.shape[1] + eps) ** -0.5


def _dots(a, b):
    """Return _sum_along(a * b, -1) of two arrays or Variables of the same shape.

    It multiplies rows by columns, so a * b is never made: 8192 x 784 takes 0.4 of the
    time in float32, and a quarter of the time in float64.
    """
    *shape, length = a.shape
    rows, columns = a.reshape(*shape, 1, length), b.reshape(*shape, length, 1)
    return (rows @ columns).reshape(*shape, 1)


# --- checks, also for batch_norm ---


def _as_scaled(who, x, gamma, beta):
    """Return x as floats, and gamma and beta, which must not be None."""
    x = _as_floats(who, x)
    for name, v in ("gamma", gamma), ("beta", beta):
        if v is None:
            shape = x.shape[-1:] if who == "layer_norm" else x.shape[1:2]
            raise ValueError(
                f"{who}: {name} must be an array of shape {shape}, got None (see step "
                "73)"
            )
    return x, _as_input(who, gamma, "gamma"), _as_input(who, beta, "beta")


def _check_channels(name, x, arrays):
    """Raise ValueError unless x is (N, C, ...) and all arrays are (C,)."""
    if x.ndim < 2:
        raise ValueError(
            f"{name}: expected x of shape (N, C) or (N, C, ...), got {x.shape} "
            "(see step 73)"
        )
    for label, array in arrays.items():
        shape = getattr(array, "shape", None)  # None: no array at all
        if shape != x.shape[1:2]:
            raise ValueError(
                f"{name}: {label} must have one number for each channel of x, "
                f"so shape {x.shape[1:2]}, got {shape} (see step 73)"
            )
