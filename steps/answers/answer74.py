"""Answer to the exercise of step 74.

With the last W at 0 a PreBlock passes x on as it is: y = x, and
dy/dx is 1 for each number, whatever its sign. A BasicBlock has a
relu after the sum. There y = relu(x), and where x is negative the
gradient is 0.

So a network of PreBlocks has a path from the loss to the first layer
on which nothing multiplies the gradient at all. With such blocks, He
and others trained a network of 1,001 layers. The blocks can start
with W = 0, as if they were not there.

Output:
    PreBlock:   y = x: True
    dy/dx of PreBlock   1.0 where x < 0, 1.0 where x > 0
    dy/dx of BasicBlock 0.0 where x < 0, 1.0 where x > 0
"""

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
        h = self.conv1(F.relu(self.bn1(x)))
        return x + self.conv2(F.relu(self.bn2(h)))


slope_of_preblock = 1.0  # where x is negative, with the last W at 0
slope_of_basicblock = 0.0


def with_zeros(block, x):
    """Return y and dy/dx, with the W of conv2 at 0."""
    block(x)  # makes W
    block.conv2.W.data[...] = 0
    x = Variable(x)
    y = block(x)
    y.backward()
    return y.data, x.grad.data


if __name__ == "__main__":
    x = np.random.default_rng(0).normal(size=(4, 2, 5, 5))
    y, pre = with_zeros(PreBlock(2), x)
    _, basic = with_zeros(BasicBlock(2, 2), x)
    print("PreBlock:   y = x:", np.array_equal(x, y))
    for name, gx in ("PreBlock  ", pre), ("BasicBlock", basic):
        low, high = gx[x < 0].mean(), gx[x > 0].mean()
        print(f"dy/dx of {name} {low:.1f} where x < 0", end=", ")
        print(f"{high:.1f} where x > 0")
