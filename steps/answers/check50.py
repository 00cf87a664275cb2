"""Check of the exercise of step 50: weight decay."""

START = '''
import numpy as np

import dezero.functions as F
from dezero.datasets import Spiral
from dezero.models import MLP
from dezero.optimizers import Adam, WeightDecay
from step50 import DataLoader, Flawed, test, train


def losses(rate):
    """Train the network of step 50, MLP((100, 100, 3), F.tanh), for 150
    epochs, with weight decay. Return the training loss and the test
    loss."""
    np.random.seed(0)
    raise NotImplementedError("your turn")


# With which rate do the two losses stay together, and low?
rate = None


if __name__ == "__main__":
    for rate in (0.0001, 0.001, 0.01):
        print(rate, losses(rate))
'''


def check(mine):
    """Yield (what, expected, got)."""
    if mine.rate is None:
        raise NotImplementedError("your turn: write a rate")
    a, b = (float(x) for x in mine.losses(mine.rate))
    text = f"{mine.rate}: train {a:.2f}, test {b:.2f}"
    yield f"{text}; less than 0.15 apart", True, abs(a - b) < 0.15
    yield f"{text}; both below 0.6", True, a < 0.6 and b < 0.6
    a, b = (float(x) for x in mine.losses(0.0))
    text = f"0: train {a:.2f}, test {b:.2f}"
    yield f"{text}; more than 0.2 apart", True, b - a > 0.2
