"""Step 38: reshape and transpose, forward and back, here and in the package."""

import numpy as np
import pytest

import dezero
from dezero import functions as F
from dezero.gradcheck import check_gradients

AXES = [None, (0, 1, 2), (2, 0, 1), (1, 2, 0), (0, -1, 1), (-1, -2, -3)]


@pytest.fixture
def step(load_step):
    return load_step(38)


def test_a6(step):
    """Published results, A6: the gradient takes the input's shape."""
    for x in (step.Variable(np.zeros((4, 6))), dezero.Variable(np.zeros((4, 6)))):
        y = x.reshape(3, 8)
        assert y.shape == (3, 8)
        y.backward()
        np.testing.assert_array_equal(x.grad.data, np.ones((4, 6)))


def test_a7(step):
    """Published results, A7: back by argsort((2, 0, 1)) = (1, 2, 0)."""
    data = np.arange(24).reshape(2, 3, 4)
    x = step.Variable(data)
    y = step.transpose(x, (2, 0, 1))
    assert y.shape == (4, 2, 3)
    assert tuple(np.argsort((2, 0, 1))) == (1, 2, 0)
    np.testing.assert_array_equal(step.transpose(y, (1, 2, 0)).data, data)
    y.grad = dezero.Variable(10 * y.data)
    y.backward()
    np.testing.assert_array_equal(x.grad.data, 10 * data)


@pytest.mark.parametrize("axes", AXES)
def test_transpose_puts_each_gradient_back(step, rng, axes):
    data = rng.normal(size=(2, 3, 4))
    gy = rng.normal(size=data.transpose(axes).shape)
    grads = []
    for transpose in (step.transpose, F.transpose):
        x = dezero.Variable(data)
        y = transpose(x, axes)
        np.testing.assert_array_equal(y.data, data.transpose(axes))
        y.grad = dezero.Variable(gy)
        y.backward()
        grads.append(x.grad.data)
    np.testing.assert_array_equal(*grads)
    # the gradient of sum(gy * y) by x: gy stands where its element stood
    np.testing.assert_array_equal(grads[0].transpose(axes), gy)


@pytest.mark.parametrize("axes", AXES)
def test_transpose_has_a_second_derivative(step, rng, axes):
    check_gradients(lambda x: step.transpose(x, axes) ** 3, rng.normal(size=(2, 3, 2)))


@pytest.mark.parametrize("shape", [(6,), (3, 2), (1, 2, 3), (-1, 2)])
def test_reshape(step, rng, shape):
    data = rng.normal(size=(2, 3))
    x = dezero.Variable(data)
    y = step.reshape(x, shape)
    np.testing.assert_array_equal(y.data, data.reshape(shape))
    y.grad = dezero.Variable(10 * y.data)
    y.backward()
    np.testing.assert_array_equal(x.grad.data, 10 * data)
    check_gradients(lambda x: step.reshape(x, shape) ** 3, data)


def test_reshape_to_the_same_shape(step):
    x = dezero.Variable(np.zeros((2, 3)))
    assert step.reshape(x, (2, 3)) is x
    assert isinstance(step.reshape(x.data, (2, 3)), dezero.Variable)
    assert isinstance(step.reshape(x.data, (3, 2)), dezero.Variable)


def test_a_shape_that_does_not_fit(step):
    with pytest.raises(ValueError, match="cannot reshape array of size 6"):
        step.reshape(dezero.Variable(np.zeros((2, 3))), (4, 2))


@pytest.mark.parametrize("module", ["step", "package"])
def test_the_ways_to_write_it(step, module):
    Variable = step.Variable if module == "step" else dezero.Variable
    x = Variable(np.arange(6.0).reshape(2, 3))
    for y in (x.reshape(3, 2), x.reshape((3, 2)), x.reshape([3, 2]), x.reshape(-1, 2)):
        np.testing.assert_array_equal(y.data, [[0, 1], [2, 3], [4, 5]])
    assert x.reshape(-1).shape == x.reshape(6).shape == (6,)
    ways = x.T, x.transpose(), x.transpose(None), x.transpose(1, 0)
    for y in (*ways, x.transpose((1, 0)), x.transpose([1, 0])):
        np.testing.assert_array_equal(y.data, [[0, 3], [1, 4], [2, 5]])


def test_the_methods_are_those_of_the_step(step, monkeypatch):
    """They call the functions of this file, not the package's."""
    called = []
    monkeypatch.setattr(step, "reshape", lambda x, shape: called.append(shape))
    monkeypatch.setattr(step, "transpose", lambda x, axes=None: called.append(axes))
    x = step.Variable(np.zeros((2, 3)))
    x.reshape(3, 2), x.transpose(1, 0), x.T
    assert called == [(3, 2), (1, 0), None]


def test_they_differ(step):
    x = dezero.Variable(np.array([[0, 1, 2], [3, 4, 5]]))
    assert step.reshape(x, (3, 2)).data.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert step.transpose(x).data.tolist() == [[0, 3], [1, 4], [2, 5]]


def test_the_exercise(step, rng):
    def swapaxes(x, i, j):
        axes = list(range(x.ndim))
        axes[i], axes[j] = j, i
        return step.transpose(x, axes)

    data = rng.normal(size=(2, 3, 4))
    y = swapaxes(dezero.Variable(data), 0, 2)
    np.testing.assert_array_equal(y.data, np.swapaxes(data, 0, 2))
    check_gradients(lambda x: swapaxes(x, 0, 2) ** 2, data)


def test_the_numbers_printed(run_step):
    text = run_step(38)
    assert "gradient (4, 6), all ones: True" in text
    assert "back by (1, 2, 0): (2, 3, 4), the same numbers: True" in text
    assert "[[10, 20, 30], [40, 50, 60]]" in text
    assert "[[10, 30, 50], [20, 40, 60]]" in text
    assert "False" not in text
