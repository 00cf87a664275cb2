"""Answer to the exercise of step 55.

A 1 to the right of the middle fetches the pixel from there, so the
picture moves to the left. To sharpen, add to each pixel how much it
differs from its neighbours: 5 in the middle, -1 on four sides.
These weights add up to 1, so where all pixels are equal nothing
changes, and jumps grow.

If the weights add up to 0, y is 0 wherever all pixels of a window are
equal, however bright they are: this kernel sees differences only.

With pad 2 and a kernel of 3 x 3, every pixel is in nine windows and
meets each weight once. So the sum of y is the sum of x times the sum
of W.

Output:
    the picture moved by a pixel: True
    a jump from 0.5 to 0.6, sharpened: 0.5 0.4 0.7 0.6
    W adds up to 0, all pixels equal: 0.0
    with pad 2, the sum of y is sum(x) * sum(W): True
    figures/answer55_kernels.png
"""

import numpy as np

from step55 import FIGURES, convolve, draw_edges, scene

left = np.zeros((3, 3))
left[1, 2] = 1
sharper = np.array([[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]])
y_of_equal = 0  # where W adds up to 0


def sum_with_pad_2(x, W):
    """Return the sum of convolve(x, W, pad=2), W (3, 3)."""
    return x.sum() * W.sum()


if __name__ == "__main__":
    x = scene()
    y = convolve(x, left, pad=1)
    same = np.array_equal(y[:, :-1], x[:, 1:])
    print("the picture moved by a pixel:", same)

    jump = np.repeat([[0.5, 0.5, 0.5, 0.6, 0.6, 0.6]], 3, axis=0)
    y = convolve(jump, sharper)[0].round(2)
    print("a jump from 0.5 to 0.6, sharpened:", *y)
    right = np.array([[-1, 0, 1]] * 3)
    y = convolve(np.full((5, 5), 0.7), right)
    print("W adds up to 0, all pixels equal:", abs(y).max())

    rng = np.random.default_rng(0)
    x, W = rng.normal(size=(5, 6)), rng.normal(size=(3, 3))
    same = np.isclose(convolve(x, W, pad=2).sum(), sum_with_pad_2(x, W))
    print("with pad 2, the sum of y is sum(x) * sum(W):", same)
    FIGURES.mkdir(exist_ok=True)
    kernels = {
        "the picture": np.ones((1, 1)),
        "to the left": left,
        "sharper": sharper,
    }
    file = FIGURES / "answer55_kernels.png"
    draw_edges(scene(), kernels, file)
    print("figures/answer55_kernels.png")
