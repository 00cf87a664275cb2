"""Step 73: batch norm, layer norm and RMS norm, by hand and by finite differences."""

import re

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, layers, test_mode
from dezero.gradcheck import check_gradients

X = np.array([[1.0, 3.0], [-2.0, 4.0]])
GAMMA, BETA = np.array([1.0, 2.0]), np.array([0.0, 5.0])


@pytest.fixture
def step(load_step):
    return load_step(73)


def fresh(D):
    """Return running statistics before any batch."""
    return np.zeros(D), np.ones(D)


def test_batch_norm_by_hand(step):
    """The columns have means -0.5 and 3.5, and are 1.5 and 0.5 away from them."""
    for batch_norm in step.batch_norm, F.batch_norm:
        y = batch_norm(X, GAMMA, BETA, *fresh(2), eps=0.0)
        np.testing.assert_allclose(y.data, [[1, 3], [-1, 7]])


def test_layer_norm_by_hand(step):
    """The rows have means 2 and 1, and are 1 and 3 away from them."""
    for layer_norm in step.layer_norm, F.layer_norm:
        y = layer_norm(X, GAMMA, BETA, eps=0.0)
        np.testing.assert_allclose(y.data, [[-1, 7], [-1, 7]])


def test_rms_norm_by_hand(step):
    """The squares of the rows have means 5 and 10."""
    for rms_norm in step.rms_norm, F.rms_norm:
        y = rms_norm(X, GAMMA, eps=0.0).data ** 2 * np.array([[5], [10]])
        np.testing.assert_allclose(y, [[1, 36], [4, 64]])
        y = rms_norm(X * 0, GAMMA)  # eps: no division by 0
        assert y.data.tolist() == [[0, 0], [0, 0]]


def test_running_statistics_by_hand(step):
    """A tenth of the batch's: means -0.5, 3.5; variances over N - 1, 4.5 and 0.5."""
    for batch_norm in step.batch_norm, F.batch_norm:
        mean, var = fresh(2)
        batch_norm(X, GAMMA, BETA, mean, var)
        np.testing.assert_allclose(mean, [-0.05, 0.35])
        np.testing.assert_allclose(var, [1.35, 0.95])
        mean, var = fresh(2)
        batch_norm(X, GAMMA, BETA, mean, var, decay=0.5)
        np.testing.assert_allclose(mean, [-0.25, 1.75])


def test_test_mode_uses_the_running_statistics_and_leaves_them(step):
    for batch_norm in step.batch_norm, F.batch_norm:
        mean, var = np.array([1.0, 3.0]), np.array([4.0, 0.25])
        with test_mode():
            y = batch_norm(X, GAMMA, BETA, mean, var, eps=0.0)
            alone = batch_norm(X[1:], GAMMA, BETA, mean, var, eps=0.0)
        np.testing.assert_allclose(y.data, [[0, 5], [-1.5, 9]])
        np.testing.assert_allclose(alone.data, y.data[1:])
        assert mean.tolist() == [1, 3] and var.tolist() == [4, 0.25]


def test_a_batch_of_one_is_nothing_but_beta_in_training(step):
    mean, var = fresh(2)
    with np.errstate(all="raise"):
        y = step.batch_norm(X[:1], GAMMA, BETA, mean, var)
    np.testing.assert_allclose(y.data, [BETA])
    np.testing.assert_allclose(mean, [0.1, 0.3])
    np.testing.assert_allclose(var, [0.9, 0.9])


def test_backward_after_more_training_in_test_mode(step):
    """The gradient is that of the statistics with which y was computed."""
    mean, var = np.zeros(2), np.full(2, 4.0)
    x, gamma = Variable(X), Variable(GAMMA)
    with test_mode():
        y = step.batch_norm(x, gamma, BETA, mean, var, eps=0.0)
    step.batch_norm(X * 100, GAMMA, BETA, mean, var)
    y.backward()
    np.testing.assert_allclose(x.grad.data, [[0.5, 1], [0.5, 1]])
    np.testing.assert_allclose(gamma.grad.data, X.sum(axis=0) / 2)  # (x - 0) / 2


@pytest.mark.parametrize("N, D", [(4, 3), (2, 5), (3, 1)])
@pytest.mark.parametrize("mode", ["train", "test"])
def test_gradients_to_second_order(step, rng, N, D, mode):
    x, gamma, beta = rng.normal(size=(N, D)), rng.normal(size=D), rng.normal(size=D)

    def batch_norm(x, gamma, beta):
        return step.batch_norm(x, gamma, beta, *fresh(D), eps=0.1)

    def check():
        check_gradients(batch_norm, x, gamma, beta)
        check_gradients(lambda *v: step.layer_norm(*v, eps=0.1), x, gamma, beta)
        check_gradients(lambda *v: step.rms_norm(*v, eps=0.1), x, gamma)

    if mode == "train":
        return check()
    with test_mode():
        check()


def test_the_composed_norm_is_the_same_to_second_order(step):
    x = np.arange(12.0).reshape(3, 4) ** 2
    found = []
    for f in step.layer_norm, step.composed:
        inputs = [Variable(v) for v in (x, np.arange(1.0, 5.0), np.ones(4))]
        f(*inputs).sum().backward(create_graph=True)
        gx = inputs[0].grad
        first = [v.grad.data for v in inputs]
        for v in inputs:
            v.cleargrad()
        (gx**2).sum().backward()
        found.append([*first, *(v.grad.data for v in inputs[:2])])
    for a, b in zip(*found):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-12)


def test_what_the_gradient_of_x_cannot_contain(step, rng):
    """xhat notices neither a common offset nor a common factor."""
    x = Variable(rng.normal(size=(4, 6)))
    gamma = rng.normal(size=6)
    step.layer_norm(x, gamma, gamma, eps=0.0).backward()
    gx, d = x.grad.data, x.data - x.data.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(gx.sum(axis=1), 0, atol=1e-9)
    np.testing.assert_allclose((gx * d).sum(axis=1), 0, atol=1e-9)
    x.cleargrad()
    step.rms_norm(x, gamma, eps=0.0).backward()
    np.testing.assert_allclose((x.grad.data * x.data).sum(axis=1), 0, atol=1e-9)


def test_rms_norm_takes_rows_of_any_stack(step, rng):
    x, gamma = rng.normal(size=(2, 3, 4)), rng.normal(size=4)
    y = step.rms_norm(x, gamma)
    np.testing.assert_allclose(y.data, F.rms_norm(x, gamma).data)
    check_gradients(step.rms_norm, x, gamma)


def test_the_layers_of_the_package_are_these_norms(step, rng):
    x, one, zero = rng.normal(size=(5, 3)), np.ones(3), np.zeros(3)
    for layer, y in [
        (layers.BatchNorm(), step.batch_norm(x, one, zero, *fresh(3))),
        (layers.LayerNorm(), step.layer_norm(x, one, zero)),
        (layers.RMSNorm(), step.rms_norm(x, one)),
    ]:
        np.testing.assert_allclose(layer(x).data, y.data)


def test_what_is_printed(run_step):
    printed = run_step(73)
    rows = {
        name: [float(v) for v in re.search(rf"{name} +(.+)", printed)[1].split()]
        for name in ("weights / 2", r"weights \* 2", "batch norm", "RMS norm")
    }
    assert rows["weights / 2"][-1] < 1e-5 and rows[r"weights \* 2"][-1] > 1e5
    for name in "batch norm", "RMS norm":
        assert all(0.5 < v < 0.7 for v in rows[name])
