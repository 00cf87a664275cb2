"""Step 68. Layers for that engine: weights, and what changes them.

The engine of step 67 computes, and finds gradients. What else does
it need to train a network? The same parts that steps 43 to 46 built
for dezero, and they are as short here:

    Linear(2, 3, rng)      x.mm(W) + b
    Tanh(), Sigmoid()      between two Linears
    Sequential([...])      one after the other
    SquaredError()         the loss
    SGD(parameters, rate)  a step downhill

This file imports step 67 and adds to it. tanh and sigmoid are new
operations, and each needs a case in gradients. A subclass of Tensor
handles these two, and calls the old method for every other word.

Some choices differ from those of dezero. A layer does not watch
what is assigned to it. It lists its weights in parameters(), and a
weight that you forget there is not trained. A layer is told its
sizes, and the generator of its random numbers, when it is made. It
does not wait for the first x. And b is one row that must be added
to N rows. Nothing broadcasts, so it is expanded.

Do two engines that differ so much compute the same? Grokking Deep
Learning (Trask, 2019, chapter 13) prints the losses of the two
networks below, to 8 decimals. We begin with the same weights, train
here and in dezero, and find the same numbers in both.

So far x has held numbers. Step 69 reads words.

Exercise: write ReLU and its case, and put it in place of Tanh. Then
double the data of the first network, each pair twice. What happens
to the losses? With which rate are they exactly twice the old ones?

In the package: nothing; dezero has had these layers since step 44

Output:
    Linear, Linear; rate 0.05:
      here   2.33428272 0.06743796 0.05218490 0.04079507
             0.03184365 0.02479336 0.01925443 0.01491699
             0.01153118 0.00889602
      dezero 2.33428272 0.06743796 0.05218490 0.04079507
             0.03184365 0.02479336 0.01925443 0.01491699
             0.01153118 0.00889602
    Linear, Tanh, Linear, Sigmoid; rate 1:
      here   1.06372865 0.75148144 0.57384259 0.39574294
             0.24822790 0.15515294 0.10423398 0.07571169
             0.05837623 0.04700013
      dezero 1.06372865 0.75148144 0.57384259 0.39574294
             0.24822790 0.15515294 0.10423398 0.07571169
             0.05837623 0.04700013
"""

import numpy as np

import dezero.functions as F
import dezero.layers as L
import step67
from dezero import models, optimizers
from step67 import made


# Both slopes come from the result y, which is self:
#
#     tanh      gx = gy - gy * y * y        (step 35)
#     sigmoid   gx = gy * y - gy * y * y    (step 43)
class Tensor(step67.Tensor):
    """A Tensor of step 67 with two more operations."""

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
        match self.creation_op:
            case "tanh":
                return (gy - gy * self * self,)
            case "sigmoid":
                return (gy * self - gy * self * self,)
        return super().gradients(gy)


class Layer:
    """A function that may own weights; by default it has none."""

    def parameters(self):
        """Return the Tensors to be trained."""
        return []


# The book starts with the weights of He and others (step 51), hence the
# sqrt(2 / n_in).
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
        """Return the parameters of all layers, in order."""
        return [p for layer in self.layers for p in layer.parameters()]


# The book calls this loss MSELoss. It is not the mean, but the sum over
# the batch. Its gradient, and with it every step of descent, grows with
# the number of examples. So before you copy a learning rate, find out
# which loss it was used with.
class SquaredError(Layer):
    """The sum of all squared differences; not their mean."""

    def __call__(self, y, t):
        d = y - t
        return (d * d).sum(0).sum(0)


# p gets a new array. p.data -= ... would change the old one, which may
# be in use elsewhere. For the same reason the gradient is dropped, and
# not set to 0 in place: in the case "add" two tensors share one gy.
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


# The book's weights come from NumPy's old generator. Each of the book's
# tensors also draws a number from it, as a name. We need no names, so
# we draw these numbers and drop them: then the weights are the same.
def linear_layers():
    """Return the linear layers that both networks start with."""
    rng = np.random.RandomState(0)
    layers = []
    for n_in, n_out in (2, 3), (3, 1):
        rng.randint(0, 100000, size=2)  # the names of two tensors
        layers.append(Linear(n_in, n_out, rng))
    return layers


def twin(layer):
    """Return dezero's version of a layer, with the same weights."""
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
    for activated, rate in (False, 0.05), (True, 1):
        first, second = layers = linear_layers()
        if activated:
            layers = [first, Tanh(), second, Sigmoid()]
        model, data = Sequential(layers), (x, x[:, 1:])
        same = models.Sequential(*[twin(layer) for layer in layers])
        names = ", ".join(type(layer).__name__ for layer in layers)
        print(f"{names}; rate {rate}:")
        ours = train(*data, model, rate)
        theirs = train_dezero(*data, same, rate)
        for name, losses in ("here", ours), ("dezero", theirs):
            losses = [f"{loss:.8f}" for loss in losses]
            print(f"  {name:6}", *losses[:4])
            print("        ", *losses[4:8])
            print("        ", *losses[8:])
