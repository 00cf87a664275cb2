"""A mask in a backward selects: what is masked gets 0, even where gy is infinite.

sqrt and log are infinitely steep at 0. Behind a mask that makes 0 of a number, their
gradient is infinite and must not come through: infinity * 0 would be nan.
"""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable
from dezero.core import AsType, Where
from dezero.gradcheck import check_gradients

INF = np.inf


def images(f):
    """Return f of a row of four numbers as one image of 2 x 2."""
    return lambda x: f(x.reshape(1, 1, 2, 2))


def behind(root, f):
    return lambda x: root(f(x))


# What is masked, x, and the gradient of sqrt(f(x)), by hand: sqrt'(4) is .25, so is
# that of everything that keeps a 4 with slope 1.
MASKS = {
    "relu": (F.relu, [4, -1], [0.25, 0]),
    "leaky_relu": (lambda x: F.leaky_relu(x, 0), [4, -1], [0.25, 0]),
    "clip below": (lambda x: F.clip(x, 0, 9), [4, -1], [0.25, 0]),
    "clip above": (lambda x: F.clip(x, -9, 0) + 4 * (x.data < 0), [0, 1], [INF, 0]),
    "where, left": (lambda x: F.where([True, False], x, 0.0), [4, -1], [0.25, 0]),
    "where, right": (lambda x: F.where([False, True], 0.0, x), [4, -1], [0.25, 0]),
    "abs": (F.abs, [4, 0], [0.25, 0]),
    "abs of a negative": (F.abs, [-4, 0], [-0.25, 0]),
    "max": (lambda x: F.max(x, axis=0), [4, -1], [0.25, 0]),
    "max of zeros": (lambda x: F.max(x, axis=0), [0, -1], [INF, 0]),
    "min of zeros": (lambda x: F.min(x, axis=0), [0, 1], [INF, 0]),
    "x**0": (lambda x: x**0 - 1, [4, -1], [0, 0]),
    "x**[1, 0]": (lambda x: x ** np.array([1, 0]) - [0, 1], [4, -1], [0.25, 0]),
    "std": (lambda x: F.std(x), [2, 2], [0, 0]),
    "norm": (lambda x: F.norm(x), [0, 0], [0, 0]),
    "maximum": (lambda x: F.maximum(x, 0.0), [4, -1], [0.25, 0]),
    "pooling": (images(lambda x: F.pooling(x, 2)), [0, -1, -2, -3], [INF, 0, 0, 0]),
    "pooling, 3 of 4": (
        images(lambda x: F.pooling(x, (1, 2))),
        [0, -1, 4, 1],
        [INF, 0, 0.25, 0],
    ),
    "get_item": (lambda x: x[[0]], [4, 0], [0.25, 0]),
    "max(x, 0) by a tie": (lambda x: F.max(x), [4, 4, 0], [0.125, 0.125, 0]),
}


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("name", MASKS)
def test_behind_a_mask_nothing_infinite_comes_through(name, create_graph):
    f, data, expected = MASKS[name]
    x = Variable(np.array(data, float))
    with np.errstate(divide="ignore"):
        F.sqrt(f(x)).backward(create_graph=create_graph)
    np.testing.assert_allclose(x.grad.data, expected)


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("size", [2, 5000])  # small and large arrays: two ways
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_an_infinite_or_nan_gradient_is_selected_away(dtype, size, create_graph):
    x = Variable(np.resize([1, -1], size).astype(dtype))
    for bad in INF, -INF, np.nan:
        gradient = np.resize([3, bad], size).astype(dtype)
        for f in F.relu, lambda x: F.clip(x, 0, 2), lambda x: F.where(x.data > 0, x, 0):
            x.cleargrad()
            f(x).backward(gradient=gradient, create_graph=create_graph)
            assert x.grad.dtype == dtype
            np.testing.assert_array_equal(x.grad.data, np.resize([3, 0], size))


def test_what_is_not_masked_stays_infinite():
    x = Variable(np.array([1.0, 2.0]))
    F.relu(x).backward(gradient=np.array([INF, 3.0]))
    assert x.grad.data.tolist() == [INF, 3]


def test_the_second_derivative_is_selected_too():
    """sqrt(x) has the second derivative -1/4 * x**-1.5: -1/32 at 4."""
    x = Variable(np.array([4.0, -1.0]))
    with np.errstate(divide="ignore", invalid="ignore"):
        F.sqrt(F.relu(x)).backward(create_graph=True)
        gx = x.grad
        x.cleargrad()
        gx.backward()
    assert x.grad.data.tolist() == [-1 / 32, 0]


def test_dropped_elements_get_no_gradient():
    x = Variable(np.ones(100))
    np.random.seed(0)  # noqa: NPY002
    y = F.dropout(x)
    assert set(y.data.tolist()) == {0.0, 2.0}
    y.backward(gradient=np.where(y.data > 0, 1.0, INF))
    np.testing.assert_array_equal(x.grad.data, y.data)


def test_dropped_infinities_are_0():
    np.random.seed(0)  # noqa: NPY002
    assert set(F.dropout(np.full(100, INF)).data.tolist()) == {0.0, INF}


def test_powers_at_zero():
    """0**c stays 0 as c moves, and x**0 stays 1 as x moves."""
    x, c = np.array([0.0, 0.0, 2.0]), Variable(np.array([2.0, 0.0, 1.0]))
    F.pow(x, c).backward(gradient=np.array([INF, INF, 1.0]))
    np.testing.assert_allclose(c.grad.data, [0, 0, 2 * np.log(2)])
    x, c = Variable(np.array([0.0, 2.0])), Variable(np.array([0.0, 1.0]))
    (x**c).backward(gradient=np.array([INF, 1.0]))
    assert x.grad.data.tolist() == [0, 1]


def test_saturated_units_have_the_slopes_of_their_limits():
    x = Variable(np.array([INF, -3.0]))
    F.elu(x).backward()
    np.testing.assert_allclose(x.grad.data, [1, np.exp(-3)])
    for dtype, big in ("float16", 60000), ("float32", 1e30), ("float64", 1e300):
        x = Variable(np.array([big, -big], dtype))
        y = F.gelu(x)
        y.backward()
        assert (y.data == np.maximum(x.data, 0)).all()
        assert x.grad.data.tolist() == [1, 0]


def test_leaky_relu_without_a_slope_is_relu():
    assert F.leaky_relu(np.array([-INF, -1.0, 2.0]), 0).data.tolist() == [0, 0, 2]


@pytest.mark.parametrize("shape", [(), (3,), (60, 50)])
def test_where_agrees_with_numpy(shape):
    rng = np.random.default_rng(0)
    condition, x0, x1 = rng.normal(size=shape) > 0, *rng.normal(size=(2, *shape))
    for a, b in (x0, x1), (x0, 0), (0, x1), (x0, 2.0), (x0.T, 0), (x0[..., None], 0):
        c = condition.T if a is not x0 and np.shape(a) == shape[::-1] else condition
        c = c[..., None] if np.ndim(a) > len(shape) else c
        np.testing.assert_array_equal(F.where(c, a, b).data, np.where(c, a, b))


def test_gradients_of_where_and_of_a_change_of_dtype():
    condition = np.array([True, False, True])
    check_gradients(
        Where(condition), np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6])
    )
    x = Variable(np.array([1.0, 2.0], np.float32))
    y = AsType(np.float64)(x)
    (y * y).backward()
    assert y.dtype == np.float64 and x.grad.dtype == np.float32
    assert x.grad.data.tolist() == [2, 4]
