"""Step 39: sums over axes, and gradients that come back along them."""

import numpy as np
import pytest

import dezero
from dezero import functions as F
from dezero.core import reduced_shape, restore_axes
from dezero.gradcheck import check_gradients

AXES = [None, 0, 1, 2, -1, -3, (0, 1), (0, -1), (2, 0), (0, 1, 2), ()]


@pytest.fixture
def step(load_step):
    return load_step(39)


def test_by_hand(step):
    x = step.Variable(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    y = x.sum(axis=1)
    assert y.data.tolist() == [6, 15]
    y.grad = dezero.Variable(np.array([1.0, 10.0]))
    y.backward()
    assert x.grad.data.tolist() == [[1, 1, 1], [10, 10, 10]]
    x.cleargrad()
    y = x.sum(axis=0)
    assert y.data.tolist() == [5, 7, 9]
    y.grad = dezero.Variable(np.array([1.0, 10.0, 100.0]))
    y.backward()
    assert x.grad.data.tolist() == [[1, 10, 100], [1, 10, 100]]


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES)
def test_any_axis(step, rng, axis, keepdims):
    data = rng.normal(size=(2, 3, 4))
    expected = data.sum(axis=axis, keepdims=keepdims)
    gy = rng.normal(size=expected.shape)
    grads = []
    for f in (step.sum, F.sum):
        x = dezero.Variable(data)
        y = f(x, axis, keepdims)
        assert y.shape == expected.shape
        np.testing.assert_allclose(y.data, expected)
        y.grad = dezero.Variable(gy)
        y.backward()
        grads.append(x.grad.data)
    np.testing.assert_array_equal(*grads)
    kept = data.sum(axis=axis, keepdims=True).shape
    by_hand = np.broadcast_to(gy.reshape(kept), data.shape)
    np.testing.assert_array_equal(grads[0], by_hand)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1)])
def test_first_and_second_derivative(step, rng, axis, keepdims):
    data = rng.normal(size=(3, 2))
    check_gradients(lambda x: step.sum(x**3, axis, keepdims), data)
    check_gradients(lambda x: step.sum(x, axis, keepdims) ** 3, data)


def test_a_number(step):
    x = step.Variable(np.array(3.0))
    y = x.sum()
    assert isinstance(y.data, np.ndarray) and y.data == 3.0
    y.backward()
    assert x.grad.data == 1.0 and x.grad.shape == ()


def test_dtypes_stay(step):
    for dtype in (np.float32, np.int64):
        x = step.Variable(np.ones((2, 3), dtype=dtype))
        y = x.sum(axis=0)
        y.backward()
        assert y.dtype == x.grad.dtype == dtype


@pytest.mark.parametrize("axis", AXES)
def test_reduced_shape(step, axis):
    shape = (2, 3, 4)
    expected = np.zeros(shape).sum(axis=axis, keepdims=True).shape
    assert step.reduced_shape(shape, axis) == expected == reduced_shape(shape, axis)


@pytest.mark.parametrize("axis", AXES)
def test_restore_axes(step, rng, axis):
    gy = rng.normal(size=(2, 3, 4)).sum(axis=axis)
    ours = step.restore_axes(gy, (2, 3, 4), axis, False)
    np.testing.assert_array_equal(ours, restore_axes(gy, (2, 3, 4), axis, False))
    assert step.restore_axes(ours, (2, 3, 4), axis, True) is ours


def test_the_method_is_that_of_the_step(step, monkeypatch):
    called = []
    monkeypatch.setattr(
        step, "Sum", lambda *arguments: lambda x: called.append(arguments)
    )
    step.Variable(np.zeros(3)).sum(0, keepdims=True)
    assert called == [(0, True)]


@pytest.mark.parametrize("shape, wrong", [((2, 3), "error"), ((2, 2), "silent")])
def test_the_exercise(step, monkeypatch, shape, wrong):
    """Without restore_axes: an error for (2, 3), a wrong gradient for (2, 2)."""
    monkeypatch.setattr(step, "restore_axes", lambda gy, *_: gy)
    x = step.Variable(np.ones(shape))
    y = x.sum(axis=1)
    y.grad = dezero.Variable(np.array([1.0, 10.0]))
    if wrong == "error":
        with pytest.raises(ValueError, match="broadcast"):
            y.backward()
    else:
        y.backward()
        assert x.grad.data.tolist() == [[1, 10], [1, 10]]  # not [[1, 1], [10, 10]]


def test_the_numbers_printed(run_step):
    lines = run_step(39).splitlines()
    assert lines[2].endswith("[[1, 2, 3], [1, 2, 3]]")
    assert lines[3].endswith("[[1, 1, 1], [2, 2, 2]]")
    assert lines[-2].endswith("0.3333")
    assert lines[-1].endswith("True")
