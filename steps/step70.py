"""Step 70. Text: a cell remembers, and says what comes next.

A summer's lease, a summer's day: only those who know what stood
before can say what follows "summer's ". From the last character
alone, the best guess is right 39 times in 100, in the text below. A
reader needs a memory, h, that it takes along:

    x[0]       x[1]       x[2]           characters
      |          |          |
    cell -h-> cell -h-> cell -h-> ...    the same three Linear
      |          |          |
    y[0]       y[1]       y[2]           scores for the next ones

    h = tanh(x_to_h(x) + h_to_h(h))
    y = h_to_y(h)

This is the recurrent network of step 59, and the engine has all it
takes. The same weights are used at every place, so they have many
children, 16 for 16 characters; W waits until each of them has
reported, and then holds the gradient of all (step 67).

To go back through the whole text would cost too much. After 16
characters the weights change, and h = Tensor(h.data) has the numbers
of h, but no creators; in dezero, unchain_backward does that.

The text is read at eight places at once, a row for each: a product
with 8 rows takes hardly longer than with one. Each row goes on
where it stopped, and from the end of the text to its beginning.

To write, the reader reads what it says: the character with the best
score is said, and read next. At first it stammers. Then it knows
the four lines by heart, and tells the two summers apart; it has
8,000 weights for 173 characters.

With --full it reads a megabyte of Shakespeare, which get_file
fetches, in a minute or two. Nobody learns that by heart, and the best
score, always, soon goes in circles. So chance has a say: with
Gumbel's noise on the scores, the largest is a draw from
softmax(scores); with half of the noise, from softmax(2 * scores),
which prefers the probable. Short words and commas it learns, sense
it does not. A memory that is written anew at each step soon
forgets; the LSTM of step 60 keeps more.

In dezero all this is layers: EmbedID, RNN, LSTM, GRU; the text is
datasets.Shakespear, spelled as in the programs that use it.

That is all of the second engine. Both engines go backwards, from
one number to all weights. If few inputs lead to many results, that
is the long way around: step 71 goes forward.

Exercise: take the memory away, reader(x) without h: how many are
right now? Then write a cell with a gate z = sigmoid(...) of three
more Linear, that decides, for each number, how much of the old h
stays.

Output (rtol 0.05):
    173 characters of 34 kinds, 39 % to be told from one alone
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
from pathlib import Path

import numpy as np

from dezero.datasets import Dataset
from dezero.utils import get_file


# --- carried over ---
class Tensor:
    """An array that knows the tensors it was computed from.

    creators     those tensors; none for a leaf
    creation_op  how: a word, or a word and what else it takes
    autograd     is a gradient wanted, of it or through it?
    grad         the gradient, a Tensor of the same shape, or None
    """

    def __init__(self, data, autograd=False, creators=(), op=None):
        self.data = np.asarray(data)
        self.autograd = autograd
        self.creators = creators
        self.creation_op = op
        self.grad = None

    def __add__(self, other):
        same_shape("+", self, other)
        return made("add", self.data + other.data, self, other)

    def __neg__(self):
        return made("neg", -self.data, self)

    def __sub__(self, other):
        same_shape("-", self, other)
        return made("sub", self.data - other.data, self, other)

    def __mul__(self, other):
        same_shape("*", self, other)
        return made("mul", self.data * other.data, self, other)

    def sum(self, dim):
        """Return the sums over the axis dim, which goes."""
        return made(("sum", dim), self.data.sum(dim), self)

    def expand(self, dim, copies):
        """Return copies of self along a new axis dim."""
        data = np.expand_dims(self.data, dim).repeat(copies, dim)
        return made(("expand", dim), data, self)

    def transpose(self):
        """Return self with its two axes exchanged."""
        return made("transpose", self.data.T, self)

    def mm(self, other):
        """Return the product of two matrices."""
        return made("mm", self.data @ other.data, self, other)

    def tanh(self):
        """Return the hyperbolic tangent of each element."""
        return made("tanh", np.tanh(self.data), self)

    def sigmoid(self):
        """Return 1 / (1 + exp(-x)) of each element x."""
        e = np.exp(-abs(self.data))  # at most 1 (see step 43)
        y = np.where(self.data < 0, e, 1) / (1 + e)
        return made("sigmoid", y, self)

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
            case None:
                return ()
            case "add":
                return gy, gy
            case "neg":
                return (-gy,)
            case "sub":
                return gy, -gy
            case "mul":
                return gy * x[1], gy * x[0]
            case "sum", dim:
                return (gy.expand(dim, x[0].data.shape[dim]),)
            case "expand", dim:
                return (gy.sum(dim),)
            case "transpose":
                return (gy.transpose(),)
            case "mm":
                return gy.mm(x[1].transpose()), x[0].transpose().mm(gy)
            case "tanh":
                return (gy - gy * self * self,)
            case "sigmoid":
                return (gy * self - gy * self * self,)
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
            case word:
                raise NotImplementedError(f"gradients: no case {word}")

    def children(self):
        """Count how often each tensor was used, on the way here."""
        count, waiting = {}, [self]
        for tensor in waiting:  # grows while it is read
            for x in tensor.creators:
                if x.autograd and x not in count:
                    waiting.append(x)
                count[x] = count.get(x, 0) + 1
        return count

    def backward(self, gy=None, create_graph=False):
        """Add to grad of all on the way; return them in order."""
        gy = gy or Tensor(np.ones_like(self.data))
        count, arrived, ready = self.children(), {self: gy}, [self]
        for tensor in ready:  # grows while it is read
            gy = arrived.pop(tensor)
            same_shape("backward", tensor, gy)
            tensor.grad = tensor.grad + gy if tensor.grad else gy
            for x, gx in zip(tensor.creators, tensor.gradients(gy)):
                gx = gx if create_graph else Tensor(gx.data)
                arrived[x] = arrived[x] + gx if x in arrived else gx
                count[x] -= 1
                if x.autograd and count[x] == 0:
                    ready.append(x)
        return ready


def made(op, data, *creators):
    """Return data as a Tensor that knows where it comes from."""
    if any(x.autograd for x in creators):
        return Tensor(data, True, creators, op)
    return Tensor(data)


def same_shape(op, x0, x1):
    """Raise ValueError unless x1 is a Tensor of x0's shape."""
    got = x1.data.shape if isinstance(x1, Tensor) else type(x1)
    if got != x0.data.shape:
        raise ValueError(
            f"{op}: expected a Tensor of shape {x0.data.shape}, got "
            f"{got}; nothing broadcasts, expand it (see step 67)"
        )


class Layer:
    """A function with weights; one of its own without has none."""

    def parameters(self):
        """Return the Tensors to be trained."""
        return []


class Linear(Layer):
    """y = x W + b: x (N, n_in), W (n_in, n_out), b (n_out,)."""

    def __init__(self, n_in, n_out, rng):
        W = rng.standard_normal((n_in, n_out)) * np.sqrt(2 / n_in)
        self.W = Tensor(W, autograd=True)
        self.b = Tensor(np.zeros(n_out), autograd=True)

    def __call__(self, x):
        return x.mm(self.W) + self.b.expand(0, len(x.data))

    def parameters(self):
        """Return the weights and the bias."""
        return [self.W, self.b]


class Sequential(Layer):
    """One layer after the other."""

    def __init__(self, layers):
        self.layers = layers

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        """Return those of all layers, in order."""
        return [p for layer in self.layers for p in layer.parameters()]


class SGD:
    """p -= rate * p.grad, and the gradient is forgotten."""

    def __init__(self, parameters, rate):
        self.parameters = parameters
        self.rate = rate

    def step(self):
        """Change all parameters that have a gradient."""
        for p in self.parameters:
            if p.grad is not None:
                p.data = p.data - self.rate * p.grad.data
                p.grad = None


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


# --- new in this step ---
SONNET = """\
Shall I compare thee to a summer's day?
Thou art more lovely and more temperate:
Rough winds do shake the darling buds of May,
And summer's lease hath all too short a date:
"""


class Shakespear(Dataset):
    """Text as numbers: x a character, t the one after it."""

    def prepare(self):
        path = Path(get_file("shakespear.txt"))
        self.number(path.read_text(encoding="utf-8"))

    def number(self, text):
        """Number the characters in order of appearance."""
        characters = dict.fromkeys(text)  # each once
        self.char_to_id = {char: i for i, char in enumerate(characters)}
        self.id_to_char = dict(enumerate(characters))
        ids = np.array([self.char_to_id[char] for char in text])
        self.data, self.label = ids[:-1], ids[1:]


class Sonnet(Shakespear):
    """Four lines of his; after the last comes the first."""

    def prepare(self):
        self.number(SONNET + SONNET[0])


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
        """Return those of the three layers."""
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
        """Return those of the embedding and of the cell."""
        return self.embedding.parameters() + self.cell.parameters()


def train(reader, text, steps, rate, rows=8, length=16):
    """Read at several places; yield the loss and the share right."""
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
        h = Tensor(h.data)  # the numbers go on, the graph ends here
        yield float(loss.data), right / length


def write(reader, text, start, n, noise=0.0):
    """Return start and n characters more, one after the other."""
    rng, h, said = np.random.default_rng(0), None, start
    for i in range(len(start) + n - 1):
        y, h = reader(np.array([text.char_to_id[said[i]]]), h)
        if i + 1 == len(said):
            scores = y.data[0] + noise * rng.gumbel(
                size=y.data.shape[1]
            )
            said += text.id_to_char[int(scores.argmax())]
    return said


def share_from_one(text):
    """Return how often the commonest follower comes next."""
    table = np.zeros((len(text.char_to_id),) * 2)
    np.add.at(table, (text.data, text.label), 1)
    return table.max(1).sum() / len(text)


if __name__ == "__main__":
    full = "--full" in sys.argv[1:]
    text, rows, hidden, steps, rate = Sonnet(), 8, 64, 200, 0.5
    if full:
        text, rows = Shakespear(), 32
        hidden, steps, rate = 128, 8000, 0.2
    kinds = len(text.char_to_id)
    share = share_from_one(text)
    print(f"{len(text):,} characters of {kinds} kinds", end=", ")
    print(f"{100 * share:.0f} % to be told from one alone")

    reader = Reader(kinds, hidden, np.random.default_rng(0))
    start, noise = "Rough winds do shake ", 0.5 * full
    print("before:", write(reader, text, start, 30, noise))
    losses = train(reader, text, steps, rate, rows)
    for step, (loss, right) in enumerate(losses, start=1):
        if step in (1, steps // 8, steps // 4, steps // 2, steps):
            print(f"step {step:4}: loss {loss:.3f},", end=" ")
            print(f"{100 * right:.0f} % right")
    print("after:", write(reader, text, start, 110 + 390 * full, noise))
