"""Step 29: Newton's method with second derivatives written by hand."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from dezero import Variable


@pytest.fixture
def step(load_step):
    return load_step(29)


def gradient(f, point):
    """Return the gradient of f at a point, an array."""
    xs = [Variable(np.array(c)) for c in point]
    f(*xs).backward()
    return np.array([float(x.grad) for x in xs])


def measured_hessian(f, point, h=1e-5):
    """Return central differences of the gradient, one column a coordinate."""
    columns = []
    for shift in h * np.eye(len(point)):
        ahead, behind = (gradient(f, point + sign * shift) for sign in (1, -1))
        columns.append((ahead - behind) / (2 * h))
    return np.array(columns).T


@pytest.mark.parametrize(
    "name, points",
    [
        ("quartic", [(2.0,), (0.3,), (-1.0,)]),
        ("rosenbrock", [(0.0, 2.0), (1.0, 1.0), (-1.2, 1.0), (0.7, -0.4)]),
    ],
)
def test_the_hessians(step, name, points):
    f, hessian = getattr(step, name), getattr(step, name + "_hessian")
    for point in points:
        point = np.array(point)
        by_hand = hessian(*point)
        assert by_hand.shape == (len(point), len(point))
        np.testing.assert_allclose(
            by_hand, measured_hessian(f, point), rtol=1e-6, atol=1e-5
        )


def test_one_step_by_hand(step):
    """f' = 24 and f'' = 44 at 2."""
    path = step.newton(step.quartic, step.quartic_hessian, (2.0,), 1)
    np.testing.assert_allclose(path, [[2], [2 - 24 / 44]])


def test_a_parabola_takes_one_step(step):
    """Of two coordinates, and with a Hessian that is not diagonal."""

    def f(x, y):
        return (x - 3) ** 2 + x * y + 2 * (y + 1) ** 2

    def hessian(x, y):
        return np.array([[2.0, 1.0], [1.0, 4.0]])

    path = step.newton(f, hessian, (9.0, 9.0), 1)
    assert path.shape == (2, 2)
    np.testing.assert_allclose(gradient(f, path[1]), [0, 0], atol=1e-12)


def test_each_step_doubles_the_digits(step):
    """Near 1 the error is squared: f''' / (2 * f'') = 24 / 16 times its square."""
    path = step.newton(step.quartic, step.quartic_hessian, (2.0,), 6)
    errors = np.abs(path[:, 0] - 1)
    ratio = errors[3:] / errors[2:-1] ** 2
    np.testing.assert_allclose(ratio[-2:], 1.5, rtol=0.02)


def test_handfuls_against_hundreds(step):
    fast = step.newton(step.quartic, step.quartic_hessian, (2.0,), 6)
    slow = step.descend(step.quartic, (2.0,), 0.01, 200)
    near = [np.argmax(np.abs(path[:, 0] - 1) < 1e-6) for path in (fast, slow)]
    assert near == [6, 153]


def test_the_walk_leaves_the_valley_and_lands_beside_the_minimum(step):
    f = step.rosenbrock
    jumps = step.newton(f, step.rosenbrock_hessian, (0.0, 2.0), 4)
    heights = f(*jumps.T)
    assert heights[2] > 50 * heights[1]
    assert heights[3] < 1e-5
    assert np.linalg.norm(jumps[3] - 1) < 0.01
    assert heights[4] < 1e-9


def test_newton_climbs_where_the_second_derivative_is_negative(step):
    path = step.newton(step.quartic, step.quartic_hessian, (-0.3,), 6)
    heights = step.quartic(path[:, 0])
    assert heights[-1] > heights[0]
    assert abs(path[-1, 0]) < 1e-9


def test_it_stays_at_a_minimum(step):
    path = step.newton(step.quartic, step.quartic_hessian, (1.0,), 3)
    np.testing.assert_array_equal(path, [[1.0]] * 4)


def test_the_exercise(step):
    """f'' changes its sign at 1 / sqrt(3), between the two starts."""
    leaps = {}
    for start in (0.577, 0.578):
        path = step.newton(step.quartic, step.quartic_hessian, (start,), 30)
        leaps[start] = path[1, 0] - start, path[-1, 0]
    assert leaps[0.577][0] < -100 and leaps[0.578][0] > 100
    np.testing.assert_allclose([leaps[start][1] for start in leaps], [-1, 1])
    assert step.quartic_hessian(1 / np.sqrt(3)) == pytest.approx(0, abs=1e-12)


def test_the_parabolas_in_the_picture(step):
    """Each touches f where its step starts and is lowest where it ends."""
    path = step.newton(step.quartic, step.quartic_hessian, (2.0,), 6)
    axes = Figure().add_subplot()
    step.draw_parabolas(axes, step.quartic, step.quartic_hessian, path)
    parabolas = [line for line in axes.lines if line.get_linestyle() == "--"]
    assert len(parabolas) == 3
    for line, (a,), (b,) in zip(parabolas, path, path[1:]):
        x, y = line.get_data()
        np.testing.assert_allclose((x[-1], y[-1]), (a, step.quartic(a)))
        drawn = np.polyfit(x, y, 2)
        assert drawn[0] > 0
        np.testing.assert_allclose(-drawn[1] / (2 * drawn[0]), b, rtol=1e-6)
        slope = np.polyval(np.polyder(drawn), a)
        np.testing.assert_allclose(slope, 4 * a**3 - 4 * a, rtol=1e-5)


def test_the_numbers_printed(run_step):
    lines = run_step(29).splitlines()
    assert lines[1].split() == ["0", "1e+00", "1e+00"]
    assert lines[7].split() == ["6", "2e-12", "3e-01"]
    assert "after 153 steps" in lines[8]
    assert lines[9] == "from -0.3 Newton climbs to the hilltop at 0.0000"
    assert lines[10].endswith("4 steps of Newton: 2e-10")
    assert lines[11].endswith("2,000 steps of descent: 1e-02")
