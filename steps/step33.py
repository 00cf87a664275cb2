"""Step 33. Newton by backward: no formula left to write.

Step 29 needed the second derivatives of f, and somebody had to
find them with pencil and paper. But a gradient has a graph now
(step 32), so one more backward differentiates it.

With two coordinates there are two gradients, gx and gy, and each
of them can be differentiated by x and by y. What one backward
leaves in the grads is a row of the Hessian:

    f(x, y).backward(create_graph=True)     gx         gy
    gx.backward()                       [[d gx/dx,  d gx/dy],
    gy.backward()                        [d gy/dx,  d gy/dy]]

hessian_of(f) makes the function that computes this, for any f.
newton itself is that of step 29, to the letter. It gets this
function in place of one written by hand, and goes through the
same points.

Then it may try the function of Goldstein and Price (step 24), a
polynomial of degree 8 whose second derivatives nobody wants to
write down. In the picture it walks into the hollow from three
sides. From further away it often ends on a saddle: it only looks
for a slope of 0, as step 29 warned.

One thing has not become cheaper. n coordinates make n rows, so n
backward passes, and n * n numbers. That is nothing for two and
hopeless for the million weights of a network. Step 36 shows how
to get along without the matrix.

Exercise: the two numbers off the diagonal are equal, always. Look
for a reason, then compute only one of them. Does that save a
backward pass?

Output:
    x**4 - 2 * x**2    step 29       this one
    step 0        2.0000000000   2.0000000000
    step 1        1.4545454545   1.4545454545
    step 2        1.1510467894   1.1510467894
    step 3        1.0253259290   1.0253259290
    step 4        1.0009084519   1.0009084519
    step 5        1.0000012353   1.0000012353
    step 6        1.0000000000   1.0000000000
    rosenbrock: 4 steps, the same: True
    goldstein: [6, 6, 7] steps, down to 3.0000, 3.0000, 3.0000
    figures/step33_newton.png
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from dezero import Variable

# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


# --- new in this step ---
def hessian_of(f):
    """Return a function: the second derivatives of f at a point."""

    def hessian(*point):
        xs = [Variable(np.array(coordinate)) for coordinate in point]
        f(*xs).backward(create_graph=True)
        rows = []
        for gx in [x.grad for x in xs]:
            for x in xs:
                x.cleargrad()
            gx.backward()
            # None: gx does not depend on that coordinate
            row = [0.0 if x.grad is None else x.grad.data for x in xs]
            rows.append(row)
        return np.array(rows)

    return hessian


# --- carried over ---
def goldstein(x, y):
    """Goldstein and Price's function: minimum 3 at (0, -1)."""
    a = 19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2
    b = 18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2
    first = 1 + (x + y + 1) ** 2 * a
    second = 30 + (2 * x - 3 * y) ** 2 * b
    return first * second


def rosenbrock(x, y):
    """Return the height of a bent valley; the floor is at (1, 1)."""
    return 100 * (y - x**2) ** 2 + (x - 1) ** 2


def gradient(f, point):
    """Return the height of f at a point and its gradient there."""
    xs = [Variable(np.array(coordinate)) for coordinate in point]
    y = f(*xs)
    y.backward()
    return float(y.data), np.array([float(x.grad) for x in xs])


def quartic(x):
    """Return x**4 - 2 * x**2: minima at -1 and 1, a hill at 0."""
    return x**4 - 2 * x**2


def quartic_hessian(x):
    """Return the second derivative of quartic, by hand."""
    return np.array([[12 * x**2 - 4]])


def rosenbrock_hessian(x, y):
    """Return the second derivatives of rosenbrock, by hand."""
    across = -400 * x  # by x and by y, in either order
    return np.array(
        [[1200 * x**2 - 400 * y + 2, across], [across, 200.0]]
    )


def newton(f, hessian, point, tolerance=1e-3, limit=50):
    """Return the points of a walk to a slope of 0, an array.

    It ends like descend. hessian(*point) is a square matrix.
    """
    path = [np.array(point)]
    while len(path) <= limit:
        _, slope = gradient(f, path[-1])
        if np.linalg.norm(slope) < tolerance:
            break
        step = np.linalg.solve(hessian(*path[-1]), slope)
        path.append(path[-1] - step)
    return np.array(path)


# --- new in this step ---
def draw_walks(f, walks, file):
    """Draw the heights of f, dark is low, and walks on them."""
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
        axes.annotate(
            f"{len(path) - 1} steps", path[0] + [-0.04, -0.04]
        )
    axes.set(xlabel="x", ylabel="y", aspect="equal")
    figure.savefig(file, dpi=144)


if __name__ == "__main__":
    start = (2.0,)
    by_hand = newton(quartic, quartic_hessian, start, tolerance=1e-6)
    ours = newton(quartic, hessian_of(quartic), start, tolerance=1e-6)
    print("x**4 - 2 * x**2    step 29       this one")
    for n, ((a,), (b,)) in enumerate(zip(by_hand, ours)):
        print(f"step {n}     {a:15.10f}{b:15.10f}")
    start = (0.0, 2.0)
    by_hand = newton(rosenbrock, rosenbrock_hessian, start)
    ours = newton(rosenbrock, hessian_of(rosenbrock), start)
    same = len(ours) == len(by_hand) and np.allclose(ours, by_hand)
    print(f"rosenbrock: {len(ours) - 1} steps, the same: {same}")

    f, starts = goldstein, [(-0.4, -1.1), (0.3, -1.0), (-0.1, -1.3)]
    walks = [newton(f, hessian_of(f), start) for start in starts]
    steps = [len(path) - 1 for path in walks]
    bottoms = ", ".join(f"{f(*path[-1]):.4f}" for path in walks)
    print(f"goldstein: {steps} steps, down to {bottoms}")
    FIGURES.mkdir(exist_ok=True)
    draw_walks(f, walks, FIGURES / "step33_newton.png")
    print("figures/step33_newton.png")
