"""Pooling of images: the largest, or the mean, of the numbers in every window.

Letters: x, y in and out; gx, gy gradients. N images of C channels, H high and W wide;
KH KW the window's, OH OW the result's height and width.
"""

import numpy as np

from dezero import cuda
from dezero.advice import named_arguments
from dezero.core import Function, Variable, _select, _unwrap
from dezero.functions.columns import (
    _blocks,
    _check_fits,
    _check_images,
    _out_size,
    _pad_images,
    _under,
    im2col_array,
    pair,
)
from dezero.functions.conv import im2col
from dezero.functions.inputs import (
    _as_constant,
    _as_floats,
    _as_input,
    _as_window,
    _in_float32,
)
from dezero.functions.shape import where

__all__ = [
    "AveragePooling",
    "AveragePooling2DGrad",
    "Pooling",
    "Pooling2DGrad",
    "Pooling2DWithIndexes",
    "average_pooling",
    "pooling",
    "pooling_simple",
]


def _reduce(op, x, kernel_size, stride):
    """Return op over every window of x: over its rows first, then over the columns.

    KH + KW passes instead of KH * KW.
    """
    (KH, KW), (SH, SW) = kernel_size, stride
    OH, OW = _out_size(x.shape, kernel_size, stride)
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
    """Return the smallest number that dtype holds: minus infinity for floats."""
    if dtype.kind == "f":
        return -np.inf
    return np.iinfo(dtype).min if dtype.kind in "iu" else False


class Pooling(Function):
    """y = the largest number of every window, channel by channel.

    gx is gy where that number was found. In a tie the first place gets all of gy, as in
    PyTorch; max over an axis shares it (see step 61).
    The padding is minus infinity, which never wins; NaN always does.

    Shapes: x (N, C, H, W) -> y (N, C, OH, OW).
    """

    def __init__(self, kernel_size, stride=1, pad=0):
        self.kernel_size = pair(kernel_size)
        self.stride, self.pad = pair(stride), pair(pad)

    def forward(self, x):
        xp = cuda.get_array_module(x)
        padded = _pad_images(x, self.pad, _lowest(x.dtype))
        y = _reduce(xp.maximum, padded, self.kernel_size, self.stride)
        self.x, self.y = x, y
        return y

    def backward(self, gy):
        (x,) = self.inputs
        self.x = _unwrap(x)  # if x was changed since forward, using it is an error
        return Pooling2DGrad(self)(gy)

    def winners(self):
        """Yield where the largest numbers were found, a few images at a time.

        Each time it yields images, a slice; index, which picks one element of every
        window from padded images; and won (n, C, OH, OW), whether that element was the
        largest: true for one element of each window. The places are found anew each
        time, which is faster than recording them in forward.
        """
        x, y = self.x, self.y
        xp = cuda.get_array_module(x)
        lowest = _lowest(x.dtype)
        inside = _pad_images(xp.ones((1, 1, *x.shape[2:]), bool), self.pad)
        has_lowest = any(self.pad) and (y == lowest).any()
        has_nan = xp.isnan(y).any()
        for images, _ in _blocks(xp, len(x), 1, x[:1].size):
            padded = _pad_images(x[images], self.pad, lowest)
            free = xp.ones(y[images].shape, bool)
            for *_, down, right in _under(self.kernel_size, self.stride, y.shape[2:]):
                index = ..., down, right
                won = padded[index] == y[images]
                if has_nan:  # nan equals nothing, not even itself
                    won |= xp.isnan(padded[index])
                if has_lowest:  # the padding has the same value
                    won &= inside[index]
                won &= free
                free ^= won
                yield images, index, won


class Pooling2DGrad(Function):
    """gx from gy: each number is added where the largest of its window was found.

    mpool2d: the Pooling that it belongs to, after its call.
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
        return gx[:, :, PH : PH + H, PW : PW + W]

    def backward(self, ggx):
        return Pooling2DWithIndexes(self.mpool2d)(ggx)


class Pooling2DWithIndexes(Function):
    """y from x: from every window, the element where mpool2d found its largest."""

    def __init__(self, mpool2d):
        self.mpool2d = mpool2d

    def forward(self, x):
        xp = cuda.get_array_module(x)
        padded = _pad_images(x, self.mpool2d.pad)
        y = xp.zeros(self.mpool2d.y.shape, x.dtype)
        for images, index, won in self.mpool2d.winners():
            y[images] += _select(won, padded[images][index], 0)
        return y

    def backward(self, gy):
        return Pooling2DGrad(self.mpool2d)(gy)


class AveragePooling(Function):
    """y = the mean of every window, channel by channel; gx spreads gy evenly.

    The padding is zeros, which count in the mean.

    Shapes: x (N, C, H, W) -> y (N, C, OH, OW).
    """

    def __init__(self, kernel_size, stride=1, pad=0):
        self.kernel_size = pair(kernel_size)
        self.stride, self.pad = pair(stride), pair(pad)

    def forward(self, x):
        self.size = x.shape[2:]
        xp = cuda.get_array_module(x)
        y = _reduce(xp.add, _pad_images(x, self.pad), self.kernel_size, self.stride)
        y /= y.dtype.type(self.kernel_size[0] * self.kernel_size[1])
        return y

    def backward(self, gy):
        return AveragePooling2DGrad(self)(gy)


class AveragePooling2DGrad(Function):
    """gx from gy: every number spread evenly over its window.

    apool2d: the AveragePooling that it belongs to, after its call.
    """

    def __init__(self, apool2d):
        self.apool2d = apool2d

    def forward(self, gy):
        pool = self.apool2d
        gy = gy / gy.dtype.type(pool.kernel_size[0] * pool.kernel_size[1])
        N, C, *size = gy.shape
        (H, W), (PH, PW) = pool.size, pool.pad
        xp = cuda.get_array_module(gy)
        gx = xp.zeros((N, C, H + 2 * PH, W + 2 * PW), gy.dtype)
        for *_, down, right in _under(pool.kernel_size, pool.stride, size):
            gx[:, :, down, right] += gy
        return gx[:, :, PH : PH + H, PW : PW + W]

    def backward(self, ggx):
        pool = self.apool2d
        return average_pooling(ggx, pool.kernel_size, pool.stride, pool.pad)


@named_arguments
def pooling(x, kernel_size, stride=1, pad=0) -> Variable:
    """Return the largest number of every window of the images x (see step 57).

    In a tie the first place gets the gradient, row by row; max shares it (see step 61).

    Shapes: x (N, C, H, W) -> (N, C, OH, OW), OH = (H + 2 * pad - KH) // stride + 1.
    kernel_size, stride, pad: an int or (height, width).
    Raises ValueError if the shapes do not fit.

    >>> x = np.arange(16.0).reshape(1, 1, 4, 4)
    >>> pooling(x, 2, stride=2)
    variable([[[[ 5.  7.]
                [13. 15.]]]])
    """
    x = _as_input("pooling", x)
    kernel_size, stride, pad = _as_window("pooling", kernel_size, stride, pad)
    _check_windows("pooling", x, kernel_size, pad)
    return Pooling(kernel_size, stride, pad)(x)


@named_arguments
@_in_float32(1)
def average_pooling(x, kernel_size, stride=1, pad=0) -> Variable:
    """Return the mean of every window of the images x; the zeros of the padding count.

    Shapes and errors are those of pooling.

    >>> x = np.arange(16.0).reshape(1, 1, 4, 4)
    >>> average_pooling(x, 2, stride=2)
    variable([[[[ 2.5  4.5]
                [10.5 12.5]]]])
    """
    x = _as_floats("average_pooling", x)
    kernel_size, stride, pad = _as_window("average_pooling", kernel_size, stride, pad)
    _check_images("average_pooling", x)
    _check_fits("average_pooling", x.shape, kernel_size, pad)
    return AveragePooling(kernel_size, stride, pad)(x)


@named_arguments
def pooling_simple(x, kernel_size, stride=1, pad=0) -> Variable:
    """Return pooling(x, ...), by im2col and max; ties share gy (see step 57)."""
    x = _as_constant("pooling_simple", x)
    settings = _as_window("pooling_simple", kernel_size, stride, pad)
    _check_windows("pooling_simple", x, settings[0], settings[2])
    col = im2col(x, *settings, to_matrix=False)
    if any(settings[2]):  # im2col pads with zeros, which might win
        xp = cuda.get_array_module(x)
        inside = im2col_array(xp.ones_like(x.data), *settings, to_matrix=False)
        col = where(inside, col, _lowest(x.dtype))
    N, C, KH, KW, OH, OW = col.shape
    return col.reshape(N, C, KH * KW, OH, OW).max(axis=2)


def _check_windows(who, x, kernel_size, pad):
    """Raise ValueError unless every window sees a part of the images x."""
    _check_images(who, x)
    if pad[0] >= kernel_size[0] or pad[1] >= kernel_size[1]:
        raise ValueError(
            f"{who}: pad {pad} must be smaller than the kernel {kernel_size}, or a "
            "window would see only padding (see step 56)"
        )
    _check_fits(who, x.shape, kernel_size, pad)
