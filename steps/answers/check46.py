"""Check of the exercise of step 46: AdaGrad and RMSprop."""

import numpy as np

from dezero import optimizers
from step46 import walk

START = '''
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
        raise NotImplementedError("your turn")


class RMSprop(AdaGrad):
    """h = 0.99 * h + 0.01 * g * g."""

    def update_one(self, param):
        """Update one parameter that has a gradient."""
        raise NotImplementedError("your turn")


if __name__ == "__main__":
    for optimizer in AdaGrad(0.5), optimizers.AdaGrad(0.5):
        print(walk(optimizer, 300)[[1, 2, 300]])
'''


def check(mine):
    """Yield (what, expected, got)."""
    by_hand = mine.AdaGrad(0.5)
    first = walk(by_hand, 1)[1]
    yield "AdaGrad(0.5): the first step", [0.5, 1.5], first
    for name, lr in ("AdaGrad", 0.5), ("RMSprop", 0.05):
        theirs = walk(getattr(optimizers, name)(lr), 300)
        ours = walk(getattr(mine, name)(lr), 300)
        for n in 2, 20, 300:
            yield f"{name}: where it is after {n}", theirs[n], ours[n]
    theirs = walk(optimizers.RMSprop(0.05), 300)
    ours = walk(mine.RMSprop(0.05), 300)
    length, got = (np.hypot(*(p[300] - p[299])) for p in (theirs, ours))
    yield "RMSprop: the length of its last step", length, got
