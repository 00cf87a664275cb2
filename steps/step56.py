"""Step 56. Channels, batches, pooling: many pictures, many questions.

A picture in colour has three numbers at each pixel: red, green and
blue. These are its channels, three pictures on top of each other. A
kernel has an array of weights for each channel, and all products
are added up, so it still gives one number for each window. One
kernel asks one question. More questions need more kernels, and the
feature maps that they give are the channels of the result:

    x (N, C, H, W)   W (OC, C, KH, KW)
    y (N, OC, OH, OW)

    x[n, 0] with W[k, 0] -+
    x[n, 1] with W[k, 1] -+- + b[k] -> y[n, k]
    x[n, 2] with W[k, 2] -+

    y[n, k, i, j] = b[k] + sum over c, p, q
        of x[n, c, i+p, j+q] * W[k, c, p, q]

The N pictures of a batch have nothing to do with each other. The
first figure shows one picture in numbers, for C = 3 and OC = 2. And
the first table counts how few weights a convolution needs, compared
with a linear layer between the same sizes.

When the picture moves, y moves with it. That is half of what we
want: a seven is a seven, wherever it is. The other half is to
become less exact about the place, and that is what *pooling* does.
It has windows, too, usually side by side, but no weights. Max
pooling keeps the largest number: is there an edge anywhere in here?
Average pooling keeps the mean. The second figure and the last table
move a picture, and show how much y still changes.

These loops are slow, and record no graph for backward. Step 57
replaces them with a product of matrices.

Exercise: in a depthwise convolution, OC = C, and kernel k sees only
channel k. Write it. How many of the C * C * 9 weights are left?
Add a convolution of 1 x 1 after it. What does the second one do?

In the package: nothing; these loops are there to be looked at

Output:
    x (1, 3, 5, 5), W (2, 3, 3, 3) -> y (1, 2, 3, 3)
      framed in the figure: [4, 8]
    (3, 32, 32) -> (16, 32, 32)    weights  multiplications
      convolution 3 x 3                432          442,368
      linear                    50,331,648       50,331,648
    moved by   y changes by, pooled:  2 x 2  4 x 4  48 x 48
           1          57 %             37 %   27 %      0 %
           2         111 %             71 %   45 %      0 %
           3         123 %            105 %   61 %      0 %
    figures/step56_channels.png
    figures/step56_pooling.png
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from dezero.functions import relu
from dezero.utils import get_conv_outsize, pair


def out_size(shape, kernel_size, stride=1, pad=0):
    """Return (OH, OW) for pictures x of shape (N, C, H, W)."""
    sides = shape[2:], pair(kernel_size), pair(stride), pair(pad)
    return tuple(map(get_conv_outsize, *sides))


def pad_images(x, pad, value=0):
    """Return x (N, C, H, W) with value around each picture."""
    PH, PW = pair(pad)
    widths = (0, 0), (0, 0), (PH, PH), (PW, PW)
    return np.pad(x, widths, constant_values=value)


# These loops put numbers into y one by one, so there is no graph and no
# gradient. And each window takes a few microseconds: 16 kernels on the
# 60,000 pictures of MNIST, with 676 windows each, take half an hour or
# more, for one epoch. Step 57 needs no loop over windows.
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


# Pooling makes y smaller, so each number of the next layer depends on
# more of x: after 2 x 2 pooling, the receptive field of a 3 x 3 kernel
# is 6 x 6. Average pooling pads with zeros, as a convolution does. For
# max pooling that would be wrong: where all pixels are negative, the
# zeros would win. Minus infinity never wins.
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


def average_pooling_loops(x, kernel_size, stride=1, pad=0):
    """Return the mean of each window, zeros around x counted."""
    return pool(np.mean, x, kernel_size, stride, pad, 0)


def draw_channels(x, W, at, file):
    """Draw a window of x[0], every kernel, and what they give."""
    y = conv2d_loops(x, W)
    window = dict(windows(x.shape[2:], W.shape[2:]))[at]
    cell = [slice(i, i + 1) for i in at]
    figure = Figure(figsize=(10, 7.5), layout="constrained")
    grid = figure.subplots(1 + len(W), x.shape[1] + 1)
    for c, axes in enumerate(grid[0, :-1]):
        draw_numbers(axes, x[0, c], f"x[0, {c}]")
        draw_frame(axes, window)
    text = (
        "each y[0, k]:\nthe windows\ntimes W[k],\nall of it\nadded up"
    )
    grid[0, -1].text(0.5, 0.5, text, ha="center", va="center", size=13)
    grid[0, -1].axis("off")
    for k, row in enumerate(grid[1:]):
        for c, axes in enumerate(row[:-1]):
            draw_numbers(axes, W[k, c], f"W[{k}, {c}]")
        draw_numbers(row[-1], y[0, k], f"y[0, {k}]")
        draw_frame(row[-1], cell)
    figure.savefig(file, dpi=144)


def draw_pooling(pictures, file):
    """Draw each {title: x (4, 6)}, its windows, what they give."""
    figure = Figure(figsize=(11, 5), layout="constrained")
    grid = figure.subplots(len(pictures), 3)
    colors = "orange", "green", "purple", "cyan", "pink", "olive"
    for axes, (title, x) in zip(grid, pictures.items()):
        batch = x[np.newaxis, np.newaxis]
        largest = pooling_loops(batch, 2, stride=2)[0, 0]
        mean = average_pooling_loops(batch, 2, stride=2)[0, 0]
        draw_numbers(axes[0], x, title)
        draw_numbers(axes[1], largest, "the largest: max pooling")
        draw_numbers(axes[2], mean, "the mean: average pooling")
        for place, size in zip(axes, (2, 1, 1)):
            places = windows((2 * size, 3 * size), size, size)
            for (_, window), color in zip(places, colors):
                draw_frame(place, window, f"tab:{color}")
    figure.savefig(file, dpi=144)


# For the table we take the edges in the picture of step 55 (relu of
# four kernels) and move the picture. More than 100 % is possible: an
# edge that has moved is missing in one place and new in another.
# Pooled, the edges change less. Pooled into one number for each kernel
# they don't change at all, but this number no longer says where an edge
# was.
def change(a, b):
    """Return by how many percent b differs from a."""
    return 100 * abs(b - a).sum() / abs(a).sum()


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


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


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    x = rng.integers(0, 4, size=(1, 3, 5, 5))
    W = rng.integers(-1, 2, size=(2, 3, 3, 3))
    y = conv2d_loops(x, W)
    print(f"x {x.shape}, W {W.shape} -> y {y.shape}")
    print(f"  framed in the figure: {y[0, :, 1, 2].tolist()}")
    FIGURES.mkdir(exist_ok=True)
    draw_channels(x, W, (1, 2), FIGURES / "step56_channels.png")

    sizes = (3, 32, 32), (16, 32, 32)
    weights = 16 * 3 * 3 * 3
    print("{} -> {}    weights  multiplications".format(*sizes))
    print(f"  convolution 3 x 3 {weights:18,}{weights * 32 * 32:17,}")
    weights = np.prod(sizes[0]) * np.prod(sizes[1])
    print(f"  linear            {weights:18,}{weights:17,}")

    x = scene(48)[np.newaxis, np.newaxis]
    W = np.array([[-1.0, 0.0, 1.0]] * 3)
    W = np.stack([W, -W, W.T, -W.T])[:, np.newaxis]
    first = relu(conv2d_loops(x, W, pad=1)).data
    print("moved by   y changes by, pooled:  2 x 2  4 x 4  48 x 48")
    for shift in 1, 2, 3:
        moved = np.roll(x, shift, axis=3)
        y = relu(conv2d_loops(moved, W, pad=1)).data
        print(f"{shift:8}{change(first, y):12.0f} %", end=" ")
        for k, width in (2, 14), (4, 5), (48, 7):
            a, b = pooling_loops(first, k, k), pooling_loops(y, k, k)
            print(f"{change(a, b):{width}.0f} %", end="")
        print()

    x = np.repeat([[0, 0, 3, 1, 0, 0], [0, 1, 3, 0, 0, 0]], 2, axis=0)
    moved = np.roll(x, 1, axis=1)
    pictures = {"x": x * 1.0, "x, one pixel to the right": moved * 1.0}
    draw_pooling(pictures, FIGURES / "step56_pooling.png")
    print("figures/step56_channels.png")
    print("figures/step56_pooling.png")
