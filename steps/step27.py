"""Step 27. A series for sin: accuracy is paid for in nodes.

There are two ways to a new function. The first is that of step
3: a Function of its own. NumPy computes sin, and we supply the
derivative, cos:

    y = sin(x)          gx = gy * cos(x)

The second needs no derivative, only + and * and **. sin is the
sum of an endless series, named after Taylor,

    sin(x) = x - x**3 / 3! + x**5 / 5! - x**7 / 7! + ...

where 5! = 1 * 2 * 3 * 4 * 5, and so on. These factorials soon
outgrow the powers of x, so the terms shrink, and we stop after
the first one below a threshold. Written with Variables the sum
needs no backward of its own. It is differentiated term by term:

    1 - x**2 / 2! + x**4 / 4! - x**6 / 6! + ... = cos(x)

The loop runs as often as x and the threshold demand, and the
graph is what has run (step 7). Each further term is seven nodes
more: a power, a product and a sum, their three results, and a
coefficient. All are kept until backward has gone through them.
The Function is one box, however exact it is. So what is used a
lot deserves a Function, and the series is for what has none.

The picture shows both, with the numbers that flowed. Its text is
made of two of step 26's, with a frame around each.

With a gradient we can look for the lowest point of a function.
Step 28 does so.

Exercise: at x = 30 a lower threshold helps no more. Print the
largest term, and remember that a float64 has 16 digits. Then
take 2 * pi off x a few times before you begin.

Output:
    sin(pi / 4) is 0.707107, its slope 0.707107
    a Function: 3 nodes
    threshold   terms   nodes   error   error of the slope
        1e-02       3      15   4e-05   3e-04
        1e-04       4      22   3e-07   4e-06
        1e-06       5      29   2e-09   2e-08
        1e-08       6      36   7e-12   1e-10
        1e-10       7      43   2e-14   4e-13
    figures/step27_sin.png
"""

import math
from pathlib import Path

import numpy as np

from dezero import Function, Variable
from dezero.graph import get_dot_graph, render_dot

# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


# --- new in this step ---
class Sin(Function):
    """y = sin(x), so gx = gy * cos(x)."""

    def forward(self, x):
        return np.sin(x)

    def backward(self, gy):
        return gy * np.cos(self.inputs[0].data)


def sin(x):
    """Return the sine of x, in radians."""
    return Sin()(x)


def taylor_sin(x, threshold=1e-4):
    """Return sin(x) from its series, up to a term below threshold.

    The terms alternate and shrink, so what is left out is smaller
    than the first term left out.
    """
    y, term, n = x, x, 1
    while np.max(np.abs(term.data)) > threshold:
        n += 2
        sign = -1 if n % 4 == 3 else 1
        term = sign / math.factorial(n) * x**n
        y = y + term
    return y


def graph_nodes(y):
    """Return all Variables and Functions that led to y, and y."""
    nodes, waiting = {y}, [y]
    while waiting:
        func = waiting.pop().creator
        if func is not None and func not in nodes:
            nodes.update([func, *func.inputs])
            waiting += func.inputs
    return nodes


def show_values(y):
    """Name every Variable of y's graph after its number."""
    for node in graph_nodes(y):
        if isinstance(node, Variable):
            before = f"{node.name} = " if node.name else ""
            node.name = f"{before}{node.data:.4f}"


def side_by_side(graphs):
    """Return the DOT text of several graphs, each in a frame."""
    frames = []
    for i, (title, y) in enumerate(graphs.items()):
        lines = get_dot_graph(y, verbose=False).splitlines()
        frames += [f"subgraph cluster{i} {{", f'label="{title}"']
        frames += ['fontname="DejaVu Sans"; fontsize=18; labelloc=b']
        frames += ["color=gray; margin=16", *lines[1:-1], "}"]
    return "\n".join(["digraph g {", *frames, "}"])


if __name__ == "__main__":
    start = np.array(np.pi / 4)
    x = Variable(start)
    y = sin(x)
    y.backward()
    value, slope = float(y.data), float(x.grad)
    print(f"sin(pi / 4) is {value:.6f}, its slope {slope:.6f}")
    print(f"a Function: {len(graph_nodes(y))} nodes")
    print("threshold   terms   nodes   error   error of the slope")
    for threshold in (1e-2, 1e-4, 1e-6, 1e-8, 1e-10):
        x = Variable(start)
        y = taylor_sin(x, threshold)
        y.backward()
        nodes = graph_nodes(y)
        sums = [type(node).__name__ for node in nodes].count("Add")
        error, slope_error = y.data - value, float(x.grad) - slope
        print(
            f"{threshold:9.0e}{sums + 1:8}{len(nodes):8}"
            f"{abs(error):8.0e}{abs(slope_error):8.0e}"
        )

    graphs = {}
    for name, f in {
        "Sin": sin,
        "three terms": lambda x: taylor_sin(x, threshold=1e-2),
    }.items():
        y = f(Variable(start, "x"))
        y.name = "y"
        show_values(y)
        graphs[f"{name}: {len(graph_nodes(y))} nodes"] = y
    FIGURES.mkdir(exist_ok=True)
    render_dot(side_by_side(graphs), FIGURES / "step27_sin.png")
    print("figures/step27_sin.png")
