"""Check of the exercise of step 8: where recursion stops."""

import sys

START = '''
import numpy as np
from step08 import Variable, backward_recursive, grow


def survives(n):
    """Return whether backward_recursive manages a chain of n
    Functions, True or False."""
    raise NotImplementedError("your turn")


# Is the longest chain shorter than sys.getrecursionlimit(),
# because other calls wait as well? True or False
shorter = None


if __name__ == "__main__":
    for n in (100, 200, 400, 800, 1600):
        print(n, survives(n))
'''


def check(mine):
    """Yield (what, expected, got)."""
    limit = sys.getrecursionlimit()
    yield "100 Functions: does it survive?", True, mine.survives(100)
    yield "400 Functions?", True, mine.survives(400)
    yield (
        f"{limit}, which is Python's limit?",
        False,
        mine.survives(limit),
    )
    yield "three times the limit?", False, mine.survives(3 * limit)
    yield "100 once more", True, mine.survives(100)
    yield (
        "is the longest chain shorter than the limit?",
        True,
        mine.shorter,
    )
