"""Check of the exercise of step 62: S for x.T."""

import numpy as np

START = '''
import numpy as np

from step62 import selection


def transposing():
    """Return S (6, 6): x.T in a row is S @ (x in a row), x (2, 3)."""
    raise NotImplementedError("your turn")


# What is S.T @ S? "the identity", "all zeros" or "S itself"
product = None


def diagonal(n, slices):
    """Return the diagonal of S.T @ S for x[slices], x of n numbers."""
    raise NotImplementedError("your turn")


if __name__ == "__main__":
    print(transposing())
    print(diagonal(3, [2, 0, 2]))
'''


def check(mine):
    """Yield (what, expected, got)."""
    S = mine.transposing()
    x = np.arange(1.0, 7.0)
    yield "S @ [1, ..., 6]", [1.0, 4.0, 2.0, 5.0, 3.0, 6.0], S @ x
    yield "S has the sum", 6.0, float(np.sum(S))
    yield "S.T @ S is", "the identity", mine.product
    for n, slices, times in [
        (3, [2, 0, 2], [1, 0, 2]),
        (3, slice(1, 3), [0, 1, 1]),
        (5, [1, 1, 1, 4], [0, 3, 0, 0, 1]),
    ]:
        got = mine.diagonal(n, slices)
        yield f"{n} numbers, x[{slices}]: the diagonal", times, got
