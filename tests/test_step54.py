"""Step 54: dropout, in training and in test mode; a loss that rises again."""

import re

import numpy as np
import pytest
from matplotlib.image import imread

import dezero.functions as F
from dezero import Config, Variable, layers, test_mode
from dezero.datasets import Spiral
from dezero.gradcheck import array_equal, check_gradients
from dezero.models import Sequential

# ruff: noqa: NPY002  (masks and first weights are from the legacy generator)


@pytest.fixture
def step(load_step):
    return load_step(54)


@pytest.fixture(autouse=True)
def seed():
    np.random.seed(0)


def both(step):
    return step.dropout, F.dropout


def test_dropout_by_hand(step):
    """Kept where rand() > 0.5; the first numbers of seed 0 are known."""
    drawn = [0.549, 0.715, 0.603, 0.545, 0.424, 0.646, 0.438, 0.892]
    expected = [2 * i if u > 0.5 else 0 for i, u in enumerate(drawn, start=1)]
    for dropout in both(step):
        np.random.seed(0)
        x = Variable(np.arange(1.0, 9.0))
        y = dropout(x)
        assert y.data.tolist() == expected
        y.backward()
        assert x.grad.data.tolist() == [0.0 if i == 0 else 2.0 for i in expected]


@pytest.mark.parametrize("ratio", [0.0, 0.2, 0.8])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dropout_is_that_of_the_package(step, rng, ratio, dtype):
    x = rng.normal(size=(4, 3)).astype(dtype)
    results = []
    for dropout in both(step):
        np.random.seed(1)
        v = Variable(x)
        y = dropout(v, ratio)
        (y * y).backward()
        results.append((y.data, v.grad.data))
        assert y.dtype == v.grad.dtype == dtype
    for ours, theirs in zip(*results):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    if ratio == 0:
        assert array_equal(results[0][0], x)


def test_the_mean_is_kept(step):
    for ratio in (0.1, 0.5, 0.9):
        y = step.dropout(np.full(200_000, 3.0), ratio).data
        assert (y > 0).mean() == pytest.approx(1 - ratio, abs=0.01)
        assert y.mean() == pytest.approx(3, rel=0.03)
        np.testing.assert_allclose(y[y > 0], 3 / (1 - ratio))


def test_dropout_rests_in_test_mode(step):
    x = Variable(np.ones(5))
    before = np.random.get_state()[1].copy()
    with test_mode():
        for dropout in both(step):
            assert dropout(x) is x
        assert isinstance(step.dropout(x.data), Variable)
    assert array_equal(np.random.get_state()[1], before)  # nothing was drawn
    assert Config.train and step.dropout(x) is not x


def test_dropout_gradients(step, rng):
    x = rng.normal(size=(3, 4))

    def same_mask(x):
        np.random.seed(3)
        return step.dropout(x, 0.4) ** 2

    check_gradients(same_mask, x)


def test_an_infinite_number_can_be_dropped(step):
    """where selects; a product with the mask would be nan."""
    x = Variable(np.full(50, np.inf))
    y = step.dropout(x)
    assert set(y.data) == {0.0, np.inf}


def test_the_layer_is_for_sequential():
    model = Sequential(layers.Dropout(0.5))
    assert (model(np.ones(1000)).data == 0).any()


def test_the_loss_of_the_honest_network():
    """80 % of the labels right, 10 % each of the others: the text's 0.64."""
    p = np.array([0.8, 0.1, 0.1])
    assert -(p * np.log(p)).sum() == pytest.approx(0.64, abs=0.005)


def test_flawed_and_new_points(step):
    data = step.Flawed()
    assert len(data) == 90 and (data.label != Spiral().label[:90]).sum() == 18


def test_losses_are_those_of_the_whole_network(step):
    model = step.Net(0.5)
    first, second = step.losses(model), step.losses(model)
    assert first == second and len(first) == 2  # no chance in it
    x, t = Spiral(train=False).data, Spiral(train=False).label
    with test_mode():
        expected = F.softmax_cross_entropy(model(x), t)
    assert first[1] == pytest.approx(float(expected.data))
    assert not array_equal(model(x).data, model(x).data)  # in training


def test_net_without_dropout_has_one_mode(step):
    model = step.Net(0.0)
    x = Spiral().data
    y = model(x).data
    with test_mode():
        assert array_equal(model(x).data, y)


def test_train_moves_the_weights(step):
    model = step.Net(0.5)
    curves = step.train(model, 30)
    assert curves.shape == (30, 2)
    assert (curves[-1] < curves[0]).all()
    assert curves[-1].tolist() == step.losses(model)


def test_draw(step, tmp_path):
    curves = {"a": np.ones((5, 2)), "b": np.linspace(1, 0, 10).reshape(5, 2)}
    step.draw(curves, tmp_path / "c.png")
    assert imread(tmp_path / "c.png").shape[:2] == (576, 1296)


@pytest.mark.long
def test_overfitting_is_tamed(run_step):
    output = run_step(54)
    rows = {
        name: [float(v) for v in re.search(f"{name} +(.*)", output)[1].split()[:4]]
        for name in ("without dropout", "  with dropout")
    }
    (*without, first), (*thinned, second) = rows.values()
    assert without == sorted(without) and first < 0.7 * without[-1]  # rises, and rises
    assert thinned == sorted(thinned, reverse=True)  # falls
    assert thinned[-1] < 0.7 * without[-1] and second < first
    assert "are kept, the mean is 1.00" in output


def test_why_the_training_loss_starts_higher(step):
    """Its labels are partly wrong, those of the validation set are not."""
    curves = step.train(step.Net(0.0), 20)
    assert (curves[5:, 0] > curves[5:, 1]).mean() > 0.9
