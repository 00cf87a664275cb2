"""Small generated datasets: the points of a spiral, and a wave."""

import numpy as np

from dezero.datasets.base import Dataset
from dezero.guards import flag


def get_spiral(train=True):
    """Return x (300, 2) float32 and t (300,) int: three arms of a spiral, shuffled.

    Arm j, point i of 100: radius i / 100, angle 4 j + 4 i / 100 and a little noise.
    The points are the same on every call; train=False gives others of the same kind.
    """
    train = flag("get_spiral", "train", train, 48)
    # The points that DeZero's programs know come from the legacy generator.
    rng = np.random.RandomState(1984 if train else 2020)
    t = np.repeat(np.arange(3), 100)
    radius = np.tile(np.arange(100) / 100, 3)
    theta = t * 4.0 + 4.0 * radius + rng.randn(300) * 0.2
    x = np.stack([radius * np.sin(theta), radius * np.cos(theta)], axis=1)
    order = rng.permutation(300)
    return x.astype(np.float32)[order], t[order]


class Spiral(Dataset):
    """The points of get_spiral: x (2,), t the arm, 0 to 2."""

    def prepare(self):
        self.data, self.label = get_spiral(self.train)


class SinCurve(Dataset):
    """A wave to predict: x is one of its points (1,), t the next point (1,).

    train: a sine with noise; test: a cosine. One period in 1,000 points, so 999
    pairs. The noise is drawn from NumPy's global generator, in both cases.
    """

    def prepare(self):
        x = np.linspace(0, 2 * np.pi, 1000)
        noise = np.random.uniform(-0.05, 0.05, size=x.shape)  # noqa: NPY002
        y = (np.sin(x) + noise if self.train else np.cos(x))[:, np.newaxis]
        self.data, self.label = y[:-1], y[1:]
