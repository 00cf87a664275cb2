"""Convolution and pooling of images: a kernel, or a window, moved over every place.

Both work on columns: im2col copies the part of the image under the kernel, for each
place of the kernel, into a column of a matrix. Then a convolution is one product of
matrices (step 57), and col2im, which adds every column back to where it came from,
is the way the gradients go.

The columns of an image are KH * KW times as large as the image. So they are made a
part at a time, one that stays in the cache. On 8 images (64, 56, 56) under a 3x3
kernel, conv2d then takes 4 MB beside its result, conv2d_simple, which makes all the
columns and keeps them, 109.

Letters: x, y in and out; gx, gy gradients; W, b kernels and bias. N images of C
channels, H high and W wide; KH KW the kernel's, OH OW the result's height and width;
OC channels of the result.
"""

from numbers import Integral

import numpy as np

from dezero import cuda
from dezero.advice import named_arguments
from dezero.core import (
    Function,
    Variable,
    _as_input,
    _as_shape,
    _precisely,
    _select,
    _unwrap,
    as_array,
    as_variable,
)
from dezero.functions.linalg import _is_nothing, _weighted, linear
from dezero.functions.shape import where
from dezero.guards import flag, shown, whole

__all__ = [
    "AveragePooling",
    "AveragePooling2DGrad",
    "Col2im",
    "Conv2DGradW",
    "Conv2d",
    "Deconv2d",
    "Im2col",
    "Pooling",
    "Pooling2DGrad",
    "Pooling2DWithIndexes",
    "average_pooling",
    "col2im",
    "col2im_array",
    "conv2d",
    "conv2d_simple",
    "deconv2d",
    "get_conv_outsize",
    "get_deconv_outsize",
    "im2col",
    "im2col_array",
    "pair",
    "pooling",
    "pooling_simple",
]


# --- sizes: of the kernel, of the result ---


def get_conv_outsize(input_size, kernel_size, stride, pad) -> int:
    """Return how many places a kernel takes along one side of a padded image.

    >>> get_conv_outsize(28, kernel_size=5, stride=2, pad=1)
    13
    """
    sizes = _sizes("get_conv_outsize", input_size, kernel_size, stride, pad)
    return _conv_outsize(*sizes)


def get_deconv_outsize(size, k, s, p) -> int:
    """Return the side of the smallest image on which a convolution takes size places.

    k, s, p: kernel size, stride and padding, as in get_conv_outsize.

    >>> get_deconv_outsize(13, k=5, s=2, p=1)
    27
    """
    return _deconv_outsize(*_sizes("get_deconv_outsize", size, k, s, p))


def _conv_outsize(input_size, kernel_size, stride, pad):
    return (input_size + 2 * pad - kernel_size) // stride + 1


def _deconv_outsize(size, k, s, p):
    return s * (size - 1) + k - 2 * p


def _sizes(who, size, kernel_size, stride, pad):
    """Return the four as ints, if they can be sizes."""
    named = ("size", size, 0), ("kernel_size", kernel_size, 1), ("stride", stride, 1)
    named += (("pad", pad, 0),)
    return [whole(who, name, n, 55, least=least) for name, n, least in named]


def pair(x) -> tuple:
    """Return x as (height, width): an int stands for both.

    >>> pair(3), pair((1, 2))
    ((3, 3), (1, 2))
    """
    if isinstance(x, Integral):
        return int(x), int(x)
    if isinstance(x, (tuple, list)):
        if len(x) != 2:
            raise AssertionError(
                f"pair: expected an int or (height, width), got {len(x)} values: {x}"
            )
        return tuple(x)
    raise ValueError(
        f"pair: expected an int or (height, width), got {type(x).__name__}: {x!r}"
    )


def _pair(name, what, x, least):
    """Return x as a pair of ints, none of them below least."""
    if not isinstance(x, (Integral, tuple, list)):
        raise ValueError(
            f"{name}: {what}: expected an int or (height, width) of at least {least}, "
            f"got {type(x).__name__}: {shown(x)} (see step 55)"
        )
    sides = (x, x) if isinstance(x, Integral) else x
    if (
        len(sides) != 2
        or any(isinstance(n, bool) or not isinstance(n, Integral) for n in sides)
        or min(sides) < least
    ):
        got = repr(x) if isinstance(x, (tuple, list)) and len(x) < 5 else shown(x)
        raise ValueError(
            f"{name}: {what} must be an int or (height, width) of at least {least}, "
            f"got {got} (see step 55)"
        )
    return tuple(int(n) for n in sides)


def _outsize(name, size, kernel_size, stride, pad):
    """Return (OH, OW) for an image of size (H, W); at least 1 each."""
    out = tuple(map(_conv_outsize, size, kernel_size, stride, pad))
    if min(out) < 1:
        padded = [n + 2 * p for n, p in zip(size, pad)]
        raise ValueError(
            f"{name}: the kernel {kernel_size} is larger than the image {tuple(size)} "
            f"with its padding {tuple(padded)} (see step 55)"
        )
    return out


def _check_images(name, x):
    """Raise ValueError unless x is a batch of images."""
    if x.ndim != 4:
        raise ValueError(
            f"{name}: x must be images (N, C, H, W), got {x.shape}; one image alone "
            "is x[None], a batch of one (see step 56)"
        )


def _check_kernels(name, x, W, b, axes, out):
    """Raise ValueError unless W and b fit x; axes names W's, out is OC's place."""
    _check_images(name, x)
    if W.ndim != 4 or W.shape[1 - out] != x.shape[1]:
        raise ValueError(
            f"{name}: x {x.shape} is (N, C, H, W), so W must be ({axes}, KH, KW) with "
            f"C = {x.shape[1]}, got {W.shape} (see step 57)"
        )
    if b is not None and b.shape != (W.shape[out],):
        raise ValueError(
            f"{name}: b must be (OC,) = ({W.shape[out]},), got {b.shape} (see step 57)"
        )


# --- columns, on arrays ---


def _under(i, j, stride, size):
    """Return the index of what element (i, j) of the kernel meets, place by place."""
    (SH, SW), (OH, OW) = stride, size
    rows = slice(i, i + SH * (OH - 1) + 1, SH)
    return (..., rows, slice(j, j + SW * (OW - 1) + 1, SW))


def _padded(x, pad, value=0):
    """Return x with rows and columns of value around each image."""
    PH, PW = pad
    if PH == PW == 0:
        return x
    xp = cuda.get_array_module(x)
    N, C, H, W = x.shape
    padded = xp.full((N, C, H + 2 * PH, W + 2 * PW), value, x.dtype)
    padded[:, :, PH : PH + H, PW : PW + W] = x
    return padded


def _inside(x, pad):
    """Return padded images x without their padding."""
    PH, PW = pad
    return x[:, :, PH : x.shape[2] - PH, PW : x.shape[3] - PW]


def _fill(col, x, stride):
    """Set col[n, c, i, j, p, q] = x[n, c, p * SH + i, q * SW + j]."""
    KH, KW, *size = col.shape[2:]
    for i in range(KH):
        for j in range(KW):
            col[:, :, i, j] = x[_under(i, j, stride, size)]


def _add_up(x, col, stride):
    """Do x[n, c, p * SH + i, q * SW + j] += col[n, c, i, j, p, q]."""
    KH, KW, *size = col.shape[2:]
    for i in range(KH):
        for j in range(KW):
            x[_under(i, j, stride, size)] += col[:, :, i, j]


# --- the three products of a convolution, on arrays ---
#
# The columns of n images form a matrix (C*KH*KW, n*OH*OW). W @ columns is the result,
# gy @ columns.T the gradient of W, and W.T @ gy that of the columns.

_BLOCK = 2**19  # numbers in a block of columns: 2 MB of float32, what caches can hold


def _blocks(xp, N, OH, numbers, most=None):
    """Yield (images, rows of the result), two slices: the work, a block at a time.

    A block is a band of rows of one image, or several images but at most `most`: as
    much as makes _BLOCK numbers, of which one row makes `numbers`. On a GPU, where
    each turn of a Python loop takes longer than its work, it is everything.
    """
    numbers = max(1, numbers)
    block = _BLOCK if xp is np else N * OH * numbers
    bands = -(-OH // max(1, block // numbers))
    rows = -(-OH // bands)  # so that all bands are about as high
    n = max(1, min(block // (numbers * OH), N if most is None else most))
    for i in range(0, N, n):
        for p in range(0, OH, rows):
            yield slice(i, min(i + n, N)), slice(p, min(p + rows, OH))


def _seen(rows, KH, SH):
    """Return the rows of a padded image that rows of the result are computed from."""
    return slice(rows.start * SH, (rows.stop - 1) * SH + KH)


def _by_rows(x, kernel_size, stride, size):
    """Return whether to multiply by one row of the kernel after the other.

    Where the kernel moves down by 1, what its next row sees is one row further on in
    the same copy of the image. So KW copies of the image do instead of KH * KW, with
    KH smaller products to add up. On images (64, 56, 56) under a 3x3 kernel that saves
    a tenth of the time; on small images and with few channels it loses.
    """
    (KH, KW), (OH, OW) = kernel_size, size
    large = x.shape[1] * KW >= 64 and OH * OW >= 512
    return isinstance(x, np.ndarray) and stride[0] == 1 < KH and large


def _columns(x, kernel_size, stride, pad, size, by_rows):
    """Yield the columns of the images x, a block at a time.

    Each time: images, rows, two slices that say of which part of the result; and a
    list of matrices, one for each row of the kernel, or a single one for the kernel.
    """
    (KH, KW), SH, (OH, OW) = kernel_size, stride[0], size
    N, C = x.shape[:2]
    xp = cuda.get_array_module(x)
    copied, most = (1, 1) if by_rows else (KH, N)  # rows of the kernel; images
    for images, rows in _blocks(xp, N, OH, C * copied * KW * OW, most):
        if rows.start == 0:
            padded = _padded(x[images], pad)
        seen = padded[:, :, _seen(rows, KH, SH)]
        height = rows.stop - rows.start
        high = seen.shape[2] if by_rows else height
        col = xp.empty((C, copied, KW, len(seen), high, OW), x.dtype)
        _fill(col.transpose(3, 0, 1, 2, 4, 5), seen, stride)
        col = col.reshape(C * copied * KW, -1)
        if by_rows:
            cols = [col[:, i * OW : (i + height) * OW] for i in range(KH)]
        else:
            cols = [col]
        yield images, rows, cols


def _as_matrix(x):
    """Return images (N, C, H, W) as a matrix (C, N*H*W)."""
    return x.transpose(1, 0, 2, 3).reshape(x.shape[1], -1)


def _convolve(x, W, stride, pad):
    """Return y (N, OC, OH, OW) = W @ columns of x."""
    N, (OC, _, KH, KW) = x.shape[0], W.shape
    size = _outsize("conv2d", x.shape[2:], (KH, KW), stride, pad)
    by_rows = _by_rows(x, (KH, KW), stride, size)
    if by_rows:
        kernels = W.transpose(2, 0, 1, 3).reshape(KH, OC, -1)
    else:
        kernels = W.reshape(1, OC, -1)
    xp = cuda.get_array_module(x)
    y = xp.empty((N, OC, *size), np.result_type(x.dtype, W.dtype))
    for images, rows, cols in _columns(x, (KH, KW), stride, pad, size, by_rows):
        product = kernels[0] @ cols[0]
        for kernel, col in zip(kernels[1:], cols[1:]):
            product += kernel @ col
        part = y[images, :, rows]  # (n, OC, height, OW)
        n, _, height, OW = part.shape
        part[...] = product.reshape(OC, n, height, OW).transpose(1, 0, 2, 3)
    return y


def _correlate(x, gy, kernel_size, stride, pad):
    """Return gW (OC, C, KH, KW) = gy @ columns of x, transposed."""
    OC, C, (KH, KW), size = gy.shape[1], x.shape[1], kernel_size, gy.shape[2:]
    by_rows = _by_rows(x, kernel_size, stride, size)
    shape = (KH, OC, C * KW) if by_rows else (1, OC, C * KH * KW)
    gW = cuda.get_array_module(x).zeros(shape, np.result_type(x.dtype, gy.dtype))
    for images, rows, cols in _columns(x, kernel_size, stride, pad, size, by_rows):
        part = _as_matrix(gy[images, :, rows])
        for gkernel, col in zip(gW, cols):
            gkernel += part @ col.T
    if by_rows:
        gW = gW.reshape(KH, OC, C, KW).transpose(1, 2, 0, 3).copy()
    return gW.reshape(OC, C, KH, KW)


def _spread(x, W, stride, pad, size):
    """Return y (N, OC, *size), added up from its columns W.T @ x.

    The transpose of _convolve: it takes gradients back to images of that size.
    """
    C, OC, KH, KW = W.shape
    PH, PW = pad
    if stride == (1, 1) and PH < KH and PW < KW and C <= 2 * OC:
        # Then it is a convolution with the kernels turned by 180 degrees, which has
        # nothing to add up: 0.7 of the time, unless its columns are many more.
        W = W[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
        return _convolve(x, W, stride, (KH - 1 - PH, KW - 1 - PW))
    N, _, height, width = x.shape
    OH, OW = size
    xp = cuda.get_array_module(x)
    y = xp.zeros((N, OC, OH + 2 * PH, OW + 2 * PW), np.result_type(x.dtype, W.dtype))
    W = W.reshape(C, -1).T
    for images, rows in _blocks(xp, N, height, OC * KH * KW * width):
        part = x[images, :, rows]
        col = (W @ _as_matrix(part)).reshape(OC, KH, KW, len(part), -1, width)
        seen = y[images, :, _seen(rows, KH, stride[0])]
        _add_up(seen, col.transpose(3, 0, 1, 2, 4, 5), stride)
    return _inside(y, pad)


# --- convolution ---


class Conv2d(Function):
    """y = the kernels W moved over the images x, plus b.

        y[n, o, p, q] = sum_cij x[n, c, p*SH + i, q*SW + j] * W[o, c, i, j] + b[o]
        gx = deconv2d(gy, W)
        gW[o, c, i, j] = sum_npq gy[n, o, p, q] * x[n, c, p*SH + i, q*SW + j]
        gb = gy summed over images and places

    with x padded by zeros, and (SH, SW) the stride.

    Shapes: x (N, C, H, W), W (OC, C, KH, KW), b (OC,) or None -> y (N, OC, OH, OW).
    """

    def __init__(self, stride=1, pad=0):
        self.stride = _pair("conv2d", "stride", stride, 1)
        self.pad = _pair("conv2d", "pad", pad, 0)

    def forward(self, x, W, b):
        _check_kernels("conv2d", x, W, b, "OC, C", out=0)
        return _add_bias(_convolve(x, W, self.stride, self.pad), b)

    def backward(self, gy):
        x, W, _ = self.inputs
        gx = gW = gb = None
        if self.needs_grad(0):
            gx = deconv2d(gy, W, None, self.stride, self.pad, x.shape[2:])
        if self.needs_grad(1):
            gW = Conv2DGradW(self)(x, gy)
        if self.needs_grad(2):
            gb = gy.sum(axis=(0, 2, 3))
        return gx, gW, gb


class Deconv2d(Function):
    """The transpose of a convolution: x times W, added up where the kernel lay.

        y[n, o, p*SH + i, q*SW + j] += x[n, c, p, q] * W[c, o, i, j]    (plus b[o])
        gx = conv2d(gy, W)
        gW = as of the convolution of y, with x in gy's place

    Shapes: x (N, C, H, W), W (C, OC, KH, KW), b (OC,) or None -> y (N, OC, OH, OW).
    A convolution with stride 2 maps images of two sizes to one; outsize says which
    one to come back to, None is the smallest.
    """

    def __init__(self, stride=1, pad=0, outsize=None):
        self.stride = _pair("deconv2d", "stride", stride, 1)
        self.pad = _pair("deconv2d", "pad", pad, 0)
        self.outsize = (
            None if outsize is None else _pair("deconv2d", "outsize", outsize, 1)
        )

    def forward(self, x, W, b):
        _check_kernels("deconv2d", x, W, b, "C, OC", out=1)
        size, kernel_size = x.shape[2:], W.shape[2:]
        out = self.outsize
        if out is None:
            out = tuple(map(_deconv_outsize, size, kernel_size, self.stride, self.pad))
        back = tuple(map(_conv_outsize, out, kernel_size, self.stride, self.pad))
        if min(out) < 1 or back != size:
            raise ValueError(
                f"deconv2d: from an image {out} a convolution with the kernel "
                f"{kernel_size}, stride {self.stride} and pad {self.pad} gives {back}, "
                f"but x is {size}; choose another outsize (see step 57)"
            )
        return _add_bias(_spread(x, W, self.stride, self.pad, out), b)

    def backward(self, gy):
        x, W, _ = self.inputs
        gx = gW = gb = None
        if self.needs_grad(0):
            gx = conv2d(gy, W, None, self.stride, self.pad)
        if self.needs_grad(1):
            gW = Conv2DGradW(self)(gy, x)
        if self.needs_grad(2):
            gb = gy.sum(axis=(0, 2, 3))
        return gx, gW, gb


class Conv2DGradW(Function):
    """The gradient of a convolution's kernels, gW, from x and gy.

    gx = deconv2d(gy, ggW), ggy = conv2d(x, ggW): it is linear in both.

    conv2d: the Conv2d or Deconv2d, called already, that it belongs to.
    """

    def __init__(self, conv2d):
        self.kernel_size = conv2d._inputs[1].shape[2:]
        self.stride = conv2d.stride
        self.pad = conv2d.pad

    def forward(self, x, gy):
        return _correlate(x, gy, self.kernel_size, self.stride, self.pad)

    def backward(self, ggW):
        x, gy = self.inputs
        gx = ggy = None
        if self.needs_grad(0):
            gx = deconv2d(gy, ggW, None, self.stride, self.pad, x.shape[2:])
        if self.needs_grad(1):
            ggy = conv2d(x, ggW, None, self.stride, self.pad)
        return gx, ggy


def _add_bias(y, b):
    """Return images y (N, OC, OH, OW) plus b (OC,), in place where that can be."""
    if b is None:
        return y
    b = b.reshape(-1, 1, 1)
    if b.dtype != y.dtype:
        return y + b
    y += b
    return y


@named_arguments
def conv2d(x, W, b=None, stride=1, pad=0) -> Variable:
    """Return the images x convolved with the kernels W, plus b (see step 57).

    Shapes: x (N, C, H, W), W (OC, C, KH, KW), b (OC,) or None -> (N, OC, OH, OW),
    OH = (H + 2 * pad - KH) // stride + 1. stride, pad: an int or (height, width).
    Raises ValueError where they do not fit.

    >>> x = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> conv2d(x, np.ones((1, 1, 2, 2)))
    variable([[[[ 8. 12.]
                [20. 24.]]]])
    """
    return Conv2d(stride, pad)(*_weighted("conv2d", x, W, b))


@named_arguments
def deconv2d(x, W, b=None, stride=1, pad=0, outsize=None) -> Variable:
    """Return the images x taken back through a convolution with W, plus b.

    Shapes: x (N, C, H, W), W (C, OC, KH, KW), b (OC,) or None -> (N, OC, OH, OW),
    OH = stride * (H - 1) + KH - 2 * pad, or outsize = (OH, OW).
    Raises ValueError where they do not fit.

    >>> deconv2d(np.array([[[[1.0, 10.0]]]]), np.ones((1, 1, 1, 2)))
    variable([[[[ 1. 11. 10.]]]])
    """
    return Deconv2d(stride, pad, outsize)(*_weighted("deconv2d", x, W, b))


@named_arguments
def conv2d_simple(x, W, b=None, stride=1, pad=0) -> Variable:
    """Return conv2d(x, W, b), from im2col and linear (see step 57).

    The graph shows what happens; it keeps all columns, so it takes more memory.
    """
    x, W, b = _weighted("conv2d_simple", x, W, b)
    x, W, b = as_variable(x), as_variable(W), None if _is_nothing(b) else b
    _check_kernels("conv2d_simple", x, W, b, "OC, C", out=0)
    N, OC, kernel_size = x.shape[0], W.shape[0], W.shape[2:]
    stride = _pair("conv2d_simple", "stride", stride, 1)
    pad = _pair("conv2d_simple", "pad", pad, 0)
    OH, OW = _outsize("conv2d_simple", x.shape[2:], kernel_size, stride, pad)
    col = im2col(x, kernel_size, stride, pad)  # (N*OH*OW, C*KH*KW)
    y = linear(col, W.reshape(OC, -1).T, b)  # (N*OH*OW, OC)
    return y.reshape(N, OH, OW, OC).transpose(0, 3, 1, 2)


# --- pooling ---


def _reduce(op, x, kernel_size, stride):
    """Return op over every window of x: over its rows first, then over the columns.

    KH + KW passes instead of KH * KW.
    """
    (KH, KW), (SH, SW) = kernel_size, stride
    OH, OW = _outsize("pooling", x.shape[2:], kernel_size, stride, (0, 0))
    xp = cuda.get_array_module(x)
    rows = x[:, :, : SH * (OH - 1) + 1 : SH]
    for i in range(1, KH):
        more = x[:, :, i : i + SH * (OH - 1) + 1 : SH]
        rows = op(rows, more, out=xp.empty(rows.shape, x.dtype) if i == 1 else rows)
    y = rows[..., : SW * (OW - 1) + 1 : SW].copy()
    for j in range(1, KW):
        op(y, rows[..., j : j + SW * (OW - 1) + 1 : SW], out=y)
    return y


def _lowest(dtype):
    """Return what no number of dtype is below: minus infinity if it has that."""
    if dtype.kind == "f":
        return -np.inf
    return np.iinfo(dtype).min if dtype.kind in "iu" else False


class Pooling(Function):
    """y = the largest number of every window, channel by channel.

    gx is gy where that number was found, at the first place if there are several, as
    in PyTorch: max over an axis shares (see step 61).
    Around the image lies minus infinity, which never wins; NaN always does.

    Shapes: x (N, C, H, W) -> y (N, C, OH, OW).
    """

    def __init__(self, kernel_size, stride=1, pad=0):
        self.kernel_size = _pair("pooling", "kernel_size", kernel_size, 1)
        self.stride = _pair("pooling", "stride", stride, 1)
        self.pad = _pair("pooling", "pad", pad, 0)

    def forward(self, x):
        _check_images("pooling", x)
        if any(p >= k for p, k in zip(self.pad, self.kernel_size)):
            raise ValueError(
                f"pooling: pad {self.pad} must be smaller than the kernel "
                f"{self.kernel_size}, or a window sees nothing (see step 56)"
            )
        _outsize("pooling", x.shape[2:], self.kernel_size, self.stride, self.pad)
        xp = cuda.get_array_module(x)
        padded = _padded(x, self.pad, _lowest(x.dtype))
        y = _reduce(xp.maximum, padded, self.kernel_size, self.stride)
        self.x, self.y = x, y
        return y

    def backward(self, gy):
        return Pooling2DGrad(self)(gy)

    def winners(self):
        """Yield where the largest numbers were found, a few images at a time.

        Each time: images, a slice; an index, which picks one element of every window
        from padded images; won (n, C, OH, OW), whether it was that one, true for one
        element of a window. Found anew each time, which takes less than noting places
        during forward would.
        """
        x, y = self.x, self.y
        xp = cuda.get_array_module(x)
        lowest = _lowest(x.dtype)
        inside = _padded(xp.ones((1, 1, *x.shape[2:]), bool), self.pad)
        has_lowest = any(self.pad) and (y == lowest).any()
        has_nan = xp.isnan(y).any()
        for images, _ in _blocks(xp, len(x), 1, x[:1].size):
            padded = _padded(x[images], self.pad, lowest)
            free = xp.ones(y[images].shape, bool)
            for i in range(self.kernel_size[0]):
                for j in range(self.kernel_size[1]):
                    index = _under(i, j, self.stride, y.shape[2:])
                    won = padded[index] == y[images]
                    if has_nan:  # which equals nothing, not even itself
                        won |= xp.isnan(padded[index])
                    if has_lowest:  # which the padding equals
                        won &= inside[index]
                    won &= free
                    free ^= won
                    yield images, index, won


class Pooling2DGrad(Function):
    """gx from gy: every number goes where its window's largest was found.

    mpool2d: the Pooling, called already, that it belongs to.
    """

    def __init__(self, mpool2d):
        self.mpool2d = mpool2d

    def forward(self, gy):
        pool = self.mpool2d
        N, C, H, W = pool.x.shape
        PH, PW = pool.pad
        xp = cuda.get_array_module(gy)
        gx = xp.zeros((N, C, H + 2 * PH, W + 2 * PW), gy.dtype)
        apart = all(s >= k for s, k in zip(pool.stride, pool.kernel_size))
        finite = xp.isfinite(gy).all()
        for images, index, won in pool.winners():
            part = gx[images][index]
            if apart and finite:  # windows that do not overlap: nothing to add up
                xp.multiply(gy[images], won, out=part)
            else:
                part += _select(won, gy[images], 0)
        return _inside(gx, pool.pad)

    def backward(self, ggx):
        return Pooling2DWithIndexes(self.mpool2d)(ggx)


class Pooling2DWithIndexes(Function):
    """y from x: of every window the element that was the largest in mpool2d's."""

    def __init__(self, mpool2d):
        self.mpool2d = mpool2d

    def forward(self, x):
        xp = cuda.get_array_module(x)
        padded = _padded(x, self.mpool2d.pad)
        y = xp.zeros(self.mpool2d.y.shape, x.dtype)
        for images, index, won in self.mpool2d.winners():
            y[images] += _select(won, padded[images][index], 0)
        return y

    def backward(self, gy):
        return Pooling2DGrad(self.mpool2d)(gy)


class AveragePooling(Function):
    """y = the mean of every window, channel by channel; gx spreads gy evenly.

    Around the image lie zeros, which count.

    Shapes: x (N, C, H, W) -> y (N, C, OH, OW).
    """

    def __init__(self, kernel_size, stride=1, pad=0):
        self.kernel_size = _pair("average_pooling", "kernel_size", kernel_size, 1)
        self.stride = _pair("average_pooling", "stride", stride, 1)
        self.pad = _pair("average_pooling", "pad", pad, 0)

    def forward(self, x):
        _check_images("average_pooling", x)
        _outsize(
            "average_pooling", x.shape[2:], self.kernel_size, self.stride, self.pad
        )
        if x.dtype.kind != "f":
            x = x.astype(np.float64)
        self.size = x.shape[2:]
        xp = cuda.get_array_module(x)
        y = _reduce(xp.add, _padded(x, self.pad), self.kernel_size, self.stride)
        y /= y.dtype.type(self.kernel_size[0] * self.kernel_size[1])
        return y

    def backward(self, gy):
        return AveragePooling2DGrad(self)(gy)


class AveragePooling2DGrad(Function):
    """gx from gy: every number spread evenly over its window.

    apool2d: the AveragePooling, called already, that it belongs to.
    """

    def __init__(self, apool2d):
        self.apool2d = apool2d

    def forward(self, gy):
        pool = self.apool2d
        gy = gy / gy.dtype.type(pool.kernel_size[0] * pool.kernel_size[1])
        N, C, OH, OW = gy.shape
        (H, W), (PH, PW) = pool.size, pool.pad
        xp = cuda.get_array_module(gy)
        gx = xp.zeros((N, C, H + 2 * PH, W + 2 * PW), gy.dtype)
        same = xp.broadcast_to(gy[:, :, None, None], (N, C, *pool.kernel_size, OH, OW))
        _add_up(gx, same, pool.stride)
        return _inside(gx, pool.pad)

    def backward(self, ggx):
        pool = self.apool2d
        return average_pooling(ggx, pool.kernel_size, pool.stride, pool.pad)


@named_arguments
def pooling(x, kernel_size, stride=1, pad=0) -> Variable:
    """Return the largest number of every window of the images x (see step 57).

    Of a tie the first place gets the gradient, row by row; max shares it (see step 61).

    Shapes: x (N, C, H, W) -> (N, C, OH, OW), OH = (H + 2 * pad - KH) // stride + 1.
    kernel_size, stride, pad: an int or (height, width).
    Raises ValueError where they do not fit.

    >>> x = np.arange(16.0).reshape(1, 1, 4, 4)
    >>> pooling(x, 2, stride=2)
    variable([[[[ 5.  7.]
                [13. 15.]]]])
    """
    return Pooling(kernel_size, stride, pad)(_as_input("pooling", x))


@named_arguments
def average_pooling(x, kernel_size, stride=1, pad=0) -> Variable:
    """Return the mean of every window of the images x, zeros around them counted.

    Shapes and errors as of pooling.

    >>> x = np.arange(16.0).reshape(1, 1, 4, 4)
    >>> average_pooling(x, 2, stride=2)
    variable([[[[ 2.5  4.5]
                [10.5 12.5]]]])
    """
    x = _as_input("average_pooling", x)
    return _precisely(AveragePooling(kernel_size, stride, pad), x)


@named_arguments
def pooling_simple(x, kernel_size, stride=1, pad=0) -> Variable:
    """Return pooling(x, ...), from im2col and max, which shares ties (see step 57)."""
    x = as_variable(_as_input("pooling_simple", x))
    col = im2col(x, kernel_size, stride, pad, to_matrix=False)
    if pad not in (0, (0, 0)):  # im2col pads with zeros, which might win
        xp = cuda.get_array_module(x)
        inside = im2col_array(xp.ones_like(x.data), kernel_size, stride, pad, False)
        col = where(inside, col, _lowest(x.dtype))
    N, C, KH, KW, OH, OW = col.shape
    return col.reshape(N, C, KH * KW, OH, OW).max(axis=2)


# --- columns ---


class Im2col(Function):
    """The columns of images; the gradient goes back by col2im."""

    def __init__(self, kernel_size, stride, pad, to_matrix):
        self.kernel_size = kernel_size
        self.stride = stride
        self.pad = pad
        self.to_matrix = to_matrix

    def forward(self, x):
        return im2col_array(x, self.kernel_size, self.stride, self.pad, self.to_matrix)

    def backward(self, gy):
        (x,) = self.inputs
        return col2im(
            gy, x.shape, self.kernel_size, self.stride, self.pad, self.to_matrix
        )


class Col2im(Function):
    """Images from columns, overlaps added up; the gradient goes back by im2col."""

    def __init__(self, input_shape, kernel_size, stride, pad, to_matrix):
        self.input_shape = input_shape
        self.kernel_size = kernel_size
        self.stride = stride
        self.pad = pad
        self.to_matrix = to_matrix

    def forward(self, x):
        return col2im_array(
            x,
            self.input_shape,
            self.kernel_size,
            self.stride,
            self.pad,
            self.to_matrix,
        )

    def backward(self, gy):
        return im2col(gy, self.kernel_size, self.stride, self.pad, self.to_matrix)


def im2col(x, kernel_size, stride=1, pad=0, to_matrix=True) -> Variable:
    """Return the part of the images x under the kernel, for each place of it.

    Shapes: x (N, C, H, W) -> (N*OH*OW, C*KH*KW), a row for each place;
    (N, C, KH, KW, OH, OW) where to_matrix is False (see step 57).
    """
    to_matrix = flag("im2col", "to_matrix", to_matrix, 57)
    return Im2col(kernel_size, stride, pad, to_matrix)(_as_input("im2col", x))


def col2im(x, input_shape, kernel_size, stride=1, pad=0, to_matrix=True) -> Variable:
    """Return images of input_shape from columns x; where they overlap they add up.

    The transpose of im2col, not its inverse: sum(im2col(a) * b) == sum(a * col2im(b)).
    """
    x, to_matrix = _as_input("col2im", x), flag("col2im", "to_matrix", to_matrix, 57)
    return Col2im(input_shape, kernel_size, stride, pad, to_matrix)(x)


def im2col_array(img, kernel_size, stride, pad, to_matrix=True) -> np.ndarray:
    """Return what im2col returns, array to array."""
    img = as_array(_unwrap(_as_input("im2col", img, "img")))
    to_matrix = flag("im2col", "to_matrix", to_matrix, 57)
    _check_images("im2col", img)
    kernel_size = _pair("im2col", "kernel_size", kernel_size, 1)
    stride, pad = _pair("im2col", "stride", stride, 1), _pair("im2col", "pad", pad, 0)
    N, C = img.shape[:2]
    size = _outsize("im2col", img.shape[2:], kernel_size, stride, pad)
    xp = cuda.get_array_module(img)
    col = xp.empty((N, C, *kernel_size, *size), img.dtype)
    _fill(col, _padded(img, pad), stride)
    if not to_matrix:
        return col
    return col.transpose(0, 4, 5, 1, 2, 3).reshape(_matrix_shape(col.shape))


def col2im_array(
    col, img_shape, kernel_size, stride, pad, to_matrix=True
) -> np.ndarray:
    """Return what col2im returns, array to array."""
    col = as_array(_unwrap(_as_input("col2im", col, "col")))
    img_shape = _as_shape("col2im", img_shape, 57)
    to_matrix = flag("col2im", "to_matrix", to_matrix, 57)
    if len(img_shape) != 4 or min(img_shape) < 0:
        raise ValueError(
            f"col2im: images have the shape (N, C, H, W), got {img_shape} (see step 57)"
        )
    N, C, H, W = img_shape
    KH, KW = kernel_size = _pair("col2im", "kernel_size", kernel_size, 1)
    stride, pad = _pair("col2im", "stride", stride, 1), _pair("col2im", "pad", pad, 0)
    OH, OW = _outsize("col2im", (H, W), kernel_size, stride, pad)
    shape = (N, C, KH, KW, OH, OW)
    if col.shape != (_matrix_shape(shape) if to_matrix else shape):
        raise ValueError(
            f"col2im: columns of images {tuple(img_shape)} must be "
            f"{_matrix_shape(shape) if to_matrix else shape}, got {col.shape} "
            "(see step 57)"
        )
    if to_matrix:
        col = col.reshape(N, OH, OW, C, KH, KW).transpose(0, 3, 4, 5, 1, 2)
    xp = cuda.get_array_module(col)
    img = xp.zeros((N, C, H + 2 * pad[0], W + 2 * pad[1]), col.dtype)
    _add_up(img, col, stride)
    return _inside(img, pad)


def _matrix_shape(shape):
    """Return the shape of columns (N, C, KH, KW, OH, OW) as a matrix."""
    N, C, KH, KW, OH, OW = shape
    return N * OH * OW, C * KH * KW
