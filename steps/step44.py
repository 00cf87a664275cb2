"""Step 44. Parameter and Layer: parameters that collect themselves.

In step 43 we made four weights by hand, passed them on, unpacked,
cleared and changed them: five places in the program that deal with
weights. From now on the weights belong to the function that
computes with them. We call it a layer, and the numbers that
training changes are its *parameters*:

    l1 = Linear(10)  10 results
    y = l1(x)        call it like a function
    l1.params()      what to train: W, b

How does params() know them? A Parameter is just a Variable, but its
class says: train me. Python calls __setattr__ for every
self.name = value. There a Layer looks at each value, and notes the
name if the value is a Parameter:

    self.out_size = 10     an int: just set
    self.b = Parameter(b)  set, and "b" noted

How large should the first weights be? A result is a sum of in_size
products, and many of them cancel, because their signs are random.
With weights around 1 the sum would be around sqrt(in_size). That
far from 0 a sigmoid is nearly flat, so little of the gradient gets
through. So we divide the weights by sqrt(in_size): the *weight
initialisation* of LeCun and others (1998). *Xavier initialisation*
(Glorot and Bengio, 2010) divides by sqrt((in_size + out_size) / 2).

The fit is the one from step 43, but the program no longer handles
single weights. It tries 1, 3 and 10 hidden units by changing one
number. A number that we choose and that training does not change is
called a *hyperparameter*; the learning rate is another one. The
wave falls, rises and falls again. One soft step can do only one of
these; 3 are enough. In step 45 the list of layers becomes a layer.

Exercise: write a layer Scaled, a Linear whose result is multiplied
by one more Parameter. Use it as the first layer. Did any function
here have to change? Then leave out its super().__init__().

In the package: dezero/layers/base.py, Layer;
dezero/layers/basic.py, Linear

Output (rtol 0.02):
    Linear(10) has ['W', 'b'], W.data is None
    x (100, 1) -> y (100, 10): W (1, 10), b (10,), float32
    Layer: write forward(self, x) (see step 44)
    hidden  parameters  loss:  step 1      500    2,000
         1           4         0.645    0.507    0.420
         3          10         0.554    0.204    0.046
        10          31         0.617    0.506    0.041
    figures/step44_layers.png
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from dezero import Variable
from dezero.functions import linear, mean_squared_error, sigmoid


class Parameter(Variable):
    """A Variable that a Layer trains."""


# The list of names must exist before the first name is added, so a
# layer of your own begins with super().__init__(). The names keep the
# order in which they were set, the same on every run. This class does
# not know what a layer computes: a subclass writes forward. If it does
# not, the error below says so.
class Layer:
    """A function with Parameters of its own."""

    def __init__(self):
        self._params = ()  # names of attributes

    def __setattr__(self, name, value):
        super().__setattr__(name, value)
        if isinstance(value, Parameter) and name not in self._params:
            self._params = (*self._params, name)

    def __call__(self, *inputs):
        """Return forward(*inputs)."""
        return self.forward(*inputs)

    def forward(self, *inputs):
        """Compute the outputs from Variables or ndarrays."""
        raise NotImplementedError(
            f"{type(self).__name__}: write forward(self, x) "
            "(see step 44)"
        )

    def params(self):
        """Yield every Parameter, in order of definition."""
        for name in self._params:
            yield getattr(self, name)

    def cleargrads(self):
        """Clear all gradients, or new ones are added to them."""
        for param in self.params():
            param.cleargrad()


# How many numbers come in? The first x tells us. Until then W is a
# Parameter without an array, but params() already finds it. The weights
# are float32: half the memory of float64, and precise enough for
# training. They come from NumPy's global generator, so that we need not
# pass a generator to each layer; np.random.seed makes them repeatable.
# (noqa tells our style checker that this is on purpose.)
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


# A list of layers is not yet a layer: it has no params(), and each loop
# has two levels. In step 45 layers contain layers.
def predict(x, layers):
    """Return x after all layers, sigmoid between them."""
    for layer in layers[:-1]:
        x = sigmoid(layer(x))
    return layers[-1](x)


def train(x, t, layers, steps, rate=0.3):
    """Change all parameters step by step; return the losses."""
    losses = []
    for _ in range(steps):
        loss = mean_squared_error(predict(x, layers), t)
        for layer in layers:
            layer.cleargrads()
        loss.backward()
        for layer in layers:
            for param in layer.params():
                param.data -= rate * param.grad.data
        losses.append(float(loss.data))
    return losses


def draw(x, t, networks, file):
    """Draw the curves of {hidden units: layers} through x, t."""
    grid = np.linspace(-1, 1, 201, dtype=np.float32).reshape(-1, 1)
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(x, t, ".", color="black", label="samples")
    axes.plot(grid, wave(grid), ":", color="black", label="the wave")
    colors = "0.65", "tab:blue", "tab:red"
    for (n, layers), color in zip(networks.items(), colors):
        p = predict(grid, layers).data
        axes.plot(grid, p, color=color, label=f"hidden units: {n}")
    axes.set(xlabel="x", ylabel="y", ylim=(-1.6, 2.1))
    axes.legend(loc="upper right", ncols=2)
    figure.savefig(file, dpi=144)


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


def wave(x):
    """Return the curve that the samples are taken from."""
    return np.sin(1.5 * np.pi * x)


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(100, 1))
    t = wave(x) + rng.normal(0, 0.2, size=x.shape)
    x, t = x.astype(np.float32), t.astype(np.float32)

    layer = Linear(10)
    found = [param.name for param in layer.params()]
    print(f"Linear(10) has {found}, W.data is {layer.W.data}")
    y = layer(x)
    print(f"x {x.shape} -> y {y.shape}:", end=" ")
    print(f"W {layer.W.shape}, b {layer.b.shape}, {layer.W.dtype}")
    try:
        Layer()(x)
    except NotImplementedError as error:
        print(error)

    # Linear draws from NumPy's global generator
    np.random.seed(0)  # noqa: NPY002
    networks = {n: [Linear(n), Linear(1)] for n in (1, 3, 10)}
    print("hidden  parameters  loss:  step 1      500    2,000")
    for n, layers in networks.items():
        losses = train(x, t, layers, 2000)
        params = [p for layer in layers for p in layer.params()]
        print(f"{n:6}{sum(p.size for p in params):12}", end="     ")
        for at in (1, 500, 2000):
            print(f"{losses[at - 1]:9.3f}", end="")
        print()
    FIGURES.mkdir(exist_ok=True)
    draw(x, t, networks, FIGURES / "step44_layers.png")
    print("figures/step44_layers.png")
