"""Step 26. The graph of any result: it has been there all along.

To draw a graph, we do not have to describe it. The program knows
it already: a result knows its creator, the creator knows its
inputs, and each input knows its own creator.

    y --creator--> Square --inputs--> x

So get_dot_graph follows these links, as backward does (step 8),
and writes DOT (step 25) on the way. A list holds the Functions
that still have to be visited. A set holds those already visited,
so that a Function whose result is used twice is drawn once.

A node needs a name that no other node has. Python's id() gives
every living object a different number, and that is enough:
nobody reads these names, only the labels are drawn.

As an example we draw the function of Goldstein and Price (step
24) at (1, 1). Its formula has four lines. How many Functions run
when it is computed? The picture has a blue box for each. Look in
it for the 14 * x of the formula.

Step 27 uses these pictures to compare two ways to compute sin.

Exercise: write the value of every Variable that holds one number
into its label, and draw goldstein at its minimum (0, -1). There
z = first * second is 3. Which of the two factors is 1, and why?
How does the other one become 3?

In the package: dezero/graph.py, get_dot_graph and plot_dot_graph

Output:
    x * x:           2 variables, 1 function, 3 edges
    goldstein(x, y): 57 variables, 38 functions, 108 edges
    the label of z with verbose=True: z: () float64
    figures/step26_goldstein.png
"""

from pathlib import Path

import numpy as np

from dezero.core_simple import Variable
from dezero.graph import render_dot


# Most Variables in a graph have no name. A number that was written
# into the formula, such as the 14 of 14 * x, can be recognised: it
# has no axes, no name and no creator.
def is_constant(v):
    """Say whether v is a number written into a formula."""
    unnamed = v.name is None and v.creator is None
    return unnamed and v.data is not None and v.data.ndim == 0


# A Variable is labelled with its name, and in a picture a constant
# is labelled with its value. verbose=True adds shape and dtype:
# they help when shapes do not fit.
def dot_variable(v, verbose, constants=False):
    """Return the line of a Variable, labelled with its name."""
    label = "" if v.name is None else v.name
    if constants and is_constant(v):
        label = f"{v.data:.6g}"
    if verbose and v.data is not None:
        label += ": " if label else ""
        label += f"{v.data.shape} {v.data.dtype}"
    look = "color=orange, style=filled"
    return f"{id(v)} [label={quote(label)}, {look}]"


# A Function holds its outputs by weak references (step 17). An
# output that nobody kept is gone, and its arrow is left out.
def dot_function(func):
    """Return the lines of a Function and of all its arrows."""
    label = quote(type(func).__name__)
    look = "color=lightblue, style=filled, shape=box"
    lines = [f"{id(func)} [label={label}, {look}]"]
    lines += [f"{id(x)} -> {id(func)}" for x in func.inputs]
    outputs = [output() for output in func.outputs]
    lines += [
        f"{id(func)} -> {id(y)}" for y in outputs if y is not None
    ]
    return lines


# The get_dot_graph of the package can also number the nodes, with
# stable=True. Then the text is the same on every run.
def get_dot_graph(output, verbose=True, constants=False):
    """Return the DOT text of the graph that computed output."""
    variables, functions = {id(output): output}, []
    waiting, seen = [output.creator], {None}  # None: a leaf's creator
    while waiting:
        func = waiting.pop()
        if func in seen:
            continue
        seen.add(func)
        functions.append(func)
        for x in func.inputs:
            variables[id(x)] = x
            waiting.append(x.creator)
    nodes = variables.values()
    lines = [dot_variable(v, verbose, constants) for v in nodes]
    for func in functions:
        lines += dot_function(func)
    return "\n".join(["digraph g {", *lines, "}"])


def plot_dot_graph(output, verbose=True, to_file="graph.png"):
    """Draw the graph that computed output; return the picture."""
    text = get_dot_graph(output, verbose, constants=True)
    return render_dot(text, to_file)


def summary(text):
    """Count what a DOT text draws."""
    orange, blue = text.count("color=orange"), text.count("shape=box")
    functions = "function" if blue == 1 else "functions"
    edges = text.count("->")
    return f"{orange} variables, {blue} {functions}, {edges} edges"


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


def quote(text):
    """Return text as a DOT string, with its quotes escaped."""
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def goldstein(x, y):
    """Goldstein and Price's function: minimum 3 at (0, -1)."""
    a = 19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2
    b = 18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2
    first = 1 + (x + y + 1) ** 2 * a
    second = 30 + (2 * x - 3 * y) ** 2 * b
    return first * second


if __name__ == "__main__":
    x = Variable(np.array(1.0), name="x")
    y = Variable(np.array(1.0), name="y")
    print("x * x:          ", summary(get_dot_graph(x * x)))

    z = goldstein(x, y)
    z.name = "z"
    print("goldstein(x, y):", summary(get_dot_graph(z)))
    label = dot_variable(z, verbose=True).split('"')[1]
    print("the label of z with verbose=True:", label)

    FIGURES.mkdir(exist_ok=True)
    path = FIGURES / "step26_goldstein.png"
    plot_dot_graph(z, verbose=False, to_file=path)
    print(path.relative_to(FIGURES.parent).as_posix())
