"""Check of the exercise of step 6: four Functions, by hand."""

import math

START = '''
import numpy as np
from step06 import Exp, Square, Variable


def gradient(number):
    """Return x.grad of y = (exp(x**2)**2)**2, handed back by hand
    through four Functions."""
    x = Variable(np.array(number))
    raise NotImplementedError("your turn")


# Swap two lines of the backward half. Which error does Python
# name? "ValueError", for example.
error = None


if __name__ == "__main__":
    print(gradient(0.8))
'''


def check(mine):
    """Yield (what, expected, got)."""
    for x in (0.8, 0.3):  # y = exp(4 * x**2)
        by_hand = 8 * x * math.exp(4 * x**2)
        yield f"the slope at {x}", by_hand, mine.gradient(x)
    yield (
        "the error when two lines are swapped",
        "TypeError",
        mine.error,
    )
