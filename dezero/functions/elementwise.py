"""Elementwise functions: exp, log, sqrt, abs, clip, sin, cos, tanh, maximum, minimum.

Letters: x, y in and out; gx, gy their gradients. y has the shape of x, and its dtype if
that is floating; exp, log, sin, cos, tanh and sqrt convert integers to float64. maximum
and minimum broadcast their two inputs.
"""

import math
import numbers
from typing import Any

import numpy as np

from dezero import cuda
from dezero.advice import named_arguments
from dezero.core import (
    AsType,
    Function,
    Log,
    Variable,
    _explained,
    _number_for,
    _unwrap,
    log,
    pow,
    sum_to,
    where,
)
from dezero.functions.inputs import _as_floats, _as_input
from dezero.guards import refusal

__all__ = [
    "Abs",
    "Clip",
    "Cos",
    "Exp",
    "Log",
    "Maximum",
    "Minimum",
    "Sin",
    "Sqrt",
    "Tanh",
    "abs",
    "astype",
    "clip",
    "cos",
    "exp",
    "log",
    "maximum",
    "minimum",
    "sin",
    "sqrt",
    "square",
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
        with np.errstate(divide="ignore"):  # infinite at 0: nothing to warn about
            return gy / (2 * self.output())


class Abs(Function):
    """y = |x|, gx = gy * sign(x); 0 at 0, the mean of the slopes on both sides."""

    def forward(self, x):
        return cuda.get_array_module(x).abs(x)

    def backward(self, gy):
        (x,) = self.inputs
        gx = where(x > 0, gy, 0)
        gx -= where(x < 0, gy, 0)
        return gx


class Clip(Function):
    """y = min(max(x, x_min), x_max), gx = gy where x_min <= x <= x_max, else 0."""

    def __init__(self, x_min, x_max):
        self.x_min = x_min
        self.x_max = x_max

    def forward(self, x):
        xp = cuda.get_array_module(x)
        try:
            return xp.clip(x, *self._limits(x))
        except OverflowError:  # -1 for a uint8: then use a dtype that holds both
            return xp.clip(x, *map(xp.asarray, self._limits(x)))

    def backward(self, gy):
        (x,) = self.inputs
        x_min, x_max = self._limits(x)
        return where((x >= x_min) & (x <= x_max), gy, 0)

    def _limits(self, x):
        return _number_for(x, self.x_min), _number_for(x, self.x_max)


def exp(x) -> Variable:
    """Return e**x, element by element."""
    x = _as_floats("exp", x)
    return Exp()(x)


def sin(x) -> Variable:
    """Return the sine of x, with x in radians."""
    x = _as_floats("sin", x)
    return Sin()(x)


def cos(x) -> Variable:
    """Return the cosine of x, with x in radians."""
    x = _as_floats("cos", x)
    return Cos()(x)


def tanh(x) -> Variable:
    """Return the hyperbolic tangent of x."""
    x = _as_floats("tanh", x)
    return Tanh()(x)


def sqrt(x) -> Variable:
    """Return the square root of x."""
    x = _as_floats("sqrt", x)
    return Sqrt()(x)


def abs(x) -> Variable:
    """Return the absolute value of x."""
    x = _as_input("abs", x)
    return Abs()(x)


@named_arguments
def clip(x, x_min, x_max) -> Variable:
    """Return x limited to the range from x_min to x_max, two numbers.

    The end points count as inside: the gradient there is 1.
    Raises ValueError if x_min is larger than x_max.
    """
    x = _as_input("clip", x)
    for name, limit in ("x_min", x_min), ("x_max", x_max):
        # Infinity can be a limit; nan cannot.
        real = isinstance(limit, (float, int, numbers.Real))
        if not real or math.isnan(limit):
            raise TypeError(refusal("clip", name, "a number", limit, 37))
    if x_min > x_max:
        raise ValueError(
            f"clip: expected x_min <= x_max, got {x_min} and {x_max} (see step 37)"
        )
    return Clip(x_min, x_max)(x)


def square(x) -> Variable:
    """Return x * x, element by element.

    >>> square(np.array([1.0, -3.0]))
    variable([1. 9.])
    """
    return pow(x, 2)


# --- the larger and the smaller of two ---


class Maximum(Function):
    """y = max(x0, x1), gx0 = gy where x0 is the larger, gx1 = gy where x1 is.

    Where both are equal, or both are nan, each gets half of gy, as in max (step 61).
    Where only one is nan, y is nan, and that one gets all of gy.

    Shapes: x0, x1 broadcast -> y; each gx is summed to the shape of its x.
    """

    def forward(self, x0, x1):
        return cuda.get_array_module(x0).maximum(x0, x1)

    def backward(self, gy):
        x0, x1 = self.inputs
        first, second = self._winners(_unwrap(x0), _unwrap(x1))
        shared = where(first & second, gy / 2, gy)
        gx0 = sum_to(where(first, shared, 0.0), x0.shape)
        gx1 = sum_to(where(second, shared, 0.0), x1.shape)
        return gx0, gx1

    def _winners(self, x0, x1):
        """Return where x0 is y, and where x1 is; x0 != x0 only where x0 is nan."""
        y = self.forward(x0, x1)
        return (x0 == y) | (x0 != x0), (x1 == y) | (x1 != x1)


class Minimum(Maximum):
    """y = min(x0, x1), gx0 = gy where x0 is the smaller; in a tie each gets half."""

    def forward(self, x0, x1):
        return cuda.get_array_module(x0).minimum(x0, x1)


def maximum(x0, x1) -> Variable:
    """Return the larger of x0 and x1, element by element; they broadcast.

    In a tie each gets half of the gradient, as in max (see step 61).

    >>> maximum(np.array([1.0, 5.0]), 2.0)
    variable([2. 5.])
    """
    try:
        return Maximum()(x0, x1)
    except (ValueError, TypeError) as error:
        raise _explained("maximum", error, x0, x1) from error


def minimum(x0, x1) -> Variable:
    """Return the smaller of x0 and x1, element by element; they broadcast.

    In a tie each gets half of the gradient, as in min (see step 61).

    >>> minimum(np.array([1.0, 5.0]), 2.0)
    variable([1. 2.])
    """
    try:
        return Minimum()(x0, x1)
    except (ValueError, TypeError) as error:
        raise _explained("minimum", error, x0, x1) from error


# --- another dtype ---


def astype(x, dtype) -> "Variable | Any":
    """Return x converted to a dtype, such as np.float32 or "float64" (see step 44).

    Only floating dtypes have a derivative. For another dtype, such as int or bool, the
    result is an ndarray, outside the graph.

    >>> astype(np.array([1, 2]), np.float32)
    variable([1. 2.])
    """
    x = _as_input("astype", x)
    try:
        dtype = np.dtype(dtype)
    except TypeError:
        expected = "a dtype of numbers, such as np.float32"
        raise TypeError(refusal("astype", "dtype", expected, dtype, 44)) from None
    if dtype.kind not in "fiub":
        raise TypeError(f"astype: expected real numbers, got {dtype} (see step 44)")
    if dtype.kind != "f":
        return _unwrap(x).astype(dtype)
    return AsType(dtype)(x)
