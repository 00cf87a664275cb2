"""Answer to the exercise of step 9.

The gradient of a 0-d x is a NumPy scalar, np.float64: backward
multiplies 0-d arrays, and NumPy gives a bare number back. One word
mends it, in the line of Variable.backward that stores the gradient:

    x.grad = as_array(func.backward(y.grad))

Below, backward(y) is y.backward() with this line.

From step 32 on gradients go into boxes themselves, and then this
comes for free.

Output:
    before: float64
    after:  ndarray
"""

import numpy as np

from step09 import Variable, as_array, square


def backward(y):
    """Fill in grad of every Variable that led to y, as ndarrays."""
    if y.grad is None:
        y.grad = np.ones_like(y.data)
    waiting = [] if y.creator is None else [y.creator]
    while waiting:
        func = waiting.pop()
        x, y = func.input, func.output
        x.grad = as_array(func.backward(y.grad))
        if x.creator is not None:
            waiting.append(x.creator)


if __name__ == "__main__":
    x = Variable(np.array(3.0))
    square(x).backward()
    print("before:", type(x.grad).__name__)

    x = Variable(np.array(3.0))
    backward(square(x))
    print("after: ", type(x.grad).__name__)
