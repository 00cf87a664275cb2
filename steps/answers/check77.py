"""Check of the exercise of step 77: a mask of the last few places."""

import numpy as np

from dezero import as_array

START = '''
import numpy as np
from step77 import attention


def window(T, width):
    """Return a mask (T, T): a place sees width places, itself last."""
    raise NotImplementedError("your turn")


def reach_of_two(width):
    """Return how many places back two layers with windows reach."""
    raise NotImplementedError("your turn")


if __name__ == "__main__":
    print(window(6, 3).astype(int))
    x = np.random.default_rng(0).normal(size=(12, 4))
    moved = x.copy()
    moved[5] += 1  # which places of the result does it move?
    mask = window(12, 3)
    for x in x, moved:
        y = attention(x, x, x, mask)
        print(attention(y, y, y, mask))
'''


def check(mine):
    """Yield (what, expected, got)."""
    for T, width in (4, 1), (5, 2), (6, 3), (3, 5):
        y = as_array(mine.window(T, width))
        yield f"window({T}, {width}), of bools", "bool", str(y.dtype)
        rows = [
            [0 <= t - s < width for s in range(T)] for t in range(T)
        ]
        yield f"window({T}, {width})", np.array(rows), y
    for width, reach in (1, 0), (2, 2), (5, 8):
        yield f"reach_of_two({width})", reach, mine.reach_of_two(width)
