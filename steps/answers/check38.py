"""Check of the exercise of step 38: swapaxes."""

import numpy as np

from step38 import Transpose, Variable

START = '''
import numpy as np

from step38 import Variable, transpose


def swapaxes(x, i, j):
    """Return x with the axes i and j exchanged."""
    raise NotImplementedError("your turn")


if __name__ == "__main__":
    x = Variable(np.arange(24.0).reshape(2, 3, 4))
    print(swapaxes(x, 0, 2).shape)
'''


def check(mine):
    """Yield (what, expected, got)."""
    data = np.arange(24.0).reshape(2, 3, 4)
    for i, j in (0, 2), (1, 2), (0, 1):
        x = Variable(data)
        y = mine.swapaxes(x, i, j)
        yield f"axes {i} and {j}", np.swapaxes(data, i, j), y
        y.grad = Variable(10 * y.data)
        y.backward()
        yield (
            f"axes {i} and {j}: gx, where gy is 10 * y",
            10 * data,
            x.grad,
        )
    made = isinstance(y.creator, Transpose)
    yield "what computed y is a Transpose of step 38", True, made
    x = Variable(np.arange(16.0).reshape(2, 2, 2, 2))
    y = mine.swapaxes(x, 1, 3)
    yield "axes 1 and 3 of four", np.swapaxes(x.data, 1, 3), y
