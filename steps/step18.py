"""Step 18. Using less: keep only what someone will read.

A graph is freed when its result is dropped. But while it lives, it
is large. Every array on the way stays, because backward will ask
for it, and backward adds a gradient beside each of them:

    x  --f--> a  --g--> b  --h--> y
    gx <----- ga <----- gb <----- gy

This step saves memory in two ways.

1. Keep fewer gradients. Usually we only read gx. So backward now
forgets the gradient of a result as soon as it has been passed on.
Gradients stay only in the leaves. To look at the others, call
y.backward(retain_grad=True).

2. Record no graph. Often no backward follows: from a trained
network we only want answers (*inference*). Then nothing on the way
is worth keeping:

    with no_grad():
        y = h(g(f(x)))   # a, b: freed at once

no_grad() switches Config.enable_backprop off, and then a call
records no inputs, no outputs and no creator. After the block the
switch is what it was before, even if an error ended the block.

A result without a creator looks like a leaf. y.backward() sets
y.grad to ones, reaches nothing else, and raises no error. So compute
what you want to differentiate outside of the block. (In the package
it is an error.)

So much for memory. What is left is comfort: print(x) does not even
show the numbers in x. Step 19 begins with that.

Exercise: add a switch Config.count_calls and let Function count
its calls while it is on. How many lines of using_config did you
have to change?

In the package: dezero/core/config.py, Config, using_config,
no_grad

Output:
    the most memory held by 100 squares of 1 MB
        backward, all retained: about 200 MB
        backward, leaves only:  about 100 MB
        forward:                about 100 MB
        forward under no_grad:  about 2 MB
    gradients: x 108.0, a None, y None
    retained:  x 108.0, a 18.0, y 1.0
    in the block: creator None
    something went wrong, and recording is on again: True
"""

import contextlib
import tracemalloc
import weakref

import numpy as np


# The loop is step 17's. Two things are new in it: as_array, because
# NumPy turns 0-d gradients, too, into bare numbers (step 9), and the
# last three lines.
class Variable:
    """A box that holds an ndarray, its gradient and its creator."""

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
    def __init__(self, data):
        if data is not None and not isinstance(data, np.ndarray):
            raise TypeError(
                f"Variable: {type(data).__name__} is not supported; "
                "wrap the value: Variable(np.array(...)) (see step 9)"
            )
        self.data = data
        self.grad = None
        self.creator = None
        self.generation = 0

    def set_creator(self, func):
        """Remember the Function and follow it by one generation."""
        self.creator = func
        self.generation = func.generation + 1

    def cleargrad(self):
        """Forget the gradient, so that the next one starts anew."""
        self.grad = None


# And a Function looks at the switch before it records anything.
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


class Config:
    """Switches that every Function looks at when it is called."""

    enable_backprop = True  # False: record no graph


# The object in a with line is called a *context manager*. The line
# @contextlib.contextmanager turns a function into one: the code
# before its yield runs first, then the block of the with, then the
# rest. With try and finally, as in step 17, the old value comes
# back even after an error. (getattr and setattr read and set an
# attribute whose name is in a string.)
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


# The rest measures. Each square of x is a new array of 1 MB.
def squares(x, n=100):
    """Square x n times and return the last result."""
    for _ in range(n):
        x = square(x)
    return x


def train(x, retain_grad):
    """Square x 100 times, then go back again."""
    squares(x).backward(retain_grad)


def peak(work, *args):
    """Return the most MB that work(*args) held at one time."""
    tracemalloc.start()  # counts the bytes allocated from here on
    try:
        work(*args)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return most / 1e6


def about(mb):
    """Round to one digit and say so: 103.2 is about 100 MB."""
    return f"about {float(f'{mb:.0e}'):.0f} MB"


# --- carried over ---
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


if __name__ == "__main__":
    x = Variable(np.ones(125_000))  # 8 bytes each: 1 MB

    print("the most memory held by 100 squares of 1 MB")
    print("    backward, all retained:", about(peak(train, x, True)))
    print("    backward, leaves only: ", about(peak(train, x, False)))
    print("    forward:               ", about(peak(squares, x)))
    with no_grad():
        print("    forward under no_grad: ", about(peak(squares, x)))

    x = Variable(np.array(3.0))
    a = square(x)
    y = square(a)
    y.backward()
    print(f"gradients: x {x.grad}, a {a.grad}, y {y.grad}")
    x.cleargrad()
    y.backward(retain_grad=True)
    print(f"retained:  x {x.grad}, a {a.grad}, y {y.grad}")

    try:
        with no_grad():
            y = square(x)
            print(f"in the block: creator {y.creator}")
            raise RuntimeError("something went wrong")
    except RuntimeError as error:
        on = Config.enable_backprop
        print(f"{error}, and recording is on again: {on}")
