"""Answer to the exercise of step 31.

With a Variable in y.grad, the product gy * np.cos(...) calls Mul.
So x.grad is a Variable with a creator. But its other factor is
np.cos(self.inputs[0].data), an ndarray. It does not know that it
was computed from x, so the graph does not lead to x.

The line has to be gy * cos(self.inputs[0]): the input itself and
not its data, and our own cos, because np.cos takes no Variable. Then
the whole graph is there, and nothing was written by hand.

Output:
    data in Sin.backward:      second derivative None
    Variable in Sin.backward:  second derivative -0.8415
"""

import numpy as np

from dezero.core_simple import Variable
from step31 import Sin, cos


class NewSin(Sin):
    """y = sin(x), so gx = gy * cos(x)."""

    def backward(self, gy):
        return gy * cos(self.inputs[0])


def second_derivative(y, x):
    """Start backward with a Variable, and go back once more."""
    y.grad = Variable(np.array(1.0))
    y.backward()
    gx = x.grad
    x.cleargrad()
    gx.backward()
    return x.grad


if __name__ == "__main__":
    x = Variable(np.array(1.0))
    found = second_derivative(Sin()(x), x)
    print("data in Sin.backward:      second derivative", found)
    x.cleargrad()
    found = second_derivative(NewSin()(x), x)
    print("Variable in Sin.backward:  second derivative", end=" ")
    print(f"{found:.4f}")
