"""Step 64. Convolution backwards: the windows, read the other way.

Steps 55 to 57 slid a window over a picture, and left the gradients
to im2col. By hand they are the same loop. Forward, each window
gives one number. Backward, that number's gradient returns to what
it was made of: to the window, and to the kernel that lay on it.

    convolution       y[i, j] = sum(x[window] * W)
                      gW         += gy[i, j] * x[window]
                      gx[window] += gy[i, j] * W

    max pooling       y[i, j] = max(x[window])
                      gx[the largest of window] += gy[i, j]

    average pooling   y[i, j] = mean(x[window])
                      gx[window] += gy[i, j] / K**2

Windows overlap, so gradients add up (step 14). Read the lines of
the convolution once more, and there are two more convolutions:

    gW is x convolved with gy: gy lies on x as a kernel would
    gx is gy, padded all round, with W turned by 180 degrees

So a convolution never needs another kind of loop for its gradients,
nor for the gradients of these; the package has Conv2d, Deconv2d and
Conv2DGradW, each the gradient of the others.

The example is small enough to check in the head: x is 1 ... 16 in
four rows, windows are 3 x 3, y is averaged, so each of its four
numbers has the gradient 1/4. gW is the mean of the four windows,
whatever the kernel holds: the kernel is not in its formula. In each
window the largest number is the last one. And the pixels in the
middle are in all four windows, those at the corners in one.

The last line puts all windows into a matrix (step 57): its product
with the kernel as a column is the convolution. The picture shows x,
the gradient of the kernel, and three gradients of x.

All these graphs were built by looking at the program. What such a
graph is made of, and how PyTorch names it, is step 65.

Exercise: give convolve_backward a stride of 2. Which numbers of gx
get nothing? And what has to lie between the numbers of gy, to write
gx as a convolution again?

Output:
    B2 the kernel's gradient:
       [3.5, 4.5, 5.5], [7.5, 8.5, 9.5], [11.5, 12.5, 13.5]
    B3 max pooling, 0.25 at 11, 12, 15, 16; others: 0.0
    B4 average pooling, in 36ths:
       [1, 2, 2, 1], [2, 4, 4, 2], [2, 4, 4, 2], [1, 2, 2, 1]
    the framework agrees: True
    gW is conv2d(x, gy): True, and not W's business: True
    gx is conv2d(gy padded, W turned): True
    B5 im2col(x) @ W: True
    figures/step64_gradients.png
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import dezero.functions as F
from dezero import Variable
from dezero.utils import get_conv_outsize, pair

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


# --- new in this step ---
def convolve_backward(x, W, gy):
    """Return gx and gW of a convolution (H, W), stride 1, no pad."""
    gx, gW = np.zeros_like(x), np.zeros_like(W)
    for at, window in windows(x.shape, W.shape):
        gW += gy[at] * x[window]
        gx[window] += gy[at] * W
    return gx, gW


def max_backward(x, size, gy):
    """Return gx of max pooling, the first of equals wins."""
    gx = np.zeros_like(x)
    for at, window in windows(x.shape, size):
        winner = np.unravel_index(x[window].argmax(), pair(size))
        gx[window][winner] += gy[at]
    return gx


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


if __name__ == "__main__":
    x = np.arange(1.0, 17).reshape(4, 4)
    W, other = np.random.default_rng(0).normal(size=(2, 3, 3))
    gy = np.full((2, 2), 1 / 4)

    gx, gW = convolve_backward(x, W, gy)
    g_max, g_mean = max_backward(x, 3, gy), average_backward(x, 3, gy)
    print(f"B2 the kernel's gradient:\n   {rows(gW)}")
    winners = ", ".join(f"{value:.0f}" for value in x[g_max == 0.25])
    print(
        f"B3 max pooling, 0.25 at {winners}; others: {g_max.sum() - 1}"
    )
    print(f"B4 average pooling, in 36ths:\n   {rows(36 * g_mean)}")

    theirs = [
        *framework(F.conv2d, x, W),
        *framework(lambda x: F.pooling(x, 3), x),
        *framework(lambda x: F.average_pooling(x, 3), x),
    ]
    pairs = zip((gx, gW, g_max, g_mean), theirs)
    print("the framework agrees:", all(np.allclose(*p) for p in pairs))

    again = F.conv2d(image(x), image(gy)).data[0, 0]
    same = np.allclose(again, gW)
    _, gW2 = convolve_backward(x, other, gy)
    print(
        f"gW is conv2d(x, gy): {same}, and not W's business: ", end=""
    )
    print((gW2 == gW).all())
    around = image(np.pad(gy, 2))
    again = F.conv2d(around, image(W[::-1, ::-1].copy())).data[0, 0]
    print("gx is conv2d(gy padded, W turned):", np.allclose(again, gx))

    columns = F.im2col(image(x), 3).data  # (4, 9): a row a window
    y = [(x[window] * W).sum() for _, window in windows(x.shape, 3)]
    print("B5 im2col(x) @ W:", np.allclose(columns @ W.ravel(), y))

    FIGURES.mkdir(exist_ok=True)
    tables = {"x": x, "gW, convolution": gW, "gx, convolution": gx}
    tables |= {"gx, max pooling": g_max}
    tables |= {"gx, average pooling": g_mean}
    draw(tables, FIGURES / "step64_gradients.png")
    print("figures/step64_gradients.png")
