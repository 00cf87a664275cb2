"""Step 40: what is stretched gets its gradients added up."""

import itertools

import numpy as np
import pytest

import dezero
from dezero import functions as F
from dezero.core import sum_array_to
from dezero.gradcheck import check_gradients

PAIRS = [  # a shape, and one that it stretches to
    ((1,), (3,)),
    ((), (2, 3)),
    ((3,), (2, 3)),
    ((1, 3), (2, 3)),
    ((2, 1), (2, 3)),
    ((2, 1), (4, 2, 3)),
    ((1, 1), (1, 1)),
    ((2, 3), (2, 3)),
    ((1, 2, 1), (4, 2, 1)),
]
pairs = pytest.mark.parametrize("small, large", PAIRS)


@pytest.fixture
def step(load_step):
    return load_step(40)


def gradients(f, xs, gy):
    """Return y and the gradients of sum(gy * y), as arrays."""
    xs = [dezero.Variable(x) for x in xs]
    y = f(*xs)
    y.grad = dezero.Variable(gy)
    y.backward()
    return [y.data, *(x.grad.data for x in xs)]


def test_by_hand(step):
    x = step.Variable(np.array([1.0, 2.0, 3.0]))
    b = step.Variable(np.array([10.0]))
    y = x + b
    assert y.data.tolist() == [11, 12, 13]
    y.backward()
    assert x.grad.data.tolist() == [1, 1, 1]
    assert b.grad.data.tolist() == [3]
    x.cleargrad(), b.cleargrad()
    (x * b).backward()
    assert x.grad.data.tolist() == [10, 10, 10]
    assert b.grad.data.tolist() == [6]


@pairs
def test_broadcast_to_and_sum_to(step, rng, small, large):
    x, gy = rng.normal(size=small), rng.normal(size=large)
    stretched, gx = gradients(lambda x: step.broadcast_to(x, large), [x], gy)
    np.testing.assert_array_equal(stretched, np.broadcast_to(x, large))
    assert gx.shape == small
    # adding up by hand: every element of x at its places in y
    places = np.broadcast_to(np.arange(x.size).reshape(small), large)
    by_hand = [gy[places == i].sum() for i in range(x.size)]
    np.testing.assert_allclose(gx.ravel(), by_hand)

    summed, ggy = gradients(lambda gy: step.sum_to(gy, small), [gy], x)
    np.testing.assert_allclose(summed, gx)
    np.testing.assert_array_equal(ggy, np.broadcast_to(x, large))


@pairs
@pytest.mark.parametrize("name", ["broadcast_to", "sum_to"])
def test_the_package_says_the_same(step, rng, small, large, name):
    data, shape = (small, large) if name == "broadcast_to" else (large, small)
    data, gy = rng.normal(size=data), rng.normal(size=shape)
    ours = gradients(lambda x: getattr(step, name)(x, shape), [data], gy)
    theirs = gradients(lambda x: getattr(F, name)(x, shape), [data], gy)
    for a, b in zip(ours, theirs):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-12)


@pairs
def test_both_have_second_derivatives(step, rng, small, large):
    check_gradients(lambda x: step.broadcast_to(x, large) ** 3, rng.normal(size=small))
    check_gradients(lambda x: step.sum_to(x**3, small), rng.normal(size=large))


def test_the_same_shape_returns_x_itself(step):
    x = dezero.Variable(np.zeros((2, 3)))
    assert step.broadcast_to(x, (2, 3)) is x
    assert step.sum_to(x, (2, 3)) is x


@pairs
def test_sum_array_to(step, rng, small, large):
    x = rng.normal(size=large)
    found = step.sum_array_to(x, small)
    assert found.shape == small
    np.testing.assert_allclose(found, sum_array_to(x, small), rtol=1e-12)
    if small == large:
        assert found is x


@pytest.mark.parametrize("shape", [(2,), (3, 3), (1, 2, 3)])
def test_sum_to_a_shape_that_does_not_fit(step, shape):
    x = dezero.Variable(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="cannot be summed to it .see step 40."):
        step.sum_to(x, shape)


SHAPES = [(), (3,), (2, 3), (2, 1), (1, 3), (4, 1, 3)]


@pytest.mark.parametrize("shapes", list(itertools.product(SHAPES, SHAPES)), ids=str)
def test_add_and_mul(step, rng, shapes):
    xs = [rng.normal(size=shape) for shape in shapes]
    gy = rng.normal(size=np.broadcast_shapes(*shapes))
    for name in ("add", "mul"):
        ours, theirs = (gradients(getattr(m, name), xs, gy) for m in (step, F))
        for a, b in zip(ours, theirs):
            assert a.shape == b.shape
            np.testing.assert_allclose(a, b, rtol=1e-12)


@pytest.mark.parametrize("shapes", [((3,), (1,)), ((2, 1), (3,)), ((), (2, 2))])
@pytest.mark.parametrize("name", ["add", "mul"])
def test_first_and_second_derivatives(step, rng, name, shapes):
    xs = [rng.normal(size=shape) for shape in shapes]
    check_gradients(lambda a, b: getattr(step, name)(a, b) ** 2, *xs)


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_sum(step, load_step, rng, axis, keepdims):
    data = rng.normal(size=(2, 3))
    gy = rng.normal(size=data.sum(axis=axis, keepdims=keepdims).shape)
    ours, before = (
        gradients(module.Sum(axis, keepdims), [data], gy)
        for module in (step, load_step(39))
    )
    for a, b in zip(ours, before):
        np.testing.assert_array_equal(a, b)
    check_gradients(lambda x: step.Sum(axis, keepdims)(x) ** 3, data)


def test_old_add(step):
    """Right for equal shapes; for others the package says who is wrong, and how."""
    y, gx, gb = gradients(step.OldAdd(), [np.ones(3), np.ones(3)], np.ones(3))
    assert gx.shape == gb.shape == (3,)
    with pytest.raises(ValueError, match=r"input 1 must have .* \(1,\), got \(3,\)"):
        gradients(step.OldAdd(), [np.ones(3), np.ones(1)], np.ones(3))


def test_the_engine_of_step_22_is_silent(load_step):
    """As the text says."""
    old = load_step(22)
    x, b = old.Variable(np.ones(3)), old.Variable(np.ones(1))
    (x + b).backward()
    assert b.grad.shape == (3,)


def test_broadcast_to_copies_nothing(step):
    """As the text says: the sum's gradient is a view."""
    x = np.ones(1)
    assert np.shares_memory(step.BroadcastTo((1000,)).forward(x), x)


def test_measured(step):
    """It would see a wrong gradient."""
    x0, x1 = np.array([1.0, 2.0]), np.array([3.0])
    right = step.measured(step.mul, x0, x1)
    np.testing.assert_allclose(right[0], [3, 3])
    np.testing.assert_allclose(right[1], [3])


def test_the_exercise(step, rng):
    class Maximum(dezero.Function):
        def forward(self, x0, x1):
            return np.maximum(x0, x1)

        def backward(self, gy):
            x0, x1 = self.inputs
            first = x0.data >= x1.data
            return step.sum_to(gy * first, x0.shape), step.sum_to(gy * ~first, x1.shape)

    check_gradients(lambda a, b: Maximum()(a, b), *(rng.normal(size=s) for s in (3, 1)))


def test_the_numbers_printed(run_step):
    lines = run_step(40).splitlines()
    assert lines[3] == "x.grad [1. 1. 1.], b.grad [3.]"
    assert [line.split()[-1] for line in lines[-4:]] == ["True"] * 4
