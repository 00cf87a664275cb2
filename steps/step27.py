"""Step 27. A series for sin: accuracy is paid for in nodes.

How do we teach the engine a function that it does not know yet,
such as sin? There are two ways.

The first is a Function of its own, as in step 3. NumPy computes
sin, and we supply the derivative, cos:

    y = sin(x)          gx = gy * cos(x)

The second way needs no derivative from us, only + and * and **.
The sine is the sum of an endless series (Brook Taylor, 1715),
its *Taylor series*:

    sin(x) = x - x**3 / 3! + x**5 / 5!
               - x**7 / 7! + ...

where 5! = 1 * 2 * 3 * 4 * 5, and so on. The factorials soon grow
faster than the powers of x, so the terms shrink. We stop after
the first term below a threshold. Every operation in this sum has
a backward already, so backward differentiates it term by term:

    1 - x**2 / 2! + x**4 / 4!
      - x**6 / 6! + ... = cos(x)

What does the second way cost? The loop runs as often as x and
the threshold demand, and every operation that runs is recorded
(step 7). Each further term adds seven nodes: a coefficient, a
power, a product, a sum, and their three results. They stay in
memory as long as y does. The Function is one box between x and y,
however exact it is. So a function that is used often deserves its
own Function.

With a gradient we can also look for the lowest point of a
function. That is step 28.

Exercise: at x = 30 a smaller threshold does not help. Print the
largest term, and remember that a float64 has 16 digits. Then
subtract 2 * pi from x a few times before you begin.

In the package: dezero/functions/elementwise.py, Sin and sin

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

from dezero.core_simple import Function, Variable
from dezero.graph import get_dot_graph, render_dot


class Sin(Function):
    """y = sin(x), so gx = gy * cos(x)."""

    def forward(self, x):
        return np.sin(x)

    def backward(self, gy):
        return gy * np.cos(self.inputs[0].data)


def sin(x):
    """Return the sine of x, in radians."""
    return Sin()(x)


# The terms alternate and shrink. In a series like that, all the
# terms that we leave out add up to less than the first of them.
def taylor_sin(x, threshold=1e-4):
    """Return sin(x) from its series, up to a term below threshold."""
    y, term, n = x, x, 1
    while np.max(np.abs(term.data)) > threshold:
        n += 2
        sign = -1 if n % 4 == 3 else 1
        term = sign / math.factorial(n) * x**n
        y = y + term
    return y


# show="data" makes the package's get_dot_graph write the value of
# each Variable into its label. DOT draws a frame around a subgraph
# whose name begins with cluster. A node that belongs to both graphs
# would be drawn outside of the frames; sin and its series share none.
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


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


if __name__ == "__main__":
    start = np.array(np.pi / 4)
    x = Variable(start, "x")
    exact = sin(x)
    exact.backward()
    value, slope = float(exact.data), float(x.grad)
    print(f"sin(pi / 4) is {value:.6f}, its slope {slope:.6f}")
    nodes = get_dot_graph(exact).count("label=")
    print(f"a Function: {nodes} nodes")

    print("threshold   terms   nodes   error   error of the slope")
    for threshold in (1e-2, 1e-4, 1e-6, 1e-8, 1e-10):
        x = Variable(start)
        y = taylor_sin(x, threshold)
        y.backward()
        dot = get_dot_graph(y)
        nodes, terms = dot.count("label="), dot.count('"Add"') + 1
        error, slope_error = y.data - value, float(x.grad) - slope
        print(
            f"{threshold:9.0e}{terms:8}{nodes:8}"
            f"{abs(error):8.0e}{abs(slope_error):8.0e}"
        )

    series = taylor_sin(Variable(start, "x"), threshold=1e-2)
    exact.name = series.name = "y"
    FIGURES.mkdir(exist_ok=True)
    graphs = {"Sin": exact, "three terms of the series": series}
    draw_graphs(graphs, FIGURES / "step27_sin.png")
    print("figures/step27_sin.png")
