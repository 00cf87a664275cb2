"""Answer to the exercise of step 37.

The entries above the diagonal are 0: a running sum knows nothing of
the numbers that come after it. The other entries are 1. Column j of
the Jacobian says which sums x[j] is part of, namely y[j] and all
later ones, so gx[j] is gy[j] + gy[j+1] + ... Backward has to add
up gy from the end to the beginning.

Output:
    1 0 0
    1 1 0
    1 1 1
    y  [1. 3. 6.]
    gy [5. 7. 9.]
    gx [21. 16.  9.] = gy @ J: True
"""

import numpy as np

from dezero import Function, Variable
from step37 import jacobian

zeros = "above"  # the diagonal of the Jacobian
adds_from = "end"


class RunningSums(Function):
    """y = (x0, x0 + x1, ...); gx adds up gy from the end."""

    def forward(self, x):
        return np.cumsum(x)

    def backward(self, gy):
        from_the_end = np.cumsum(gy.data[::-1])
        return Variable(from_the_end[::-1].copy())


def running_sums(x):
    """Return the running sums of x."""
    return RunningSums()(x)


if __name__ == "__main__":
    J = jacobian(running_sums, np.array([1.0, 2.0, 3.0]))
    for row in J.astype(int):
        print(*row)
    x, gy = (
        Variable(np.array([1.0, 2.0, 3.0])),
        np.array([5.0, 7.0, 9.0]),
    )
    y = running_sums(x)
    y.grad = Variable(gy)
    y.backward()
    print("y ", y.data)
    print("gy", gy)
    print(
        "gx", x.grad.data, "= gy @ J:", np.allclose(x.grad.data, gy @ J)
    )
