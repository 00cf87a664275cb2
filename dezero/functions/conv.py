"""Convolution: conv2d moves a kernel over an image, and deconv2d is its transpose.

The Functions here define the results and their gradients. The arithmetic on arrays is
in columns.py, where a convolution becomes a matrix product (step 57).

Letters: x, y in and out; gx, gy gradients; W, b kernels and bias. N images of C
channels, H high and W wide; KH KW the kernel's, OH OW the result's height and width;
OC channels of the result.
"""

from dezero.advice import named_arguments
from dezero.core import Function, Variable
from dezero.functions.columns import (
    _check_fits,
    _check_images,
    _convolve,
    _correlate,
    _out_size,
    _spread,
    col2im_array,
    get_deconv_outsize,
    im2col_array,
    pair,
)
from dezero.functions.inputs import (
    _as_constant,
    _as_input,
    _as_sides,
    _as_steps,
    _as_weighted,
)
from dezero.functions.linalg import linear
from dezero.guards import flag

__all__ = [
    "Col2im",
    "Conv2DGradW",
    "Conv2d",
    "Deconv2d",
    "Im2col",
    "col2im",
    "conv2d",
    "conv2d_simple",
    "deconv2d",
    "im2col",
]


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
        self.stride, self.pad = pair(stride), pair(pad)

    def forward(self, x, W, b):
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
    """The transpose of a convolution: W times each x, added up where the kernel was.

        y[n, o, p*SH + i, q*SW + j] += x[n, c, p, q] * W[c, o, i, j]    (plus b[o])
        gx = conv2d(gy, W)
        gW = that of Conv2d, with x and gy swapped

    Shapes: x (N, C, H, W), W (C, OC, KH, KW), b (OC,) or None -> y (N, OC, OH, OW).
    With stride 2, a convolution makes images of the same size from two different sizes;
    outsize says which of them to return to, and None is the smallest.
    """

    def __init__(self, stride=1, pad=0, outsize=None):
        self.stride, self.pad = pair(stride), pair(pad)
        self.outsize = outsize

    def forward(self, x, W, b):
        out = self.outsize
        if out is None:
            sides = x.shape[2:], W.shape[2:], self.stride, self.pad
            out = tuple(map(get_deconv_outsize, *sides))
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
    """gW, the gradient of a convolution's kernels, from x and gy.

    It is linear in both: gx = deconv2d(gy, ggW), ggy = conv2d(x, ggW).

    conv2d: the Conv2d or Deconv2d that it belongs to, after its call.
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
    """Return images y (N, OC, OH, OW) plus b (OC,), in place if the dtypes agree."""
    if b is None:
        return y
    b = b.reshape(-1, 1, 1)
    if b.dtype != y.dtype:
        return y + b
    y += b
    return y


def _check_kernels(who, x, W, b, axes, out):
    """Raise ValueError unless W and b fit x.

    axes: the names of W's first two axes; out: which of them is OC, 0 or 1.
    """
    _check_images(who, x)
    if W.ndim != 4 or W.shape[1 - out] != x.shape[1]:
        raise ValueError(
            f"{who}: x {x.shape} is (N, C, H, W), so W must be ({axes}, KH, KW) with "
            f"C = {x.shape[1]}, got {W.shape} (see step 57)"
        )
    if b is not None and b.shape != (W.shape[out],):
        raise ValueError(
            f"{who}: b must be (OC,) = ({W.shape[out]},), got {b.shape} (see step 57)"
        )


def _check_outsize(size, kernel_size, stride, pad, outsize):
    """Raise ValueError unless a convolution makes images of size from those of outsize.

    outsize None stands for the smallest such image.
    """
    sides = list(zip(size, kernel_size, stride, pad))
    out = outsize or tuple([s * (n - 1) + k - 2 * p for n, k, s, p in sides])
    back = tuple([(n + 2 * p - k) // s + 1 for n, (_, k, s, p) in zip(out, sides)])
    if min(out) < 1:
        raise ValueError(
            f"deconv2d: the image must be at least (1, 1), but for x {size}, kernel "
            f"{kernel_size}, stride {stride} and pad {pad} it would be {out}; choose a "
            "smaller pad or a larger outsize (see step 57)"
        )
    if back != size:
        raise ValueError(
            f"deconv2d: a convolution of an image {out} with kernel {kernel_size}, "
            f"stride {stride} and pad {pad} gives {back}, but x is {size}; choose "
            "another outsize (see step 57)"
        )


@named_arguments
def conv2d(x, W, b=None, stride=1, pad=0) -> Variable:
    """Return the images x convolved with the kernels W, plus b (see step 57).

    Shapes: x (N, C, H, W), W (OC, C, KH, KW), b (OC,) or None -> (N, OC, OH, OW),
    OH = (H + 2 * pad - KH) // stride + 1. stride, pad: an int or (height, width).
    Raises ValueError if the shapes do not fit.

    >>> import numpy as np
    >>> x = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> conv2d(x, np.ones((1, 1, 2, 2)))
    variable([[[[ 8. 12.]
                [20. 24.]]]])
    """
    x, W, b = _as_weighted("conv2d", x, W, b)
    stride, pad = _as_steps("conv2d", stride, pad)
    _check_kernels("conv2d", x, W, b, "OC, C", out=0)
    _check_fits("conv2d", x.shape, W.shape[2:], pad)
    return Conv2d(stride, pad)(x, W, b)


@named_arguments
def deconv2d(x, W, b=None, stride=1, pad=0, outsize=None) -> Variable:
    """Return the transposed convolution of the images x with the kernels W, plus b.

    Shapes: x (N, C, H, W), W (C, OC, KH, KW), b (OC,) or None -> (N, OC, OH, OW),
    OH = stride * (H - 1) + KH - 2 * pad, or outsize = (OH, OW).
    Raises ValueError if the shapes do not fit.

    >>> import numpy as np
    >>> deconv2d(np.array([[[[1.0, 10.0]]]]), np.ones((1, 1, 1, 2)))
    variable([[[[ 1. 11. 10.]]]])
    """
    x, W, b = _as_weighted("deconv2d", x, W, b)
    stride, pad = _as_steps("deconv2d", stride, pad)
    if outsize is not None:
        outsize = _as_sides("deconv2d", outsize, "outsize", 1)
    _check_kernels("deconv2d", x, W, b, "C, OC", out=1)
    _check_outsize(x.shape[2:], W.shape[2:], stride, pad, outsize)
    return Deconv2d(stride, pad, outsize)(x, W, b)


@named_arguments
def conv2d_simple(x, W, b=None, stride=1, pad=0) -> Variable:
    """Return conv2d(x, W, b), computed with im2col and linear (see step 57).

    The graph shows these operations; it keeps all columns, so it takes more memory.
    """
    x, W, b = _as_weighted("conv2d_simple", x, W, b)
    stride, pad = _as_steps("conv2d_simple", stride, pad)
    _check_kernels("conv2d_simple", x, W, b, "OC, C", out=0)
    _check_fits("conv2d_simple", x.shape, W.shape[2:], pad)
    x, W = _as_constant("conv2d_simple", x), _as_constant("conv2d_simple", W)
    N, (OC, _, *kernel_size) = len(x), W.shape
    OH, OW = _out_size(x.shape, kernel_size, stride, pad)
    col = im2col(x, kernel_size, stride, pad)  # (N*OH*OW, C*KH*KW)
    y = linear(col, W.reshape(OC, -1).T, b)  # (N*OH*OW, OC)
    return y.reshape(N, OH, OW, OC).transpose(0, 3, 1, 2)


# --- columns, in the graph ---


class Im2col(Function):
    """y = the windows of the images x as columns; gx = col2im(gy)."""

    def __init__(self, kernel_size, stride, pad, to_matrix):
        self.settings = kernel_size, stride, pad, to_matrix

    def forward(self, x):
        return im2col_array(x, *self.settings)

    def backward(self, gy):
        (x,) = self.inputs
        return col2im(gy, x.shape, *self.settings)


class Col2im(Function):
    """y = images from the columns x, overlaps added up; gx = im2col(gy)."""

    def __init__(self, input_shape, kernel_size, stride, pad, to_matrix):
        self.input_shape = input_shape
        self.settings = kernel_size, stride, pad, to_matrix

    def forward(self, x):
        return col2im_array(x, self.input_shape, *self.settings)

    def backward(self, gy):
        return im2col(gy, *self.settings)


def im2col(x, kernel_size, stride=1, pad=0, to_matrix=True) -> Variable:
    """Return the windows of the images x: what is under the kernel at each place.

    Shapes: x (N, C, H, W) -> (N*OH*OW, C*KH*KW), a row for each place;
    (N, C, KH, KW, OH, OW) if to_matrix is False (see step 57).
    """
    x = _as_input("im2col", x)
    to_matrix = flag("im2col", "to_matrix", to_matrix, 57)
    return Im2col(kernel_size, stride, pad, to_matrix)(x)


def col2im(x, input_shape, kernel_size, stride=1, pad=0, to_matrix=True) -> Variable:
    """Return images of input_shape from the columns x; overlaps are added up.

    The transpose of im2col, not its inverse: sum(im2col(a) * b) == sum(a * col2im(b)).
    """
    x = _as_input("col2im", x)
    to_matrix = flag("col2im", "to_matrix", to_matrix, 57)
    return Col2im(input_shape, kernel_size, stride, pad, to_matrix)(x)
