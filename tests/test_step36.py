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


def test_one_step_of_newton_is_enough(step):
    """At the end of fit's only step the gradient of the sum is 0."""
    xs, places = np.linspace(-1, 1, 11), np.linspace(-1, 1, 21)
    ts, powers = step.bell(xs), np.arange(11)
    values = xs[:, None] ** powers
    slopes = powers * places[:, None] ** np.maximum(powers - 1, 0)
    w = step.fit(xs, ts, 1e-4)
    gradient = 2 * values.T @ (values @ w - ts) + 2e-4 * slopes.T @ (slopes @ w)
    np.testing.assert_allclose(gradient, 0, atol=1e-9)


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


def chain(step):
    """Return the sum of rosenbrock over all pairs of neighbours, as a function."""
    return lambda *xs: sum(step.rosenbrock(a, b) for a, b in zip(xs, xs[1:]))


@pytest.mark.parametrize("n", [2, 3, 30])
def test_the_exercise(step, rng, n):
    """The Hessian of the chain: 2 x 2 blocks that overlap."""
    point, v = rng.normal(size=(2, n))
    explicit = np.zeros((n, n))
    for i, (a, b) in enumerate(zip(point, point[1:])):
        explicit[i : i + 2, i : i + 2] += step.rosenbrock_hessian(a, b)
    hessian = step.hessian_of(chain(step))(*point)
    np.testing.assert_allclose(hessian, explicit, rtol=1e-10, atol=1e-10)
    product = step.hvp(chain(step), point, v)
    np.testing.assert_allclose(product, explicit @ v, rtol=1e-10, atol=1e-9)


def test_hvp_needs_two_passes(step, monkeypatch):
    """However many numbers there are; a Hessian needs one more for each."""
    passes, backward = [], Variable.backward

    def counted(self, **options):
        passes.append(self)
        return backward(self, **options)

    monkeypatch.setattr(Variable, "backward", counted)
    point = np.linspace(0, 1, 20)
    step.hvp(chain(step), point, np.ones(20))
    assert len(passes) == 2
    passes.clear()
    step.hessian_of(chain(step))(*point)
    assert len(passes) == 21


def test_hvp_is_the_slope_of_the_gradient_along_v(step, rng):
    f, h = chain(step), 1e-6
    point, v = rng.normal(size=(2, 4))

    def gradient(point):
        xs = [Variable(np.array(c)) for c in point]
        f(*xs).backward()
        return np.array([x.grad.data for x in xs])

    slope = (gradient(point + h * v) - gradient(point - h * v)) / (2 * h)
    np.testing.assert_allclose(step.hvp(f, point, v), slope, rtol=1e-5)


def test_it_prints_100(run_step):
    lines = run_step(36).splitlines()
    assert lines[0] == "z = 68, dz/dx = 100"
    assert lines[-1] == "H @ v: [2290.  880.] by hand [2290.  880.]"
