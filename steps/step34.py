"""Step 34. Sin and cos: derivatives without end.

The Sin of step 27 has only one derivative: its backward
multiplies by an ndarray, and there the graph ends. Since step 32
we know what to do. Take the rules from a table of derivatives, and
compute them with Functions:

    y = sin(x)     gx = gy * cos(x)
    y = cos(x)     gx = gy * -sin(x)

This cos and this sin are our own. Sin.backward calls Cos, and
Cos.backward calls Sin. So these two rules are enough for every
order:

    sin -> cos -> -sin -> -cos -> sin -> ...

There is another way to see it: each derivative is the same curve,
moved to the left by a quarter turn. In the picture, follow the
top of y to y', y'' and y'''. The table checks it: the nth
derivative of sin at 1 must be sin(1 + n * pi/2). Its last column
counts the Functions in the graph of each derivative. Every order
adds one Mul, and every other order a Neg.

To draw a curve, x holds 400 numbers. backward starts with ones,
and so it differentiates the sum of all y. But y[i] depends on
x[i] alone. So x.grad[i] is the slope of the curve at x[i], and
one backward gives the whole curve of the next derivative.

Does the graph of a derivative always stay that small? No, and
step 35 shows a function for which it does not.

Exercise: write Exp with all its derivatives, gx = gy * y. Its
backward needs y, the result of the call. Where does a Function find
its result? Why should it not keep the result as self.y (step 17)?

In the package: dezero/functions/elementwise.py, Sin, Cos and cos

Output:
    order  by backward  sin(1 + order * pi/2)  Functions
        1       0.5403                 0.5403          2
        2      -0.8415                -0.8415          4
        3      -0.5403                -0.5403          5
        4       0.8415                 0.8415          7
        5       0.5403                 0.5403          8
        6      -0.8415                -0.8415         10
        7      -0.5403                -0.5403         11
        8       0.8415                 0.8415         13
    figures/step34_sin.png
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from dezero import Function, Variable
from dezero.graph import get_dot_graph


class Sin(Function):
    """y = sin(x), so gx = gy * cos(x)."""

    def backward(self, gy):
        (x,) = self.inputs
        return gy * cos(x)

    # --- carried over ---
    def forward(self, x):
        return np.sin(x)


class Cos(Function):
    """y = cos(x), so gx = gy * -sin(x)."""

    def backward(self, gy):
        (x,) = self.inputs
        return gy * -sin(x)

    # --- carried over ---
    def forward(self, x):
        return np.cos(x)


def plot(x, curves, file):
    """Draw y, y', y'', ... over x, with an arrow from top to top."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.axhline(0, color="gray", linewidth=0.5)
    tops = [x[np.argmax(values)] for values in curves]
    for n, (top, values) in enumerate(zip(tops, curves)):
        (line,) = axes.plot(x, values, linewidth=2)
        look = {"color": line.get_color(), "size": 14}
        axes.plot(top, 1, "o", color=look["color"])
        axes.text(top, 1.1, "y" + "'" * n, ha="center", **look)
    for start, end in zip(tops, tops[1:]):
        ends = (end + 0.2, 1.16), (start - 0.2, 1.16)
        axes.annotate("", *ends, arrowprops={"arrowstyle": "->"})
        axes.text((start + end) / 2, 1.2, "d/dx", ha="center")
    turns = {-2: "-π", -1: "-π/2", 0: "0", 1: "π/2"}
    axes.set_xticks([n * np.pi / 2 for n in turns], turns.values())
    axes.set(xlim=(x[0], x[-1]), ylim=(-1.1, 1.35), xlabel="x")
    figure.savefig(file, dpi=144)


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


def sin(x):
    """Return the sine of x, in radians."""
    return Sin()(x)


def cos(x):
    """Return the cosine of x, in radians."""
    return Cos()(x)


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
    x = Variable(np.array(1.0))
    print("order  by backward  sin(1 + order * pi/2)  Functions")
    for n, y in enumerate(derivatives(sin(x), x, 8), start=1):
        boxes = get_dot_graph(y).count("shape=box")
        moved = np.sin(1 + n * np.pi / 2)
        print(f"{n:5}{y.data:13.4f}{moved:23.4f}{boxes:11}")

    x = Variable(np.linspace(-1.4 * np.pi, 0.9 * np.pi, 400))
    y = sin(x)
    curves = [v.data for v in (y, *derivatives(y, x, 3))]
    FIGURES.mkdir(exist_ok=True)
    plot(x.data, curves, FIGURES / "step34_sin.png")
    print("figures/step34_sin.png")
