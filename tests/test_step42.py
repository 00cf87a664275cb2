"""Step 42: a line fitted to points, and a loss that keeps nothing."""

import tracemalloc

import numpy as np
import pytest
from matplotlib.image import imread

import dezero
from dezero import functions as F
from dezero.gradcheck import check_gradients


@pytest.fixture
def step(load_step):
    return load_step(42)


@pytest.fixture
def spring(rng):
    x = rng.uniform(0, 5, size=(20, 1))
    return x, 10 + 1.5 * x + rng.normal(0, 0.5, size=(20, 1))


def losses(step):
    return (
        step.mean_squared_error,
        step.mean_squared_error_simple,
        F.mean_squared_error,
        F.mean_squared_error_simple,
    )


def test_by_hand(step):
    """Differences 1, 2, -3: (1 + 4 + 9) / 3, and 2 / 3 of each."""
    for loss_function in losses(step):
        p = dezero.Variable(np.array([[2.0], [4.0], [0.0]]))
        y = dezero.Variable(np.array([[1.0], [2.0], [3.0]]))
        loss = loss_function(p, y)
        assert loss.shape == () and float(loss.data) == pytest.approx(14 / 3)
        loss.backward()
        by_hand = np.array([[2 / 3], [4 / 3], [-2.0]])
        np.testing.assert_allclose(p.grad.data, by_hand)
        np.testing.assert_allclose(y.grad.data, -by_hand)


@pytest.mark.parametrize("shape", [(5, 1), (4,), (3, 2)])
def test_derivatives(step, rng, shape):
    """N is the length of the first axis, for (3, 2) as well."""
    p, y = rng.normal(size=(2, *shape))
    for loss_function in losses(step):
        value = loss_function(dezero.Variable(p), y).data
        np.testing.assert_allclose(value, ((p - y) ** 2).sum() / shape[0])
        check_gradients(loss_function, p, y)


def test_one_function_keeps_nothing(step, rng):
    p = dezero.Variable(rng.normal(size=(20, 1)))
    y = rng.normal(size=(20, 1))
    assert step.kept_between(step.mean_squared_error(p, y), p) == (1, 0)
    simple = step.mean_squared_error_simple(p, y)
    assert step.kept_between(simple, p) == (4, 41)
    names, v = [], simple
    while v is not p:
        names.append(type(v.creator).__name__)
        v = v.creator.inputs[0]
    assert names == ["Div", "Sum", "Pow", "Sub"]


def test_the_memory_is_really_free(step):
    """8 MB each: p alone for one Function; the differences and squares besides."""
    y = np.zeros((1_000_000, 1))
    p = dezero.Variable(np.ones_like(y))
    held = {}
    for f in (step.mean_squared_error, step.mean_squared_error_simple):
        tracemalloc.start()
        loss = f(p, y)
        held[f.__name__] = tracemalloc.get_traced_memory()[0] / 8e6
        tracemalloc.stop()
        del loss
    assert held["mean_squared_error"] < 0.1
    assert 1.9 < held["mean_squared_error_simple"] < 2.1


def test_predict(step):
    W, b = dezero.Variable(np.array([[2.0]])), dezero.Variable(np.array([1.0]))
    p = step.predict(np.array([[3.0], [5.0]]), W, b)
    assert p.data.tolist() == [[7], [11]]


def test_one_step_by_hand(step):
    """p is 0 at first: the gradients are -2 * mean(x * y) and -2 * mean(y)."""
    x, y = np.array([[1.0], [3.0]]), np.array([[2.0], [4.0]])
    path = step.fit(x, y, rate=0.1, steps=1)
    assert path[0] == (10.0, [[0.0]], [0.0])
    loss, W, b = path[1]
    np.testing.assert_allclose([W[0, 0], b[0]], [0.2 * 7, 0.2 * 3])
    np.testing.assert_allclose(loss, ((2 - 2.0) ** 2 + (4 - 4.8) ** 2) / 2)


def test_the_walk_arrives_at_least_squares(step, spring):
    x, y = spring
    path = step.fit(x, y, steps=2000)
    columns = np.hstack([x, np.ones_like(x)])
    best, *_ = np.linalg.lstsq(columns, y, rcond=None)
    _, W, b = path[-1]
    np.testing.assert_allclose([W[0, 0], b[0]], best[:, 0], rtol=1e-8)
    falling = [loss for loss, _, _ in path[:300]]
    assert all(a > b for a, b in zip(falling, falling[1:]))


def test_the_package_fits_the_same(step, spring, monkeypatch):
    ours = step.fit(*spring, steps=30)
    monkeypatch.setattr(step, "mean_squared_error", F.mean_squared_error)
    for a, b in zip(ours, step.fit(*spring, steps=30)):
        np.testing.assert_allclose(a[0], b[0], rtol=1e-12)


def test_the_trap(step, rng):
    """(N, 1) with (N,): the step fits nonsense, the package refuses."""
    x = rng.uniform(0, 5, size=(20, 1))
    y = (10 + 1.5 * x).ravel()
    p = step.predict(x, dezero.Variable(np.ones((1, 1))), dezero.Variable(np.ones(1)))
    assert (p - y).shape == (20, 20)
    with pytest.raises(ValueError, match=r"\(20, 1\) and \(20,\)"):
        F.mean_squared_error(p, y)


@pytest.mark.long
def test_the_exercise(step, spring):
    """One wrong length by 20 moves the line; the other loss hardly minds."""
    x, y = spring
    wrong = y.copy()
    wrong[0] += 20

    def robust(p, y):
        return (((p - y) ** 2 + 1) ** 0.5).sum() / len(p)

    def line(y, loss_function):
        step.mean_squared_error = loss_function
        _, W, b = step.fit(x, y, steps=3000)[-1]
        return np.linspace(0, 5, 6) * W[0, 0] + b[0]

    squared = step.mean_squared_error
    moved = {f: abs(line(y, f) - line(wrong, f)).max() for f in (squared, robust)}
    assert moved[robust] < 0.2 < 1 < moved[squared]


def test_the_picture(step, spring, tmp_path):
    file = tmp_path / "line.png"
    step.draw(*spring, step.fit(*spring, steps=61), file)
    image = imread(file)[..., :3]
    assert 0.005 < (image.min(axis=2) < 0.9).mean() < 0.3


def test_the_numbers_printed(run_step):
    lines = run_step(42).splitlines()
    fitted, formula = (
        [float(word) for word in lines[at].split()[-2:]] for at in (5, 6)
    )
    np.testing.assert_allclose(fitted, formula, atol=3e-4)
    falling = [float(line.split()[1]) for line in lines[1:6]]
    assert falling == sorted(falling, reverse=True) and falling[-1] < 0.2
    assert lines[8].split() == ["mean_squared_error_simple", "4", "41"]
    assert lines[9].split() == ["mean_squared_error", "1", "0"]
