"""Check of the exercise of step 67: a quotient, and counting early."""

import numpy as np

START = '''
import numpy as np

import step67
from step67 import made, same_shape


class Tensor(step67.Tensor):
    """A Tensor that can be divided."""

    def __truediv__(self, other):
        raise NotImplementedError("your turn")

    def gradients(self, gy):
        """Return a gradient for each creator, from that of self."""
        raise NotImplementedError("your turn")


class Early(Tensor):
    """A Tensor whose children are counted when they are computed."""

    def __init__(self, data, autograd=False, creators=(), op=None):
        super().__init__(data, autograd, creators, op)
        self.count = 0
        for x in creators:
            x.count += 1

    def children(self):
        """Return what was counted."""
        return {x: x.count for x in super().children()}


def too_early(kind):
    """Build a graph of Tensors of a class, kind(..., autograd=True).
    Return a leaf and a result: with Tensor the leaf gets a gradient
    from result.backward(), and with Early it does not."""
    raise NotImplementedError("your turn")
'''


def check(mine):
    """Yield (what, expected, got)."""
    T = mine.Tensor
    for a, b in (3.0, 4.0), (-1.0, 0.5):
        x0, x1 = T(a, autograd=True), T(b, autograd=True)
        y = x0 / x1
        yield f"{a} / {b}", a / b, float(y.data)
        y.backward(create_graph=True)
        g0, g1 = x0.grad, x1.grad
        yield f"{a} / {b}: gradient of x0", 1 / b, float(g0.data)
        yield f"{a} / {b}: gradient of x1", -a / b**2, float(g1.data)
        x0.grad = x1.grad = None
        g1.backward()
        second = 2 * a / b**3
        yield f"{a} / {b}: twice by x1", second, float(x1.grad.data)
    x = T(np.array([1.0, 2.0]), autograd=True)
    (x * x).sum(0).backward()
    yield "the other cases are still there", [2.0, 4.0], x.grad
    for kind, has in (mine.Tensor, True), (mine.Early, False):
        leaf, result = mine.too_early(kind)
        result.backward()
        got = leaf.grad is not None
        yield f"{kind.__name__}: the leaf gets a gradient", has, got
