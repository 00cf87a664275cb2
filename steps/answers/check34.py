"""Check of the exercise of step 34: Exp with all its derivatives."""

import math
import weakref

import numpy as np

from dezero import Variable
from step34 import derivatives

START = '''
import numpy as np
from dezero import Function, Variable
from step34 import derivatives


class Exp(Function):
    """y = exp(x), so gx = gy * y."""

    def forward(self, x):
        return np.exp(x)

    def backward(self, gy):
        raise NotImplementedError("your turn")


if __name__ == "__main__":
    x = Variable(np.array(1.0))
    print(derivatives(Exp()(x), x, 3))
'''


def check(mine):
    """Yield (what, expected, got)."""
    x = Variable(np.array(1.0))
    y = mine.Exp()(x)
    yield "exp(1)", math.e, y
    for n, dy in enumerate(derivatives(y, x, 3), start=1):
        yield f"derivative {n} at 1", math.e, dy
    x = Variable(np.array(2.0))
    y = mine.Exp()(x)
    ref = weakref.ref(y)
    del y
    yield "a result that is dropped is freed", True, ref() is None
