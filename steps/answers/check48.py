"""Check of the exercise of step 48: batches of other sizes."""

import numpy as np

from step48 import get_spiral

START = '''
import numpy as np

from dezero.models import MLP
from dezero.optimizers import SGD
from step48 import get_spiral, right, train_epoch


def updates(batch_size, epochs):
    """Return how many updates that is, for 300 points."""
    raise NotImplementedError("your turn")


def result(x, t, batch_size, epochs, rng):
    """Train MLP((10, 3)) with SGD(lr=1.0), in batches. Return how many
    points are right."""
    np.random.seed(0)
    raise NotImplementedError("your turn")


class Sorted:
    """Stands for a generator, and never shuffles."""

    def permutation(self, n):
        raise NotImplementedError("your turn")


if __name__ == "__main__":
    x, t = get_spiral()
    rng = np.random.default_rng(0)
    print(result(x, t, 300, 300, rng))
    print(result(x, t, 1, 20, rng))
    order = np.argsort(t)
    print(result(x[order], t[order], 30, 100, Sorted()))
'''


def check(mine):
    """Yield (what, expected, got)."""
    for size, epochs, n in (300, 300, 300), (1, 20, 6000), (30, 5, 50):
        got = mine.updates(size, epochs)
        yield f"updates, batches of {size}, {epochs} epochs", n, got
    n = mine.Sorted().permutation(4)
    yield "permutation(4) of Sorted", [0, 1, 2, 3], n
    x, t = get_spiral()
    rng = np.random.default_rng(0)
    whole = mine.result(x, t, 300, 8, rng)
    single = mine.result(x, t, 1, 8, rng)
    yield (
        f"after 8 epochs {whole} right in batches of 300 and {single} "
        "in batches of 1, at least 30 more",
        True,
        bool(single > whole + 30),
    )
    shuffled = mine.result(x, t, 30, 100, rng)
    order = np.argsort(t, kind="stable")
    in_order = mine.result(x[order], t[order], 30, 100, mine.Sorted())
    yield (
        f"after 100 epochs {shuffled} right with shuffling, and "
        f"{in_order} sorted by arm, fewer",
        True,
        bool(in_order < shuffled - 10),
    )
