"""Step 52: one code on two array modules; the moves between them."""

import sys

import fake_cupy
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
def away(monkeypatch):
    """Put a stand-in into CuPy's place, with CuPy's rules and no GPU."""
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy)
    return fake_cupy


@pytest.fixture
def nothing(monkeypatch):
    """Hide CuPy, if it is there."""
    monkeypatch.setitem(sys.modules, "cupy", None)


def test_there_and_back(step, away):
    for helpers in (step, cuda):
        for value in (3, 2.5, [1, 2], np.arange(3), step.Variable(np.ones(2))):
            array = helpers.as_cupy(value)
            assert type(array) is away.ndarray
            assert helpers.get_array_module(array) is away
            assert helpers.get_array_module(step.Variable(array)) is away
            back = helpers.as_numpy(array)
            assert type(back) is np.ndarray
            np.testing.assert_array_equal(back, cuda.as_numpy(value))
            assert helpers.get_array_module(back) is np


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


def test_cupy_without_a_gpu(step, away, monkeypatch):
    def fail():
        raise OSError("no driver")

    for count in (lambda: 0, fail):
        monkeypatch.setattr(away.cuda.runtime, "getDeviceCount", count)
        with pytest.raises(RuntimeError, match="needs CuPy and an NVIDIA GPU"):
            step.as_cupy(1.0)


def test_variable_moves_with_its_gradient(step, away):
    x = step.Variable(np.array([1.0, 2.0]))
    data = x.data
    (x * x).backward()
    x.to_gpu()
    assert type(x.data) is type(x.grad.data) is away.ndarray
    assert (x.shape, x.ndim) == ((2,), 1)
    np.testing.assert_allclose(cuda.as_numpy(x.grad), 2 * data)
    x.cleargrad()
    y = step.Exp()(x) + F.exp(x)
    y.backward()
    assert type(y.data) is type(x.grad.data) is away.ndarray
    np.testing.assert_allclose(cuda.as_numpy(y), 2 * np.exp(data))
    np.testing.assert_allclose(cuda.as_numpy(x.grad), 2 * np.exp(data))
    x.to_cpu()
    assert type(x.data) is type(x.grad.data) is np.ndarray
    np.testing.assert_array_equal(x.data, data)


def test_without_data_there_is_nothing_to_move(step, away):
    x = step.Variable(None)
    x.to_gpu()
    x.to_cpu()
    assert x.data is None


def test_exp_as_in_the_package(step, rng):
    dezero.utils.check_gradients(step.Exp(), rng.normal(size=(2, 3)))


def test_arrays_of_both_kinds_do_not_mix(step, away):
    x = step.Variable(np.ones(3))
    x.to_gpu()
    with pytest.raises(TypeError, match="NumPy arrays and CuPy arrays do not mix"):
        x * np.ones(3)


def test_send_counts_arrays(step, nothing):
    a, b = step.Variable(np.ones(2)), step.Variable(np.ones(2))
    (a * a).backward()
    assert step.send([a, b], "to_gpu") == 3  # a, its gradient, b
    assert type(a.data) is np.ndarray


@pytest.mark.parametrize("gpu", [False, True])
def test_the_moves_of_a_training(step, gpu, monkeypatch):
    """Counted alike with a GPU and without; the loss is the same, too."""
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy if gpu else None)
    moved = {"to_gpu": 0, "to_cpu": 0}
    for way in moved:
        former = getattr(dezero.Variable, way)

        def count(self, way=way, former=former):
            moved[way] += 1 + (self.grad is not None)
            former(self)

        monkeypatch.setattr(dezero.Parameter, way, count)
    x = np.linspace(-1, 1, 20, dtype=np.float32).reshape(-1, 1)
    t = x**2
    loss, moves = step.train(x, t, "never")
    assert moves == 0 and 0 < loss < 5
    assert step.train(x, t, "once") == (pytest.approx(loss), 7)
    # six there; six back, with the gradients of the four parameters; the loss
    expected = 300 * (6 + 6 + 4) + 1
    assert step.train(x, t, "each time") == (pytest.approx(loss), expected)
    if gpu:  # the parameters did move, and so often
        assert moved == {"to_gpu": 4 + 300 * 4, "to_cpu": 300 * 8}


def test_output(run_step):
    lines = run_step(52).splitlines()
    assert lines[0] == "numpy: exp(x) = [1.    2.718 7.389]"
    rows = [line.split()[-2:] for line in lines[-3:]]
    assert [moves for _, moves in rows] == ["0", "7", "4,801"]
    assert len({loss for loss, _ in rows}) == 1


def test_without_a_gpu_it_says_so(run_step):
    if cuda.gpu_enable:
        pytest.skip("here is a GPU")
    assert "as_cupy: needs CuPy and an NVIDIA GPU: pip install" in run_step(52)
