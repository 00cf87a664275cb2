"""Check of the exercise of step 2: the Function Double."""

import numpy as np

from step02 import Variable

START = '''
import numpy as np
from step02 import Function, Variable


class Double(Function):
    """y = 2 * x"""

    def forward(self, x):
        raise NotImplementedError("your turn")


if __name__ == "__main__":
    print(Double()(Variable(np.ones(3))).data)
'''


def check(mine):
    """Yield (what, expected, got)."""
    y = mine.Double()(Variable(np.ones(3)))
    yield "the double of three ones", [2.0, 2.0, 2.0], y.data
    yield "it comes in a box, a", "Variable", type(y).__name__
    y = mine.Double()(Variable(np.array(-1.5)))
    yield "the double of -1.5", -3.0, y.data
