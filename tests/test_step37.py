"""Step 37: tensors go through, and the Jacobian of an element-wise function."""

import numpy as np
import pytest

from dezero import Variable
from dezero import functions as F
from dezero.gradcheck import check_gradients, numerical_grad


@pytest.fixture
def step(load_step):
    return load_step(37)


@pytest.mark.parametrize("total", ["step", "package"])
def test_published_result_e(step, total):
    """Published results, E: integers stay integers, and rows are aligned."""
    x = Variable(np.array([[1, 2, 3], [4, 5, 6]]))
    c = Variable(np.array([[10, 20, 30], [40, 50, 60]]))
    t = x + c
    y = step.total(t) if total == "step" else F.sum(t)
    y.backward(retain_grad=True)
    assert repr(y.grad) == "variable(1)"
    for v in (t, x, c):
        assert repr(v.grad) == "variable([[1 1 1]\n          [1 1 1]])"
        assert v.grad.dtype == x.dtype


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0,), (2, 1, 3)])
def test_total(step, rng, shape):
    data = rng.normal(size=shape)
    x = Variable(data)
    y = step.total(x)
    assert y.shape == () and y.data == pytest.approx(data.sum())
    y.grad = Variable(np.array(3.0))
    y.backward()
    np.testing.assert_array_equal(x.grad.data, np.full(shape, 3.0))
    u = Variable(data)
    F.sum(u).backward()
    assert u.grad.shape == x.grad.shape


def test_total_twice(step, rng):
    check_gradients(lambda x: step.total(x**3), rng.normal(size=(2, 3)))


def test_total_keeps_float32(step):
    x = Variable(np.ones((2, 3), dtype=np.float32))
    y = step.total(x)
    y.backward()
    assert y.dtype == x.grad.dtype == np.float32


ELEMENTWISE = {
    "x**2": (lambda x: x**2, lambda x: 2 * x),
    "sin": (F.sin, np.cos),
    "exp": (F.exp, np.exp),
    "5 / x": (lambda x: 5 / x, lambda x: -5 / x**2),
    "array * x": (lambda x: np.array([1.0, 2.0, 3.0]) * x, lambda x: [1.0, 2.0, 3.0]),
}


@pytest.mark.parametrize("f, slope", ELEMENTWISE.values(), ids=ELEMENTWISE)
def test_an_element_wise_jacobian_is_diagonal(step, f, slope):
    x = np.array([1.0, 2.5, -0.5])
    np.testing.assert_allclose(step.jacobian(f, x), np.diag(slope(x)), rtol=1e-12)


def test_jacobian_by_hand(step):
    """d(x / total)[i] / dx[j] = (i == j) / total - x[i] / total**2."""
    x = np.array([1.0, 2.0, 3.0])
    found = step.jacobian(lambda x: x / step.total(x), x)
    by_hand = np.eye(3) / 6 - x[:, None] / 36
    np.testing.assert_allclose(found, by_hand)


def test_jacobian_by_measuring(step):
    """Row i against the numerical gradient of y[i]; x and y differ in length."""
    A = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    x = np.array([0.3, -0.2, 0.5])

    def f(x):
        return F.sin(F.matmul(A, x))

    found = step.jacobian(f, x)
    assert found.shape == (2, 3)
    for i in range(2):
        row = numerical_grad(lambda x, i=i: np.sin(A @ x)[i], x)
        np.testing.assert_allclose(found[i], row, rtol=1e-6)


def test_the_numbers_printed(run_step):
    lines = run_step(37).splitlines()
    assert lines[0] == "y = variable(231), y.grad = variable(1)"
    for name, at in (("t", 1), ("x", 3), ("c", 5)):
        assert lines[at] == f"{name}.grad = variable([[1 1 1]"
        assert lines[at + 1] == " " * 19 + "[1 1 1]])"
    numbers = [[float(w) for w in line.split()] for line in lines[8:11]]
    np.testing.assert_allclose([row[:3] for row in numbers], np.diag([2, 4, 6]))
    assert lines[-1].endswith("True")
