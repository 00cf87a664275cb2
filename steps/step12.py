"""Step 12. Calls that read like Python: add(x0, x1).

A star in a definition gathers the arguments into a tuple; a
star in a call spreads them out again. With one of each, the
lists of step 11 disappear:

    step 11                      step 12
    ys = Add()([x0, x1])         y = add(x0, x1)
    y = ys[0]

    def __call__(self, *inputs):       # add(x0, x1): gathered
        ys = self.forward(*arrays)     # forward(x0, x1): spread

So forward names its arguments like any function, and returns
one array, or a tuple when there are several (a list would be
taken for one result). The caller gets a single result bare and
several as a list.

Still missing: backward for many inputs, in step 13.

Exercise: write a Function Mean3 that returns the mean of three
Variables, and a plain function mean3. How much of Function did
you have to change for three inputs?

Output:
    step 11's way: a list of 1, y = 5
    step 12's way: a Variable,  y = 5
    [1 2 3] + [10 20 30] = [11 22 33]
    1 + 2 + 3 = 6 by nesting
    two results still come as a list of 2: x = 1.7321, y = 1.0000
    the arguments are the creator's inputs: True
"""

import numpy as np


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


# --- new in this step ---
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


# --- carried over ---
def as_array(x):
    """Return x, a number turned into a 0-d ndarray."""
    if np.isscalar(x):
        return np.array(x)
    return x


# --- new in this step ---
def add(x0, x1):
    """Return x0 + x1 as a Variable."""
    return Add()(x0, x1)


def call_with_lists(func, inputs):
    """Call func as in step 11: a list in, a list out."""
    outputs = func(*inputs)
    return outputs if isinstance(outputs, list) else [outputs]


if __name__ == "__main__":
    x0, x1 = Variable(np.array(2)), Variable(np.array(3))
    ys = call_with_lists(Add(), [x0, x1])
    print(f"step 11's way: a list of {len(ys)}, y = {ys[0].data}")
    y = add(x0, x1)
    print(f"step 12's way: a {type(y).__name__},  y = {y.data}")

    x0 = Variable(np.array([1, 2, 3]))
    x1 = Variable(np.array([10, 20, 30]))
    print(f"{x0.data} + {x1.data} = {add(x0, x1).data}")

    one, two, three = [Variable(np.array(n)) for n in (1, 2, 3)]
    total = add(add(one, two), three)
    print(f"1 + 2 + 3 = {total.data} by nesting")

    r, angle = Variable(np.array(2.0)), Variable(np.array(np.pi / 6))
    points = Polar()(r, angle)
    x, y = points
    print(
        f"two results still come as a list of {len(points)}: "
        f"x = {x.data:.4f}, y = {y.data:.4f}"
    )
    linked = x.creator.inputs == (r, angle)
    print(f"the arguments are the creator's inputs: {linked}")
