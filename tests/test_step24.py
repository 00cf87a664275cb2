"""Step 24. The hard test functions."""

import numpy as np
import pytest

from dezero import Variable, core_simple
from dezero.gradcheck import check_gradients

NAMES = ["sphere", "matyas", "goldstein"]

# f(1, 1) and its gradient, by hand: sphere (2x, 2y), matyas 0.52x - 0.48y and
# the same with x and y changed; goldstein is (1 + 9*3) * (30 + 1*37) = 28 * 67; its
# first factor is flat at this point, its second has the derivatives -192 and 288.
BY_HAND = {
    "sphere": (2.0, [2.0, 2.0]),
    "matyas": (0.04, [0.04, 0.04]),
    "goldstein": (1876.0, [-5376.0, 8064.0]),
}


@pytest.mark.parametrize("name", NAMES)
def test_values_and_gradients_by_hand(load_step, name):
    step = load_step(24)
    value, gradient = step.gradient(getattr(step, name), 1, 1)
    np.testing.assert_allclose([value, *gradient], np.hstack(BY_HAND[name]))


@pytest.mark.parametrize("name", NAMES)
def test_gradients_to_second_order(load_step, name):
    check_gradients(getattr(load_step(24), name), np.array(0.7), np.array(-0.4))


@pytest.mark.parametrize(
    "name, minimum", [("sphere", (0, 0)), ("matyas", (0, 0)), ("goldstein", (0, -1))]
)
def test_the_gradient_vanishes_at_the_minimum(load_step, name, minimum):
    step = load_step(24)
    value, gradient = step.gradient(getattr(step, name), *minimum)
    assert value == {"goldstein": 3.0}.get(name, 0.0)
    assert gradient == [0.0, 0.0]


def test_slopes_and_worst_see_a_wrong_gradient(load_step):
    step = load_step(24)
    np.testing.assert_allclose(step.slopes(step.sphere, 1, 3), [2, 6])
    assert step.worst([2.0, 6.1], [2.0, 6.0]) == pytest.approx(0.1 / 6)


def test_the_simple_core_agrees(load_step):
    step = load_step(24)
    x, y = core_simple.Variable(np.array(1.0)), core_simple.Variable(np.array(1.0))
    z = step.goldstein(x, y)
    z.backward()
    full = step.goldstein(Variable(np.array(1.0)), Variable(np.array(1.0)))
    assert z.data == full.data == 1876.0
    assert (float(x.grad), float(y.grad)) == (-5376.0, 8064.0)
