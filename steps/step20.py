"""Step 20. Operators: writing a * b + c.

add(mul(a, b), c) reads from the inside out. We would rather write
a * b + c. Python lets a class say what its operators mean: for
a + b it calls a.__add__(b), and for a * b it calls a.__mul__(b).
This is called *operator overloading*. Python also knows that *
comes before +, so the formula as we would write it builds the
graph as we would draw it:

    a --+
        +-- Mul --+
    b --+         +-- Add -- y
    c ------------+

The product is new. When x0 moves by a small step, x0 * x1 moves
x1 times as far, and the other way round:

    y = x0 * x1   gx0 = gy * x1, gx1 = gy * x0

Is that right? Step 10's gradient_check measures it.

Square leaves us here. x * x does the same, and because x is used
twice, its two gradients add up to 2 * x (step 14).

So far both sides must be Variables. a * 3.0 fails, because 3.0 has
no data. Step 21 mends this.

Exercise: what are the three gradients of y = a * b * c? Predict
them, then let backward compute them. In which order does Python
multiply, and can you tell from y.creator.inputs?

In the package: dezero/core/arithmetic.py, Mul and mul

Output:
    a * b + c = variable(7.0)
    gradients: a 2.0, b 3.0, c 1.0
    add(mul(a, b), c) = variable(7.0)
    computed in the order: Mul, Add
    x * x + x = variable([ 2.  6. 12.]), gradient [3. 5. 7.]
    gradient_check of x * x + x: True
    a * 3.0: 'float' object has no attribute 'data'
"""

import contextlib
import weakref

import numpy as np


# The two methods only call the functions add and mul. But add is
# defined further down in this file! That works, because a function
# body does not run when it is defined. Python looks up the name add
# when + is used, and by then it has read the whole file. (Names
# outside of function bodies are looked up at once. That is why Mul
# must come after Function.)
class Variable:
    """A box that holds an ndarray, its gradient and its creator."""

    def __add__(self, other):
        return add(self, other)

    def __mul__(self, other):
        return mul(self, other)

    # --- carried over ---
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


# --- carried over ---
class Function:
    """Base class: a call takes Variables and returns new ones.

    forward computes the results, backward the gradients; inputs
    are the Variables of the call, outputs weak references to its
    results.
    """

    def __call__(self, *inputs):
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


def as_array(x):
    """Return x, a number turned into a 0-d ndarray."""
    if np.isscalar(x):
        return np.array(x)
    return x


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


def numerical_diff(f, x, h=1e-4):
    """Return the slope of f at x by a central difference."""
    # np.array: a box holds an ndarray, a sum may be a bare number
    right = f(Variable(np.array(x.data + h)))
    left = f(Variable(np.array(x.data - h)))
    return (right.data - left.data) / (2 * h)


def gradient_check(f, x, rtol=1e-4, atol=1e-5):
    """Return whether backward and numerical_diff agree at x.

    Like numerical_diff, it works only for an f that treats each
    element of x by itself.
    """
    x = Variable(x.data)  # the caller's grad stays as it is
    f(x).backward()
    measured = numerical_diff(f, x)
    if np.allclose(x.grad, measured, rtol=rtol, atol=atol):
        return True
    gap = np.max(np.abs(x.grad - measured))
    print(f"gradient_check: backward is off by up to {gap:.4f}")
    return False


if __name__ == "__main__":
    a = Variable(np.array(3.0))
    b = Variable(np.array(2.0))
    c = Variable(np.array(1.0))
    y = a * b + c
    y.backward()
    print(f"a * b + c = {y}")
    print(f"gradients: a {a.grad}, b {b.grad}, c {c.grad}")
    print(f"add(mul(a, b), c) = {add(mul(a, b), c)}")

    first, second = y.creator.inputs[0].creator, y.creator
    print(
        "computed in the order: "
        f"{type(first).__name__}, {type(second).__name__}"
    )

    x = Variable(np.array([1.0, 2.0, 3.0]))
    y = x * x + x
    y.backward()
    print(f"x * x + x = {y}, gradient {x.grad}")
    agrees = gradient_check(lambda x: x * x + x, x)
    print(f"gradient_check of x * x + x: {agrees}")

    try:
        a * 3.0
    except AttributeError as error:
        print(f"a * 3.0: {error}")
