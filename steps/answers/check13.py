"""Check of the exercise of step 13: Mul and its two gradients."""

import numpy as np

from step13 import Variable

START = '''
import numpy as np
from step13 import Function, Variable


class Mul(Function):
    """y = x0 * x1"""

    def forward(self, x0, x1):
        raise NotImplementedError("your turn")

    def backward(self, gy):
        raise NotImplementedError("your turn")


if __name__ == "__main__":
    x, y = Variable(np.array(2.0)), Variable(np.array(3.0))
    Mul()(x, y).backward()
    print(x.grad, y.grad)
'''


def check(mine):
    """Yield (what, expected, got)."""
    x, y = Variable(np.array(2.0)), Variable(np.array(3.0))
    z = mine.Mul()(x, y)
    yield "2 * 3", 6.0, z.data
    z.backward()
    yield "d(x * y)/dx at x = 2, y = 3", 3.0, x.grad
    yield "d(x * y)/dy at x = 2, y = 3", 2.0, y.grad
    z.grad = np.array(10.0)
    z.backward()
    yield "d/dx when gy is 10", 30.0, x.grad
