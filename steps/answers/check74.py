"""Check of the exercise of step 74: a block with its norms in front."""

import numpy as np

from dezero import Variable

START = '''
import numpy as np
import dezero.functions as F
from dezero import Variable
from dezero.layers import Conv2d, Layer
from step74 import BasicBlock, BatchNorm


class PreBlock(Layer):
    """y = x + f(x), with norm, relu, convolution twice in f."""

    def __init__(self, channels):
        super().__init__()
        self.bn1 = BatchNorm()
        self.conv1 = Conv2d(channels, 3, 1, 1, nobias=True)
        self.bn2 = BatchNorm()
        self.conv2 = Conv2d(channels, 3, 1, 1, nobias=True)

    def forward(self, x):
        """Return x + what is new."""
        raise NotImplementedError("your turn")


# dy/dx where x is negative, with the W of conv2 at 0
slope_of_preblock = None
slope_of_basicblock = None


if __name__ == "__main__":
    x = np.random.default_rng(0).normal(size=(4, 2, 5, 5))
    for block in PreBlock(2), BasicBlock(2, 2):
        block(x)  # makes the weights
        block.conv2.W.data[...] = 0
        v = Variable(x)
        block(v).backward()
        print(v.grad.data[x < 0].mean())
'''


def check(mine):
    """Yield (what, expected, got)."""
    x = np.random.default_rng(0).normal(size=(4, 2, 5, 5))
    block = mine.PreBlock(2)
    block(x)
    # a 1 in the middle of a kernel hands on each pixel, a 3 three times
    for conv, size in (block.conv1, 1.0), (block.conv2, 3.0):
        conv.W.data = np.zeros_like(conv.W.data)
        conv.W.data[[0, 1], [0, 1], 1, 1] = size
    y, h = block(x).data, x
    for _ in range(2):  # norm of each channel, relu
        mean = h.mean(axis=(0, 2, 3), keepdims=True)
        var = h.var(axis=(0, 2, 3), keepdims=True)
        h = np.maximum((h - mean) / np.sqrt(var + 2e-5), 0)
    yield "x + f(x), with kernels that keep each pixel", x + 3 * h, y
    block.conv2.W.data = np.zeros_like(block.conv2.W.data)
    v = Variable(x)
    y = block(v)
    y.backward()
    yield "y with the last W at 0", x, y.data
    yield "its slope", np.ones_like(x), v.grad.data
    yield "slope of PreBlock at x < 0", 1.0, mine.slope_of_preblock
    yield "slope of BasicBlock at x < 0", 0.0, mine.slope_of_basicblock
