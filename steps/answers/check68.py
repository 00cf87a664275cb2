"""Check of the exercise of step 68: ReLU, and each pair twice."""

import numpy as np

from step68 import Layer

START = '''
import numpy as np

import step68
from step67 import made


class Tensor(step68.Tensor):
    """A Tensor that has relu, too."""

    def relu(self):
        """Return 0 in place of all that is negative."""
        raise NotImplementedError("your turn")

    def gradients(self, gy):
        """Return a gradient for each creator, from that of self."""
        raise NotImplementedError("your turn")


class ReLU(step68.Layer):
    """y = x where x is positive, else 0."""

    def __call__(self, x):
        raise NotImplementedError("your turn")


# Each pair of the first network's data twice: with which rate are its
# losses what they were with 0.05, times 2?
rate = None
'''


def check(mine):
    """Yield (what, expected, got)."""
    data = np.array([[-1.0, 2.0], [3.0, -0.5]])
    x = mine.Tensor(data, autograd=True)
    y = x.relu()
    yield "relu of -1, 2, 3, -0.5", [[0.0, 2.0], [3.0, 0.0]], y
    y.backward(mine.Tensor(np.array([[10.0, 20.0], [30.0, 40.0]])))
    gx = [[0.0, 20.0], [30.0, 0.0]]
    yield "its gx for gy = 10, 20, 30, 40", gx, x.grad
    x = mine.Tensor(data, autograd=True)
    (x * x).relu().sum(0).sum(0).backward()
    yield "the other cases are still there", 2 * data, x.grad
    layer = mine.ReLU()
    yield "ReLU is a Layer", True, isinstance(layer, Layer)
    y = layer(mine.Tensor(data))
    yield "ReLU()(x)", [[0.0, 2.0], [3.0, 0.0]], y
    yield "the rate", 0.025, mine.rate
