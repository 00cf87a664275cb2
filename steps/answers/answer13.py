"""Answer to the exercise of step 13.

When x0 moves by a small step, x0 * x1 moves x1 times as far. So the
gradient of x0 is gy * x1, and that of x1 is gy * x0. Each input
gets the value of the other one.

Output:
    d(x * y)/dx = 3, d(x * y)/dy = 2
    measured      3,               2
"""

import numpy as np

from step13 import Function, Variable, slopes


class Mul(Function):
    """y = x0 * x1, gx0 = gy * x1, gx1 = gy * x0"""

    def forward(self, x0, x1):
        return x0 * x1

    def backward(self, gy):
        x0, x1 = self.inputs[0].data, self.inputs[1].data
        return gy * x1, gy * x0


if __name__ == "__main__":
    x, y = Variable(np.array(2.0)), Variable(np.array(3.0))
    Mul()(x, y).backward()
    print(f"d(x * y)/dx = {x.grad:.0f}, d(x * y)/dy = {y.grad:.0f}")
    dx, dy = slopes(lambda a, b: Mul()(a, b), x, y)
    print(f"measured      {dx:.0f},               {dy:.0f}")
