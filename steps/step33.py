"""Step 33. Newton by backward: no formula left to write.

In step 29 Newton's method needed the second derivative of f, and
we had to find it with pencil and paper. Now a gradient has a
graph (step 32). So backward finds f'', too:

    y.backward(create_graph=True)
    gx = x.grad
    x.cleargrad()
    gx.backward()
    x.data -= gx.data / x.grad.data

These five lines are Newton's method for any f of one input. The
cleargrad between the two passes is needed: without it, f'' would be
added to f'. Compare the points with those of step 29.

With two inputs there are two gradients, gx and gy. We can
differentiate each of them with respect to x and y: one backward
leaves one row of the Hessian in the grads:

    gx.backward()      [[d gx/dx,  d gx/dy],
    gy.backward()       [d gy/dx,  d gy/dy]]

hessian_of(f) does this for any f. newton is step 29's, and gets
hessian_of(f) in place of a Hessian written by hand. So we can now
use it for the function of Goldstein and Price (step 24), a
polynomial of degree 8 whose second derivatives nobody wants to
write down. In the picture it finds the minimum from three sides.
From points further away it often ends in another minimum, or on a
*saddle point*, which is a minimum in one direction and a maximum in
another. There the slope is 0, too, and Newton's method looks for
nothing else.

With n inputs the Hessian has n * n numbers, and it takes n more
backward passes. That is little for two inputs, and too much for a
million. Step 36 shows what can be done without the matrix.

Exercise: the two numbers off the diagonal are always equal. Why?
Compute only one of them. Does that save a backward pass?

In the package: nothing; step 71 has a hessian for any shapes

Output:
    x**4 - 2 * x**2    step 29       this one
    step 0        2.0000000000   2.0000000000
    step 1        1.4545454545   1.4545454545
    step 2        1.1510467894   1.1510467894
    step 3        1.0253259290   1.0253259290
    step 4        1.0009084519   1.0009084519
    step 5        1.0000012353   1.0000012353
    step 6        1.0000000000   1.0000000000
    rosenbrock: the same 4 points as in step 29: True
    goldstein: down to 3.0000, 3.0000, 3.0000 in 7 steps
    figures/step33_newton.png
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from dezero import Variable


def newton_1d(f, start, steps):
    """Return the points of a walk from start to a slope of 0."""
    x = Variable(np.array(start))
    path = [start]
    for _ in range(steps):
        y = f(x)
        x.cleargrad()
        y.backward(create_graph=True)
        gx = x.grad
        x.cleargrad()
        gx.backward()
        x.data -= gx.data / x.grad.data
        path.append(float(x.data))
    return path


# If some x is not in the graph of a gradient, the gradient does not
# depend on that x. Then x.grad stays None, and the derivative is 0.
def hessian_of(f):
    """Return a function that computes the second derivatives of f."""

    def hessian(*point):
        xs = [Variable(np.array(coordinate)) for coordinate in point]
        f(*xs).backward(create_graph=True)
        rows = []
        for gx in [x.grad for x in xs]:
            for x in xs:
                x.cleargrad()
            gx.backward()
            row = [0.0 if x.grad is None else x.grad.data for x in xs]
            rows.append(row)
        return np.array(rows)

    return hessian


def draw_walks(f, walks, file):
    """Draw the heights of f (dark is low), and walks on them."""
    xs, ys = np.linspace(-0.5, 0.45, 200), np.linspace(-1.45, -0.6, 200)
    x, y = np.meshgrid(xs, ys)
    figure = Figure(figsize=(7, 5.8), layout="constrained")
    axes = figure.add_subplot()
    level = np.log10(f(x, y))  # from 3 to tens of thousands
    axes.contourf(x, y, level, 24, cmap="Blues_r", alpha=0.75)
    lines = {"colors": "white", "linewidths": 0.5}
    axes.contour(x, y, level, 24, linestyles="solid", **lines)
    axes.plot(0, -1, "*", color="black", markersize=14, zorder=3)
    axes.annotate("minimum", (0.03, -0.97), color="white")
    for path, color in zip(walks, ["tab:red", "black", "tab:orange"]):
        axes.plot(*path.T, "o-", color=color, markersize=5)
        axes.annotate("start", path[0] + [-0.03, -0.04])
    axes.set(xlabel="x", ylabel="y", aspect="equal")
    figure.savefig(file, dpi=144)


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


def goldstein(x, y):
    """Goldstein and Price's function: minimum 3 at (0, -1)."""
    a = 19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2
    b = 18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2
    first = 1 + (x + y + 1) ** 2 * a
    second = 30 + (2 * x - 3 * y) ** 2 * b
    return first * second


def rosenbrock(x, y):
    """Return the height of a bent valley, lowest at (1, 1)."""
    return 100 * (y - x**2) ** 2 + (x - 1) ** 2


def quartic(x):
    """Return x**4 - 2 * x**2: minima at -1 and 1, a hill at 0."""
    return x**4 - 2 * x**2


def quartic_hessian(x):
    """Return the second derivative of quartic, by hand."""
    return np.array([[12 * x**2 - 4]])


def rosenbrock_hessian(x, y):
    """Return the second derivatives of rosenbrock, by hand."""
    across = -400 * x  # d/dx of df/dy, or d/dy of df/dx
    return np.array(
        [[1200 * x**2 - 400 * y + 2, across], [across, 200.0]]
    )


def newton(f, hessian, start, steps):
    """Return the points of a walk from start to a slope of 0.

    hessian(*point) returns a square matrix.
    """
    path = [np.array(start)]
    for _ in range(steps):
        xs = [Variable(np.array(x)) for x in path[-1]]
        y = f(*xs)
        y.backward()
        gradient = np.array([float(x.grad) for x in xs])
        step = np.linalg.solve(hessian(*path[-1]), gradient)
        path.append(path[-1] - step)
    return np.array(path)


if __name__ == "__main__":
    by_hand = newton(quartic, quartic_hessian, (2.0,), steps=6)
    ours = newton_1d(quartic, 2.0, steps=6)
    print("x**4 - 2 * x**2    step 29       this one")
    for n, ((a,), b) in enumerate(zip(by_hand, ours)):
        print(f"step {n}     {a:15.10f}{b:15.10f}")

    f, start = rosenbrock, (0.0, 2.0)
    by_hand = newton(f, rosenbrock_hessian, start, steps=4)
    ours = newton(f, hessian_of(f), start, steps=4)
    same = np.allclose(ours, by_hand)
    print(f"rosenbrock: the same 4 points as in step 29: {same}")

    f, starts = goldstein, [(-0.4, -1.1), (0.3, -1.0), (-0.1, -1.3)]
    walks = [newton(f, hessian_of(f), start, 7) for start in starts]
    bottoms = ", ".join(f"{f(*path[-1]):.4f}" for path in walks)
    print(f"goldstein: down to {bottoms} in 7 steps")
    FIGURES.mkdir(exist_ok=True)
    draw_walks(f, walks, FIGURES / "step33_newton.png")
    print("figures/step33_newton.png")
