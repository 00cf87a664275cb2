"""Answer to the exercise of step 41.

y has the shape (1, 1). x occurs in it twice: as the left factor of
x @ A, and transposed, as x.T, on the right. Each use has its gradient
by the rules of the step, gy @ x @ A.T and gy @ x @ A, and the two add
up (step 14). For a symmetric A both are the same. With numbers instead
of matrices this says that a * x**2 has the slope 2 * a * x.

Output:
    x @ A @ x.T: (1, 1), gx: (1, 3)
    gx = x @ A.T + x @ A: True
    symmetric, gx = 2 * x @ S: True
"""

import numpy as np

from step41 import Variable, matmul

shape = (1, 1)  # of y


def gradient(x, A):
    """Return gx of y = x @ A @ x.T, by the rules."""
    return x @ A.T + x @ A


def symmetric(x, A):
    """Return gx for a symmetric A."""
    return 2 * x @ A


def by_backward(x, A):
    """Return gx of y = x @ A @ x.T, and the shape of y."""
    x = Variable(x)
    y = matmul(x @ A, x.T)
    y.backward()
    return x.grad.data, y.shape


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    x, A = rng.normal(size=(1, 3)), rng.normal(size=(3, 3))
    gx, found = by_backward(x, A)
    print(f"x @ A @ x.T: {found}, gx: {gx.shape}")
    print("gx = x @ A.T + x @ A:", np.allclose(gx, gradient(x, A)))
    S = A + A.T  # symmetric
    gx, _ = by_backward(x, S)
    print(
        "symmetric, gx = 2 * x @ S:", np.allclose(gx, symmetric(x, S))
    )
