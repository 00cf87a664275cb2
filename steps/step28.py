"""Step 28. Gradient descent: down the slope, as far as it pays.

The gradient points where f rises most steeply. So to go down,
take a step against it, look again, and so on:

    point = point - rate * gradient

Rosenbrock's function is the classic hard case, a bent valley
with steep walls and a floor that hardly slopes:

    f(x, y) = 100 * (y - x**2)**2 + (x - 1)**2

It is lowest at (1, 1), where it is 0. How far should a step go?
Down there f bends 2,500 times as much across the valley as along
it. With a rate above 0.002 we are thrown from wall to wall; with
one below we creep along the floor. No rate is good for both. So
let each step look for its own: try 1, and halve it until f falls
enough, by half of what the slope promises,

    f(point - rate * g) <= f(point) - rate * (g @ g) / 2

On a straight slope f would fall by rate * (g @ g), on its way to
the lowest point of a parabola by half of that. A step that gains
less than half has gone too far. This is called backtracking. To
try a rate takes one value of f, and no backward; here a step
tries nine of them.

gradient() makes new Variables for every point, so there is no
old gradient to clear.

The picture shows why it helps: now and then the slope points
along the valley, and one long step does the work of hundreds.
Still, 719 steps are many. The slope tells where to go but not
how far. Step 29 asks how the slope changes, and needs a handful.

Exercise: let each search begin with twice the last rate instead
of 1. How many values of f does that save, and how many steps
does it cost?

Output:
    step   rate 0.0015         rate chosen
       0  (0.0000, 2.0000)  (0.0000, 2.0000)
       1  (0.0030, 1.4000)  (0.0078, 0.4375)
      10  (0.0781, 0.0598)  (0.5135, 0.2627)
     100  (0.2789, 0.0747)  (0.8995, 0.8089)
     719  (0.6978, 0.4855)  (0.9989, 0.9979)
    2000  (0.8942, 0.7991)
    rate 0.0015: ends at height 0.011214, slope 0.1033
    rate chosen: ends at height 0.000001, slope 0.0010
    figures/step28_descent.png
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from dezero import Variable

# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


# --- new in this step ---
def rosenbrock(x, y):
    """Return the height of a bent valley; the floor is at (1, 1)."""
    return 100 * (y - x**2) ** 2 + (x - 1) ** 2


def gradient(f, point):
    """Return the height of f at a point and its gradient there."""
    xs = [Variable(np.array(coordinate)) for coordinate in point]
    y = f(*xs)
    y.backward()
    return float(y.data), np.array([float(x.grad) for x in xs])


def descend(f, point, rate=None, tolerance=1e-3, limit=2000):
    """Return the points of a walk downhill from point, an array.

    It ends where the gradient is shorter than tolerance, or after
    limit steps. Without a rate each step looks for its own.
    """
    path = [np.array(point)]
    while len(path) <= limit:
        height, slope = gradient(f, path[-1])
        if np.linalg.norm(slope) < tolerance:
            break
        step = rate or backtrack(f, path[-1], height, slope)
        path.append(path[-1] - step * slope)
    return np.array(path)


def backtrack(f, point, height, slope):
    """Return the first of 1, 1/2, 1/4, ... that goes down enough."""
    rate, promise = 1.0, slope @ slope
    while f(*(point - rate * slope)) > height - rate * promise / 2:
        rate /= 2
    return rate


def draw_valley(axes, f):
    """Draw the heights of f, dark is low, and the minimum (1, 1)."""
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


if __name__ == "__main__":
    walks = {
        "rate 0.0015": descend(rosenbrock, (0.0, 2.0), rate=0.0015),
        "rate chosen": descend(rosenbrock, (0.0, 2.0)),
    }
    ends = [len(path) - 1 for path in walks.values()]
    print("step   " + "         ".join(walks))
    for n in (0, 1, 10, 100, *sorted(ends)):
        points = [path[n] for path in walks.values() if n < len(path)]
        columns = [f"({x:.4f}, {y:.4f})" for x, y in points]
        print(f"{n:4}", *columns, sep="  ")
    for name, path in walks.items():
        height, slope = gradient(rosenbrock, path[-1])
        length = np.linalg.norm(slope)
        print(
            f"{name}: ends at height {height:.6f}, slope {length:.4f}"
        )

    figure = Figure(figsize=(8.5, 5.2), layout="constrained")
    both = figure.subplots(1, 2, sharey=True)
    colors = ("tab:orange", "tab:red")
    for axes, color, (name, path) in zip(both, colors, walks.items()):
        draw_valley(axes, rosenbrock)
        marks = [n for n in (1, 10, 100, 1000, 2000) if n < len(path)]
        draw_path(axes, path, color, marks)
        axes.set_title(f"{name}: {len(path) - 1:,} steps")
    FIGURES.mkdir(exist_ok=True)
    figure.savefig(FIGURES / "step28_descent.png", dpi=144)
    print("figures/step28_descent.png")
