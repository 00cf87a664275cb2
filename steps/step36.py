"""Step 36. Double backprop: a gradient inside the formula.

A gradient is a Variable, so it may stand in a formula like any
other, and backward goes through it as well:

    y = x**2      z = (dy/dx)**3 + y          8 * x**3 + x**2
                  dz/dx at x = 2              24 * 4 + 4 = 100

With this we can ask for more than values. A polynomial of degree
10 passes through any 11 points, and in between it does what it
likes: here it swings up to 1.96, while the bell that the points
are from is at 0.04 there. So the loss gets a second term, a
penalty for being steep, at 21 places:

    loss = sum((y - t)**2) + penalty * sum((dy/dx)**2)

How does it depend on a weight w? By way of y, and by way of
dy/dx: its gradient contains the derivative of dy/dx by w. newton
(step 29) differentiates that once more, three passes deep in
all, and as the loss is quadratic in the weights, it is there in
one step. A penalty of 1/10,000 is enough to calm the curve.

Mind that a backward leaves a gradient in every leaf, so the one
of y in the weights, too. Forget it before the loss comes.

The other use is a matrix that is never made. The Hessian of a
million weights has 10**12 numbers, but most methods only want it
times a vector, H @ v: how the gradient changes along v. That is
the gradient of a single number, so one more backward gives it:

    H @ v = d(gx * vx + gy * vy + ...) / d(x, y, ...)

It is held against the Hessian that step 29 found by hand, for
two coordinates and for a chain of 100, in which each pair of
neighbours is a Rosenbrock.

Here chapter 3 ends. Arrays have gone through all of it one
element at a time; a Variable with 11 weights in it would have
been handier than 11 Variables. How gradients find their way when
shapes change is chapter 4, and it begins with step 37.

Exercise: penalize bends, (d2y/dx2)**2, with 1e-7. How deep do
the passes go now? And what happens without the cleargrad?

Output:
    z = 68, dz/dx = 100
    penalty  off at the points  off at all  steepest
    0                   0.0000      1.9156     79.02
    0.0001              0.0962      0.0962      2.68
    0.01                0.3005      0.3005      1.52
    figures/step36_penalty.png
    H @ v: [2290.  880.] by hand [2290.  880.]
    100 coordinates: the same as by hand: True
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from dezero import Variable

# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


def rosenbrock(x, y):
    """Return the height of a bent valley; the floor is at (1, 1)."""
    return 100 * (y - x**2) ** 2 + (x - 1) ** 2


def gradient(f, point):
    """Return the height of f at a point and its gradient there."""
    xs = [Variable(np.array(coordinate)) for coordinate in point]
    y = f(*xs)
    y.backward()
    return float(y.data), np.array([float(x.grad) for x in xs])


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


# --- new in this step ---
def bell(x):
    """Return the curve that the points are taken from."""
    return 1 / (1 + 25 * x**2)


def polynomial(weights, x):
    """Return w0 + w1 * x + w2 * x**2 + ..., factored: no powers."""
    y = 0
    for w in reversed(weights):
        y = y * x + w
    return y


def fit(xs, ts, penalty):
    """Return the weights of a polynomial near the points (xs, ts)."""

    def loss(*weights):
        slopes = []
        for x in np.linspace(-1, 1, 21):
            x = Variable(np.array(x))
            polynomial(weights, x).backward(create_graph=True)
            slopes.append(x.grad)
        for w in weights:
            w.cleargrad()  # dy/dw, which nobody asked for
        misses = [polynomial(weights, x) - t for x, t in zip(xs, ts)]
        steepness = sum(slope**2 for slope in slopes)
        return sum(miss**2 for miss in misses) + penalty * steepness

    return newton(loss, hessian_of(loss), np.zeros(len(xs)))[-1]


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


def chain(*xs):
    """Return the sum of rosenbrock over all pairs of neighbours."""
    return sum(rosenbrock(a, b) for a, b in zip(xs, xs[1:]))


def chain_hessian(*xs):
    """Return the Hessian of chain: 2 x 2 blocks that overlap."""
    hessian = np.zeros((len(xs), len(xs)))
    for i, (a, b) in enumerate(zip(xs, xs[1:])):
        hessian[i : i + 2, i : i + 2] += rosenbrock_hessian(a, b)
    return hessian


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
    print("penalty  off at the points  off at all  steepest")
    x = Variable(np.linspace(-1, 1, 401))
    for penalty, weights in fits.items():
        x.cleargrad()
        y = polynomial(weights, x)
        y.backward()
        at_points = abs(polynomial(weights, points) - bell(points))
        at_all = abs(y.data - bell(x.data))
        print(f"{penalty:<9g}{at_points.max():17.4f}", end="")
        print(f"{at_all.max():12.4f}{abs(x.grad.data).max():10.2f}")
    FIGURES.mkdir(exist_ok=True)
    draw(fits, FIGURES / "step36_penalty.png")
    print("figures/step36_penalty.png")

    point, v = (-1.2, 1.0), (1.0, 2.0)
    by_hand = rosenbrock_hessian(*point) @ v
    print("H @ v:", hvp(rosenbrock, point, v), "by hand", by_hand)
    point, v = np.random.default_rng(0).normal(size=(2, 100))
    by_hand = chain_hessian(*point) @ v
    same = np.allclose(hvp(chain, point, v), by_hand)
    print(f"100 coordinates: the same as by hand: {same}")
