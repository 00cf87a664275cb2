"""Random programs, compiled and not: the same values, gradients and running averages.

Each graph is made from a seed: a few calls, on what the calls before returned. It runs
three times, with other arguments, other parameters (new arrays, or the old ones changed
in place) and other running averages each time. A failure names its seed. The suite has
100 small graphs, and among its slow tests 5,000 larger ones. Or 20,000 of them, and one
seed again, by

    DEZERO_GRAPHS=20000 pytest -m slow tests/test_static_random.py
    python tests/test_static_random.py 1017
"""

import os
import sys

import numpy as np
import pytest

import dezero
import dezero.functions as F
import dezero.layers as L
from dezero import Function, Parameter, Variable
from dezero.static import compile


class Halves(Function):
    """Written outside of the package, and looks at numbers."""

    def forward(self, x):
        self.up = x.sum() > 0
        return (x / 2, x * 3) if self.up else (x / 4, x + 0)

    def backward(self, gy0, gy1):
        return gy0 / 2 + gy1 * 3 if self.up else gy0 / 4 + gy1


class Squared(Function):
    """Written outside of the package, and can be followed."""

    def forward(self, x):
        y = x * x
        y += 1
        return y

    def backward(self, gy):
        (x,) = self.inputs
        return 2 * x * gy


class InPlace(Function):
    """Draws, and writes into an array of its own."""

    def forward(self, x):
        self.noise = np.random.rand(*x.shape)  # noqa: NPY002
        y = x.copy()
        y[...] += self.noise
        return y

    def backward(self, gy):
        return gy * 1


class Viewed(Function):
    """Looks at an array through a view after it was written into."""

    def forward(self, x):
        y = x * 2
        turned = y.T
        y += 1
        return turned.T + x

    def backward(self, gy):
        return 3 * gy


def norm_of(layer, channels, dtype):
    """Return a layer with parameters for so many channels."""
    layer(Variable(np.ones((2, channels), dtype)))
    return layer


def unary(rng, x, dtype):
    """Return a function of one Variable that can be called on x."""
    axis = int(rng.integers(x.ndim)) if x.ndim else None
    keep = bool(rng.integers(2))
    functions = [
        *(F.tanh, F.sin, F.cos, F.sigmoid, F.relu, F.gelu, F.elu, F.silu, F.softplus),
        *(F.square, F.abs, F.leaky_relu, F.flatten if x.ndim > 1 else F.tanh),
        *(lambda x: x * 2.5, lambda x: 1 - x, lambda x: 3 / (x * x + 1), lambda x: -x),
        *(lambda x: x * 1, lambda x: x + 0.0, lambda x: abs(x) ** 1.5, lambda x: x**3),
        lambda x: F.exp(F.clip(x, -2, 0.5)),
        lambda x: F.clip(x, -0.5, 0.5),
        lambda x: F.dropout(x, 0.3),
        lambda x: F.where(x.data > 0, x, -0.5 * x),
        lambda x: F.log(x * x + 0.5),
        lambda x: Halves()(x)[0],
        lambda x: sum(Halves()(x)),
        lambda x: Squared()(x),
        lambda x: InPlace()(x),
        lambda x: Viewed()(x),
        lambda x: x.astype(np.float64),
        lambda x: x.detach() * 0.5 + x,
        lambda x: x.copy() * (x.data > 0.1),
    ]
    if x.ndim:
        places = rng.integers(x.shape[axis], size=3)
        order = tuple(int(i) for i in rng.permutation(x.ndim))
        functions += [
            lambda x: x.sum(axis, keep),
            lambda x: x.max(axis, keep),
            lambda x: x.mean(axis, keep),
            lambda x: F.min(x, axis, keep),
            lambda x: F.var(x, axis, keep),
            lambda x: F.logsumexp(x, axis, keep),
            lambda x: F.cumsum(x, axis),
            lambda x: F.softmax(x, axis),
            lambda x: F.log_softmax(x, axis),
            lambda x: x.transpose(order),
            lambda x: x.reshape(-1, x.shape[axis]),
            lambda x: x[::-1],
            lambda x: x[places % x.shape[0]],
            lambda x: x[..., 0],
            lambda x: F.concatenate([x, x * 2], axis),
            lambda x: F.stack([x, -x], axis),
            lambda x: F.split(x, [1], axis)[0],
            lambda x: F.pad(x, 1),
            lambda x: F.expand_dims(x, axis),
            lambda x: F.broadcast_to(x, (2, *x.shape)),
        ]
    if x.ndim == 2:
        n = x.shape[1]
        W = Parameter(rng.normal(size=(n, 3)).astype(dtype))
        layers = [norm_of(L.BatchNorm(), n, dtype), norm_of(L.LayerNorm(), n, dtype)]
        functions += [lambda x: F.matmul(x, W), lambda x: F.linear(x, W), *layers * 2]
        functions += [lambda x: layers[0](layers[0](x)), lambda x: x @ x.T]
    return functions[rng.integers(len(functions))]


BINARY = [
    *(F.add, F.sub, F.mul, F.maximum, F.minimum),
    lambda x, y: x / (y * y + 1),
    lambda x, y: F.where(x.data > y.data, x, y),
    lambda x, y: x * y + x,
    lambda x, y: abs(x) ** (y / 4),
    lambda x, y: F.tanh(x - y) * (x - y),
]


def loss_of(rng, y, dtype):
    """Return a function that makes one number of y, given t: class numbers."""
    target = rng.normal(size=y.shape).astype(dtype)
    losses = [
        lambda y, t: (y * y).sum(),
        lambda y, t: y.mean(),
        lambda y, t: F.mean_squared_error(y, target),
        lambda y, t: F.huber_loss(y, target),
        lambda y, t: F.l1_loss(y, target),
        lambda y, t: F.sigmoid_cross_entropy(y, np.asarray(target > 0)),
        lambda y, t: F.norm(y * y + 0.1),
    ]
    if y.ndim == 2:

        def classes(y, t):
            return (t[0] + np.arange(len(y))) % y.shape[1]

        losses += [
            lambda y, t: F.softmax_cross_entropy(y, classes(y, t)),
            lambda y, t: F.nll_loss(F.log_softmax(y), classes(y, t)),
            lambda y, t: F.cross_entropy(y, classes(y, t), 0.1),
            lambda y, t: F.cross_entropy(y, classes(y, t), 0.1, ignore_index=0),
            lambda y, t: F.cross_entropy(y, classes(y, t), ignore_index=1),
        ]
    return losses[rng.integers(len(losses))]


class Graph:
    """A random function of two arrays and class numbers, and its parameters."""

    def __init__(self, seed):
        self.rng = rng = np.random.default_rng(seed)
        calls = rng.integers(2, 6 if seed < LARGE else 9)
        self.dtype = rng.choice([np.float32, np.float64])
        shapes = [(4, 3), (3,), (4, 1), (), (2, 4, 3)]
        self.shapes = [shapes[i] for i in rng.integers(len(shapes), size=2)]
        self.params = [Parameter(self.draw((4, 3))), Parameter(self.draw((3,)))]
        self.steps = []
        found = [Variable(x) for x in self.arguments()[:2]] + self.params
        for _ in range(calls):
            self.add(found)
        self.loss = loss_of(rng, found[-1], self.dtype)

    def draw(self, shape):
        return np.asarray(self.rng.normal(size=shape), self.dtype)

    def arguments(self):
        return [*map(self.draw, self.shapes), self.rng.integers(3, size=2)]

    def add(self, found):
        rng = self.rng
        i, j = (int(len(found) - 1 - rng.integers(min(4, len(found)))) for _ in "ij")
        if rng.random() < 0.6:
            f = unary(rng, found[i], self.dtype)
            step = lambda found: f(found[i])  # noqa: E731
        else:
            f = BINARY[rng.integers(len(BINARY))]
            step = lambda found: f(found[i], found[j])  # noqa: E731
        try:
            with np.errstate(all="ignore"):
                y = step(found)
        except ValueError:  # shapes do not fit: another call
            return
        if y.size < 400 and y.ndim < 5 and y.size:
            cells = (
                [c.cell_contents for c in f.__closure__ or ()]
                if (hasattr(f, "__closure__"))
                else [f]
            )
            self.layers = getattr(self, "layers", [])
            for cell in cells:
                cell = cell if isinstance(cell, list) else [cell]
                self.layers += [x for x in cell if isinstance(x, L.Layer)]
                self.params += [x for x in cell if isinstance(x, Parameter)]
            found.append(y)
            self.steps.append(step)

    def __call__(self, x0, x1, t):
        t = t.data if isinstance(t, Variable) else t
        found = [dezero.as_variable(x) for x in (x0, x1)] + self.params[:2]
        for step in self.steps:
            found.append(step(found))
        y = found[-1]
        return self.loss(y, t) + 0 * self.params[0].sum(), y

    # --- what a run reads and leaves behind ---

    def variables(self):
        inside = [p for layer in getattr(self, "layers", []) for p in layer.params()]
        return list(dict.fromkeys(self.params + inside))

    def state(self):
        return [p.data.copy() for p in self.variables()]

    def restore(self, state):
        for p, array in zip(self.variables(), state):
            p.data[...] = array

    def change(self):
        for p in self.variables():
            new = np.asarray(p.data + 0.1 * abs(self.draw(p.shape)), p.dtype)
            if self.rng.integers(2):
                p.data = new
            else:
                p.data[...] = new

    def run(self, f, arguments, seed):
        """Return values, gradients and state after a run."""
        for p in self.variables():
            p.cleargrad()
        np.random.seed(seed)  # noqa: NPY002
        with np.errstate(all="ignore"):
            ys = f(*arguments)
        grads = [None if p.grad is None else p.grad.data for p in self.variables()]
        return [y.data for y in ys], grads, self.state()


def compare(case, tolerance, what):
    """Raise AssertionError unless the runs of a case are the same, compiled or not."""

    def plain(*xs):
        ys = case(*xs)
        ys[0].backward()
        return ys

    before = case.state()
    program = compile(case, *case.arguments(), gradients=case.variables())
    for old, new in zip(before, case.state()):
        np.testing.assert_array_equal(old, new)  # compile runs nothing
    for run in range(3):
        arguments, start = case.arguments(), case.state()
        expected = case.run(plain, arguments, run)
        case.restore(start)
        found = case.run(program, arguments, run)
        for kind, a, b in zip(("value", "gradient", "state"), expected, found):
            for i, (x, y) in enumerate(zip(a, b)):
                where = f"{what}, run {run}, {kind} {i}"
                assert (x is None) == (y is None), where
                if x is not None:
                    assert (x.shape, x.dtype) == (y.shape, y.dtype), where
                    finite = np.abs(x[np.isfinite(x)])
                    scale = tolerance * max(1, finite.max(initial=0))
                    np.testing.assert_allclose(
                        y, x, rtol=tolerance, atol=scale, err_msg=where
                    )
        case.change()


def check(seed):
    """Compare the random graph of a seed."""
    graph = Graph(seed)
    compare(graph, 2e-3 if graph.dtype == np.float32 else 1e-7, f"seed {seed}")


LARGE = 1000  # seeds from here on make larger graphs, those of the long run
MORE = int(os.environ.get("DEZERO_GRAPHS", 5000))


@pytest.mark.parametrize("first", range(0, 100, 25))
def test_random_graphs(first):
    for seed in range(first, first + 25):
        check(seed)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(LARGE, LARGE + MORE, 100))
def test_more_and_larger_graphs(first):
    for seed in range(first, min(first + 100, LARGE + MORE)):
        check(seed)


# --- every layer, and every loss ---

IMAGES = (2, 3, 6, 6)
TEXTS = (2, 3, 4)
LAYERS = {
    "AvgPool2d": (lambda: L.AvgPool2d(2), IMAGES),
    "BatchNorm": (L.BatchNorm, IMAGES),
    "Conv2d": (lambda: L.Conv2d(4, 3, pad=1), IMAGES),
    "Deconv2d": (lambda: L.Deconv2d(2, 3), IMAGES),
    "Dropout": (L.Dropout, (4, 5)),
    "EmbedID": (lambda: L.EmbedID(7, 3), None),
    "Embedding": (lambda: L.Embedding(7, 3), None),
    "GRU": (lambda: L.GRU(3), (4, 5)),
    "GroupNorm": (lambda: L.GroupNorm(3), IMAGES),
    "LSTM": (lambda: L.LSTM(3), (4, 5)),
    "LayerNorm": (L.LayerNorm, (4, 5)),
    "MultiHeadAttention": (lambda: L.MultiHeadAttention(4, 2, causal=True), TEXTS),
    "RMSNorm": (L.RMSNorm, (4, 5)),
    "Linear": (lambda: L.Linear(3), (4, 5)),
    "MaxPool2d": (lambda: L.MaxPool2d(2), IMAGES),
    "RNN": (lambda: L.RNN(3), (4, 5)),
    "TransformerBlock": (lambda: L.TransformerBlock(4, 2, dropout=0.1), TEXTS),
}
LOSSES = {
    "binary_cross_entropy": lambda y, t: F.binary_cross_entropy(F.sigmoid(y), t > 0),
    "cross_entropy": lambda y, t: F.cross_entropy(y, t[:, 0], 0.2, ignore_index=2),
    "huber_loss": F.huber_loss,
    "l1_loss": F.l1_loss,
    "mean_squared_error": F.mean_squared_error,
    "mean_squared_error_simple": F.mean_squared_error_simple,
    "nll_loss": lambda y, t: F.nll_loss(F.log_softmax(y), t[:, 0]),
    "sigmoid_cross_entropy": lambda y, t: F.sigmoid_cross_entropy(y, t > 1),
    "softmax_cross_entropy": lambda y, t: F.softmax_cross_entropy(y, t[:, :1]),
    "softmax_cross_entropy_simple": lambda y, t: F.softmax_cross_entropy_simple(
        y, t[:, 0]
    ),
}


def test_every_layer_and_every_loss_is_compared():
    layers = {n for n, x in vars(L).items() if isinstance(x, type)}
    layers = {n for n in layers if issubclass(getattr(L, n), L.Layer)}
    assert layers - {"Layer"} == LAYERS.keys()
    kinds = ("_entropy", "_loss", "_error", "_entropy_simple", "_error_simple")
    assert {n for n in dir(F) if n.endswith(kinds)} == LOSSES.keys()


class Case(Graph):
    """A function of x and t, written out, with the layers that it uses."""

    def __init__(self, f, layers, shape, dtype):
        self.rng, self.dtype = np.random.default_rng(0), dtype
        self.f, self.layers, self.shape, self.params = f, layers, shape, []
        self(*self.arguments())

    def arguments(self):
        words = self.rng.integers(7, size=4)
        x = words if self.shape is None else self.draw(self.shape)
        return [x, self.rng.integers(3, size=(4, 3))]

    def __call__(self, x, t):
        for layer in self.layers:
            if hasattr(layer, "reset_state"):
                layer.reset_state()
        y = self.f(dezero.as_variable(x), t.data if isinstance(t, Variable) else t)
        for layer in self.layers:
            if hasattr(layer, "reset_state"):
                layer.reset_state()
        return y if isinstance(y, tuple) else (y,)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", LAYERS)
def test_layers(name, dtype):
    make, shape = LAYERS[name]
    layer, first = make(), L.Linear(5) if shape == (4, 5) else L.BatchNorm()

    def f(x, t):
        h = layer(first(x) if shape else x)
        h = layer(F.tanh(first(x))) + h if name in ("RNN", "LSTM", "GRU") else h
        return (h * h).sum(), h

    layers = [layer, first] if shape else [layer]
    compare(Case(f, layers, shape, dtype), 1e-3, name)


@pytest.mark.parametrize("name", LOSSES)
def test_losses(name):
    layer = L.Linear(3)
    f = LOSSES[name]
    case = Case(lambda x, t: f(layer(x), t), [layer], (4, 5), np.float64)
    compare(case, 1e-7, name)


def test_a_difference_is_found():
    class Wrong(Case):
        runs = 0

        def change(self):
            super().change()
            self.layers[0].W = Parameter(self.layers[0].W.data * 2)  # another one

    layer = L.Linear(3)
    with pytest.raises(AssertionError, match="a layer, run 1, value 0"):
        compare(
            Wrong(lambda x, t: layer(x).sum(), [layer], (4, 5), np.float64),
            1e-7,
            "a layer",
        )


if __name__ == "__main__":
    for seed in map(int, sys.argv[1:]):
        check(seed)
        print(f"seed {seed}: the same")
