"""Step 32. Gradients are Variables: backward builds a graph, too.

What does backward need, so that a gradient can be differentiated
again? Step 31 gave the answer: every gradient must be a Variable,
and every backward must compute it from Variables. The change is
small. Compare Mul:

    step 22    x0 = self.inputs[0].data
               x1 = self.inputs[1].data
               return gy * x1, gy * x0

    now        x0, x1 = self.inputs
               return gy * x1, gy * x0

The last line is the same. But now its * calls Mul, and a call of
a Function is recorded. While backward walks through the graph of
y, it builds the graph of dy/dx, which starts from the same x:

        +-> Pow -> ... -> y        forward
     x -+
        +-> Pow -> ... -> dy/dx    by backward

dy/dx is a result like any other: it has a backward, which computes
the second derivative, and so on. With create_graph=True we can
compute all *higher-order derivatives*. (In the picture, the unnamed
1.0 is the gradient that backward starts with.)

This file shows only what changes, four methods, and install puts
them into the engine of step 22. The package's engine works like
this, too, and from here on the steps import it: `from dezero
import Variable`. There x.grad is a Variable, so the line of
gradient descent is now x.data -= lr * x.grad.data.

Exercise: leave Pow out of NEW. What does derivatives find for
x**4 - 2 * x**2, and what for x * x**2, whose second derivative is
6 * x? Which of the two mistakes is worse?

In the package: dezero/core/variable.py, Variable.backward;
dezero/core/arithmetic.py, Mul, Div and Pow

Output:
    y = x**4 - 2x**2 at x = 2    here  dezero
    order 1: 4x**3 - 4x         24.00   24.00
    order 2: 12x**2 - 4         44.00   44.00
    order 3: 24x                48.00   48.00
    order 4: 24                 24.00   24.00
    order 5: 0                   0.00    0.00
    create_graph=False: creator of x.grad: None
    create_graph=True:  creator of x.grad: Add
    figures/step32_gradient.png
    without a cleargrad: 24 + 44 = 68
"""

from pathlib import Path

import numpy as np

import dezero
from dezero import core_simple as engine
from dezero.graph import get_dot_graph, render_dot


# Besides the new argument, three lines differ from step 22. The
# first gradient is a Variable. The loop runs with recording switched
# on or off, as in step 18: recording costs time and memory, and for
# gradient descent it would be a waste. And as_array is gone: gx and
# x.grad + gx are Variables, which hold ndarrays in any case.
#
# Two things to remember. Gradients still add up: without cleargrad,
# the second derivative is added to the first. And with create_graph
# x.grad leads back to x, a reference cycle (step 17), until x.grad
# is cleared.
def backward(self, retain_grad=False, create_graph=False):
    """Add to grad of every leaf that led to this Variable.

    retain_grad=True: keep the gradients on the way as well.
    create_graph=True: record how they are computed, so that
    they have gradients themselves.
    """
    if self.grad is None:
        self.grad = engine.Variable(np.ones_like(self.data))
    waiting = [] if self.creator is None else [self.creator]
    with engine.using_config("enable_backprop", create_graph):
        while waiting:
            func = max(waiting, key=lambda func: func.generation)
            waiting.remove(func)
            gys = [output().grad for output in func.outputs]
            gxs = func.backward(*gys)
            if not isinstance(gxs, tuple):
                gxs = (gxs,)
            for x, gx in zip(func.inputs, gxs):
                # not +=: gx may belong to others too (see step 14)
                x.grad = gx if x.grad is None else x.grad + gx
                if x.creator is not None and x.creator not in waiting:
                    waiting.append(x.creator)
            if not retain_grad:
                for output in func.outputs:
                    output().grad = None


# Mul, Div and Pow read their inputs, so they need a new backward.
# Add, Sub and Neg only use gy, and they stay as they are.
def mul_backward(self, gy):
    """gx0 = gy * x1 and gx1 = gy * x0, all of them Variables."""
    x0, x1 = self.inputs
    return gy * x1, gy * x0


def div_backward(self, gy):
    """gx0 = gy / x1 and gx1 = gy * (-x0 / x1**2)."""
    x0, x1 = self.inputs
    return gy / x1, gy * (-x0 / x1**2)


# (x,) takes the only input out of the list of inputs.
def pow_backward(self, gy):
    """gx = c * x**(c - 1) * gy, where c is a plain number."""
    (x,), c = self.inputs, self.c
    return c * x ** (c - 1) * gy


NEW = {
    engine.Variable: backward,
    engine.Mul: mul_backward,
    engine.Div: div_backward,
    engine.Pow: pow_backward,
}


# A class may get a new method at any time. We keep the old ones, to
# put them back at the end: in a notebook, step 22's engine is then
# as it was.
def install(methods):
    """Give each class its new backward; return the old ones."""
    old = {cls: cls.backward for cls in methods}
    for cls, method in methods.items():
        cls.backward = method
    return old


def derivatives(y, x, orders):
    """Return [dy/dx, d2y/dx2, ...], as many as orders."""
    found = []
    for _ in range(orders):
        x.cleargrad()  # or this one is added to the one before
        y.backward(create_graph=True)
        y = x.grad
        found.append(y)
    return found


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


def quartic(x):
    """Return x**4 - 2 * x**2: minima at -1 and 1, a hill at 0."""
    return x**4 - 2 * x**2


def draw_graphs(graphs, file):
    """Draw two graphs, {title: result}, each in a frame."""
    texts = [
        get_dot_graph(y, verbose=False, show="data").splitlines()[1:-1]
        for y in graphs.values()
    ]
    both = [line for line in texts[0] if line in texts[1]]
    dot = ["digraph g {", "ranksep=0.4; nodesep=0.4"]
    for title, lines in zip(graphs, texts):
        dot += [f'subgraph "cluster {title}" {{ label="{title}"']
        dot += ['labelloc=b; color=gray; fontname="DejaVu Sans"']
        dot += [x for x in lines if "->" not in x and x not in both]
        dot += ["}"]
    dot += texts[0] + [x for x in texts[1] if x not in both] + ["}"]
    render_dot("\n".join(dot), file)


if __name__ == "__main__":
    old = install(NEW)
    x = engine.Variable(np.array(2.0))
    u = dezero.Variable(np.array(2.0))
    ours = derivatives(quartic(x), x, 5)
    theirs = derivatives(quartic(u), u, 5)
    by_hand = ["4x**3 - 4x", "12x**2 - 4", "24x", "24", "0"]
    print("y = x**4 - 2x**2 at x = 2    here  dezero")
    for n, rule in enumerate(by_hand):
        a, b = ours[n].data, theirs[n].data
        print(f"order {n + 1}: {rule:<14}{a:10.2f}{b:8.2f}")

    x = engine.Variable(np.array(2.0), "x")
    y = quartic(x)
    y.backward()
    print("create_graph=False: creator of x.grad:", x.grad.creator)
    x.cleargrad()
    y.backward(create_graph=True)
    gx = x.grad
    name = type(gx.creator).__name__
    print("create_graph=True:  creator of x.grad:", name)
    y.name, gx.name = "y", "dy/dx"
    FIGURES.mkdir(exist_ok=True)
    graphs = {"computed forward": y, "recorded by backward": gx}
    draw_graphs(graphs, FIGURES / "step32_gradient.png")
    print("figures/step32_gradient.png")
    gx.backward()
    print(f"without a cleargrad: 24 + 44 = {x.grad.data:.0f}")
    install(old)
