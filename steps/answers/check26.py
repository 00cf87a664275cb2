"""Check of the exercise of step 26: values in the labels."""

import numpy as np

from dezero.core_simple import Variable

START = '''
import numpy as np
import step26
from dezero.core_simple import Variable
from step26 import goldstein, plot_dot_graph, quote


def dot_variable(v, verbose, constants=False):
    """Return the line of a Variable, its name and its value in the
    label."""
    raise NotImplementedError("your turn")


# z = first * second at (0, -1): which one is 1? "first" or "second"
one = None
# And what is (2 * x - 3 * y)**2 * b, the second one without its 30?
product = None


if __name__ == "__main__":
    step26.dot_variable = dot_variable  # get_dot_graph calls this one
    x, y = Variable(np.array(0.0), "x"), Variable(np.array(-1.0), "y")
    z = goldstein(x, y)
    plot_dot_graph(z, False, "goldstein.png")
'''


def label(line):
    """Return the label in a line of DOT."""
    return line.split('label="')[1].split('"')[0]


def check(mine):
    """Yield (what, expected, got)."""
    got = label(mine.dot_variable(Variable(np.array(2.5), "x"), False))
    yield f"the label {got!r} has the name x", True, "x" in got
    yield f"the label {got!r} has the value 2.5", True, "2.5" in got
    got = label(mine.dot_variable(Variable(np.array(-7.0)), False))
    yield f"without a name: {got!r} has the value -7", True, "-7" in got
    yield "the factor that is 1", "first", mine.one
    yield "the other one is 30 plus", -27.0, mine.product
