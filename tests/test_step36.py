"""Step 36: a gradient in a formula, in a penalty, and times a vector."""

import numpy as np
import pytest

from dezero import Variable


@pytest.fixture
def step(load_step):
    return load_step(36)


@pytest.mark.parametrize("value", [2.0, -1.5, 0.0])
def test_z(value):
    """z = (dy/dx)**3 + y = 8 * x**3 + x**2, so dz/dx = 24 * x**2 + 2 * x."""
    x = Variable(np.array(value))
    y = x**2
    y.backward(create_graph=True)
    z = x.grad**3 + y
    x.cleargrad()
    z.backward()
    assert z.data == 8 * value**3 + value**2
    assert x.grad.data == 24 * value**2 + 2 * value


def test_polynomial(step):
    assert step.polynomial([1.0, 2.0, 3.0], 2.0) == 1 + 4 + 12
    weights = [Variable(np.array(w)) for w in (1.0, 2.0, 3.0)]
    y = step.polynomial(weights, Variable(np.array(2.0)))
    y.backward()
    assert y.data == 17.0
    assert [w.grad.data for w in weights] == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("penalty", [0.0, 1e-4, 1e-2, 1.0])
def test_fit_is_least_squares(step, penalty):
    """The same loss written as one system of equations, solved by NumPy."""
    xs, places = np.linspace(-1, 1, 7), np.linspace(-1, 1, 21)
    ts = step.bell(xs)
    powers = np.arange(7)
    values = xs[:, None] ** powers
    slopes = powers * places[:, None] ** np.maximum(powers - 1, 0)
    system = np.vstack([values, np.sqrt(penalty) * slopes])
    goal = np.concatenate([ts, np.zeros(21)])
    expected = np.linalg.lstsq(system, goal, rcond=None)[0]
    weights = step.fit(xs, ts, penalty)
    np.testing.assert_allclose(weights, expected, rtol=1e-7, atol=1e-7)


def test_one_step_of_newton_is_enough(step, monkeypatch):
    paths = []

    def newton(*arguments):
        paths.append(real(*arguments))
        return paths[-1]

    real = step.newton
    monkeypatch.setattr(step, "newton", newton)
    xs = np.linspace(-1, 1, 11)
    step.fit(xs, step.bell(xs), 1e-4)
    assert [len(path) for path in paths] == [2]


def test_the_penalty_calms_the_curve(step):
    xs, fine = np.linspace(-1, 1, 11), np.linspace(-1, 1, 401)
    wild, calm, flat = (
        step.polynomial(step.fit(xs, step.bell(xs), penalty), fine)
        for penalty in (0.0, 1e-4, 1e-2)
    )
    assert wild.max() == pytest.approx(1.96, abs=0.005)
    assert abs(wild - step.bell(fine)).max() > 10 * abs(calm - step.bell(fine)).max()
    steepest = [abs(np.diff(y)).max() for y in (wild, calm, flat)]
    assert steepest == sorted(steepest, reverse=True)


def test_hvp_by_hand(step):
    """At (-1.2, 1) the Hessian is [[1330, 480], [480, 200]]."""
    hessian = step.rosenbrock_hessian(-1.2, 1.0)
    np.testing.assert_allclose(hessian, [[1330, 480], [480, 200]])
    product = step.hvp(step.rosenbrock, (-1.2, 1.0), (1.0, 2.0))
    np.testing.assert_allclose(product, [2290, 880])


def test_hvp_is_the_explicit_hessian(step, rng):
    for point, v in rng.normal(size=(5, 2, 2)):
        product = step.hvp(step.rosenbrock, point, v)
        np.testing.assert_allclose(product, step.rosenbrock_hessian(*point) @ v)
        np.testing.assert_allclose(
            product, step.hessian_of(step.rosenbrock)(*point) @ v, rtol=1e-10
        )


def test_hvp_of_a_coordinate_without_bend(step):
    product = step.hvp(lambda x, y: x**2 + 3 * y, (2.0, 5.0), (7.0, 11.0))
    np.testing.assert_allclose(product, [14, 0])


@pytest.mark.parametrize("n", [2, 3, 30])
def test_the_chain(step, rng, n):
    point, v = rng.normal(size=(2, n))
    explicit = step.chain_hessian(*point)
    np.testing.assert_allclose(
        step.hessian_of(step.chain)(*point), explicit, rtol=1e-10, atol=1e-10
    )
    product = step.hvp(step.chain, point, v)
    np.testing.assert_allclose(product, explicit @ v, rtol=1e-10, atol=1e-9)


def test_hvp_is_the_slope_of_the_gradient_along_v(step, rng):
    f, h = step.chain, 1e-6
    point, v = rng.normal(size=(2, 4))
    _, ahead = step.gradient(f, point + h * v)
    _, behind = step.gradient(f, point - h * v)
    slope = (ahead - behind) / (2 * h)
    np.testing.assert_allclose(step.hvp(f, point, v), slope, rtol=1e-5)


def test_it_prints_100(run_step):
    lines = run_step(36).splitlines()
    assert lines[0] == "z = 68, dz/dx = 100"
    assert lines[-1].endswith("True")
