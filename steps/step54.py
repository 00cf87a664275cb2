"""Step 54. Dropout: units that cannot rely on each other.

Why does a large network learn even the wrong labels (step 50)? Its
units can rely on each other: one unit bends the border around a
single wrong point, and others undo the damage elsewhere. This only
works while all of the units are present. *Dropout* (Srivastava and
others, 2014) removes a random half of them in every update, so
each unit has to be useful by itself. y is x * mask / (1 - r):

    x     1  2  3  4  5  6  7  8
    mask  1  1  1  1  0  1  0  1   random
    y     2  4  6  8  0 12  0 16

r is the probability that a number is dropped, here 0.5. Why divide?
Outside training nothing is dropped, and without the division the
next layer would get twice the sum it learned with. With it the mean is

    mean(y) = r * 0 + (1 - r) * x / (1 - r) = x

as a million ones with r = 0.8 will show. Outside training dropout
just returns x. How does it know? Config has a switch for that,
train, beside the one of step 18. The switch is on by default, and
test_mode() turns it off for a with block.

Whatever makes a network fit its training set worse and new data
better is called *regularization*. Weight decay (step 46) is one
kind, dropout is another. A third is *early stopping*: keep the
weights of the epoch with the lowest validation loss (step 53).

We train the network of step 50 again. In the training set 20 % of
the labels are wrong, in the validation set none. So the training
loss starts out higher: a network that gives the two wrong classes
10 % each has a loss of 0.64. To get far below that, it must learn
the mistakes. Without dropout it does, and the validation loss
rises. With dropout it does not, and the validation loss keeps
falling. But a picture is still 784 numbers in a row: see step 55.

Exercise: try the ratios 0.2 and 0.8, then leave out test_mode in
losses. What happens to the curves?

In the package: dezero/functions/norm.py, Dropout and dropout

Output (rtol 0.05):
    x in test mode:  [1. 2. 3. 4. 5. 6. 7. 8.]
    x in training:   [ 2.  4.  6.  8.  0. 12.  0. 16.]
    and once more:   [ 2.  0.  6.  8. 10. 12.  0.  0.]
    a million ones: 0.20 are kept, the mean is 1.00
    validation loss, in epoch   50   100   200   lowest
      without dropout         0.37  0.54  0.71   0.35 in 44
      with dropout            0.56  0.44  0.34   0.31 in 192
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


# Where rand() > ratio, a number is kept. np.where selects numbers; a
# product with the mask would turn an infinite x that is dropped into
# nan, because infinity * 0 is nan. A ratio of 1 keeps nothing: then
# `or 1` prevents a division by 0.
class Dropout(Function):
    """y = x * mask / (1 - ratio), gx = gy * mask / (1 - ratio)."""

    def __init__(self, ratio):
        self.ratio = ratio

    def forward(self, x):
        drawn = np.random.rand(*x.shape)  # noqa: NPY002
        self.mask = drawn > self.ratio
        self.kept = 1 - self.ratio or 1
        return np.where(self.mask, x / self.kept, 0)

    def backward(self, gy):
        return F.where(self.mask, gy / self.kept, 0)


def dropout(x, dropout_ratio=0.5):
    """In training, set that share of x to 0; else return x."""
    x = as_variable(x)
    return Dropout(dropout_ratio)(x) if Config.train else x


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


# Both losses are measured on the whole network, in test mode.
def losses(model):
    """Return the training loss and the validation loss."""
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
    """Draw {title: (epochs, [training, validation])} side by side."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    every = figure.subplots(1, len(curves), sharey=True)
    for axes, (title, rows) in zip(every, curves.items()):
        epochs = range(1, len(rows) + 1)
        axes.plot(epochs, rows[:, 0], "0.6", label="training")
        axes.plot(epochs, rows[:, 1], "tab:red", label="validation")
        axes.set(xlabel="epoch", title=title, ylim=(0, None))
        axes.legend()
    every[0].set_ylabel("loss")
    figure.savefig(file, dpi=144)


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


class Flawed(Spiral):
    """90 points of a spiral; 18 of them have a wrong label."""

    def prepare(self):
        super().prepare()
        self.data, self.label = self.data[:90], self.label[:90]
        rng = np.random.default_rng(0)
        wrong = rng.choice(90, 18, replace=False)
        self.label[wrong] += rng.integers(1, 3, size=18)
        self.label %= 3  # another one of 0, 1, 2


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

    print("validation loss, in epoch   50   100   200   lowest")
    curves = {}
    for title, ratio in ("without dropout", 0), ("with dropout", 0.5):
        curves[title] = train(Net(ratio), epochs=200)
        loss = curves[title][:, 1]
        a, b, c = loss[[49, 99, 199]]
        print(f"  {title:18}{a:10.2f}{b:6.2f}{c:6.2f}", end="")
        print(f"{loss.min():7.2f} in {loss.argmin() + 1}")
    FIGURES.mkdir(exist_ok=True)
    draw(curves, FIGURES / "step54_dropout.png")
    print("figures/step54_dropout.png")
