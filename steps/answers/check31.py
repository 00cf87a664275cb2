"""Check of the exercise of step 31: a Sin with a new backward."""

import math

import numpy as np

from dezero.core_simple import Variable

START = '''
import numpy as np
from dezero.core_simple import Variable
from step31 import Sin, cos


class NewSin(Sin):
    """y = sin(x), so gx = gy * cos(x)."""

    # your turn: write backward, with the line that has to change


if __name__ == "__main__":
    x = Variable(np.array(1.0))
    y = NewSin()(x)
    y.grad = Variable(np.array(1.0))
    y.backward()
    gx = x.grad
    x.cleargrad()
    gx.backward()
    print(x.grad)
'''


def check(mine):
    """Yield (what, expected, got)."""
    x = Variable(np.array(1.0))
    y = mine.NewSin()(x)
    yield "sin(1)", math.sin(1), y
    y.grad = Variable(np.array(1.0))
    y.backward()
    gx = x.grad
    yield "the gradient is a", "Variable", type(gx).__name__
    yield "and it is cos(1)", math.cos(1), gx
    x.cleargrad()
    gx.backward()
    yield "gx.backward() leaves -sin(1) in x.grad", -math.sin(1), x.grad
