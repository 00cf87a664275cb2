"""Step 50. DataLoader: batches, shuffled, and two losses to compare.

Step 48 made its batches by hand, from two arrays. With a Dataset
(step 49) the items come one by one, and a DataLoader stacks them:

    dataset[i]    (2,), a number        batch    x (15, 2), t (15,)

A loop over it is one epoch, and the next loop has a new order:

    for x, t in loader:
        loss = F.softmax_cross_entropy(model(x), t)

It is an iterator, so it remembers how far it got: __next__ gives
the next batch, and at the end of the epoch raises StopIteration,
by which Python's `for` knows that it is over. A loop that was left
by break begins anew. The last batch is shorter, unless it fits.
(The package hands each loop a copy of the loader, so that loops
over one loader may be nested.)

How good is the model? accuracy is the share of items whose highest
score is that of their class. But on the data that it learned from
this says little, as one who knows the answers by heart has them
right as well. What counts is new data: a test set, which is looked
at without learning (no_grad, step 18).

Here the two come apart. There are mistakes in all data that people
have labelled, and here there are many: of the 90 points to learn
from, 18 have the wrong arm. The network has 10,000 weights, enough
to learn them by heart. First it finds the spiral, and both losses
fall. Then it bends its borders around single wrong points, and
while the training loss goes on to fall, the loss on the test set,
which has no mistakes, rises:

    loss | o
         | * o                     o  o  test
         |    * o            o  o
         |       * o   o  o
         |           *  o
         |              *  *  *
         |                       *  *  train
         +----------------------------- epoch

This is overfitting. Only the second curve shows it, which is why
one draws both, and stops where the test loss is lowest.

A test set must be of the same kind as what the model will meet. Of
spirals one meets few. Step 51 reads digits.

Exercise: WeightDecay (step 46) makes large weights costly. Add it
to the optimizer as a hook. With which rate do the two losses stay
together?

Output (rtol 0.05):
    10 batches: 32 32 32 32 32 32 32 32 32 12
    epoch  loss: train  test  accuracy: train  test
        1         1.19  0.84             0.36  0.55
       10         0.86  0.65             0.59  0.74
       20         0.72  0.52             0.70  0.86
       50         0.49  0.38             0.80  0.89
      100         0.36  0.49             0.83  0.78
      150         0.27  0.60             0.90  0.73
    figures/step50_curves.png
"""

import math
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import dezero.functions as F
from dezero import Variable, as_variable, no_grad
from dezero.core import as_array
from dezero.datasets import Spiral
from dezero.models import MLP
from dezero.optimizers import Adam

# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


# --- new in this step ---
class DataLoader:
    """Deliver a dataset in batches (x, t), shuffled in every epoch.

    The last batch is shorter where the length is no multiple of
    batch_size; len() counts the batches. The order is one
    np.random.permutation for each epoch, the first drawn here.
    """

    def __init__(self, dataset, batch_size, shuffle=True):
        if batch_size < 1:
            raise ValueError(
                f"{type(self).__name__}: batch_size must be at least "
                f"1, got {batch_size} (see step 50)"
            )
        self.dataset = dataset
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.data_size = len(dataset)
        self.max_iter = math.ceil(self.data_size / batch_size)
        self.reset()

    def reset(self):
        """Begin a new epoch, with a new order if shuffle is set."""
        self.iteration = 0
        if self.shuffle:
            self.index = np.random.permutation(  # noqa: NPY002
                self.data_size
            )
        else:
            self.index = np.arange(self.data_size)

    def __len__(self):
        return self.max_iter

    def __iter__(self):
        if self.iteration > 0:  # the last loop was broken off
            self.reset()
        return self

    def __next__(self):
        if self.iteration >= self.max_iter:
            self.reset()
            raise StopIteration
        items = [self.dataset[i] for i in self._next_index().tolist()]
        self.iteration += 1
        x = self._stack([item[0] for item in items])
        t = self._stack([item[1] for item in items])
        return x, t

    def next(self):
        """Return the next batch, as next(loader) does."""
        return next(self)

    def _next_index(self):
        """Return where in the dataset the next batch stands."""
        start = self.iteration * self.batch_size
        return self.index[start : start + self.batch_size]

    def _stack(self, values):
        """Return values, of one shape, as one array."""
        return None if values[0] is None else np.array(values)


def accuracy(y, t):
    """Return the share of rows of y with the largest element at t."""
    y = as_variable(y)
    right = y.data.argmax(axis=1) == t
    share = as_array(right.sum() / len(right))
    return Variable(share, requires_grad=False)


class Flawed(Spiral):
    """90 points of a spiral, and of 18 the label is wrong."""

    def prepare(self):
        super().prepare()
        self.data, self.label = self.data[:90], self.label[:90]
        rng = np.random.default_rng(0)
        wrong = rng.choice(90, 18, replace=False)
        self.label[wrong] += rng.integers(1, 3, size=18)
        self.label %= 3  # another one of 0, 1, 2


def train(model, optimizer, loader):
    """Learn for one epoch; return the mean loss and accuracy."""
    total = np.zeros(2)
    for x, t in loader:
        y = model(x)
        loss = F.softmax_cross_entropy(y, t)
        model.cleargrads()
        loss.backward()
        optimizer.update()
        results = float(loss.data), float(accuracy(y, t).data)
        total += len(t) * np.array(results)
    return total / loader.data_size


def test(model, loader):
    """Return the mean loss and accuracy, without learning."""
    total = np.zeros(2)
    with no_grad():
        for x, t in loader:
            y = model(x)
            loss = F.softmax_cross_entropy(y, t)
            results = float(loss.data), float(accuracy(y, t).data)
            total += len(t) * np.array(results)
    return total / loader.data_size


def draw(curves, file):
    """Draw curves (epochs, [train, test], [loss, accuracy])."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    epochs = range(1, len(curves) + 1)
    for k, name in enumerate(["loss", "accuracy"]):
        axes = figure.add_subplot(1, 2, k + 1)
        axes.plot(epochs, curves[:, 0, k], "0.6", label="train")
        axes.plot(epochs, curves[:, 1, k], "tab:red", label="test")
        axes.set(xlabel="epoch", title=name, ylim=(0, None))
        axes.legend()
    figure.savefig(file, dpi=144)


if __name__ == "__main__":
    # the order of batches and the first weights come from here
    np.random.seed(0)  # noqa: NPY002
    train_loader = DataLoader(Flawed(), batch_size=15)
    test_loader = DataLoader(Spiral(train=False), 32, shuffle=False)
    sizes = [len(t) for _, t in test_loader]
    print(f"{len(test_loader)} batches:", *sizes)

    model = MLP((100, 100, 3), activation=F.tanh)
    optimizer = Adam(0.01).setup(model)
    curves = []
    print("epoch  loss: train  test  accuracy: train  test")
    for epoch in range(1, 151):
        rows = train(model, optimizer, train_loader)
        curves.append([rows, test(model, test_loader)])
        if epoch in (1, 10, 20, 50, 100, 150):
            (a, b), (c, d) = curves[-1]
            print(f"{epoch:5}{a:13.2f}{c:6.2f}{b:17.2f}{d:6.2f}")
    FIGURES.mkdir(exist_ok=True)
    draw(np.array(curves), FIGURES / "step50_curves.png")
    print("figures/step50_curves.png")
