"""Step 30. What backward forgets: a gradient is a bare number.

In step 29 we had to write down f'', although backward had just
computed f'. Why can we not call backward on x.grad? Let us
compare what y knows with what x.grad knows, for

    y = x**4 - 2 * x**2
    dy/dx = 4 * x**3 - 4 * x

y knows how it was computed. Its creator links lead back to x,
and so y can be computed again: replay(y) takes the number that
is in x now, and runs all Functions behind y once more. Put 3
into x, and y becomes 63, which is right.

x.grad knows nothing. It is an ndarray, with no creator. When x
is 3, x.grad is still 24, the slope at x = 2, and nothing leads
to the right number, 96. Where did its history get lost? Look at
a backward:

    class Mul:
        def backward(self, gy):
            x0 = self.inputs[0].data
            x1 = self.inputs[1].data
            return gy * x1, gy * x0

gy, x0 and x1 are ndarrays. So this * is NumPy's, no Function is
called, and nothing is recorded. The engine records what forward
computes, and forgets what backward computes.

In the picture, the graph of y is orange and blue, and the
gradients are gray. A dashed line connects each gradient with its
Variable, but no arrow leads to a gradient. In step 31 one of
them gets a graph.

Exercise: write down by hand what backward forgot: compute
g = 4 * x**3 - 4 * x with Variables. Put another number into x
and replay(g). Then clear x.grad, and call g.backward(). What is
in x.grad?

In the package: dezero/core_simple.py, Variable.backward and Mul

Output:
    x is 2: y is 8, x.grad is 24
    x.grad is of type ndarray
    behind y: Pow Pow Mul Sub
    behind x.grad: nothing
    x is 3: y, replayed, is 63
    x.grad is still 24, the slope at 3 is 96
    figures/step30_forgotten.png
"""

from pathlib import Path

import numpy as np

from dezero.core_simple import Variable
from dezero.graph import get_dot_graph, render_dot


# An ndarray has no creator, so there is nothing behind it.
def functions_behind(result):
    """Return the Functions that led to result, earliest first."""
    found, waiting = [], [result]
    while waiting:
        func = getattr(waiting.pop(), "creator", None)
        if func is not None and func not in found:
            found.append(func)
            waiting += func.inputs
    return sorted(found, key=lambda func: func.generation)


# Sorted by generation (step 16), the Functions run in an order in
# which all inputs of each are ready.
def replay(result):
    """Compute result again from what the leaves hold now."""
    for func in functions_behind(result):
        y = func.forward(*[x.data for x in func.inputs])
        func.outputs[0]().data = np.array(y)


# To the DOT text of y we add a gray box for each Variable, on the
# same level (rank) as the Variable.
def draw_gradients(y, file):
    """Draw y's graph, and its gradients beside it."""
    dot = get_dot_graph(y, verbose=False, show="data").splitlines()
    variables = {y: None}  # a dict: each one once, and in order
    for func in functions_behind(y):
        variables.update(dict.fromkeys(func.inputs))
    for v in variables:
        node, label = f"g{id(v)}", f'label="grad {v.grad:.0f}"'
        look = "shape=box, style=filled, color=gray80"
        link = f"{id(v)} -> {node} [arrowhead=none, style=dashed]"
        level = f"{{rank=same; {link}}}"
        dot[1:1] = [f"{node} [{label}, {look}]", level]
    dot[1:1] = ["ordering=out; nodesep=0.4"]
    render_dot("\n".join(dot), file)


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


if __name__ == "__main__":
    x = Variable(np.array(2.0), "x")
    y = x**4 - 2 * x**2
    y.name = "y"
    y.backward(retain_grad=True)
    print(f"x is 2: y is {y.data:.0f}, x.grad is {x.grad:.0f}")
    print(f"x.grad is of type {type(x.grad).__name__}")
    names = [type(func).__name__ for func in functions_behind(y)]
    print("behind y:", *names)
    print("behind x.grad:", *functions_behind(x.grad) or ["nothing"])
    FIGURES.mkdir(exist_ok=True)
    draw_gradients(y, FIGURES / "step30_forgotten.png")

    x.data = np.array(3.0)
    replay(y)
    slope = 4 * x.data**3 - 4 * x.data
    print(f"x is 3: y, replayed, is {y.data:.0f}")
    print(f"x.grad is still {x.grad:.0f}", end=", ")
    print(f"the slope at 3 is {slope:.0f}")
    print("figures/step30_forgotten.png")
