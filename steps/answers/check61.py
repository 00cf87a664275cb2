"""Check of the exercise of step 61: the two largest."""

import numpy as np

from dezero import Variable

START = '''
import numpy as np

from dezero import Variable
from dezero.core import Max, where
from dezero.functions import max


def top_two(x):
    """Return the sum of the two largest elements, as the exercise
    says it."""
    raise NotImplementedError("your turn")


# What does it return at [5, 5, 1], where 10 is right?
at_a_tie = None


if __name__ == "__main__":
    x = Variable(np.array([5.0, 1.0, 4.0]))
    y = top_two(x)
    y.backward()
    print(y, x.grad)
'''


def check(mine):
    """Yield (what, expected, got)."""
    for numbers, total, slopes in [
        ([5.0, 1.0, 4.0], 9.0, [1.0, 0.0, 1.0]),
        ([-3.0, -2.0, -7.0, -1.0], -3.0, [0.0, 1.0, 0.0, 1.0]),
        ([5.0, 5.0, 1.0], 6.0, [0.5, 0.5, 1.0]),
    ]:
        x = Variable(np.array(numbers))
        y = mine.top_two(x)
        yield f"the result at {numbers}", total, float(y.data)
        y.backward()
        yield f"the gradient at {numbers}", slopes, x.grad
    got = mine.at_a_tie
    yield "what you wrote for [5, 5, 1]", 6, got
