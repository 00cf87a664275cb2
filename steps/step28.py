"""Step 28. Gradient descent: small steps against the gradient.

How do we find the lowest point of a function? For each input,
the gradient tells whether the result grows or shrinks when that
input grows a little. So move each input a little in the
direction in which the result shrinks, and repeat. This is
*gradient descent* (Cauchy, 1847). For y = f(x) one step is

    y.backward()
    x.data -= lr * x.grad
    x.cleargrad()

lr is the *learning rate*: it says how far a step goes. Without
cleargrad the next gradient would be added to this one (step 14).
Later in this course, these three lines train neural networks.

Our function has two inputs and is a classic hard case: a bent
valley with steep walls and a flat floor (Rosenbrock, 1960).

    f(x, y) = 100 * (y - x**2)**2 + (x - 1)**2

It is lowest at (1, 1), where it is 0. Which learning rate is
good? We start at (0, 2) and try three of them.

0.0015 works. The walk is down in the valley after ten steps, and
follows the floor from there. 0.0001 is too small: after 2,000
steps the walk has hardly begun. 0.005 is too large: where the
valley becomes narrow, each step lands on the opposite wall. The
walk jumps from wall to wall for ever, and gets no closer. On the
right of the picture you see the height after each step.

The gradient tells where to go, but not how far. Step 29 asks how
the gradient changes, and needs four steps.

Exercise: let each step look for its own rate. Begin with 1, and
halve it until f has fallen by at least lr * (gx**2 + gy**2) / 2.
This is a *backtracking line search* (Armijo, 1966). After how
many steps is the gradient shorter than 0.001, with rates found
like this and with 0.0015?

In the package: nothing; step 46 makes a class of the three lines

Output:
    step  rate 0.0001   rate 0.0015   rate 0.005
       0  (0.00, 2.00)  (0.00, 2.00)  (0.00, 2.00)
       1  (0.00, 1.96)  (0.00, 1.40)  (0.01, 0.00)
      10  (0.00, 1.63)  (0.08, 0.06)  (0.09, 0.01)
     100  (0.10, 0.27)  (0.28, 0.07)  (0.51, 0.26)
    2000  (0.38, 0.14)  (0.89, 0.80)  (0.53, 0.21)
    heights at the end: 0.39, 0.01, 0.72
    figures/step28_descent.png
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from dezero.core_simple import Variable


# Why does even a good rate need thousands of steps? At its minimum
# the valley bends 2,500 times as much across as along. This ratio
# is the *condition number*. The steep walls allow no rate above
# 0.002, and the flat floor would need a much larger one.
def rosenbrock(x, y):
    """Return the height of a bent valley, lowest at (1, 1)."""
    return 100 * (y - x**2) ** 2 + (x - 1) ** 2


# The loop computes f anew for every point, so each pass has a graph
# of its own. x.data changes in place; by then the graph is no
# longer needed.
def descend(f, start, lr, steps):
    """Return the points of a walk downhill, beginning with start."""
    xs = [Variable(np.array(float(x))) for x in start]
    path = [start]
    for _ in range(steps):
        y = f(*xs)
        y.backward()
        for x in xs:
            x.data -= lr * x.grad
            x.cleargrad()
        path.append([float(x.data) for x in xs])
    return np.array(path)


def draw_valley(axes, f):
    """Draw the heights of f (dark is low) and the minimum (1, 1)."""
    xs, ys = np.linspace(-0.6, 1.6, 200), np.linspace(-0.5, 2.3, 200)
    x, y = np.meshgrid(xs, ys)
    level = np.log10(f(x, y) + 0.01)  # from hundreds to hundredths
    axes.contourf(x, y, level, 24, cmap="Blues_r", alpha=0.75)
    lines = {"colors": "white", "linewidths": 0.5}
    axes.contour(x, y, level, 12, linestyles="solid", **lines)
    axes.plot(1, 1, "*", color="black", markersize=12, zorder=3)
    axes.annotate("minimum", (0.93, 1.0), ha="right")
    axes.set(xlabel="x", ylabel="y", aspect="equal")


def draw_path(axes, path, color, marks=()):
    """Draw a walk, its start, and the numbers of some steps."""
    axes.plot(*path.T, ".-", color=color, markersize=4, linewidth=1)
    axes.plot(*path[0], "o", color="black")
    axes.annotate("start", path[0] + [0.06, -0.03])
    for n in marks:
        axes.plot(*path[n], "o", color=color, markeredgecolor="black")
        axes.annotate(f"{n:,}", path[n] + [0.07, -0.1])


def draw_heights(axes, heights):
    """Draw {rate: the height after each step}, on a log scale."""
    for rate, values in heights.items():
        axes.plot(values, label=f"rate {rate}", linewidth=1.5)
    axes.set(xlabel="step", ylabel="height", yscale="log")
    axes.legend()


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


if __name__ == "__main__":
    f, start, rates = rosenbrock, (0.0, 2.0), (0.0001, 0.0015, 0.005)
    walks = {lr: descend(f, start, lr, 2000) for lr in rates}
    heights = {lr: f(*path.T) for lr, path in walks.items()}
    print("step  " + "   ".join(f"rate {lr}" for lr in rates))
    for n in (0, 1, 10, 100, 2000):
        points = [path[n] for path in walks.values()]
        columns = [f"({x:.2f}, {y:.2f})" for x, y in points]
        print(f"{n:4}", *columns, sep="  ")
    ends = [f"{height[-1]:.2f}" for height in heights.values()]
    print("heights at the end:", ", ".join(ends))

    figure = Figure(figsize=(9, 5.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.set_title("rate 0.0015: 2,000 steps")
    draw_valley(left, f)
    draw_path(left, walks[0.0015], "tab:orange", (1, 10, 100, 2000))
    right.set_title("the heights of three walks")
    draw_heights(right, heights)
    FIGURES.mkdir(exist_ok=True)
    figure.savefig(FIGURES / "step28_descent.png", dpi=144)
    print("figures/step28_descent.png")
