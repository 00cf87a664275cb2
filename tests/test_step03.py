import math

import numpy as np

import dezero


def test_exp_by_hand(load_step):
    step = load_step(3)
    y = step.Exp()(step.Variable(np.array([0.0, 1.0, math.log(2.0)])))
    np.testing.assert_allclose(y.data, [1.0, math.e, 2.0], rtol=1e-15)


def test_three_functions_in_a_row(load_step):
    step = load_step(3)
    y = step.Square()(step.Exp()(step.Square()(step.Variable(np.array(0.5)))))
    np.testing.assert_allclose(y.data, math.exp(0.25) ** 2, rtol=1e-15)


def test_the_order_matters(load_step):
    step = load_step(3)
    x = step.Variable(np.array(0.5))
    np.testing.assert_allclose(step.Exp()(step.Square()(x)).data, math.exp(0.25))
    np.testing.assert_allclose(step.Square()(step.Exp()(x)).data, math.exp(1.0))


def test_same_as_the_package(load_step, rng):
    step = load_step(3)
    x = rng.normal(size=(3, 4))
    y = step.Square()(step.Exp()(step.Square()(step.Variable(x))))
    expected = (np.e ** (dezero.Variable(x) ** 2)) ** 2
    np.testing.assert_allclose(y.data, expected.data, rtol=1e-13)


def test_printed(run_step):
    out = run_step(3)
    assert f"y = b**2   = {math.exp(0.5):.4f}" in out
    assert f"in one line: {math.exp(0.5):.4f}" in out
    assert "exp(x**2) = 1.2840" in out
    assert "exp(x)**2 = 2.7183" in out
