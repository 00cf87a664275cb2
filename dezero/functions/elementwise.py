"""Functions of one element: exp, log, sqrt, abs, clip, and the trigonometric ones.

Letters: x, y in and out; gx, gy their gradients. Every function keeps shape and
floating dtype; exp, sin, cos, tanh and sqrt take integers as float64.
"""

import math
import numbers

import numpy as np

from dezero import cuda
from dezero.core import Cast, Function, Log, _as_input, log, where
from dezero.guards import refusal

__all__ = [
    "Abs",
    "Clip",
    "Cos",
    "Exp",
    "Log",
    "Sin",
    "Sqrt",
    "Tanh",
    "abs",
    "clip",
    "cos",
    "exp",
    "log",
    "sin",
    "sqrt",
    "tanh",
]


class Exp(Function):
    """y = exp(x), gx = gy * y."""

    def forward(self, x):
        return cuda.get_array_module(x).exp(x)

    def backward(self, gy):
        return gy * self.output()


class Sin(Function):
    """y = sin(x), gx = gy * cos(x)."""

    def forward(self, x):
        return cuda.get_array_module(x).sin(x)

    def backward(self, gy):
        (x,) = self.inputs
        return gy * cos(x)


class Cos(Function):
    """y = cos(x), gx = gy * -sin(x)."""

    def forward(self, x):
        return cuda.get_array_module(x).cos(x)

    def backward(self, gy):
        (x,) = self.inputs
        return gy * -sin(x)


class Tanh(Function):
    """y = tanh(x), gx = gy * (1 - y * y)."""

    def forward(self, x):
        return cuda.get_array_module(x).tanh(x)

    def backward(self, gy):
        y = self.output()
        return gy * (1 - y * y)


class Sqrt(Function):
    """y = sqrt(x), gx = gy / (2 * y); infinite at 0."""

    def forward(self, x):
        return cuda.get_array_module(x).sqrt(x)

    def backward(self, gy):
        return gy / (2 * self.output())


class Abs(Function):
    """y = |x|, gx = gy * sign(x); 0 at 0, the mean of the slopes on both sides."""

    def forward(self, x):
        return cuda.get_array_module(x).abs(x)

    def backward(self, gy):
        (x,) = self.inputs
        return where(x > 0, gy, 0) - where(x < 0, gy, 0)


class Clip(Function):
    """y = min(max(x, x_min), x_max), gx = gy where x_min <= x <= x_max, else 0."""

    def __init__(self, x_min, x_max):
        self.x_min = x_min
        self.x_max = x_max

    def forward(self, x):
        xp = cuda.get_array_module(x)
        try:
            return xp.clip(x, *self._limits(x))
        except OverflowError:  # -1 for a uint8: then in a dtype that has both
            return xp.clip(x, *map(xp.asarray, self._limits(x)))

    def backward(self, gy):
        (x,) = self.inputs
        x_min, x_max = self._limits(x)
        return where((x >= x_min) & (x <= x_max), gy, 0)

    def _limits(self, x):
        """Return x_min and x_max in the dtype of x, if that is floating.

        On NumPy 1 a 0-d float32 beside a Python float would be float64.
        """
        limits = self.x_min, self.x_max
        return [x.dtype.type(c) for c in limits] if x.dtype.kind == "f" else limits


def _as_floats(who, x):
    """Return x with floats in it: NumPy would make float16 of a uint8."""
    x = _as_input(who, x)
    return x if x.dtype.kind == "f" else Cast(np.float64)(x)


def exp(x):
    """Return e**x, element by element."""
    return Exp()(_as_floats("exp", x))


def sin(x):
    """Return the sine of x, in radians."""
    return Sin()(_as_floats("sin", x))


def cos(x):
    """Return the cosine of x, in radians."""
    return Cos()(_as_floats("cos", x))


def tanh(x):
    """Return the hyperbolic tangent of x."""
    return Tanh()(_as_floats("tanh", x))


def sqrt(x):
    """Return the square root of x."""
    return Sqrt()(_as_floats("sqrt", x))


def abs(x):
    """Return x without its sign."""
    return Abs()(_as_input("abs", x))


def clip(x, x_min, x_max):
    """Return x with what lies outside x_min ... x_max, two numbers, moved there.

    A step onto an end point still counts as inside: the gradient there is 1.
    Raises ValueError if x_min is larger than x_max.
    """
    x = _as_input("clip", x)
    for name, limit in ("x_min", x_min), ("x_max", x_max):
        # Infinity is a limit; nan is none.
        if not isinstance(limit, numbers.Real) or math.isnan(limit):
            raise TypeError(refusal("clip", name, "a number", limit, 37))
    if x_min > x_max:
        raise ValueError(
            f"clip: expected x_min <= x_max, got {x_min} and {x_max} (see step 37)"
        )
    return Clip(x_min, x_max)(x)
