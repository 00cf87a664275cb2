"""Step 11. Many inputs, many outputs: a list in, a list out.

A sum needs two numbers, and our Function takes only one. So
let it take a list of Variables and return a list of Variables;
one and one is then just the shortest case:

    x0 --+                   r ------+           +-- x
         +-- Add -- y                +-- Polar --+
    x1 --+                   angle --+           +-- y

A subclass still sees plain arrays: forward gets a list of
arrays and returns a list of arrays. The Function remembers all
its inputs and outputs, and every output names it as creator,
so the links of step 7 now form a graph and no longer a chain.

What is missing: backward. The loop of step 8 follows one input
and one output, so we leave it out here, and Square and Exp
with it; step 13 writes it for many. And `Add()([x0, x1])[0]`
is clumsy to write: step 12 removes the brackets.

Exercise: write DivMod, which takes a and b and returns the
whole quotient a // b and the remainder a % b. Which Variable
is the creator's inputs[1]?

Output:
    2 + 3 = 5
    a list came back: [Variable]
    [1 2 3] + [10 20 30] = [11 22 33]
    r = 2, angle = 30 degrees: x = 1.7321, y = 1.0000
    x and y have one creator: True, a Polar
    its inputs are the boxes r and angle: True
"""

import numpy as np


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
        """Return the results for the ndarrays xs; subclasses do."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a forward(xs)"
        )


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


# --- carried over ---
def as_array(x):
    """Return x, a number turned into a 0-d ndarray."""
    if np.isscalar(x):
        return np.array(x)
    return x


if __name__ == "__main__":
    x0, x1 = Variable(np.array(2)), Variable(np.array(3))
    ys = Add()([x0, x1])
    y = ys[0]
    print(f"2 + 3 = {y.data}")
    print(f"a list came back: [{type(y).__name__}]")

    x0 = Variable(np.array([1, 2, 3]))
    x1 = Variable(np.array([10, 20, 30]))
    ys = Add()([x0, x1])
    print(f"{x0.data} + {x1.data} = {ys[0].data}")

    r, angle = Variable(np.array(2.0)), Variable(np.array(np.pi / 6))
    x, y = Polar()([r, angle])
    print(
        f"r = 2, angle = 30 degrees: x = {x.data:.4f}, y = {y.data:.4f}"
    )
    same = x.creator is y.creator
    kind = type(x.creator).__name__
    print(f"x and y have one creator: {same}, a {kind}")
    boxes = x.creator.inputs
    linked = boxes[0] is r and boxes[1] is angle
    print(f"its inputs are the boxes r and angle: {linked}")
