"""Step 64. Convolution backwards: a window gets its gradient back.

Step 57 wrote convolution as a product of matrices, and the gradient
with it. What happens to the picture itself on the way back? Forward,
each window gives one number y[i, j]. Backward, the gradient gy[i, j]
returns to everything that y[i, j] was computed from: the pixels in
the window, and the kernel that lay on them.

    convolution  y[i, j] = sum(x[window] * W)
                 gW += gy[i, j] * x[window]
                 gx[window] += gy[i, j] * W

    max pooling  y[i, j] = max(x[window])
                 gx[largest] += gy[i, j]

    average      y[i, j] = mean(x[window])
    pooling      gx[window] += gy[i, j] / K**2

Windows overlap, so gradients add up. Now look at the lines of the
convolution again. Both gradients are convolutions themselves:

    gW = x convolved with gy as the kernel
    gx = gy, padded with 0, convolved with W
         turned by 180 degrees

gx is also called a *transposed convolution* (Zeiler and others,
2010), and for stride 1 _spread in the package can compute it this
way. So the gradient of a convolution needs no new kind of loop, and
neither does the gradient of that gradient: Conv2d, Deconv2d and
Conv2DGradW are each other's gradients.

You can check the example in the output by hand: x is 1 ... 16 in
four rows, a window is 3 x 3, and we take the mean of the four y.
So each gy is 1/4, and gW is the mean of the four windows.

Exercise: give convolve_backward a stride of 2 and an x of 6 x 6.
Which pixels get no gradient? What must stand between the numbers of
gy, so that gx is a convolution again?

In the package: dezero/functions/conv.py, Conv2d, Deconv2d and
Conv2DGradW; dezero/functions/columns.py, _spread

Output:
    gradient of the kernel:
      [3.5, 4.5, 5.5], [7.5, 8.5, 9.5], [11.5, 12.5, 13.5]
    gradient of x, max pooling:
      0.25 at 11, 12, 15, 16, and 0.0 elsewhere
    gradient of x, average pooling, in 36ths:
      [1, 2, 2, 1], [2, 4, 4, 2], [2, 4, 4, 2], [1, 2, 2, 1]
    dezero finds the same gradients: True
    gW is conv2d(x, gy): True
    gW is the same for another kernel: True
    gx is conv2d(gy padded, W turned): True
    im2col(x) @ W has the numbers of the loop: True
    figures/step64_gradients.png
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import dezero.functions as F
from dezero import Variable
from dezero.utils import get_conv_outsize, pair


# Read the formula of gW once more: W does not occur in it. Whatever
# the kernel holds, its gradient is the same.
def convolve_backward(x, W, gy):
    """Return gx and gW of a convolution (H, W), stride 1, no pad."""
    gx, gW = np.zeros_like(x), np.zeros_like(W)
    for at, window in windows(x.shape, W.shape):
        gW += gy[at] * x[window]
        gx[window] += gy[at] * W
    return gx, gW


# If several numbers of a window tie for the largest, argmax finds the
# first one. It gets all of gy, as in the package's pooling; max itself
# would share (step 61).
def max_backward(x, size, gy):
    """Return gx of max pooling; in a tie the first one wins."""
    gx = np.zeros_like(x)
    for at, window in windows(x.shape, size):
        winner = np.unravel_index(x[window].argmax(), pair(size))
        gx[window][winner] += gy[at]
    return gx


# The pixels in the middle are in all four windows, those in the
# corners in one: 4/36 against 1/36.
def average_backward(x, size, gy):
    """Return gx of average pooling."""
    gx = np.zeros_like(x)
    for at, window in windows(x.shape, size):
        gx[window] += gy[at] / size**2
    return gx


def draw(tables, file):
    """Draw {title: table} as squares with numbers in them."""
    figure = Figure(figsize=(9, 2.4), layout="constrained")
    ratios = [len(table) for table in tables.values()]
    panels = figure.subplots(1, len(tables), width_ratios=ratios)
    for axes, (title, table) in zip(panels, tables.items()):
        limit = 1.8 * abs(table).max()  # blue above 0, red below
        axes.imshow(table, cmap="RdBu", vmin=-limit, vmax=limit)
        for (i, j), value in np.ndenumerate(table):
            value = value.round(2) + 0.0  # and no -0.00
            text = f"{value:.3g}" if value >= 1 else f"{value:.2f}"
            look = {"ha": "center", "va": "center", "fontsize": 9}
            axes.text(j, i, text if value else "0", look)
        axes.set(xticks=[], yticks=[])
        axes.set_title(title, fontsize=10)
    figure.savefig(file, dpi=120)


def image(a):
    """Return an array (H, W) as a batch (1, 1, H, W)."""
    return a[np.newaxis, np.newaxis]


def framework(f, *arrays):
    """Return the gradients of the mean of f, computed by dezero."""
    inputs = [Variable(image(a)) for a in arrays]
    F.mean(f(*inputs)).backward()
    return [v.grad.data[0, 0] for v in inputs]


def rows(table):
    """Return the rows of a table as text."""
    whole = table.round().astype(int)
    table = whole if np.allclose(whole, table) else table
    return str(table.tolist())[1:-1]


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


if __name__ == "__main__":
    x = np.arange(1.0, 17).reshape(4, 4)
    W, other = np.random.default_rng(0).normal(size=(2, 3, 3))
    gy = np.full((2, 2), 1 / 4)

    gx, gW = convolve_backward(x, W, gy)
    g_max, g_mean = max_backward(x, 3, gy), average_backward(x, 3, gy)
    print(f"gradient of the kernel:\n  {rows(gW)}")
    winners = ", ".join(f"{value:.0f}" for value in x[g_max == 0.25])
    print("gradient of x, max pooling:")
    print(f"  0.25 at {winners}, and {g_max.sum() - 1} elsewhere")
    print("gradient of x, average pooling, in 36ths:")
    print(f"  {rows(36 * g_mean)}")

    theirs = [
        *framework(F.conv2d, x, W),
        *framework(lambda x: F.pooling(x, 3), x),
        *framework(lambda x: F.average_pooling(x, 3), x),
    ]
    pairs = zip((gx, gW, g_max, g_mean), theirs)
    same = all(np.allclose(*p) for p in pairs)
    print("dezero finds the same gradients:", same)

    again = F.conv2d(image(x), image(gy)).data[0, 0]
    print("gW is conv2d(x, gy):", np.allclose(again, gW))
    _, gW2 = convolve_backward(x, other, gy)
    print("gW is the same for another kernel:", (gW2 == gW).all())
    around = image(np.pad(gy, 2))
    again = F.conv2d(around, image(W[::-1, ::-1].copy())).data[0, 0]
    print("gx is conv2d(gy padded, W turned):", np.allclose(again, gx))

    columns = F.im2col(image(x), 3).data  # (4, 9): a row a window
    y = [(x[window] * W).sum() for _, window in windows(x.shape, 3)]
    same = np.allclose(columns @ W.ravel(), y)
    print("im2col(x) @ W has the numbers of the loop:", same)

    FIGURES.mkdir(exist_ok=True)
    tables = {"x": x, "gW, convolution": gW, "gx, convolution": gx}
    tables |= {"gx, max pooling": g_max}
    tables |= {"gx, average pooling": g_mean}
    draw(tables, FIGURES / "step64_gradients.png")
    print("figures/step64_gradients.png")
