"""Answer to the exercise of step 34.

A Function holds its outputs, by weak references: self.outputs[0]()
is the result, and self.output() is a shorter way to write it. At 1,
exp and all its derivatives are e = 2.7183.

If the Function kept its result, the Variable, as self.y, it would
hold the result, and the result holds the Function as its creator: a
reference cycle (step 17). An ndarray that is kept makes no cycle.
But it has no graph, and so there is no second derivative.

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
    """y = exp(x), but its backward knows only the number."""

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
