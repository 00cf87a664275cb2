"""Step 46. Optimizer: every way downhill behind one method.

The line `param.data -= rate * param.grad.data` has been in every
loop since step 42. It is the shortest way to follow a gradient, and
seldom the best. Better ways are kept in objects called
*optimizers*:

    optimizer = Adam(0.01).setup(model)
    loss.backward()
    optimizer.update()

The class Optimizer finds the parameters that have a gradient. Its
method update_one changes one of them, and that is all a new
optimizer has to write. With p a parameter and g its gradient:

    SGD           p -= lr * g

    MomentumSGD   v = 0.9 * v - lr * g
                  p += v

    Adam          m = mean of the last g
                  v = mean of the last g * g
                  p -= lr * m / sqrt(v)

*SGD*, *stochastic gradient descent*, is the old line. It is called
stochastic because from step 48 on the gradient comes from a random
part of the data. lr is the learning rate.

In a narrow valley SGD has a problem: the slopes to the left and
right are steep, so lr must be small. But along the floor gradients
are small, and a small lr makes the way long. We send six optimizers
through the valley of step 28, 300 updates each, towards (1, 1).

To tell classes apart, we need another loss: step 47.

Exercise: write AdaGrad: h += g * g, p -= lr * g / (sqrt(h) + eps).
It must walk like the package's. Then make h a running mean, h =
0.99 * h + 0.01 * g * g: this is RMSprop.

In the package: dezero/optimizers/base.py, Optimizer;
dezero/optimizers/methods.py, Adam

Output:
    Adam, gradient  2: p = -0.1000
    Adam, gradient -1: p = -0.1266
                        after 20       after 300    height
    SGD            (0.113, 0.012) (0.500, 0.247)    0.2511
    MomentumSGD    (0.201, 0.381) (0.934, 0.872)    0.0044
    AdaGrad        (1.092, 1.196) (1.084, 1.175)    0.0070
    RMSprop        (1.089, 1.194) (0.982, 1.053)    0.7855
    Adam           (0.988, 1.085) (0.945, 0.893)    0.0030
    AdamW          (0.963, 1.015) (0.606, 0.368)    0.1550
    SGD(0.01): x = -0.12, 12, 1e+12, ...
    with ClipGrad(5), after 300: (0.685, 0.427)
    figures/step46_paths.png
"""

import math
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from dezero import Layer, Parameter, Variable, as_array
from dezero.optimizers import AdaGrad, AdamW, RMSprop


# The parameters come from a Layer or Model. A hook is a function that
# gets a list of the parameters before each update, and may change or
# clear their gradients; two useful hooks follow below.
class Optimizer:
    """What all optimizers share: whose parameters, and the hooks."""

    def __init__(self):
        self.target = None
        self.hooks = []

    def setup(self, target):
        """Note whose parameters to update; return self."""
        self.target = target
        return self

    def add_hook(self, f):
        """Call f with the list of parameters before each update."""
        self.hooks.append(f)

    def update(self):
        """Update every parameter that has a gradient, in place."""
        params = [p for p in self.target.params() if p.grad is not None]
        for hook in self.hooks:
            hook(params)
            params = [p for p in params if p.grad is not None]
        for param in params:
            self.update_one(param)


# Many optimizers remember something about each parameter, such as v, in
# arrays of the parameter's shape. These arrays start at zero and are
# kept in dicts under the parameter's id. (The package yields the same
# arrays in pieces, which is faster when they are large.)
def arrays(param, *states):
    """Return p, its gradient g, and its array in each of states."""
    p, g, key = param.data, param.grad.data, id(param)
    kept = [state.setdefault(key, np.zeros_like(p)) for state in states]
    return p, g, *kept


class SGD(Optimizer):
    """Stochastic gradient descent: p -= lr * g."""

    def __init__(self, lr=0.01):
        super().__init__()
        self.lr = lr

    def update_one(self, param):
        """Update one parameter that has a gradient."""
        p, g = arrays(param)
        p -= self.lr * g


# Along the floor of the valley the gradients are small but all point
# the same way. *Momentum* (Polyak, 1964) adds them up: each update is
# nine tenths of the previous update v, minus lr times the new gradient.
# Steps in one direction grow, up to ten times lr * g, and steps that go
# back and forth across the valley cancel.
class MomentumSGD(Optimizer):
    """A ball that rolls downhill: v = momentum * v - lr * g."""

    def __init__(self, lr=0.01, momentum=0.9):
        super().__init__()
        self.lr = lr
        self.momentum = momentum
        self.vs = {}

    def update_one(self, param):
        """Update one parameter that has a gradient."""
        p, g, v = arrays(param, self.vs)
        v *= self.momentum
        v -= self.lr * g
        p += v


# *Adam* (Kingma and Ba, 2014) gives each number of p a step length of
# its own. m is a running mean of its gradients: in each update it keeps
# beta1 = 0.9 of itself and takes 0.1 of the new gradient. v is a
# running mean of the squares, with beta2 = 0.999. Where all gradients
# agree, the ratio m / sqrt(v) is 1 or -1, however large or small they
# are, so the step is as long as the learning rate alpha. Where they
# change sign, m is small, and so is the step.
#
# Both means start at 0, so at first they are too small: after t updates
# by the factor 1 - beta**t. Dividing by it is the *bias correction*.
# Here are the gradients 2 and then -1, with alpha = 0.1:
#
#     t = 1   m = 0.1 * 2              = 0.2
#             v = 0.001 * 4            = 0.004
#             corrected: m / 0.1       = 2
#                        v / 0.001     = 4
#             p falls by 0.1 * 2 / sqrt(4) = 0.1
#
#     t = 2   m += 0.1 * (-1 - 0.2)    = 0.08
#             v += 0.001 * (1 - 0.004) = 0.004996
#             corrected: m / 0.19      = 0.4211
#                        v / 0.001999  = 2.4992
#             p falls by 0.1 * 0.4211 / sqrt(2.4992)
#                                      = 0.0266
#
# p falls once more, though the gradient now points the other way,
# because the mean is still positive. The code makes both corrections at
# once, in lr. The tiny number eps prevents a division by 0 where v is
# 0. Adam(lr=0.1) means the same as Adam(0.1).
class Adam(Optimizer):
    """p -= lr * m / (sqrt(v) + eps), m and v running means."""

    def __init__(
        self, alpha=0.001, beta1=0.9, beta2=0.999, eps=1e-8, *, lr=None
    ):
        super().__init__()
        self.t = 0
        self.alpha = alpha if lr is None else lr
        self.beta1 = beta1
        self.beta2 = beta2
        self.eps = eps
        self.ms = {}
        self.vs = {}

    @property
    def lr(self):
        """Length of the step, both corrections included."""
        fix1 = 1 - self.beta1**self.t
        fix2 = 1 - self.beta2**self.t
        return self.alpha * math.sqrt(fix2) / fix1

    def update(self):
        """Update every parameter that has a gradient, in place."""
        self.t += 1
        super().update()

    def update_one(self, param):
        """Update one parameter that has a gradient."""
        p, g, m, v = arrays(param, self.ms, self.vs)
        m += (1 - self.beta1) * (g - m)
        v += (1 - self.beta2) * (g * g - v)
        p -= self.lr * m / (np.sqrt(v) + self.eps)


# Large weights make a network wild: a tiny change in x changes its
# result a lot. *Weight decay* makes all weights a little smaller in
# each update. With SGD it is enough to add rate * p to the gradient, as
# if rate / 2 * p**2 were part of the loss. Adam would divide this by
# sqrt(v), so AdamW (Loshchilov and Hutter, 2017; in the package) first
# shrinks p itself:
#
#     p *= 1 - alpha * weight_decay
class WeightDecay:
    """Pull parameters to zero: add rate * p to each gradient."""

    def __init__(self, rate):
        self.rate = rate

    def __call__(self, params):
        for param in params:
            g = self.rate * param.data
            g += param.grad.data
            param.grad = Variable(as_array(g))


# On a cliff the slope does not tell us how far to step. With lr = 0.01
# SGD throws itself out of this valley. *Gradient clipping* shortens all
# gradients together when they are longer than max_norm, and SGD stays
# in the valley. (A third hook of the package, FreezeParam, removes
# gradients.)
class ClipGrad:
    """Shorten all gradients together, to at most max_norm."""

    def __init__(self, max_norm):
        self.max_norm = max_norm

    def __call__(self, params):
        gradients = [param.grad.data for param in params]
        norm = math.sqrt(sum((g * g).sum() for g in gradients))
        rate = self.max_norm / (norm + 1e-6)
        if rate < 1:
            for param, g in zip(params, gradients):
                param.grad = Variable(as_array(g * rate))


def walk(optimizer, steps, start=(0.0, 2.0)):
    """Return the points of a walk downhill, an array."""
    point, path = Layer(), []
    point.x, point.y = (Parameter(np.array(v)) for v in start)
    optimizer.setup(point)
    for _ in range(steps + 1):
        path.append([float(p.data) for p in point.params()])
        point.cleargrads()
        rosenbrock(point.x, point.y).backward()
        optimizer.update()
    return np.array(path)


# SGD and MomentumSGD have the same lr. SGD creeps along the floor.
# MomentumSGD first shoots through the valley, so far that its path
# leaves the picture, swings back, and then runs along the floor.
#
# The first steps of the other four are as long along x as along y, so
# they leave the start in a different direction. AdaGrad (Duchi and
# others, 2011) divides by the root of the sum of all g * g so far. The
# sum only grows, so its steps die out: after 20 updates it hardly
# moves. RMSprop (Hinton, 2012) takes a running mean instead. Its steps
# do not die out: at lr = 0.05 it jumps from side to side until the end,
# and the height stays large. Adam has the same lr; the mean m cancels
# these jumps. AdamW comes close to the minimum, too, but does not
# stay: shrinking the weights pulls it back towards 0.
def draw(paths, file):
    """Draw {name: path} in one valley, with a panel for each."""
    figure = Figure(figsize=(9, 7.5), layout="constrained")
    panels = figure.subplots(2, 3, sharex=True, sharey=True).flat
    for axes, (name, path) in zip(panels, paths.items()):
        draw_valley(axes, rosenbrock)
        draw_path(axes, path, "tab:red", [len(path) - 1])
        axes.set(title=name, ylim=(-0.5, 2.3), xlabel="", ylabel="")
    figure.savefig(file, dpi=120)


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


def rosenbrock(x, y):
    """Return the height of a bent valley, lowest at (1, 1)."""
    return 100 * (y - x**2) ** 2 + (x - 1) ** 2


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
    layer, adam = Layer(), Adam(alpha=0.1)
    layer.w = Parameter(np.array(0.0))
    for g in (2.0, -1.0):
        layer.w.grad = Variable(np.array(g))
        adam.setup(layer).update()
        print(f"Adam, gradient {g:2.0f}: p = {layer.w.data:.4f}")

    six = [SGD(0.0015), MomentumSGD(0.0015), AdaGrad(0.5)]
    six += [RMSprop(0.05), Adam(0.05), AdamW(0.05, weight_decay=0.05)]
    paths = {type(o).__name__: walk(o, 300) for o in six}
    print("                    after 20       after 300    height")
    for name, path in paths.items():
        points = [f"({x:.3f}, {y:.3f})" for x, y in path[[20, 300]]]
        print(f"{name:14}", *points, f"{rosenbrock(*path[-1]):9.4f}")

    clipped = SGD(0.01)
    clipped.add_hook(ClipGrad(5))
    x, end = walk(SGD(0.01), 6)[:, 0], walk(clipped, 300)[-1]
    print(f"SGD(0.01): x = {x[2]:.2f}, {x[4]:.0f}, {x[6]:.0e}, ...")
    print(f"with ClipGrad(5), after 300: ({end[0]:.3f}, {end[1]:.3f})")
    FIGURES.mkdir(exist_ok=True)
    draw(paths, FIGURES / "step46_paths.png")
    print("figures/step46_paths.png")
