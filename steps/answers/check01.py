"""Check of the exercise of step 1: two boxes around one array."""

import numpy as np

START = '''
import numpy as np
from step01 import Variable


def replaced(data):
    """Make boxes a and b around data, put np.array([7.0, 8.0]) into
    b.data, and return a.data."""
    raise NotImplementedError("your turn")


def written(data):
    """Make boxes a and b around data, write b.data[0] = 100.0, and
    return a.data."""
    raise NotImplementedError("your turn")


# Say it before you run it: does a.data change? True or False
changes_when_replaced = None
changes_when_written = None
'''


def check(mine):
    """Yield (what, expected, got)."""
    yield (
        "a new array in b: does a change?",
        False,
        mine.changes_when_replaced,
    )
    yield "a number written into it?", True, mine.changes_when_written
    data = np.array([1.0, 2.0])
    yield (
        "a.data, when b.data is replaced",
        [1.0, 2.0],
        mine.replaced(data),
    )
    yield "the array itself is as it was", [1.0, 2.0], data
    yield (
        "a.data, when b.data[0] is written",
        [100.0, 2.0],
        mine.written(data),
    )
    yield "the array itself has changed", [100.0, 2.0], data
