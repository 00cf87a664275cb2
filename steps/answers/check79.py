"""Check of the exercise of step 79: rope by complex numbers."""

import numpy as np

from dezero import as_array

START = '''
import numpy as np
from step79 import rope


def by_numbers(x, start=0, base=10000.0):
    """Return rope(x, start, base) of an array, by complex numbers."""
    raise NotImplementedError("your turn")


# Which scores x @ x.T of a text with itself does RoPE leave as they
# were: "all", "none", "diagonal" (a word with itself) or "neighbours"?
scores_left_as_they_were = None


if __name__ == "__main__":
    x = np.ones((4, 16))
    y = rope(x).data
    print(x @ x.T)
    print(y @ y.T)
'''


def check(mine):
    """Yield (what, expected, got)."""
    # base 1: all pairs turn by 1 radian a place
    x = np.array([[1.0, 0.0, 0.0, 2.0], [1.0, 0.0, 0.0, 2.0]])
    c, s = np.cos(1.0), np.sin(1.0)
    y = mine.by_numbers(x, base=1.0)
    yield (
        "(1, 0) and (0, 2), turned by 0 and by 1",
        [[1, 0, 0, 2], [c, -2 * s, s, 2 * c]],
        as_array(getattr(y, "data", y)),
    )
    y = mine.by_numbers(np.array([[1.0, 1.0, 0.0, 0.0]]), 3, 100.0)
    angle = np.array([3.0, 0.3])
    yield (
        "two pairs (1, 0) at place 3, base 100",
        [[*np.cos(angle), *np.sin(angle)]],
        as_array(getattr(y, "data", y)),
    )
    yield "scores", "diagonal", mine.scores_left_as_they_were
