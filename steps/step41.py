"""Step 41. Matrix product: the shapes tell you the gradients.

How do N samples with D numbers each become N samples with K numbers
each? A matrix product does this, and matrix products are nearly all
the work of a network. Each row of x meets each column of W:

    y[n, k] = x[n, 0] * W[0, k] + ...
              + x[n, D-1] * W[D-1, k]

The element x[n, d] is used in all of row n of y, each time with a
different weight from W[d, :]. Its gradients add up (step 14):

    gx[n, d] = gy[n, 0] * W[d, 0] + ...
               + gy[n, K-1] * W[d, K-1]

This is a matrix product again, with W transposed; and in the
gradient of W, x is transposed. Which factor comes first, gy or
W.T? You do not have to remember it: look at the shapes. gx must
have the shape of x, (N, D). From gy (N, K) and W (D, K) there is
only one product with that shape, gy @ W.T:

    y   (N, K) = x   (N, D) @ W   (D, K)
    gx  (N, D) = gy  (N, K) @ W.T (K, D)
    gW  (D, K) = x.T (D, N) @ gy  (N, K)

Do we need a Function for this? by_steps below does without: it
stretches, multiplies and sums, and backward works by itself. But
it makes a table of N * D * K products, and the graph keeps the
table. MatMul stores nothing but y, since x and W are there anyway.

A matrix product and a sum are all it takes to fit a line to data:
step 42.

Exercise: take a (1, D) matrix x and a (D, D) matrix A. What shape
does x @ A @ x.T have? Write down its gradient with respect to x by
the rules above, then let backward compute it. What if A is symmetric?

In the package: dezero/core/matmul.py, MatMul and matmul

Output:
    x (2, 3) @ W (3, 4) -> y (2, 4)
    gx (2, 3), as measured: True
    gW (3, 4), as measured: True
    matmul, dot, and by steps, the same: True
    N = D = K   numbers kept: by steps      MatMul
           10                     1,100         100
           20                     8,400         400
           40                    65,600       1,600
           80                   518,400       6,400
"""

import numpy as np

import dezero
from dezero import Function
from dezero.functions import sum
from dezero.gradcheck import numerical_grad


# NumPy hands the product to a library that people have tuned for
# decades. (The package's MatMul also multiplies vectors, and stacks of
# matrices: (..., N, D) by (..., D, K).)
class MatMul(Function):
    """y = x @ W, gx = gy @ W.T, gW = x.T @ gy.

    Shapes: x (N, D), W (D, K) -> y (N, K).
    """

    def forward(self, x, W):
        return x @ W

    def backward(self, gy):
        x, W = self.inputs
        gx = matmul(gy, W.T)
        gW = matmul(x.T, gy)
        return gx, gW


def matmul(x, W):
    """Return the matrix product of x (N, D) and W (D, K)."""
    return MatMul()(x, W)


# Either side of the @ may be an array: __rmatmul__ is for an array on
# the left (step 21). x.matmul(W) and x.dot(W) mean the same.
class Variable(dezero.Variable):
    """The package's Variable, with the methods of this step."""

    def matmul(self, other):
        """The matrix product self @ other."""
        return matmul(self, other)

    def dot(self, other):
        """The matrix product self @ other."""
        return matmul(self, other)

    def __matmul__(self, other):
        return matmul(self, other)

    def __rmatmul__(self, other):
        return matmul(other, self)


def by_steps(x, W):
    """Return x @ W by way of a table of all the products."""
    (n, d), (_, k) = x.shape, W.shape
    table = x.reshape(n, d, 1) * W.reshape(1, d, k)  # (N, D, K)
    return sum(table, axis=1)


def kept(y):
    """Return how many numbers were computed for y and are kept.

    reshape returns a view: it has no numbers of its own, but shows
    those of the array data.base.
    """
    numbers, waiting = 0, [y]
    while waiting:
        v = waiting.pop()
        if v.creator is not None:
            numbers += v.size if v.data.base is None else 0
            waiting += v.creator.inputs
    return numbers


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    x = Variable(rng.normal(size=(2, 3)))
    W = Variable(rng.normal(size=(3, 4)))
    gy = rng.normal(size=(2, 4))
    y = x @ W
    y.grad = Variable(gy)
    y.backward()
    print(f"x {x.shape} @ W {W.shape} -> y {y.shape}")
    slopes = (
        numerical_grad(lambda x: (x @ W.data) * gy, x.data),
        numerical_grad(lambda W: (x.data @ W) * gy, W.data),
    )
    for name, v, slope in zip(["gx", "gW"], [x, W], slopes):
        same = np.allclose(v.grad.data, slope)
        print(f"{name} {v.grad.shape}, as measured: {same}")
    ways = x.matmul(W), x.dot(W), matmul(x, W), by_steps(x, W)
    same = [np.allclose(way.data, y.data) for way in ways]
    print(f"matmul, dot, and by steps, the same: {all(same)}")

    print("N = D = K   numbers kept: by steps      MatMul")
    for n in (10, 20, 40, 80):
        x = Variable(rng.normal(size=(n, n)))
        W = Variable(rng.normal(size=(n, n)))
        print(f"{n:9}{kept(by_steps(x, W)):26,}{kept(x @ W):12,}")
