"""Answer to the exercise of step 39.

With x of shape (2, 2), gy of shape (2,) fits on a row of x as well.
NumPy takes it for a row, so each number of gy goes to a column of x and
not to a row, and there is no error. This happens whenever x is square.
With (2, 3), a gy of length 2 does not fit on a row of 3.

Output:
    right: [[1, 1], [10, 10]]
    wrong: [[1, 10], [1, 10]]
    (2, 3): an error
"""

import numpy as np

import step39
from dezero import Variable

shape = (2, 2)  # any x that is square


class CarelessSum(step39.Sum):
    """Sum, but its backward does without restore_axes."""

    def backward(self, gy):
        (x,) = self.inputs
        return gy * np.ones_like(x.data)


def gradient(kind, shape):
    """Return the gradient of row sums, for a gy of (1, 10)."""
    x = Variable(np.ones(shape))
    y = kind(axis=1, keepdims=False)(x)
    y.grad = Variable(np.array([1.0, 10.0]))
    y.backward()
    return x.grad.data.astype(int).tolist()


if __name__ == "__main__":
    print("right:", gradient(step39.Sum, shape))
    print("wrong:", gradient(CarelessSum, shape))
    try:
        gradient(CarelessSum, (2, 3))
    except ValueError:
        print("(2, 3): an error")
