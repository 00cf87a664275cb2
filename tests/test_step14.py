"""Step 14: one Variable used twice; cleargrad."""

import numpy as np
import pytest

import dezero


@pytest.mark.parametrize("uses", [2, 3, 4, 7])
def test_uses_are_counted(load_step, uses):
    step = load_step(14)
    x = y = step.Variable(np.array(3.0))
    for _ in range(uses - 1):
        y = step.add(y, x)
    y.backward()
    assert (y.data, x.grad) == (3.0 * uses, uses)


def test_the_wrong_answer_is_step_13s(load_step):
    step13, step14 = load_step(13), load_step(14)
    x = step13.Variable(np.array(3.0))
    step13.add(x, x).backward()
    v = step14.Variable(np.array(3.0))
    step14.backward_with(step14.overwrite, step14.add(v, v))
    assert x.grad == v.grad == 1.0


def test_step_13s_loop_is_right_where_nothing_is_shared(load_step, rng):
    """overwrite and add_in_place err in what they store; the loop itself is right."""
    step = load_step(14)
    a, b = rng.normal(size=(2, 3))
    for store in (step.overwrite, step.add_in_place):
        x, y = step.Variable(a), step.Variable(b)
        step.backward_with(store, step.add(step.square(x), step.square(y)))
        np.testing.assert_allclose(x.grad, 2 * a)
        np.testing.assert_allclose(y.grad, 2 * b)


def test_adding_in_place_changes_the_gradient_of_y(load_step):
    step = load_step(14)
    x = step.Variable(np.array([3.0, 4.0]))
    y = step.add(x, x)
    step.backward_with(step.add_in_place, y)
    np.testing.assert_array_equal(x.grad, [2.0, 2.0])
    np.testing.assert_array_equal(y.grad, [2.0, 2.0])  # dy/dy is 1
    assert x.grad is y.grad


def test_adding_leaves_the_gradient_of_y_alone(load_step):
    step = load_step(14)
    x = step.Variable(np.array([3.0, 4.0]))
    y = step.add(x, x)
    seed = y.grad = np.array([1.0, 1.0])
    y.backward()
    np.testing.assert_array_equal(x.grad, [2.0, 2.0])
    np.testing.assert_array_equal(seed, [1.0, 1.0])
    assert not np.shares_memory(x.grad, y.grad)


def test_gradients_of_two_computations_add_up_until_cleargrad(load_step):
    step = load_step(14)
    x = step.Variable(np.array(3.0))
    step.add(x, x).backward()
    step.add(step.add(x, x), x).backward()
    assert x.grad == 5.0
    x.cleargrad()
    assert x.grad is None
    step.add(step.add(x, x), x).backward()
    assert x.grad == 3.0


def test_the_limitation_named_in_the_text(load_step):
    """A result used twice: 8 * x instead of 4 * x, which step 16 puts right."""
    for number, slope in [(14, 8.0), (16, 4.0)]:
        step = load_step(number)
        x = step.Variable(np.array(3.0))
        a = step.square(x)
        step.add(a, a).backward()
        assert x.grad == slope * 3.0


def test_the_exercise_gives_three_times_the_slope(load_step):
    step = load_step(14)
    x = step.Variable(np.array(2.0))
    y = step.square(step.square(x))
    y.backward()
    assert x.grad == 32.0
    y.backward()
    assert x.grad == 3 * 32.0


def test_gradient_against_finite_differences(load_step, rng):
    step = load_step(14)
    a = rng.normal(size=5)

    def f(v):
        return step.add(step.add(step.square(v), v), v)

    x = step.Variable(a)
    f(x).backward()
    h = 1e-5
    ahead, behind = f(step.Variable(a + h)), f(step.Variable(a - h))
    np.testing.assert_allclose(x.grad, (ahead.data - behind.data) / (2 * h), rtol=1e-6)


def test_agrees_with_the_package(load_step, rng):
    step = load_step(14)
    a = rng.normal(size=(2, 3))
    x, v = step.Variable(a), dezero.Variable(a)
    y, w = step.add(step.add(step.square(x), x), x), v**2 + v + v
    for _ in range(2):  # a second graph with the same leaf: both accumulate
        y.backward()
        w.backward()
        np.testing.assert_allclose(y.data, w.data, rtol=1e-12)
        np.testing.assert_allclose(x.grad, v.grad.data, rtol=1e-12)
        y, w = step.add(x, x), v + v
    x.cleargrad()
    v.cleargrad()
    assert x.grad is None and v.grad is None
