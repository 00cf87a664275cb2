"""Check of the exercise of step 76: only the best key counts."""

import numpy as np

from dezero import as_array

START = '''
import numpy as np
from dezero import Variable
from step76 import soft_lookup


def nearest(q, k, v):
    """Return for each query (T, D) the value (M,) of the best key."""
    raise NotImplementedError("your turn")


# For which c does soft_lookup(c * q, k, v) come close to nearest:
# "large", "small" (near 0) or "negative"?
for_nearest = None
# What does soft_lookup give for c = 0: "zero", "mean" or "nearest"?
for_zero = None


if __name__ == "__main__":
    k = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    v = np.array([[1.0], [2.0], [6.0]])
    q = np.array([[0.8, 0.6]])
    print(nearest(q, k, v))
    for c in -100, 0, 1, 100:
        print(c, soft_lookup(Variable(c * q), Variable(k), Variable(v)))
'''


def check(mine):
    """Yield (what, expected, got)."""
    q = np.array([[1.0, 0.0], [-1.0, 0.5], [0.1, 2.0], [3.0, 3.0]])
    k = np.array([[2.0, 0.0], [0.0, 1.0], [-2.0, 0.0]])
    v = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])
    y = mine.nearest(q, k, v)
    yield (
        "four queries, three keys",
        v[[0, 2, 1, 0]],
        as_array(getattr(y, "data", y)),
    )
    yield "soft_lookup comes close for c", "large", mine.for_nearest
    yield "soft_lookup for c = 0", "mean", mine.for_zero
