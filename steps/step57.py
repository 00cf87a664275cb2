"""Step 57. im2col: a convolution is one product of matrices.

The loops of step 56 run once for every window and every kernel, and
each run adds up C*KH*KW products. A matrix product is made of such
sums, too (step 41). Copy each window into a column of a matrix, and
write each kernel as a row: then one product gives all of y. Here a
kernel of 2 x 2 meets the four windows of a small picture:

    x (3, 3)       W          columns
    +-----+
    | a b | c                 [ a b d e ]
    | d e | f   [ p q r s ] @ [ b c e f ] = y
    +-----+                   [ d e g h ]
      g h   i                 [ e f h i ]

More channels make longer columns, and each further kernel is one
more row. For every picture of a batch,

    W (OC, C*KH*KW) @ (C*KH*KW, OH*OW)
        = y (OC, OH*OW)

Making the columns is called *image to columns*, im2col. What is its
gradient? A pixel that was copied four times gets the sum of four
gradients (step 14): each column is added to where its window was,
and this is called col2im. The rest of backward is that of a matrix
product. Step 64 derives the same gradients by hand.

Columns need memory: under a kernel of 3 x 3, a pixel is copied up
to nine times. So Conv2d doesn't keep them for backward; it makes
them again. (The package makes a block of columns at a time, and
its gradients are Functions, too: Conv2DGradW and Deconv2d.) Now
convolution is fast enough for a whole network: step 58.

Exercise: write conv2d_simple from im2col, reshape and @, without a
class. How many numbers does its graph keep, and how many does the
graph of conv2d keep? Then compute col2im(im2col(x)) for x full of
ones. Why isn't it x?

In the package: dezero/functions/conv.py, Conv2d and Im2col;
dezero/functions/columns.py, im2col_array and col2im_array;
dezero/functions/pooling.py, Pooling

Output (rtol 0.05):
    x (8, 3, 32, 32) -> columns (8, 27, 1024)
    conv2d   as the loops: True, ~230 times as fast
    pooling  as the loops: True, ~180 times as fast
    gradients as measured: conv2d True, pooling True
    of four equal numbers, the gradient of pooling goes to
      the first: [1.0, 0.0, 0.0, 0.0]
"""

from itertools import product
from timeit import repeat

import numpy as np

from dezero import Function, Variable
from dezero.functions import where
from dezero.gradcheck import gradient_check
from dezero.utils import get_conv_outsize, pair


# Look at one weight, the p of the drawing. In the four windows it meets
# a, b, d and e, and two slices cut these out of x; a stride is the step
# of the slices. So a kernel of 3 x 3 takes nine assignments, however
# many windows there are.
def under(kernel_size, stride, size):
    """Yield a, b, rows, columns: what W[a, b] is laid on."""
    (SH, SW), (OH, OW) = pair(stride), size
    for a, b in product(*map(range, pair(kernel_size))):
        rows = slice(a, a + SH * OH, SH)
        yield a, b, rows, slice(b, b + SW * OW, SW)


# With to_matrix=False the axes stay apart, (N, C, KH, KW, OH, OW), and
# a reshape makes the columns of the drawing. With to_matrix=True the
# windows of all pictures are rows, one below the other. That is the
# other usual form, in which y is rows @ W.T.
def im2col_array(img, kernel_size, stride, pad, to_matrix=True):
    """Return the windows of img (N, C, H, W), for each place."""
    (N, C), (KH, KW) = img.shape[:2], pair(kernel_size)
    OH, OW = out_size(img.shape, kernel_size, stride, pad)
    img = pad_images(img, pad)
    col = np.empty((N, C, KH, KW, OH, OW), img.dtype)
    for a, b, rows, columns in under(kernel_size, stride, (OH, OW)):
        col[:, :, a, b] = img[:, :, rows, columns]
    if to_matrix:
        col = col.transpose(0, 4, 5, 1, 2, 3)
        col = col.reshape(N * OH * OW, C * KH * KW)
    return col


# The same loop, with += on the other side.
def col2im_array(
    col, img_shape, kernel_size, stride, pad, to_matrix=True
):
    """Return pictures: each window added to where it was."""
    N, C, H, W = img_shape
    (KH, KW), (PH, PW) = pair(kernel_size), pair(pad)
    OH, OW = out_size(img_shape, kernel_size, stride, pad)
    if to_matrix:
        col = col.reshape(N, OH, OW, C, KH, KW)
        col = col.transpose(0, 3, 4, 5, 1, 2)
    img = np.zeros((N, C, H + 2 * PH, W + 2 * PW), col.dtype)
    for a, b, rows, columns in under(kernel_size, stride, (OH, OW)):
        img[:, :, rows, columns] += col[:, :, a, b]
    return img[:, :, PH : PH + H, PW : PW + W]


# As Functions, each of the two is the gradient of the other, as sum_to
# is of broadcast_to (step 40). So whatever we build from them can be
# differentiated any number of times.
class Im2col(Function):
    """The windows of pictures; gx = col2im(gy)."""

    def __init__(self, kernel_size, stride, pad, to_matrix):
        self.settings = kernel_size, stride, pad, to_matrix

    def forward(self, x):
        return im2col_array(x, *self.settings)

    def backward(self, gy):
        (x,) = self.inputs
        return col2im(gy, x.shape, *self.settings)


class Col2im(Function):
    """Pictures from their windows; gx = im2col(gy)."""

    def __init__(
        self, input_shape, kernel_size, stride, pad, to_matrix
    ):
        self.input_shape = input_shape
        self.settings = kernel_size, stride, pad, to_matrix

    def forward(self, x):
        return col2im_array(x, self.input_shape, *self.settings)

    def backward(self, gy):
        return im2col(gy, *self.settings)


def im2col(x, kernel_size, stride=1, pad=0, to_matrix=True):
    """Return the windows of x; (N*OH*OW, C*KH*KW) as a matrix."""
    return Im2col(kernel_size, stride, pad, to_matrix)(x)


def col2im(
    x, input_shape, kernel_size, stride=1, pad=0, to_matrix=True
):
    """Return pictures of input_shape; overlaps add up."""
    return Col2im(input_shape, kernel_size, stride, pad, to_matrix)(x)


# forward is the product of the drawing, for all pictures at once.
# backward is that of a matrix product, followed by col2im. It computes
# with Variables, so it records a graph when one is wanted.
# needs_grad(2) says whether gb is needed; it is not where b is None.
class Conv2d(Function):
    """y = W @ columns of x, plus b.

        gx = col2im(W.T @ gy)
        gW = gy @ columns.T, summed over the pictures
        gb = gy summed over pictures and places

    Shapes: x (N, C, H, W), W (OC, C, KH, KW), b (OC,) or None
    -> y (N, OC, OH, OW).
    """

    def __init__(self, stride=1, pad=0):
        self.stride, self.pad = pair(stride), pair(pad)

    def forward(self, x, W, b):
        settings = W.shape[2:], self.stride, self.pad
        OH, OW = out_size(x.shape, *settings)
        N, OC, size = len(x), len(W), W[0].size  # size is C*KH*KW
        col = im2col_array(x, *settings, to_matrix=False)
        col = col.reshape(N, size, OH * OW)
        y = W.reshape(OC, size) @ col  # (N, OC, OH*OW)
        y = y.reshape(N, OC, OH, OW)
        return y if b is None else y + b.reshape(OC, 1, 1)

    def backward(self, gy):
        x, W, _ = self.inputs
        settings = W.shape[2:], self.stride, self.pad, False
        col = im2col(x, *settings)  # (N, C, KH, KW, OH, OW)
        g = gy.reshape(*gy.shape[:2], -1)  # (N, OC, OH*OW)
        gcol = W.reshape(len(W), -1).T @ g  # (N, C*KH*KW, OH*OW)
        gx = col2im(gcol.reshape(*col.shape), x.shape, *settings)
        col = col.reshape(*gcol.shape).transpose(0, 2, 1)
        gW = (g @ col).sum(axis=0).reshape(*W.shape)
        gb = gy.sum(axis=(0, 2, 3)) if self.needs_grad(2) else None
        return gx, gW, gb


# Which pixel does the largest number of a window depend on? Only on the
# one that holds this number, the winner, so only that pixel gets the
# gradient. winner is its place in the window, from 0 to KH*KW - 1. If
# several are equal, argmax takes the first, row by row, as PyTorch's
# pooling does. No choice is the right one: where two numbers are equal,
# their maximum has a corner and no slope. One winner is the easiest to
# find. And it hardly matters: most equal numbers are zeros that relu
# returned, and relu stops their gradient anyway. F.max makes the other
# choice (step 61): there equal numbers share the gradient.
class Pooling(Function):
    """y = the largest number of each window, channel by channel.

    gx is gy where that number was found, the first of equals.

    Shapes: x (N, C, H, W) -> y (N, C, OH, OW).
    """

    def __init__(self, kernel_size, stride=1, pad=0):
        self.kernel_size = pair(kernel_size)
        self.stride, self.pad = pair(stride), pair(pad)

    def forward(self, x):
        x = pad_images(x, self.pad, -np.inf)
        col = im2col_array(x, self.kernel_size, self.stride, 0, False)
        N, C, KH, KW, OH, OW = self.shape = col.shape
        col = col.reshape(N, C, KH * KW, OH, OW)
        self.winner = col.argmax(axis=2, keepdims=True)
        return col.max(axis=2)

    def backward(self, gy):
        (x,) = self.inputs
        N, C, KH, KW, OH, OW = self.shape
        won = np.arange(KH * KW).reshape(-1, 1, 1) == self.winner
        gcol = where(won, gy.reshape(N, C, 1, OH, OW), 0)
        settings = self.kernel_size, self.stride, self.pad, False
        return col2im(gcol.reshape(*self.shape), x.shape, *settings)


def conv2d(x, W, b=None, stride=1, pad=0):
    """Return y (N, OC, OH, OW) of x (N, C, H, W) and W, b."""
    return Conv2d(stride, pad)(x, W, b)


def pooling(x, kernel_size, stride=1, pad=0):
    """Return the largest number of each window of x."""
    return Pooling(kernel_size, stride, pad)(x)


# Times differ from run to run, so the output says ~, about.
def seconds(times, f, *args):
    """Return the shortest time that f(*args) took."""
    return min(repeat(lambda: f(*args), number=1, repeat=times))


# --- carried over ---
def windows(shape, kernel_size, stride=1, pad=0):
    """Yield (i, j), (rows, columns): each place of a kernel.

    The slices are those of the padded picture; shape is the one
    without padding.
    """
    (H, W), (KH, KW) = shape, pair(kernel_size)
    (SH, SW), (PH, PW) = pair(stride), pair(pad)
    for i in range(get_conv_outsize(H, KH, SH, PH)):
        for j in range(get_conv_outsize(W, KW, SW, PW)):
            top, left = i * SH, j * SW
            window = slice(top, top + KH), slice(left, left + KW)
            yield (i, j), window


def out_size(shape, kernel_size, stride=1, pad=0):
    """Return (OH, OW) for pictures x of shape (N, C, H, W)."""
    sides = shape[2:], pair(kernel_size), pair(stride), pair(pad)
    return tuple(map(get_conv_outsize, *sides))


def pad_images(x, pad, value=0):
    """Return x (N, C, H, W) with value around each picture."""
    PH, PW = pair(pad)
    widths = (0, 0), (0, 0), (PH, PH), (PW, PW)
    return np.pad(x, widths, constant_values=value)


def conv2d_loops(x, W, b=None, stride=1, pad=0):
    """Return y: each kernel W[k] laid on each window of each x[n].

    Shapes: x (N, C, H, W), W (OC, C, KH, KW), b (OC,) or None
    -> y (N, OC, OH, OW).
    """
    if x.ndim != 4 or W.ndim != 4 or x.shape[1] != W.shape[1]:
        raise ValueError(
            "conv2d_loops: expected x (N, C, H, W) and W (OC, C, KH, "
            f"KW) with the same C, got {x.shape} and {W.shape}"
        )
    N, OC = len(x), len(W)
    places = list(windows(x.shape[2:], W.shape[2:], stride, pad))
    padded = pad_images(x, pad)
    size = out_size(x.shape, W.shape[2:], stride, pad)
    y = np.zeros((N, OC, *size), x.dtype)
    for n in range(N):
        for k in range(OC):
            for (i, j), (rows, columns) in places:
                window = padded[n, :, rows, columns]  # (C, KH, KW)
                y[n, k, i, j] = (window * W[k]).sum()
    return y if b is None else y + b.reshape(-1, 1, 1)


def pool(reduce, x, kernel_size, stride, pad, outside):
    """Return reduce(window) for each window of each channel."""
    places = list(windows(x.shape[2:], kernel_size, stride, pad))
    padded = pad_images(x, pad, outside)
    size = out_size(x.shape, kernel_size, stride, pad)
    y = np.zeros((*x.shape[:2], *size), x.dtype)
    for n, c in np.ndindex(x.shape[:2]):
        for at, window in places:
            y[n, c][at] = reduce(padded[n, c][window])
    return y


def pooling_loops(x, kernel_size, stride=1, pad=0):
    """Return the largest number of each window; x is of floats."""
    return pool(np.max, x, kernel_size, stride, pad, -np.inf)


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    x = rng.normal(size=(8, 3, 32, 32))
    W, b = rng.normal(size=(16, 3, 3, 3)), rng.normal(size=16)
    N, C, KH, KW, OH, OW = im2col_array(x, 3, 1, 1, False).shape
    print(f"x {x.shape} -> columns {N, C * KH * KW, OH * OW}")
    for loops, f, args in [
        (conv2d_loops, conv2d, (x, W, b)),
        (pooling_loops, pooling, (x, 2, 2)),
    ]:
        same = np.allclose(loops(*args), f(*args).data)
        ratio = seconds(1, loops, *args) / seconds(20, f, *args)
        print(f"{f.__name__:7}  as the loops: {same},", end=" ")
        print(f"~{ratio:.0f} times as fast")
    good = gradient_check(lambda *xs: conv2d(*xs, 2, 1), x[:1], W, b)
    print(f"gradients as measured: conv2d {good},", end=" ")
    print("pooling", gradient_check(pooling, x[:1, :, :8, :8], 3, 2, 1))
    x = Variable(np.ones((1, 1, 2, 2)))
    pooling(x, 2).backward()
    print("of four equal numbers, the gradient of pooling goes to")
    print(f"  the first: {x.grad.data.ravel().tolist()}")
