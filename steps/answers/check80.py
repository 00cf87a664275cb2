"""Check of the exercise of step 80: a block with its norms behind +."""

import numpy as np

START = '''
import numpy as np
from dezero import Variable
from step80 import TransformerBlock, gelu


class PostBlock(TransformerBlock):
    """The block of 2017: norm(x + attention(x)), norm(x + MLP(x))."""

    def forward(self, x):
        """Return what the second norm makes."""
        raise NotImplementedError("your turn")


# Behind 12 blocks with random numbers for the zeros: "pre" or "post"?
larger_y = None
larger_gradient = None


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    for kind in TransformerBlock, PostBlock:
        first = x = Variable(rng.normal(size=(4, 16, 32)))
        for _ in range(12):
            block = kind(32, heads=4)
            for layer in block.attention.out, block.down:
                n, m = layer.W.shape
                layer.W.data = rng.normal(size=(n, m)) / np.sqrt(n)
            x = block(x)
        (x * rng.normal(size=x.shape)).sum().backward()
        size = np.abs(first.grad.data).mean()
        print(kind.__name__, x.data.std(), size)
'''


def check(mine):
    """Yield (what, expected, got)."""
    x = np.array([[[1.0, 3.0], [-2.0, 4.0]]])  # means 2 and 1
    block = mine.PostBlock(2, heads=1)
    y = block(x).data  # attention and MLP give 0, the norms their rows
    yield "new blocks: norm(norm(x))", [[[-1, 1], [-1, 1]]], y.round(3)
    # attention adds (4, 0) to each word, the MLP (0, 6)
    block.attention.out.b.data = np.array([4.0, 0.0])
    block.down.b.data = np.array([0.0, 6.0])
    block.norm1.gamma.data = np.array([2.0, 2.0])
    block.norm2.beta.data = np.array([10.0, 20.0])
    # rows (5, 3), (2, 4): first norm (2, -2), (-2, 2); then + (0, 6)
    y = block(x).data
    yield "with biases that are not 0", [[[9, 21], [9, 21]]], y.round(3)
    block.norm2.gamma.data = np.array([0.0, 1.0])
    block.down.b.data = np.array([0.0, 2.0])
    # now (2, 0), (-2, 4)
    y = block(x).data
    yield "and a smaller one", [[[10, 19], [10, 21]]], y.round(3)
    yield "the larger y", "pre", mine.larger_y
    yield "the larger gradient", "pre", mine.larger_gradient
