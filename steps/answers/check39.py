"""Check of the exercise of step 39: Sum without restore_axes."""

import numpy as np

from step39 import Sum, Variable

START = '''
import numpy as np

from step39 import Sum, Variable


class CarelessSum(Sum):
    """Sum, but its backward does without restore_axes."""

    def backward(self, gy):
        raise NotImplementedError("your turn")


# The shape of an x that gets a wrong gradient from axis=1, and no
# error: two lengths.
shape = None


if __name__ == "__main__":
    x = Variable(np.ones((2, 3)))
    CarelessSum(axis=1, keepdims=False)(x).backward()
'''


def gradient(kind, shape):
    """Return gx of the sums of rows, gy is 1, 2, 3, ..."""
    x = Variable(np.ones(shape))
    y = kind(1, False)(x)
    y.grad = Variable(np.arange(1.0, 1 + len(y)))
    y.backward()
    return x.grad.data


def check(mine):
    """Yield (what, expected, got)."""
    x = Variable(np.ones((2, 3)))
    y = mine.CarelessSum(0, False)(x)
    y.backward()
    yield "axis=0, where nothing is missing", np.ones((2, 3)), x.grad
    try:
        gradient(mine.CarelessSum, (2, 3))
        got = "no error"
    except ValueError:
        got = "ValueError"
    yield "axis=1, x (2, 3), without restore_axes", "ValueError", got
    if mine.shape is None:
        raise NotImplementedError("your turn: write a shape")
    found = gradient(mine.CarelessSum, mine.shape)
    right = gradient(Sum, mine.shape)
    different = not np.array_equal(found, right)
    yield f"x {mine.shape}: the gradient is wrong", True, different
