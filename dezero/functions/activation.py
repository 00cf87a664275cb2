"""What stands between two linear layers, and softmax, which ends a classifier.

Letters: x, y in and out; gx, gy their gradients. Integers are taken as float64;
floating dtypes stay.

A backward here writes `gx *= y` where `gx = gx * y` would do: on a bare array that
works in place, which saves a fifth of the time; on a Variable it is the same.
"""

import math

import numpy as np

from dezero import cuda
from dezero.advice import named_arguments
from dezero.core import (
    Config,
    Function,
    Variable,
    _as_input,
    _precisely,
    _unwrap,
    where,
)
from dezero.functions.elementwise import Clip, _as_floats, exp
from dezero.guards import number, refusal

__all__ = [
    "ELU",
    "GELU",
    "LeakyReLU",
    "LogSoftmax",
    "ReLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "elu",
    "gelu",
    "leaky_relu",
    "log_softmax",
    "relu",
    "sigmoid",
    "sigmoid_simple",
    "silu",
    "softmax",
    "softmax_simple",
    "softplus",
]


def _floating(x):
    """Return the array x, or its float64 copy where it holds integers."""
    return x if x.dtype.kind == "f" else x.astype(np.float64)


# --- sigmoid and its relatives ---


def _sigmoid(x):
    """Return 1 / (1 + exp(-x)) of an array, as its formula says.

    Far below 0 exp overflows to infinity, and 1 / infinity is the 0 that is meant. In
    four passes, each over numbers that are there already, and right to the last digit
    or two everywhere. tanh(x / 2) / 2 + 1 / 2 takes 1.3 to 2 times as long, and is 0
    from -20 on, where the sigmoid is still 2e-9.
    """
    y = -x
    with np.errstate(over="ignore", under="ignore"):
        y = cuda.get_array_module(x).exp(y)
    y += x.dtype.type(1)
    return x.dtype.type(1) / y


class Sigmoid(Function):
    """y = 1 / (1 + exp(-x)), gx = gy * y * (1 - y)."""

    def forward(self, x):
        return _sigmoid(_floating(x))

    def backward(self, gy):
        y = self.output()
        gx = 1 - y
        gx *= y
        gx *= gy
        return gx


class Softplus(Function):
    """y = log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)), gx = gy * sigmoid(x)."""

    def forward(self, x):
        x = _floating(x)
        xp = cuda.get_array_module(x)
        return xp.maximum(x, xp.zeros_like(x)) + xp.log1p(xp.exp(-xp.abs(x)))

    def backward(self, gy):
        (x,) = self.inputs
        return gy * sigmoid(x)


class GELU(Function):
    """y = x * s, s = sigmoid(u); gx = gy * s * (1 + x * (1 - s) * du/dx).

        u = c * (x + a * x**3),    c = sqrt(8 / pi), a = 0.044715

    Hendrycks and Gimpel's approximation of x * P(z <= x) for a standard normal z,
    theirs with tanh(u / 2) / 2 + 1 / 2 for s, which is the same.

    Beyond +-22, where u is +-795, s is 1 or 0 and stays so: there x counts as
    +-22, for x**3 of a float16 is infinite from 41 on, and infinity * 0 is nan.
    """

    C = math.sqrt(8 / math.pi)
    A = 0.044715
    FLAT = 22.0

    def forward(self, x):
        x = _floating(x)
        xp = cuda.get_array_module(x)
        limit = x.dtype.type(self.FLAT)
        near = xp.maximum(x, -limit)
        u = self._u(xp.minimum(near, limit))
        self.s = _sigmoid(u.astype(x.dtype, copy=False))
        return near * self.s

    def backward(self, gy):
        (x,) = self.inputs
        x = Clip(-self.FLAT, self.FLAT)(x)
        # s is known, unless it is to be differentiated in its turn.
        s = self.s if not Config.wrap else sigmoid(self._u(x))
        gx = 3 * self.A * self.C * x
        gx *= x
        gx += self.C  # du/dx
        gx *= x
        gx *= 1 - s
        gx += 1
        gx *= s
        gx *= gy
        return gx

    def _u(self, x):
        u = self.A * self.C * x
        u *= x
        u += self.C
        u *= x
        return u


def sigmoid(x) -> Variable:
    """Return 1 / (1 + exp(-x)), from 0 to 1, without overflow (see step 43).

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    variable([0.  0.5 1. ])
    """
    return _precisely(Sigmoid(), _as_input("sigmoid", x))


def sigmoid_simple(x) -> Variable:
    """Return the sigmoid of x, written as its formula; exp overflows below -709."""
    return 1 / (1 + exp(-_as_floats("sigmoid_simple", x)))


def softplus(x) -> Variable:
    """Return log(1 + exp(x)), a smooth relu, without overflow."""
    return Softplus()(_as_input("softplus", x))


def silu(x) -> Variable:
    """Return x * sigmoid(x), also known as swish."""
    x = _as_input("silu", x)
    return x * sigmoid(x)


def gelu(x) -> Variable:
    """Return x times the normal probability of less than x, approximately.

    The formula with tanh of the GELU paper, within 0.0005 of the exact value.
    """
    return GELU()(_as_input("gelu", x))


# --- relu and its relatives ---


class ReLU(Function):
    """y = max(x, 0), gx = gy where x > 0, else 0.

    The maximum with an array of zeros takes 0.55 of that with a 0.
    """

    def forward(self, x):
        xp = cuda.get_array_module(x)
        return xp.maximum(x, xp.zeros_like(x))

    def backward(self, gy):
        (x,) = self.inputs
        return where(x > 0, gy, 0)


class LeakyReLU(Function):
    """y = x where x > 0, else slope * x; gx = gy or slope * gy, likewise."""

    def __init__(self, slope):
        self.slope = slope

    def forward(self, x):
        x = _floating(x)
        xp = cuda.get_array_module(x)
        if self.slope == 0:  # -inf * 0 is nan
            return xp.maximum(x, xp.zeros_like(x))
        # A tenth of the time of np.where(x > 0, x, slope * x).
        larger = xp.maximum if self.slope <= 1 else xp.minimum
        return larger(x, x * x.dtype.type(self.slope))

    def backward(self, gy):
        (x,) = self.inputs
        if self.slope == 0:
            return where(x > 0, gy, 0)
        return gy * ((x <= 0).astype(gy.dtype) * self.slope + (x > 0))


class ELU(Function):
    """y = x where x > 0, else alpha * (exp(x) - 1); gx = gy or gy * (y + alpha)."""

    def __init__(self, alpha):
        self.alpha = alpha

    def forward(self, x):
        x = _floating(x)
        xp = cuda.get_array_module(x)
        zeros = xp.zeros_like(x)
        below = xp.expm1(xp.minimum(x, zeros)) * x.dtype.type(self.alpha)
        return xp.maximum(x, zeros) + below

    def backward(self, gy):
        (x,) = self.inputs
        return gy * (where(x <= 0, self.output() + self.alpha, 0) + (x > 0))


def relu(x) -> Variable:
    """Return x where it is positive, else 0; the gradient at 0 is 0 (see step 51)."""
    return ReLU()(_as_input("relu", x))


@named_arguments
def leaky_relu(x, slope=0.2) -> Variable:
    """Return x where it is positive, else slope * x; at 0 the gradient is slope."""
    slope = number("leaky_relu", "slope", slope, 51)
    return LeakyReLU(slope)(_as_input("leaky_relu", x))


def elu(x, alpha=1.0) -> Variable:
    """Return x where it is positive, else alpha * (exp(x) - 1)."""
    return ELU(number("elu", "alpha", alpha, 51))(_as_input("elu", x))


# --- softmax ---


class Softmax(Function):
    """y = exp(x) / sum(exp(x)), gx = y * (gy - sum(gy * y)); sums over axis.

    Computed from x - max(x), which changes nothing and keeps exp from overflow.
    """

    def __init__(self, axis=1):
        self.axis = axis

    def forward(self, x):
        y = cuda.get_array_module(x).exp(_shifted(x, self.axis))
        y /= _sum_along(y, self.axis)
        return y

    def backward(self, gy):
        y = self.output()
        gx = y * gy
        gx -= y * _sum_along(gx, self.axis)
        return gx


class LogSoftmax(Function):
    """y = x - log(sum(exp(x))), gx = gy - exp(y) * sum(gy); sums over axis."""

    def __init__(self, axis=1):
        self.axis = axis

    def forward(self, x):
        xp = cuda.get_array_module(x)
        y = _shifted(x, self.axis)
        y -= xp.log(_sum_along(xp.exp(y), self.axis))
        return y

    def backward(self, gy):
        gx = exp(self.output())
        gx *= _sum_along(gy, self.axis)
        return gy - gx


@named_arguments
def softmax(x, axis=1) -> Variable:
    """Return exp(x) / sum(exp(x)): scores to probabilities along axis (see step 47).

    >>> softmax(np.array([[1000.0, 1000.0, 0.0]]))
    variable([[0.5 0.5 0. ]])
    """
    x, axis = _scores("softmax", x, axis)
    return _precisely(Softmax(axis), x)


@named_arguments
def softmax_simple(x, axis=1) -> Variable:
    """Return the softmax of x, written as its formula, from exp, sum and a division."""
    x, axis = _scores("softmax_simple", x, axis)
    x = _as_floats("softmax_simple", x)  # bools have no -
    largest = _unwrap(x).max(axis=axis, keepdims=True)
    y = exp(x - largest)  # e**1000 would be inf
    return y / y.sum(axis=axis, keepdims=True)


@named_arguments
def log_softmax(x, axis=1) -> Variable:
    """Return the logarithm of softmax, finite where softmax itself rounds to 0."""
    x, axis = _scores("log_softmax", x, axis)
    return _precisely(LogSoftmax(axis), x)


def _shifted(x, axis):
    """Return the array x, floating, minus its largest elements along axis."""
    x = _floating(x)
    return x - x.max(axis=axis, keepdims=True)


def _sum_along(x, axis):
    """Return the sums of x, an array or a Variable, over axis, which stays.

    Over the last axis as a product with ones: 1024 x 65 takes a quarter of x.sum.
    """
    if axis not in (-1, x.ndim - 1):
        return x.sum(axis=axis, keepdims=True)
    return x @ cuda.get_array_module(x).ones((x.shape[-1], 1), x.dtype)


def _scores(name, x, axis):
    """Return x and axis, an int or several, if x has scores along it."""
    x = _as_input(name, x)
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    for a in axes:
        if isinstance(a, bool) or not isinstance(a, (int, np.integer)):
            raise TypeError(
                refusal(name, "axis", "an int or a tuple of ints", axis, 47)
            )
    if not axes or not all(-x.ndim <= a < x.ndim for a in axes):
        raise ValueError(
            f"{name}: expected x with an axis {axis}, got shape {x.shape}; a single "
            "row of scores is x.reshape(1, -1), or say axis=0 (see step 47)"
        )
    if len({a % x.ndim for a in axes}) < len(axes):
        raise ValueError(
            f"{name}: axis must name every axis once, got {axis} of an x of shape "
            f"{x.shape} (see step 47)"
        )
    if x.size == 0 and 0 in [x.shape[a] for a in axes]:
        raise ValueError(
            f"{name}: expected one score at least along axis {axis}, got an x of shape "
            f"{x.shape} (see step 47)"
        )
    return x, tuple(axes) if isinstance(axis, (tuple, list)) else int(axis)
