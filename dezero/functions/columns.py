"""Images as columns: the code on bare arrays that computes convolution and pooling.

For each place of the kernel, im2col copies the part of the image under it. That turns a
convolution into a matrix product (step 57). For one image, with the columns that
im2col_array(..., to_matrix=False) makes, the convolution is

    W (OC, C*KH*KW)  @  columns (C*KH*KW, OH*OW)  =  y (OC, OH*OW)

The columns are KH * KW times as large as the image. So _convolve, and _correlate and
_spread, which compute the gradients, make them one block at a time. On 8 images
(64, 56, 56) with a 3x3 kernel and pad=1, conv2d needs 4 MB besides its result;
conv2d_simple, which makes all the columns and keeps them, needs 116 MB.

Letters: N images of C channels, H high and W wide; KH KW the kernel's, OH OW the
result's height and width; OC channels of the result.
"""

import math
from itertools import product
from numbers import Integral

import numpy as np

from dezero import cuda
from dezero.functions.inputs import _as_array, _as_shape, _as_window
from dezero.guards import flag, whole

__all__ = [
    "col2im_array",
    "get_conv_outsize",
    "get_deconv_outsize",
    "im2col_array",
    "pair",
]


# --- sizes: of the kernel, of the result ---


def get_conv_outsize(input_size, kernel_size, stride, pad) -> int:
    """Return the output size of a convolution, along one side of a padded image.

    >>> get_conv_outsize(28, kernel_size=5, stride=2, pad=1)
    13
    """
    input_size = whole("get_conv_outsize", "size", input_size, 55, least=0)
    kernel_size = whole("get_conv_outsize", "kernel_size", kernel_size, 55)
    stride = whole("get_conv_outsize", "stride", stride, 55)
    pad = whole("get_conv_outsize", "pad", pad, 55, least=0)
    return (input_size + 2 * pad - kernel_size) // stride + 1


def get_deconv_outsize(size, k, s, p) -> int:
    """Return the smallest side of an image from which a convolution makes side `size`.

    k, s, p: kernel size, stride and padding, as in get_conv_outsize.

    >>> get_deconv_outsize(13, k=5, s=2, p=1)
    27
    """
    size = whole("get_deconv_outsize", "size", size, 55, least=0)
    k = whole("get_deconv_outsize", "kernel_size", k, 55)
    s = whole("get_deconv_outsize", "stride", s, 55)
    p = whole("get_deconv_outsize", "pad", p, 55, least=0)
    return s * (size - 1) + k - 2 * p


def pair(x) -> tuple:
    """Return x as (height, width); an int stands for both.

    >>> pair(3), pair((1, 2))
    ((3, 3), (1, 2))
    """
    if not isinstance(x, (int, tuple, list, Integral)):
        raise ValueError(
            f"pair: expected an int or (height, width), got {type(x).__name__}: {x!r}"
        )
    if isinstance(x, (tuple, list)) and len(x) != 2:
        raise AssertionError(
            f"pair: expected an int or (height, width), got {len(x)} values: {x}"
        )
    return (x, x) if isinstance(x, Integral) else tuple(x)


def _out_size(shape, kernel_size, stride=1, pad=0):
    """Return (OH, OW) for images of this shape, (N, C, H, W)."""
    sides = shape[2:], pair(kernel_size), pair(stride), pair(pad)
    return tuple(map(get_conv_outsize, *sides))


def _check_fits(who, shape, kernel_size, pad):
    """Raise ValueError unless the kernel fits into images of this shape."""
    padded = tuple([n + 2 * p for n, p in zip(shape[2:], pad)])
    if padded[0] < kernel_size[0] or padded[1] < kernel_size[1]:
        raise ValueError(
            f"{who}: the kernel {tuple(kernel_size)} is larger than the image "
            f"{tuple(shape[2:])}, which with its padding is {padded} (see step 55)"
        )


# --- columns and back ---


def _under(kernel_size, stride, size):
    """Yield a, b, rows, columns: two slices, of what kernel element (a, b) covers."""
    (SH, SW), (OH, OW) = pair(stride), size
    for a, b in product(*map(range, pair(kernel_size))):
        rows = slice(a, a + SH * OH, SH)
        yield a, b, rows, slice(b, b + SW * OW, SW)


def _pad_images(x, pad, value=0):
    """Return x (N, C, H, W), with each image padded with value."""
    (N, C, H, W), (PH, PW) = x.shape, pair(pad)
    if PH == PW == 0:
        return x
    xp = cuda.get_array_module(x)
    padded = xp.full((N, C, H + 2 * PH, W + 2 * PW), value, x.dtype)
    padded[:, :, PH : PH + H, PW : PW + W] = x
    return padded


def im2col_array(img, kernel_size, stride, pad, to_matrix=True) -> np.ndarray:
    """Return the windows of img as columns, like im2col, but on bare arrays."""
    img = _as_array("im2col", img, "img")
    to_matrix = flag("im2col", "to_matrix", to_matrix, 57)
    kernel_size, stride, pad = _as_window("im2col", kernel_size, stride, pad)
    _check_images("im2col", img)
    _check_fits("im2col", img.shape, kernel_size, pad)
    (N, C), (KH, KW) = img.shape[:2], pair(kernel_size)
    OH, OW = _out_size(img.shape, kernel_size, stride, pad)
    xp = cuda.get_array_module(img)
    img = _pad_images(img, pad)
    col = xp.empty((N, C, KH, KW, OH, OW), img.dtype)
    for a, b, rows, columns in _under(kernel_size, stride, (OH, OW)):
        col[:, :, a, b] = img[:, :, rows, columns]
    if to_matrix:
        col = col.transpose(0, 4, 5, 1, 2, 3)
        col = col.reshape(N * OH * OW, C * KH * KW)
    return col


def col2im_array(
    col, img_shape, kernel_size, stride, pad, to_matrix=True
) -> np.ndarray:
    """Return images with columns added up in them, like col2im, but on bare arrays."""
    col = _as_array("col2im", col, "col")
    img_shape = _as_shape("col2im", img_shape, 57)
    to_matrix = flag("col2im", "to_matrix", to_matrix, 57)
    kernel_size, stride, pad = _as_window("col2im", kernel_size, stride, pad)
    _check_columns(col, img_shape, kernel_size, stride, pad, to_matrix)
    N, C, H, W = img_shape
    (KH, KW), (PH, PW) = pair(kernel_size), pair(pad)
    OH, OW = _out_size(img_shape, kernel_size, stride, pad)
    if to_matrix:
        col = col.reshape(N, OH, OW, C, KH, KW)
        col = col.transpose(0, 3, 4, 5, 1, 2)
    xp = cuda.get_array_module(col)
    img = xp.zeros((N, C, H + 2 * PH, W + 2 * PW), col.dtype)
    for a, b, rows, columns in _under(kernel_size, stride, (OH, OW)):
        img[:, :, rows, columns] += col[:, :, a, b]
    return img[:, :, PH : PH + H, PW : PW + W]


def _check_images(who, x):
    """Raise ValueError unless x is a batch of images."""
    if x.ndim != 4:
        raise ValueError(
            f"{who}: x must be images (N, C, H, W), got {x.shape}; pass a "
            "single image as x[None], a batch of one (see step 56)"
        )


def _check_columns(col, img_shape, kernel_size, stride, pad, to_matrix):
    """Raise ValueError unless col has the shape of the columns of such images."""
    if len(img_shape) != 4 or min(img_shape) < 0:
        raise ValueError(
            f"col2im: images have the shape (N, C, H, W), got {img_shape} (see step 57)"
        )
    _check_fits("col2im", img_shape, kernel_size, pad)
    (N, C), (KH, KW) = img_shape[:2], kernel_size
    OH, OW = _out_size(img_shape, kernel_size, stride, pad)
    expected = (N * OH * OW, C * KH * KW) if to_matrix else (N, C, KH, KW, OH, OW)
    if col.shape != expected:
        raise ValueError(
            f"col2im: for images {tuple(img_shape)} the columns must be {expected}, "
            f"got {col.shape} (see step 57)"
        )


# --- the three products of a convolution, a block of columns at a time ---

_BLOCK = 2**19  # numbers in a block: 2 MB of float32, which fit one core's caches


def _blocks(xp, N, OH, numbers, most=None):
    """Split the work into blocks: yield two slices, of images and of the result's rows.

    A block is a band of rows of one image, or several images, at most `most`. It makes
    about _BLOCK numbers; one row makes `numbers`. On a GPU one block does everything,
    because each turn of a Python loop takes longer there than its work.
    """
    numbers = max(1, numbers)
    block = _BLOCK if xp is np else N * OH * numbers
    bands = -(-OH // max(1, block // numbers))
    rows = -(-OH // bands)  # makes all bands about equally high
    n = max(1, min(block // (numbers * OH), most or N))
    for i in range(0, N, n):
        for p in range(0, OH, rows):
            yield slice(i, min(i + n, N)), slice(p, min(p + rows, OH))


def _copied(C, kernel_size, stride, size, xp=np):
    """Return for how many rows of the kernel _columns copies the image: KH or 1.

    If the kernel moves down by 1, its next row finds its numbers in the same copy, one
    row further down. Then copies for one row of the kernel are enough, but KH products
    must be added up. With 64 channels that saves a fifth of the time; with few channels
    or small images it costs time.
    """
    (KH, KW), (OH, OW) = kernel_size, size
    pays = xp is np and stride[0] == 1 and C * KW >= 64 and OH * OW >= 512
    return 1 if pays else KH


def _columns(x, kernel_size, stride, pad, size, copied):
    """Yield images and rows, two slices of the result, and the columns for that part.

    The columns are a list of KH / copied arrays (n, C, copied, KW, height, OW), each
    for `copied` rows of the kernel; a single one is what im2col_array gives.
    In memory the axis n comes after KW. So without a copy, each array is one matrix
    (C*copied*KW, height*OW) per image, for _convolve, and one matrix for all images,
    for _correlate.
    """
    (KH, KW), SH, (OH, OW) = kernel_size, stride[0], size
    N, C = x.shape[:2]
    xp = cuda.get_array_module(x)
    most = None if copied == KH else 1
    for images, rows in _blocks(xp, N, OH, C * copied * KW * OW, most):
        if rows.start == 0:
            padded = _pad_images(x[images], pad)
        seen = padded[:, :, rows.start * SH : (rows.stop - 1) * SH + KH]
        n, height = len(seen), rows.stop - rows.start
        high = height + KH - copied
        col = xp.empty((C, copied, KW, n, high, OW), x.dtype)
        col = col.transpose(3, 0, 1, 2, 4, 5)
        for a, b, down, right in _under((copied, KW), stride, (high, OW)):
            col[:, :, a, b] = seen[:, :, down, right]
        starts = range(KH // copied)
        yield images, rows, [col[..., i : i + height, :] for i in starts]


def _convolve(x, W, stride, pad):
    """Return y (N, OC, OH, OW) = W @ columns of x."""
    N, (OC, C, KH, KW) = len(x), W.shape
    OH, OW = _out_size(x.shape, (KH, KW), stride, pad)
    xp = cuda.get_array_module(x)
    y = xp.empty((N, OC, OH, OW), np.result_type(x.dtype, W.dtype))
    copied = _copied(C, (KH, KW), stride, (OH, OW), xp)
    W = W.reshape(OC, C, KH // copied, copied * KW).transpose(2, 0, 1, 3)
    W = W.reshape(KH // copied, OC, C * copied * KW)
    for images, rows, cols in _columns(x, (KH, KW), stride, pad, (OH, OW), copied):
        part = y[images, :, rows]
        n, _, height, _ = part.shape
        part = part.reshape(n, OC, height * OW)  # a view
        cols = [col.reshape(n, W.shape[2], height * OW) for col in cols]  # also views
        xp.matmul(W[0], cols[0], out=part)
        for kernel, col in zip(W[1:], cols[1:]):
            part += kernel @ col
    return y


def _correlate(x, gy, kernel_size, stride, pad):
    """Return gW (OC, C, KH, KW) = gy @ (columns of x).T, summed over all images."""
    OC, C, (KH, KW), size = gy.shape[1], x.shape[1], kernel_size, gy.shape[2:]
    xp = cuda.get_array_module(x)
    copied = _copied(C, kernel_size, stride, size, xp)
    K = C * copied * KW
    gW = xp.zeros((KH // copied, OC, K), np.result_type(x.dtype, gy.dtype))
    for images, rows, cols in _columns(x, kernel_size, stride, pad, size, copied):
        part = gy[images, :, rows].transpose(1, 0, 2, 3)
        places = math.prod(part.shape[1:])
        part = part.reshape(OC, places)
        for gkernel, col in zip(gW, cols):
            col = col.transpose(1, 2, 3, 0, 4, 5).reshape(K, places)  # a view
            gkernel += part @ col.T
    gW = gW.reshape(KH // copied, OC, C, copied, KW)
    return gW.transpose(1, 2, 0, 3, 4).reshape(OC, C, KH, KW)


def _spread(x, W, stride, pad, size):
    """Return y (N, OC, *size), added up from its columns W.T @ x.

    This is the transpose of _convolve: it takes gradients back to images of that size.
    """
    C, OC, KH, KW = W.shape
    (PH, PW), SH = pad, stride[0]
    if stride == (1, 1) and PH < KH and PW < KW and C <= 2 * OC:
        # Then this is a convolution with the kernels turned by 180 degrees (step 64).
        # It has no overlaps to add up, so it takes 0.7 of the time of what follows,
        # unless it makes many more columns.
        W = W[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
        return _convolve(x, W, stride, (KH - 1 - PH, KW - 1 - PW))
    N, _, height, width = x.shape
    OH, OW = size
    xp = cuda.get_array_module(x)
    y = xp.zeros((N, OC, OH + 2 * PH, OW + 2 * PW), np.result_type(x.dtype, W.dtype))
    W = W.reshape(C, OC * KH * KW).T
    for images, rows in _blocks(xp, N, height, OC * KH * KW * width):
        part = x[images, :, rows]
        n, _, high, _ = part.shape
        col = W @ part.reshape(n, C, high * width)
        col = col.reshape(n, OC, KH, KW, high, width)
        seen = y[images, :, rows.start * SH : (rows.stop - 1) * SH + KH]
        for a, b, down, right in _under((KH, KW), stride, (high, width)):
            seen[:, :, down, right] += col[:, :, a, b]
    return y[:, :, PH : PH + OH, PW : PW + OW]
