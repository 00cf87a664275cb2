"""Step 33: the Hessian by backward, and the same walks as with that by hand."""

import numpy as np
import pytest

from dezero import Variable


@pytest.fixture
def step(load_step):
    return load_step(33)


@pytest.fixture
def by_hand(load_step):
    return load_step(29)


def gradient(f, point):
    """Return the gradient of f at a point, an array."""
    xs = [Variable(np.array(c)) for c in point]
    f(*xs).backward()
    return np.array([float(x.grad) for x in xs])


def measured_hessian(f, point, h=1e-5):
    """Return central differences of the gradient, row by row."""
    rows = []
    for shift in h * np.eye(len(point)):
        ahead, behind = gradient(f, point + shift), gradient(f, point - shift)
        rows.append((ahead - behind) / (2 * h))
    return np.array(rows)


@pytest.mark.parametrize("start", [2.0, 0.7, 0.4, -3.0])
def test_the_iterates_of_step_29(step, by_hand, start):
    expected = by_hand.newton(by_hand.quartic, by_hand.quartic_hessian, (start,), 9)
    walk = step.newton(step.quartic, step.hessian_of(step.quartic), (start,), 9)
    np.testing.assert_allclose(walk, expected, rtol=1e-12, atol=1e-15)
    walk = step.newton_1d(step.quartic, start, 9)
    np.testing.assert_allclose(walk, expected[:, 0], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("start", [(0.0, 2.0), (-1.2, 1.0)])
def test_the_iterates_of_step_29_in_the_valley(step, by_hand, start):
    f, hessian = by_hand.rosenbrock, by_hand.rosenbrock_hessian
    expected = by_hand.newton(f, hessian, start, 5)
    walk = step.newton(step.rosenbrock, step.hessian_of(step.rosenbrock), start, 5)
    np.testing.assert_allclose(walk, expected, rtol=1e-9, atol=1e-12)


def test_quartic_by_hand(step):
    """From 2: x - (4x**3 - 4x) / (12x**2 - 4) = 2 - 24 / 44, and so on to 1."""
    walk = step.newton_1d(step.quartic, 2.0, 7)
    assert walk[0] == 2.0
    assert walk[1] == 2 - 24 / 44
    assert abs(walk[-1] - 1) < 1e-9


def test_it_takes_any_formula(step):
    """x**2 - 6 * x is a parabola: one step to 3."""
    assert step.newton_1d(lambda x: x**2 - 6 * x, 10.0, 1)[-1] == 3.0


@pytest.mark.parametrize("name", ["rosenbrock", "goldstein"])
def test_hessian(step, rng, name):
    f = getattr(step, name)
    for point in rng.normal(size=(4, 2)):
        hessian = step.hessian_of(f)(*point)
        expected = measured_hessian(f, point)
        scale = np.abs(expected).max()
        np.testing.assert_allclose(hessian, expected, rtol=1e-6, atol=1e-7 * scale)
        np.testing.assert_allclose(hessian, hessian.T, rtol=1e-10)


def test_hessian_of_three_coordinates_by_hand(step):
    """x * y * z + x**2: each mixed derivative is the third coordinate."""
    hessian = step.hessian_of(lambda x, y, z: x * y * z + x**2)(2.0, 3.0, 5.0)
    np.testing.assert_allclose(hessian, [[2, 5, 3], [5, 0, 2], [3, 2, 0]])


def test_a_coordinate_without_bend_counts_0(step):
    hessian = step.hessian_of(lambda x, y: x**2 + 3 * y)(2.0, 3.0)
    np.testing.assert_allclose(hessian, [[2, 0], [0, 0]])


def test_the_minimum_of_goldstein(step):
    f = step.goldstein
    for start in (-0.4, -1.1), (0.3, -1.0), (-0.1, -1.3):
        walk = step.newton(f, step.hessian_of(f), start, 7)
        np.testing.assert_allclose(walk[-1], [0.0, -1.0], atol=1e-5)
        assert abs(f(*walk[-1]) - 3.0) < 1e-8
        np.testing.assert_allclose(walk[0], start)


def test_from_further_away_it_often_ends_on_a_saddle_point(step, rng):
    """There the slope is 0, and the curvatures have two signs."""
    f, saddles = step.goldstein, 0
    for start in rng.uniform(-2, 2, size=(12, 2)):
        end = step.newton(f, step.hessian_of(f), start, 40)[-1]
        np.testing.assert_allclose(gradient(f, end), 0, atol=1e-4)
        bends = np.linalg.eigvalsh(step.hessian_of(f)(*end))
        saddles += bends[0] < 0 < bends[1]
    assert 2 <= saddles <= 10


def test_the_exercise(step, rng):
    """The two numbers off the diagonal are equal, always."""
    for point in rng.normal(size=(3, 2)):
        hessian = step.hessian_of(step.goldstein)(*point)
        np.testing.assert_allclose(hessian[0, 1], hessian[1, 0], rtol=1e-10)


def test_the_leaves_of_the_caller_are_left_alone(step):
    x = Variable(np.array(2.0))
    step.hessian_of(lambda y: y**3 * x.data)(1.0)
    assert x.grad is None


def test_it_prints_both_side_by_side(run_step):
    rows = [line.split() for line in run_step(33).splitlines()]
    rows = [row for row in rows if row[0] == "step"]
    assert len(rows) == 7
    assert all(row[2] == row[3] for row in rows)
