"""Step 46. Optimizer: every way downhill behind one method.

`param.data -= rate * param.grad.data` was in every loop since step
42. It is the shortest way to follow a gradient, and seldom the
best one. An optimizer is an object that knows another way:

    optimizer = MomentumSGD(lr=0.01).setup(model)

    loss.backward()
    optimizer.update()

Optimizer finds the parameters that have a gradient. What to do
with one of them is update_one, and that is all that a new way has
to write. SGD, stochastic gradient descent, is the old line;
stochastic, since the gradient will come from a random part of the
data (step 48). MomentumSGD is a ball. It has a velocity v, that
the slope speeds up and friction slows down:

    SGD           p -= lr * g
    MomentumSGD   v = momentum * v - lr * g
                  p += v

In a valley the slopes to the left and right take turns and cancel
in v; along the floor they add up. Something like v is remembered
for each parameter, in a dict under its id.

The package has these, too. They give each number of a parameter
a step of its own, short where gradients were large:

    AdaGrad    h += g * g
               p -= lr * g / (sqrt(h) + eps)
    RMSprop    the same, but h is a running mean and can shrink
    AdaDelta   RMSprop; a running mean of earlier steps is its lr
    Adam       v of MomentumSGD over the sqrt(h) of RMSprop
    AdamW      Adam, and all numbers shrink by a fixed share

The picture shows them in the valley of step 28, 300 steps each.
SGD and MomentumSGD have the same rate, and the others one that
suits them. (lr is the rate, from learning rate; Adam calls it
alpha.) Those with a step for each number leave in another
direction: downhill is along y, but x gets a step of the same
length. AdamW has the minimum behind it in the end, as shrinking
draws it towards 0.

A hook is a function that gets the list of parameters before each
update, and may change their gradients. WeightDecay pulls towards
0, as if loss had + rate / 2 * p**2, and so prefers small weights.
ClipGrad shortens all gradients together when they are longer than
max_norm: on a cliff the slope is no measure of how far to jump.
With lr=0.01 SGD throws itself out of this valley, with ClipGrad
it does not. FreezeParam, in the package, takes gradients away, so
that some layers stay as they are.

All of this was for numbers as results. To tell classes apart, we
need another loss: step 47.

Exercise: write AdaGrad from its two lines; it must walk like the
package's. Then make h a running mean, h = 0.99 * h + 0.01 * g * g:
that is RMSprop, and AdaGrad's steps do not die out any more.

Output:
                        after 20       after 300    height
    SGD            (0.113, 0.012) (0.500, 0.247)    0.2511
    MomentumSGD    (0.092, 0.007) (0.648, 0.418)    0.1243
    AdaGrad        (1.092, 1.196) (1.084, 1.175)    0.0070
    AdaDelta       (1.273, 1.622) (1.158, 1.447)    1.1315
    Adam           (0.988, 1.085) (0.945, 0.893)    0.0030
    AdamW          (0.963, 1.015) (0.606, 0.368)    0.1550
    SGD(0.01): x = -0.12, 12, 1e+12, ...
    with ClipGrad(5), after 300: (0.685, 0.427)
    figures/step46_paths.png
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from dezero import Layer, Parameter, Variable, as_array
from dezero.optimizers import AdaDelta, AdaGrad, Adam, AdamW

# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


# --- new in this step ---
class Optimizer:
    """What all optimizers share: whose parameters, and the hooks."""

    def __init__(self):
        self.target = None
        self.hooks = []

    def setup(self, target):
        """Note whose parameters to update; return self."""
        if isinstance(target, type) or not hasattr(target, "params"):
            raise TypeError(
                f"{type(self).__name__}.setup: expected a Layer or "
                f"Model, got {type(target).__name__} (see step 46)"
            )
        self.target = target
        return self

    def update(self):
        """Update every parameter that has a gradient, in place."""
        if self.target is None:
            raise RuntimeError(
                f"{type(self).__name__}.update: nothing to update yet; "
                "write optimizer.setup(model) before (see step 46)"
            )
        params = [p for p in self.target.params() if p.grad is not None]
        for hook in self.hooks:
            hook(params)
            params = [p for p in params if p.grad is not None]
        for param in params:
            self.update_one(param)

    def update_one(self, param):
        """Update one parameter that has a gradient."""
        raise NotImplementedError(
            f"{type(self).__name__}: write update_one(self, param) "
            "(see step 46)"
        )

    def add_hook(self, f):
        """Have f called with the parameters, before each update."""
        if isinstance(f, type) or not callable(f):
            raise TypeError(
                f"{type(self).__name__}.add_hook: expected a function, "
                f"such as WeightDecay(1e-4), got {f!r} (see step 46)"
            )
        self.hooks.append(f)


class SGD(Optimizer):
    """Stochastic gradient descent: p -= lr * g."""

    def __init__(self, lr=0.01):
        super().__init__()
        self.lr = lr

    def update_one(self, param):
        """Update one parameter that has a gradient."""
        param.data -= self.lr * param.grad.data


class MomentumSGD(Optimizer):
    """A ball that rolls downhill: v = momentum * v - lr * g."""

    def __init__(self, lr=0.01, momentum=0.9):
        super().__init__()
        self.lr = lr
        self.momentum = momentum
        self.vs = {}

    def update_one(self, param):
        """Update one parameter that has a gradient."""
        if id(param) not in self.vs:
            self.vs[id(param)] = np.zeros_like(param.data)
        v = self.vs[id(param)]
        v *= self.momentum
        v -= self.lr * param.grad.data
        param.data += v


class WeightDecay:
    """Pull parameters to zero: add rate * p to each gradient."""

    def __init__(self, rate):
        self.rate = rate

    def __call__(self, params):
        for param in params:
            g = param.grad.data + self.rate * param.data
            param.grad = Variable(as_array(g))


class ClipGrad:
    """Shorten all gradients together, to at most max_norm."""

    def __init__(self, max_norm):
        self.max_norm = max_norm

    def __call__(self, params):
        gradients = [param.grad.data for param in params]
        norm = float(sum((g * g).sum() for g in gradients)) ** 0.5
        rate = self.max_norm / (norm + 1e-6)
        if rate < 1:
            for param, g in zip(params, gradients):
                param.grad = Variable(as_array(g * rate))


# --- carried over ---
def rosenbrock(x, y):
    """Return the height of a bent valley; the floor is at (1, 1)."""
    return 100 * (y - x**2) ** 2 + (x - 1) ** 2


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
class Point(Layer):
    """A place in the valley, to be moved to its lowest point."""

    def __init__(self, x, y):
        super().__init__()
        self.x = Parameter(np.array(x))
        self.y = Parameter(np.array(y))

    def forward(self):
        """Return the height here."""
        return rosenbrock(self.x, self.y)


def walk(optimizer, steps, start=(0.0, 2.0)):
    """Return the points of a walk downhill, an array."""
    point = Point(*start)
    optimizer.setup(point)
    path = []
    for _ in range(steps + 1):
        path.append([float(param.data) for param in point.params()])
        point.cleargrads()
        point().backward()
        optimizer.update()
    return np.array(path)


def draw(paths, file):
    """Draw {name: path} in one valley, with a panel for each."""
    figure = Figure(figsize=(9, 7.5), layout="constrained")
    panels = figure.subplots(2, 3, sharex=True, sharey=True).flat
    for axes, (name, path) in zip(panels, paths.items()):
        draw_valley(axes, rosenbrock)
        draw_path(axes, path, "tab:red", [len(path) - 1])
        axes.set(title=name, ylim=(-0.5, 2.3))
        axes.label_outer()
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    optimizers = {
        "SGD": SGD(0.0015),
        "MomentumSGD": MomentumSGD(0.0015, momentum=0.5),
        "AdaGrad": AdaGrad(0.5),
        "AdaDelta": AdaDelta(eps=1e-4),
        "Adam": Adam(0.05),
        "AdamW": AdamW(0.05, weight_decay=0.05),
    }
    paths = {name: walk(o, 300) for name, o in optimizers.items()}
    print("                    after 20       after 300    height")
    for name, path in paths.items():
        points = [f"({x:.3f}, {y:.3f})" for x, y in path[[20, 300]]]
        print(f"{name:14}", *points, f"{rosenbrock(*path[-1]):9.4f}")

    jumpy, clipped = SGD(0.01), SGD(0.01)
    clipped.add_hook(ClipGrad(5))
    x = walk(jumpy, 6)[:, 0]
    print(f"SGD(0.01): x = {x[2]:.2f}, {x[4]:.0f}, {x[6]:.0e}, ...")
    x, y = walk(clipped, 300)[-1]
    print(f"with ClipGrad(5), after 300: ({x:.3f}, {y:.3f})")
    FIGURES.mkdir(exist_ok=True)
    draw(paths, FIGURES / "step46_paths.png")
    print("figures/step46_paths.png")
