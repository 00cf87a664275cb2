"""Step 69. Words: rows picked by number, and a loss in one piece.

A network computes with numbers. What can it do with words? We number
the words and give each one a row in a table, which is learned like
any other weights. Such a table is called an *embedding* (Bengio and
others, 2003). Looking words up means picking rows:

    x = [1, 2, 1, 2]   ->   y = W[x]

On the way back each row of W gets the gradients of all its copies
(step 47). index_select picks rows, index_add adds them back, and each
is the gradient of the other, so there are second derivatives, too.

The loss is the cross-entropy of the softmax of the scores, as in
step 47. in_small_steps writes it with exp, log, sums and products.
Then we need not think about gradients, but backward goes through 13
operations, and exp(1000) is inf. cross_entropy is one operation and
subtracts the largest score first. The gradient of the whole, a mean
over N words, is simpler than the gradients of its parts:

    gx = (p - one-hot of t) / N

That is safer and faster. The price is a rule for each new loss. And
p - one-hot is stored as an array, excess. The engine has no case for
excess yet, so there is no second derivative.

Now a trap. The losses in Grokking Deep Learning are means, but the
gradient there is p minus one-hot, without the 1/N: it belongs to the
sum. For 4 words it is 4 times as large. So the book's rate 0.1 must
be 0.4 here, and in dezero. And with the gradient of a sum, if you
double the batch, every step becomes twice as long.

One word says little about the next. Step 70 remembers earlier ones.

Exercise: write the case "excess". Its gx is p * (gy - r), where p is
excess plus the one-hot rows, and r is the sum of gy * p over the row.
Give made the one-hot rows, too. And what happens to row 0 of the
table, which no x picks?

In the package: nothing; EmbedID and softmax_cross_entropy of step 47

Output:
    0.1, no 1/N   0.4, 1/N      0.1, 1/N      0.4, dezero
    1.3885032435  1.3885032435  1.3885032435  1.3885032435
    0.9558181509  0.9558181509  1.2707826130  0.9558181509
    0.6823083586  0.6823083586  1.1635727356  0.6823083586
    0.5095259967  0.5095259967  1.0664660877  0.5095259967
    0.3957449147  0.3957449147  0.9788919527  0.3957449147
    0.3175252729  0.3175252729  0.9001565933  0.3175252729
    0.2617222862  0.2617222862  0.8294952482  0.2617222862
    0.2206128392  0.2206128392  0.7661221862  0.2206128392
    0.1894642733  0.1894642733  0.7092705091  0.1894642733
    0.1652738926  0.1652738926  0.6582190169  0.1652738926
    the loss of p = [0.66, 0.24, 0.10] for class 0 is 0.4155
    in one piece: 1 operation back instead of 13,
      and it takes ~0.4 of the time
"""

import timeit

import numpy as np

import dezero.functions as F
import dezero.layers as L
import step68
from dezero import models, optimizers
from step67 import made
from step68 import SGD, Layer, Linear, Sequential, Tanh


# The engine of step 68 with five more operations and their cases.
class Tensor(step68.Tensor):
    """A Tensor that has exp, log, rows by number, cross-entropy."""

    def exp(self):
        """Return e to the power of each element."""
        return made("exp", np.exp(self.data), self)

    def log(self):
        """Return the natural logarithm of each element."""
        return made("log", np.log(self.data), self)

    def index_select(self, rows):
        """Return the rows with these numbers, in this order."""
        return made(("index_select", rows), self.data[rows], self)

    def index_add(self, rows, n):
        """Return n rows of zeros, with self added at these rows."""
        data = np.zeros((n, *self.data.shape[np.ndim(rows) :]))
        np.add.at(data, rows, self.data)
        return made(("index_add", rows), data, self)

    # -log p[t] is log(sum(exp(x))) - x[t], where p is the softmax of x.
    # Subtracting the largest x from all changes nothing, but then no
    # exp is greater than 1.
    def cross_entropy(self, t):
        """Return the mean of -log p[t]; p is softmax of each row."""
        x = self.data - self.data.max(1, keepdims=True)  # (N, K)
        e = np.exp(x)
        total = e.sum(1, keepdims=True)  # (N, 1)
        loss = (np.log(total[:, 0]) - x[np.arange(len(x)), t]).mean()
        excess = e / total - one_hot(t, x.shape[1]).data
        return made(("cross_entropy", excess), loss, self)

    def gradients(self, gy):
        """Return a gradient for each creator, from that of self."""
        x = self.creators
        match self.creation_op:
            case "exp":
                return (gy * self,)
            case "log":  # 1 / x is exp(-log(x))
                return (gy * (-self).exp(),)
            case "index_select", rows:
                return (gy.index_add(rows, len(x[0].data)),)
            case "index_add", rows:
                return (gy.index_select(rows),)
            case "cross_entropy", excess:
                N, K = excess.shape
                gy = (gy * Tensor(1 / N)).expand(0, K).expand(0, N)
                return (gy * made("excess", excess, x[0]),)
        return super().gradients(gy)


# Multiplying one-hot rows by W would give the same result, but it takes
# a product with a matrix that is nearly all 0.
class Embedding(Layer):
    """y[n] = W[x[n]]: x (N,) word numbers, y (N, dim)."""

    def __init__(self, words, dim, rng):
        W = (rng.random((words, dim)) - 0.5) / dim
        self.W = Tensor(W, autograd=True)

    def __call__(self, x):
        return self.W.index_select(x)

    def parameters(self):
        """Return the table of all words."""
        return [self.W]


def one_hot(t, K):
    """Return a Tensor (N, K): 1 in column t[n] of row n, else 0."""
    return Tensor(1.0 * (np.arange(K) == t[:, np.newaxis]))


def in_small_steps(x, t):
    """Return the loss of cross_entropy, one operation at a time."""
    N, K = x.data.shape
    e = x.exp()
    p = e * (-e.sum(1).log()).exp().expand(1, K)  # e / sum(e)
    picked = p.log() * one_hot(t, K)
    return -picked.sum(1).sum(0) * Tensor(1 / N)


def measure(way, x, t):
    """Return the number of operations on the way back, and a time."""
    x = Tensor(x, autograd=True)
    steps = len(way(x, t).backward()) - 1
    times = timeit.repeat(lambda: way(x, t).backward(), number=2)
    return steps, min(times)


def layers():
    """Return the layers, with the weights behind the book's losses."""
    rng = np.random.RandomState(0)
    rng.randint(0, 100000, size=2)  # names of two tensors (step 68)
    embedding = Embedding(3, 3, rng)
    rng.randint(0, 100000)
    return embedding, Tanh(), Linear(3, 4, rng)


# To leave out the 1/N, start backward from 4 instead of 1: that is
# the gradient of 4 times the mean, which is the sum.
def train(x, t, rate, start):
    """Yield ten losses; backward begins with the number start."""
    model = Sequential(layers())
    optimizer = SGD(model.parameters(), rate)
    for _ in range(10):
        loss = model(x).cross_entropy(t)
        loss.backward(Tensor(start))
        optimizer.step()
        yield float(loss.data)


def train_dezero(x, t, rate):
    """Yield ten losses of the same layers in dezero."""
    table, linear = L.EmbedID(3, 3), L.Linear(4, dtype=np.float64)
    table.W.data, linear.W.data = (x.W.data for x in layers()[::2])
    model = models.Sequential(table, F.tanh, linear)
    optimizer = optimizers.SGD(rate).setup(model)
    for _ in range(10):
        loss = F.softmax_cross_entropy(model(x), t)
        model.cleargrads()
        loss.backward()
        optimizer.update()
        yield float(loss.data)


if __name__ == "__main__":
    x, t = np.array([1, 2, 1, 2]), np.array([0, 1, 0, 1])
    print("0.1, no 1/N   0.4, 1/N      0.1, 1/N      0.4, dezero")
    how = (0.1, 4.0), (0.4, 1.0), (0.1, 1.0)
    runs = [train(x, t, rate, start) for rate, start in how]
    for row in zip(*runs, train_dezero(x, t, 0.4)):
        print(*(f"{loss:.10f}" for loss in row), sep="  ")

    scores = Tensor(np.log([[0.66, 0.24, 0.10]]))
    loss = scores.cross_entropy(np.array([0])).data
    print("the loss of p = [0.66, 0.24, 0.10] ", end="")
    print(f"for class 0 is {loss:.4f}")
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(128, 65)), rng.integers(65, size=128)
    few, fast = measure(Tensor.cross_entropy, x, t)
    many, slow = measure(in_small_steps, x, t)
    print(f"in one piece: {few} operation back instead of {many},")
    print(f"  and it takes ~{fast / slow:.1f} of the time")
