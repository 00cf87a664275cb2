"""Step 35. Tanh: how the graph of a derivative grows.

The hyperbolic tangent rises from -1 to 1 in one soft step. Its
slope can be computed from the result alone:

    y = tanh(x)         gx = gy * (1 - y * y)

As in step 34 a rule for the first order gives them all. But sin
and cos only take turns, whereas here come products of y, and the
derivative of a product has two:

    (a * b)' = a' * b + a * b'

The old product stays in the graph for the most part, these two
join it, and so each order makes the graph almost three times as
large, as the table shows. Those of sin gain a box or two: in
each of their products one factor is a constant.

By hand you would write less. y and all its derivatives are
polynomials in y: after p(y) comes p'(y) * (1 - y * y). The
seventh has degree 8, so nine coefficients say it all. backward
never collects terms like that. It knows no formula, only the
boxes that were computed, and it needs 921 of them.

The pictures show orders 1 to 4. The first is the rule, to be
read box by box; a 1 is that of the rule, or the gradient that a
backward started from. Of the fourth the size says enough.

Who needs so many? Hardly anyone. But a first derivative in the
middle of a formula, and then the second, are in daily use: step
36 shows what for.

Exercise: in Tanh.backward write 1 - y**2, one box instead of
a product. Are the graphs smaller now? Look for the reason in
Pow.backward (step 32).

Output:
    order    tanh at 1    by hand   Functions  of sin
        1       0.4200     0.4200           4       2
        2      -0.6397    -0.6397           9       4
        3       0.6216     0.6216          21       5
        4       0.6651     0.6651          51       7
        5      -5.5569    -5.5569         129       8
        6      13.6241    13.6241         339      10
        7      12.2884    12.2884         921      11
    figures/step35_tanh1.png to figures/step35_tanh4.png
"""

from pathlib import Path

import numpy as np
from numpy.polynomial import Polynomial

from dezero import Function, Variable
from dezero.functions import sin
from dezero.graph import get_dot_graph, plot_dot_graph

# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


# --- new in this step ---
class Tanh(Function):
    """y = tanh(x), so gx = gy * (1 - y * y)."""

    def forward(self, x):
        return np.tanh(x)

    def backward(self, gy):
        y = self.output()  # held weakly, see step 17
        return gy * (1 - y * y)


def tanh(x):
    """Return the hyperbolic tangent of x."""
    return Tanh()(x)


# --- carried over ---
def derivatives(y, x, orders):
    """Return [dy/dx, d2y/dx2, ...], as many as orders."""
    found = []
    for _ in range(orders):
        x.cleargrad()  # or this one is added to the one before
        y.backward(create_graph=True)
        y = x.grad
        found.append(y)
    return found


# --- new in this step ---
def count_functions(y):
    """Return how many Functions led to y: the boxes in its DOT."""
    return get_dot_graph(y).count("shape=box")


def name_leaves(y):
    """Name every leaf behind y that has no name by its value."""
    waiting = [y]
    while waiting:
        v = waiting.pop()
        if v.creator is not None:
            waiting += v.creator.inputs
        elif v.name is None:
            v.name = f"{v.data:g}"


if __name__ == "__main__":
    FIGURES.mkdir(exist_ok=True)
    x, u = Variable(np.array(1.0), "x"), Variable(np.array(1.0))
    y = tanh(x)
    y.name = "y"
    by_hand = Polynomial([0, 1])  # p(y) = y
    pairs = zip(derivatives(y, x, 7), derivatives(sin(u), u, 7))
    print("order    tanh at 1    by hand   Functions  of sin")
    for n, (gx, gu) in enumerate(pairs, start=1):
        by_hand = by_hand.deriv() * Polynomial([1, 0, -1])
        counts = f"{count_functions(gx):12,}{count_functions(gu):8}"
        print(f"{n:5}{gx.data:13.4f}{by_hand(y.data):11.4f}{counts}")
        if n <= 4:
            gx.name = "y" + "'" * n
            name_leaves(gx)
            file = FIGURES / f"step35_tanh{n}.png"
            plot_dot_graph(gx, verbose=False, to_file=file)
    print("figures/step35_tanh1.png to figures/step35_tanh4.png")
