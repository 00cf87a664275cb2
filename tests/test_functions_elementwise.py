"""Functions of one element: values and slopes by hand, at the points that matter."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable
from dezero.gradcheck import check_gradients

# None of these is near a bend or a pole of any function below; 0.5 to 2 apart.
POSITIVE = np.array([[0.5, 2.0, 1.25], [3.0, 0.75, 1.5]])
MIXED = np.array([[-2.0, 0.5, 1.25], [3.0, -0.75, -1.5]])

FUNCTIONS = {  # name: (f, a sample to differentiate at)
    "exp": (F.exp, MIXED),
    "log": (F.log, POSITIVE),
    "sqrt": (F.sqrt, POSITIVE),
    "abs": (F.abs, MIXED),
    "sin": (F.sin, MIXED),
    "cos": (F.cos, MIXED),
    "tanh": (F.tanh, MIXED),
    "clip": (lambda x: F.clip(x, -1, 1.0), MIXED),
}


def layouts(x):
    """Yield x in other shapes and layouts: 0-d, empty, transposed, gaps, reversed."""
    yield x[0, 0].reshape(())
    yield x[:0]
    yield x.T
    yield x[:, ::2]
    yield x[::-1, ::-1]
    yield np.broadcast_to(x[0], (2, 3))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients(name, dtype):
    f, x = FUNCTIONS[name]
    check_gradients(f, x, dtype=dtype, order=3 if dtype == np.float64 else 2)
    for other in layouts(x):
        check_gradients(f, other, dtype=dtype)


def value_and_slope(f, x, create_graph=False):
    x = Variable(np.array(x))
    y = f(x)
    y.backward(create_graph=create_graph)
    return y.data.tolist(), x.grad.data.tolist()


both_passes = pytest.mark.parametrize("create_graph", [False, True])


@both_passes
@pytest.mark.parametrize(
    "f, x, y, gx",
    [
        (F.exp, [0.0, 1.0], [1.0, np.e], [1.0, np.e]),
        (F.log, [1.0, 4.0], [0.0, np.log(4)], [1.0, 0.25]),
        (F.sqrt, [4.0, 0.25], [2.0, 0.5], [0.25, 1.0]),
        (F.abs, [-3.0, 0.0, -0.0, 2.0], [3.0, 0.0, 0.0, 2.0], [-1.0, 0.0, 0.0, 1.0]),
        (F.sin, [0.0, np.pi / 2], [0.0, 1.0], [1.0, np.cos(np.pi / 2)]),
        (F.cos, [0.0, np.pi / 2], [1.0, np.cos(np.pi / 2)], [0.0, -1.0]),
        (F.tanh, [0.0, 30.0], [0.0, 1.0], [1.0, 0.0]),
    ],
)
def test_values_by_hand(f, x, y, gx, create_graph):
    value, slope = value_and_slope(f, x, create_graph)
    np.testing.assert_allclose(value, y, rtol=1e-15)
    np.testing.assert_allclose(slope, gx, rtol=1e-15)


@both_passes
def test_clip_passes_the_gradient_on_both_end_points(create_graph):
    y, gx = value_and_slope(
        lambda x: F.clip(x, -1.0, 2.0), [-3.0, -1.0, 0.0, 2.0, 2.5], create_graph
    )
    assert y == [-1.0, -1.0, 0.0, 2.0, 2.0]
    assert gx == [0.0, 1.0, 1.0, 1.0, 0.0]


@both_passes
@pytest.mark.parametrize("shape", [(), (2,)])
@pytest.mark.parametrize("limit", [0.1, 0.3, 0.7])
def test_clip_at_limits_that_the_dtype_rounds(limit, shape, create_graph):
    """float32 0.3 is more than 0.3 in float64; it is an end point all the same."""
    x = Variable(np.full(shape, limit, np.float32))
    for x_min, x_max in (limit, 1), (0, limit):
        x.cleargrad()
        F.clip(x, x_min, x_max).backward(create_graph=create_graph)
        assert np.all(x.grad.data == 1)


def test_clip_at_no_limit():
    y, gx = value_and_slope(lambda x: F.clip(x, 0, np.inf), [-1.0, 1e300])
    assert (y, gx) == ([0.0, 1e300], [0.0, 1.0])


def test_clip_refuses_swapped_limits():
    with pytest.raises(ValueError, match=r"clip: expected x_min <= x_max, got 1 and 0"):
        F.clip(np.zeros(2), 1, 0)


@pytest.mark.parametrize("shape", [(), (2,)])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_float32_stays(name, shape):
    f, _ = FUNCTIONS[name]
    x = Variable(np.full(shape, 0.5, np.float32))
    y = f(x)
    y.backward(create_graph=True)
    assert y.dtype == x.grad.dtype == np.float32


@pytest.mark.parametrize("name", FUNCTIONS)
def test_integers_have_gradients(name):
    f, _ = FUNCTIONS[name]
    x, same = Variable(np.array([1, 2, 3])), Variable(np.array([1.0, 2.0, 3.0]))
    y, expected = f(x), f(same)
    y.backward()
    expected.backward()
    np.testing.assert_allclose(y.data, expected.data)
    np.testing.assert_allclose(x.grad.data, same.grad.data)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_array_will_do(name):
    f, x = FUNCTIONS[name]
    y = f(x)
    assert isinstance(y, Variable)
    assert not y.requires_grad
    np.testing.assert_array_equal(y.data, f(Variable(x)).data)
