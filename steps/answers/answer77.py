"""Answer to the exercise of step 77.

Place t sees s if t - width < s <= t, so two comparisons make the
mask. In the first layer a place sees up to width - 1 places back.
The second layer looks width - 1 places back at such results. So
together they reach 2 * (width - 1) places back, and n layers reach
n * (width - 1).

A layer with a window compares each query with width keys, however
long the text is. Some language models mix such layers with layers
that see the whole text.

Output:
    the mask for width 3, 1 where a place may look:
    [[1 0 0 0 0 0]
     [1 1 0 0 0 0]
     [1 1 1 0 0 0]
     [0 1 1 1 0 0]
     [0 0 1 1 1 0]
     [0 0 0 1 1 1]]
    what moves the last of 12 places: 1 layer 2 back, 2 layers 4 back
"""

import numpy as np

from dezero import Variable
from step77 import attention


def window(T, width):
    """Return a mask (T, T): a place sees width places, itself last."""
    t, s = np.arange(T)[:, None], np.arange(T)
    return (t - width < s) & (s <= t)


def reach_of_two(width):
    """Return how many places back two layers with windows reach."""
    return 2 * (width - 1)


if __name__ == "__main__":
    print("the mask for width 3, 1 where a place may look:")
    print(window(6, 3).astype(int))
    rng, mask = np.random.default_rng(0), window(12, 3)
    x = y = Variable(rng.normal(size=(12, 4)))
    reach = []
    for _ in range(2):
        y = attention(y, y, y, mask)
        x.cleargrad()
        y[-1].sum().backward()
        moved = np.flatnonzero(x.grad.data.any(axis=1))
        reach.append(11 - moved[0])
    print(
        f"what moves the last of 12 places: 1 layer {reach[0]} back",
        end="",
    )
    print(f", 2 layers {reach[1]} back")
