"""Answer to the exercise of step 48.

With all 300 points in one batch, there is one update per epoch:
after 300 epochs the network has hardly begun. Batches of 1 make 300
updates per epoch, and 20 epochs are enough; but these updates are
noisy, and there are 6,000 of them. 30 is in between. If the points
are sorted by arm and not shuffled, each batch pulls towards its own
arm, and the next two thirds of the epoch undo what was learned.

Output (rtol 0.05):
    batch  epochs  updates  right
      300     300      300    168
       30     100     1000    269
        1      20     6000    272
       30     100     1000    225  sorted, not shuffled
"""

import numpy as np

from dezero.models import MLP
from dezero.optimizers import SGD
from step48 import get_spiral, right, train_epoch


class Sorted:
    """Takes the place of a generator, and never shuffles."""

    def permutation(self, n):
        """Return 0 ... n - 1."""
        return np.arange(n)


def result(x, t, batch_size, epochs, rng):
    """Return how many points are right after some epochs."""
    np.random.seed(0)  # noqa: NPY002
    model = MLP((10, 3))
    optimizer = SGD(lr=1.0).setup(model)
    for _ in range(epochs):
        train_epoch(model, optimizer, x, t, batch_size, rng)
    return right(model, x, t)


def updates(batch_size, epochs):
    """Return how many updates that is."""
    return epochs * 300 // batch_size


if __name__ == "__main__":
    x, t = get_spiral()
    rng = np.random.default_rng(0)
    print("batch  epochs  updates  right")
    for batch_size, epochs in (300, 300), (30, 100), (1, 20):
        n = result(x, t, batch_size, epochs, rng)
        count = updates(batch_size, epochs)
        print(f"{batch_size:5}{epochs:8}{count:9}{n:7}")
    order = np.argsort(t)
    n = result(x[order], t[order], 30, 100, Sorted())
    print(f"   30     100     1000{n:7}  sorted, not shuffled")
