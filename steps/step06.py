"""Step 6. Backward by hand: each Function knows its own derivative.

A Function that is told how fast y moves with its output can say
how fast y moves with its input: it multiplies by its own slope.
Call the first number gy and the second gx. Then

    Square:  y = x**2      gx = 2 * x * gy
    Exp:     y = e**x      gx = e**x * gy

Step 5's product, read backwards, is a row of such small steps:

            Square          Exp           Square
      x ------------> a ------------> b ------------> y
    x.grad <------ a.grad <------ b.grad <------ y.grad = 1

Forward fills data, backward fills grad, each Variable has room
for both. grad means: how fast y moves when this Variable moves.
It starts at y itself, which moves exactly as fast as y: 1.

The slope of x**2 is 2 * x, so backward needs the x of the forward
call: a Function now keeps its input. No table of slopes is built,
backward just multiplies. And unlike step 4, nothing is measured:
the gradient is exact to the last digits of the computer.

But we call every backward ourselves, in the right order, each on
the right Variable. Step 7 lets the chain find its own way back.

Exercise: add a third Square at the end of the chain and push the
gradient through by hand. What happens if you swap two lines of
the backward half?

Output:
    y      = 1.6487
    y.grad = 1.0000
    b.grad = 2.5681
    a.grad = 3.2974
    x.grad = 3.2974
    step 4 measures 3.2974
"""

import numpy as np


class Variable:
    """A box that holds an ndarray, and its gradient."""

    def __init__(self, data):
        self.data = data
        self.grad = None


class Function:
    """Base class: a call takes a Variable and returns a new one.

    forward computes the result, backward the gradient.
    """

    def __call__(self, input):
        y = self.forward(input.data)
        self.input = input  # backward will need it
        return Variable(y)

    def backward(self, gy):
        """Return the gradient of the input, given the output's."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a backward(gy)"
        )

    # --- carried over ---
    def forward(self, x):
        """Return the result for the ndarray x; subclasses do."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a forward(x)"
        )


class Square(Function):
    """y = x**2, gx = 2 * x * gy"""

    # --- carried over ---
    def forward(self, x):
        return x**2

    # --- new in this step ---
    def backward(self, gy):
        return 2 * self.input.data * gy


class Exp(Function):
    """y = e**x, gx = e**x * gy"""

    # --- carried over ---
    def forward(self, x):
        return np.exp(x)

    # --- new in this step ---
    def backward(self, gy):
        return np.exp(self.input.data) * gy


# --- carried over ---
def numerical_diff(f, x, h=1e-4):
    """Return the slope of f at x by a central difference."""
    # np.array: a box holds an ndarray, a sum may be a bare number
    right = f(Variable(np.array(x.data + h)))
    left = f(Variable(np.array(x.data - h)))
    return (right.data - left.data) / (2 * h)


def chain(x):
    """exp(x**2)**2, the chain of step 3."""
    return Square()(Exp()(Square()(x)))


if __name__ == "__main__":
    first, second, third = Square(), Exp(), Square()

    x = Variable(np.array(0.5))
    a = first(x)
    b = second(a)
    y = third(b)
    print(f"y      = {y.data:.4f}")

    y.grad = np.array(1.0)
    b.grad = third.backward(y.grad)
    a.grad = second.backward(b.grad)
    x.grad = first.backward(a.grad)
    print(f"y.grad = {y.grad:.4f}")
    print(f"b.grad = {b.grad:.4f}")
    print(f"a.grad = {a.grad:.4f}")
    print(f"x.grad = {x.grad:.4f}")
    print(f"step 4 measures {numerical_diff(chain, x):.4f}")
