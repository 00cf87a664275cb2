"""Model, Sequential, MLP: networks built from layers."""

import pickle

import numpy as np
import pytest

import dezero
import dezero.functions as F
import dezero.layers as L
from dezero import Variable, models, no_grad, optimizers, utils
from dezero.models import MLP, Model, Sequential


@pytest.fixture
def x(rng):
    return rng.normal(size=(4, 3)).astype(np.float32)


# --- Model --------------------------------------------------------------------


class TwoLayers(Model):
    def __init__(self):
        super().__init__()
        self.l1 = L.Linear(5)
        self.l2 = L.Linear(2)

    def forward(self, x):
        return self.l2(F.tanh(self.l1(x)))


def test_a_model_is_a_layer():
    assert issubclass(Model, L.Layer)
    assert dezero.Model is Model and dezero.models is models


def test_plot_draws_a_picture(x, tmp_path):
    path = tmp_path / "two layers.png"
    TwoLayers().plot(x, to_file=path)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_plot_draws_forward_verbosely_and_returns_the_picture(x, monkeypatch):
    calls = []

    def plot_dot_graph(*args, **kwargs):
        calls.append((args, kwargs))
        return "the picture"

    monkeypatch.setattr(utils, "plot_dot_graph", plot_dot_graph)
    model = TwoLayers()
    assert model.plot(x) == "the picture"
    (((y,), options),) = calls
    assert options == {"verbose": True, "to_file": "model.png"}
    assert y.creator is not None
    assert not model.outputs  # forward, not a call of the model
    np.testing.assert_array_equal(y.data, model(x).data)


def test_plot_runs_in_the_current_mode(x, monkeypatch):
    monkeypatch.setattr(utils, "plot_dot_graph", lambda y, **options: y)
    model = TwoLayers()
    with no_grad():
        assert model.plot(x).creator is None
    assert model.plot(x).creator is not None


def test_plot_draws_one_output(x):
    class Pair(TwoLayers):
        def forward(self, x):
            return self.l1(x), self.l2(x)

    with pytest.raises(TypeError, match=r"Pair\.plot: draws one output .* 2; .*45"):
        Pair().plot(x)


# --- Sequential ---------------------------------------------------------------


def test_sequential_calls_one_after_the_other(x):
    first, last = L.Linear(5), L.Linear(2)
    model = Sequential(first, F.tanh, last)
    expected = last(F.tanh(first(x)))
    np.testing.assert_array_equal(model(x).data, expected.data)
    assert model.layers == [first, F.tanh, last]
    assert (model.l0, model.l1, model.l2) == (first, F.tanh, last)
    assert list(model._named_params()) == ["l0/W", "l0/b", "l2/W", "l2/b"]


def test_sequential_of_sequentials(x):
    inner = Sequential(L.Linear(5), F.tanh)
    model = Sequential(inner, L.Linear(2))
    assert model(x).shape == (4, 2)
    assert list(model._named_params()) == ["l0/l0/W", "l0/l0/b", "l1/W", "l1/b"]


def test_sequential_of_nothing(x):
    assert Sequential()(x) is x


def test_the_same_layer_twice_is_trained_once(x):
    layer = L.Linear(3)
    model = Sequential(layer, layer)
    np.testing.assert_array_equal(model(x).data, layer(layer(x)).data)
    assert list(model.params()) == [layer.W, layer.b]


def test_sequential_refuses_what_cannot_be_called():
    with pytest.raises(TypeError, match=r"each an argument: .* got \[<.*step 45"):
        Sequential([L.Linear(3), L.Linear(2)])


# --- MLP ----------------------------------------------------------------------


def test_mlp_by_hand():
    model = MLP((2, 1), activation=F.tanh)
    model(np.zeros((1, 1), np.float32))
    model.l0.W.data[...] = [[1, 2]]
    model.l0.b.data[...] = [0, 1]
    model.l1.W.data[...] = [[3], [4]]
    model.l1.b.data[...] = [5]
    y = model(np.array([[0.5]], dtype=np.float32))
    expected = 3 * np.tanh(0.5) + 4 * np.tanh(2.0) + 5  # none after the last layer
    np.testing.assert_allclose(y.data, [[expected]], rtol=1e-6)


def test_mlp_is_made_of_linear_layers(x):
    model = MLP((5, 4, 2))
    y = model(x)
    assert y.shape == (4, 2) and y.dtype == np.float32
    assert model.activation is F.sigmoid
    assert model.layers == [model.l0, model.l1, model.l2]
    assert all(type(layer) is L.Linear for layer in model.layers)
    assert [p.shape for p in model.params()] == [
        *[(3, 5), (5,)],
        *[(5, 4), (4,)],
        *[(4, 2), (2,)],
    ]
    expected = model.l2(F.sigmoid(model.l1(F.sigmoid(model.l0(x)))))
    np.testing.assert_array_equal(y.data, expected.data)


def test_gradients_of_an_mlp_are_float32(x):
    model = MLP((5, 2))
    (model(x) * 2.0).sum().backward()
    assert all(p.grad.dtype == np.float32 for p in model.params())


@pytest.mark.parametrize("sizes", [10, (), []])
def test_mlp_wants_sizes(sizes):
    with pytest.raises(ValueError, match=r"such as \(100, 10\), got .*step 45"):
        MLP(sizes)


def test_mlp_takes_sizes_as_any_sequence(x):
    assert MLP([5, 2])(x).shape == MLP(np.array([5, 2]))(x).shape == (4, 2)


@pytest.mark.parametrize("make", [lambda: MLP((5, 2)), lambda: Sequential(L.Linear(2))])
def test_models_are_saved_and_pickled(x, tmp_path, make):
    model, other = make(), make()
    y = model(x)
    model.save_weights(tmp_path / "w")
    other.load_weights(tmp_path / "w")
    np.testing.assert_array_equal(other(x).data, y.data)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model))(x).data, y.data)


def test_a_copied_sequential_calls_its_own_layers(x):
    model = Sequential(L.Linear(2))
    model(x)
    twin = pickle.loads(pickle.dumps(model))
    assert twin.layers[0] is twin.l0 is not model.l0


def test_a_network_learns_a_sine(rng):
    np.random.seed(0)  # noqa: NPY002
    x = rng.uniform(size=(100, 1))
    t = np.sin(2 * np.pi * x) + 0.1 * rng.normal(size=(100, 1))
    model = MLP((10, 1))
    optimizer = optimizers.Adam(alpha=0.1).setup(model)
    for _ in range(300):
        error = model(x) - t
        loss = (error * error).sum() / len(x)
        model.cleargrads()
        loss.backward()
        optimizer.update()
    assert loss.data < 0.05  # the noise is 0.01, t itself 0.5


def test_a_model_without_inputs_of_its_own_takes_variables(x):
    model = MLP((2,))
    v = Variable(x)
    model(v).sum().backward()
    np.testing.assert_allclose(
        v.grad.data, np.tile(model.l0.W.data.sum(axis=1), (4, 1)), rtol=1e-6
    )
