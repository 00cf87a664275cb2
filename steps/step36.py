"""Step 36. Double backpropagation: a gradient inside the formula.

A gradient is a Variable, so we can use it in a formula, and then
call backward on the result of that formula:

    y = x**2
    z = (dy/dx)**3 + y = 8 * x**3 + x**2
    dz/dx = 24 * x**2 + 2 * x

At x = 2, dz/dx is 100, and backward finds it. This is called *double
backpropagation* (Drucker and LeCun, 1991). What is it good for? Take
11 points of a bell-shaped curve, with heights t. A polynomial
y = w0 + w1 * x + ... + w10 * x**10 can go through all of them, but
between them it does what it likes: near the ends it swings up to 1.96,
where the bell is 0.04 high. This is *Runge's phenomenon* (Runge, 1901).
So to the error at the points we add a penalty for being steep:

    sum((y-t)**2) + penalty * sum((dy/dx)**2)

A term of this kind is called a *gradient penalty* (Gulrajani and
others, 2017). To find the weights that make this sum smallest, we
differentiate it with respect to each weight, and so dy/dx as well. In
the picture, a penalty of 0.0001 calms the curve. In the table, "off"
is the largest distance from the bell, at the points and anywhere.

There is one more use. The Hessian of a million weights has 10**12
numbers, too many to store. But most methods only need its product
with a vector v, the *Hessian-vector product* (Pearlmutter, 1994).
This product is the derivative of one number, so one more backward
finds it:

    H @ v = d(gx * vx + gy * vy) / d(x, y)

Here chapter 3 ends. So far every weight was a Variable of its
own. In chapter 4 one Variable holds them all.

Exercise: write chain(*xs), the sum of rosenbrock(a, b) over all
pairs of neighbours. For 100 numbers and a vector v, compute H @ v
with hvp and with hessian_of. How many backward passes does each need?

In the package: nothing; step 71 has an hvp for any shapes

Output:
    z = 68, dz/dx = 100
    penalty  off at the points  off anywhere  steepest
    0                   0.0000        1.9156     79.02
    0.0001              0.0962        0.0962      2.68
    0.01                0.3005        0.3005      1.52
    figures/step36_penalty.png
    H @ v: [2290.  880.] by hand [2290.  880.]
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from dezero import Variable


def bell(x):
    """Return the curve that the points are taken from."""
    return 1 / (1 + 25 * x**2)


# w0 + w1 * x + w2 * x**2 is w0 + x * (w1 + x * w2), and so on: the
# loop begins with the innermost bracket.
def polynomial(weights, x):
    """Return w0 + w1 * x + w2 * x**2 + ..., factored: no powers."""
    y = 0
    for w in reversed(weights):
        y = y * x + w
    return y


# newton (step 29) looks for weights at which the slope of total is
# 0. Since total is quadratic in the weights, one step is enough.
# The first backward gives dy/dx at each of 21 places. It also
# leaves dy/dw in each weight, and cleargrad removes that.
def fit(xs, ts, penalty):
    """Return the weights of a polynomial near the points (xs, ts)."""

    def total(*weights):
        slopes = []
        for x in np.linspace(-1, 1, 21):
            x = Variable(np.array(x))
            polynomial(weights, x).backward(create_graph=True)
            slopes.append(x.grad)
        for w in weights:
            w.cleargrad()
        misses = [polynomial(weights, x) - t for x, t in zip(xs, ts)]
        steepness = sum(slope**2 for slope in slopes)
        return sum(miss**2 for miss in misses) + penalty * steepness

    start = np.zeros(len(xs))
    return newton(total, hessian_of(total), start, steps=1)[-1]


# Two passes, however many inputs f has.
def hvp(f, point, v):
    """Return H @ v, where H is the Hessian of f at point."""
    xs = [Variable(np.array(coordinate)) for coordinate in point]
    f(*xs).backward(create_graph=True)
    along_v = sum(x.grad * part for x, part in zip(xs, v))
    for x in xs:
        x.cleargrad()
    along_v.backward()
    # None: no gx depends on that coordinate
    return np.array(
        [0.0 if x.grad is None else x.grad.data for x in xs]
    )


def draw(fits, file):
    """Draw the bell, its points, and {penalty: weights}."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    x, points = np.linspace(-1, 1, 401), np.linspace(-1, 1, 11)
    axes.plot(x, bell(x), ":", color="black", label="the bell")
    axes.plot(points, bell(points), "o", color="black", zorder=3)
    colors = "tab:red", "tab:blue", "tab:gray"
    for (penalty, weights), color in zip(fits.items(), colors):
        label = f"penalty {penalty:g}" if penalty else "no penalty"
        axes.plot(x, polynomial(weights, x), color, label=label)
    axes.legend(loc="upper center")
    axes.set(xlabel="x", ylabel="y")
    figure.savefig(file, dpi=144)


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


def rosenbrock(x, y):
    """Return the height of a bent valley, lowest at (1, 1)."""
    return 100 * (y - x**2) ** 2 + (x - 1) ** 2


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


if __name__ == "__main__":
    x = Variable(np.array(2.0))
    y = x**2
    y.backward(create_graph=True)
    z = x.grad**3 + y
    x.cleargrad()
    z.backward()
    print(f"z = {z.data:.0f}, dz/dx = {x.grad.data:.0f}")

    points = np.linspace(-1, 1, 11)
    fits = {p: fit(points, bell(points), p) for p in (0, 1e-4, 1e-2)}
    print("penalty  off at the points  off anywhere  steepest")
    x = Variable(np.linspace(-1, 1, 401))
    for penalty, weights in fits.items():
        x.cleargrad()
        y = polynomial(weights, x)
        y.backward()
        at_points = abs(polynomial(weights, points) - bell(points))
        at_all = abs(y.data - bell(x.data))
        print(f"{penalty:<9g}{at_points.max():17.4f}", end="")
        print(f"{at_all.max():14.4f}{abs(x.grad.data).max():10.2f}")
    FIGURES.mkdir(exist_ok=True)
    draw(fits, FIGURES / "step36_penalty.png")
    print("figures/step36_penalty.png")

    point, v = (-1.2, 1.0), (1.0, 2.0)
    by_hand = rosenbrock_hessian(*point) @ v
    print("H @ v:", hvp(rosenbrock, point, v), "by hand", by_hand)
