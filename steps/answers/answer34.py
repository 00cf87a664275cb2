"""Answer to the exercise of step 34.

A Function holds its outputs, by weak references: self.outputs[0]()
is the result, and self.output() says the same shorter. At 1, exp and
all its derivatives are e = 2.7183.

If forward kept the result as self.y, the Function would hold its
result, and the result holds the Function as its creator: a
reference cycle (step 17). A kept ndarray would be no cycle. But it
would have no graph, and there would be no second derivative.

Output:
    order 1: 2.7183
    order 2: 2.7183
    order 3: 2.7183
    with an ndarray kept: the second derivative is None
"""

import numpy as np

from dezero import Function, Variable
from step34 import derivatives


class Exp(Function):
    """y = exp(x), so gx = gy * y."""

    def forward(self, x):
        return np.exp(x)

    def backward(self, gy):
        return gy * self.output()


class ForgetfulExp(Function):
    """y = exp(x), but its backward knows the number only."""

    def forward(self, x):
        self.y = np.exp(x)
        return self.y

    def backward(self, gy):
        return gy * self.y


if __name__ == "__main__":
    x = Variable(np.array(1.0))
    for n, y in enumerate(derivatives(Exp()(x), x, 3), start=1):
        print(f"order {n}: {y.data:.4f}")
    x = Variable(np.array(1.0))
    _, second = derivatives(ForgetfulExp()(x), x, 2)
    print("with an ndarray kept: the second derivative is", second)
