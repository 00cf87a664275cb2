"""Step 52: one code on two array modules; the moves between them."""

import sys

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero import cuda
from dezero.layers import Linear


@pytest.fixture
def step(load_step):
    return load_step(52)


@pytest.fixture
def away(step, monkeypatch):
    """Return the step's array module, in CuPy's place."""
    module = step.Away("away")
    monkeypatch.setitem(sys.modules, "cupy", module)
    return module


@pytest.fixture
def nothing(monkeypatch):
    """Hide CuPy, if it is there."""
    monkeypatch.setitem(sys.modules, "cupy", None)


def test_there_and_back(step, away):
    for helpers in (step, cuda):
        for value in (3, 2.5, [1, 2], np.arange(3), step.Variable(np.ones(2))):
            array = helpers.as_cupy(value)
            assert type(array) is step.AwayArray
            assert helpers.get_array_module(array) is away
            assert helpers.get_array_module(step.Variable(array)) is away
            back = helpers.as_numpy(array)
            assert type(back) is np.ndarray
            np.testing.assert_array_equal(back, cuda.as_numpy(value))
            assert helpers.get_array_module(back) is np
    assert away.moves == 20


def test_at_home_nothing_is_copied(step):
    a = np.ones(3)
    assert step.as_numpy(a) is a and step.as_numpy(step.Variable(a)) is a
    assert type(step.as_numpy(2.5)) is np.ndarray and step.as_numpy(2.5).shape == ()
    assert step.get_array_module(2.5) is step.get_array_module([a]) is np


def test_without_a_gpu(step, nothing):
    x, layer = step.Variable(np.ones(2)), Linear(2, in_size=2)
    for f in (x.to_gpu, layer.to_gpu, lambda: step.as_cupy(1.0)):
        with pytest.raises(RuntimeError, match="as_cupy: needs CuPy and an NVIDIA GPU"):
            f()
    assert type(x.data) is np.ndarray
    x.to_cpu()
    y = step.Exp()(x)
    y.backward()
    np.testing.assert_allclose(x.grad.data, np.exp([1.0, 1.0]))


def test_cupy_without_a_gpu(step, away):
    away.cuda.runtime.getDeviceCount = lambda: 0
    assert step._find_cupy() is None

    def fail():
        raise OSError("no driver")

    away.cuda.runtime.getDeviceCount = fail
    assert step._find_cupy() is None


def test_variable_moves(step, away):
    x = step.Variable(np.array([1.0, 2.0]))
    data = x.data
    x.to_gpu()
    assert type(x.data) is step.AwayArray and (x.shape, x.ndim) == ((2,), 1)
    y = step.Exp()(x) + F.exp(x)
    y.backward()
    assert type(y.data) is type(x.grad.data) is step.AwayArray
    np.testing.assert_allclose(cuda.as_numpy(y), 2 * np.exp(data))
    np.testing.assert_allclose(cuda.as_numpy(x.grad), 2 * np.exp(data))
    x.to_cpu()
    assert type(x.data) is np.ndarray
    np.testing.assert_array_equal(x.data, data)


def test_exp_as_in_the_package(step, rng):
    dezero.utils.check_gradients(step.Exp(), rng.normal(size=(2, 3)))


def test_arrays_that_are_away(step, away):
    a = away.asarray(np.arange(6.0).reshape(2, 3))
    for result in (a + 1, 2 * a, -a, a @ a.T, a > 2, a.sum(axis=0), a[0], np.sin(a)):
        assert type(result) is step.AwayArray
    assert type(a.sum()) is type(a[0, 0]) is step.AwayArray  # and no number
    assert (a.shape, a.ndim, a.dtype, len(a)) == ((2, 3), 2, np.float64, 2)
    a += 1
    np.multiply(a, 2, out=a)
    assert away.asnumpy(a).tolist() == [[2, 4, 6], [8, 10, 12]]
    assert type(away.ones(3)) is step.AwayArray and away.float32 is np.float32


@pytest.mark.parametrize(
    "f",
    [
        lambda a: a + np.ones(3),
        lambda a: np.ones(3) * a,
        lambda a: np.ones(3) @ a,
        lambda a: np.maximum(a, np.zeros(3)),
        lambda a: a.dot(np.ones(3)),
        np.asarray,
        lambda a: np.array([a, a]),
    ],
)
def test_nothing_mixes(away, f):
    with pytest.raises(TypeError, match="Unsupported type .*ndarray|NoneType"):
        f(away.asarray(np.ones(3)))


def test_training(step, away):
    x = np.linspace(-1, 1, 20, dtype=np.float32).reshape(-1, 1)
    t = x**2
    loss = step.train(x, t)
    assert away.moves == 0 and 0 < loss < 5
    assert step.train(x, t, gpu=True) == loss
    assert away.moves == 7  # x, t, two W and two b; the loss back
    away.moves = 0
    assert step.train(x, t, gpu=True, every=True) == loss
    # six there and six back, with the gradients of the four parameters
    assert away.moves == 300 * (6 + 6 + 4) + 1


def test_output(run_step):
    text = run_step(52)
    assert "needs CuPy and an NVIDIA GPU" in text
    assert "numpy  exp(x) = [1.    2.718 7.389]\naway   exp(x) = [1." in text
    assert "Mul: arrays of NumPy and of CuPy do not mix" in text
    assert "all the same: True" in text
