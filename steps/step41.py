"""Step 41. Matrix product: the shapes tell you the gradients.

N samples with D numbers each, turned into K numbers each: that
is the matrix product, the work horse of all that follows. Each
row of x meets each column of W:

    y[n, k] = x[n, 0] * W[0, k] + ... + x[n, D-1] * W[D-1, k]

The element x[n, d] takes part in all of row n of y, with the
weights W[d, :]. Its gradients add up (step 14):

    gx[n, d] = gy[n, 0] * W[d, 0] + ... + gy[n, K-1] * W[d, K-1]

which is a product of matrices again, with W lying on its side.
For W it is the same, with x lying on its side. Who forgets which
one comes where can ask the shapes; there is only one way to put
gy and the other matrix together so that they fit:

    y   (N, K)  =  x   (N, D)  @  W   (D, K)
    gx  (N, D)  =  gy  (N, K)  @  W.T (K, D)
    gW  (D, K)  =  x.T (D, N)  @  gy  (N, K)

Do we need a Function for this? by_steps does without one: it
stretches, multiplies and sums (steps 38 to 40), and backward gets
it all right by itself. But what it sums up is a table of
N * D * K numbers, and the graph keeps it for the way back. MatMul
only makes y: the x and W that it needs are there anyway. And
NumPy leaves the product to a library that people have tuned for
decades.

Either side of the @ may be an array (step 21), and x.matmul(W)
and x.dot(W) mean the same. The package also multiplies vectors,
and stacks of matrices, (..., N, D) by (..., D, K); and einsum
sums up products of any kind.

A matrix product and a sum is all it takes to fit a line to data:
step 42.

Exercise: take a (1, D) matrix x, and a (D, D) matrix A. What is
the shape of x @ A @ x.T? Say its gradient in x by the shapes, then
let backward compute it. What if A is symmetric?

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

    What reshape returns is a view: it shows numbers that are there.
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
