"""Answer to the exercise of step 39.

With x of shape (2, 2), gy of shape (2,) fits on a row of x as well.
NumPy takes it for a row, so the gradients stand across instead of
upright, and nobody notices. This happens whenever x is square. With
(2, 3), a gy of length 2 does not fit on a row of 3.

Output:
    right: [[1, 1], [10, 10]]
    wrong: [[1, 10], [1, 10]]
    (2, 3): an error
"""

import numpy as np

import step39
from dezero import Variable


def gradient(shape):
    """Return the gradient of row sums, for a gy of (1, 10)."""
    x = Variable(np.ones(shape))
    y = step39.sum(x, axis=1)
    y.grad = Variable(np.array([1.0, 10.0]))
    y.backward()
    return x.grad.data.astype(int).tolist()


if __name__ == "__main__":
    print("right:", gradient((2, 2)))
    step39.restore_axes = lambda gy, x_shape, axis, keepdims: gy
    print("wrong:", gradient((2, 2)))
    try:
        gradient((2, 3))
    except ValueError:
        print("(2, 3): an error")
