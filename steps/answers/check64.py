"""Check of the exercise of step 64: a stride."""

import numpy as np

import dezero.functions as F
from dezero import Variable

START = '''
import numpy as np


def convolve_backward(x, W, gy, stride=2):
    """Return gx and gW of a convolution of x (H, W) with W (K, K), in
    steps of stride, without pad."""
    raise NotImplementedError("your turn")


# Which rows of a 6 x 6 picture get no gradient, with a kernel of 3 and
# a stride of 2? A list of their numbers, such as [0, 1]
rows = None


def spread(gy, stride=2):
    """Return gy with what must stand between its numbers, so that gx
    is a convolution of it again."""
    raise NotImplementedError("your turn")
'''


def check(mine):
    """Yield (what, expected, got)."""
    rng = np.random.default_rng(0)
    for size, stride in (6, 2), (7, 2), (7, 3), (5, 1):
        x, W = rng.normal(size=(size, size)), rng.normal(size=(3, 3))
        v, w = Variable(x[None, None]), Variable(W[None, None])
        y = F.conv2d(v, w, None, stride, 0)
        gy = rng.normal(size=y.shape)
        (y * gy).sum().backward()
        gx, gW = mine.convolve_backward(x, W, gy[0, 0], stride)
        text = f"{size} x {size}, stride {stride}"
        yield f"{text}: gx", v.grad.data[0, 0], gx
        yield f"{text}: gW", w.grad.data[0, 0], gW
    yield "rows that get no gradient", [5], mine.rows
    gy = np.array([[1.0, 2.0], [3.0, 4.0]])
    apart = [[1.0, 0.0, 2.0], [0.0, 0.0, 0.0], [3.0, 0.0, 4.0]]
    yield "1, 2, 3, 4 spread", apart, mine.spread(gy)
