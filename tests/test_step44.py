"""Step 44: a Layer that knows its Parameters, and Linear."""

import numpy as np
import pytest
from matplotlib.image import imread

import dezero
from dezero import functions as F
from dezero import layers as L


@pytest.fixture
def step(load_step):
    return load_step(44)


@pytest.fixture
def samples(step, rng):
    x = rng.uniform(-1, 1, size=(100, 1))
    t = step.wave(x) + rng.normal(0, 0.2, size=x.shape)
    return x.astype(np.float32), t.astype(np.float32)


def test_a_parameter_is_a_variable_and_no_more(step):
    param = step.Parameter(np.array([1.0, 2.0]))
    assert isinstance(param, dezero.Variable)
    (param**2).backward()
    assert param.grad.data.tolist() == [2, 4]
    names = set(vars(step.Parameter)) - {"__module__", "__doc__"}
    assert not [name for name in names if not name.startswith("__")]


def test_only_parameters_are_collected_in_order(step):
    layer = step.Layer()
    layer.size = 3
    layer.b = step.Parameter(np.array(1.0))
    layer.v = dezero.Variable(np.array(2.0))
    layer.a = step.Parameter(None)
    assert list(layer.params()) == [layer.b, layer.a]
    layer.b = step.Parameter(np.array(3.0))  # a new value, no new name
    assert list(layer.params()) == [layer.b, layer.a]


def test_parameters_need_the_list_of_names_first(step):
    class Forgetful(step.Layer):
        def __init__(self):
            self.a = step.Parameter(np.array(1.0))

    with pytest.raises(AttributeError):
        Forgetful()


def test_cleargrads(step):
    layer = step.Linear(2)
    layer(np.ones((3, 4))).backward()
    assert all(param.grad is not None for param in layer.params())
    layer.cleargrads()
    assert all(param.grad is None for param in layer.params())


def test_a_layer_without_forward(step):
    class Empty(step.Layer):
        pass

    for layer in (Empty(), type("Empty", (L.Layer,), {})()):
        with pytest.raises(NotImplementedError, match=r"Empty: write forward"):
            layer(np.ones(3))


def test_linear_by_hand(step):
    layer = step.Linear(2, in_size=2)
    layer.W.data = np.array([[1.0, 2.0], [3.0, 4.0]])
    layer.b.data = np.array([10.0, 20.0])
    y = layer(np.array([[1.0, 1.0]]))
    assert y.data.tolist() == [[14, 26]]
    y.backward()
    assert layer.W.grad.data.tolist() == [[1, 1], [1, 1]]
    assert layer.b.grad.data.tolist() == [1, 1]


def test_linear_is_sized_by_its_first_call(step):
    layer = step.Linear(10)
    assert layer.W.data is None and list(layer.params()) == [layer.W, layer.b]
    W = layer.W
    assert layer(np.ones((5, 4), np.float32)).shape == (5, 10)
    assert layer.W is W and W.shape == (4, 10) and layer.in_size == 4
    kept = W.data.copy()
    layer(np.ones((2, 4), np.float32))
    np.testing.assert_array_equal(W.data, kept)
    assert step.Linear(10, in_size=4).W.shape == (4, 10)
    assert not layer.b.data.any()


def test_linear_without_bias(step):
    layer = step.Linear(3, nobias=True)
    x = np.ones((2, 4))
    np.testing.assert_allclose(layer(x).data, x @ layer.W.data)
    assert layer.b is None and list(layer.params()) == [layer.W]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_linear_is_the_linear_of_the_package(step, rng, dtype):
    x = rng.normal(size=(5, 4)).astype(dtype)
    found = []
    for Linear in (step.Linear, L.Linear):
        np.random.seed(3)  # noqa: NPY002
        layer = Linear(6, dtype=dtype)
        y = layer(x)
        F.sum(y**2).backward()
        assert y.dtype == layer.W.dtype == layer.W.grad.dtype == dtype
        found.append([y.data, *(p.grad.data for p in layer.params())])
    for a, b in zip(*found):
        np.testing.assert_array_equal(a, b)


def test_the_weights_keep_the_size_of_numbers(step, rng):
    np.random.seed(0)  # noqa: NPY002
    layer = step.Linear(300)
    y = layer(rng.normal(size=(200, 1000)))
    assert y.data.std() == pytest.approx(1, rel=0.05)


def test_predict(step, rng):
    x = rng.normal(size=(5, 1))
    layers = [step.Linear(4), step.Linear(3), step.Linear(2)]
    p = step.predict(x, layers)
    y = x
    for layer in layers[:2]:
        y = 1 / (1 + np.exp(-(y @ layer.W.data + layer.b.data)))
    np.testing.assert_allclose(p.data, y @ layers[2].W.data + layers[2].b.data)


def test_the_same_training_as_by_hand(step, load_step, samples, rng):
    """With the weights of step 43 the losses of step 43, digit by digit."""
    x, t = (data.astype(np.float64) for data in samples)
    by_hand = load_step(43)
    weights = by_hand.start([1, 10, 1], rng)
    layers = [step.Linear(10), step.Linear(1)]
    for layer, (W, b) in zip(layers, (weights[:2], weights[2:])):
        layer.W.data, layer.b.data = W.data.copy(), b.data.copy()
    losses = step.train(x, t, layers, 50)
    assert losses == pytest.approx(by_hand.train(x, t, weights, 50), rel=1e-12)


def test_the_exercise(step, rng):
    class Scaled(step.Linear):
        def __init__(self, out_size):
            super().__init__(out_size)
            self.a = step.Parameter(np.array(2.0))

        def forward(self, x):
            return self.a * super().forward(x)

    x = rng.normal(size=(5, 1))
    layers = [Scaled(3), step.Linear(1)]
    assert list(layers[0].params()) == [layers[0].W, layers[0].b, layers[0].a]
    before = layers[0].a.data.copy()
    losses = step.train(x, x, layers, 20)
    assert layers[0].a.data != before and losses[-1] < losses[0]


@pytest.mark.long
def test_three_units_are_enough_and_one_is_not(run_step):
    """The wave itself has a loss of 0.038 (step 43)."""
    lines = run_step(44).splitlines()
    rows = {int(row.split()[0]): row.split()[1:] for row in lines[4:7]}
    assert [rows[n][0] for n in (1, 3, 10)] == ["4", "10", "31"]
    last = {n: float(row[-1]) for n, row in rows.items()}
    assert last[1] > 0.3 and last[3] < 0.06 and last[10] < 0.06
    assert lines[2] == "Layer: write forward(self, x) (see step 44)"


def test_the_picture(step, samples, tmp_path):
    networks = {n: [step.Linear(n), step.Linear(1)] for n in (1, 2, 3)}
    file = tmp_path / "layers.png"
    step.draw(*samples, networks, file)
    image = imread(file)[..., :3]
    assert 0.005 < (image.min(axis=2) < 0.9).mean() < 0.3
