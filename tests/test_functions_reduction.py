"""Functions that make one number of many, against NumPy and by hand."""

from itertools import product

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, core
from dezero.gradcheck import check_gradients

RNG = np.random.default_rng(0)
both_dtypes = pytest.mark.parametrize("dtype", [np.float64, np.float32])
both_passes = pytest.mark.parametrize("create_graph", [False, True])

AXES = {  # shape: axes to reduce
    (): [None],
    (4,): [None, 0, -1],
    (1,): [None, 0],
    (2, 3): [None, 0, 1, -1, (0, 1), (1,)],
    (2, 3, 2): [None, 1, (0, 2), (-1, -2)],
}
REDUCTIONS = {
    "sum": (F.sum, np.sum),
    "mean": (F.mean, np.mean),
    "max": (F.max, np.max),
    "min": (F.min, np.min),
    "var": (F.var, np.var),
    "std": (F.std, np.std),
}


def distinct(*shape):
    """Elements 0.1 apart: no ties, and nowhere equal to their mean."""
    size = int(np.prod(shape))
    return RNG.permutation(size).reshape(shape) / 10 + 0.03


@pytest.mark.parametrize("name", REDUCTIONS)
def test_values_as_numpy(name):
    ours, numpys = REDUCTIONS[name]
    for shape, axes in AXES.items():
        x = distinct(*shape)
        for axis, keepdims in product(axes, (False, True)):
            y = ours(x, axis, keepdims)
            expected = numpys(x, axis=axis, keepdims=keepdims)
            assert y.shape == np.shape(expected)
            np.testing.assert_allclose(y.data, expected, rtol=1e-14, atol=1e-16)


@both_dtypes
@pytest.mark.parametrize("name", REDUCTIONS)
def test_gradients(name, dtype):
    f, _ = REDUCTIONS[name]
    for shape, axes in AXES.items():
        for axis, keepdims in product(axes, (False, True)):
            one = np.size(np.max(np.empty(shape), axis=axis)) == np.prod(shape)
            if name == "std" and one:
                continue  # 0, with a bend: by hand below
            check_gradients(
                lambda x, a=axis, k=keepdims: f(x, a, k) ** 2,
                distinct(*shape),
                dtype=dtype,
            )


@both_dtypes
@pytest.mark.parametrize("name", REDUCTIONS)
def test_gradients_of_other_layouts(name, dtype):
    f, _ = REDUCTIONS[name]
    for x in distinct(3, 2).T, distinct(4, 9)[::2, ::3], distinct(2, 3)[::-1, ::-1]:
        check_gradients(lambda x: f(x, -1), x, dtype=dtype)


@both_dtypes
def test_gradients_of_nothing(dtype):
    """No elements, but results: one for each column or none at all."""
    x = np.zeros((0, 3))
    check_gradients(lambda x: F.sum(x, 0), x, dtype=dtype)
    for f in F.sum, F.mean, F.max, F.min, F.var, F.std:
        check_gradients(lambda x, f=f: f(x, 1), x, dtype=dtype)
    for axis in None, 0, 1:
        check_gradients(lambda x, a=axis: F.cumsum(x, a), x, dtype=dtype)


def test_names():
    assert F.mean is F.average
    for name in "sum_to", "Sum", "SumTo", "Max", "Min":
        assert getattr(F, name) is getattr(core, name)


# --- by hand ---


@both_passes
def test_mean_by_hand(create_graph):
    x = Variable(np.array([[1.0, 2.0], [3.0, 6.0]]))
    y = F.mean(x, axis=0)
    assert y.data.tolist() == [2.0, 4.0]
    y.backward(create_graph=create_graph)
    assert x.grad.data.tolist() == [[0.5, 0.5], [0.5, 0.5]]


def test_mean_of_integers_is_no_integer():
    assert F.mean(np.array([1, 2])).data == 1.5


@both_passes
@pytest.mark.parametrize("f, sign", [(F.max, 1), (F.min, -1)])
def test_a_tie_shares_the_gradient_evenly(f, sign, create_graph):  # A1 to A4
    for data, axis, expected in (
        ([3, 1, 8, 0, 0, 3, 6, 4], None, [0, 0, 1, 0, 0, 0, 0, 0]),
        ([1.0, 1.0, 0.0], None, [0.5, 0.5, 0.0]),
        (np.ones((2, 5)), None, np.full((2, 5), 0.1)),
        (np.ones((2, 5)), 0, np.full((2, 5), 0.5)),
        (np.ones((2, 5)), -1, np.full((2, 5), 0.2)),
    ):
        x = Variable(sign * np.array(data, float))
        f(x, axis).backward(create_graph=create_graph)
        np.testing.assert_allclose(x.grad.data, expected)


def test_max_as_published():  # A2
    x = Variable(
        np.array([[1, 1, 5, 9, 1], [4, 5, 9, 8, 7], [1, 1, 7, 7, 9], [8, 1, 1, 0, 7.0]])
    )
    y = F.max(x, axis=0, keepdims=True)
    assert y.data.tolist() == [[8, 5, 9, 9, 9]]
    y.backward()
    expected = [[0, 0, 0, 1, 0], [0, 1, 1, 0, 0], [0, 0, 0, 0, 1], [1, 0, 0, 0, 0]]
    assert x.grad.data.tolist() == expected


# PyTorch 2.13, float64: value, and gradient of the sum of the values.
X = [[1.0, -2.0, 0.5, 3.0], [0.0, 0.0, 1.0, -1.0], [2.0, 4.0, -3.0, 0.5]]
TORCH = {
    "x.var(1, correction=0)": (
        lambda x: F.var(x, 1),
        [3.171875, 0.5, 6.546875],
        [
            [0.1875, -1.3125, -0.0625, 1.1875],
            [0.0, 0.0, 0.5, -0.5],
            [0.5625, 1.5625, -1.9375, -0.1875],
        ],
    ),
    "x.var(0, correction=1)": (
        lambda x: F.var(x, 0, ddof=1),
        [1.0, 9.33333333333, 4.75, 4.08333333333],
        [
            [0.0, -2.66666666667, 1.0, 2.16666666667],
            [-1.0, -0.666666666667, 1.5, -1.83333333333],
            [1.0, 3.33333333333, -2.5, -0.333333333333],
        ],
    ),
    "x.std(1, correction=0)": (
        lambda x: F.std(x, 1),
        [1.7809758561, 0.707106781187, 2.55868618631],
        [
            [0.0526396804758, -0.36847776333, -0.0175465601586, 0.333384643013],
            [0.0, 0.0, 0.353553390593, -0.353553390593],
            [0.109919692968, 0.305332480466, -0.378612275778, -0.036639897656],
        ],
    ),
    "x.std(correction=1)": (
        lambda x: F.std(x, ddof=1),
        1.96561348277,
        [
            [0.0231248645031, -0.115624322516, 0.0, 0.115624322516],
            [-0.0231248645031, -0.0231248645031, 0.0231248645031, -0.0693745935094],
            [0.0693745935094, 0.161874051522, -0.161874051522, 0.0],
        ],
    ),
    "x.cumsum(1)[:, 2]": (
        lambda x: F.cumsum(x, 1)[:, 2],
        [-0.5, 1.0, 3.0],
        [[1.0, 1.0, 1.0, 0.0]] * 3,
    ),
}


@both_passes
@pytest.mark.parametrize("name", TORCH)
def test_values_and_gradients_of_torch(name, create_graph):
    f, value, gradient = TORCH[name]
    x = Variable(np.array(X))
    y = f(x)
    np.testing.assert_allclose(y.data, value, rtol=1e-11)
    y.backward(create_graph=create_graph)
    np.testing.assert_allclose(x.grad.data, gradient, rtol=1e-10, atol=1e-15)


@both_passes
def test_std_of_equal_elements_has_a_gradient_of_0(create_graph):
    x = Variable(np.array([[2.0, 2.0, 2.0], [1.0, 2.0, 3.0]]))
    y = F.std(x, axis=1)
    y.backward(create_graph=create_graph)
    assert y.data[0] == 0
    np.testing.assert_allclose(x.grad.data[0], [0, 0, 0])
    np.testing.assert_allclose(x.grad.data[1], [-(6**-0.5), 0, 6**-0.5], atol=1e-16)


# --- cumsum ---


@both_passes
def test_cumsum_by_hand(create_graph):
    x = Variable(np.array([1.0, 2.0, 4.0]))
    y = F.cumsum(x)
    assert y.data.tolist() == [1.0, 3.0, 7.0]
    y.backward(create_graph=create_graph)
    assert x.grad.data.tolist() == [3.0, 2.0, 1.0]


@both_dtypes
@pytest.mark.parametrize(
    "shape, axis",
    [((), None), ((3,), None), ((3,), 0), ((2, 3), None), ((2, 3), 0), ((2, 3), -1)],
)
def test_gradients_of_cumsum(shape, axis, dtype):
    x = np.asarray(RNG.normal(size=shape))
    np.testing.assert_allclose(F.cumsum(x, axis).data, np.cumsum(x, axis))
    check_gradients(lambda x: F.cumsum(x, axis) ** 2, x, dtype=dtype, order=3)
    check_gradients(lambda x: F.cumsum(x.T, axis) ** 2, x, dtype=dtype)


# --- dtypes ---


@pytest.mark.parametrize("shape", [(), (2,), (2, 2)])
def test_float32_stays(shape):
    x = Variable(RNG.normal(size=shape).astype(np.float32))
    for f in F.sum, F.mean, F.max, F.min, F.var, F.std, F.cumsum:
        for create_graph in False, True:
            x.cleargrad()
            y = f(x)
            y.backward(create_graph=create_graph)
            assert y.dtype == x.grad.dtype == np.float32, f


def test_integers_have_gradients():
    for f in F.mean, F.var, F.std:
        x, same = Variable(np.array([1, 2, 6])), Variable(np.array([1.0, 2.0, 6.0]))
        for v in x, same:
            f(v).backward()
        np.testing.assert_allclose(x.grad.data, same.grad.data)


def test_an_axis_that_is_not_there():
    for f in F.sum, F.mean, F.max, F.min, F.var, F.std, F.cumsum:
        with pytest.raises((ValueError, IndexError), match="axis 2 is out of bounds"):
            f(np.zeros((2, 3)), 2)
