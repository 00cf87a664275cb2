"""The ops + - * / ** and log.

Shapes broadcast as in NumPy; backward sums each gradient to the shape of its input.
"""

import numbers
import operator

import numpy as np

from dezero import cuda
from dezero.core.arraylike import unwrap
from dezero.core.function import Function
from dezero.core.indexing import where
from dezero.core.outside import _as_input, _explained
from dezero.core.shape import AsType, _sum_to
from dezero.core.variable import Variable


class Add(Function):
    """y = x0 + x1, gx0 = gy, gx1 = gy."""

    def forward(self, x0, x1):
        return x0 + x1

    def backward(self, gy):
        x0, x1 = self._inputs  # always Variables, and only their shapes are needed
        return _sum_to(gy, x0._data.shape), _sum_to(gy, x1._data.shape)


class Sub(Function):
    """y = x0 - x1, gx0 = gy, gx1 = -gy."""

    def forward(self, x0, x1):
        return x0 - x1

    def backward(self, gy):
        x0, x1 = self._inputs
        gx0 = _sum_to(gy, x0._data.shape)
        gx1 = _sum_to(-gy, x1._data.shape) if x1.requires_grad else None
        return gx0, gx1


class Mul(Function):
    """y = x0 * x1, gx0 = gy * x1, gx1 = gy * x0."""

    def forward(self, x0, x1):
        return x0 * x1

    def backward(self, gy):
        x0, x1 = self.inputs
        gx0 = _sum_to(gy * x1, x0.shape) if self.needs_grad(0) else None
        gx1 = _sum_to(gy * x0, x1.shape) if self.needs_grad(1) else None
        return gx0, gx1


class Div(Function):
    """y = x0 / x1, gx0 = gy / x1, gx1 = gy * (-x0 / x1**2)."""

    def forward(self, x0, x1):
        return x0 / x1

    def backward(self, gy):
        x0, x1 = self.inputs
        gx0 = _sum_to(gy / x1, x0.shape) if self.needs_grad(0) else None
        gx1 = _sum_to(gy * (-x0 / x1**2), x1.shape) if self.needs_grad(1) else None
        return gx0, gx1


class Neg(Function):
    """y = -x, gx = -gy."""

    def forward(self, x):
        return -x

    def backward(self, gy):
        return -gy


class Pow(Function):
    """y = x**c with a constant c, gx = c * x**(c - 1) * gy.

    c is a number, or an array that broadcasts with x.
    """

    def __init__(self, c):
        self.c = c.item() if isinstance(c, np.generic) else c

    def forward(self, x):
        c = self.c
        if isinstance(c, int) and 0 < c < 5:
            # On float32 x**3 takes 20 to 200 times as long as x * x * x.
            y = x * x if c > 1 else x.copy()  # not x: y needs its own memory
            for _ in range(c - 2):
                y = y * x
            return y
        return x ** (_number_for(x, c) if isinstance(c, numbers.Real) else c)

    def backward(self, gy):
        (x,) = self.inputs
        c = self.c
        if getattr(c, "ndim", 0) == 0:
            if c == 0:  # not 0 * x**-1, which is nan at 0
                return where(np.False_, gy, 0)
            lower = c - 1
        else:
            lower = cuda.get_array_module(c).where(c == 0, 1, c - 1)
            gy = where(c != 0, gy, 0)
        return _sum_to(c * x**lower * gy, x.shape)


class PowVariable(Function):
    """y = x0**x1, gx0 = gy * x1 * x0**(x1 - 1), gx1 = gy * y * log(x0).

    Where x0 is 0 and x1 >= 0, gx1 is 0 and log(0) is not computed: 0**x1 stays 0 when
    x1 changes. Where both are 0, gx0 is 0 and 0**-1 is not computed: x0**0 stays 1 when
    x0 changes.
    """

    def forward(self, x0, x1):
        self.zeros = (x0 == 0) & (x1 >= 0)
        self.both_zeros = self.zeros & (x1 == 0)
        return x0**x1

    def backward(self, gy):
        x0, x1 = self.inputs
        gx0 = gx1 = None
        if self.needs_grad(0):
            lower = x1 - 1 + self.both_zeros
            g = where(self.both_zeros, 0, gy)
            gx0 = _sum_to(g * x1 * x0**lower, x0.shape)
        if self.needs_grad(1):
            g = where(self.zeros, 0, gy)
            gx1 = _sum_to(g * x0**x1 * log(x0 + self.zeros), x1.shape)
        return gx0, gx1


class Log(Function):
    """y = log(x), the natural logarithm; gx = gy / x."""

    def forward(self, x):
        return cuda.get_array_module(x).log(x)

    def backward(self, gy):
        (x,) = self.inputs
        return gy / x


def add(x0, x1) -> Variable:
    """Return x0 + x1. Either may be a Variable, an array or a number."""
    try:
        return Add()(x0, x1)
    except (ValueError, TypeError) as error:
        raise _explained("add", error, x0, x1) from error


def sub(x0, x1) -> Variable:
    """Return x0 - x1."""
    try:
        return Sub()(x0, x1)
    except (ValueError, TypeError) as error:
        raise _explained("sub", error, x0, x1) from error


def rsub(x0, x1) -> Variable:
    """Return x1 - x0."""
    return sub(x1, x0)


def mul(x0, x1) -> Variable:
    """Return x0 * x1."""
    try:
        return Mul()(x0, x1)
    except (ValueError, TypeError) as error:
        raise _explained("mul", error, x0, x1) from error


def div(x0, x1) -> Variable:
    """Return x0 / x1."""
    try:
        return Div()(x0, x1)
    except (ValueError, TypeError) as error:
        raise _explained("div", error, x0, x1) from error


def rdiv(x0, x1) -> Variable:
    """Return x1 / x0."""
    return div(x1, x0)


def neg(x) -> Variable:
    """Return -x."""
    try:
        return Neg()(x)
    except (ValueError, TypeError) as error:
        raise _explained("neg", error, x) from error


def pow(x, c) -> Variable:  # DeZero's name for it. It hides Python's pow in this file.
    """Return x**c. If c is a Variable that needs a gradient, x must not be negative.

    >>> x, c = Variable(np.array(2.0)), Variable(np.array(3.0))
    >>> (x**c).backward()
    >>> x.grad
    variable(12.0)
    """
    try:
        if isinstance(c, Variable):
            return PowVariable()(x, c)
        if not (isinstance(c, (int, float)) or cuda.is_array(c)):
            c = _as_input("pow", c)
        return Pow(c)(x)
    except (ValueError, TypeError, OverflowError) as error:
        raise _explained("pow", error, x, c) from error


def log(x) -> Variable:
    """Return the natural logarithm of x, element by element."""
    x = _as_input("log", x)
    return Log()(x if x.dtype.kind == "f" else AsType(np.float64)(x))


def _number_for(x, c):
    """Return the number c in the dtype of the array x, if that is floating.

    Why? On NumPy 1, a 0-d float32 times a Python float is a float64.
    """
    return x.dtype.type(c) if x.dtype.kind == "f" else c


_COMPARISONS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compare(sign, x, other):
    """Return x < other, or <=, > or >= as sign says: bools, without a gradient."""
    try:
        return _COMPARISONS[sign](x.data, unwrap(other))
    except (ValueError, TypeError) as error:
        raise _explained(sign, error, x, other) from error
