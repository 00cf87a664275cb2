"""Answer to the exercise of step 50.

With 0.001 the two losses end close together. With a tenth of that
the network still learns the wrong labels by heart. With ten times
as much it can no longer learn the spiral either: both losses are
high.

Output (rtol 0.1):
      rate   train   test
    0.0001    0.33   0.59
     0.001    0.46   0.44
      0.01    0.77   0.58
"""

import numpy as np

import dezero.functions as F
from dezero.datasets import Spiral
from dezero.models import MLP
from dezero.optimizers import Adam, WeightDecay
from step50 import DataLoader, Flawed, test, train

rate = 0.001  # keeps the two losses together


def losses(rate):
    """Return train and test loss after 150 epochs with weight decay."""
    np.random.seed(0)  # noqa: NPY002
    train_loader = DataLoader(Flawed(), batch_size=15)
    test_loader = DataLoader(Spiral(train=False), 300, shuffle=False)
    model = MLP((100, 100, 3), activation=F.tanh)
    optimizer = Adam(0.01).setup(model)
    optimizer.add_hook(WeightDecay(rate))
    for _ in range(150):
        rows = train(model, optimizer, train_loader)
    return rows[0], test(model, test_loader)[0]


if __name__ == "__main__":
    print("  rate   train   test")
    for rate in (0.0001, 0.001, 0.01):
        a, b = losses(rate)
        print(f"{rate:6}{a:8.2f}{b:7.2f}")
