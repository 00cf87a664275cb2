"""Answer to the exercise of step 26.

A label with a value takes one more line in dot_variable. In the
picture, z is the product of 1 and 3.

The first factor is 1 + (x + y + 1)**2 * a, and at (0, -1) the sum
x + y + 1 is 0. So its square is 0, whatever a is, and 1 remains.
The second factor is 30 + (2 * x - 3 * y)**2 * b. The square is 9
and b is -3, so it is 30 - 27 = 3.

Output:
    first: 1, second: 3, z: 3
    the second is 30 + 9 * -3
    figures/answer26_goldstein.png
"""

import numpy as np

import step26
from dezero.core_simple import Variable
from step26 import FIGURES, goldstein, plot_dot_graph, quote


def dot_variable(v, verbose, constants=False):
    """Return the line of a Variable, its name and value in it."""
    label = "" if v.name is None else f"{v.name} = "
    label += f"{v.data:.6g}"
    look = "color=orange, style=filled"
    return f"{id(v)} [label={quote(label)}, {look}]"


one = "first"  # is the factor that is 1
product = -27.0  # (2 * x - 3 * y)**2 * b

if __name__ == "__main__":
    z = goldstein(
        Variable(np.array(0.0), "x"), Variable(np.array(-1.0), "y")
    )
    z.name = "z"
    first, second = z.creator.inputs
    print(f"first: {first.data:g}, second: {second.data:g}", end=", ")
    print(f"z: {z.data:g}")
    thirty, rest = second.creator.inputs
    square, b = rest.creator.inputs
    print(f"the second is {thirty.data} + {square.data:g} * {b.data:g}")

    step26.dot_variable = dot_variable  # get_dot_graph calls this one
    FIGURES.mkdir(exist_ok=True)
    plot_dot_graph(z, False, FIGURES / "answer26_goldstein.png")
    print("figures/answer26_goldstein.png")
