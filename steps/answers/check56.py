"""Check of the exercise of step 56: depthwise, and 1 x 1."""

import numpy as np

from step56 import conv2d_loops

START = '''
import numpy as np

from step56 import conv2d_loops


def depthwise(x, W, stride=1, pad=0):
    """Return y (N, C, OH, OW): kernel W[k] on channel k of each
    picture; x (N, C, H, W), W (C, KH, KW)."""
    raise NotImplementedError("your turn")


def weights(C):
    """Return how many weights it has, for kernels of 3 x 3."""
    raise NotImplementedError("your turn")


def one_by_one(x, W):
    """Return conv2d_loops(x, W) for W (OC, C, 1, 1), by one product
    of matrices, without a loop over pixels."""
    raise NotImplementedError("your turn")
'''


def check(mine):
    """Yield (what, expected, got)."""
    rng = np.random.default_rng(0)
    x, W = rng.normal(size=(2, 3, 6, 5)), rng.normal(size=(3, 3, 3))
    full = np.zeros((3, 3, 3, 3))
    full[np.arange(3), np.arange(3)] = W
    yield "depthwise", conv2d_loops(x, full), mine.depthwise(x, W)
    right = conv2d_loops(x, full, None, 2, 1)
    got = mine.depthwise(x, W, 2, 1)
    yield "depthwise, stride 2, pad 1", right, got
    yield "weights for C = 64", 576, mine.weights(64)
    W = rng.normal(size=(4, 3, 1, 1))
    yield "1 x 1", conv2d_loops(x, W), mine.one_by_one(x, W)
