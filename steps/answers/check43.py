"""Check of the exercise of step 43: equal weights, and no sigmoid."""

import numpy as np

from step43 import wave

START = '''
import numpy as np

import step43


def W1_after(x, t, steps):
    """Start with ones in W1 (1, 10) and W2 (10, 1), and zeros in b1
    and b2. Return the array of W1 after so many steps of train."""
    raise NotImplementedError("your turn")


def loss_without_sigmoid(x, t):
    """Return the last loss of 1,000 steps with rate=0.05, of a
    network whose layers have no sigmoid between them."""
    raise NotImplementedError("your turn")


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(100, 1))
    t = step43.wave(x) + rng.normal(0, 0.2, size=x.shape)
    print(W1_after(x, t, 100))
    print(loss_without_sigmoid(x, t))
'''


def check(mine):
    """Yield (what, expected, got)."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(100, 1))
    t = wave(x) + rng.normal(0, 0.2, size=x.shape)
    yield "W1 after 0 steps", np.ones((1, 10)), mine.W1_after(x, t, 0)
    W1 = mine.W1_after(x, t, 100)
    yield "the shape of W1", (1, 10), W1.shape
    yield "all columns of W1 are equal", True, bool(np.ptp(W1) < 1e-9)
    yield "the number in them", 0.576, round(float(W1[0, 0]), 3)
    columns = np.hstack([x, np.ones_like(x)])
    line = columns @ np.linalg.lstsq(columns, t, rcond=None)[0]
    best = round(float(np.mean((t - line) ** 2)), 3)
    loss = float(mine.loss_without_sigmoid(x, t))
    yield "without the sigmoid: that of a line", best, round(loss, 3)
