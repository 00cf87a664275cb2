"""Step 70. Text: a cell remembers, and says what comes next.

What comes after "summer's "? In the four lines below it is "day" once
and "lease" once. To know which, you must know what came before. From
the last character alone, the best guess at the next one is right in
39 of 100 cases. So a reader needs a memory, h, and carries it along:

    x[0]      x[1]      x[2]     characters
      |         |         |
    cell -h-> cell -h-> cell -h->
      |         |         |
    y[0]      y[1]      y[2]     scores

    h = tanh(x_to_h(x) + h_to_h(h))
    y = h_to_y(h)

This is the recurrent network of step 59. Here the part that is used
again and again has a class of its own: a *recurrent cell* takes x and
h, and returns y and the new h. y has a score for each character that
may come next. A program that predicts the next piece of a text from
the pieces before is a *language model*.

The cell has the same weights at every place. After 16 characters a
weight has 16 children, and it waits until all of them have handed
back their gradients (step 67). The engine needs nothing new.

After 200 steps the reader knows the four lines by heart, and tells
the two summers apart. It has 8,002 weights for 173 characters, so
this is overfitting, and here we want it. With --full it reads a
megabyte of Shakespeare, for about two minutes. There it learns words
and commas, but the text makes no sense.

Step 71 turns to the other direction, forward mode.

Exercise: take the memory away, so that train calls the reader
without h. What share is right now, and why is it not more? A longer
one: write a cell with a gate z, a sigmoid of two more Linears, that
decides for each number of h how much of the old value stays.

In the package: dezero/datasets/text.py, Shakespear; layers.RNN

Output (rtol 0.05):
    173 characters of 34 kinds
    right from the last character alone: 39 %
    before: Rough winds do shake fMpnvAA:bioron AA:brorrg AA:fr
    step    1: loss 3.605, 2 % right
    step   25: loss 2.445, 26 % right
    step   50: loss 1.133, 74 % right
    step  100: loss 0.165, 100 % right
    step  200: loss 0.037, 100 % right
    after: Rough winds do shake the darling buds of May,
    And summer's lease hath all too short a date:
    Shall I compare thee to a summer's day?
"""

import sys

import numpy as np

from dezero.datasets import Dataset
from dezero.utils import get_file
from step68 import SGD, Layer, Linear, Sequential
from step69 import Embedding, Tensor


class RNNCell(Layer):
    """h = tanh(x W + h U + b), y = h V + c: returns y and h."""

    def __init__(self, n_in, n_hidden, n_out, rng):
        self.x_to_h = Linear(n_in, n_hidden, rng)
        self.h_to_h = Linear(n_hidden, n_hidden, rng)
        self.h_to_y = Linear(n_hidden, n_out, rng)

    def __call__(self, x, h):
        h = (self.x_to_h(x) + self.h_to_h(h)).tanh()
        return self.h_to_y(h), h

    def parameters(self):
        """Return the parameters of the three layers."""
        layers = Sequential([self.x_to_h, self.h_to_h, self.h_to_y])
        return layers.parameters()


class Reader(Layer):
    """Read a character: return scores for the next one, and h."""

    def __init__(self, n_kinds, n_hidden, rng):
        self.n_hidden = n_hidden
        self.embedding = Embedding(n_kinds, 16, rng)
        self.cell = RNNCell(16, n_hidden, n_kinds, rng)

    def __call__(self, x, h=None):
        if h is None:  # nothing was read yet
            h = Tensor(np.zeros((len(x), self.n_hidden)))
        return self.cell(self.embedding(x), h)

    def parameters(self):
        """Return the parameters of the embedding and of the cell."""
        return self.embedding.parameters() + self.cell.parameters()


# We read the text at eight places at once, a row for each: a product
# with 8 rows takes hardly longer than with one. Each row continues
# where it stopped, and after the end of the text at its beginning.
# Every 16 characters the weights change and the graph is cut:
# Tensor(h.data) has the numbers of h and no creators. In dezero
# unchain_backward does this.
def train(reader, text, steps, rate, rows=8, length=16):
    """Read and learn; yield each loss and share of right guesses."""
    optimizer = SGD(reader.parameters(), rate)
    at, h = np.arange(rows) * (len(text) // rows), None
    for _ in range(steps):
        total, right = Tensor(0.0), 0
        for _ in range(length):
            y, h = reader(text.data[at], h)  # (rows, n_kinds)
            t = text.label[at]
            total = total + y.cross_entropy(t)
            right += (y.data.argmax(1) == t).mean()
            at = (at + 1) % len(text)
        loss = total * Tensor(1 / length)
        loss.backward()
        optimizer.step()
        h = Tensor(h.data)
        yield float(loss.data), right / length


# To write, the reader reads its own text: the character with the best
# score is written, and read next. In a long text this soon goes in
# circles, so we add some chance. With Gumbel noise added to the scores,
# the largest is a draw from softmax(scores): the *Gumbel-max trick*
# (Gumbel, 1954). With half the noise it is a draw from
# softmax(2 * scores), which prefers the probable characters.
def write(reader, text, start, n, noise=0.0):
    """Return start and n more characters, written one by one."""
    rng, h, said = np.random.default_rng(0), None, start
    for i in range(len(start) + n - 1):
        y, h = reader(np.array([text.char_to_id[said[i]]]), h)
        if i + 1 == len(said):
            scores = y.data[0] + noise * rng.gumbel(
                size=y.data.shape[1]
            )
            said += text.id_to_char[int(scores.argmax())]
    return said


# The best guess from one character alone: for each character, the one
# that follows it most often.
def share_from_one(text):
    """Return how often the commonest follower comes next."""
    table = np.zeros((len(text.char_to_id),) * 2)
    np.add.at(table, (text.data, text.label), 1)
    return table.max(1).sum() / len(text)


SONNET = """\
Shall I compare thee to a summer's day?
Thou art more lovely and more temperate:
Rough winds do shake the darling buds of May,
And summer's lease hath all too short a date:
"""


# The package's data set of this name, spelled as in the programs that
# use it. newline="" leaves the line endings as they are.
class Shakespear(Dataset):
    """Text as numbers: x a character, t the one after it."""

    def prepare(self):
        path = get_file("shakespear.txt")
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read()
        self._number(text)

    def _number(self, text):
        """Number the characters in order of appearance."""
        characters = dict.fromkeys(text)  # each once
        self.char_to_id = {char: i for i, char in enumerate(characters)}
        self.id_to_char = dict(enumerate(characters))
        ids = np.array([self.char_to_id[char] for char in text])
        self.data, self.label = ids[:-1], ids[1:]


class Sonnet(Shakespear):
    """Four lines of a sonnet; after the last comes the first."""

    def prepare(self):
        self._number(SONNET + SONNET[0])


if __name__ == "__main__":
    full = "--full" in sys.argv[1:]
    text, rows, hidden, steps, rate = Sonnet(), 8, 64, 200, 0.5
    if full:
        text, rows = Shakespear(), 32
        hidden, steps, rate = 128, 8000, 0.2
    kinds = len(text.char_to_id)
    share = share_from_one(text)
    print(f"{len(text):,} characters of {kinds} kinds")
    print("right from the last character alone: ", end="")
    print(f"{100 * share:.0f} %")

    reader = Reader(kinds, hidden, np.random.default_rng(0))
    start, noise = "Rough winds do shake ", 0.5 * full
    print("before:", write(reader, text, start, 30, noise))
    losses = train(reader, text, steps, rate, rows)
    for step, (loss, right) in enumerate(losses, start=1):
        if step in (1, steps // 8, steps // 4, steps // 2, steps):
            print(f"step {step:4}: loss {loss:.3f},", end=" ")
            print(f"{100 * right:.0f} % right")
    print("after:", write(reader, text, start, 110 + 390 * full, noise))
