"""Answer to the exercise of step 9.

The gradient of a 0-d x is a NumPy scalar, np.float64: backward
multiplies 0-d arrays, and NumPy gives a bare number back. One word
mends it, in the line of Variable.backward that stores the gradient:

    x.grad = as_array(func.backward(y.grad))

From step 32 on gradients go into boxes themselves, and then this
comes for free.

Output:
    before: float64
    after:  ndarray
"""

import numpy as np

import step09
from step09 import as_array, square


class Variable(step09.Variable):
    """step 9's Variable, whose gradients are ndarrays."""

    def backward(self):
        """Fill in grad of every Variable that led to this one."""
        if self.grad is None:
            self.grad = np.ones_like(self.data)
        waiting = [] if self.creator is None else [self.creator]
        while waiting:
            func = waiting.pop()
            x, y = func.input, func.output
            x.grad = as_array(func.backward(y.grad))
            if x.creator is not None:
                waiting.append(x.creator)


if __name__ == "__main__":
    x = step09.Variable(np.array(3.0))
    square(x).backward()
    print("before:", type(x.grad).__name__)

    x = Variable(np.array(3.0))
    y = square(x)
    Variable.backward(y)
    print("after: ", type(x.grad).__name__)
