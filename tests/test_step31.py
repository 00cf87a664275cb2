"""Step 31: the gradient of sin as a graph, built by hand and differentiated."""

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero.core_simple import Function, Variable


@pytest.fixture
def step(load_step):
    return load_step(31)


def test_cos_and_its_gradient(step, rng):
    data = rng.normal(size=(2, 3))
    x = Variable(data)
    y = step.cos(x)
    y.backward()
    np.testing.assert_array_equal(y.data, np.cos(data))
    h = 1e-5
    slopes = (np.cos(data + h) - np.cos(data - h)) / (2 * h)
    np.testing.assert_allclose(x.grad, slopes, rtol=1e-8, atol=1e-9)
    z = dezero.Variable(data)
    F.cos(z).backward()
    np.testing.assert_allclose(x.grad, z.grad.data)


def differentiate(gx, x):
    """Return the derivative of gx by x, None where none arrives."""
    x.cleargrad()
    gx.backward()
    return x.grad


def test_second_and_third_derivative_by_hand(step, rng):
    """Built of Variables, and equal to what the package finds by itself."""
    data = rng.normal(size=4)
    x, gy = Variable(data), Variable(np.ones(4))
    second = differentiate(gy * step.cos(x), x)
    third = differentiate(gy * -step.sin(x), x)
    np.testing.assert_allclose(second, -np.sin(data))
    np.testing.assert_allclose(third, -np.cos(data))

    z = dezero.Variable(data)
    y = F.sin(z)
    orders = []
    for _ in range(3):
        z.cleargrad()
        y.backward(create_graph=True)
        y = z.grad
        orders.append(y.data)
    np.testing.assert_allclose([second, third], orders[1:])


def test_the_gradient_that_is_built_is_the_gradient(step):
    x, gy = Variable(np.array(1.0)), Variable(np.array(3.0))
    gx = gy * step.cos(x)
    y = step.sin(x)
    y.grad = gy.data
    y.backward()
    np.testing.assert_allclose(gx.data, x.grad)
    assert differentiate(gx, x) == pytest.approx(-3 * np.sin(1.0))
    assert gy.grad == np.cos(1.0)  # it has a derivative by gy, too


def test_what_backward_leaves_is_an_array(step):
    x = Variable(np.array(1.0))
    step.sin(x).backward()
    assert type(x.grad) is np.ndarray
    assert not hasattr(x.grad, "creator")


def test_the_exercise_begun_with_a_variable(step):
    """x.grad is a Variable then, and has a creator, but nothing comes to x."""
    x, gy = Variable(np.array(1.0)), Variable(np.array(1.0))
    y = step.sin(x)
    y.grad = gy
    y.backward()
    gx = x.grad
    assert type(gx) is Variable
    assert type(gx.creator).__name__ == "Mul"
    assert differentiate(gx, x) is None
    assert gy.grad == np.cos(1.0)


def test_the_exercise(step):
    """x as a Variable is not enough: np.cos must be our cos as well."""

    class Sin(Function):
        def forward(self, x):
            return np.sin(x)

        def backward(self, gy):
            return gy * step.cos(self.inputs[0])

    x = Variable(np.array(1.0))
    y = Sin()(x)
    y.grad = Variable(np.array(1.0))
    y.backward()
    assert differentiate(x.grad, x) == pytest.approx(-np.sin(1.0))

    class NotYet(Sin):
        def backward(self, gy):
            return gy * np.cos(self.inputs[0])

    y = NotYet()(x)
    with pytest.raises(TypeError, match="cos"):
        y.backward()


def test_the_picture(run_step, load_step):
    path = load_step(31).FIGURES / "step31_gradient.png"
    path.unlink(missing_ok=True)
    run_step(31, fresh=True)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_the_numbers_printed(run_step):
    assert run_step(31).splitlines()[:4] == [
        "by backward: x.grad = 0.5403, an ndarray",
        "by hand:     gx     = 0.5403, a Variable",
        "gx.backward() leaves  -0.8415 in x.grad",
        "and -sin(1) is        -0.8415",
    ]
