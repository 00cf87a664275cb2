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


def test_each_order_is_two_to_three_times_as_large(step):
    """2.25 at first and 2.72 from the sixth to the seventh; for sin one or two more."""
    x, u = Variable(np.array(1.0)), Variable(np.array(1.0))
    found = step.derivatives(step.tanh(x), x, 7)
    counts = [step.count_functions(y) for y in found]
    ratios = [b / a for a, b in zip(counts, counts[1:])]
    np.testing.assert_allclose(ratios, [2.25, 2.33, 2.43, 2.53, 2.63, 2.72], atol=0.005)
    found = step.derivatives(F.sin(u), u, 7)
    counts = [step.count_functions(y) for y in found]
    assert set(np.diff(counts)) == {1, 2}


def test_a_first_gradient_with_a_name_is_in_the_picture(step, tmp_path):
    x = Variable(np.array(1.0), "x")
    y = step.tanh(x)
    y.grad = Variable(np.array(1.0), "start 1")
    y.backward(create_graph=True)
    step.plot_dot_graph(x.grad, verbose=False, to_file=tmp_path / "y1.svg")
    drawn = (tmp_path / "y1.svg").read_text(encoding="utf-8")
    assert drawn.count(">start 1<") == 1
    assert drawn.count(">1<") == 1  # the 1 of 1 - y * y


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
