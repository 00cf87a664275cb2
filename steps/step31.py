"""Step 31. A graph for the gradient: built by hand, for sin.

Can a gradient be differentiated? Look at what backward computes
for y = sin(x):

    gx = gy * cos(x)

This is an ordinary formula of gy and x. Step 30 showed why it
leaves no graph: it is computed with plain arrays. So let us compute
it with Functions: a Cos and a Mul, on the Variables x and gy. Then
gx is a Variable, and its graph begins at x:

    x --+-- Sin -- y
        |
        +-- Cos -- c --+
                       +-- Mul -- gx
                  gy --+

gx.backward() goes through this graph as through any other, and
leaves the second derivative in x.grad:

    d gx / dx = gy * -sin(x)

So the engine of step 22 can differentiate a gradient, without
any change. It only needs a gradient that has a graph. The
picture shows both graphs, and they share x.

By hand this takes a new formula for each Function and each
order: for the third derivative we would write gy * -sin(x), again
with Functions. Step 32 lets backward build these graphs itself.

Exercise: backward takes its first gradient from y.grad, and we
may put a Variable there before y.backward(). Try it: x.grad is
then a Variable with a creator. But x.grad.backward() does not reach
x. Which line of Sin.backward has to change, and how?

In the package: nothing; its Cos comes in step 34

Output:
    by backward: x.grad = 0.5403, an ndarray
    by hand:     gx     = 0.5403, a Variable
    gx.backward() leaves  -0.8415 in x.grad
    and -sin(1) is        -0.8415
    figures/step31_gradient.png
"""

from pathlib import Path

import numpy as np

from dezero.core_simple import Function, Variable
from dezero.graph import get_dot_graph, render_dot


# Its backward is of the old kind, with plain arrays. That is enough
# here: we differentiate the graph of gx once, and no further.
class Cos(Function):
    """y = cos(x), so gx = gy * -sin(x)."""

    def forward(self, x):
        return np.cos(x)

    def backward(self, gy):
        return gy * -np.sin(self.inputs[0].data)


def cos(x):
    """Return the cosine of x, in radians."""
    return Cos()(x)


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


class Sin(Function):
    """y = sin(x), so gx = gy * cos(x)."""

    def forward(self, x):
        return np.sin(x)

    def backward(self, gy):
        return gy * np.cos(self.inputs[0].data)


def sin(x):
    """Return the sine of x, in radians."""
    return Sin()(x)


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
    x = Variable(np.array(1.0), "x")
    y = sin(x)
    y.backward()
    kind = type(x.grad).__name__
    print(f"by backward: x.grad = {x.grad:.4f}, an {kind}")

    gy = Variable(np.array(1.0), "gy")  # y.backward() starts with 1
    gx = gy * cos(x)
    kind = type(gx).__name__
    print(f"by hand:     gx     = {gx.data:.4f}, a {kind}")

    x.cleargrad()
    gx.backward()
    print(f"gx.backward() leaves  {x.grad:.4f} in x.grad")
    print(f"and -sin(1) is        {-np.sin(1.0):.4f}")

    y.name, gx.name = "y", "gx"
    FIGURES.mkdir(exist_ok=True)
    graphs = {"sin": y, "the gradient of sin": gx}
    draw_graphs(graphs, FIGURES / "step31_gradient.png")
    print("figures/step31_gradient.png")
