"""Functions of one element: exp, log, and the trigonometric ones.

Letters: x, y in and out; gx, gy their gradients. Every function keeps shape and
floating dtype.
"""

from dezero import cuda
from dezero.core import Function, Log, log

__all__ = ["Cos", "Exp", "Log", "Sin", "Tanh", "cos", "exp", "log", "sin", "tanh"]


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


def exp(x):
    """Return e**x, element by element."""
    return Exp()(x)


def sin(x):
    """Return the sine of x, in radians."""
    return Sin()(x)


def cos(x):
    """Return the cosine of x, in radians."""
    return Cos()(x)


def tanh(x):
    """Return the hyperbolic tangent of x."""
    return Tanh()(x)
