import math

import numpy as np
import pytest

import dezero
from dezero import gradcheck

STEPS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-8, 1e-10, 1e-12)


def test_a_parabola_by_hand(load_step):
    step = load_step(4)
    x = step.Variable(np.array([-1.0, 0.0, 3.0]))
    slope = step.numerical_diff(step.Square(), x)
    np.testing.assert_allclose(slope, [-2.0, 0.0, 6.0], atol=1e-9)


def test_chain_by_hand(load_step):
    step = load_step(4)
    slope = step.numerical_diff(step.chain, step.Variable(np.array(0.5)))
    # y = exp(2 * x**2), y' = 4 * x * y
    np.testing.assert_allclose(slope, 2 * math.exp(0.5), rtol=1e-7)


@pytest.mark.parametrize("name, power", [("forward_diff", 1), ("numerical_diff", 2)])
def test_error_shrinks_as_promised(load_step, name, power):
    """Halving h halves the error of a forward chord, and quarters a central one's."""
    step = load_step(4)
    diff, x = getattr(step, name), step.Variable(np.array(1.0))
    errors = [abs(diff(step.Exp(), x, h) - math.e) for h in (1e-2, 5e-3)]
    assert errors[0] / errors[1] == pytest.approx(2**power, rel=0.01)


def test_the_given_box_is_not_touched(load_step):
    step = load_step(4)
    x = step.Variable(np.array([1.0, 2.0]))
    step.numerical_diff(step.Square(), x)
    step.forward_diff(step.Square(), x)
    np.testing.assert_array_equal(x.data, [1.0, 2.0])


def test_f_always_gets_an_ndarray(load_step):
    """From step 9 on a box takes nothing else, and this function is carried over."""
    step = load_step(4)
    seen = []

    def f(x):
        seen.append(type(x.data))
        return step.Square()(x)

    step.numerical_diff(f, step.Variable(np.array(1.0)))
    assert seen == [np.ndarray, np.ndarray]


def test_the_largest_error_as_a_power_of_ten(load_step):
    step = load_step(4)
    error = step.largest_error(np.array([1.0, 1.002]), np.array([1.0, 1.0]))
    assert error == pytest.approx(0.002)
    assert step.power_of_ten(error) == "1e-03"
    assert step.largest_error(np.array([0.0, 1.0]), np.array([8.0, 1.0])) == 8.0
    assert step.power_of_ten(8.0) == "1e+01"


def test_table_has_margin(load_step):
    """No printed power of ten is near the border to the next one."""
    step = load_step(4)
    x = step.Variable(np.linspace(1.0, 5.0, 101))
    for h in STEPS:
        for diff in (step.forward_diff, step.numerical_diff):
            error = np.abs(diff(step.fourth_power, x, h) - 4 * x.data**3).max()
            to_border = abs((math.log10(error) % 1) - 0.5)
            assert to_border > 0.15, (h, diff.__name__, error)


def test_printed_table(run_step):
    rows = [line.split() for line in run_step(4).splitlines() if line.startswith("   ")]
    h, forward, central = np.array(rows, dtype=float).T
    np.testing.assert_allclose(h, STEPS)
    # truncation above, rounding below: both columns fall, then rise
    assert h[forward.argmin()] == 1e-8 and h[central.argmin()] == 1e-5
    assert (np.diff(central[:5]) < 0).all() and (np.diff(central[4:]) > 0).all()
    # until rounding takes over, the central chord is better, by ever more
    assert (central[:6] < forward[:6]).all()


def test_same_as_the_package(load_step, rng):
    step = load_step(4)
    x = rng.normal(size=(2, 3))
    mine = step.numerical_diff(step.chain, step.Variable(x))
    theirs = gradcheck.numerical_grad(
        lambda v: (np.e ** (v**2)) ** 2, dezero.Variable(x)
    )
    np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-8)


def test_the_picture_is_there(run_step):
    assert run_step(4).splitlines()[-1] == "figures/step04_error.png"
