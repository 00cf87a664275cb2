"""Step 54. Dropout: in training one thing, in use another.

A network with many weights learns mistakes by heart as well (step
50). To do so, its units rely on each other: one of them bends the
border around a single wrong point, and others repair what this has
spoiled elsewhere. Such a deal holds while all partners are there.
So in training, for each batch anew, some are not:

    x        1   2   3   4   5   6   7   8
    mask     1   1   1   1   0   1   0   1    drawn by chance
    y        2   4   6   8   0  12   0  16    x * mask / (1 - r)

r, the dropout ratio, is the probability that a number is dropped;
here it is 0.5. Those that are left learn to be of use in whatever
company. In use all are there again, and the layer behind would get
twice the sum that it is used to. Therefore what is kept is divided
by 1 - r while training. The mean stays,

    mean(y) = r * 0 + (1 - r) * x / (1 - r) = x

and in use there is nothing left to do: dropout returns x. (Its
inventors multiplied in use instead; this is inverted dropout.) One
may see it as a new network for each batch, all of them made of the
same weights, and the whole one as their average.

How does dropout know? Beside the switch of step 18, Config has
train, which is on, and test_mode() turns it off for a with block.
A finished network is asked under no_grad and test_mode. Whoever
forgets the second gets answers that depend on chance.

Another function has two modes, too. batch_norm gives each column of
a batch the mean 0 and the variance 1, and then those that the
network would like to have, two numbers that it learns:

    y = gamma * (x - mean) / sqrt(var + eps) + beta

So a layer gets numbers of about the same size, whatever layers in
front of it are learning just now; networks of a hundred layers
could hardly be trained before. In training, mean and var are those of
the batch. They are computed from x, and the gradient goes through
them. In use that would not do: what comes out for one row must not
depend on the others, and a row alone is its own mean, so that all
of it would become 0. So training keeps running averages as well,

    mean <- 0.9 * mean + 0.1 * (mean of the batch)

and test mode uses these. (The variance of m rows around their own
mean comes out a little small; times m / (m - 1) it is kept.)

In the package it works on images, too, by channel, and DeZero's
batch_nrom is a second name of it. The layer BatchNorm holds gamma,
beta and both averages, and saves all four (step 53). layer_norm
takes mean and var over a row, group_norm over a part of it, so
they have one mode only and need no batch. The layer Dropout is for
use in Sequential.

The picture repeats step 50, its data and its network, without
dropout and with it. Without it the loss on new points rises again,
as the wrong labels are learned by heart. With it, it does not.

So much for learning too much. But there is something that our
network cannot learn at all, that pixels are neighbours (step 51).
Step 55 looks at pictures in another way.

Exercise: try the ratios 0.2 and 0.8. Then leave out test_mode in
losses. What becomes of the curves? Last, ask a trained network a
hundred times in training mode: do its answers differ most where
it is unsure?

Output (rtol 0.05):
    x in test mode:  [1. 2. 3. 4. 5. 6. 7. 8.]
    x in training:   [ 2.  4.  6.  8.  0. 12.  0. 16.]
    and once more:   [ 2.  0.  6.  8. 10. 12.  0.  0.]
    a million ones: 0.20 are kept, the mean is 1.00
    a batch:    mean [  5. 100.] std [ 2. 30.]
    batch_norm: mean [0. 0.] std [1. 1.]
    one row of it, in test mode: [0.4 1. ]  in training: [0. 0.]
    loss on new points, after epoch   50   100   200
      without dropout               0.37  0.54  0.71
      with dropout                  0.56  0.44  0.34
    figures/step54_dropout.png
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import dezero.functions as F
from dezero import (
    Config,
    Function,
    Model,
    as_variable,
    no_grad,
    test_mode,
)
from dezero.dataloaders import DataLoader
from dezero.datasets import Spiral
from dezero.layers import Linear
from dezero.optimizers import Adam

# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


# --- new in this step ---
class Dropout(Function):
    """y = x * mask / (1 - ratio), gx = gy * mask / (1 - ratio)."""

    def __init__(self, ratio):
        self.ratio = ratio

    def forward(self, x):
        drawn = np.random.rand(*x.shape)  # noqa: NPY002
        self.mask = drawn > self.ratio
        self.kept = 1 - self.ratio or 1  # a ratio of 1 keeps none
        # where chooses; a product would make nan of infinity * 0
        return np.where(self.mask, x / self.kept, 0)

    def backward(self, gy):
        return F.where(self.mask, gy / self.kept, 0)


def dropout(x, dropout_ratio=0.5):
    """In training, set that share of x to 0; else return x."""
    x = as_variable(x)
    return Dropout(dropout_ratio)(x) if Config.train else x


def batch_norm(x, gamma, beta, mean, var, decay=0.9, eps=2e-5):
    """Return the columns of x with mean beta and deviation gamma.

    Shapes: x (N, C), gamma, beta, mean, var (C,) -> y (N, C).
    mean, var: arrays, the running averages. In training they are
    moved, in place; in test mode they are used.
    """
    x = as_variable(x)
    if not Config.train:
        return gamma * (x - mean) / (var + eps) ** 0.5 + beta
    batch_mean = F.mean(x, axis=0)
    center = x - batch_mean
    batch_var = F.mean(center**2, axis=0)
    unbiased = len(x) / max(len(x) - 1, 1)
    mean += (1 - decay) * (batch_mean.data - mean)
    var += (1 - decay) * (unbiased * batch_var.data - var)
    return gamma * center / (batch_var + eps) ** 0.5 + beta


# --- carried over ---
class Flawed(Spiral):
    """90 points of a spiral, and of 18 the label is wrong."""

    def prepare(self):
        super().prepare()
        self.data, self.label = self.data[:90], self.label[:90]
        rng = np.random.default_rng(0)
        wrong = rng.choice(90, 18, replace=False)
        self.label[wrong] += rng.integers(1, 3, size=18)
        self.label %= 3  # another one of 0, 1, 2


# --- new in this step ---
class Net(Model):
    """Two layers of 100 tanh units, each thinned by dropout."""

    def __init__(self, ratio):
        super().__init__()
        self.ratio = ratio
        self.l1 = Linear(100)
        self.l2 = Linear(100)
        self.l3 = Linear(3)

    def forward(self, x):
        """Return the scores of the three arms."""
        x = dropout(F.tanh(self.l1(x)), self.ratio)
        x = dropout(F.tanh(self.l2(x)), self.ratio)
        return self.l3(x)


def losses(model):
    """Return the losses on what it learns from, and on new points."""
    found = []
    with no_grad(), test_mode():
        for data in Flawed(), Spiral(train=False):
            loss = F.softmax_cross_entropy(model(data.data), data.label)
            found.append(float(loss.data))
    return found


def train(model, epochs):
    """Learn from Flawed; return the two losses of each epoch."""
    loader = DataLoader(Flawed(), batch_size=15)
    optimizer = Adam(0.01).setup(model)
    curves = []
    for _ in range(epochs):
        for x, t in loader:
            loss = F.softmax_cross_entropy(model(x), t)
            model.cleargrads()
            loss.backward()
            optimizer.update()
        curves.append(losses(model))
    return np.array(curves)


def draw(curves, file):
    """Draw {title: (epochs, [train, test])} side by side."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    every = figure.subplots(1, len(curves), sharey=True)
    for axes, (title, rows) in zip(every, curves.items()):
        epochs = range(1, len(rows) + 1)
        axes.plot(epochs, rows[:, 0], "0.6", label="train")
        axes.plot(epochs, rows[:, 1], "tab:red", label="test")
        axes.set(xlabel="epoch", title=title, ylim=(0, None))
        axes.legend()
    every[0].set_ylabel("loss")
    figure.savefig(file, dpi=144)


if __name__ == "__main__":
    # masks, batches and first weights come from this generator
    np.random.seed(0)  # noqa: NPY002
    x = np.arange(1.0, 9.0)
    with test_mode():
        print("x in test mode: ", dropout(x).data)
    print("x in training:  ", dropout(x).data)
    print("and once more:  ", dropout(x).data)
    y = dropout(np.ones(1_000_000), 0.8).data
    print(f"a million ones: {np.mean(y > 0):.2f} are kept", end=", ")
    print(f"the mean is {y.mean():.2f}")

    rng = np.random.default_rng(0)
    states = np.ones(2), np.zeros(2), np.zeros(2), np.ones(2)
    for _ in range(100):
        x = rng.normal([5, 100], [2, 30], size=(5000, 2))
        y = batch_norm(x, *states).data
    for name, z in ("a batch:   ", x), ("batch_norm:", y):
        mean = z.mean(axis=0).round() + 0.0  # no -0
        print(name, "mean", mean, "std", z.std(axis=0).round())
    with test_mode():
        y = batch_norm(x[:1], *states).data.round(1)
    print(f"one row of it, in test mode: {y[0]}", end="  ")
    print(f"in training: {batch_norm(x[:1], *states).data[0]}")

    print("loss on new points, after epoch   50   100   200")
    curves = {}
    for title, ratio in ("without dropout", 0), ("with dropout", 0.5):
        curves[title] = train(Net(ratio), epochs=200)
        a, b, c = curves[title][[49, 99, 199], 1]
        print(f"  {title:26}{a:8.2f}{b:6.2f}{c:6.2f}")
    FIGURES.mkdir(exist_ok=True)
    draw(curves, FIGURES / "step54_dropout.png")
    print("figures/step54_dropout.png")
