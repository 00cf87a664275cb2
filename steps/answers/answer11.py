"""Answer to the exercise of step 11.

DivMod takes its two inputs out of the list, as Add does, and
returns both results in a list, as Polar does. inputs[1] is the
second Variable of the call, b: the creator keeps the Variables
themselves, in their order.

Output:
    17 = 3 * 5 + 2
    inputs[1] is b: True
"""

import numpy as np

from step11 import Function, Variable


class DivMod(Function):
    """The whole quotient a // b and the remainder a % b."""

    def forward(self, xs):
        a, b = xs
        return [a // b, a % b]


inputs_1 = "b"

if __name__ == "__main__":
    a, b = Variable(np.array(17)), Variable(np.array(5))
    quotient, remainder = DivMod()([a, b])
    print(f"17 = {quotient.data} * 5 + {remainder.data}")
    print(f"inputs[1] is b: {remainder.creator.inputs[1] is b}")
