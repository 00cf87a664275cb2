"""Step 6. Backward by hand: each Function knows its own derivative.

Step 5 multiplied slopes, starting at the output. How can each
Function do its own part of that? Call the end of the chain z. Tell
Square, which computed y = x**2, how fast z moves when y moves. Then
Square can say how fast z moves when x moves, because y moves 2 * x
times as fast as x. The first number is called gy, the second gx:

    Square   y = x**2    gx = 2 * x * gy
    Exp      y = e**x    gx = e**x * gy

How fast z moves when a Variable moves is the *gradient* of that
Variable, its grad. At z we start with 1, since z moves as fast as
itself. Then each Function turns the gradient of its output into the
gradient of its input. Read the right column upwards, for x = 1:

    data                   grad
    x  1.0                 29.56 = 2 * x    * 14.78
     Square
    a  1.0                 14.78 = e**a     *  5.44
     Exp
    b  2.718                5.44 = 2 * b    *  1
     Square
    z  7.389                1

Handing the gradient back from Function to Function is
*backpropagation* (Rumelhart, Hinton and Williams, 1986). Letting a
program compute exact derivatives by itself is called *automatic
differentiation* (Wengert, 1964). Nothing is measured, and there are
no tables.

But we still call each backward ourselves, in the right order, with
the right Variable. Step 7 lets the chain find its own way back.

Exercise: add a fourth Function, a Square, to the end of the chain,
and hand the gradient through it as well. Then swap two lines of
the backward half. What happens?

In the package: dezero/core/variable.py, Variable.grad;
dezero/core/function.py, Function.backward

Output:
    x = 0.5: z = 1.6487
      z.grad 1.0000
      b.grad 2.5681
      a.grad 3.2974
      x.grad 3.2974, measured 3.2974
    x = 1.0: z = 7.3891
      z.grad 1.0000
      b.grad 5.4366
      a.grad 14.7781
      x.grad 29.5562, measured 29.5562
"""

import numpy as np


# forward fills data, backward fills grad.
class Variable:
    """A box that holds an ndarray, and its gradient."""

    def __init__(self, data):
        self.data = data
        self.grad = None


# The slope of x**2 is 2 * x, so backward needs the x of the forward
# call. From now on a Function keeps its input.
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
        """Return the result for the ndarray x; subclasses say how."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a forward(x)"
        )


class Square(Function):
    """y = x**2, gx = 2 * x * gy"""

    def backward(self, gy):
        return 2 * self.input.data * gy

    # --- carried over ---
    def forward(self, x):
        return x**2


class Exp(Function):
    """y = e**x, gx = e**x * gy"""

    def backward(self, gy):
        return np.exp(self.input.data) * gy

    # --- carried over ---
    def forward(self, x):
        return np.exp(x)


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
    # At 0.5 the last factor, 2 * x, is 1: a.grad and x.grad are the
    # same number there. At 1.0 every factor differs from 1.
    for number in (0.5, 1.0):
        first, second, third = Square(), Exp(), Square()
        x = Variable(np.array(number))
        a = first(x)
        b = second(a)
        z = third(b)

        z.grad = np.array(1.0)
        b.grad = third.backward(z.grad)
        a.grad = second.backward(b.grad)
        x.grad = first.backward(a.grad)

        measured = numerical_diff(chain, x)
        print(f"x = {number}: z = {z.data:.4f}")
        print(f"  z.grad {z.grad:.4f}")
        print(f"  b.grad {b.grad:.4f}")
        print(f"  a.grad {a.grad:.4f}")
        print(f"  x.grad {x.grad:.4f}, measured {measured:.4f}")
