"""Step 30. What backward forgets: a gradient is a bare number.

Step 29 had to bring f'' along, although backward had just found
f'. Why can x.grad not be differentiated once more? We look over
the shoulder of backward as it stands in step 22. The package
keeps it as dezero.core_simple, and we import from there, since
dezero itself has learnt more by now. Take

    y = x**4 - 2 * x**2       dy/dx = 4 * x**3 - 4 * x

On the way back each Function gets the gradient of its result, an
ndarray, and returns those of its inputs, ndarrays again:

    class Mul:     return gy * x1, gy * x0

This is NumPy's *. No Function is called, so nothing is recorded,
and the product has no creator. To see it happen, watch() gives
each Function of y's graph a backward that does the same and also
writes down what went in and out. (Python finds func.backward on
the object before it looks into the class.)

What is lost? y knows how it came about. replay() puts a new
number through its graph, Function by Function in the order of
their generations, and y is right for the new x. x.grad is the
right number for one x only. It has no graph to put another x
through, and none to walk back from.

The picture: orange and blue is y's graph, as in step 26. Gray
are the gradients. A dashed line says which Variable holds which;
no arrow leads to any of them. In step 31 one gets a graph.

Exercise: write down by hand what backward forgot: compute
g = 4 * x**3 - 4 * x with Variables. Run replay(g) after x has
changed, clear x.grad and run g.backward(). What is in x.grad?

Output:
    Sub: got 1, gave 1, -1
    Mul: got -1, gave -4, -2
    Pow: got 1, gave 32
    Pow: got -2, gave -8
    Variables among these 10: 0
    x.grad is 24, of type ndarray
    Functions behind y: 4
    Functions behind x.grad: 0
    now x is 3, and y, replayed, 63; x.grad is 24, not 96
    figures/step30_forgotten.png
"""

from pathlib import Path

import numpy as np

from dezero.core_simple import Variable
from dezero.graph import get_dot_graph, render_dot

# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


# --- new in this step ---
def functions_behind(result):
    """Return the Functions that led to result, first ones first.

    What has no creator, like an ndarray, has none behind it.
    """
    found, waiting = [], [result]
    while waiting:
        func = getattr(waiting.pop(), "creator", None)
        if func is not None and func not in found:
            found.append(func)
            waiting += func.inputs
    return sorted(found, key=lambda func: func.generation)


def watch(result):
    """Return a list: each backward behind result will add a line.

    A line is the Function, the gradients it got, those it gave.
    """
    lines = []

    def watched(func, backward):
        def write_down(*gys):
            gxs = backward(*gys)
            as_tuple = gxs if isinstance(gxs, tuple) else (gxs,)
            lines.append((func, gys, as_tuple))
            return gxs

        return write_down

    for func in functions_behind(result):
        func.backward = watched(func, func.backward)
    return lines


def replay(result):
    """Compute result again from what the leaves hold now."""
    for func in functions_behind(result):
        y = func.forward(*[x.data for x in func.inputs])
        func.outputs[0]().data = np.array(y)


def draw_gradients(y):
    """Return the DOT text of y's graph with all the gradients.

    The Variables are named after their numbers.
    """
    variables = {y: None}  # a dict: each one once, and in order
    for func in functions_behind(y):
        variables.update(dict.fromkeys(func.inputs))
    look = 'shape=box, style=filled, color=gray80, width="0.6"'
    link = "arrowhead=none, style=dashed, color=gray40"
    extra = ["nodesep=0.4; ordering=out"]
    for v in variables:
        gray, label = f"g{id(v)}", f"{v.grad:.0f}"
        if v.name:
            label, v.name = f"{v.name}.grad = {label}", f"{v.name} = "
        v.name = f"{v.name or ''}{v.data:.0f}"
        extra += [f'{gray} [label="{label}", {look}]']
        extra += [f"{{rank=same; {id(v)} -> {gray} [{link}]}}"]
    first, *rest = get_dot_graph(y, verbose=False).splitlines()
    return "\n".join([first, *extra, *rest])


if __name__ == "__main__":
    x = Variable(np.array(2.0), "x")
    y = x**4 - 2 * x**2
    y.name = "y"
    lines = watch(y)
    y.backward(retain_grad=True)

    everything = []
    for func, gys, gxs in lines:
        got, gave = ([f"{g:.0f}" for g in gs] for gs in (gys, gxs))
        name, gave = type(func).__name__, ", ".join(gave)
        print(f"{name}: got {got[0]}, gave {gave}")
        everything += [*gys, *gxs]
    gradients = [isinstance(g, Variable) for g in everything]
    print(f"Variables among these {len(gradients)}: {sum(gradients)}")
    print(f"x.grad is {x.grad:.0f}, of type {type(x.grad).__name__}")
    print(f"Functions behind y: {len(functions_behind(y))}")
    print(f"Functions behind x.grad: {len(functions_behind(x.grad))}")

    FIGURES.mkdir(exist_ok=True)
    render_dot(draw_gradients(y), FIGURES / "step30_forgotten.png")
    x.data = np.array(3.0)
    replay(y)
    slope = 4 * x.data**3 - 4 * x.data
    print(f"now x is 3, and y, replayed, {y.data:.0f};", end=" ")
    print(f"x.grad is {x.grad:.0f}, not {slope:.0f}")
    print("figures/step30_forgotten.png")
