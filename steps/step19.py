"""Step 19. Looking like an ndarray: shape, len and print.

So far print(x) says <__main__.Variable object at 0x7f...>, and
for its shape we write x.data.shape. A box around an ndarray can
answer such questions itself, by asking its array:

    x.shape  x.ndim  x.size  x.dtype
    len(x)   print(x)

How can a class support len and print? Python looks for methods with
agreed names, which begin and end with two underscores. These are
its *special methods*. len(x) calls x.__len__(), and print(x) calls
x.__repr__(). The interactive prompt calls it, too, and a list calls
it for each of its elements.

For x.shape there is @property. It turns a method into something
that is read like an attribute, without brackets. You cannot assign
to it: x.shape = (6,) is an error.

A Variable also gets a name. Step 25 draws graphs, and there "x"
says more than an unnamed node.

W**2 + W is still written add(square(W), W). Steps 20 to 22 bring
the operators.

Exercise: `if y:` on a Variable holding np.array(1.0) fails with
an error about len(). Why does Python ask for the length? Which
method would give a better answer? (Look up __bool__.)

In the package: dezero/core/arraylike.py

Output:
    x: shape (3,), ndim 1, size 3, dtype float64, len 3
    W: shape (2, 3), ndim 2, size 6, dtype float64, len 2
    variable([1. 2. 3.])
    variable([[1. 2. 3.]
              [4. 5. 6.]])
    [variable(2.0), variable(None)]
    y = W**2 + W has shape (2, 3), and dy/dW is
    [[ 3.  5.  7.]
     [ 9. 11. 13.]]
    y.shape = (6,) is refused: a property is read-only
"""

import contextlib
import weakref

import numpy as np


# The text of a matrix has several lines. In __repr__ all lines but
# the first move right by nine blanks, the length of "variable(", so
# that the rows line up.
class Variable:
    """A box that holds an ndarray, its gradient and its creator."""

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

    # --- carried over ---
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


class Add(Function):
    """y = x0 + x1, gx0 = gy, gx1 = gy"""

    def backward(self, gy):
        return gy, gy

    def forward(self, x0, x1):
        return x0 + x1


class Square(Function):
    """y = x**2, gx = 2 * x * gy"""

    def backward(self, gy):
        return 2 * self.inputs[0].data * gy

    def forward(self, x):
        return x**2


def as_array(x):
    """Return x, a number turned into a 0-d ndarray."""
    if np.isscalar(x):
        return np.array(x)
    return x


def square(x):
    """Return x**2 as a Variable."""
    return Square()(x)


def add(x0, x1):
    """Return x0 + x1 as a Variable."""
    return Add()(x0, x1)


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
    x = Variable(np.array([1.0, 2.0, 3.0]), name="x")
    W = Variable(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), "W")
    for v in (x, W):
        print(
            f"{v.name}: shape {v.shape}, ndim {v.ndim}, "
            f"size {v.size}, dtype {v.dtype}, len {len(v)}"
        )
    print(x)
    print(W)
    print([Variable(np.array(2.0)), Variable(None)])

    y = add(square(W), W)
    y.backward()
    print(f"y = W**2 + W has shape {y.shape}, and dy/dW is")
    print(W.grad)
    try:
        y.shape = (6,)
    except AttributeError:
        print("y.shape = (6,) is refused: a property is read-only")
