"""Step 31. A graph for the gradient: built by hand, for sin.

A gradient that is to be differentiated must know how it came
about, and only results of Functions do (step 30). For sin it is

    gx = gy * cos(x)

So compute that with Functions: a Cos and a Mul, and Variables
for x and gy. The result is a Variable with a graph, that graph
begins at x, and gx.backward() walks it like any other:

    x --+-- Sin -- y
        |
        +-- Cos -- c --+
                       +-- Mul -- gx       gx.backward() leaves
                  gy --+                   gy * -sin(x) in x.grad

There it is, the second derivative, by the engine of step 22 and
not a line more. GRAPH below is this drawing, an arrow a line,
and the picture is made from it. arrows() reads the arrows off
the graph that was really built, and the two are compared.

Can backward build that graph by itself? Half of it, and at once.
It begins with y.grad, which we may set: to a Variable. Now every
product with it calls Mul, and x.grad is a Variable that has a
graph. But Sin.backward asks for inputs[0].data, an array. The
array does not know that it is x's, so the graph does not lead to
x, and its backward brings nothing there.

So two things are needed: gradients that are Variables, and in
every backward the input Variables instead of their data. By hand
it takes a new drawing for each function and each order. Step 32
does both inside the package.

Exercise: give Sin.backward its x as a Variable. What else has to
change in it before the second way gives -sin(1), too?

Output:
    gradient of sin at 1    arrows  from x  derivative
    backward as it is     0.5403   0       0        None
    begun with a Variable 0.5403   3       0        None
    built by hand         0.5403   5       1        -0.8415
    -sin(1) is -0.8415
    the next order, -0.5403, from gy * -sin(x) by hand
    drawn as it was built: True
    figures/step31_gradient.png
"""

from pathlib import Path

import numpy as np

from dezero.core_simple import Function, Variable, as_variable
from dezero.graph import render_dot

# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"

# --- new in this step ---
GRAPH = """
x -> Sin
Sin -> y
x -> Cos
Cos -> c
c -> Mul
gy -> Mul
Mul -> gx
"""


# --- carried over ---
class Sin(Function):
    """y = sin(x), so gx = gy * cos(x)."""

    def forward(self, x):
        return np.sin(x)

    def backward(self, gy):
        return gy * np.cos(self.inputs[0].data)


def sin(x):
    """Return the sine of x, in radians."""
    return Sin()(x)


# --- new in this step ---
class Cos(Function):
    """y = cos(x), so gx = gy * -sin(x)."""

    def forward(self, x):
        return np.cos(x)

    def backward(self, gy):
        return gy * -np.sin(self.inputs[0].data)


def cos(x):
    """Return the cosine of x, in radians."""
    return Cos()(x)


def arrows(*results):
    """Return the arrows of the graph behind results, a set."""
    found, waiting = set(), [*results]
    while waiting:
        result = waiting.pop()
        func = result.creator
        if func is not None:
            name = type(func).__name__
            found |= {f"{x.name} -> {name}" for x in func.inputs}
            found.add(f"{name} -> {result.name}")
            waiting += func.inputs
    return found


def derivative(gx, x):
    """Return the derivative of gx by x, None where none arrives."""
    x.cleargrad()
    gx.backward()
    return x.grad


def draw(graph):
    """Return a drawing's DOT text, the gradient's part shaded."""
    look = """
    node [style=filled, color=orange]
    Sin, Cos, Mul [shape=box, color=lightblue]
    c [label="c = cos(x)"]
    gx [label="gx = gy * c"]
    subgraph cluster {
        label="the gradient"; labelloc=b; fontsize=16
        fontname="DejaVu Sans"; style=filled; color=gray93; margin=14
        c, gy, gx, Cos, Mul
    }
    edge [style=dashed, color=gray40, constraint=false]
    y -> gy [label="y.grad", fontsize=12]
    x -> gx [label="x.grad", fontsize=12]
    edge [style=solid, color=black, constraint=true]
    """
    return "digraph g {\nordering=out" + look + graph + "}"


if __name__ == "__main__":
    x = Variable(np.array(1.0), "x")
    y = sin(x)
    y.name = "y"
    y.backward()
    ways = {"backward as it is": as_variable(x.grad)}

    x.cleargrad()
    y.grad = Variable(np.array(1.0), "gy")
    y.backward()
    ways["begun with a Variable"] = x.grad

    gy, c = Variable(np.array(1.0), "gy"), cos(x)
    gx = ways["built by hand"] = gy * c
    c.name, gx.name = "c", "gx"

    print("gradient of sin at 1    arrows  from x  derivative")
    for way, gx in ways.items():
        found = arrows(gx)
        from_x = sum(arrow.startswith("x ->") for arrow in found)
        print(f"{way:22}{gx.data:.4f}{len(found):4}{from_x:8}", end="")
        slope = derivative(gx, x)
        print(f"        {slope if slope is None else f'{slope:.4f}'}")
    print(f"-sin(1) is {-np.sin(1.0):.4f}")
    third = derivative(gy * -sin(x), x)  # by hand once more
    print(f"the next order, {third:.4f}, from gy * -sin(x) by hand")

    drawn = set(GRAPH.strip().splitlines())
    print(f"drawn as it was built: {drawn == arrows(y, gx)}")
    FIGURES.mkdir(exist_ok=True)
    render_dot(draw(GRAPH), FIGURES / "step31_gradient.png")
    print("figures/step31_gradient.png")
