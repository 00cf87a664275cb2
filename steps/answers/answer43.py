"""Answer to the exercise of step 43.

With ones in W1 and W2, all columns of W1 are the same after 100 steps,
as they were at the start. Equal units get equal gradients, so ten of
them are no better than one. Without the sigmoid two layers are one line
again. The loss is that of the best line, and no training can make it
smaller. (With rate=0.3, as in the step, it would overshoot, and end in
nan.)

Output (rtol 0.01):
    W1: [[0.576 0.576 0.576 0.576 0.576 0.576 0.576 0.576 0.576 0.576]]
    loss 0.5146, all units equal
    without the sigmoid: loss 0.5058
    best line:           loss 0.5058
"""

import numpy as np

import step43
from dezero import Variable


def from_ones(x, t, steps):
    """Train a network of equal units; return losses and weights."""
    W1, W2 = np.ones((1, 10)), np.ones((10, 1))
    arrays = W1, np.zeros(10), W2, np.zeros(1)
    weights = [Variable(data) for data in arrays]
    return step43.train(x, t, weights, steps), weights


def W1_after(x, t, steps):
    """Return the array of W1 after so many steps."""
    _, weights = from_ones(x, t, steps)
    return weights[0].data


def loss_without_sigmoid(x, t):
    """Return the loss after 1,000 steps of two layers in a row."""
    kept, step43.sigmoid = step43.sigmoid, lambda x: x
    weights = step43.start([1, 10, 1], np.random.default_rng(0))
    losses = step43.train(x, t, weights, 1000, rate=0.05)
    step43.sigmoid = kept
    return losses[-1]


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(100, 1))
    t = step43.wave(x) + rng.normal(0, 0.2, size=x.shape)

    print("W1:", W1_after(x, t, 100).round(3))
    losses, _ = from_ones(x, t, 100)
    print(f"loss {losses[-1]:.4f}, all units equal")

    loss = loss_without_sigmoid(x, t)
    print(f"without the sigmoid: loss {loss:.4f}")
    columns = np.hstack([x, np.ones_like(x)])
    best = np.linalg.lstsq(columns, t, rcond=None)[0]
    miss = t - columns @ best
    print(f"best line:           loss {np.mean(miss**2):.4f}")
