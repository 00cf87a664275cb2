"""Step 3. Composing: the result of one Function feeds the next.

A Function takes a Variable and returns a Variable, so Functions
fit together like pipes, and a long formula is a chain of short
ones. exp(x**2)**2 needs three:

    x ---> Square ---> a ---> Exp ---> b ---> Square ---> y

        a = x**2          b = exp(a)          y = b**2

Nothing new is needed in Variable or Function for that. What is
new is Exp, the exponential function e**x with e = 2.718...; it
is here because its slope is easy to know (it is its own slope)
and because squares alone would be dull.

Each Function in the chain is simple, and that is the plan: if we
know the slope of every simple piece, the slope of the whole chain
can be put together. Which slope that should be, step 4 measures.
So far nothing here can tell how y moves when x moves.

Exercise: write exp(exp(x)) as a chain. Then write a Function Log
(np.log) and look at Log()(Exp()(x)): which x do you get back?

Output:
    x = 0.5000
    a = x**2   = 0.2500
    b = exp(a) = 1.2840
    y = b**2   = 1.6487
    in one line: 1.6487
    the order matters: exp(x**2) = 1.2840, exp(x)**2 = 2.7183
"""

import numpy as np


# --- carried over ---
class Variable:
    """A box that holds an ndarray."""

    def __init__(self, data):
        self.data = data


class Function:
    """Base class: a call takes a Variable and returns a new one."""

    def __call__(self, input):
        y = self.forward(input.data)
        return Variable(y)

    def forward(self, x):
        """Return the result for the ndarray x; subclasses do."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a forward(x)"
        )


class Square(Function):
    """y = x**2"""

    def forward(self, x):
        return x**2


# --- new in this step ---
class Exp(Function):
    """y = e**x"""

    def forward(self, x):
        return np.exp(x)


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
    print(
        "the order matters: "
        f"exp(x**2) = {one:.4f}, exp(x)**2 = {other:.4f}"
    )
