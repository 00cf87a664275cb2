"""Answer to the exercise of step 46.

Both walk like the package's. Their last steps show how they differ.
AdaGrad's h only grows, so its steps die out. RMSprop's h forgets,
so its steps stay as long as they were: at the end it still jumps
from side to side.

Output:
    AdaGrad
      as the package's: True
      last step: 8e-05
    RMSprop
      as the package's: True
      last step: 8e-02
"""

import numpy as np

from dezero import optimizers
from step46 import Optimizer, arrays, walk


class AdaGrad(Optimizer):
    """h += g * g, p -= lr * g / (sqrt(h) + eps)."""

    def __init__(self, lr=0.001, eps=1e-8):
        super().__init__()
        self.lr = lr
        self.eps = eps
        self.hs = {}

    def update_one(self, param):
        """Update one parameter that has a gradient."""
        p, g, h = arrays(param, self.hs)
        self.remember(h, g)
        p -= self.lr * g / (np.sqrt(h) + self.eps)

    def remember(self, h, g):
        """Add g * g to h."""
        h += g * g


class RMSprop(AdaGrad):
    """AdaGrad whose h is a running mean."""

    def remember(self, h, g):
        """Let h forget a hundredth, and add a hundredth of g * g."""
        h *= 0.99
        h += 0.01 * g * g


if __name__ == "__main__":
    for ours, theirs in [
        (AdaGrad(0.5), optimizers.AdaGrad(0.5)),
        (RMSprop(0.05), optimizers.RMSprop(0.05)),
    ]:
        path, expected = walk(ours, 300), walk(theirs, 300)
        print(type(ours).__name__)
        print("  as the package's:", np.allclose(path, expected))
        length = np.hypot(*(path[300] - path[299]))
        print(f"  last step: {length:.0e}")
