"""Answer to the exercise of step 80.

With a norm in front, the 24 parts of 12 blocks all add to x, and
nothing makes x smaller again: its numbers become 3.5 times as large.
The gradient grows as well, but slowly. Each part sees x through a
norm, so the larger x is, the less a change in x matters to the part.

With a norm after each +, the numbers stay around 1. But now the
norms sit in the residual stream itself, and each divides the
gradient by the size of the sum. After 12 blocks the gradient is half
of the 0.84 that a single block leaves. Such a network can be trained
as well, but only if it starts with very small updates.

Output:
    blocks   size of y     gradient of the first x
             pre   post       pre   post
         1   1.3    1.0      1.10   0.84
        12   3.5    1.0      2.71   0.41
        24   5.6    1.0      3.56   0.34
"""

import numpy as np

from dezero import Variable
from step80 import TransformerBlock, gelu


class PostBlock(TransformerBlock):
    """The 2017 block: norm(x + attention(x)), norm(x + MLP(x))."""

    def forward(self, x):
        """Return the output of the second norm."""
        x = self.norm1(x + self.attention(x))
        return self.norm2(x + self.down(gelu(self.up(x))))


def measure(kind, count):
    """Return the size of y, and of the first x's gradient."""
    np.random.seed(0)  # noqa: NPY002
    rng = np.random.default_rng(0)
    first = x = Variable(rng.normal(size=(4, 16, 32)))
    blocks = [kind(32, heads=4) for _ in range(count)]
    for block in blocks:
        for layer in block.attention.out, block.down:
            n, m = layer.W.shape
            layer.W.data = np.random.randn(n, m) / np.sqrt(n)  # noqa: NPY002
        x = block(x)
    (x * rng.normal(size=x.shape)).sum().backward()
    return x.data.std(), np.abs(first.grad.data).mean()


larger_y = "pre"
larger_gradient = "pre"


if __name__ == "__main__":
    print("blocks   size of y     gradient of the first x")
    print("         pre   post       pre   post")
    for count in 1, 12, 24:
        pre, post = (
            measure(k, count) for k in (TransformerBlock, PostBlock)
        )
        print(f"{count:6}{pre[0]:6.1f}{post[0]:7.1f}", end="")
        print(f"{pre[1]:10.2f}{post[1]:7.2f}")
