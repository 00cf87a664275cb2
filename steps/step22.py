"""Step 22. More operators: negation, subtraction, division, power.

Four more Functions, and any formula of + - * / ** can be written
down. Each needs three things: the formula in forward, its
derivative in backward, and a method that Python calls for the
operator.

    y = -x       gx  = -gy
    y = x0 - x1  gx0 = gy
                 gx1 = -gy
    y = x0 / x1  gx0 = gy / x1
                 gx1 = gy * (-x0 / x1**2)
    y = x**c     gx  = c * x**(c - 1) * gy

The two sides of - and / are not alike. For 5 - x Python calls
x.__rsub__(5). The method must answer with 5 - x, which is
sub(other, self), and not with x - 5.

Now the same formula works for numbers and for Variables, and the
table below uses this. Each f gets a Variable, for backward, and
plain floats, for the measured slope of step 4.

What began as a box of five lines is now a small engine. But as it
is, every new program would have to carry all of it along. Step 23
moves it into a package.

Exercise: x**0 is 1 everywhere, so its gradient is 0. What does
Pow say at x = 0, and why? Repair it.

In the package: dezero/core/arithmetic.py; each definition of this
file is also in dezero/core_simple.py, letter for letter

Output:
    at x = 2   value  gradient   measured
    -x       -2.0000   -1.0000    -1.0000
    x - 5    -3.0000    1.0000     1.0000
    5 - x     3.0000   -1.0000    -1.0000
    x / 4     0.5000    0.2500     0.2500
    4 / x     2.0000   -1.0000    -1.0000
    x**3      8.0000   12.0000    12.0000
    (a - b) / (a + b)**2 at (5, 1) = 0.1111
    gradients:  a -0.0093, b -0.0648
    measured:   a -0.0093, b -0.0648
"""

import contextlib
import weakref

import numpy as np


class Variable:
    """A box that holds an ndarray, its gradient and its creator."""

    def __neg__(self):
        return neg(self)

    def __sub__(self, other):
        return sub(self, other)

    def __rsub__(self, other):
        return sub(other, self)

    def __truediv__(self, other):
        return div(self, other)

    def __rtruediv__(self, other):
        return div(other, self)

    def __pow__(self, c):
        return pow(self, c)

    # --- carried over ---
    __array_priority__ = 200  # an ndarray on the left steps back

    def __init__(self, data, name=None):
        if data is not None and not isinstance(data, np.ndarray):
            raise TypeError(
                f"Variable: {type(data).__name__} is not supported; "
                "wrap the value: Variable(np.array(...)) (see step 9)"
            )
        self.data = data
        self.name = name
        self.grad = None
        self.creator = None
        self.generation = 0

    @property
    def shape(self):
        """The length of every axis, as a tuple."""
        return self.data.shape

    @property
    def ndim(self):
        """The number of axes."""
        return self.data.ndim

    @property
    def size(self):
        """The number of elements."""
        return self.data.size

    @property
    def dtype(self):
        """The type of the elements."""
        return self.data.dtype

    def __len__(self):
        return len(self.data)

    def __repr__(self):
        # nine blanks: the rows line up behind "variable("
        rows = str(self.data).replace("\n", "\n" + " " * 9)
        return f"variable({rows})"

    def set_creator(self, func):
        """Remember the Function and follow it by one generation."""
        self.creator = func
        self.generation = func.generation + 1

    def cleargrad(self):
        """Forget the gradient, so that the next one starts anew."""
        self.grad = None

    def backward(self, retain_grad=False):
        """Add to grad of every leaf that led to this Variable.

        retain_grad=True: keep the gradients on the way as well.
        """
        if self.grad is None:
            self.grad = np.ones_like(self.data)
        waiting = [] if self.creator is None else [self.creator]
        while waiting:
            func = max(waiting, key=lambda func: func.generation)
            waiting.remove(func)
            gys = [output().grad for output in func.outputs]
            gxs = func.backward(*gys)
            if not isinstance(gxs, tuple):
                gxs = (gxs,)
            for x, gx in zip(func.inputs, gxs):
                # not +=: gx may belong to others too (see step 14)
                gx = gx if x.grad is None else x.grad + gx
                x.grad = as_array(gx)  # 0-d: no scalar (see step 9)
                if x.creator is not None and x.creator not in waiting:
                    waiting.append(x.creator)
            if not retain_grad:
                for output in func.outputs:
                    output().grad = None

    def __add__(self, other):
        return add(self, other)

    def __mul__(self, other):
        return mul(self, other)

    def __radd__(self, other):
        return add(other, self)

    def __rmul__(self, other):
        return mul(other, self)


# --- carried over ---
class Function:
    """Base class: a call takes Variables and returns new ones.

    forward computes the results, backward the gradients; inputs
    are the Variables of the call, outputs weak references to its
    results.
    """

    def __call__(self, *inputs):
        inputs = [as_variable(as_array(x)) for x in inputs]
        ys = self.forward(*[x.data for x in inputs])
        if not isinstance(ys, tuple):
            ys = (ys,)
        outputs = [Variable(as_array(y)) for y in ys]
        if Config.enable_backprop:
            self.generation = max(x.generation for x in inputs)
            for output in outputs:
                output.set_creator(self)
            self.inputs = inputs
            self.outputs = [weakref.ref(output) for output in outputs]
        return outputs if len(outputs) > 1 else outputs[0]

    def forward(self, *xs):
        """Return the result for the ndarrays xs, or a tuple."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a forward(*xs)"
        )

    def backward(self, *gys):
        """Return the gradient of the input, or a tuple of them."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a backward(*gys)"
        )


# --- new in this step ---
class Neg(Function):
    """y = -x, so gx = -gy."""

    def forward(self, x):
        return -x

    def backward(self, gy):
        return -gy


def neg(x):
    """Return -x as a Variable."""
    return Neg()(x)


class Sub(Function):
    """y = x0 - x1, so the gradients are gy and -gy."""

    def forward(self, x0, x1):
        return x0 - x1

    def backward(self, gy):
        return gy, -gy


def sub(x0, x1):
    """Return x0 - x1 as a Variable."""
    return Sub()(x0, x1)


class Div(Function):
    """y = x0 / x1: gradients gy / x1 and gy * (-x0 / x1**2)."""

    def forward(self, x0, x1):
        return x0 / x1

    def backward(self, gy):
        x0, x1 = self.inputs[0].data, self.inputs[1].data
        return gy / x1, gy * (-x0 / x1**2)


def div(x0, x1):
    """Return x0 / x1 as a Variable."""
    return Div()(x0, x1)


# The exponent c is a plain number and gets no gradient. So it is not
# an input: Pow(c) stores it. 2**x has no meaning here yet. (The
# package adds it.)
class Pow(Function):
    """y = x**c for a number c, so gx = c * x**(c - 1) * gy."""

    def __init__(self, c):
        self.c = c

    def forward(self, x):
        return x**self.c

    def backward(self, gy):
        x, c = self.inputs[0].data, self.c
        return c * x ** (c - 1) * gy


# This name hides Python's own pow in this file. Write ** instead.
def pow(x, c):
    """Return x**c as a Variable; c is a plain number."""
    return Pow(c)(x)


# --- carried over ---
class Add(Function):
    """y = x0 + x1, gx0 = gy, gx1 = gy"""

    def backward(self, gy):
        return gy, gy

    def forward(self, x0, x1):
        return x0 + x1


def add(x0, x1):
    """Return x0 + x1 as a Variable."""
    return Add()(x0, x1)


class Mul(Function):
    """y = x0 * x1, so the gradients are gy * x1 and gy * x0."""

    def forward(self, x0, x1):
        return x0 * x1

    def backward(self, gy):
        x0, x1 = self.inputs[0].data, self.inputs[1].data
        return gy * x1, gy * x0


def mul(x0, x1):
    """Return x0 * x1 as a Variable."""
    return Mul()(x0, x1)


def as_array(x):
    """Return x, a number turned into a 0-d ndarray."""
    if np.isscalar(x):
        return np.array(x)
    return x


def as_variable(obj):
    """Return a Variable as it is, an ndarray in a new Variable."""
    if isinstance(obj, Variable):
        return obj
    return Variable(obj)


class Config:
    """Switches that every Function looks at when it is called."""

    enable_backprop = True  # False: record no graph


@contextlib.contextmanager
def using_config(name, value):
    """Set the switch name to value inside a with block."""
    old_value = getattr(Config, name)
    setattr(Config, name, value)
    try:
        yield
    finally:
        setattr(Config, name, old_value)


def no_grad():
    """Record no graph inside a with block."""
    return using_config("enable_backprop", False)


if __name__ == "__main__":
    h = 1e-4
    print("at x = 2   value  gradient   measured")
    for name, f in [
        ("-x", lambda x: -x),
        ("x - 5", lambda x: x - 5),
        ("5 - x", lambda x: 5 - x),
        ("x / 4", lambda x: x / 4),
        ("4 / x", lambda x: 4 / x),
        ("x**3", lambda x: x**3),
    ]:
        x = Variable(np.array(2.0))
        y = f(x)
        y.backward()
        slope = (f(2.0 + h) - f(2.0 - h)) / (2 * h)
        print(f"{name:6}{y.data:10.4f}{x.grad:10.4f}{slope:11.4f}")

    def f(a, b):
        """Return (a - b) / (a + b)**2, a formula of two inputs."""
        return (a - b) / (a + b) ** 2

    a, b = Variable(np.array(5.0)), Variable(np.array(1.0))
    y = f(a, b)
    y.backward()
    slope_a = (f(5.0 + h, 1.0) - f(5.0 - h, 1.0)) / (2 * h)
    slope_b = (f(5.0, 1.0 + h) - f(5.0, 1.0 - h)) / (2 * h)
    print(f"(a - b) / (a + b)**2 at (5, 1) = {y.data:.4f}")
    print(f"gradients:  a {a.grad:.4f}, b {b.grad:.4f}")
    print(f"measured:   a {slope_a:.4f}, b {slope_b:.4f}")
