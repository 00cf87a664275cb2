"""Step 21: ndarrays and numbers on either side of + and *."""

import operator

import numpy as np
import pytest

import dezero

OTHERS = [3, 2.5, np.float64(1.5), np.int64(4), np.array(2.0), np.array([5.0, 6.0])]


@pytest.fixture
def step(load_step):
    return load_step(21)


@pytest.mark.parametrize("op", [operator.add, operator.mul])
@pytest.mark.parametrize("other", OTHERS, ids=repr)
def test_either_side(step, op, other):
    data = np.array([1.0, 2.0])
    x = step.Variable(data)
    for y in (op(x, other), op(other, x)):
        assert type(y) is step.Variable
        np.testing.assert_allclose(y.data, op(data, other))
        x.cleargrad()
        y.backward()
        slope = 1.0 if op is operator.add else other
        np.testing.assert_allclose(x.grad, slope * np.ones(2))


@pytest.mark.parametrize("other", OTHERS, ids=repr)
def test_agrees_with_dezero(step, other):
    data = np.array([1.0, 2.0])
    x, u = step.Variable(data), dezero.Variable(data)
    y, v = other * x * x + other + x * other, other * u * u + other + u * other
    y.backward()
    v.backward()
    np.testing.assert_allclose(y.data, v.data)
    np.testing.assert_allclose(x.grad, u.grad.data)


def test_by_hand(step):
    x = step.Variable(np.array(3.0))
    y = 3 * x + 1
    y.backward()
    assert y.data == 10.0
    assert x.grad == 3.0


def test_an_array_on_the_left_keeps_the_operands_in_order(step):
    array = np.array([10.0, 20.0])
    x = step.Variable(np.array([1.0, 2.0]))
    left, right = (array + x).creator.inputs
    assert left.data is array
    assert right is x


def test_without_priority_the_array_takes_the_variable_apart(step):
    assert step.Variable.__array_priority__ > 0  # an ndarray has 0
    y = np.array([10.0, 20.0, 30.0]) * step.Eager(np.array([1.0, 2.0, 3.0]))
    assert type(y) is np.ndarray
    assert y.dtype == object
    np.testing.assert_allclose(y[1].data, [20.0, 40.0, 60.0])


def test_plus_equals_makes_a_variable_of_an_array(step):
    array = np.array([10.0, 20.0])
    total = array
    total += step.Variable(np.array([1.0, 2.0]))
    assert type(total) is step.Variable
    np.testing.assert_allclose(array, [10.0, 20.0])


def test_functions_take_arrays_and_numbers(step):
    y = step.add(2, np.array(3.0))
    assert type(y) is step.Variable
    assert y.data == 5.0
    assert all(type(x) is step.Variable for x in y.creator.inputs)


def test_as_variable(step):
    x = step.Variable(np.array(3.0))
    assert step.as_variable(x) is x
    array = np.array(3.0)
    assert step.as_variable(array).data is array
    with pytest.raises(TypeError, match="float is not supported"):
        step.as_variable(3.0)


def test_a_list_is_refused_with_advice(step):
    x = step.Variable(np.array([1.0, 2.0]))
    for compute in (lambda: x + [1.0, 2.0], lambda: [1.0, 2.0] * x):
        with pytest.raises(TypeError, match=r"list is not supported.*np\.array"):
            compute()


def test_a_stretched_variable_gets_the_wrong_shape_until_step_40(step):
    x = step.Variable(np.array(3.0))
    (np.array([1.0, 2.0, 3.0]) + x).backward()
    assert x.grad.shape == (3,)


def test_no_grad_wraps_too(step):
    x = step.Variable(np.array(3.0))
    with step.no_grad():
        y = 2 * x
    assert (y.data, y.creator) == (6.0, None)


def test_the_numbers_printed(run_step):
    out = run_step(21)
    assert "np.array(2.0) + x = variable(5.0)" in out
    assert "3 * x + 1 = variable(10.0), gradient 3.0" in out
