"""Check of the exercise of step 51: mixed pixels, and more layers."""

import numpy as np

from step51 import to_unit

START = '''
import numpy as np

from step51 import to_unit


def mix(picture):
    """Return the 784 numbers of to_unit(picture), in another order:
    the same order for all pictures."""
    raise NotImplementedError("your turn")


# Does the network learn mixed pictures as well? True or False
as_well = None

# Which activation function suffers from many layers, "relu" or
# "sigmoid"?
suffers = None
'''


def check(mine):
    """Yield (what, expected, got)."""
    rng = np.random.default_rng(0)
    pictures = rng.permutation(784 * 2).reshape(2, 1, 28, 28)
    a, b = (np.asarray(mine.mix(x)) for x in pictures)
    x, y = (to_unit(x) for x in pictures)
    yield "the shape of a mixed picture", (784,), a.shape
    yield "its numbers, sorted", np.sort(x), np.sort(a)
    yield "they stand in another order", True, not np.array_equal(a, x)
    where = [int(np.flatnonzero(x == value)[0]) for value in a]
    yield "the next picture, in the same order", y[where], b
    yield "and again", a, mine.mix(pictures[0])
    yield "it learns as well", True, mine.as_well
    yield "what suffers", "sigmoid", mine.suffers
