"""Answer to the exercise of step 43.

With ones in W1 and W2, all columns of W1 are the same after 100
steps, as they were at the start. Equal units get equal gradients,
so ten of them are no better than one. Without the sigmoid two
layers are one line again. The loss is that of the best line, and
no training can make it smaller. (With the
rate 0.3 of the step it would overshoot, and end in nan.)

Output (rtol 0.01):
    W1: [[0.576 0.576 0.576 0.576 0.576 0.576 0.576 0.576 0.576 0.576]]
    loss 0.5146, all units equal
    without the sigmoid: loss 0.5058
    best line:           loss 0.5058
"""

import numpy as np

import step43

if __name__ == "__main__":
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(100, 1))
    t = step43.wave(x) + rng.normal(0, 0.2, size=x.shape)

    weights = step43.start([1, 10, 1], rng)
    for W in weights[0], weights[2]:
        W.data = np.ones(W.shape)
    losses = step43.train(x, t, weights, 100)
    print("W1:", weights[0].data.round(3))
    print(f"loss {losses[-1]:.4f}, all units equal")

    step43.sigmoid = lambda x: x
    weights = step43.start([1, 10, 1], rng)
    losses = step43.train(x, t, weights, 1000, rate=0.05)
    print(f"without the sigmoid: loss {losses[-1]:.4f}")
    columns = np.hstack([x, np.ones_like(x)])
    best = np.linalg.lstsq(columns, t, rcond=None)[0]
    miss = t - columns @ best
    print(f"best line:           loss {np.mean(miss**2):.4f}")
