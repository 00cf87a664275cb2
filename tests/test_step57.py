"""Step 57: windows as rows, convolution and pooling from them."""

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero import layers
from dezero.functions import conv
from dezero.gradcheck import check_gradients
from dezero.utils import pair

# ruff: noqa: NPY002  (first weights are from the legacy generator)

SETTINGS = [  # x's H and W, kernel, stride, pad
    ((5, 5), (3, 3), 1, 0),
    ((5, 6), (3, 2), 2, 1),
    ((7, 4), (2, 3), (3, 1), (0, 2)),
    ((4, 6), 3, (2, 3), 1),
    ((2, 1), 1, 1, 0),
]
settings = pytest.mark.parametrize("size, kernel, stride, pad", SETTINGS)


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


def test_the_rows_by_hand(step):
    """The picture in the text."""
    x = np.array(list("abcdefghi")).reshape(1, 1, 3, 3)
    rows = ["".join(row) for row in step.im2col_array(x, 2, 1, 0)]
    assert rows == ["abde", "bcef", "degh", "efhi"]


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
        y = step.conv2d_simple(x, W, bias, stride, pad).data
        loops = step.conv2d_loops(x, W, bias, stride, pad)
        np.testing.assert_allclose(y, loops, atol=1e-9)
        package = F.conv2d(x, W, bias, stride, pad).data
        np.testing.assert_allclose(y, package, atol=1e-9)


@settings
def test_pooling(step, rng, size, kernel, stride, pad):
    x = images(rng, size) - 100  # zeros around it would win
    pad = narrow(pad, kernel)
    y = step.pooling_simple(x, kernel, stride, pad).data
    np.testing.assert_array_equal(y, step.pooling_loops(x, kernel, stride, pad))
    np.testing.assert_array_equal(y, F.pooling(x, kernel, stride, pad).data)


def test_gradients_by_hand(step):
    """Of three windows of 1 x 2: each pixel's W, as often as it is seen."""
    x = dezero.Variable(np.array([[[[1.0, 2.0, 3.0, 4.0]]]]))
    W = dezero.Variable(np.array([[[[10.0, 1.0]]]]))
    y = step.conv2d_simple(x, W)
    assert y.data.ravel().tolist() == [12, 23, 34]
    y.backward()
    assert x.grad.data.ravel().tolist() == [10, 11, 11, 1]
    assert W.grad.data.ravel().tolist() == [6, 9]
    x.cleargrad()
    step.pooling_simple(x, (1, 2)).backward()
    assert x.grad.data.ravel().tolist() == [0, 1, 1, 1]


def test_the_first_of_equals_gets_the_gradient(step):
    found = []
    for pooling in step.pooling_simple, F.pooling:
        x = dezero.Variable(np.ones((1, 1, 2, 2)))
        pooling(x, 2).backward()
        found.append(x.grad.data.ravel().tolist())
    assert found == [[1, 0, 0, 0]] * 2


@settings
def test_gradients_of_convolution(step, rng, size, kernel, stride, pad):
    """First and second, as measured; and those of the package."""
    arrays = images(rng, size), kernels(rng, kernel), rng.normal(size=4)
    check_gradients(lambda *xs: step.conv2d_simple(*xs, stride, pad), *arrays)
    compare_gradients(step.conv2d_simple, F.conv2d, arrays, (stride, pad))


@settings
def test_gradients_of_pooling(step, rng, size, kernel, stride, pad):
    x, args = images(rng, size), (kernel, stride, narrow(pad, kernel))
    check_gradients(lambda x: step.pooling_simple(x, *args) ** 2, x)
    compare_gradients(step.pooling_simple, F.pooling, (x,), args)


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
    y = step.pooling_simple(step.conv2d_simple(x, W, b, pad=1), 2, 1, 1)
    y.backward()
    assert [v.dtype for v in (y, x.grad, W.grad, b.grad)] == [np.float32] * 4


def test_the_layer_draws_what_the_package_draws(step, rng):
    found = []
    for module in step, layers:
        np.random.seed(0)
        layer = module.Conv2d(4, (3, 2), in_channels=3, stride=2, pad=1)
        assert [p.name for p in layer.params()] == ["W", "b"]
        found.append(layer)
    for a, b in zip(*(layer.params() for layer in found)):
        np.testing.assert_array_equal(a.data, b.data)
        assert a.dtype == np.float32 == b.dtype
    x = images(rng, (5, 6)).astype(np.float32)
    np.testing.assert_allclose(
        *(layer(x).data for layer in found), rtol=1e-4, atol=1e-5
    )


def test_to_picture(step):
    image = np.arange(6, dtype=np.uint8).reshape(1, 2, 3)
    assert step.to_picture(image, slice(None)).shape == (1, 2, 3)
    mixed = step.to_picture(image, np.array([5, 4, 3, 2, 1, 0])) * 255
    assert mixed.dtype == np.float32
    np.testing.assert_allclose(mixed, [[[5, 4, 3], [2, 1, 0]]])


def test_seconds_is_the_shortest_time(step):
    calls = []
    assert 0 <= step.seconds(3, calls.append, "x") < 1
    assert calls == ["x"] * 3


def test_printed(run_step):
    lines = run_step(57).splitlines()
    assert "(8192, 27), 9 times" in lines[0]
    assert not any("False" in line for line in lines[:4])
    plain, convolution, mixed, broken = (line.split()[-2:] for line in lines[5:9])
    assert plain[0] == mixed[0] == "39,760" and convolution[0] == broken[0] == "5,386"
    assert float(convolution[1]) > float(plain[1]) > 95
    assert float(broken[1]) < 90 < 94 < float(mixed[1])
