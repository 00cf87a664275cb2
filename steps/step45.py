"""Step 45. Model: layers inside layers.

In step 44 a network was a list of layers, and each loop over its
parameters had two levels. But a network is itself a function with
parameters of its own: it is a layer. If a layer may hold layers,
too, one level is enough, however deep the network is:

    model  +-- l0  +-- W
           |       +-- b
           +-- l1  +-- W
                   +-- b

For that, two methods of Layer change. __setattr__ notes layers as
well, and params() asks each layer that it finds for its params(): a
recursion that ends at the Parameters.

One mistake everyone makes once: layers in a list are not
attributes, so they are not found. A model made this way runs, but
never learns. MLP keeps a list, to go through the layers in order,
and uses setattr to make each layer an attribute as well: l0, l1,
... (The package also looks into lists, tuples and dicts.)

An *MLP*, a *multi-layer perceptron*, is a row of Linear layers with
an activation function between them. MLP((10, 1)) is the network of
step 43, and MLP((10, 10, 1)) has one more hidden layer. With the
sigmoid the deeper network hardly learns. The results of a sigmoid
are all positive, and since its slope y * (1 - y) is at most 1/4, at
most a quarter of the gradient gets back through it. tanh ranges
from -1 to 1, and near 0 it lets nearly all of the gradient back. We
train these three networks.

Exercise: write a Model that computes x + l2(tanh(l1(x))), with x
(N, 1): it only has to learn what to add to x. Plot it. Where in the
picture is the shortcut around the layers?

In the package: dezero/layers/base.py, Layer;
dezero/models/containers.py, MLP and Sequential

Output (rtol 0.02):
                        numbers   loss: step 1     300   1,000
    MLP((10, 1))             31          1.097   0.513   0.463
    MLP((10, 10, 1))        141          0.567   0.521   0.515
    the same with tanh      141          0.613   0.047   0.045
    params(): (1, 10) (10,) (10, 10) (10,) (10, 1) (1,)
    InAList: 0 Parameters found
    Twice: 2 Parameters found
    figures/step45_model.png
"""

from pathlib import Path

import numpy as np

from dezero import Parameter
from dezero.functions import linear, mean_squared_error, sigmoid, tanh
from dezero.graph import plot_dot_graph


# _owned yields what a layer holds, together with the names: step 53
# will need them. A layer may be used in two places, to use the same
# weights twice. params() still yields its parameters only once;
# otherwise each update would change them twice.
class Layer:
    """A function with Parameters of its own, or layers inside."""

    def __setattr__(self, name, value):
        super().__setattr__(name, value)
        owned = isinstance(value, (Parameter, Layer))
        if owned and name not in self._params:
            self._params = (*self._params, name)

    def _owned(self):
        """Yield (name, value) of each Parameter and each layer."""
        for name in self._params:
            yield name, getattr(self, name)

    def params(self):
        """Yield every Parameter once, also those of inner layers."""
        seen = set()
        for _, owned in self._owned():
            for param in (
                owned.params() if isinstance(owned, Layer) else [owned]
            ):
                if param not in seen:
                    seen.add(param)
                    yield param

    # --- carried over ---
    def __init__(self):
        self._params = ()  # names of attributes

    def __call__(self, *inputs):
        """Return forward(*inputs)."""
        return self.forward(*inputs)

    def forward(self, *inputs):
        """Compute the outputs from Variables or ndarrays."""
        raise NotImplementedError(
            f"{type(self).__name__}: write forward(self, x) "
            "(see step 44)"
        )

    def cleargrads(self):
        """Clear all gradients, or new ones are added to them."""
        for param in self.params():
            param.cleargrad()


# A Model is a layer that stands for a whole network, and can draw
# itself: plot calls the model once and draws the graph (step 26).
class Model(Layer):
    """A Layer that is a network, and can draw its graph."""

    def plot(self, *inputs, to_file="model.png"):
        """Compute self(*inputs); draw its graph into to_file."""
        y = self(*inputs)
        return plot_dot_graph(y, verbose=True, to_file=to_file)


# (In the package there is also Sequential, for layers and functions one
# after the other: Sequential(Linear(10), tanh, Linear(1)).)
class MLP(Model):
    """Linear layers with an activation between them.

    fc_output_sizes: the output size of each, (100, 10) for two.
    """

    def __init__(self, fc_output_sizes, activation=sigmoid):
        super().__init__()
        self.activation = activation
        self.layers = [Linear(out_size) for out_size in fc_output_sizes]
        for i, layer in enumerate(self.layers):
            setattr(self, f"l{i}", layer)

    def forward(self, x):
        """Return the output of the last layer."""
        for layer in self.layers[:-1]:
            x = self.activation(layer(x))
        return self.layers[-1](x)


class InAList(Model):
    """A mistake: a list is not a layer, so nothing is found in it."""

    def __init__(self, *layers):
        super().__init__()
        self.layers = layers

    def forward(self, x):
        """Return x after all layers."""
        for layer in self.layers:
            x = layer(x)
        return x


class Twice(Model):
    """One layer in two places: y = l(tanh(l(x)))."""

    def __init__(self, layer):
        super().__init__()
        self.first = layer
        self.second = layer

    def forward(self, x):
        """Return x after the layer, tanh, and the layer again."""
        return self.second(tanh(self.first(x)))


# Only the line that changes param.data is still written by hand. Step
# 46 has better ones.
def train(x, t, model, steps, rate=0.3):
    """Change all parameters step by step; return the losses."""
    losses = []
    for _ in range(steps):
        loss = mean_squared_error(model(x), t)
        model.cleargrads()
        loss.backward()
        for param in model.params():
            param.data -= rate * param.grad.data
        losses.append(float(loss.data))
    return losses


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


class Linear(Layer):
    """y = x @ W + b.

    Shapes: x (N, in_size), W (in_size, out_size), b (out_size,).
    """

    def __init__(
        self, out_size, nobias=False, dtype=np.float32, in_size=None
    ):
        super().__init__()
        self.in_size = in_size
        self.out_size = out_size
        self.dtype = dtype

        self.W = Parameter(None, name="W")
        if in_size is not None:
            self._init_W()
        self.b = None
        if not nobias:
            self.b = Parameter(np.zeros(out_size, dtype), name="b")

    def _init_W(self):
        shape = (self.in_size, self.out_size)
        W = np.random.randn(*shape)  # noqa: NPY002
        W *= np.sqrt(1 / self.in_size)
        self.W.data = W.astype(self.dtype)

    def forward(self, x):
        """Return x @ W + b."""
        if self.W.data is None:
            self.in_size = x.shape[-1]
            self._init_W()
        return linear(x, self.W, self.b)


def wave(x):
    """Return the curve that the samples are taken from."""
    return np.sin(1.5 * np.pi * x)


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(100, 1))
    t = wave(x) + rng.normal(0, 0.2, size=x.shape)
    x, t = x.astype(np.float32), t.astype(np.float32)

    # Linear draws from NumPy's global generator
    np.random.seed(0)  # noqa: NPY002
    models = {
        "MLP((10, 1))": MLP((10, 1)),
        "MLP((10, 10, 1))": MLP((10, 10, 1)),
        "the same with tanh": MLP((10, 10, 1), activation=tanh),
    }
    print("                    numbers   loss: step 1     300   1,000")
    for name, model in models.items():
        losses = train(x, t, model, 1000, rate=0.1)
        size = sum(param.size for param in model.params())
        print(f"{name:20}{size:7}{losses[0]:15.3f}", end="")
        print(f"{losses[299]:8.3f}{losses[999]:8.3f}")
    print("params():", *(param.shape for param in model.params()))

    wrong, shared = InAList(Linear(10), Linear(1)), Twice(Linear(1))
    for model in wrong, shared:
        name, found = type(model).__name__, list(model.params())
        print(f"{name}: {len(found)} Parameters found")

    FIGURES.mkdir(exist_ok=True)
    deep = models["the same with tanh"]
    deep.plot(x, to_file=FIGURES / "step45_model.png")
    print("figures/step45_model.png")
