import math

import numpy as np
import pytest

import dezero


def push(step, x):
    """Send x through the chain and the gradient back; return y, b, a, x."""
    first, second, third = step.Square(), step.Exp(), step.Square()
    a = first(x)
    b = second(a)
    y = third(b)
    y.grad = np.ones_like(y.data)
    b.grad = third.backward(y.grad)
    a.grad = second.backward(b.grad)
    x.grad = first.backward(a.grad)
    return y, b, a, x


def test_each_backward_by_hand(load_step):
    step = load_step(6)
    square, exp = step.Square(), step.Exp()
    square(step.Variable(np.array([3.0, -1.0])))
    exp(step.Variable(np.array([0.0, 1.0])))
    gy = np.array([10.0, 2.0])
    np.testing.assert_allclose(square.backward(gy), [60.0, -4.0])
    np.testing.assert_allclose(exp.backward(gy), [10.0, 2.0 * math.e])


def test_the_chain_by_hand(load_step):
    step = load_step(6)
    y, b, a, x = push(step, step.Variable(np.array(0.5)))
    assert y.grad == 1.0
    np.testing.assert_allclose(b.grad, 2 * math.exp(0.25))  # 2 * b
    np.testing.assert_allclose(a.grad, 2 * math.exp(0.5))  # 2 * b * b
    np.testing.assert_allclose(x.grad, 2 * math.exp(0.5))  # times 2 * x = 1


def test_against_finite_differences(load_step, rng):
    step = load_step(6)
    x = step.Variable(rng.normal(size=5))
    push(step, x)
    np.testing.assert_allclose(x.grad, step.numerical_diff(step.chain, x), rtol=1e-5)


def test_a_new_variable_has_no_gradient(load_step):
    assert load_step(6).Variable(np.array(1.0)).grad is None


def test_a_function_without_backward_says_so(load_step):
    step = load_step(6)

    class OneWay(step.Function):
        def forward(self, x):
            return x

    with pytest.raises(NotImplementedError, match=r"OneWay needs a backward\(gy\)"):
        OneWay().backward(np.array(1.0))


def test_same_as_the_package(load_step, rng):
    step = load_step(6)
    data = rng.normal(size=(2, 3))
    y, _, _, x = push(step, step.Variable(data))

    v = dezero.Variable(data)
    w = (np.e ** (v**2)) ** 2
    w.backward()
    np.testing.assert_allclose(y.data, w.data, rtol=1e-12)
    np.testing.assert_allclose(x.grad, v.grad.data, rtol=1e-12)


@pytest.mark.parametrize("number", [0.5, 1.0])
def test_every_gradient_is_the_product_of_the_slopes_behind_it(load_step, number):
    step = load_step(6)
    y, b, a, x = push(step, step.Variable(np.array(number)))
    slopes = [2 * b.data, np.exp(a.data), 2 * x.data]
    np.testing.assert_allclose(b.grad, slopes[0])
    np.testing.assert_allclose(a.grad, slopes[0] * slopes[1])
    np.testing.assert_allclose(x.grad, slopes[0] * slopes[1] * slopes[2])


def test_printed(run_step):
    lines = run_step(6).splitlines()
    for number in (0.5, 1.0):
        b = math.exp(number**2)
        at = lines.index(f"x = {number}: z = {b**2:.4f}")
        x = f"{4 * number * b**2:.4f}"
        assert lines[at + 1 : at + 5] == [
            "  z.grad 1.0000",
            f"  b.grad {2 * b:.4f}",
            f"  a.grad {2 * b**2:.4f}",
            f"  x.grad {x}, measured {x}",
        ]
