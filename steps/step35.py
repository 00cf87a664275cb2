"""Step 35. Tanh: how the graph of a derivative grows.

The hyperbolic tangent rises from -1 to 1 in one smooth step. Its
slope can be computed from the result alone:

    y = tanh(x)         gx = gy * (1 - y * y)

As in step 34, this one rule gives all derivatives. There each
derivative had only one or two Functions more than the one before.
How fast do the graphs grow here? The rule contains products of y,
and the derivative of a product is a sum of two products:

    (a * b)' = a' * b + a * b'

Most of the old graph stays, since its values are needed, and two
new products join it. So each order makes the graph between two
and three times as large: see the table below. Such growth is
known as *expression swell*.

By hand you would write less. y and all its derivatives are
polynomials in y: the derivative of p(y) is p'(y) * (1 - y * y).
The seventh has degree 8, so nine coefficients are enough. But
backward knows no formula and never collects equal terms. It only
knows the Functions that ran, and it needs 921 of them.

The pictures show orders 1 to 4. Read the first box by box: it is
the rule. Every backward starts with a gradient of 1. The pictures call
these gradients start 1, start 2 and so on. All other numbers belong to
a formula. In the fourth picture, only the size is of interest.

Hardly anybody needs seven derivatives. But people often put a first
derivative into a formula, and then differentiate that formula.
Step 36 shows what for.

Exercise: write 1 - y**2 in Tanh.backward. That is a Pow instead
of a Mul. Are the graphs smaller now? Look at Pow's backward
(step 32) for the reason.

In the package: dezero/functions/elementwise.py, Tanh and tanh

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


# Tanh.backward needs the result of the call, which a Function only
# holds weakly (step 17). self.output() follows the weak reference.
class Tanh(Function):
    """y = tanh(x), so gx = gy * (1 - y * y)."""

    def forward(self, x):
        return np.tanh(x)

    def backward(self, gy):
        y = self.output()
        return gy * (1 - y * y)


def tanh(x):
    """Return the hyperbolic tangent of x."""
    return Tanh()(x)


def count_functions(y):
    """Return how many Functions led to y: the boxes in its DOT."""
    return get_dot_graph(y).count("shape=box")


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


def derivatives(y, x, orders):
    """Return [dy/dx, d2y/dx2, ...], as many as orders."""
    found = []
    for _ in range(orders):
        x.cleargrad()  # or this one is added to the one before
        y.backward(create_graph=True)
        y = x.grad
        found.append(y)
    return found


if __name__ == "__main__":
    FIGURES.mkdir(exist_ok=True)
    x, u = Variable(np.array(1.0), "x"), Variable(np.array(1.0))
    y = gx = tanh(x)
    y.name = "y"
    p = Polynomial([0, 1])  # p(y) = y
    print("order    tanh at 1    by hand   Functions  of sin")
    for n, gu in enumerate(derivatives(sin(u), u, 7), start=1):
        x.cleargrad()
        gx.grad = Variable(np.array(1.0), f"start {n}")
        gx.backward(create_graph=True)
        gx = x.grad
        p = p.deriv() * Polynomial([1, 0, -1])
        counts = f"{count_functions(gx):12,}{count_functions(gu):8}"
        print(f"{n:5}{gx.data:13.4f}{p(y.data):11.4f}{counts}")
        if n <= 4:
            gx.name = "y" + "'" * n
            file = FIGURES / f"step35_tanh{n}.png"
            plot_dot_graph(gx, verbose=False, to_file=file)
    print("figures/step35_tanh1.png to figures/step35_tanh4.png")
