"""Check of the exercise of step 12: Mean3."""

import numpy as np

from step12 import Variable

START = '''
import numpy as np
from step12 import Function, Variable


class Mean3(Function):
    """y = (x0 + x1 + x2) / 3"""


def mean3(x0, x1, x2):
    """Return the mean of three Variables."""
    raise NotImplementedError("your turn")


# How many lines of Function did you have to change for three inputs?
changed = None


if __name__ == "__main__":
    print(mean3(*[Variable(np.array(n)) for n in (1, 2, 6)]).data)
'''


def check(mine):
    """Yield (what, expected, got)."""
    y = mine.mean3(*[Variable(np.array(n)) for n in (1, 2, 6)])
    yield "the mean of 1, 2 and 6", 3.0, y.data
    yield "its creator is a", "Mean3", type(y.creator).__name__
    yield "how many inputs the creator has", 3, len(y.creator.inputs)
    one = Variable(np.array([0.0, 3.0]))
    yield (
        "the mean of vectors",
        [0.0, 3.0],
        mine.mean3(one, one, one).data,
    )
    yield "lines of Function that changed", 0, mine.changed
