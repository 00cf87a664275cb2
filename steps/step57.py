"""Step 57. im2col: a convolution is one product of matrices.

In step 56 Python made a round for each window and each kernel, for
a sum of 27 products. But sums of products are what a matrix
product is made of (step 41). So write all windows below each
other, each as a row; the kernel becomes a column, and the product
of both holds all of y:

    x (3, 3)        windows of 2 x 2         W        y
    +-----+         [ a b   d e ]          [ p ]    [ y0 ]
    | a b | c       [ b c   e f ]    @     [ q ]  = [ y1 ]
    | d e | f       [ d e   g h ]          [ r ]    [ y2 ]
    +-----+         [ e f   h i ]          [ s ]    [ y3 ]
      g h   i

More channels make the rows longer, more pictures make more rows,
and more kernels are more columns:

    (N*OH*OW, C*KH*KW)  @  (C*KH*KW, OC)  =  (N*OH*OW, OC)

To write the rows is im2col (image to columns: some have each window
as a column).
It has a loop, too, over the kernel and not over the windows: p
meets a, b, d, e in turn, which is x cut by a slice, and a stride
is the step of the slice. So a kernel of 3 x 3 takes nine
assignments instead of thousands of windows, and the product is
left to a library that does nothing so well.

It costs memory: e stands in four rows above, and with a kernel of
3 x 3 each number in up to nine. The package therefore makes the
windows of a few pictures at a time. It leaves out the turn at the
end of im2col_array (to_matrix=False), so that each window is a
column, and multiplies from the left, picture by picture:

    W (OC, C*KH*KW)  @  columns (C*KH*KW, OH*OW)  =  y (OC, OH*OW)

And the way back? A matrix product knows its gradients, only im2col
is new. What was copied four times gets the sum of four gradients
(step 14). So each row is added to where its window was: col2im.
The gradient of that is im2col again. Each of the two is the
transpose of the other, like sum_to and broadcast_to (step 40), and
between them a convolution can be differentiated at will.

For max pooling each channel is a picture of its own. Then a row is
a window, and gather (step 47) takes the largest of it, the first
one if there are several; only that one gets the gradient.

Is it worth it? The digits of step 51 again, 8,000 of them, two
epochs: two convolutions with a seventh of the weights make fewer
mistakes. Now mix the 784 pixels, in one order for all pictures. To
the linear layers all is as before. The convolutions fall far
behind: neighbours were all they knew.

The package has conv2d and pooling as Functions with backwards of
their own, without the copies in the graph. Its layer Conv2d learns
from the first x how many channels come in, like Linear. deconv2d,
which takes the gradient back to x, can be used on the way there as
well: it makes pictures larger.

Two convolutions are enough for digits. For photographs it takes
many, and weeks of learning: step 58 builds VGG16 out of thirteen,
and takes the weights from those who have had the weeks.

Exercise: col2im(im2col(x)) is not x. By what is each pixel
multiplied? Then write average pooling from im2col. Is it as fast?

Output (rtol 0.05):
    x (8, 3, 32, 32) -> im2col (8192, 27), 9 times the numbers
    conv2d_simple: as the loops True, ~620 times as fast
    pooling_simple: as the loops True, ~57 times as fast
    gradients as measured: True
    pixels       layers         weights  right, in %
    as they are  linear          39,760         96.2
    as they are  convolution      5,386         97.8
    mixed        linear          39,760         95.5
    mixed        convolution      5,386         83.7
"""

from functools import partial
from itertools import product
from timeit import repeat

import numpy as np
from tqdm import tqdm

import dezero.functions as F
from dezero import Function, Parameter, as_variable, no_grad
from dezero.dataloaders import DataLoader
from dezero.datasets import SynthDigits
from dezero.functions import flatten, gather, linear, relu, where
from dezero.gradcheck import gradient_check
from dezero.layers import Layer, Linear
from dezero.models import Sequential
from dezero.optimizers import Adam
from dezero.utils import get_conv_outsize, pair


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


def to_unit(picture):
    """Return bytes in a row, as floats from 0 to 1: a transform."""
    return picture.ravel().astype(np.float32) / 255


def learn(runners, loader):
    """Train each (model, optimizer) for an epoch, on one loader."""
    for x, t in tqdm(loader, leave=False, disable=None):
        for model, optimizer in runners:
            loss = F.softmax_cross_entropy(model(x), t)
            model.cleargrads()
            loss.backward()
            optimizer.update()


def share_right(model, loader):
    """Return the accuracy of model, without learning."""
    with no_grad():
        right = [
            len(t) * float(F.accuracy(model(x), t).data)
            for x, t in loader
        ]
    return sum(right) / loader.data_size


# --- new in this step ---
def under(kernel_size, stride, size):
    """Yield a, b, rows, columns: all that W[a, b] comes to lie on."""
    (SH, SW), (OH, OW) = pair(stride), size
    for a, b in product(*map(range, pair(kernel_size))):
        rows = slice(a, a + SH * OH, SH)
        yield a, b, rows, slice(b, b + SW * OW, SW)


def im2col_array(img, kernel_size, stride, pad, to_matrix=True):
    """Return the windows of img (N, C, H, W) as rows of a matrix."""
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


def col2im_array(
    col, img_shape, kernel_size, stride, pad, to_matrix=True
):
    """Return pictures: each row added to where its window was."""
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
    """Return the windows of x, (N*OH*OW, C*KH*KW)."""
    return Im2col(kernel_size, stride, pad, to_matrix)(x)


def col2im(
    x, input_shape, kernel_size, stride=1, pad=0, to_matrix=True
):
    """Return pictures of input_shape; overlaps add up."""
    return Col2im(input_shape, kernel_size, stride, pad, to_matrix)(x)


def conv2d_simple(x, W, b=None, stride=1, pad=0):
    """Return y (N, OC, OH, OW) of x (N, C, H, W) and W, b."""
    x, W = as_variable(x), as_variable(W)
    N, (OC, _, *kernel_size) = len(x), W.shape
    OH, OW = out_size(x.shape, kernel_size, stride, pad)
    col = im2col(x, kernel_size, stride, pad)  # (N*OH*OW, C*KH*KW)
    y = linear(col, W.reshape(OC, -1).T, b)  # (N*OH*OW, OC)
    return y.reshape(N, OH, OW, OC).transpose(0, 3, 1, 2)


def pooling_simple(x, kernel_size, stride=1, pad=0):
    """Return the largest number of each window of x."""
    settings = kernel_size, stride, pad
    N, C, H, W = x.shape
    x = as_variable(x).reshape(N * C, 1, H, W)  # channels by themselves
    col = im2col(x, *settings)  # (N*C*OH*OW, KH*KW)
    inside = im2col_array(np.ones(x.shape), *settings)
    col = where(inside, col, -np.inf)
    y = gather(col, col.data.argmax(axis=1, keepdims=True))
    return y.reshape(N, C, *out_size(x.shape, *settings))


class Conv2d(Layer):
    """y = conv2d_simple(x, W, b), with W and b to be trained."""

    def __init__(self, out_channels, kernel_size, in_channels, **where):
        super().__init__()
        self.where = where  # stride, pad
        shape = out_channels, in_channels, *pair(kernel_size)
        W = np.random.randn(*shape)  # noqa: NPY002
        W *= np.sqrt(1 / np.prod(shape[1:]))
        self.W = Parameter(W.astype(np.float32), name="W")
        self.b = Parameter(np.zeros(out_channels, np.float32), name="b")

    def forward(self, x):
        return conv2d_simple(x, self.W, self.b, **self.where)


def to_picture(image, order):
    """Return image with its pixels in another order: a transform."""
    return to_unit(image)[order].reshape(image.shape)


def seconds(times, f, *args):
    """Return the shortest time that f(*args) took."""
    return min(repeat(lambda: f(*args), number=1, repeat=times))


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    x = rng.normal(size=(8, 3, 32, 32))
    W, b = rng.normal(size=(16, 3, 3, 3)), rng.normal(size=16)
    col = im2col_array(x, 3, 1, 1)
    print(f"x {x.shape} -> im2col {col.shape},", end=" ")
    print(f"{col.size // x.size} times the numbers")
    for loops, simple, args in [
        (conv2d_loops, conv2d_simple, (x, W, b)),
        (pooling_loops, pooling_simple, (x, 2, 2)),
    ]:
        same = np.allclose(loops(*args), simple(*args).data)
        ratio = seconds(1, loops, *args) / seconds(20, simple, *args)
        print(f"{simple.__name__}: as the loops {same},", end=" ")
        print(f"~{ratio:.0f} times as fast")
    good = gradient_check(lambda W: conv2d_simple(x, W, b, 2, 1), W)
    good &= gradient_check(pooling_simple, x[:2, :, :8, :8], 3, 2, 1)
    print(f"gradients as measured: {good}")

    parts = SynthDigits(), SynthDigits(train=False)
    orders = {"as they are": slice(None), "mixed": rng.permutation(784)}
    halve = partial(pooling_simple, kernel_size=2, stride=2)
    # the order of batches and the first weights come from here
    np.random.seed(0)  # noqa: NPY002
    print("pixels       layers         weights  right, in %")
    for pixels, order in orders.items():
        for part in parts:
            part.transform = partial(to_picture, order=order)
        first = Conv2d(8, 5, in_channels=1, stride=2), relu
        second = Conv2d(16, 3, in_channels=8), halve, relu
        cnn = Sequential(*first, *second, flatten, Linear(10))
        mlp = Sequential(flatten, Linear(50), relu, Linear(10))
        runners = [(m, Adam().setup(m)) for m in (mlp, cnn)]
        for _ in range(2):
            learn(runners, DataLoader(parts[0], 100))
        for name, model in ("linear", mlp), ("convolution", cnn):
            share = share_right(model, DataLoader(parts[1], 100, False))
            count = sum(param.size for param in model.params())
            print(f"{pixels:13}{name:13}{count:9,}{100 * share:13.1f}")
