import math

import numpy as np
import pytest

import dezero


def test_one_line_forward_one_line_back(load_step):
    step = load_step(9)
    x = step.Variable(np.array(0.5))
    y = step.square(step.exp(step.square(x)))
    y.backward()
    np.testing.assert_allclose(y.data, math.exp(0.5))
    np.testing.assert_allclose(x.grad, 2 * math.exp(0.5))


def test_the_first_gradient_is_ones_in_the_shape_of_data(load_step):
    step = load_step(9)
    x = step.Variable(np.array([[1.0, 2.0], [3.0, 4.0]], dtype=np.float32))
    y = step.square(x)
    y.backward()
    assert y.grad.dtype == np.float32
    np.testing.assert_array_equal(y.grad, np.ones((2, 2)))
    np.testing.assert_array_equal(x.grad, 2 * x.data)


def test_a_gradient_given_by_hand_is_used(load_step):
    step = load_step(9)
    x = step.Variable(np.array([1.0, 2.0]))
    y = step.square(x)
    y.grad = np.array([10.0, 100.0])
    y.backward()
    np.testing.assert_array_equal(x.grad, [20.0, 400.0])


def test_backward_of_a_variable_without_creator(load_step):
    x = load_step(9).Variable(np.array([1.0, 2.0]))
    x.backward()
    np.testing.assert_array_equal(x.grad, [1.0, 1.0])


@pytest.mark.parametrize("wrong", [3.0, 3, "3", [1.0, 2.0], (1.0,), np.float64(3.0)])
def test_only_ndarrays(load_step, wrong):
    name = type(wrong).__name__
    message = rf"Variable: {name} is not supported.*Variable\(np\.array.*step 9"
    with pytest.raises(TypeError, match=message):
        load_step(9).Variable(wrong)


def test_none_is_allowed(load_step):
    assert load_step(9).Variable(None).data is None


@pytest.mark.parametrize("name", ["square", "exp"])
def test_results_of_zero_dimensions_are_ndarrays(load_step, name):
    step = load_step(9)
    y = getattr(step, name)(step.Variable(np.array(1.0)))
    assert type(y.data) is np.ndarray and y.data.shape == ()


def test_as_array(load_step):
    as_array = load_step(9).as_array
    for number in (3, 3.0, np.float32(3.0)):
        assert type(as_array(number)) is np.ndarray
        assert as_array(number).shape == ()
    assert as_array(np.float32(3.0)).dtype == np.float32
    array = np.array([1.0])
    assert as_array(array) is array


def test_against_finite_differences(load_step, rng):
    step, four = load_step(9), load_step(4)
    x = step.Variable(rng.normal(size=6))
    step.square(step.exp(step.square(x))).backward()
    measured = four.numerical_diff(four.chain, four.Variable(x.data))
    np.testing.assert_allclose(x.grad, measured, rtol=1e-5)


def test_a_long_chain(load_step):
    step = load_step(9)
    x = step.Variable(np.array(0.0))
    y = x
    for _ in range(10_000):
        y = step.square(y)
    y.backward()
    assert x.grad == 0.0


def test_same_as_the_package(load_step, rng):
    step = load_step(9)
    data = rng.normal(size=(2, 3))
    x = step.Variable(data)
    y = step.square(step.exp(step.square(x)))
    y.backward()

    v = dezero.Variable(data)
    w = (np.e ** (v**2)) ** 2
    w.backward()
    np.testing.assert_allclose(y.data, w.data, rtol=1e-12)
    np.testing.assert_allclose(x.grad, v.grad.data, rtol=1e-12)

    with pytest.raises(TypeError) as mine:
        step.Variable(3.0)
    with pytest.raises(TypeError) as theirs:
        dezero.Variable(3.0)
    assert "float is not supported" in str(mine.value)
    assert "float is not supported" in str(theirs.value)
    assert dezero.as_array(2.0).shape == step.as_array(2.0).shape == ()


def test_printed(run_step):
    out = run_step(9)
    assert "y = 1.6487, x.grad = 3.2974" in out
    assert "NumPy gives: float64" in out
    assert "list is not supported" in out
