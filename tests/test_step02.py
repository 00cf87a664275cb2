import numpy as np
import pytest

import dezero


def test_value_by_hand(load_step):
    step = load_step(2)
    y = step.Square()(step.Variable(np.array([[1.0, -2.0], [3.0, 0.5]])))
    np.testing.assert_array_equal(y.data, [[1.0, 4.0], [9.0, 0.25]])


def test_a_call_makes_a_new_box_and_leaves_the_old_one(load_step):
    step = load_step(2)
    x = step.Variable(np.array([3.0]))
    y = step.Square()(x)
    assert isinstance(y, step.Variable) and y is not x
    np.testing.assert_array_equal(x.data, [3.0])


def test_forward_sees_the_array_not_the_box(load_step):
    step = load_step(2)
    seen = []

    class Spy(step.Function):
        def forward(self, x):
            seen.append(x)
            return 2 * x

    x = step.Variable(np.ones(3))
    np.testing.assert_array_equal(Spy()(x).data, [2.0, 2.0, 2.0])
    assert seen[0] is x.data


def test_a_function_without_forward_says_so(load_step):
    step = load_step(2)

    class Lazy(step.Function):
        pass

    with pytest.raises(NotImplementedError, match=r"Lazy needs a forward\(x\)"):
        Lazy()(step.Variable(np.array(1.0)))


def test_same_as_the_package(load_step, rng):
    step = load_step(2)
    x = rng.normal(size=(3, 4))
    y = step.Square()(step.Variable(x))
    np.testing.assert_array_equal(y.data, (dezero.Variable(x) ** 2).data)


def test_printed(run_step):
    out = run_step(2)
    assert "square of 3: 9.0" in out
    assert "[1. 4. 9.]" in out
