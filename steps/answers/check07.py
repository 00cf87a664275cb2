"""Check of the exercise of step 7: the history of a Variable."""

import numpy as np

from step07 import Exp, Square, Variable

START = '''
import numpy as np
from step07 import Exp, Square, Variable


def history(y):
    """Return the names of the Functions behind y, first one first."""
    raise NotImplementedError("your turn")


if __name__ == "__main__":
    x = Variable(np.array(0.5))
    print(history(Square()(Exp()(Square()(x)))))
'''


def check(mine):
    """Yield (what, expected, got)."""
    x = Variable(np.array(0.5))
    y = Square()(Exp()(Square()(x)))
    yield (
        "three Functions",
        ["Square", "Exp", "Square"],
        mine.history(y),
    )
    yield "x has no history", [], mine.history(x)
    for _ in range(2000):
        x = Square()(x)
    yield "a chain of 2000", ["Square"] * 2000, mine.history(x)
