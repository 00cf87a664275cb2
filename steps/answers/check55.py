"""Check of the exercise of step 55: kernels."""

import numpy as np

from step55 import convolve, scene

START = '''
import numpy as np

from step55 import convolve

# Kernels of 3 x 3: one moves the picture by a pixel to the left,
# the other one makes it sharper.
left = np.zeros((3, 3))
sharper = np.zeros((3, 3))

# If W adds up to 0: what is y where all pixels are equal?
y_of_equal = None


def sum_with_pad_2(x, W):
    """Return the sum of convolve(x, W, pad=2), W (3, 3), from the
    sums of x and of W alone."""
    raise NotImplementedError("your turn")
'''


def check(mine):
    """Yield (what, expected, got)."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5, 6))
    y = convolve(x, mine.left, pad=1)
    yield "left, on a random picture", x[:, 1:], y[:, :-1]
    W = mine.sharper
    yield "the weights of sharper add up to", 1.0, float(W.sum())
    jump = np.repeat([[0.5, 0.5, 0.5, 0.6, 0.6, 0.6]], 3, axis=0)
    y = convolve(jump, W)[0]
    yield "sharper leaves equal pixels alone", [0.5, 0.6], y[[0, -1]]
    larger = bool(y[2] - y[1] > 0.11)
    yield "sharper makes a jump of 0.1 larger", True, larger
    yield "y where all pixels are equal", 0, mine.y_of_equal
    for x in rng.normal(size=(4, 7)), scene(16):
        W = rng.normal(size=(3, 3))
        total = convolve(x, W, pad=2).sum()
        got = mine.sum_with_pad_2(x, W)
        yield f"the sum with pad 2, x {x.shape}", total, got
