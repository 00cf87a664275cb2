"""Check of the exercise of step 37: running sums."""

import numpy as np

from dezero import Variable
from step37 import jacobian

START = '''
import numpy as np

from dezero import Function, Variable
from step37 import jacobian


class RunningSums(Function):
    """y = (x0, x0 + x1, x0 + x1 + x2, ...)"""

    def forward(self, x):
        raise NotImplementedError("your turn")

    def backward(self, gy):
        raise NotImplementedError("your turn")


# Which entries of the Jacobian are 0: those "above" its diagonal, or
# those "below" it?
zeros = None

# Does backward add up gy from its "start" or from its "end"?
adds_from = None


if __name__ == "__main__":
    print(jacobian(RunningSums(), np.array([1.0, 2.0, 3.0])))
'''


def check(mine):
    """Yield (what, expected, got)."""
    y = mine.RunningSums()(Variable(np.array([1.0, 2.0, 3.0])))
    yield "running sums of 1, 2, 3", [1.0, 3.0, 6.0], y

    def sums(x):
        return mine.RunningSums()(x)

    J = np.tril(np.ones((4, 4)))
    found = jacobian(sums, np.array([0.5, -1.0, 2.0, 7.0]))
    yield "the Jacobian, for four numbers", J, found
    x = Variable(np.array([1.0, 2.0, 3.0]))
    y = mine.RunningSums()(x)
    y.grad = Variable(np.array([5.0, 7.0, 9.0]))
    y.backward()
    yield "gx for gy = 5, 7, 9", [21.0, 16.0, 9.0], x.grad
    yield "the entries that are 0", "above", mine.zeros
    yield "where backward begins to add", "end", mine.adds_from
