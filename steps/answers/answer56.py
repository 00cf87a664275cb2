"""Answer to the exercise of step 56.

A depthwise convolution is C convolutions with one channel each. Of
the C * C * 9 weights C * 9 are left, but channels no longer mix: y
of channel 0 never sees x of channel 1. A convolution of 1 x 1 mixes
them. It looks at one place only, so it is the same linear layer from
C to OC numbers in every place. Both together have far fewer weights
than one full convolution, and see as much of x.

Output:
    depthwise: each channel by itself: True
    weights for C = 64: full 36,864, depthwise 576
    1 x 1: a linear layer in each place: True
    depthwise and 1 x 1 together: 4,672
"""

import numpy as np

from step56 import conv2d_loops


def depthwise(x, W, stride=1, pad=0):
    """Return y: kernel W[k] (KH, KW) on channel k of each picture.

    Shapes: x (N, C, H, W), W (C, KH, KW) -> y (N, C, OH, OW).
    """
    channels = [
        conv2d_loops(
            x[:, k : k + 1], W[k, None, None], None, stride, pad
        )
        for k in range(len(W))
    ]
    return np.concatenate(channels, axis=1)


def weights(C):
    """Return how many weights depthwise has, for 3 x 3 kernels."""
    return C * 9


def one_by_one(x, W):
    """Return conv2d_loops(x, W), W (OC, C, 1, 1): one product."""
    rows = x.transpose(0, 2, 3, 1) @ W[:, :, 0, 0].T
    return rows.transpose(0, 3, 1, 2)


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    x, W = rng.normal(size=(2, 3, 5, 5)), rng.normal(size=(3, 3, 3))
    y = depthwise(x, W)
    full = np.zeros((3, 3, 3, 3))  # a full W, 0 between channels
    full[np.arange(3), np.arange(3)] = W
    same = np.allclose(y, conv2d_loops(x, full))
    print("depthwise: each channel by itself:", same)
    C = 64
    print(f"weights for C = {C}: full {C * C * 9:,}", end=", ")
    print(f"depthwise {weights(C)}")

    W = rng.normal(size=(4, 3, 1, 1))
    y = conv2d_loops(x, W)
    same = np.allclose(y, one_by_one(x, W))
    print("1 x 1: a linear layer in each place:", same)
    print(f"depthwise and 1 x 1 together: {weights(C) + C * C:,}")
