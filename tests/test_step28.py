"""Step 28: gradient descent, and what the learning rate does to it."""

import numpy as np
import pytest
from matplotlib.figure import Figure

import dezero
from dezero import core_simple

START = (0.0, 2.0)


@pytest.fixture
def step(load_step):
    return load_step(28)


def slope(x, y):
    """Return the gradient of Rosenbrock's function, by formula."""
    return np.array([-400 * x * (y - x**2) + 2 * (x - 1), 200 * (y - x**2)])


def bowl(x, y):
    """Lowest at (3, -1); it bends by 2 along x and by 8 along y."""
    return (x - 3) ** 2 + 4 * (y + 1) ** 2


def test_rosenbrock_by_hand(step):
    assert step.rosenbrock(1.0, 1.0) == 0.0
    assert step.rosenbrock(0.0, 2.0) == 401.0
    assert step.rosenbrock(2.0, 3.0) == 101.0


def test_one_formula_for_floats_arrays_and_variables(step):
    grid = np.meshgrid([0.0, 1.0], [1.0, 2.0])
    np.testing.assert_allclose(step.rosenbrock(*grid), [[101, 0], [401, 100]])
    for module in (core_simple, dezero):
        boxes = [module.Variable(values) for values in grid]
        np.testing.assert_allclose(step.rosenbrock(*boxes).data, [[101, 0], [401, 100]])


def test_one_step_by_hand(step):
    """At (0, 2) the gradient is (-2, 400)."""
    path = step.descend(step.rosenbrock, START, 0.0015, 1)
    np.testing.assert_allclose(path, [[0, 2], [0.003, 1.4]])


def test_each_step_goes_against_the_gradient(step):
    path = step.descend(step.rosenbrock, (-0.5, 1.0), 0.001, 20)
    assert path.shape == (21, 2)
    for point, after in zip(path, path[1:]):
        np.testing.assert_allclose(after, point - 0.001 * slope(*point), atol=1e-14)


def test_the_gradients_do_not_add_up(step):
    """Two steps are one and one: no gradient is left from the first."""
    whole = step.descend(bowl, (0.0, 0.0), 0.1, 2)
    first = step.descend(bowl, (0.0, 0.0), 0.1, 1)
    second = step.descend(bowl, first[-1], 0.1, 1)
    np.testing.assert_allclose(whole[-1], second[-1])


def test_a_bowl_by_hand(step):
    """Along x the distance shrinks by 1 - 0.1 * 2 a step, along y by 1 - 0.1 * 8."""
    path = step.descend(bowl, (0.0, 0.0), 0.1, 5)
    expected = [[3 - 3 * 0.8**n, -1 + 0.2**n] for n in range(6)]
    np.testing.assert_allclose(path, expected)


@pytest.mark.parametrize("start", [(4,), (4.0,), [4.0]])
def test_one_coordinate_and_whole_numbers(step, start):
    path = step.descend(lambda x: x**2, start, 0.25, 2)
    np.testing.assert_allclose(path, [[4], [2], [1]])


def test_the_start_is_left_alone(step):
    start = np.array([0.0, 0.0])
    step.descend(bowl, start, 0.1, 3)
    np.testing.assert_array_equal(start, [0, 0])


@pytest.mark.long  # the program prints these walks, too
def test_three_rates(step):
    """One creeps, one arrives, one is thrown from wall to wall."""
    f = step.rosenbrock
    heights = {
        lr: f(*step.descend(f, START, lr, 2000).T) for lr in (0.0001, 0.0015, 0.005)
    }
    ends = [height[-1] for height in heights.values()]
    np.testing.assert_allclose(ends, [0.389, 0.0112, 0.718], rtol=0.02)
    assert (np.diff(heights[0.0015]) < 0).all()
    assert heights[0.0015][10] < 1.2  # down in the valley after ten steps
    rises = np.diff(heights[0.005]) > 0
    assert rises[-1000:].sum() > 400
    assert heights[0.005][1000:].min() > 0.3


def test_the_condition_number():
    """The curvatures at (1, 1), and the rate from which a step overshoots."""
    along, across = np.linalg.eigvalsh([[802, -400], [-400, 200]])
    assert 2400 < across / along < 2600
    assert 0.00199 < 2 / across < 0.002


@pytest.mark.parametrize("lr, arrives", [(0.0019, True), (0.0021, False)])
def test_no_rate_above_2_thousandths(lr, arrives):
    """By formula, as 40,000 steps of backward would take long."""
    point = np.array([0.99, 0.99])
    for _ in range(40_000):
        point = point - lr * slope(*point)
    assert bool(np.linalg.norm(point - 1) < 0.001) is arrives


def test_what_to_write_with_the_package():
    """There a gradient is a Variable; the error says how to take its data."""
    x = dezero.Variable(np.array(2.0))
    (x**2).backward()
    with pytest.raises(TypeError, match=r"x\.data -= lr \* x\.grad\.data .*step 32"):
        x.data -= 0.1 * x.grad
    assert x.data == 2.0
    x.data -= 0.1 * x.grad.data
    assert x.data == 2.0 - 0.1 * 4.0


def test_the_picture(step):
    axes = Figure().add_subplot()
    step.draw_valley(axes, step.rosenbrock)
    path = np.array([[0.0, 2.0], [0.1, 1.0], [0.2, 0.5]])
    step.draw_path(axes, path, "tab:red", [1])
    drawn = [line.get_xydata().tolist() for line in axes.lines]
    assert drawn == [[[1, 1]], path.tolist(), [[0, 2]], [[0.1, 1]]]
    texts = [text.get_text() for text in axes.texts]
    assert texts == ["minimum", "start", "1"]


def test_the_heights_are_drawn_on_a_log_scale(step):
    axes = Figure().add_subplot()
    step.draw_heights(axes, {0.1: np.array([4.0, 1.0]), 0.2: np.array([4.0, 2.0])})
    assert [line.get_ydata().tolist() for line in axes.lines] == [[4, 1], [4, 2]]
    assert axes.get_yscale() == "log"


def test_the_numbers_printed(run_step):
    lines = run_step(28).splitlines()
    assert lines[1].split("  ")[-3:] == ["(0.00, 2.00)"] * 3
    assert lines[5].split("  ")[-3:] == ["(0.38, 0.14)", "(0.89, 0.80)", "(0.53, 0.21)"]
    assert lines[6] == "heights at the end: 0.39, 0.01, 0.72"
