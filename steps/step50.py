"""Step 50. DataLoader: batches, shuffled, and two losses to compare.

Step 48 made its batches by hand, from two arrays. With a Dataset
(step 49) the items come one by one, and a DataLoader stacks them.
A loop over the loader is one epoch, and the next loop has a new
order:

    for x, t in loader:  # (15, 2), (15,)
        y = model(x)
        loss = F.softmax_cross_entropy(y, t)

How good is the model? Its *accuracy* is the share of samples whose
highest score is that of their class. But a model may know the
answers by heart, so the samples that it learned from tell us
little. We need data of two kinds: a *training set* to learn from,
and a *test set* that is only looked at. To choose hyperparameters
we use a third kind, the *validation set*: otherwise we would choose
what happens to suit the test set.

Data that people have labelled contains mistakes. Here 18 of the 90
training labels are wrong, and the network has 10,000 weights,
enough to learn them by heart. First it finds the spiral, and both
losses fall. Then it bends its borders around single wrong points:
the training loss goes on falling, and the test loss rises. This is
*overfitting*, and only the second curve shows it:

    loss | *
         |   *
         | o   *                    o  test
         |   o   *             o
         |     o   *       o
         |        o  * o
         |          o   *    *
         |                      *  *  train
         +---------------------------- epoch

Exercise: WeightDecay (step 46) makes large weights costly. Add it
to the optimizer as a hook. With which rate do the two losses stay
together?

In the package: dezero/dataloaders.py, DataLoader

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


# A loader is an iterator: it remembers how far it got. __next__ returns
# the next batch, and at the end of the epoch it raises StopIteration,
# which ends a `for` loop. If a loop was left by break, the next loop
# starts from the beginning. The last batch is shorter if batch_size
# does not divide the number of items. (The package's loader gives each
# loop a position of its own, so that loops over one loader may be
# nested.)
class DataLoader:
    """Deliver a dataset in batches (x, t), shuffled in every epoch.

    The last batch is shorter if the length is not a multiple of
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
        """Return the indices of the items in the next batch."""
        start = self.iteration * self.batch_size
        return self.index[start : start + self.batch_size]

    def _stack(self, values):
        """Return values, of one shape, as one array."""
        return None if values[0] is None else np.array(values)


# An accuracy needs no gradient: requires_grad=False says so (step 65).
def accuracy(y, t):
    """Return the share of rows of y with the largest element at t."""
    y = as_variable(y)
    right = y.data.argmax(axis=1) == t
    share = as_array(right.sum() / len(right))
    return Variable(share, requires_grad=False)


class Flawed(Spiral):
    """90 points of a spiral; 18 of them have a wrong label."""

    def prepare(self):
        super().prepare()
        self.data, self.label = self.data[:90], self.label[:90]
        rng = np.random.default_rng(0)
        wrong = rng.choice(90, 18, replace=False)
        self.label[wrong] += rng.integers(1, 3, size=18)
        self.label %= 3  # another one of 0, 1, 2


# Which learning rate is good? Try 0.1, 0.01 and 0.001 for a few epochs
# each. If the loss jumps or becomes nan, the rate is too large; if it
# falls steadily but slowly, too small. Take the largest rate with which
# it falls steadily. For Adam that is often near 0.001 or 0.01.
#
# What if the loss does not fall at all, with any rate? Take ten samples
# and train on them alone. A network that cannot learn even these by
# heart has a mistake in it. Look at these in turn: are all parameters
# found (step 45), are the gradients cleared, do x and t still belong
# together, is x around 0 and not 0 to 255, and does a gradient of your
# own agree with the measured one (step 10)?
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


# no_grad (step 18): measuring needs no graph.
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


# Why is the test loss lower at first? Because the test set has no wrong
# labels, and 20 % of the training labels are wrong. A network that
# knows the spiral, and that 20 % are wrong, gives the right class 0.8
# and the two others 0.1 each. Its training loss is
#
#     -0.8 * log(0.8) - 0.2 * log(0.1) = 0.64
#
# When the training loss falls below that, after some 30 epochs, the
# network has begun to learn wrong labels by heart. At epoch 80 the
# curves cross. In step 51 the data are pictures of digits.
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


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


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
