"""Step 29. Newton's method: jump to where the slope will be zero.

Gradient descent knows which way to go, but not how far. How far
away will the slope be 0? The second derivative tells how fast the
slope changes. Near a point a, f is almost a parabola: the first
three terms of its Taylor series (step 27) around a. And we can
compute where a parabola is lowest:

    f(x) ~ f(a) + f'(a) * (x - a)
                + f''(a) / 2 * (x - a)**2
    lowest at   x = a - f'(a) / f''(a)

Go there, and repeat. This is *Newton's method* (Newton 1669,
Raphson 1690). It needs no learning rate. Near the minimum the
parabola fits so well that each step doubles the number of correct
digits, which is called *quadratic convergence*.

With two inputs there are two slopes, and each slope changes with
both inputs. The four second derivatives form a matrix, the *Hessian*
H (Hesse, 1842). H @ step, a product as in step 5, is how much the
slopes change: df/dx changes by H[0,0] * step[0] + H[0,1] * step[1]. So
instead of dividing by f'', we solve two equations for the step:

    H @ step = gradient
    point = point - step

On the left of the picture, each dashed parabola touches f where a
step starts, and is lowest where the step ends. On the right, in step
28's valley, the third step lands beside the minimum.

Two warnings. The slope is 0 on a hilltop, too: where f'' is negative,
the parabola opens downwards, and Newton's method climbs. And we have
to know f''. We worked out the two Hessians below with pencil and
paper, and no error would tell us about a mistake. Why can't backward
find f'', when it has just computed f'? Step 30 looks for the reason.

Exercise: let newton start on quartic at 0.577, and at 0.578. Why does
one walk begin with a leap to the left and the other to the right?
Where do they end?

In the package: nothing; step 33 finds the Hessian by backward

Output:
    step  Newton  descent, how far from the minimum at 1
       0   1e+00    1e+00
       1   5e-01    8e-01
       2   2e-01    6e-01
       3   3e-02    5e-01
       4   9e-04    4e-01
       5   1e-06    4e-01
       6   2e-12    3e-01
    descent is within 1e-06 of it after 153 steps
    from -0.3 Newton climbs to the hilltop at 0.0000
    Rosenbrock, height after 4 steps of Newton: 2e-10
    and after 2,000 steps of descent: 1e-02
    figures/step29_newton.png
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from dezero.core_simple import Variable


def quartic(x):
    """Return x**4 - 2 * x**2: minima at -1 and 1, a hill at 0."""
    return x**4 - 2 * x**2


# With one input the Hessian is a matrix that holds one number.
def quartic_hessian(x):
    """Return the second derivative of quartic, by hand."""
    return np.array([[12 * x**2 - 4]])


def rosenbrock_hessian(x, y):
    """Return the second derivatives of rosenbrock, by hand."""
    across = -400 * x  # d/dx of df/dy, or d/dy of df/dx
    return np.array(
        [[1200 * x**2 - 400 * y + 2, across], [across, 200.0]]
    )


# solve finds the step for which H @ step is the gradient. With one
# input that is gradient / f''.
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


# A parabola that is lowest at b and bends by f''(a) is
# f''(a) / 2 * (x - b)**2 plus a constant. The constant makes it
# touch f at a.
def draw_parabolas(axes, f, hessian, path):
    """Draw f, the first steps on it, and their parabolas."""
    x = np.linspace(0.5, 2.05, 200)
    axes.plot(x, f(x), color="tab:blue")
    for n, (a, b) in enumerate(zip(path[:3, 0], path[1:4, 0])):
        bend = hessian(a)[0, 0]
        x = np.linspace(b - (a - b) / 2, a)
        y = f(a) + bend / 2 * ((x - b) ** 2 - (a - b) ** 2)
        axes.plot(x, y, "--", color="black", linewidth=1)
        axes.plot([b, b], [min(y), f(b)], ":", color="black")
        axes.plot(a, f(a), "o", color="black")
        axes.annotate(n or "start", (a + 0.04, f(a) - 0.3))
    axes.plot(1, f(1), "*", color="black", markersize=12)
    axes.annotate("minimum", (0.95, f(1) - 0.45), ha="right")
    axes.set(xlabel="x", ylabel="f(x)", xlim=(0.4, 2.3), ylim=(-2, 9))


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


def rosenbrock(x, y):
    """Return the height of a bent valley, lowest at (1, 1)."""
    return 100 * (y - x**2) ** 2 + (x - 1) ** 2


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


if __name__ == "__main__":
    fast = newton(quartic, quartic_hessian, (2.0,), steps=6)
    slow = descend(quartic, (2.0,), lr=0.01, steps=200)
    print("step  Newton  descent, how far from the minimum at 1")
    for n, (x,) in enumerate(fast):
        print(f"{n:4}   {x - 1:.0e}    {slow[n, 0] - 1:.0e}")
    near = np.argmax(slow[:, 0] - 1 < 1e-6)
    print(f"descent is within 1e-06 of it after {near} steps")
    climb = newton(quartic, quartic_hessian, (-0.3,), steps=6)
    top = abs(climb[-1, 0])
    print(f"from -0.3 Newton climbs to the hilltop at {top:.4f}")

    f, start = rosenbrock, (0.0, 2.0)
    jumps = newton(f, rosenbrock_hessian, start, steps=4)
    walk = descend(f, start, lr=0.0015, steps=2000)
    print("Rosenbrock, height after 4 steps of Newton:", end=" ")
    print(f"{f(*jumps[-1]):.0e}")
    print(f"and after 2,000 steps of descent: {f(*walk[-1]):.0e}")

    figure = Figure(figsize=(9, 5.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.set_title("x**4 - 2 * x**2: 6 steps")
    draw_parabolas(left, quartic, quartic_hessian, fast)
    right.set_title("Rosenbrock: 4 steps, and 2,000")
    draw_valley(right, f)
    right.plot(*walk.T, ".-", color="tab:orange", markersize=4)
    draw_path(right, jumps, "black", (1, 2))
    FIGURES.mkdir(exist_ok=True)
    figure.savefig(FIGURES / "step29_newton.png", dpi=144)
    print("figures/step29_newton.png")
