"""The matrix product."""

from dezero.core.function import Function
from dezero.core.outside import _as_input
from dezero.core.shape import reshape, sum_to
from dezero.core.variable import Variable


class MatMul(Function):
    """y = x @ W, gx = gy @ W.T, gW = x.T @ gy.

    Shapes: x (N, D), W (D, K) -> y (N, K). Vectors and stacks of matrices as in
    numpy.matmul: x (..., N, D), W (..., D, K) -> y (..., N, K), leading axes
    broadcast.
    """

    def forward(self, x, W):
        rows = W.shape[-2:][:1]  # the last axis but one; the only one of a vector
        if x.shape[-1:] != rows or not rows:
            raise ValueError(
                "matmul: the last axis on the left must be as long as the "
                "second-to-last axis on the right, got "
                f"{x.shape} @ {W.shape} (see step 41)"
            )
        # dot takes half the time of @ on small matrices: 1.1 against 2.2 us
        return x.dot(W) if x.ndim == W.ndim == 2 else x @ W

    def backward(self, gy):
        x, W = self.inputs
        if x.ndim == W.ndim == 2:
            gx = gy.dot(W.T) if self.needs_grad(0) else None
            gW = x.T.dot(gy) if self.needs_grad(1) else None
            return gx, gW
        # Turn a vector on the left into a row, on the right into a column.
        x2 = x.reshape(1, -1) if x.ndim == 1 else x
        W2 = W.reshape(-1, 1) if W.ndim == 1 else W
        if x.ndim == 1:
            gy = gy.reshape(*gy.shape[: W2.ndim - 2], 1, W2.shape[-1])
        elif W.ndim == 1:
            gy = gy.reshape(*gy.shape, 1)
        gx = gW = None
        if self.needs_grad(0):
            gx = reshape(sum_to(gy @ _swap(W2), x2.shape), x.shape)
        if self.needs_grad(1):
            if W2.ndim == 2 < x2.ndim:  # one W for all matrices: one product sums gW
                x2, gy = (a.reshape(-1, a.shape[-1]) for a in (x2, gy))
            gW = reshape(sum_to(_swap(x2) @ gy, W2.shape), W.shape)
        return gx, gW


def matmul(x, W) -> Variable:
    """Return the matrix product x @ W (see step 41).

    Shapes: (N, D) @ (D, K) -> (N, K); vectors and stacks as in numpy.matmul.
    Raises ValueError if the shapes do not fit.
    """
    try:
        return MatMul()(x, W)
    except (ValueError, TypeError, AttributeError) as error:  # None has no ndim
        if "(see step" in str(error):
            raise
        x, W = _as_input("matmul", x), _as_input("matmul", W, "W")
        raise ValueError(
            f"matmul: the leading axes of {x.shape} {x.dtype} and {W.shape} {W.dtype} "
            f"must broadcast: {error} (see step 41)"
        ) from error


def _swap(x):
    """Return x with its last two axes swapped."""
    if x.ndim == 2:
        return x.T
    return x.transpose(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2)
