"""Step 68. Layers on that engine: weights, and who changes them.

The engine of step 67 computes and goes back. What is around it in
dezero, steps 43 to 46, is built on it now, and is as short:

    Linear(2, 3, rng)       weights W and b; x.mm(W) + b
    Tanh(), Sigmoid()       something bent, with no weights
    Sequential([...])       one layer after the other
    SquaredError()          how wrong?
    SGD(parameters, rate)   and one step against the gradient

The choices are not dezero's here, either. A layer does not watch
what is assigned to it; it lists its weights in parameters(), and
one that is forgotten there is not trained. It is told its sizes,
and who draws its random numbers, instead of waiting for the first
x. And b is one row: to add it to N rows, one has to say expand(0,
N). The case "expand", which is there already, sums its gradient.

tanh and sigmoid are two words more, and gradients is written anew,
since a case cannot be added from outside. Both slopes come from the
result, which is self:

    tanh      gx = gy - gy * y * y        (step 35)
    sigmoid   gx = gy * y - gy * y * y    (step 43)

Mind the name of a loss. What is often called MSELoss, the mean, is
in many small engines a sum over the batch, as SquaredError is
here. Then the gradient, and with it each step, grows with the
number of examples. Before you take over a rate, ask for which loss
it was.

SGD gives p a new array, where p.data -= ... would change one that
may belong to somebody else; and it forgets the gradient. To set
that to 0 in place would be wrong: two tensors may share one array
(case "add": gy, gy).

The losses below were published. To meet them, the weights have to
begin the same, with NumPy's legacy generator. In the engine that
they come from, each tensor drew a number for a name, too, from the
same generator; what nobody needs here is drawn and thrown away.
(Among 400 tensors, two will probably share a name out of 100,000.
Here the tensors themselves are the keys of a dict.)

Then the same layers in dezero, with the same weights. The losses
are the same, to the last digit: two engines, different inside,
and with another order of going back, compute one and the same.

For words we need something else: a row for each word, and a loss
for classes. That is step 69.

Exercise: write ReLU, with its case, and put it in place of Tanh.
Then double the data, each pair twice: what happens to the first
network? Which rate brings its losses back, each twice as large?

Output:
    Linear, Linear; rate 0.05:
      here   2.33428272 0.06743796 0.05218490 0.04079507 0.03184365
             0.02479336 0.01925443 0.01491699 0.01153118 0.00889602
      dezero 2.33428272 0.06743796 0.05218490 0.04079507 0.03184365
             0.02479336 0.01925443 0.01491699 0.01153118 0.00889602
    Linear, Tanh, Linear, Sigmoid; rate 1:
      here   1.06372865 0.75148144 0.57384259 0.39574294 0.24822790
             0.15515294 0.10423398 0.07571169 0.05837623 0.04700013
      dezero 1.06372865 0.75148144 0.57384259 0.39574294 0.24822790
             0.15515294 0.10423398 0.07571169 0.05837623 0.04700013
"""

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

    # --- new in this step ---
    def tanh(self):
        """Return the hyperbolic tangent of each element."""
        return made("tanh", np.tanh(self.data), self)

    def sigmoid(self):
        """Return 1 / (1 + exp(-x)) of each element x."""
        e = np.exp(-abs(self.data))  # at most 1 (see step 43)
        y = np.where(self.data < 0, e, 1) / (1 + e)
        return made("sigmoid", y, self)

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


# --- new in this step ---
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


class Sigmoid(Layer):
    """y = 1 / (1 + exp(-x)), from 0 to 1."""

    def __call__(self, x):
        return x.sigmoid()


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


class SquaredError(Layer):
    """The sum of all squared differences; not their mean."""

    def __call__(self, y, t):
        d = y - t
        return (d * d).sum(0).sum(0)


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


def linear_layers():
    """Return the linear layers that both networks start with."""
    rng = np.random.RandomState(0)
    layers = []
    for n_in, n_out in (2, 3), (3, 1):
        rng.randint(0, 100000, size=2)  # ids of two tensors
        layers.append(Linear(n_in, n_out, rng))
    return layers


def twin(layer):
    """Return the same layer of dezero, with the same weights."""
    if not isinstance(layer, Linear):
        return {Tanh: F.tanh, Sigmoid: F.sigmoid}[type(layer)]
    linear = L.Linear(layer.W.data.shape[1], dtype=np.float64)
    linear.W.data = layer.W.data.copy()
    return linear


def train(x, t, model, rate):
    """Yield the losses of ten steps."""
    optimizer = SGD(model.parameters(), rate)
    for _ in range(10):
        loss = SquaredError()(model(Tensor(x)), Tensor(t))
        loss.backward()
        optimizer.step()
        yield float(loss.data)


def train_dezero(x, t, model, rate):
    """Yield the losses of ten steps, in dezero."""
    optimizer = optimizers.SGD(rate).setup(model)
    for _ in range(10):
        loss = F.sum((model(x) - t) ** 2)
        model.cleargrads()
        loss.backward()
        optimizer.update()
        yield float(loss.data)


if __name__ == "__main__":
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    for bent, rate in (False, 0.05), (True, 1):
        first, second = layers = linear_layers()
        if bent:
            layers = [first, Tanh(), second, Sigmoid()]
        model, data = Sequential(layers), (x, x[:, 1:])
        same = models.Sequential(*[twin(layer) for layer in layers])
        names = ", ".join(type(layer).__name__ for layer in layers)
        print(f"{names}; rate {rate}:")
        ours = train(*data, model, rate)
        theirs = train_dezero(*data, same, rate)
        for name, losses in ("here", ours), ("dezero", theirs):
            losses = [f"{loss:.8f}" for loss in losses]
            print(f"  {name:6}", *losses[:5])
            print("        ", *losses[5:])
