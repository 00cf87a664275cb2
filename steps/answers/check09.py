"""Check of the exercise of step 9: gradients that are ndarrays."""

import numpy as np

from step09 import Variable, exp, square

START = '''
import numpy as np
from step09 import Variable, as_array, square


def backward(y):
    """Do what step 9's y.backward() does, but store each gradient
    as an ndarray."""
    raise NotImplementedError("your turn")


if __name__ == "__main__":
    x = Variable(np.array(3.0))
    y = square(x)
    backward(y)
    print(type(x.grad).__name__, x.grad)
'''


def check(mine):
    """Yield (what, expected, got)."""
    x = Variable(np.array(3.0))
    mine.backward(square(x))
    yield "the gradient of x**2 at 3", 6.0, x.grad
    yield "it is of type", "ndarray", type(x.grad).__name__
    x = Variable(np.array(0.5))
    a = square(x)
    mine.backward(square(exp(a)))
    yield "the gradient of the chain at 0.5", 2 * np.exp(0.5), x.grad
    yield (
        "in the middle, too, it is of type",
        "ndarray",
        type(a.grad).__name__,
    )
    x = Variable(np.array([1.0, 2.0]))
    mine.backward(square(x))
    yield "the gradient of a vector", [2.0, 4.0], x.grad
