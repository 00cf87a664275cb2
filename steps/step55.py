"""Step 55. Convolution by loops: one small question, asked everywhere.

The network of step 51 does not know which pixels are neighbours.
With 784 numbers in a row it has to learn a stroke again for each
corner of the picture. But an edge is an edge wherever it is, and a
few pixels are enough to see one.

So let the weights be a small array, the *kernel* or *filter*. Lay
it on the picture like a window, multiply each pixel by the weight
on it, and add up the products: one number. Then move on and do it
again, with the same weights. This is a *convolution*, and the new
picture that it gives is a *feature map*:

    x (4, 5)         W (3, 3)     y (2, 3)
    +-------+
    | 0 0 1 | 2 3    -1  0  1     +---+
    | 0 1 2 | 3 2    -1  0  1     | 5 |  4  0
    | 1 2 3 | 2 1    -1  0  1     +---+
    +-------+                       4  0 -4
      2 3 2   1 0    (1-0) + (2-0) + (3-1) = 5

This kernel asks: is it brighter on the right than on the left?

    y[i, j] = sum of x[i+a, j+b] * W[a, b]

In mathematics a convolution first turns the kernel by 180 degrees,
and what we do here is *cross-correlation*. For a kernel that is
learned it makes no difference. Can a kernel be learned? We show the
program random pictures, and what a secret kernel makes of them.
Every number of y is the sum of nine pixels times their weights. So
this is the linear regression of step 42, and it finds the kernel.

One kernel asks one question about a grey picture. Step 56 asks more
questions, about pictures in colour.

Exercise: write a kernel that shifts the picture by a pixel, and one
that makes it sharper. Draw what they do. If W adds up to 0, what is
y where all pixels are equal? With pad 2, what is the sum of y?

In the package: dezero/functions/columns.py, pair and
get_conv_outsize and get_deconv_outsize

Output:
    x (4, 5), W (3, 3), stride 2, pad 1:
      y [[1, 4, -5], [6, 0, -6]]
    input  kernel  pad  stride  output  needs at least
       28       3    0       1      26              28
       28       5    2       1      28              28
       28       3    1       2      14              27
       28       2    0       2      14              28
    as a linear layer (64, 36): 2,304 weights,
      324 not 0, 9 different
      the same numbers: True
    learned from 40 pairs of pictures:
      [[-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]]
    figures/step55_windows.png
    figures/step55_edges.png
"""

from numbers import Integral
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from dezero import Variable
from dezero.functions import linear, mean_squared_error


# Three numbers say where the windows are: the size K of the kernel; the
# *stride* S, how many pixels it moves at a time; and the *padding* P,
# how many zeros are put around the picture first. Without padding y is
# smaller than x, and pixels at the border are in few windows. Each of
# the three may be a pair, for height and width.
def pair(x):
    """Return x as (height, width): an int stands for both."""
    return (x, x) if isinstance(x, Integral) else tuple(x)


# How many places are there along a side of length H? The first window
# begins at 0, the last one at H + 2 P - K or before, and from one
# window to the next it is S pixels. So K = 3, P = 1, S = 1 keeps the
# size, and S = 2 halves it. Pixels that the division leaves over are in
# no window: see the lowest row of zeros in the first figure.
# get_deconv_outsize answers the reverse question: how long must a side
# be for that many places? (In the output this is the column "needs at
# least".)
def get_conv_outsize(input_size, kernel_size, stride, pad):
    """Return how many places a kernel takes along one side."""
    return (input_size + 2 * pad - kernel_size) // stride + 1


def get_deconv_outsize(size, k, s, p):
    """Return the smallest side where a kernel takes size places."""
    return s * (size - 1) + k - 2 * p


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


# The pixels that a number of y depends on are its *receptive field*.
# Here it is one window. A second convolution of 3 x 3 on top of y
# sees 3 x 3 numbers of y, and so 5 x 5 pixels of x; with a stride of
# 2 in the first, 7 x 7.
def convolve(x, W, stride=1, pad=0):
    """Return y (OH, OW): W laid on every window of x (H, W)."""
    places = list(windows(x.shape, W.shape, stride, pad))
    if not places:
        raise ValueError(
            f"convolve: the kernel {W.shape} must fit into x {x.shape} "
            f"with its padding, pad={pad} (see step 55)"
        )
    (PH, PW), (i, j) = pair(pad), places[-1][0]
    padded = np.pad(x, ((PH, PH), (PW, PW)))
    y = np.zeros((i + 1, j + 1), x.dtype)
    for at, window in places:
        y[at] = (padded[window] * W).sum()
    return y


# Put the pixels of each window in a row, and the weights of the kernel
# in a column: then the windows of a picture are one matrix. The loss is
# the mean squared error. The loop is that of step 28, with one update
# for each picture.
def learn_kernel(pairs, shape):
    """Return the kernel that turns x into y, for pairs (x, y)."""
    W = Variable(np.zeros((np.prod(shape), 1)))
    for x, y in pairs:
        places = windows(x.shape, shape)
        rows = np.stack([x[window].ravel() for _, window in places])
        loss = mean_squared_error(rows @ W, y.reshape(-1, 1))
        W.cleargrad()
        loss.backward()
        W.data -= 0.3 * W.grad.data
    return W.data.reshape(shape)


# Could a linear layer do the same? Every number of y is a sum of pixels
# times weights, so some linear layer gives the same y. Its table of
# weights has a row for each pixel: what the convolution makes of a
# picture that is 1 there and 0 elsewhere. Most of the table is 0, since
# a window sees few pixels. The rest are the same nine numbers in each
# column. A convolution is a linear layer that knows two things: only
# neighbours count, and they count in the same way everywhere.
def as_table(W, shape, stride=1, pad=0):
    """Return the weights (H*W, OH*OW) of a linear layer like W."""
    pixels = np.eye(np.prod(shape)).reshape(-1, *shape)
    rows = [convolve(x, W, stride, pad).ravel() for x in pixels]
    return np.stack(rows)


def draw_numbers(axes, x, title, pad=0):
    """Draw x as a table: blue above 0, red below, padding grey."""
    padded = np.pad(x, pad)
    axes.imshow(padded, cmap="RdBu", vmin=-12, vmax=12)
    axes.set_title(title, fontsize=11)
    axes.axis("off")
    inside = np.pad(np.ones(x.shape, bool), pad)
    for (i, j), value in np.ndenumerate(padded):
        ink = "black" if inside[i, j] else "0.6"
        axes.text(j, i, f"{value:g}", ha="center", va="center", c=ink)
        if not inside[i, j]:
            square = Rectangle((j - 0.5, i - 0.5), 1, 1, color="0.92")
            axes.add_patch(square)


def draw_frame(axes, window, color="tab:orange"):
    """Draw a frame around window, a pair of slices."""
    (top, bottom), (left, right) = [(s.start, s.stop) for s in window]
    corner = left - 0.45, top - 0.45
    frame = Rectangle(corner, right - left - 0.1, bottom - top - 0.1)
    frame.set(fill=False, edgecolor=color, linewidth=3)
    axes.add_patch(frame)


def draw_windows(x, W, stride, pad, file):
    """Draw each window over the padded x, then W and y."""
    y = convolve(x, W, stride, pad)
    figure = Figure(figsize=(11, 5), layout="constrained")
    grid = figure.subplots(y.shape[0], y.shape[1] + 1)
    for (i, j), window in windows(x.shape, W.shape, stride, pad):
        draw_numbers(grid[i, j], x, f"y[{i}, {j}] = {y[i, j]}", pad)
        draw_frame(grid[i, j], window)
    draw_numbers(grid[0, -1], W, "the kernel W")
    draw_numbers(grid[1, -1], y, "y")
    figure.savefig(file, dpi=144)


def scene(size=64):
    """Return a picture from 0 to 1: a house and the moon."""
    v, u = np.mgrid[:size, :size] / size  # down, to the right
    x = 0.5 - 0.3 * v  # the sky
    x[(u - 0.75) ** 2 + (v - 0.25) ** 2 < 0.019] = 1.0
    x[(v > 0.25) & (abs(u - 0.35) < v - 0.25)] = 0.6
    x[(v > 0.5) & (abs(u - 0.35) > 0.2)] = 0.1
    x[(v > 0.5) & (abs(u - 0.35) < 0.2)] = 0.8
    x[(v > 0.7) & (abs(u - 0.35) < 0.06)] = 0.2
    return x


def draw_edges(x, kernels, file):
    """Draw what each of {title: kernel} makes of x."""
    figure = Figure(figsize=(12, 3.4), layout="constrained")
    every = figure.subplots(1, len(kernels))
    for axes, (title, W) in zip(every, kernels.items()):
        y = convolve(x, W)
        cmap, low, high = ("gray", 0, 1) if W.sum() else ("RdBu", -3, 3)
        axes.imshow(y, cmap=cmap, vmin=low, vmax=high)
        axes.set_title(title, fontsize=11)
        axes.axis("off")
    figure.savefig(file, dpi=144)


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


if __name__ == "__main__":
    x = (3 - abs(np.indices((4, 5)).sum(axis=0) - 4)).clip(0)
    W = np.array([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]])
    print(f"x {x.shape}, W {W.shape}, stride 2, pad 1:")
    print(f"  y {convolve(x, W, stride=2, pad=1).tolist()}")
    print("input  kernel  pad  stride  output  needs at least")
    for k, p, s in (3, 0, 1), (5, 2, 1), (3, 1, 2), (2, 0, 2):
        size = get_conv_outsize(28, k, s, p)
        least = get_deconv_outsize(size, k, s, p)
        print(f"   28{k:8}{p:5}{s:8}{size:8}{least:16}")

    rng = np.random.default_rng(0)
    x8, W8 = rng.normal(size=(8, 8)), rng.normal(size=(3, 3))
    table = as_table(W8, x8.shape)
    print(f"as a linear layer {table.shape}: {table.size:,} weights,")
    weights = table[table != 0]
    print(f"  {weights.size} not 0, {len(set(weights))} different")
    y8 = linear(x8.reshape(1, -1), table).data.reshape(6, 6)
    print("  the same numbers:", np.allclose(y8, convolve(x8, W8)))

    pairs = [(p, convolve(p, W)) for p in rng.normal(size=(40, 12, 12))]
    print(f"learned from {len(pairs)} pairs of pictures:")
    found = learn_kernel(pairs, W.shape).round(1) + 0.0  # no -0.0
    print(f"  {found.tolist()}")

    FIGURES.mkdir(exist_ok=True)
    draw_windows(x, W, 2, 1, FIGURES / "step55_windows.png")
    print("figures/step55_windows.png")
    kernels = {
        "the picture": np.ones((1, 1)),
        "brighter on the right": W,
        "brighter below": W.T,
        "mean of 7 x 7": np.full((7, 7), 1 / 49),
    }
    draw_edges(scene(), kernels, FIGURES / "step55_edges.png")
    print("figures/step55_edges.png")
