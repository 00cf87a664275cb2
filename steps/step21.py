"""Step 21. Mixing: arrays and numbers on either side.

3 * x + 1 should just work. Two small things are missing.

First, a Function must accept inputs that are not Variables yet.
as_array turns a number into a 0-d ndarray, and as_variable puts an
ndarray into a Variable. That settles x * 3 and x + array.

Second, the Variable may be on the right. For 3 * x Python asks int
first, but int does not know Variables and declines. Then Python
asks the other operand, by calling a method whose name has an r in
front, for "reflected":

    3 * x -> (3).__mul__(x) declines
          -> x.__rmul__(3)

An ndarray does not decline. It takes x for an element like any
other and adds x to each of its own elements: the result is an
ndarray of Variables. (Eager in this file shows it.) An ndarray has
the __array_priority__ 0. When the other operand has a higher one,
the ndarray declines as int does:

    array + x -> x.__radd__(array)

Two limits remain. A gradient has the shape of the result. That is
wrong for a Variable that was stretched, such as x of shape () in
array + x, where array has three elements. Step 40 mends it. And 3.0
is stored as float64: with NumPy 2, a float32 array times 3.0 turns
into float64 here. (The package keeps float32.)

Exercise: take __radd__ out and compute 1 + x. Which class does
Python's error name first, and which operator? Then try x + 1:
why does that still work?

In the package: dezero/core/variable.py, as_variable and Variable

Output:
    x + np.array(2.0) = variable(5.0)
    np.array(2.0) + x = variable(5.0)
    3 * x + 1 = variable(10.0), gradient 3.0
    array * v = variable([10. 40. 90.])
    the gradient is the array: [10. 20. 30.]
    without priority: an ndarray of Variables:
        variable([10. 20. 30.])
        variable([20. 40. 60.])
        variable([30. 60. 90.])
    Variable: list is not supported;
        wrap the value: Variable(np.array(...)) (see step 9)
"""

import contextlib
import weakref

import numpy as np


# In a reflected method `other` was the left operand, so __radd__
# calls add(other, self) in that order. For + and * the order shows
# only in the graph. For - and / in step 22 it changes the result.
class Variable:
    """A box that holds an ndarray, its gradient and its creator."""

    __array_priority__ = 200  # an ndarray on the left steps back

    def __radd__(self, other):
        return add(other, self)

    def __rmul__(self, other):
        return mul(other, self)

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

    def __add__(self, other):
        return add(self, other)

    def __mul__(self, other):
        return mul(self, other)


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

    # --- carried over ---
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


def as_variable(obj):
    """Return a Variable as it is, an ndarray in a new Variable."""
    if isinstance(obj, Variable):
        return obj
    return Variable(obj)


# And without the priority? Then NumPy multiplies each element of
# the array by the whole Variable.
class Eager(Variable):
    """A Variable to which an ndarray on the left does not yield."""

    __array_priority__ = -1


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
    x = Variable(np.array(3.0))
    print(f"x + np.array(2.0) = {x + np.array(2.0)}")
    print(f"np.array(2.0) + x = {np.array(2.0) + x}")
    y = 3 * x + 1
    y.backward()
    print(f"3 * x + 1 = {y}, gradient {x.grad}")

    array = np.array([10.0, 20.0, 30.0])
    v = Variable(np.array([1.0, 2.0, 3.0]))
    y = array * v
    y.backward()
    print(f"array * v = {y}")
    print(f"the gradient is the array: {v.grad}")
    z = array * Eager(np.array([1.0, 2.0, 3.0]))
    print(f"without priority: an {type(z).__name__} of Variables:")
    for element in z:
        print(f"    {element}")
    try:
        x + [1.0, 2.0]
    except TypeError as error:
        print(str(error).replace("; ", ";\n    "))
