"""Step 11. Many inputs, many outputs: a list in, a list out.

A network is a long formula, and a formula is mostly made of sums
and products. Each of them takes two numbers, but our Function
takes only one. Chapter 2 changes that: at its end you will write
a * b + c as in ordinary Python, and backward will follow.

We begin with the forward pass. A Function now takes a list of
Variables and returns a list of Variables. One input and one output
are then just the shortest case:

    x0 --+
         +-- Add -- y
    x1 --+

    r ------+           +-- x
            +-- Polar --+
    angle --+           +-- y

Add has two inputs and one output. Polar has two outputs as well:
it turns a length r and an angle into the point (x, y).

A subclass still sees plain arrays only: forward gets a list of
arrays and returns a list of arrays. The Function remembers all
of its inputs and outputs, and every output remembers the Function
as its creator. So the links of step 7 are no longer a chain. They
form a graph, in which paths meet and part.

Two things are missing. There is no backward yet: the loop of step
8 follows one input and one output, and step 13 writes it for
many. Square comes back there, and exp in the package. And
`Add()([x0, x1])[0]` is clumsy to write. Step 12 removes the
brackets.

Exercise: write DivMod, which takes a and b and returns the
whole quotient a // b and the remainder a % b. Which Variable
is the creator's inputs[1]?

In the package: dezero/core/function.py, Function;
dezero/core/arithmetic.py, Add

Output:
    2 + 3 = 5
    [1 2 3] + [10 20 30] = [11 22 33]
    r = 2, angle = 30 degrees: x = 1.7321, y = 1.0000
    the creator of x: Polar
    y has the same creator: True
    its inputs are r and angle: True
"""

import numpy as np


class Function:
    """Base class: a call takes a list of Variables, returns a list.

    forward computes the results; inputs and outputs are the
    Variables of the call.
    """

    def __call__(self, inputs):
        xs = [x.data for x in inputs]
        ys = self.forward(xs)
        outputs = [Variable(as_array(y)) for y in ys]
        for output in outputs:
            output.set_creator(self)
        self.inputs = inputs
        self.outputs = outputs
        return outputs

    def forward(self, xs):
        """Return the results for the arrays xs; subclasses say how."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a forward(xs)"
        )


# Even one result is returned in a list: the call expects a list.
class Add(Function):
    """y = x0 + x1"""

    def forward(self, xs):
        x0, x1 = xs
        return [x0 + x1]


class Polar(Function):
    """x = r * cos(angle), y = r * sin(angle)"""

    def forward(self, xs):
        r, angle = xs
        return [r * np.cos(angle), r * np.sin(angle)]


# Variable is step 9's, without its backward.
class Variable:
    """A box that holds an ndarray, its gradient and its creator."""

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

    def set_creator(self, func):
        """Remember the Function that computed this Variable."""
        self.creator = func


# --- carried over ---
def as_array(x):
    """Return x, a number turned into a 0-d ndarray."""
    if np.isscalar(x):
        return np.array(x)
    return x


if __name__ == "__main__":
    x0, x1 = Variable(np.array(2)), Variable(np.array(3))
    y = Add()([x0, x1])[0]
    print(f"2 + 3 = {y.data}")

    x0 = Variable(np.array([1, 2, 3]))
    x1 = Variable(np.array([10, 20, 30]))
    y = Add()([x0, x1])[0]
    print(f"{x0.data} + {x1.data} = {y.data}")

    r, angle = Variable(np.array(2.0)), Variable(np.array(np.pi / 6))
    x, y = Polar()([r, angle])
    print(
        f"r = 2, angle = 30 degrees: x = {x.data:.4f}, y = {y.data:.4f}"
    )
    func = x.creator
    print(f"the creator of x: {type(func).__name__}")
    print(f"y has the same creator: {y.creator is func}")
    linked = func.inputs[0] is r and func.inputs[1] is angle
    print(f"its inputs are r and angle: {linked}")
