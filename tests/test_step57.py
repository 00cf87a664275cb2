"""Step 57: windows as columns, convolution and pooling from them."""

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero.functions import conv
from dezero.gradcheck import check_gradients
from dezero.utils import pair

SETTINGS = [  # x's H and W, kernel, stride, pad
    ((5, 5), (3, 3), 1, 0),
    ((5, 6), (3, 2), 2, 1),
    ((7, 4), (2, 3), (3, 1), (0, 2)),
    ((4, 6), 3, (2, 3), 1),
    ((2, 1), 1, 1, 0),
]
settings = pytest.mark.parametrize("size, kernel, stride, pad", SETTINGS)
# A gradient check takes half a second: two that differ in all, and the others.
measured = pytest.mark.parametrize(
    "size, kernel, stride, pad",
    [
        setting if i in (0, 2) else pytest.param(*setting, marks=pytest.mark.long)
        for i, setting in enumerate(SETTINGS)
    ],
)


@pytest.fixture
def step(load_step):
    return load_step(57)


def images(rng, size):
    """Return x (2, 3, *size) of numbers that are all different, by 0.1 at least."""
    return rng.permutation(6 * size[0] * size[1]).reshape(2, 3, *size) / 10 - 1


def kernels(rng, kernel):
    return rng.normal(size=(4, 3, *pair(kernel)))


def narrow(pad, kernel):
    """Return pad, made so small that every window sees something of x."""
    return tuple(min(p, k - 1) for p, k in zip(pair(pad), pair(kernel)))


def test_the_columns_by_hand(step):
    """The picture in the text: each window is a column, or a row of the matrix."""
    x = np.array(list("abcdefghi")).reshape(1, 1, 3, 3)
    windows = ["abde", "bcef", "degh", "efhi"]
    columns = step.im2col_array(x, 2, 1, 0, to_matrix=False).reshape(4, 4)
    assert ["".join(column) for column in columns.T] == windows
    rows = step.im2col_array(x, 2, 1, 0)
    assert ["".join(row) for row in rows] == windows


def test_the_product_of_the_text(step, rng):
    """W (OC, C*KH*KW) @ columns (C*KH*KW, OH*OW) = y (OC, OH*OW), for each picture."""
    x, W = rng.normal(size=(2, 3, 5, 6)), rng.normal(size=(4, 3, 2, 3))
    columns = step.im2col_array(x, (2, 3), 1, 0, to_matrix=False)
    y = W.reshape(4, 18) @ columns.reshape(2, 18, 16)
    assert y.shape == (2, 4, 16)
    found = step.conv2d(x, W).data
    np.testing.assert_allclose(found, y.reshape(2, 4, 4, 4))
    # and the package's columns stand as those of the step
    columns = F.im2col(x, (2, 3), to_matrix=False).data
    y = W.reshape(4, 18) @ columns.reshape(2, 18, 16)
    np.testing.assert_allclose(F.conv2d(x, W).data, y.reshape(2, 4, 4, 4))


def test_overlaps_add_up(step):
    """How many windows of 3 x 3 each pixel is in."""
    x = step.col2im_array(np.ones((4, 9)), (1, 1, 4, 4), 3, 1, 0)
    assert x[0, 0].tolist() == [[1, 2, 2, 1], [2, 4, 4, 2], [2, 4, 4, 2], [1, 2, 2, 1]]


@settings
@pytest.mark.parametrize("to_matrix", [True, False])
def test_columns_are_those_of_the_package(
    step, rng, size, kernel, stride, pad, to_matrix
):
    x = images(rng, size)
    col = step.im2col_array(x, kernel, stride, pad, to_matrix)
    expected = conv.im2col_array(x, kernel, stride, pad, to_matrix)
    np.testing.assert_array_equal(col, expected)
    gy = rng.normal(size=col.shape)
    gx = step.col2im_array(gy, x.shape, kernel, stride, pad, to_matrix)
    expected = conv.col2im_array(gy, x.shape, kernel, stride, pad, to_matrix)
    np.testing.assert_allclose(gx, expected)
    assert gx.shape == x.shape
    # each is the transpose of the other
    assert (col * gy).sum() == pytest.approx((x * gx).sum())


@settings
def test_each_row_is_a_window(step, rng, size, kernel, stride, pad):
    x = images(rng, size)
    PH, PW = pair(pad)
    padded = np.pad(x, ((0, 0), (0, 0), (PH, PH), (PW, PW)))
    rows = iter(step.im2col_array(x, kernel, stride, pad))
    for picture in padded:
        for _, (tall, wide) in step.windows(size, kernel, stride, pad):
            np.testing.assert_array_equal(next(rows), picture[:, tall, wide].ravel())
    assert next(rows, None) is None


@settings
def test_convolution(step, rng, size, kernel, stride, pad):
    x, W, b = images(rng, size), kernels(rng, kernel), rng.normal(size=4)
    for bias in b, None:
        y = step.conv2d(x, W, bias, stride, pad).data
        loops = step.conv2d_loops(x, W, bias, stride, pad)
        np.testing.assert_allclose(y, loops, atol=1e-9)
        package = F.conv2d(x, W, bias, stride, pad).data
        np.testing.assert_allclose(y, package, atol=1e-9)


@settings
def test_pooling(step, rng, size, kernel, stride, pad):
    x = images(rng, size) - 100  # zeros around it would win
    pad = narrow(pad, kernel)
    y = step.pooling(x, kernel, stride, pad).data
    np.testing.assert_array_equal(y, step.pooling_loops(x, kernel, stride, pad))
    np.testing.assert_array_equal(y, F.pooling(x, kernel, stride, pad).data)


def test_gradients_by_hand(step):
    """Of three windows of 1 x 2: each pixel's W, as often as it is seen."""
    x = dezero.Variable(np.array([[[[1.0, 2.0, 3.0, 4.0]]]]))
    W = dezero.Variable(np.array([[[[10.0, 1.0]]]]))
    y = step.conv2d(x, W)
    assert y.data.ravel().tolist() == [12, 23, 34]
    y.backward()
    assert x.grad.data.ravel().tolist() == [10, 11, 11, 1]
    assert W.grad.data.ravel().tolist() == [6, 9]
    x.cleargrad()
    step.pooling(x, (1, 2)).backward()
    assert x.grad.data.ravel().tolist() == [0, 1, 1, 1]


@pytest.mark.parametrize(
    "window, gradient",
    [
        ([1, 1, 1, 1], [1, 0, 0, 0]),
        ([0, 2, 2, 1], [0, 1, 0, 0]),
        ([0, 0, 3, 3], [0, 0, 1, 0]),
        ([-1, -2, -1, -1], [1, 0, 0, 0]),
    ],
)
def test_the_first_of_equals_gets_the_gradient(step, window, gradient):
    """Row by row; max, which step 61 has, shares instead."""
    for pooling in step.pooling, F.pooling:
        x = dezero.Variable(np.array(window, float).reshape(1, 1, 2, 2))
        pooling(x, 2).backward()
        assert x.grad.data.ravel().tolist() == gradient
    x = dezero.Variable(np.array(window, float))
    F.max(x).backward()
    largest = max(window)
    share = 1 / window.count(largest)
    assert x.grad.data.tolist() == [share * (value == largest) for value in window]


def test_equals_in_windows_that_overlap(step):
    """Each window has a winner of its own; the border never wins."""
    for pooling in step.pooling, F.pooling:
        x = dezero.Variable(np.full((1, 1, 2, 2), -5.0))
        y = pooling(x, 2, 1, 1)
        assert (y.data == -5).all()
        y.backward()
        assert x.grad.data[0, 0].tolist() == [[4, 2], [2, 1]]


@measured
def test_gradients_of_convolution(step, rng, size, kernel, stride, pad):
    """First and second, as measured; and those of the package."""
    arrays = images(rng, size), kernels(rng, kernel), rng.normal(size=4)
    check_gradients(lambda *xs: step.conv2d(*xs, stride, pad), *arrays)
    compare_gradients(step.conv2d, F.conv2d, arrays, (stride, pad))


@measured
def test_gradients_of_pooling(step, rng, size, kernel, stride, pad):
    x, args = images(rng, size), (kernel, stride, narrow(pad, kernel))
    check_gradients(lambda x: step.pooling(x, *args) ** 2, x)
    compare_gradients(step.pooling, F.pooling, (x,), args)


def compare_gradients(f, g, arrays, args):
    """Compare the gradients of a sum of y, weighted by 0, 1, 2, ..."""
    found = []
    for function in f, g:
        inputs = [dezero.Variable(array) for array in arrays]
        y = function(*inputs, *args)
        (y * np.arange(y.size).reshape(y.shape)).backward()
        found.append([x.grad.data for x in inputs])
    for a, b in zip(*found):
        np.testing.assert_allclose(a, b, atol=1e-9)


def test_im2col_and_col2im_are_each_others_gradient(step, rng):
    x = rng.normal(size=(1, 2, 4, 4))
    check_gradients(lambda x: step.im2col(x, 3, 1, 1) ** 2, x)
    col = rng.normal(size=(4, 18))
    check_gradients(lambda c: step.col2im(c, (1, 2, 4, 4), 3) ** 2, col)
    check_gradients(lambda x: step.im2col(x, 2, to_matrix=False) ** 2, x)


def test_float32(step, rng):
    x, W, b = (
        dezero.Variable(a.astype(np.float32))
        for a in (images(rng, (5, 5)), kernels(rng, 3), rng.normal(size=4))
    )
    y = step.pooling(step.conv2d(x, W, b, pad=1), 2, 1, 1)
    y.backward()
    assert [v.dtype for v in (y, x.grad, W.grad, b.grad)] == [np.float32] * 4


def test_the_graph_keeps_no_columns(step, rng):
    """conv2d has three inputs and a result; the columns are made again."""
    x = dezero.Variable(rng.normal(size=(2, 3, 8, 8)))
    W, b = rng.normal(size=(4, 3, 3, 3)), rng.normal(size=4)
    y = step.conv2d(x, W, b)
    assert [v.shape for v in y.creator.inputs] == [x.shape, W.shape, b.shape]
    arrays = [v for v in vars(y.creator).values() if isinstance(v, np.ndarray)]
    assert not arrays


def test_printed(run_step):
    lines = run_step(57).splitlines()
    assert lines[0] == "x (8, 3, 32, 32) -> columns (8, 27, 1024)"
    assert [line.split()[:5] for line in lines[1:3]] == [
        [name, "as", "the", "loops:", "True,"] for name in ("conv2d", "pooling")
    ]
    assert lines[3].count("True") == 2
    assert lines[5].endswith("[1.0, 0.0, 0.0, 0.0]")
