"""Check of the exercise of step 35: tanh with a power."""

import numpy as np

from dezero import Variable
from step35 import count_functions, derivatives, tanh

START = '''
import numpy as np
from dezero import Variable
from step35 import Tanh, count_functions, derivatives


class PowTanh(Tanh):
    """y = tanh(x), with y**2 in place of y * y in backward."""

    # your turn: write backward


# Are the graphs of the higher derivatives smaller now? True or False
smaller = None


if __name__ == "__main__":
    x = Variable(np.array(1.0))
    for y in derivatives(PowTanh()(x), x, 5):
        print(y, count_functions(y))
'''


def check(mine):
    """Yield (what, expected, got)."""
    x, u = Variable(np.array(1.0)), Variable(np.array(1.0))
    got = derivatives(mine.PowTanh()(x), x, 5)
    ours = [float(y.data) for y in derivatives(tanh(u), u, 5)]
    yield "five derivatives at 1", ours, [float(y.data) for y in got]
    counts = [count_functions(y) for y in got]
    yield "Functions in their graphs", [4, 9, 23, 59, 153], counts
    yield "are they smaller?", False, mine.smaller
