"""Step 3. Composing: the result of one Function feeds the next.

How do we compute a longer formula, such as exp(x**2)**2? A
Function takes a Variable and returns a Variable, so its result can
go straight into the next Function. This formula takes three:

    x --> Square --> a         a = x**2
    a --> Exp -----> b         b = exp(a)
    b --> Square --> y         y = b**2

Variable and Function need no change for that. The order matters:
exp(x**2) is one formula, and exp(x)**2 another.

Why do we build long formulas out of small ones? Remember the goal:
we want to know how the result changes when x changes a little.
For a small Function that is easy to say. Once we know it for each
small Function, we can put together the answer for the whole chain.
Before we do that, step 4 measures the answer, so that we know what
should come out.

Exercise: write exp(exp(x)) as a chain. Then write a Function Log
(np.log), and look at Log()(Exp()(x)). For which x do you get x
back?

In the package: dezero/functions/elementwise.py, Exp

Output:
    x = 0.5000
    a = x**2   = 0.2500
    b = exp(a) = 1.2840
    y = b**2   = 1.6487
    in one line: 1.6487
    the order matters: exp(x**2) = 1.2840
                       exp(x)**2 = 2.7183
"""

import numpy as np


# --- carried over ---
class Function:
    """Base class: a call takes a Variable and returns a new one."""

    def __call__(self, input):
        y = self.forward(input.data)
        return Variable(y)

    def forward(self, x):
        """Return the result for the ndarray x; subclasses say how."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a forward(x)"
        )


# --- new in this step ---
# The exponential e**x, with e = 2.718... We will meet it often,
# because it is its own slope.
class Exp(Function):
    """y = e**x"""

    def forward(self, x):
        return np.exp(x)


# --- carried over ---
class Variable:
    """A box that holds an ndarray."""

    def __init__(self, data):
        self.data = data


class Square(Function):
    """y = x**2"""

    def forward(self, x):
        return x**2


if __name__ == "__main__":
    x = Variable(np.array(0.5))
    a = Square()(x)
    b = Exp()(a)
    y = Square()(b)
    print(f"x = {x.data:.4f}")
    print(f"a = x**2   = {a.data:.4f}")
    print(f"b = exp(a) = {b.data:.4f}")
    print(f"y = b**2   = {y.data:.4f}")

    y = Square()(Exp()(Square()(x)))
    print(f"in one line: {y.data:.4f}")

    one = Exp()(Square()(x)).data
    other = Square()(Exp()(x)).data
    print(f"the order matters: exp(x**2) = {one:.4f}")
    print(f"                   exp(x)**2 = {other:.4f}")
