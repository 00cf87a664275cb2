"""Step 54: dropout and batch_norm, in training and in test mode."""

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


def state(c, rng=None):
    """gamma, beta, mean and var for c columns."""
    if rng is None:
        return [np.ones(c), np.zeros(c), np.zeros(c), np.ones(c)]
    return [*rng.normal(size=(3, c)), rng.uniform(0.5, 2, size=c)]


def test_batch_norm_by_hand(step):
    x = np.array([[0.0, 5.0], [2.0, 5.0]])
    for batch_norm in (step.batch_norm, F.batch_norm):
        gamma, beta, mean, var = state(2)
        y = batch_norm(x, gamma, beta, mean, var, eps=1e-12)
        np.testing.assert_allclose(y.data, [[-1, 0], [1, 0]], atol=1e-9)
        np.testing.assert_allclose(mean, [0.1, 0.5])  # 0.9 * 0 + 0.1 * (1, 5)
        np.testing.assert_allclose(var, [1.1, 0.9])  # 0.9 * 1 + 0.1 * (2, 0)
        with test_mode():
            y = batch_norm(np.array([[1.2, 0.5]]), gamma, beta, mean, var)
        np.testing.assert_allclose(y.data, [[1.1 / 1.1**0.5, 0]], atol=1e-4)
        np.testing.assert_allclose(mean, [0.1, 0.5])  # only looked at


@pytest.mark.parametrize("train", [True, False])
def test_batch_norm_is_that_of_the_package(step, rng, train):
    x, weights = rng.normal(3, 2, size=(2, 6, 3))
    start = state(3, rng)
    results = []
    for batch_norm in (step.batch_norm, F.batch_norm):
        gamma, beta, mean, var = (a.copy() for a in start)
        vs = [Variable(a) for a in (x, gamma, beta)]
        Config.train = train
        try:
            y = batch_norm(*vs, mean, var)
        finally:
            Config.train = True
        (y * weights).backward()
        results.append([y.data, mean, var, *(v.grad.data for v in vs)])
    for ours, theirs in zip(*results):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)
    assert array_equal(results[0][1], start[2]) == (not train)


@pytest.mark.parametrize("train", [True, False])
def test_batch_norm_gradients(step, rng, train):
    gamma, beta, mean, var = state(3, rng)

    def f(x, gamma, beta):
        y = step.batch_norm(x, gamma, beta, mean.copy(), var.copy())
        return y**3  # its sum, unlike that of y, depends on x

    Config.train = train
    try:
        check_gradients(f, rng.normal(size=(5, 3)), gamma, beta)
    finally:
        Config.train = True


def test_float32_stays(step, rng):
    arrays = [a.astype(np.float32) for a in state(2)]
    x = Variable(rng.normal(size=(4, 2)).astype(np.float32))
    y = step.batch_norm(x, *arrays)
    y.backward()
    assert y.dtype == x.grad.dtype == arrays[2].dtype == arrays[3].dtype == np.float32


def test_a_row_alone(step, rng):
    """Why there are running averages: by itself it is its own mean."""
    x = rng.normal(size=(1, 3))
    assert array_equal(step.batch_norm(x, *state(3)).data, np.zeros((1, 3)))
    with test_mode():
        y = step.batch_norm(x, *state(3)).data
        np.testing.assert_allclose(y, x, rtol=1e-4)
        several = step.batch_norm(np.vstack([x, 9 * x]), *state(3)).data
    np.testing.assert_array_equal(several[:1], y)  # the others do not matter


def test_what_the_text_says_of_the_package(rng):
    assert F.batch_nrom is F.batch_norm
    x = rng.normal(3, 2, size=(8, 3, 5, 5)).astype(np.float32)  # images
    layer = layers.BatchNorm()
    y = layer(x).data
    np.testing.assert_allclose(y.mean(axis=(0, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(y.std(axis=(0, 2, 3)), 1, rtol=1e-4)
    keys = {"gamma", "beta", "avg_mean", "avg_var"}
    assert set(layer._named_params()) == keys
    for one in (layers.LayerNorm(), layers.GroupNorm(1)):
        found = one(x).data
        with test_mode():  # one mode only
            np.testing.assert_array_equal(one(x).data, found)
            np.testing.assert_allclose(one(x[:1]).data, found[:1], rtol=1e-5, atol=1e-6)
    model = Sequential(layers.Dropout(0.5))
    assert (model(np.ones(1000)).data == 0).any()


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


def test_overfitting_is_tamed(run_step):
    output = run_step(54)
    rows = {
        name: [float(v) for v in re.search(f"{name} +(.*)", output)[1].split()]
        for name in ("without dropout", "  with dropout")
    }
    without, thinned = rows.values()
    assert without == sorted(without)  # rises, and rises
    assert thinned == sorted(thinned, reverse=True)  # falls
    assert thinned[-1] < 0.7 * without[-1]
    assert "are kept, the mean is 1.00" in output
