"""Step 2. Function: it takes a Variable and returns a new one.

Computing with boxes means: take the ndarray out, apply a formula,
put the result into a new box.

    x = [ 3.0 ]  --->  Square  --->  y = [ 9.0 ]
      Variable        Function         Variable

Taking out and putting in are the same for every Function; what
differs is only the formula in between. So these two chores stand
once, in the base class, and each Function adds its formula as a
method named forward, which sees plain ndarrays:

    f(x)  is  Variable(f.forward(x.data))

The box that went in is not touched. A Function is an object, not
a bare def, for the same reason that a Variable is: later it will
have to remember things about its call.

One Function alone is a short computation. Step 3 writes a second
one and feeds the result of one Function to the next.

Exercise: write a Function Double (y = 2 * x) with a forward of
one line. What do you get from Double()(Variable(np.ones(3)))?

Output:
    square of 3: 9.0
    square of a vector: [1. 4. 9.]
    the box that went in: 3.0
    without a formula: Function needs a forward(x)
"""

import numpy as np


# --- carried over ---
class Variable:
    """A box that holds an ndarray."""

    def __init__(self, data):
        self.data = data


# --- new in this step ---
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


if __name__ == "__main__":
    x = Variable(np.array(3.0))
    f = Square()
    y = f(x)
    print("square of 3:", y.data)

    vector = Variable(np.array([1.0, 2.0, 3.0]))
    print("square of a vector:", f(vector).data)
    print("the box that went in:", x.data)

    try:
        Function()(x)
    except NotImplementedError as error:
        print("without a formula:", error)
