"""Activation functions (relu, sigmoid, gelu ...), and softmax, which ends a classifier.

Letters: x, y in and out; gx, gy their gradients. relu keeps integers, and the others
convert them to float64; floating dtypes stay.

A backward here writes `gx *= y` where `gx = gx * y` would do. On a bare array that
works in place and saves a fifth of the time; on a Variable both are the same.
"""

import math

import numpy as np

from dezero import cuda
from dezero.advice import named_arguments
from dezero.core import (
    Config,
    Function,
    Variable,
    _number_for,
    _unwrap,
    where,
)
from dezero.functions.elementwise import Clip, exp
from dezero.functions.inputs import (
    _as_floats,
    _as_input,
    _as_scores,
    _floating,  # noqa: F401  for recurrent.py
    _in_float32,
)
from dezero.guards import number

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
    "swiglu",
]


# --- sigmoid and its relatives ---


def _sigmoid(x):
    """Return 1 / (1 + exp(-x)) for an array, computed by just this formula.

    Far below 0, exp overflows to infinity, and 1 / infinity is 0, as it should be. The
    formula takes four passes over the array, and is correct to the last digit or two
    everywhere. tanh(x / 2) / 2 + 1 / 2 is not: in float32 it is 0 from -20 down, where
    the sigmoid is still 2e-9. It takes 0.6 to 2 times as long, depending on processor
    and dtype.
    """
    y = -x
    with np.errstate(over="ignore", under="ignore"):
        y = cuda.get_array_module(x).exp(y)
    y += x.dtype.type(1)
    return x.dtype.type(1) / y


class Sigmoid(Function):
    """y = 1 / (1 + exp(-x)), gx = gy * y * (1 - y)."""

    def forward(self, x):
        return _sigmoid(x)

    def backward(self, gy):
        y = self.output()
        return gy * y * (1 - y)


class Softplus(Function):
    """y = log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)), gx = gy * sigmoid(x)."""

    def forward(self, x):
        xp = cuda.get_array_module(x)
        return xp.maximum(x, _number_for(x, 0)) + xp.log1p(xp.exp(-xp.abs(x)))

    def backward(self, gy):
        (x,) = self.inputs
        return gy * sigmoid(x)


class GELU(Function):
    """y = x * s, s = sigmoid(u); gx = gy * s * (1 + x * (1 - s) * du/dx).

        u = c * (x + a * x**3),    c = sqrt(8 / pi), a = 0.044715

    Hendrycks and Gimpel's approximation of x * P(z <= x) for a standard normal z.
    They write s as tanh(u / 2) / 2 + 1 / 2, which is the same.

    Beyond +-22, where u is +-795, s stays 1 or 0. So u is computed from x clipped to
    +-22: in float16, x**3 is infinite from 41 on, and infinity * 0 is nan.
    """

    C = math.sqrt(8 / math.pi)
    A = 0.044715
    FLAT = 22.0

    def forward(self, x):
        xp = cuda.get_array_module(x)
        limit = x.dtype.type(self.FLAT)
        near = xp.maximum(x, -limit)
        u = self._u(xp.minimum(near, limit))
        self.s = _sigmoid(u.astype(x.dtype, copy=False))
        return near * self.s

    def backward(self, gy):
        (x,) = self.inputs
        x = Clip(-self.FLAT, self.FLAT)(x)
        # The s of forward will do, unless s itself must be differentiated.
        s = sigmoid(self._u(x)) if Config.enable_backprop else self.s
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


@_in_float32(1)
def sigmoid(x) -> Variable:
    """Return 1 / (1 + exp(-x)), from 0 to 1, without overflow (see step 43).

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    variable([0.  0.5 1. ])
    """
    x = _as_floats("sigmoid", x)
    return Sigmoid()(x)


def sigmoid_simple(x) -> Variable:
    """Return the sigmoid of x, written out as its formula; exp overflows below -709."""
    x = _as_floats("sigmoid_simple", x)
    return 1 / (1 + exp(-x))


def softplus(x) -> Variable:
    """Return log(1 + exp(x)), a smooth relu, without overflow."""
    x = _as_floats("softplus", x)
    return Softplus()(x)


def silu(x) -> Variable:
    """Return x * sigmoid(x), also known as swish (see step 80)."""
    x = _as_input("silu", x)
    return x * sigmoid(x)


def swiglu(x, gate) -> Variable:
    """Return silu(gate) * x: the gate says how much of each x to keep (see step 80).

    Raises ValueError unless x and gate have the same shape.

    >>> swiglu(np.array([2.0, 2.0]), np.array([0.0, 9.0])).data.round(3)
    array([ 0.   , 17.998])
    """
    x, gate = _as_floats("swiglu", x), _as_floats("swiglu", gate, "gate")
    if x.shape != gate.shape:
        raise ValueError(
            "swiglu: x and gate must have equal shapes, got "
            f"{x.shape} and {gate.shape} (see step 80)"
        )
    return silu(gate) * x


def gelu(x) -> Variable:
    """Return x * P(z <= x) for a standard normal z, approximately.

    This is the tanh formula of the GELU paper, within 0.0005 of the exact value (see
    step 80).

    >>> gelu(np.array([-2.0, 0.0, 2.0])).data.round(4)
    array([-0.0454,  0.    ,  1.9546])
    """
    x = _as_floats("gelu", x)
    return GELU()(x)


# --- relu and its relatives ---


class ReLU(Function):
    """y = max(x, 0), gx = gy where x > 0, else 0."""

    def forward(self, x):
        xp = cuda.get_array_module(x)
        return xp.maximum(x, _number_for(x, 0))

    def backward(self, gy):
        (x,) = self.inputs
        return where(x > 0, gy, 0)


class LeakyReLU(Function):
    """y = x where x > 0, else slope * x; gx = gy where x > 0, else slope * gy."""

    def __init__(self, slope):
        self.slope = slope

    def forward(self, x):
        xp = cuda.get_array_module(x)
        if self.slope == 0:  # -inf * 0 is nan
            return xp.maximum(x, _number_for(x, 0))
        # This takes 0.1 to 0.4 of the time of np.where(x > 0, x, slope * x).
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
        xp = cuda.get_array_module(x)
        zero = _number_for(x, 0)
        below = xp.expm1(xp.minimum(x, zero)) * _number_for(x, self.alpha)
        return xp.maximum(x, zero) + below

    def backward(self, gy):
        (x,) = self.inputs
        if self.alpha == 0:
            return where(x > 0, gy, 0)
        return gy * (where(x <= 0, self.output() + self.alpha, 0) + (x > 0))


def relu(x) -> Variable:
    """Return x where it is positive, else 0; the gradient at 0 is 0 (see step 51)."""
    x = _as_input("relu", x)
    return ReLU()(x)


@named_arguments
def leaky_relu(x, slope=0.2) -> Variable:
    """Return x where it is positive, else slope * x; at 0 the gradient is slope."""
    slope = number("leaky_relu", "slope", slope, 51)
    x = _as_floats("leaky_relu", x)
    return LeakyReLU(slope)(x)


@named_arguments
def elu(x, alpha=1.0) -> Variable:
    """Return x where it is positive, else alpha * (exp(x) - 1)."""
    alpha, x = number("elu", "alpha", alpha, 51), _as_floats("elu", x)
    return ELU(alpha)(x)


# --- softmax ---


class Softmax(Function):
    """y = exp(x) / sum(exp(x)), gx = y * (gy - sum(gy * y)); sums over axis.

    Computed from x - max(x), which changes nothing and keeps exp from overflow.
    """

    def __init__(self, axis=1):
        self.axis = axis

    def forward(self, x):
        xp = cuda.get_array_module(x)
        y = xp.exp(x - x.max(axis=self.axis, keepdims=True))
        y /= _sum_along(y, self.axis)
        return y

    def backward(self, gy):
        y = self.output()
        gx = y * gy
        return gx - y * _sum_along(gx, self.axis)


class LogSoftmax(Function):
    """y = x - log(sum(exp(x))), gx = gy - exp(y) * sum(gy); sums over axis."""

    def __init__(self, axis=1):
        self.axis = axis

    def forward(self, x):
        xp = cuda.get_array_module(x)
        y = x - x.max(axis=self.axis, keepdims=True)
        y -= xp.log(_sum_along(xp.exp(y), self.axis))
        return y

    def backward(self, gy):
        gx = exp(self.output())
        gx *= _sum_along(gy, self.axis)
        return gy - gx


@named_arguments
@_in_float32(1)
def softmax(x, axis=1) -> Variable:
    """Return exp(x) / sum(exp(x)): scores to probabilities along axis (see step 47).

    >>> softmax(np.array([[1000.0, 1000.0, 0.0]]))
    variable([[0.5 0.5 0. ]])
    """
    x, axis = _as_scores("softmax", x, axis)
    return Softmax(axis)(x)


@named_arguments
def softmax_simple(x, axis=1) -> Variable:
    """Return the softmax of x, written out with exp, sum and a division."""
    x, axis = _as_scores("softmax_simple", x, axis)
    largest = _unwrap(x).max(axis=axis, keepdims=True)
    y = exp(x - largest)  # e**1000 would be inf
    return y / y.sum(axis=axis, keepdims=True)


@named_arguments
@_in_float32(1)
def log_softmax(x, axis=1) -> Variable:
    """Return the logarithm of softmax, finite where softmax itself rounds to 0."""
    x, axis = _as_scores("log_softmax", x, axis)
    return LogSoftmax(axis)(x)


def _sum_along(x, axis):
    """Return the sum of x, an array or a Variable, over axis, which keeps length 1.

    Over the last axis it is a product with ones: on 1024 x 65 that takes a quarter of
    the time of x.sum.
    """
    if axis not in (-1, x.ndim - 1):
        return x.sum(axis=axis, keepdims=True)
    return x @ cuda.get_array_module(x).ones((x.shape[-1], 1), x.dtype)
