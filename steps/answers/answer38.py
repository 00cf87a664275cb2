"""Answer to the exercise of step 38.

swapaxes only makes the tuple of axes and calls transpose with it.
So the graph contains a Transpose, and that has a backward.
A function made of Functions needs none of its own.

Output:
    (2, 3, 4) -> (4, 3, 2), as NumPy does it: True
    created by Transpose
    each gradient where its element was: True
"""

import numpy as np

from dezero import Variable
from step38 import transpose


def swapaxes(x, i, j):
    """Return x with axes i and j exchanged."""
    axes = list(range(x.ndim))
    axes[i], axes[j] = axes[j], axes[i]
    return transpose(x, tuple(axes))


if __name__ == "__main__":
    x = Variable(np.arange(24.0).reshape(2, 3, 4))
    y = swapaxes(x, 0, 2)
    same = np.array_equal(y.data, np.swapaxes(x.data, 0, 2))
    print(f"{x.shape} -> {y.shape}, as NumPy does it: {same}")
    print("created by", type(y.creator).__name__)
    y.grad = Variable(10 * y.data)
    y.backward()
    back = np.array_equal(x.grad.data, 10 * x.data)
    print(f"each gradient where its element was: {back}")
