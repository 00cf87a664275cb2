"""Step 12. Calls that read like Python: add(x0, x1).

`Add()([x0, x1])[0]` works, but nobody wants to write it. A sum
should be called like any other function:

    step 11    y = Add()([x0, x1])[0]
    step 12    y = add(x0, x1)

Python has a sign for this: the star. In a definition, a star
gathers the arguments of a call into a tuple. In a call, a star
spreads a tuple or a list out into arguments (*unpacking*). We
need one of each:

    def __call__(self, *inputs):    # gathers
        xs = [x.data for x in inputs]
        ys = self.forward(*xs)      # spreads

So add(x0, x1) needs no list, and forward can name its arguments:
forward(self, x0, x1).

What comes back? The caller gets a single result as it is, and
several results as a list, to be taken apart with `x, y = ...`. For
several results, forward returns a tuple, because that is what
Python makes of `return x, y`. (If forward returned a list, the call
would take the list for a single result. Then the box would refuse
it: since step 9 a box takes only ndarrays.)

Still missing: backward for many inputs. Step 13 writes it.

Exercise: write a Function Mean3 that returns the mean of three
Variables, and a plain function mean3. How much of Function did
you have to change for three inputs?

In the package: dezero/core/function.py, Function;
dezero/core/arithmetic.py, add

Output:
    add(x0, x1) gives a Variable: 2 + 3 = 5
    [1 2 3] + [10 20 30] = [11 22 33]
    an add in an add: 1 + 2 + 3 = 6
    Polar gives a list of 2: x = 1.7321, y = 1.0000
"""

import numpy as np


class Function:
    """Base class: a call takes Variables and returns new ones.

    forward computes the results; inputs and outputs are the
    Variables of the call.
    """

    def __call__(self, *inputs):
        ys = self.forward(*[x.data for x in inputs])
        if not isinstance(ys, tuple):
            ys = (ys,)
        outputs = [Variable(as_array(y)) for y in ys]
        for output in outputs:
            output.set_creator(self)
        self.inputs = inputs
        self.outputs = outputs
        return outputs if len(outputs) > 1 else outputs[0]

    def forward(self, *xs):
        """Return the result for the ndarrays xs, or a tuple."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a forward(*xs)"
        )


class Add(Function):
    """y = x0 + x1"""

    def forward(self, x0, x1):
        return x0 + x1


class Polar(Function):
    """x = r * cos(angle), y = r * sin(angle)"""

    def forward(self, r, angle):
        return r * np.cos(angle), r * np.sin(angle)


def add(x0, x1):
    """Return x0 + x1 as a Variable."""
    return Add()(x0, x1)


# --- carried over ---
class Variable:
    """A box that holds an ndarray, its gradient and its creator."""

    def __init__(self, data):
        if data is not None and not isinstance(data, np.ndarray):
            raise TypeError(
                f"Variable: {type(data).__name__} is not supported; "
                "wrap the value: Variable(np.array(...)) (see step 9)"
            )
        self.data = data
        self.grad = None
        self.creator = None

    def set_creator(self, func):
        """Remember the Function that computed this Variable."""
        self.creator = func


def as_array(x):
    """Return x, a number turned into a 0-d ndarray."""
    if np.isscalar(x):
        return np.array(x)
    return x


if __name__ == "__main__":
    x0, x1 = Variable(np.array(2)), Variable(np.array(3))
    y = add(x0, x1)
    print(f"add(x0, x1) gives a {type(y).__name__}: 2 + 3 = {y.data}")

    x0 = Variable(np.array([1, 2, 3]))
    x1 = Variable(np.array([10, 20, 30]))
    print(f"{x0.data} + {x1.data} = {add(x0, x1).data}")

    one, two, three = [Variable(np.array(n)) for n in (1, 2, 3)]
    total = add(add(one, two), three)
    print(f"an add in an add: 1 + 2 + 3 = {total.data}")

    r, angle = Variable(np.array(2.0)), Variable(np.array(np.pi / 6))
    points = Polar()(r, angle)
    x, y = points
    print(
        f"Polar gives a {type(points).__name__} of {len(points)}: "
        f"x = {x.data:.4f}, y = {y.data:.4f}"
    )
