"""Step 45: layers inside layers, MLP, and the picture of a model."""

import numpy as np
import pytest
from matplotlib.image import imread

from dezero import functions as F
from dezero import models, optimizers


@pytest.fixture
def step(load_step):
    return load_step(45)


def test_params_of_layers_inside_layers(step):
    inner = step.Model()
    inner.l0 = step.Linear(3, in_size=2)
    inner.scale = step.Parameter(np.array(1.0))
    outer = step.Model()
    outer.l1 = step.Linear(1, nobias=True)
    outer.inner = inner
    outer.number = 3
    assert list(outer.params()) == [
        outer.l1.W,
        inner.l0.W,
        inner.l0.b,
        inner.scale,
    ]


def test_a_parameter_in_two_places_comes_once(step, rng):
    layer = step.Linear(1)
    twice = step.Twice(layer)
    assert list(twice.params()) == [layer.W, layer.b]
    x = rng.normal(size=(4, 1))
    y = twice(x)
    W, b = layer.W.data, layer.b.data
    np.testing.assert_allclose(y.data, np.tanh(x @ W + b) @ W + b)
    twice.tied = layer.W  # the Parameter itself, under one more name
    assert list(twice.params()) == [layer.W, layer.b]


def test_cleargrads_goes_all_the_way_down(step):
    model = step.MLP((3, 2))
    model(np.ones((4, 2))).backward()
    assert all(param.grad is not None for param in model.params())
    model.cleargrads()
    assert all(param.grad is None for param in model.params())


def test_a_list_alone_is_not_found_and_does_not_learn(step, rng):
    """The mistake that the text warns of; setattr is what MLP does about it."""
    x = rng.normal(size=(8, 1)).astype(np.float32)
    hidden = step.InAList(step.Linear(3), step.Linear(1))
    assert list(hidden.params()) == []
    losses = step.train(x, x, hidden, 5)
    assert len(set(losses)) == 1
    found = step.MLP((3, 1))
    assert list(found.params()) == [p for layer in found.layers for p in layer.params()]
    losses = step.train(x, x, found, 5)
    assert losses == sorted(losses, reverse=True) and len(set(losses)) == 5


@pytest.mark.parametrize("activation", [F.sigmoid, F.tanh])
def test_mlp_by_hand(step, rng, activation):
    model = step.MLP((4, 3, 2), activation=activation)
    x = rng.normal(size=(5, 6))
    y = model(x).data
    by_hand = x
    for layer in (model.l0, model.l1):
        by_hand = activation(by_hand @ layer.W.data + layer.b.data).data
    np.testing.assert_allclose(y, by_hand @ model.l2.W.data + model.l2.b.data)
    shapes = [param.shape for param in model.params()]
    assert shapes == [(6, 4), (4,), (4, 3), (3,), (3, 2), (2,)]


def test_mlp_is_the_mlp_of_the_package(step, rng):
    x = rng.normal(size=(5, 6)).astype(np.float32)
    found = []
    for MLP in (step.MLP, models.MLP):
        np.random.seed(3)  # noqa: NPY002
        model = MLP((4, 2), activation=F.tanh)
        y = model(x)
        F.sum(y**2).backward()
        found.append([y.data, *(p.grad.data for p in model.params())])
    for a, b in zip(*found):
        np.testing.assert_array_equal(a, b)


def test_sigmoid_is_the_activation_unless_told(step):
    assert step.MLP((2, 1)).activation is F.sigmoid


def test_one_step_of_training_is_sgd(step, rng):
    x = rng.normal(size=(8, 1)).astype(np.float32)
    model = step.MLP((3, 1))
    model(x)
    expected = models.MLP((3, 1))
    expected(x)
    for ours, theirs in zip(model.params(), expected.params()):
        theirs.data = ours.data.copy()
    loss = F.mean_squared_error(expected(x), x)
    loss.backward()
    optimizers.SGD(0.3).setup(expected).update()
    assert step.train(x, x, model, 1) == [float(loss.data)]
    for ours, theirs in zip(model.params(), expected.params()):
        np.testing.assert_allclose(ours.data, theirs.data, rtol=1e-6)


def test_the_picture(step, tmp_path):
    file = tmp_path / "model.png"
    step.MLP((3, 1)).plot(np.ones((4, 2), np.float32), to_file=file)
    image = imread(file)[..., :3]
    orange = (abs(image - [1, 0.647, 0]).max(axis=2) < 0.02).mean()
    blue = (abs(image - [0.678, 0.847, 0.902]).max(axis=2) < 0.02).mean()
    assert orange > 0.05 and blue > 0.01


def test_plot_names_parameters_with_shapes(step, monkeypatch):
    drawn = []
    monkeypatch.setattr(step, "plot_dot_graph", lambda y, **how: drawn.append((y, how)))
    model = step.MLP((3, 1))
    model.plot(np.ones((4, 2), np.float32), to_file="a.png")
    ((y, how),) = drawn
    assert y.shape == (4, 1) and how == {"verbose": True, "to_file": "a.png"}
    func = y.creator  # the last Linear, of hidden, W and b
    assert [v.name for v in func.inputs] == [None, "W", "b"]


def test_the_exercise(step, rng, tmp_path):
    class Shortcut(step.Model):
        def __init__(self):
            super().__init__()
            self.l1, self.l2 = step.Linear(5), step.Linear(1)

        def forward(self, x):
            return x + self.l2(F.tanh(self.l1(x)))

    model, x = Shortcut(), rng.normal(size=(20, 1)).astype(np.float32)
    model(x)
    model.l2.W.data[...] = 0
    np.testing.assert_allclose(model(x).data, x)
    assert len(list(model.params())) == 4
    model.plot(x, to_file=tmp_path / "shortcut.png")


def test_the_numbers_printed(run_step):
    lines = run_step(45).splitlines()
    last = [float(line.split()[-1]) for line in lines[1:4]]
    assert last[2] < 0.06 < 0.4 < min(last[:2])  # tanh starts sooner
    assert [line.split()[-4] for line in lines[1:4]] == ["31", "141", "141"]
