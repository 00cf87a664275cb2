"""Answer to the exercise of step 64.

With a stride of 2 and a kernel of 3, the windows of a picture of
6 x 6 begin in rows and columns 0 and 2, and the last ones end in 4.
The last row and the last column are in no window. They get no
gradient, because they were never read.

The windows of neighbouring results are 2 pixels apart now. So the
numbers of gy must be 2 apart as well, with one 0 between them. Padded
all round and convolved with W turned by 180 degrees, they give gx,
without its last row and column.

Output:
    rows without a gradient: [5], columns: [5]
    gy with zeros in between:
    [[1. 0. 2.]
     [0. 0. 0.]
     [3. 0. 4.]]
    gx is a convolution of it: True
"""

import numpy as np

import dezero.functions as F
from dezero.utils import get_conv_outsize

rows = [5]  # without a gradient


def convolve_backward(x, W, gy, stride=2):
    """Return gx and gW of a convolution (H, W), no pad."""
    gx, gW = np.zeros_like(x), np.zeros_like(W)
    n = len(W)
    assert gy.shape[0] == get_conv_outsize(len(x), n, stride, 0)
    for i, j in np.ndindex(gy.shape):
        top, left = i * stride, j * stride
        window = slice(top, top + n), slice(left, left + n)
        gW += gy[i, j] * x[window]
        gx[window] += gy[i, j] * W
    return gx, gW


def spread(gy, stride=2):
    """Return gy with stride - 1 zeros between its numbers."""
    H, W = gy.shape
    apart = np.zeros((stride * H - stride + 1, stride * W - stride + 1))
    apart[::stride, ::stride] = gy
    return apart


if __name__ == "__main__":
    x = np.arange(36.0).reshape(6, 6)
    W = np.random.default_rng(0).normal(size=(3, 3))
    gy = np.array([[1.0, 2.0], [3.0, 4.0]])
    gx, gW = convolve_backward(x, W, gy)
    found = np.flatnonzero((gx == 0).all(axis=1))
    columns = np.flatnonzero((gx == 0).all(axis=0))
    print(f"rows without a gradient: {found}, columns: {columns}")

    apart = spread(gy)
    print(f"gy with zeros in between:\n{apart}")
    turned = W[::-1, ::-1].copy()
    again = F.conv2d(np.pad(apart, 2)[None, None], turned[None, None])
    same = np.allclose(again.data[0, 0], gx[:5, :5])
    print("gx is a convolution of it:", same)
