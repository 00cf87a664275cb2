"""Step 34: sin and cos, each the other's derivative, as often as wanted."""

import numpy as np
import pytest
from graphs import functions_behind

import dezero.functions as F
from dezero import Variable
from dezero.gradcheck import check_gradients


@pytest.fixture
def step(load_step):
    return load_step(34)


def classes(y):
    """Return the names of the Functions that led to y, sorted."""
    return sorted(type(func).__name__ for func in functions_behind(y))


@pytest.mark.parametrize("name", ["sin", "cos"])
def test_gradients(step, rng, name):
    check_gradients(getattr(step, name), rng.normal(size=(2, 3)), order=3)


def test_by_hand(step):
    x = Variable(np.array([0.0, np.pi / 2]))
    np.testing.assert_allclose(step.sin(x).data, [0.0, 1.0])
    np.testing.assert_allclose(step.cos(x).data, [1.0, 0.0], atol=1e-15)


@pytest.mark.parametrize("name, first", [("sin", 0), ("cos", 1)])
def test_closed_form(step, rng, name, first):
    x = Variable(rng.uniform(-7, 7, size=20))
    found = step.derivatives(getattr(step, name)(x), x, 9)
    cycle = [np.sin(x.data), np.cos(x.data), -np.sin(x.data), -np.cos(x.data)]
    for n, y in enumerate(found, start=first + 1):
        np.testing.assert_allclose(y.data, cycle[n % 4], rtol=1e-12)


@pytest.mark.parametrize("name", ["sin", "cos"])
def test_the_package_says_and_draws_the_same(step, name):
    x, u = Variable(np.array(0.7)), Variable(np.array(0.7))
    ours = step.derivatives(getattr(step, name)(x), x, 6)
    theirs = step.derivatives(getattr(F, name)(u), u, 6)
    for a, b in zip(ours, theirs):
        assert a.data == b.data
        assert classes(a) == classes(b)


def test_with_the_data_of_x_there_is_no_second_derivative(step):
    """The backward of step 27: its graph ends at an ndarray."""

    class Sin(step.Sin):
        def backward(self, gy):
            return gy * np.cos(self.inputs[0].data)

    x = Variable(np.array(1.0))
    first, second = step.derivatives(Sin()(x), x, 2)
    assert first.data == np.cos(1.0)
    assert second is None


def test_the_picture(step, tmp_path):
    """Each curve has its top a quarter turn left of the one before."""
    x = np.linspace(-1.4 * np.pi, 0.9 * np.pi, 400)
    v = Variable(x)
    y = step.sin(v)
    curves = [c.data for c in (y, *step.derivatives(y, v, 3))]
    tops = [x[np.argmax(values)] for values in curves]
    np.testing.assert_allclose(tops, np.pi / 2 * np.array([1, 0, -1, -2]), atol=0.02)
    step.plot(x, curves, tmp_path / "sin.png")
    assert (tmp_path / "sin.png").read_bytes().startswith(b"\x89PNG")


def test_one_backward_gives_the_whole_curve(step):
    x = Variable(np.linspace(-4, 4, 50))
    step.sin(x).backward()
    np.testing.assert_allclose(x.grad.data, np.cos(x.data), atol=1e-15)


def test_the_exercise(step):
    """Exp finds its result by a weak reference, and is its own derivative."""

    class Exp(step.Function):
        def forward(self, x):
            return np.exp(x)

        def backward(self, gy):
            return gy * self.outputs[0]()

    x = Variable(np.array(1.5))
    for y in step.derivatives(Exp()(x), x, 4):
        assert y.data == np.exp(1.5)


def test_it_prints_one_function_or_two_more_each_order(run_step):
    rows = [line.split() for line in run_step(34).splitlines()[1:9]]
    assert [int(row[-1]) for row in rows] == [2, 4, 5, 7, 8, 10, 11, 13]
    assert all(row[1] == row[2] for row in rows)
