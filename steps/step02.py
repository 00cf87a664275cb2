"""Step 2. Function: it takes a Variable and returns a new one.

How do we compute with boxes? We take the array out of its box,
apply a formula, and put the result into a new box:

    x [3.0]  --->  Square  --->  y [9.0]
    Variable      Function      Variable

Taking out and putting in are the same for every formula. We write
it once, in a base class. Each *function* adds only its formula, as
a method called forward, which sees plain arrays:

    f(x)  is  Variable(f.forward(x.data))

Why a class with a method, and not a plain def? Later, each call
will have to remember what went in and what came out, and an object
has room for that.

With one Function we can compute a short formula. Step 3 puts
several of them in a row.

Exercise: write a Function Double, y = 2 * x. Its forward has one
line. What does Double()(Variable(np.ones(3))) give?

In the package: dezero/core/function.py, Function

Output:
    square of 3: 9.0
    square of a vector: [1. 4. 9.]
    the box that went in: 3.0
    without a formula: Function needs a forward(x)
"""

import numpy as np


# Python runs __call__ when an object is used like a function: after
# f = Square(), f(x) is f.__call__(x). The box that went in keeps its
# array, and the result gets a box of its own.
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


# The first formula. It works on a vector as well, element by
# element, because NumPy does.
class Square(Function):
    """y = x**2"""

    def forward(self, x):
        return x**2


# --- carried over ---
class Variable:
    """A box that holds an ndarray."""

    def __init__(self, data):
        self.data = data


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
