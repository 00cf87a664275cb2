"""Small dtypes: bytes that would wrap around, halves that would overflow, no rows.

Plain arithmetic stays NumPy's. What squares, sums and averages takes integers as
float64, as NumPy's own mean does, and computes float16 in float32.
"""

import numpy as np
import pytest
from test_higher_order import CASES

import dezero.functions as F
from dezero import Variable

half = np.float16


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int64", "float16"])
@pytest.mark.parametrize(
    "loss, expected",
    [
        (F.mean_squared_error, 16**2),
        (F.mean_squared_error_simple, 16**2),
        (F.huber_loss, 15.5),  # |d| - 1/2
    ],
)
def test_differences_do_not_wrap_around(loss, expected, dtype):
    assert loss(np.array([0], dtype), np.array([16], dtype)).data == expected
    assert loss(np.array([16], dtype), np.array([0], dtype)).data == expected


def test_halves_of_which_only_the_squares_are_too_large():
    x = np.array([300, 300], half)
    loss = F.mean_squared_error(x, np.array([290, 300], half))
    assert loss.dtype == half and loss.data == 50
    # 400 squares of 100 are 4,000,000 in all, and no float16 is above 65504.
    loss = F.mean_squared_error(np.full(400, 100, half), np.zeros(400, half))
    assert loss.dtype == half and loss.data == 10000


def test_means_and_variances_of_halves():
    x = np.array([60000, 60000, 0, 0], half)
    assert F.mean(x).data == 30000 and F.mean(x).dtype == half
    assert F.average(x[None], axis=1).data.tolist() == [30000]
    assert F.std(np.array([20000, -20000], half)).data == 20000
    v = Variable(x)
    F.mean(v).backward()
    assert v.grad.dtype == half and v.grad.data.tolist() == [0.25] * 4


@pytest.mark.parametrize("dtype", ["uint8", "int8", "bool"])
def test_means_variances_and_sums_of_small_integers(dtype):
    x = np.ones(300, dtype)
    assert F.sum(x).data == 300
    assert F.mean(x).data == 1 and F.mean(x).dtype == np.float64
    assert F.var(x).data == 0 and F.std(x).dtype == np.float64


def test_functions_of_bytes_are_computed_in_float64():
    """NumPy makes float16 of a uint8, in which exp(12) is infinite."""
    x = np.array([12], np.uint8)
    for f in F.exp, F.log, F.sqrt, F.sin, F.cos, F.tanh, F.sigmoid, F.softplus:
        assert f(x).dtype == np.float64
    np.testing.assert_allclose(F.exp(x).data, [np.exp(12.0)])
    assert F.exp(np.array([True])).data[0] == np.e


def test_layers_of_bytes():
    x, W = np.array([[200]], np.uint8), np.array([[2]], np.uint8)
    assert F.linear(x, W).data.tolist() == [[400]]
    assert F.linear_simple(x, W).data.tolist() == [[400]]
    x, W = x.reshape(1, 1, 1, 1), W.reshape(1, 1, 1, 1)
    for f in F.conv2d, F.conv2d_simple, F.deconv2d:
        assert f(x, W).data.tolist() == [[[[400]]]]
    pair = np.array([[[[200, 100]]]], np.uint8)
    assert F.average_pooling(pair, (1, 2)).data.tolist() == [[[[150]]]]
    assert F.pooling(pair, (1, 2)).data.tolist() == [[[[200]]]]
    assert F.pooling(pair > 150, (1, 2)).data.tolist() == [[[[True]]]]


def test_norms_of_halves_and_bytes():
    """-300 and 300 have the standard deviation 300: they become -1 and 1."""
    one, zero = np.ones(2, half), np.zeros(2, half)
    y = F.layer_norm(np.array([[-300, 300]], half), one, zero)
    assert y.dtype == half and y.data.tolist() == [[-1, 1]]
    x = np.array([[-300, -300], [300, 300]], half)
    y = F.batch_norm(x, one, zero, np.zeros(2), np.ones(2))
    assert y.dtype == half and y.data.tolist() == [[-1, -1], [1, 1]]
    y = F.group_norm(np.array([[-300, 300]], half), 1, one, zero)
    assert y.dtype == half and y.data.tolist() == [[-1, 1]]
    y = F.layer_norm(np.array([[0, 200]], np.uint8), np.ones(2), np.zeros(2), eps=0)
    assert y.data.tolist() == [[-1, 1]]


def test_average_pooling_of_halves():
    x = np.full((1, 1, 2, 2), 60000, half)
    y = F.average_pooling(x, 2)
    assert y.dtype == half and y.data.tolist() == [[[[60000]]]]


def test_scores_of_bytes_and_halves():
    """The scores 0 and 200, as differences: -200 does not become 56."""
    x = np.array([[0, 200]], np.uint8)
    np.testing.assert_allclose(F.softmax_cross_entropy(x, [0]).data, 200)
    np.testing.assert_allclose(F.softmax_cross_entropy(x.astype(half), [0]).data, 200)
    np.testing.assert_allclose(F.cross_entropy(x, [0]).data, 200)
    np.testing.assert_allclose(F.softmax(x).data, [[0, 1]], atol=1e-80)
    assert F.sigmoid_cross_entropy(np.array([200], np.uint8), [0]).data == 200
    assert F.accuracy(x, np.array([1], np.uint8)).data == 1


def test_limits_that_a_dtype_does_not_have():
    assert F.clip(np.array([3, 200], np.uint8), -1, 100).data.tolist() == [3, 100]


def test_plain_arithmetic_stays_numpys():
    x, y = Variable(np.array([0], np.uint8)), Variable(np.array([16], np.uint8))
    assert (x - y).data.tolist() == [240] and (x - y).dtype == np.uint8


# --- no rows: nan, as in PyTorch, and no warning ---

NONE = np.zeros((0, 3))
EMPTY = {
    "mean": F.mean,
    "var": F.var,
    "std": F.std,
    "mean of columns": lambda x: F.mean(x, axis=0),
    "var of columns": lambda x: F.var(x, axis=0),
    "std of columns": lambda x: F.std(x, axis=0, keepdims=True),
    "mean_squared_error": lambda x: F.mean_squared_error(x, NONE),
    "mean_squared_error_simple": lambda x: F.mean_squared_error_simple(x, NONE),
    "huber_loss": lambda x: F.huber_loss(x, NONE),
    "softmax_cross_entropy": lambda x: F.softmax_cross_entropy(x, []),
    "softmax_cross_entropy_simple": lambda x: F.softmax_cross_entropy_simple(x, []),
    "nll_loss": lambda x: F.nll_loss(x, np.zeros(0, int)),
    "cross_entropy": lambda x: F.cross_entropy(x, []),
    "cross_entropy, smooth": lambda x: F.cross_entropy(x, [], label_smoothing=0.1),
    "sigmoid_cross_entropy": lambda x: F.sigmoid_cross_entropy(x, NONE),
    "binary_cross_entropy": lambda x: F.binary_cross_entropy(x, NONE),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("name", EMPTY)
def test_of_no_rows_the_result_is_nan(name, create_graph):
    x = Variable(NONE.copy())
    y = EMPTY[name](x)
    assert np.isnan(y.data).all() and y.size
    y.backward(create_graph=create_graph)
    assert x.grad.shape == (0, 3)


@pytest.mark.filterwarnings("error")
def test_a_variance_needs_more_than_ddof_elements():
    x = Variable(np.array([[1.0], [2.0]]))
    y = F.var(x, axis=1, ddof=1)
    y.backward()
    assert np.isnan(y.data).all() and y.shape == (2,) and np.isnan(x.grad.data).all()
    assert np.isnan(F.accuracy(NONE, []).data)


def test_of_no_elements_there_is_no_largest():
    for f in F.max, F.min:
        with pytest.raises(
            ValueError,
            match=rf"{f.__name__}: expected at least one element to choose.*\(0, 3\)",
        ):
            f(NONE, axis=0)
        assert f(NONE, axis=1).shape == (0,)
    with pytest.raises(ValueError, match=r"softmax: expected at least one score"):
        F.softmax(np.zeros((3, 0)))


# --- one number: NumPy 1 makes float64 of a 0-d float32 times a Python number ---


def of_single_numbers():
    """Yield (name, inputs, y) of each case that takes its first numbers alone."""
    for name, cases in CASES.items():
        for call, inputs in cases:
            numbers = [
                Variable(np.array(x.flat[0], np.float32)) if is_floating(x) else x
                for x in inputs
            ]
            try:
                ys = call(getattr(F, name), *numbers)
            except (TypeError, ValueError, IndexError):  # a matrix is asked for
                continue
            for y in ys if isinstance(ys, (list, tuple)) else [ys]:
                yield name, numbers, y


def is_floating(x):
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_number_in_float32_stays_in_float32(create_graph):
    names = set()
    for name, numbers, y in of_single_numbers():
        if name != "astype":  # the case asks for float64
            assert y.dtype == np.float32, name
        y.backward(create_graph=create_graph)
        assert all(
            x.grad.dtype == np.float32
            for x in numbers
            if isinstance(x, Variable) and x.grad is not None
        ), name
        names.add(name)
    assert {"dropout", "norm", "mean_squared_error", "gelu", "logsumexp"} <= names
    assert len(names) > 50
