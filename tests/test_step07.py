import math

import numpy as np
import pytest

import dezero


def test_links(load_step):
    step = load_step(7)
    square, exp = step.Square(), step.Exp()
    x = step.Variable(np.array(0.5))
    a = square(x)
    y = exp(a)
    assert x.creator is None
    assert a.creator is square and y.creator is exp
    assert square.input is x and square.output is a
    assert exp.input is a and exp.output is y


def test_gradients_by_hand(load_step):
    step = load_step(7)
    x = step.Variable(np.array(0.5))
    a = step.Square()(x)
    b = step.Exp()(a)
    y = step.Square()(b)
    y.grad = np.array(1.0)
    y.backward()
    np.testing.assert_allclose(b.grad, 2 * math.exp(0.25))
    np.testing.assert_allclose(a.grad, 2 * math.exp(0.5))
    np.testing.assert_allclose(x.grad, 2 * math.exp(0.5))


def test_backward_starts_from_the_given_gradient(load_step):
    step = load_step(7)
    x = step.Variable(np.array([1.0, 2.0]))
    y = step.Square()(x)
    y.grad = np.array([10.0, 100.0])
    y.backward()
    np.testing.assert_allclose(x.grad, [20.0, 400.0])


def test_backward_of_a_variable_without_creator_ends_at_once(load_step):
    x = load_step(7).Variable(np.array(1.0))
    x.grad = np.array(1.0)
    x.backward()
    assert x.grad == 1.0


@pytest.mark.parametrize("n", [1, 2, 5])
def test_the_graph_is_what_the_loop_did(load_step, n):
    step = load_step(7)
    x = step.Variable(np.array(1.1))
    y = x
    for _ in range(n):
        y = step.Square()(y)
    y.grad = np.array(1.0)
    y.backward()
    np.testing.assert_allclose(x.grad, 2**n * 1.1 ** (2**n - 1), rtol=1e-12)


def test_a_long_chain_is_too_much(load_step):
    """The limit that step 8 lifts is really there."""
    step = load_step(7)
    y = step.Variable(np.array(0.0))
    for _ in range(10_000):
        y = step.Square()(y)
    y.grad = np.array(1.0)
    with pytest.raises(RecursionError):
        y.backward()


def test_same_as_the_package(load_step, rng):
    step = load_step(7)
    data = rng.normal(size=(2, 3))
    x = step.Variable(data)
    y = step.Square()(step.Exp()(step.Square()(x)))
    y.grad = np.ones_like(data)
    y.backward()

    v = dezero.Variable(data)
    w = (np.e ** (v**2)) ** 2
    w.backward()
    np.testing.assert_allclose(y.data, w.data, rtol=1e-12)
    np.testing.assert_allclose(x.grad, v.grad.data, rtol=1e-12)


def test_printed(run_step):
    out = run_step(7)
    assert "1.6487 = Square of 1.2840" in out
    assert "0.2500 = Square of 0.5000" in out
    assert "the walk ended at x: True" in out
    assert f"x.grad = {8 * 1.1**7:.4f}" in out
