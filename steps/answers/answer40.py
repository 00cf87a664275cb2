"""Answer to the exercise of step 40.

The gradient goes to the input that was the larger one; where both
are equal, this Maximum gives it to the first. Each gradient is then
summed to the shape of its input, as in Add and Mul. x1 was the
larger one in three places, so its gradient is 3.

Output:
    y   [[3.5, 5.0, 3.5], [8.0, 3.5, 4.0]]
    gx0 [[0, 1, 0], [1, 0, 1]]
    gx1 [3]
    as measured: True
"""

import numpy as np

from dezero import Function, Variable
from step40 import measured, sum_to


class Maximum(Function):
    """y = the larger of x0 and x1; the larger one gets gy."""

    def forward(self, x0, x1):
        return np.maximum(x0, x1)

    def backward(self, gy):
        x0, x1 = self.inputs
        first = (x0.data >= x1.data).astype(x0.dtype)  # 1 or 0
        gx0 = sum_to(gy * first, x0.shape)
        gx1 = sum_to(gy * (1 - first), x1.shape)
        return gx0, gx1


def maximum(x0, x1):
    """Return the larger one of x0 and x1, element by element."""
    return Maximum()(x0, x1)


if __name__ == "__main__":
    x0 = Variable(np.array([[1.0, 5.0, 2.0], [8.0, 3.0, 4.0]]))
    x1 = Variable(np.array([3.5]))
    y = maximum(x0, x1)
    y.backward()
    print("y  ", y.data.tolist())
    print("gx0", x0.grad.data.astype(int).tolist())
    print("gx1", x1.grad.data.astype(int).tolist())
    slopes = measured(maximum, x0.data, x1.data)
    pairs = zip((x0.grad.data, x1.grad.data), slopes)
    print("as measured:", all(np.allclose(a, b) for a, b in pairs))
