"""Step 29. Newton's method: on to where the slope will be zero.

Gradient descent has to try out how far to go. The second
derivative knows: it says how fast the slope changes, and so
where it will be 0. Seen from a point a, f is nearly a parabola,
and the lowest point of a parabola can be computed:

    f(x) ~ f(a) + f'(a) * (x - a) + f''(a) / 2 * (x - a)**2
    lowest at   x = a - f'(a) / f''(a)

Go there, and start again: no rate, no trying out. The nearer the
minimum, the better the parabola fits, and at the end each step
doubles the number of right digits.

For two coordinates there are two slopes, and each changes with
both: four second derivatives, a matrix, called the Hessian H.
Instead of dividing by f'' we solve two equations for the step:

    H @ step = gradient         point = point - step

The picture: on the left the dashed parabolas, each touching f
where a step starts and lowest where it ends. On the right the
valley of step 28, the old walk in red and Newton's in black. It
leaves the valley and lands on its floor, next to the minimum.

Two warnings. The slope is 0 on a hilltop, too: where f'' is
negative the parabola opens downwards, and Newton climbs. And
somebody has to know f''. The two Hessians below were found with
pencil and paper, and a mistake there makes no noise. backward
has just computed f' and could go on from there, if x.grad knew
how it came about. Step 30 looks at what it knows; in step 33
nothing is done by hand any more.

Exercise: start x**4 - 2 * x**2 at 0.577 and at 0.578. Why does
one walk begin with a leap to the left and the other to the
right? Where do they end?

Output:
    step  Newton  descent, how far from the minimum at 1
       0   1e+00    1e+00
       1   5e-01    8e-01
       2   2e-01    6e-01
       3   3e-02    5e-01
       4   9e-04    4e-01
       5   1e-06    4e-01
       6   2e-12    3e-01
    arrived: Newton after 6, descent after 178
    from -0.3 Newton climbs to the hilltop at 0.0000
    Rosenbrock: Newton after 4, descent 719
    figures/step29_newton.png
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


# --- new in this step ---
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


def draw_parabolas(axes, f, hessian, path):
    """Draw f, the first steps on it, and their parabolas."""
    x = np.linspace(0.5, 2.05, 200)
    axes.plot(x, f(x), color="tab:blue")
    for n, (a, b) in enumerate(zip(path[:3, 0], path[1:4, 0])):
        height, (slope,) = gradient(f, [a])
        x = np.linspace(b - (a - b) / 2, a)
        ((bend,),) = hessian(a)
        y = height + slope * (x - a) + bend / 2 * (x - a) ** 2
        axes.plot(x, y, "--", color="black", linewidth=1)
        axes.plot([b, b], [min(y), f(b)], ":", color="black")
        axes.plot(a, height, "o", color="black")
        axes.annotate(n or "start", (a + 0.04, height - 0.3))
    axes.plot(1, f(1), "*", color="black", markersize=12)
    axes.annotate("minimum", (0.95, f(1) - 0.45), ha="right")
    axes.set(xlabel="x", ylabel="f(x)", xlim=(0.4, 2.3), ylim=(-2, 9))


if __name__ == "__main__":
    fast = newton(quartic, quartic_hessian, (2.0,), tolerance=1e-6)
    slow = descend(quartic, (2.0,), rate=0.01, tolerance=1e-6)
    print("step  Newton  descent, how far from the minimum at 1")
    for n, (x,) in enumerate(fast):
        print(f"{n:4}   {x - 1:.0e}    {slow[n, 0] - 1:.0e}")
    counts = len(fast) - 1, len(slow) - 1
    print("arrived: Newton after {}, descent after {}".format(*counts))
    ((*_, top),) = newton(quartic, quartic_hessian, (-0.3,)).T
    print(f"from -0.3 Newton climbs to the hilltop at {top:.4f}")

    walk = descend(rosenbrock, (0.0, 2.0))
    jumps = newton(rosenbrock, rosenbrock_hessian, (0.0, 2.0))
    counts = len(jumps) - 1, len(walk) - 1
    print("Rosenbrock: Newton after {}, descent {}".format(*counts))

    figure = Figure(figsize=(9, 5.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.set_title(f"x**4 - 2 * x**2: {len(fast) - 1} steps")
    draw_parabolas(left, quartic, quartic_hessian, fast)
    right.set_title("Rosenbrock: {} steps, and {:,}".format(*counts))
    draw_valley(right, rosenbrock)
    look = {"color": "tab:red", "markersize": 4, "linewidth": 1}
    right.plot(*walk.T, ".-", **look)
    draw_path(right, jumps, "black", (1, 2))
    FIGURES.mkdir(exist_ok=True)
    figure.savefig(FIGURES / "step29_newton.png", dpi=144)
    print("figures/step29_newton.png")
