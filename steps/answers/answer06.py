"""Answer to the exercise of step 6.

The fourth Function computes b**4 from z, so the chain starts at a
new end, y, and one more line hands the gradient back to z.

Swapped lines do not just give a wrong number. Each line needs the
gradient that the line before it has stored: there, a.grad is still
None, and 2 * x * None cannot be computed. Python says so at once.
The order of the lines is the reverse of the order of the calls, and
step 7 makes it so by itself.

Output:
    x.grad = 82.7892, measured 82.7892
    swapped: unsupported operand type(s) for *: 'float' and 'NoneType'
"""

import numpy as np

from step06 import Exp, Square, Variable, numerical_diff


def longer(x):
    """(exp(x**2)**2)**2"""
    return Square()(Square()(Exp()(Square()(x))))


error = "TypeError"  # when two lines are swapped


def gradient(number):
    """Return x.grad, handed back by hand through four Functions."""
    functions = [Square(), Exp(), Square(), Square()]
    x = Variable(np.array(number))
    a = functions[0](x)
    b = functions[1](a)
    z = functions[2](b)
    y = functions[3](z)

    y.grad = np.array(1.0)
    z.grad = functions[3].backward(y.grad)
    b.grad = functions[2].backward(z.grad)
    a.grad = functions[1].backward(b.grad)
    x.grad = functions[0].backward(a.grad)
    return x.grad


if __name__ == "__main__":
    measured = numerical_diff(longer, Variable(np.array(0.8)))
    print(f"x.grad = {gradient(0.8):.4f}, measured {measured:.4f}")

    first, x = Square(), Variable(np.array(0.8))
    a = first(x)
    try:
        x.grad = first.backward(a.grad)  # before a.grad is there
    except TypeError as problem:
        print("swapped:", problem)
