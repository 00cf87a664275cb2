"""Step 41: the matrix product, its two gradients, and what its graph keeps."""

import numpy as np
import pytest

import dezero
from dezero import functions as F
from dezero.gradcheck import check_gradients

SHAPES = [(2, 3, 4), (1, 1, 1), (5, 1, 3), (1, 4, 1), (3, 3, 3)]
shapes = pytest.mark.parametrize("n, d, k", SHAPES)


@pytest.fixture
def step(load_step):
    return load_step(41)


def test_by_hand(step):
    x = step.Variable(np.array([[1.0, 2.0], [3.0, 4.0]]))
    W = step.Variable(np.array([[5.0, 6.0, 7.0], [8.0, 9.0, 10.0]]))
    y = x @ W
    assert y.data.tolist() == [[21, 24, 27], [47, 54, 61]]
    y.backward()  # of ones: sums of W's rows, and of x's columns
    assert x.grad.data.tolist() == [[18, 27], [18, 27]]
    assert W.grad.data.tolist() == [[4, 4, 4], [6, 6, 6]]


def test_the_sums_in_the_text(step, rng):
    x, W, gy = (rng.normal(size=s) for s in ((2, 3), (3, 4), (2, 4)))
    vx, vW = step.Variable(x), step.Variable(W)
    y = vx @ vW
    y.grad = dezero.Variable(gy)
    y.backward()
    for n in range(2):
        for d in range(3):
            by_hand = sum(gy[n, k] * W[d, k] for k in range(4))
            assert vx.grad.data[n, d] == pytest.approx(by_hand)
    for d in range(3):
        for k in range(4):
            by_hand = sum(x[n, d] * gy[n, k] for n in range(2))
            assert vW.grad.data[d, k] == pytest.approx(by_hand)


@shapes
def test_first_and_second_derivatives(step, rng, n, d, k):
    x, W = rng.normal(size=(n, d)), rng.normal(size=(d, k))
    check_gradients(step.matmul, x, W)
    check_gradients(step.by_steps, x, W)


@shapes
def test_all_ways_are_one(step, rng, n, d, k):
    x, W, gy = (rng.normal(size=s) for s in ((n, d), (d, k), (n, k)))
    found = []
    for f in (step.matmul, step.by_steps, F.matmul):
        vx, vW = dezero.Variable(x), dezero.Variable(W)
        y = f(vx, vW)
        y.grad = dezero.Variable(gy)
        y.backward()
        assert (y.shape, vx.grad.shape, vW.grad.shape) == ((n, k), (n, d), (d, k))
        found.append([y.data, vx.grad.data, vW.grad.data])
    for others in found[1:]:
        for a, b in zip(found[0], others):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def test_the_methods(step, rng, monkeypatch):
    x, W = (rng.normal(size=s) for s in ((2, 3), (3, 4)))
    vx, vW = step.Variable(x), step.Variable(W)
    for y in (vx @ vW, vx @ W, vx.matmul(vW), vx.dot(vW), vW.__rmatmul__(x), x @ vW):
        assert isinstance(y, dezero.Variable)
        np.testing.assert_allclose(y.data, x @ W)
    called = []
    monkeypatch.setattr(step, "matmul", lambda a, b: called.append((a, b)))
    vx @ vW, vx.matmul(vW), vx.dot(vW), vW.__rmatmul__(vx)
    assert called == [(vx, vW)] * 4


def test_shapes_that_do_not_fit(step):
    with pytest.raises(ValueError, match="mismatch"):
        step.matmul(np.zeros((2, 3)), np.zeros((2, 3)))


@pytest.mark.parametrize("n", [2, 5])
def test_kept(step, rng, n):
    """The table and the result against the result alone; leaves and views are free."""
    x, W = (dezero.Variable(rng.normal(size=(n, n))) for _ in range(2))
    assert step.kept(x @ W) == n**2
    assert step.kept(step.by_steps(x, W)) == n**3 + n**2
    assert step.kept(x) == 0
    assert step.kept((x * 2) @ W) == 2 * n**2


def test_the_exercise(step, rng):
    """x @ A @ x.T is (1, 1); its gradient in x is x @ (A + A.T)."""
    x, A = step.Variable(rng.normal(size=(1, 3))), rng.normal(size=(3, 3))
    y = step.matmul(x @ A, x.T)
    assert y.shape == (1, 1)
    y.backward()
    np.testing.assert_allclose(x.grad.data, x.data @ (A + A.T))


def test_the_numbers_printed(run_step):
    lines = run_step(41).splitlines()
    assert lines[0] == "x (2, 3) @ W (3, 4) -> y (2, 4)"
    assert [line.split()[-1] for line in lines[1:4]] == ["True"] * 3
    for n, line in zip((10, 20, 40, 80), lines[-4:]):
        numbers = [int(word.replace(",", "")) for word in line.split()]
        assert numbers == [n, n**3 + n**2, n**2]
