"""Step 28: gradient descent, with a fixed rate and with one chosen by backtracking."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from dezero import Variable, gradcheck

START = (0.0, 2.0)


@pytest.fixture
def step(load_step):
    return load_step(28)


@pytest.fixture
def quick(step):
    """Return the step with Rosenbrock's gradient by formula, for long walks."""

    def gradient(f, point):
        x, y = point
        slope = [-400 * x * (y - x**2) + 2 * (x - 1), 200 * (y - x**2)]
        return f(x, y), np.array(slope)

    step.gradient = gradient
    return step


def bowl(x, y):
    """Lowest at (3, -1); it bends by 2 along x and by 8 along y."""
    return (x - 3) ** 2 + 4 * (y + 1) ** 2


def test_rosenbrock_by_hand(step):
    assert step.rosenbrock(1.0, 1.0) == 0.0
    assert step.rosenbrock(0.0, 2.0) == 401.0
    assert step.rosenbrock(2.0, 3.0) == 101.0


@pytest.mark.parametrize("point", [(0.0, 2.0), (1.0, 1.0), (-1.2, 1.0)])
def test_gradient(step, point):
    height, slope = step.gradient(step.rosenbrock, point)
    x, y = point
    assert height == step.rosenbrock(x, y)
    by_hand = [-400 * x * (y - x**2) + 2 * (x - 1), 200 * (y - x**2)]
    np.testing.assert_allclose(slope, by_hand, atol=1e-12)
    measured = [
        gradcheck.numerical_grad(lambda v: step.rosenbrock(v, y), np.array(x)),
        gradcheck.numerical_grad(lambda v: step.rosenbrock(x, v), np.array(y)),
    ]
    np.testing.assert_allclose(slope, measured, rtol=1e-6, atol=1e-5)


def test_gradient_takes_any_number_of_coordinates(step):
    height, slope = step.gradient(lambda x: x**3, [2.0])
    assert (height, slope.tolist()) == (8.0, [12.0])


def test_one_step_by_hand(step):
    """At (0, 2) the gradient is (-2, 400)."""
    path = step.descend(step.rosenbrock, START, rate=0.0015, limit=1)
    np.testing.assert_allclose(path, [[0, 2], [0.003, 1.4]])


def test_descend_ends_at_the_tolerance(step):
    path = step.descend(bowl, (0.0, 0.0), rate=0.1, tolerance=1e-6)
    lengths = [np.linalg.norm(step.gradient(bowl, point)[1]) for point in path]
    assert lengths[-1] < 1e-6 <= min(lengths[:-1])
    np.testing.assert_allclose(path[-1], [3, -1], atol=1e-6)


def test_descend_ends_at_the_limit(step):
    assert len(step.descend(bowl, (0.0, 0.0), rate=1e-6, limit=5)) == 6
    path = step.descend(bowl, (3.0, -1.0))  # already there
    np.testing.assert_array_equal(path, [[3, -1]])


def test_descend_leaves_its_start_alone(step):
    start = np.array([0.0, 0.0])
    step.descend(bowl, start, rate=0.1)
    np.testing.assert_array_equal(start, [0, 0])


@pytest.mark.parametrize("point", [(0.0, 2.0), (0.5, 0.2), (-1.2, 1.0)])
def test_backtrack_takes_the_first_rate_that_pays(step, point):
    f, point = step.rosenbrock, np.array(point)
    height, slope = step.gradient(f, point)

    def pays(rate):
        return f(*(point - rate * slope)) <= height - rate * slope @ slope / 2

    rate = step.backtrack(f, point, height, slope)
    tried = 0.5 ** np.arange(30)
    assert rate == next(r for r in tried if pays(r))
    assert rate < 1


@pytest.mark.parametrize("bend, rate", [(0.5, 1), (1, 1), (1.01, 0.5), (7, 0.125)])
def test_backtrack_goes_no_further_than_to_the_vertex(step, bend, rate):
    """For bend / 2 * x**2 that is a rate of 1 / bend."""

    def f(x):
        return bend / 2 * x**2

    found = step.backtrack(f, np.array([1.0]), f(1.0), np.array([float(bend)]))
    assert found == rate <= 1 / bend


def test_every_step_goes_down(quick):
    path = quick.descend(quick.rosenbrock, START)
    heights = quick.rosenbrock(*path.T)
    assert (np.diff(heights) < 0).all()
    np.testing.assert_allclose(path[-1], [1, 1], atol=3e-3)


def test_what_the_text_says(quick):
    """Curvatures, the rate that is too large, the count of values tried."""
    f = quick.rosenbrock
    along, across = np.linalg.eigvalsh([[802, -400], [-400, 200]])
    assert 2400 < across / along < 2600
    assert 0.00199 < 2 / across < 0.002
    far = [
        np.linalg.norm(quick.descend(f, (0.99, 0.99), rate)[-1] - 1)
        for rate in (0.0019, 0.0021)
    ]
    assert far[0] < 0.01 < far[1]

    values = 0

    def counted(x, y):
        nonlocal values
        values += 1
        return f(x, y)

    path = quick.descend(counted, START)
    values -= len(path)  # one a point, for its height
    assert len(path) - 1 == 719
    assert 8.5 < values / 719 < 9.5

    # one long step of the chosen rates is hundreds of the fixed
    fixed = quick.descend(f, START, rate=0.0015)
    long = np.linalg.norm(np.diff(path, axis=0), axis=1)[3:].argmax() + 3
    between = (fixed[:, 0] > path[long, 0]) & (fixed[:, 0] < path[long + 1, 0])
    assert between.sum() > 500


def test_the_exercise(quick):
    """Beginning with twice the last rate: fewer values of f, more steps."""
    values = {"one": 0, "twice": 0}
    kind, last = "one", 1.0

    def counted(x, y):
        values[kind] += 1
        return quick.rosenbrock(x, y)

    def from_twice(f, point, height, slope):
        nonlocal last
        last *= 2
        while f(*(point - last * slope)) > height - last * slope @ slope / 2:
            last /= 2
        return last

    before = quick.descend(counted, START, limit=9999)
    kind, quick.backtrack = "twice", from_twice
    after = quick.descend(counted, START, limit=9999)
    assert len(after) > len(before)
    per_step = [values["one"] / len(before), values["twice"] / len(after)]
    assert per_step[1] < per_step[0] / 2


def test_the_picture(step):
    axes = Figure().add_subplot()
    step.draw_valley(axes, step.rosenbrock)
    path = np.array([[0.0, 2.0], [0.1, 1.0], [0.2, 0.5]])
    step.draw_path(axes, path, "tab:red", [1])
    drawn = [line.get_xydata().tolist() for line in axes.lines]
    assert drawn == [[[1, 1]], path.tolist(), [[0, 2]], [[0.1, 1]]]
    texts = [text.get_text() for text in axes.texts]
    assert texts == ["minimum", "start", "1"]


def test_the_numbers_printed(run_step):
    lines = run_step(28).splitlines()
    assert lines[1].split("  ")[-2:] == ["(0.0000, 2.0000)"] * 2
    assert lines[5].startswith(" 719") and lines[5].endswith("(0.9989, 0.9979)")
    assert lines[6] == "2000  (0.8942, 0.7991)"
    assert lines[8] == "rate chosen: ends at height 0.000001, slope 0.0010"


def test_variables_are_not_needed_to_draw(step):
    """One formula for floats, arrays and Variables."""
    grid = np.meshgrid([0.0, 1.0], [1.0, 2.0])
    heights = step.rosenbrock(*grid)
    boxes = [Variable(values) for values in grid]
    np.testing.assert_allclose(heights, [[101, 0], [401, 100]])
    np.testing.assert_allclose(step.rosenbrock(*boxes).data, heights)
