"""Step 35: tanh, its derivatives, and the size of their graphs."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable
from dezero.gradcheck import check_gradients


@pytest.fixture
def step(load_step):
    return load_step(35)


def test_gradients(step, rng):
    check_gradients(step.tanh, rng.normal(size=(2, 3)), order=3)


def test_by_hand(step):
    """At 0: y = 0, y' = 1, y'' = 0, y''' = -2, y'''' = 0, and the fifth is 16."""
    x = Variable(np.array(0.0))
    found = step.derivatives(step.tanh(x), x, 5)
    assert [float(y.data) for y in found] == [1.0, 0.0, -2.0, 0.0, 16.0]


def test_second_derivative_by_hand(step):
    x = Variable(np.array([-1.0, 0.5]))
    _, second = step.derivatives(step.tanh(x), x, 2)
    y = np.tanh(x.data)
    np.testing.assert_allclose(second.data, -2 * y * (1 - y**2), rtol=1e-14)


def test_the_package_says_and_draws_the_same(step):
    x, u = Variable(np.array(1.0)), Variable(np.array(1.0))
    ours = step.derivatives(step.tanh(x), x, 6)
    theirs = step.derivatives(F.tanh(u), u, 6)
    for a, b in zip(ours, theirs):
        assert a.data == b.data
        assert step.count_functions(a) == step.count_functions(b)


def test_count_functions(step):
    x = Variable(np.array(1.0))
    assert step.count_functions(x) == 0
    y = x * x
    assert step.count_functions(y * y + 1) == 3
    found = step.derivatives(step.tanh(x), x, 5)
    assert [step.count_functions(y) for y in found] == [4, 9, 21, 51, 129]


def test_a_product_stays_and_brings_two(step):
    """Each order has almost three times as many Functions as the one before."""
    x = Variable(np.array(1.0))
    found = step.derivatives(step.tanh(x), x, 7)
    counts = [step.count_functions(y) for y in found]
    ratios = [b / a for a, b in zip(counts, counts[1:])]
    assert ratios == sorted(ratios)
    assert 2.7 < ratios[-1] < 3


def test_name_leaves(step):
    x = Variable(np.array(1.0), "x")
    y = 2 * step.tanh(x) + 0.5
    step.name_leaves(y)
    half, product = y.creator.inputs[1], y.creator.inputs[0]
    assert (half.name, product.name) == ("0.5", None)
    assert [v.name for v in product.creator.inputs] == ["2", None]
    assert x.name == "x"


def test_the_hint_of_the_exercise(step):
    """With 1 - y**2 the graphs are larger, from the third order on."""

    class Square(step.Tanh):
        def backward(self, gy):
            y = self.outputs[0]()
            return gy * (1 - y**2)

    x = Variable(np.array(1.0))
    found = step.derivatives(Square()(x), x, 5)
    assert [step.count_functions(y) for y in found] == [4, 9, 23, 59, 153]


def test_it_prints_both_columns_equal(run_step):
    rows = [line.split() for line in run_step(35).splitlines()[1:8]]
    assert [int(row[0]) for row in rows] == [1, 2, 3, 4, 5, 6, 7]
    assert all(row[1] == row[2] for row in rows)
    assert [int(row[4]) for row in rows] == [2, 4, 5, 7, 8, 10, 11]
