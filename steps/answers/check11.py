"""Check of the exercise of step 11: DivMod."""

import numpy as np

from step11 import Variable

START = '''
import numpy as np
from step11 import Function, Variable


class DivMod(Function):
    """The whole quotient a // b and the remainder a % b."""

    def forward(self, xs):
        raise NotImplementedError("your turn")


# Which Variable of DivMod()([a, b]) is inputs[1] of the creator?
# Write "a" or "b".
inputs_1 = None


if __name__ == "__main__":
    a, b = Variable(np.array(17)), Variable(np.array(5))
    quotient, remainder = DivMod()([a, b])
    print(quotient.data, remainder.data)
'''


def check(mine):
    """Yield (what, expected, got)."""
    a, b = Variable(np.array([17, -7])), Variable(np.array([5, 2]))
    results = mine.DivMod()([a, b])
    yield "how many results", 2, len(results)
    yield "17 // 5 and -7 // 2", [3, -4], results[0].data
    yield "17 % 5 and -7 % 2", [2, 1], results[1].data
    yield "inputs[1] of the creator is", "b", mine.inputs_1
