"""Convolution and pooling, against loops, PyTorch's numbers and finite differences."""

import tracemalloc

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero import Variable, functions_conv, utils
from dezero.functions import columns, conv
from dezero.functions.pooling import __all__ as pooling_names
from dezero.functions_conv import col2im_array, im2col_array
from dezero.gradcheck import check_gradients
from dezero.graph import get_dot_graph

# size of the image, kernel, stride, pad
PLACES = [
    ((5, 6), (3, 3), (1, 1), (0, 0)),
    ((7, 5), (3, 2), (2, 1), (1, 1)),
    ((6, 7), (1, 1), (1, 1), (0, 0)),
    ((5, 5), (2, 3), (1, 1), (3, 4)),  # the kernel meets nothing but padding
    ((5, 8), (2, 3), (3, 2), (0, 1)),  # some rows and columns are left over
    ((3, 3), (3, 3), (1, 1), (0, 0)),  # one place
    ((4, 5), (1, 2), (3, 3), (0, 0)),  # the kernel leaves gaps
]
WINDOWS = [place for place in PLACES if place[3] != (3, 4)]


def windows(x, kernel_size, stride, pad, value=0.0):
    """Yield (p, q, window) for every place of the result, in plain loops."""
    (KH, KW), (SH, SW), (PH, PW) = kernel_size, stride, pad
    around = ((0, 0), (0, 0), (PH, PH), (PW, PW))
    x = np.pad(x, around, constant_values=value)
    for p, top in enumerate(range(0, x.shape[2] - KH + 1, SH)):
        for q, left in enumerate(range(0, x.shape[3] - KW + 1, SW)):
            yield p, q, x[:, :, top : top + KH, left : left + KW]


def outsize(size, kernel_size, stride, pad):
    return tuple(
        len(range(0, n + 2 * p - k + 1, s))
        for n, k, s, p in zip(size, kernel_size, stride, pad)
    )


def convolved(x, W, b, stride, pad):
    """Return conv2d by loops over places, images and channels."""
    N, OC = x.shape[0], W.shape[0]
    y = np.zeros((N, OC, *outsize(x.shape[2:], W.shape[2:], stride, pad)))
    for p, q, window in windows(x, W.shape[2:], stride, pad):
        for n in range(N):
            for o in range(OC):
                y[n, o, p, q] = (window[n] * W[o]).sum() + b[o]
    return y


def images(rng, size, channels=3):
    return rng.normal(size=(2, channels, *size))


def kernels(rng, kernel_size):
    return rng.normal(size=(4, 3, *kernel_size)), rng.normal(size=4)


# ------------------------------------------------------------------ by loops


@pytest.mark.parametrize("f", [F.conv2d, F.conv2d_simple])
@pytest.mark.parametrize("size, kernel, stride, pad", PLACES)
def test_conv2d_is_the_loops(rng, f, size, kernel, stride, pad):
    x, (W, b) = images(rng, size), kernels(rng, kernel)
    y = f(x, W, b, stride, pad)
    np.testing.assert_allclose(y.data, convolved(x, W, b, stride, pad), rtol=1e-11)
    y = f(x, W, stride=stride, pad=pad)
    expected = convolved(x, W, np.zeros(4), stride, pad)
    np.testing.assert_allclose(y.data, expected, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("size, kernel, stride, pad", PLACES)
def test_deconv2d_is_the_loops(rng, size, kernel, stride, pad):
    """Every number of x, times the kernels, is added to where its window lies."""
    W, b = rng.normal(size=(4, 3, *kernel)), rng.normal(size=3)
    x = rng.normal(size=(2, 4, *outsize(size, kernel, stride, pad)))
    (H, width), (PH, PW) = size, pad
    padded = np.zeros((2, 3, H + 2 * PH, width + 2 * PW))
    for p, q in np.ndindex(x.shape[2:]):
        top, left = p * stride[0], q * stride[1]
        window = padded[:, :, top : top + kernel[0], left : left + kernel[1]]
        window += np.einsum("nc,coij->noij", x[:, :, p, q], W)
    expected = padded[:, :, PH : PH + H, PW : PW + width] + b[:, None, None]
    y = F.deconv2d(x, W, b, stride, pad, outsize=size)
    np.testing.assert_allclose(y.data, expected, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("f", [F.pooling, F.pooling_simple])
@pytest.mark.parametrize("size, kernel, stride, pad", WINDOWS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
def test_pooling_is_the_loops(rng, f, size, kernel, stride, pad, dtype):
    x = (10 * images(rng, size) - 30).astype(dtype)  # below 0, as padding must not win
    expected = np.empty((2, 3, *outsize(size, kernel, stride, pad)))
    for p, q, window in windows(x.astype(float), kernel, stride, pad, -np.inf):
        expected[:, :, p, q] = window.max(axis=(2, 3))
    y = f(x, kernel, stride, pad)
    assert y.dtype == dtype
    np.testing.assert_array_equal(y.data, expected)


@pytest.mark.parametrize("size, kernel, stride, pad", PLACES)
def test_average_pooling_is_the_loops(rng, size, kernel, stride, pad):
    x = images(rng, size)
    expected = np.empty((2, 3, *outsize(size, kernel, stride, pad)))
    for p, q, window in windows(x, kernel, stride, pad):
        expected[:, :, p, q] = window.mean(axis=(2, 3))
    y = F.average_pooling(x, kernel, stride, pad)
    np.testing.assert_allclose(y.data, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("size, kernel, stride, pad", PLACES)
def test_im2col_is_the_loops(rng, size, kernel, stride, pad):
    x = images(rng, size)
    col = F.im2col(x, kernel, stride, pad, to_matrix=False).data
    for p, q, window in windows(x, kernel, stride, pad):
        np.testing.assert_array_equal(col[..., p, q], window)
    rows = [window for *_, window in windows(x, kernel, stride, pad)]
    matrix = np.stack(rows, axis=1).reshape(len(x) * len(rows), -1)
    np.testing.assert_array_equal(F.im2col(x, kernel, stride, pad).data, matrix)


# ------------------------------------------------------------ published results


def test_published_gradient_of_the_kernel():
    """B2: whatever the kernel holds."""
    x = np.arange(1.0, 17.0).reshape(1, 1, 4, 4)
    for scale in (0.0, 1.0, -3.0):
        W = Variable(np.full((1, 1, 3, 3), scale))
        F.mean(F.conv2d(x, W)).backward()
        expected = [[3.5, 4.5, 5.5], [7.5, 8.5, 9.5], [11.5, 12.5, 13.5]]
        np.testing.assert_allclose(W.grad.data[0, 0], expected)


def test_published_gradients_of_pooling():
    """B3 and B4."""
    x = Variable(np.arange(1.0, 17.0).reshape(1, 1, 4, 4))
    F.mean(F.pooling(x, 3)).backward()
    expected = np.zeros((4, 4))
    expected[2:, 2:] = 0.25
    np.testing.assert_allclose(x.grad.data[0, 0], expected)
    x.cleargrad()
    F.mean(F.average_pooling(x, 3)).backward()
    count = np.outer([1, 2, 2, 1], [1, 2, 2, 1])
    np.testing.assert_allclose(x.grad.data[0, 0], count / 36)


def test_convolution_as_one_product(rng):
    """B5: im2col of the images times the flattened kernels."""
    x, (W, b) = images(rng, (5, 6)), kernels(rng, (3, 3))
    y = im2col_array(x, 3, 1, 0) @ W.reshape(4, -1).T + b
    y = y.reshape(2, 3, 4, 4).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(y, convolved(x, W, b, (1, 1), (0, 0)), rtol=1e-11)


# ---------------------------------------- PyTorch 2.13's numbers, odd sizes
#
# Whole numbers, so that they are exact. ints() makes the inputs; gy, the gradient
# that backward starts from, is ints(*y.shape, step=3, mod=5).


def ints(*shape, step, mod):
    n = np.prod(shape)
    return ((np.arange(n) * step) % mod - mod // 2).reshape(shape).astype(float)


def check_numbers(y, expected, grads):
    np.testing.assert_allclose(y.data.ravel(), expected, atol=1e-12)
    y.grad = Variable(ints(*y.shape, step=3, mod=5))
    y.backward()
    for variable, numbers in grads:
        np.testing.assert_allclose(variable.grad.data.ravel(), numbers, atol=1e-12)


# fmt: off
def test_conv2d_gives_the_numbers_of_pytorch():
    """conv2d(x, W, b, stride=(2, 3), padding=(1, 2))"""
    x = Variable(ints(2, 2, 5, 4, step=7, mod=11))
    W = Variable(ints(3, 2, 2, 3, step=5, mod=7))
    b = Variable(np.array([1.0, -2.0, 3.0]))
    y = [5, 12, 5, 7, 11, 18, 8, -15, 5, 18, -1, -16, -16, 15, -22, -5, -19, -7,
         -8, 5, 2, 18, 8, 18, -2, -20, 8, -42, 2, 23, 12, 12, 15, 18, 18, -6]
    gx = [-6, -6, -3, 7, -6, -2, -2, -2, -5, -2, 12, -2, 7, 9, -8, -4, 6, 7, -3, -6,
          -3, 5, -6, -3, -4, -2, -2, -2, -3, -2, -2, 12, 5, 5, 9, -8, -3, -4, 7, -3,
          -2, -5, -3, 6, -4, -8, 9, 5, -6, -6, -3, 7, -6, -2, -2, -2, -5, -2, 12, -2,
          12, 7, -5, -3, -8, -4, -8, 9, -3, 5, -6, -3, -4, -2, -2, -2, -3, -2, -2, 12]
    gW = [6, -6, 6, -7, 10, 15, 19, -15, -2, -8, -2, -18, -4, 7, -19, 13, -8, -9,
          -4, 7, 5, -11, 1, 10, 6, -15, 26, -12, -1, 22, -7, -6, 2, 21, -1, -2]
    check_numbers(
        F.conv2d(x, W, b, (2, 3), (1, 2)), y, [(x, gx), (W, gW), (b, [0, 1, -3])]
    )


def test_deconv2d_gives_the_numbers_of_pytorch():
    """conv_transpose2d(..., stride=(3, 2), padding=(1, 2), output_padding=(2, 1))"""
    x = Variable(ints(2, 3, 2, 3, step=7, mod=11))
    W = Variable(ints(3, 2, 2, 3, step=5, mod=7))
    b = Variable(np.array([1.0, -2.0]))
    y = [-10, 13, -10, -20, 1, 1, 1, 1, -5, -5, -3, 12, 1, 13, -10, -20, 1, 1, 1, 1,
         -25, -4, 27, -11, -2, -2, -2, -2, 4, 0, -20, -6, 10, -3, 29, -10, -2, -2, -2,
         -2, 12, -20, -10, 13, 1, 1, 1, 1, 20, -7, -11, -1, 12, -20, -10, 13, 1, 1, 1,
         1, -2, 13, -27, -5, -2, -2, -2, -2, 1, 13, -12, -4, 0, 14, -25, -4, -2, -2,
         -2, -2]
    gx = [-8, 1, 4, 0, -8, 5, 4, 6, 5, -6, 21, -12, 2, -3, -8, 9, -20, 13,
          -8, 1, 4, 0, -8, 5, 4, 6, 5, -6, 21, -12, 2, -3, -8, 9, -20, 13]
    gW = [-6, -1, 16, 7, -6, 8, -6, -1, 16, 7, -6, 8, 16, -5, -6, -10, 15, -9,
          16, -5, -6, -10, 15, -9, -6, 2, -6, -5, 3, 7, -6, 2, -6, -5, 3, 7]
    check_numbers(
        F.deconv2d(x, W, b, (3, 2), (1, 2), outsize=(5, 4)), y,
        [(x, gx), (W, gW), (b, [0, 0])],
    )


def test_pooling_gives_the_numbers_of_pytorch():
    """max_pool2d(x, (2, 3), stride=(3, 2), padding=(1, 1)); ties go to the first."""
    x = Variable(ints(2, 2, 5, 7, step=7, mod=11))
    y = [2, 5, 5, 4, 5, 4, 5, 3, 5, 5, 4, 0, 4, 5, 4, 4,
         1, 4, 3, 3, 5, 4, 4, 3, 4, 3, 3, 2, 4, 4, 5, 5]
    gx = [0, -2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -2, 0, 0, -1, 0, 0, 0, 0,
          1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, -2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0,
          -1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, -2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, -1, 0, 0,
          2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -2, 0, 0, 0, 0, 0, 2, 0, 0,
          0, 0, 0, 0, 0, 0, 0, 0, -1, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1,
          0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    check_numbers(F.pooling(x, (2, 3), (3, 2), (1, 1)), y, [(x, gx)])


def test_average_pooling_gives_the_numbers_of_pytorch():
    """avg_pool2d(x, (2, 3), stride=(3, 2), padding=(1, 1)), times 6"""
    x = Variable(ints(2, 2, 5, 7, step=7, mod=11))
    y = [-3, 5, 3, 1, 0, -3, 4, -3, 3, 3, 1, -4, 1, 4, 0, -2,
         -2, 1, -1, 2, 2, 0, -4, -1, 4, -1, -3, -3, 3, -4, 3, 0]
    gx = [-2, -1, 1, 0, -1, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, -2, -2, -1, 1, 0, -1, 0, -2,
          -2, -1, 1, 0, -1, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0, -2, -2, -1, 1, 0, 0, 0, 0, 0,
          0, 0, -1, 1, 2, 2, 0, -2, -2, -1, 1, 2, 2, 0, -2, -2, 0, 0, 0, 0, 0, 0, 0, 1,
          0, -1, 1, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, -2, -1, 1, 0, -1, 1, 2, -2, -1, 1, 0,
          -1, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, -2, -2, -1, 1, 0, -1, 0, 0, 0, 0, 0, 0, 0,
          2, 2, 0, -2, -2, -1, 1, 2, 2, 0, -2, -2, -1, 1, 0, 0, 0, 0, 0, 0, 0]
    check_numbers(
        F.average_pooling(x, (2, 3), (3, 2), (1, 1)), np.array(y) / 6,
        [(x, np.array(gx) / 6)],
    )
# fmt: on


# ------------------------------------------------------------------ derivatives


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("size, kernel, stride, pad", PLACES)
def test_gradients_of_convolution(rng, size, kernel, stride, pad, dtype):
    """Of the first order; to order 3 in test_higher_order."""
    x, (W, b) = images(rng, size), kernels(rng, kernel)
    gy = rng.normal(size=(2, 4, *outsize(size, kernel, stride, pad)))
    check_gradients(
        lambda x, W, b: F.conv2d(x, W, b, stride, pad),
        *(x, W, b),
        order=1,
        dtype=dtype,
    )
    check_gradients(
        lambda x, W, b: F.deconv2d(x, W, b, stride, pad, outsize=size),
        *(gy, W, b[:3]),
        order=1,
        dtype=dtype,
    )


@pytest.mark.parametrize("f", [F.pooling, F.average_pooling])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("size, kernel, stride, pad", WINDOWS)
def test_gradients_of_pooling(rng, f, size, kernel, stride, pad, dtype):
    x = rng.permutation(2 * size[0] * size[1]).reshape(1, 2, *size) / 10
    check_gradients(lambda x: f(x, kernel, stride, pad) ** 2, x, dtype=dtype)


def test_third_derivatives(rng):
    x, W, b = rng.normal(size=(1, 2, 3, 4)), rng.normal(size=(2, 2, 2, 3)), np.ones(2)
    arguments = {"stride": (2, 1), "pad": (1, 2)}
    check_gradients(lambda *v: F.conv2d(*v, **arguments) ** 2, x, W, b, order=3)
    check_gradients(lambda x: F.pooling(x, 2, 1, 1) ** 3, x, order=3)
    check_gradients(lambda x: F.average_pooling(x, 2, 1, 1) ** 3, x, order=3)


def test_gradients_of_images_in_bands(rng, monkeypatch):
    """A block holds one row of the result, or a few: nothing changes but the time."""
    x, (W, b) = images(rng, (7, 6)), kernels(rng, (3, 2))
    W = rng.normal(size=(2, 3, 3, 2))  # fewer channels out: _spread adds columns up
    for stride in ((1, 1), (2, 1)):
        results = []
        for block in (2**19, 300, 1):
            monkeypatch.setattr(columns, "_BLOCK", block)
            v, U, c = Variable(x), Variable(W), Variable(b[:2])
            y = F.conv2d(v, U, c, stride, pad=1)
            (y**2).backward()
            results.append([y.data, v.grad.data, U.grad.data, c.grad.data])
        for other in results[1:]:
            for a, e in zip(other, results[0]):
                np.testing.assert_allclose(a, e, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("pad", [0, 1, (2, 0)])
def test_large_images_in_blocks_are_as_by_all_their_columns(rng, pad):
    """What conv2d does a block at a time, conv2d_simple does at once."""
    x, W = rng.normal(size=(3, 24, 26, 27)), rng.normal(size=(5, 24, 3, 3))
    results = []
    for f in F.conv2d, F.conv2d_simple:
        v, U = Variable(x), Variable(W)
        y = f(v, U, stride=(1, 2), pad=pad)
        y.grad = Variable(np.cos(np.arange(y.size)).reshape(y.shape))
        y.backward()
        results.append([y.data, v.grad.data, U.grad.data])
    for a, e in zip(*results):
        np.testing.assert_allclose(a, e, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("kernel_size", [(3, 3), (2, 5), (4, 1), (1, 3)])
@pytest.mark.parametrize("block", [1, 500, 2**19])
def test_copies_for_one_row_of_the_kernel_do_for_all(
    rng, monkeypatch, block, kernel_size
):
    """Where the kernel moves down by 1: as with columns of the whole kernel."""
    x, W = rng.normal(size=(3, 2, 9, 8)), rng.normal(size=(4, 2, *kernel_size))
    monkeypatch.setattr(columns, "_BLOCK", block)
    results = []
    for copied in kernel_size[0], 1:
        monkeypatch.setattr(columns, "_copied", lambda *args, rows=copied: rows)
        v, U = Variable(x), Variable(W)
        y = F.conv2d(v, U, stride=(1, 2), pad=(1, 0))
        y.grad = Variable(np.cos(np.arange(y.size)).reshape(y.shape))
        y.backward()
        results.append([y.data, v.grad.data, U.grad.data])
    for a, e in zip(*results):
        np.testing.assert_allclose(a, e, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("stride", [1, (1, 2)])
def test_large_images_with_many_channels_are_as_by_all_their_columns(rng, stride):
    """There the copies are for one row of the kernel at a time."""
    x, W = rng.normal(size=(2, 22, 24, 48)), rng.normal(size=(3, 22, 3, 3))
    results = []
    for f in F.conv2d, F.conv2d_simple:
        v, U = Variable(x), Variable(W)
        y = f(v, U, stride=stride, pad=1)
        (y**2).backward()
        results.append([y.data, v.grad.data, U.grad.data])
    for a, e in zip(*results):
        np.testing.assert_allclose(a, e, rtol=1e-10, atol=1e-8)


@pytest.mark.parametrize("to_matrix", [True, False])
@pytest.mark.parametrize("size, kernel, stride, pad", PLACES)
def test_col2im_is_the_transpose_of_im2col(rng, size, kernel, stride, pad, to_matrix):
    a = images(rng, size)
    rest = kernel, stride, pad, to_matrix
    col = im2col_array(a, *rest)
    b = rng.normal(size=col.shape)
    back = col2im_array(b, a.shape, *rest)
    assert back.shape == a.shape
    np.testing.assert_allclose((col * b).sum(), (a * back).sum(), rtol=1e-10)

    x, y = Variable(a), Variable(b)  # and each is the other's gradient
    for f, v in (F.im2col(x, *rest), y), (F.col2im(y, a.shape, *rest), x):
        f.grad = Variable(v.data)
        f.backward()
    np.testing.assert_array_equal(x.grad.data, back)
    np.testing.assert_array_equal(y.grad.data, col)


@pytest.mark.parametrize("size, kernel, stride, pad", PLACES)
def test_deconv2d_is_the_transpose_of_conv2d(rng, size, kernel, stride, pad):
    a, (W, _) = images(rng, size), kernels(rng, kernel)
    y = F.conv2d(a, W, None, stride, pad)
    b = rng.normal(size=y.shape)
    back = F.deconv2d(b, W, None, stride, pad, outsize=size)
    np.testing.assert_allclose((y.data * b).sum(), (a * back.data).sum(), rtol=1e-10)


def test_deconv2d_takes_the_smallest_image():
    x, W = np.ones((1, 2, 3, 4)), np.ones((2, 5, 4, 3))
    assert F.deconv2d(x, W, stride=2, pad=1).shape == (1, 5, 6, 7)
    assert F.deconv2d(x, W, stride=2, pad=1, outsize=(7, 8)).shape == (1, 5, 7, 8)


def test_a_tie_goes_to_the_first():
    x = Variable(np.zeros((1, 1, 3, 3)))
    F.pooling(x, 2).backward()
    expected = [[1, 1, 0], [1, 1, 0], [0, 0, 0]]
    np.testing.assert_array_equal(x.grad.data[0, 0], expected)


def test_nan_is_not_lost():
    x = Variable(np.array([[[[1.0, np.nan], [2.0, 3.0]]]]))
    assert np.isnan(F.pooling(x, 2).data).all()


def test_padding_never_wins():
    """Not even against what it is equal to. PyTorch 2.13 says the same."""
    lowest = np.full((1, 1, 2, 2), -np.inf)
    for data in lowest, np.zeros((1, 1, 2, 2), np.uint8):
        x = Variable(data)
        F.pooling(x, 2, 1, 1).backward()
        np.testing.assert_array_equal(x.grad.data[0, 0], [[4, 2], [2, 1]])
    x = Variable(lowest)
    y = F.pooling(x, 2, 1, 1)
    y.backward(create_graph=True)  # and so on the way there
    gx = Variable(np.array([[[[1.0, 2.0], [3.0, 4.0]]]]))
    expected = [[1, 1, 2], [1, 1, 2], [3, 3, 4]]
    picked = F.Pooling2DWithIndexes(y.creator)(gx)
    np.testing.assert_array_equal(picked.data[0, 0], expected)


def test_a_gradient_goes_to_nan():
    """Where the result is. PyTorch 2.13 says the same."""
    x = Variable(np.array([[[[1.0, np.nan, 3.0], [4.0, 5.0, 6.0]]]]))
    F.pooling(x, 2, 1, 1).backward()
    np.testing.assert_array_equal(x.grad.data[0, 0], [[1, 4, 1], [2, 1, 3]])


@pytest.mark.parametrize("stride", [1, 2])
def test_infinite_gradients_go_to_the_winner_alone(stride):
    """inf * 0 would be nan."""
    x = Variable(np.array([[[[1.0, 2.0], [3.0, 4.0]]]]))
    y = F.pooling(x, 2, stride)
    y.grad = Variable(np.full(y.shape, np.inf))
    y.backward()
    np.testing.assert_array_equal(x.grad.data[0, 0], [[0, 0], [0, np.inf]])
    ggx = Variable(np.array([[[[np.inf, -np.inf], [np.nan, 5.0]]]]))
    assert F.Pooling2DWithIndexes(y.creator)(ggx).data == 5


def test_only_gradients_that_are_wanted(rng, monkeypatch):
    """The images of the first layer need none, and cost none."""
    x, (W, b) = images(rng, (5, 5)), kernels(rng, (3, 3))
    W = Variable(W)
    y = F.conv2d(x, W, b)
    monkeypatch.setattr(conv, "_spread", None)
    y.backward()
    assert W.grad.shape == W.shape


# --------------------------------------------------------- dtypes, memory, views


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_stays(rng, dtype):
    x, (W, b) = images(rng, (6, 6)), kernels(rng, (3, 3))
    x, W, b = (Variable(a.astype(dtype)) for a in (x, W, b))
    for y in (
        F.conv2d(x, W, b, pad=1),
        F.conv2d_simple(x, W, b, pad=1),
        F.deconv2d(F.conv2d(x, W, b, 2), W, None, 2),
        F.pooling(x, 2, 2, 1),
        F.average_pooling(x, 3, 2, 1),
        F.im2col(x, 3),
    ):
        assert y.dtype == dtype
        for v in (x, W, b):
            v.cleargrad()
        y.backward()
        assert x.grad.dtype == dtype
        assert W.grad is None or W.grad.dtype == dtype


def test_integers_are_promoted(rng):
    x = rng.integers(0, 255, size=(1, 3, 5, 5)).astype(np.uint8)
    W, b = kernels(rng, (3, 3))
    y = F.conv2d(x, W, b)
    np.testing.assert_allclose(y.data, convolved(x, W, b, (1, 1), (0, 0)), rtol=1e-10)
    assert F.conv2d(x, W.astype(np.float32)).dtype == np.float32
    whole = np.ones((4, 3, 3, 3), int)
    assert F.conv2d(x.astype(int), whole, b).dtype == np.float64
    assert F.average_pooling(x, 2).dtype == np.float64


def test_views_and_empty_batches(rng):
    x, (W, b) = images(rng, (6, 5)), kernels(rng, (3, 2))
    views = x.transpose(0, 1, 3, 2).copy().transpose(0, 1, 3, 2), np.asfortranarray(W)
    y = F.conv2d(*views, b)
    np.testing.assert_array_equal(y.data, F.conv2d(x, W, b).data)
    turned = F.pooling(x[:, :, ::-1, ::2], 2)
    np.testing.assert_array_equal(
        turned.data, F.pooling(x[:, :, ::-1, ::2].copy(), 2).data
    )
    nothing, W = Variable(x[:0]), Variable(W)
    y = F.pooling(F.conv2d(nothing, W, b), 2)
    assert y.shape == (0, 4, 3, 3)
    y.backward()
    assert nothing.grad.shape == (0, 3, 6, 5)
    assert not W.grad.data.any()


def test_inputs_are_left_alone(rng):
    x, (W, b) = images(rng, (6, 5)), kernels(rng, (3, 2))
    arrays = x, W, b
    before = [a.copy() for a in arrays]
    for a in arrays:
        a.flags.writeable = False
    y = F.average_pooling(F.pooling(F.conv2d(*map(Variable, arrays)), 2), 2)
    y.backward()
    for a, e in zip(arrays, before):
        np.testing.assert_array_equal(a, e)


def test_columns_are_never_all_there():
    """8 images (64, 56, 56) under a 3x3 kernel: their columns are 58 MB."""
    rng = np.random.default_rng(0)
    x = Variable(rng.random((8, 64, 56, 56), dtype=np.float32))
    W = Variable(rng.random((64, 64, 3, 3), dtype=np.float32))
    one = x.data.nbytes
    y = F.conv2d(x, W, pad=1)
    y.grad = Variable(y.data)

    def peak(work):
        tracemalloc.start()
        kept = work()
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        del kept
        return highest

    columns = 9 * one
    forward = peak(lambda: F.conv2d(x, W, pad=1))
    assert forward < 3 * one < columns / 2  # the result, the padded images, a block
    assert peak(y.backward) < 4 * one < columns / 2


def test_one_node_in_the_graph(rng):
    x, (W, b) = images(rng, (5, 5)), kernels(rng, (3, 3))
    y = F.conv2d(Variable(x), Variable(W), Variable(b))
    assert get_dot_graph(y).count("shape=box") == 1
    assert '"Conv2d"' in get_dot_graph(y)
    names = [type(f(Variable(x), 2).creator).__name__ for f in (F.pooling, F.im2col)]
    assert names == ["Pooling", "Im2col"]


def test_one_function_called_twice(rng):
    """Each call keeps its own record."""
    f = F.Pooling(2)
    x0, x1 = Variable(images(rng, (4, 4))), Variable(images(rng, (5, 3)))
    y0, y1 = f(x0), f(x1)
    y0.backward()
    y1.backward()
    for x in (x0, x1):
        again = Variable(x.data)
        F.pooling(again, 2).backward()
        np.testing.assert_array_equal(x.grad.data, again.grad.data)


# ----------------------------------------------------------------------- errors

X, KERNELS = np.ones((2, 3, 5, 6)), np.ones((4, 3, 3, 3))
DECONV = np.ones((3, 4, 3, 3))


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: F.conv2d(X[0], KERNELS), r"x must be images \(N, C, H, W\), got \(3,"),
        (lambda: F.conv2d(X, KERNELS[0]), r"must be \(OC, C, KH, KW\).*got \(3, 3, 3"),
        (lambda: F.conv2d(X, KERNELS[:, :2]), r"C = 3, got \(4, 2, 3, 3\) \(see step"),
        (lambda: F.conv2d(X, KERNELS, np.ones(3)), r"b must be \(OC,\) = \(4,\), got"),
        (lambda: F.conv2d(X, np.ones((4, 3, 6, 3))), r"\(6, 3\) is larger than the im"),
        (
            lambda: F.conv2d(X, KERNELS, stride=0),
            r"conv2d: stride .* at least 1, got 0",
        ),
        (lambda: F.conv2d(X, KERNELS, stride=1.5), r"expected an int.*got float: 1.5"),
        (lambda: F.conv2d(X, KERNELS, pad=(1, -1)), r"conv2d: pad .* at least 0, got"),
        (lambda: F.conv2d(X, KERNELS, pad=(1, 0.5)), r"pad .*\(1, 0.5\) \(see step 55"),
        (lambda: F.conv2d_simple(X[0], KERNELS), r"conv2d_simple: x must be images"),
        (lambda: F.conv2d_simple(X, KERNELS, stride=0), r"conv2d_simple: stride"),
        (lambda: F.deconv2d(X, KERNELS), r"\(C, OC, KH, KW\) with C = 3, got \(4, 3"),
        (lambda: F.deconv2d(X, DECONV, np.ones(3)), r"b must be \(OC,\) = \(4,\)"),
        (
            lambda: F.deconv2d(X, DECONV, outsize=(9, 9)),
            r"gives \(7, 7\), but x is \(5",
        ),
        (
            lambda: F.deconv2d(X[..., :1], DECONV, pad=2),
            r"must be at least \(1, 1\), but .* would be .*a smaller pad",
        ),
        (
            lambda: F.deconv2d(X[..., :1, :1], DECONV[..., :2, :2], pad=1),
            r"it would be \(0, 0\)",
        ),
        (lambda: F.pooling(X[0], 2), r"pooling: x must be images"),
        (
            lambda: F.pooling(X, 7),
            r"pooling: the kernel \(7, 7\) is larger than the im",
        ),
        (lambda: F.pooling(X, 2, 0), r"pooling: stride"),
        (lambda: F.pooling(X, 0), r"pooling: kernel_size .* at least 1, got 0"),
        (lambda: F.pooling(X, 2, 2, 2), r"pad \(2, 2\) must be smaller than the kern"),
        (lambda: F.average_pooling(X[0], 2), r"average_pooling: x must be images"),
        (lambda: F.average_pooling(X, (2, 9)), r"average_pooling: the kernel \(2, 9\)"),
        (lambda: F.im2col(X[0], 2), r"im2col: x must be images"),
        (lambda: F.col2im(X, X.shape, 2), r"must be \(40, 12\), got \(2, 3, 5, 6\)"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_where_the_names_can_be_found():
    names = {*columns.__all__, *conv.__all__, *pooling_names}
    for name in names:
        assert callable(getattr(functions_conv, name))
    assert dezero.functions_conv is functions_conv
    for name in ("get_conv_outsize", "get_deconv_outsize", "pair"):
        assert getattr(utils, name) is getattr(columns, name)
    for name in names - {"im2col_array", "col2im_array"} - set(utils.__all__):
        assert getattr(F, name) is getattr(functions_conv, name)


@pytest.mark.parametrize("f", [utils.get_conv_outsize, utils.get_deconv_outsize])
@pytest.mark.parametrize(
    "place, value, message",
    [
        (0, "28", "size must be a whole number of at least 0, got '28'"),
        (1, 0, "kernel_size must be a whole number of at least 1, got 0"),
        (2, 0, "stride must be a whole number of at least 1, got 0"),
        (3, -1, "pad must be a whole number of at least 0, got -1"),
        (3, 0.5, "pad must be a whole number of at least 0, got 0.5"),
    ],
)
def test_sizes_that_cannot_be(f, place, value, message):
    sizes = [28, 5, 2, 1]
    sizes[place] = value
    with pytest.raises((TypeError, ValueError), match=f"^{f.__name__}: {message}"):
        f(*sizes)


def test_empty_batches_of_images():
    """No image in, none out, and gradients of the shapes of what came in."""
    x, W = Variable(np.zeros((0, 3, 4, 4))), Variable(np.ones((2, 3, 2, 2)))
    for y in F.conv2d(x, W), F.pooling(x, 2), F.average_pooling(x, 2):
        assert y.shape[0] == 0
        x.cleargrad()
        y.backward()
        assert x.grad.shape == x.shape
    assert (W.grad.data == 0).all()
