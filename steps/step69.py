"""Step 69. Words: rows picked by number, and a loss in one piece.

A network computes with numbers, and a word is none. So each word
gets a number, and its row in a table, which is learned like any
other weights. To look up is to pick rows:

    x = [1, 2, 1, 2]   ->   y = W[x], a row for each word

Back, each picked row gets the gradient of its copy, and who was
picked twice gets both (step 47). index_select picks, index_add is
its way back, and each is the other's case in gradients: so there
are second derivatives, too. One could multiply one-hot rows by W
instead. It is the same, at the price of a matrix product with
nothing but zeros and ones. Embedding is the layer; in dezero it is
EmbedID, and its function embed_id.

The loss for classes is -log p[t], with p = softmax(scores) (step
47). in_small_steps makes it of exp, log, sums and products. There is
a case for each, so the gradient takes no thought. But 13 steps lead
back, many with arrays as large as the scores; and exp(1000) is inf.

cross_entropy does it in one piece. Knowing all of it, we can take
the largest score off first. And the way back of the whole is easier
than that of its parts: for each row

    gx = p - onehot(t)            divided by N, for a mean

That is simpler, safer, and quicker, as measured below. The price:
a new piece for each new loss, and its gradient is an array, with
no way back of its own. Second derivatives end with a clear error:
the exercise.

Now a trap. The published losses were reached with p - onehot as it
is, at rate 0.1, while the loss that was printed is a mean. Without
1/N it is the gradient of the sum, 4 times as large for 4 words. So
with the gradient of the mean the rate has to be 0.4, and dezero
agrees. With 0.1 the steps are a quarter as long. With the sum, a
larger batch makes longer steps: who doubles the batch has to halve
the rate, or it may lead nowhere. (Here backward computes that sum's
gradient when it starts from Tensor(4.0), and not from 1.)

Each word stood alone, without the one before it. In step 70 what
came before counts.

Exercise: write the case "excess". With p = excess + onehot, its gx
is p * (gy - the sum of gy * p over the row); let made note onehot
as well. Then look at row 0 of the table, which no x names, before
and after training.

Output:
    0.1, no 1/N     0.4, 1/N        0.1, 1/N        0.4, dezero
    1.388503243493  1.388503243493  1.388503243493  1.388503243493
    0.955818150927  0.955818150927  1.270782613005  0.955818150927
    0.682308358580  0.682308358580  1.163572735624  0.682308358580
    0.509525996749  0.509525996749  1.066466087677  0.509525996749
    0.395744914729  0.395744914729  0.978891952703  0.395744914729
    0.317525272853  0.317525272853  0.900156593300  0.317525272853
    0.261722286196  0.261722286196  0.829495248214  0.261722286196
    0.220612839240  0.220612839240  0.766122186245  0.220612839240
    0.189464273348  0.189464273348  0.709270509114  0.189464273348
    0.165273892639  0.165273892639  0.658219016870  0.165273892639
    -log 0.66 is 0.4155, cut to 0.41
    1 step back for 13, more than 1.5 times as fast: True
"""

import timeit

import numpy as np

import dezero.functions as F
import dezero.layers as L
from dezero import models, optimizers


class Tensor:
    """An array that knows the tensors it was computed from.

    creators     those tensors; none for a leaf
    creation_op  how: a word, or a word and what else it takes
    autograd     is a gradient wanted, of it or through it?
    grad         the gradient, a Tensor of the same shape, or None
    """

    # --- carried over ---
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

    # --- new in this step ---
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

    # --- carried over ---
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


# --- carried over ---
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


class Tanh(Layer):
    """y = tanh(x), from -1 to 1."""

    def __call__(self, x):
        return x.tanh()


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


# --- new in this step ---
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
    """Return how many steps lead back, and the best time of five."""
    x = Tensor(x, autograd=True)
    steps = len(way(x, t).backward()) - 1
    times = timeit.repeat(lambda: way(x, t).backward(), number=4)
    return steps, min(times)


def layers():
    """Return the layers, with the weights of the published losses."""
    rng = np.random.RandomState(0)
    rng.randint(0, 100000, size=2)  # ids of two tensors (step 68)
    embedding = Embedding(3, 3, rng)
    rng.randint(0, 100000)
    return embedding, Tanh(), Linear(3, 4, rng)


def train(x, t, rate, start):
    """Yield ten losses; the way back begins with the number start."""
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
    print("0.1, no 1/N     0.4, 1/N        0.1, 1/N        0.4, dezero")
    how = (0.1, 4.0), (0.4, 1.0), (0.1, 1.0)
    runs = [train(x, t, rate, start) for rate, start in how]
    for row in zip(*runs, train_dezero(x, t, 0.4)):
        print(*(f"{loss:.12f}" for loss in row), sep="  ")

    scores = Tensor(np.log([[0.66, 0.24, 0.10]]))
    loss = scores.cross_entropy(np.array([0])).data
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(128, 65)), rng.integers(65, size=128)
    few, fast = measure(Tensor.cross_entropy, x, t)
    many, slow = measure(in_small_steps, x, t)
    print(f"-log 0.66 is {loss:.4f}, cut to {int(100 * loss) / 100}")
    print(
        f"{few} step back for {many}, more than 1.5 times as fast:",
        slow > 1.5 * fast,
    )
