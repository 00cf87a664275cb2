"""Step 26. The graph of any result: it has been there all along.

A result knows its creator, a creator its inputs, and each of
these its own creator. Whoever follows these links sees the whole
computation, so the DOT text of step 25 can write itself:

    y --creator--> Square --inputs--> x --creator--> None

It is the walk of backward (step 8) with a pen in its hand. A list
holds the Functions still to be visited, and a set those that were
found, so that a Variable used twice does not make us draw all
that is behind it twice. A Function then says four things: its own
node, its inputs, its outputs, and the arrows to and from them.

A node needs a name that no other node has. Python's id() gives
every living object a different number, and that will do: nobody
reads it, only the label is drawn. Its label is a Variable's own
name. With verbose=True shape and dtype stand behind it, and that
is what you will want when shapes do not fit. The 2 of 2 * x has
no name, and an empty ellipse would tell nothing: with
constants=True such a number is called by its value. The picture
asks for that, the text does not.

The Functions hold their outputs by weak references (step 17). An
output nobody kept is gone by now, and its arrow is left out.

The picture is Goldstein and Price's function (step 24) at (1, 1).
The package's get_dot_graph can number the nodes instead, so that
the text is the same on every run; and its render_dot is the one
of step 25.

That ends the part about gradients. What is left of a formula's
derivative after backward is a number. Chapter 3 makes it a
Variable, with a graph of its own to draw.

Exercise: also write the value into the label of every Variable
that holds one number. At which node of the picture does the value
first exceed 100?

Output:
    x * x:           2 variables, 1 function, 3 edges
    goldstein(x, y): 57 variables, 38 functions, 108 edges
    verbose: z: () float64
    figures/step26_goldstein.png
"""

from pathlib import Path

import numpy as np

from dezero import Variable
from dezero.graph import render_dot

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


# --- new in this step ---
def is_constant(v):
    """Tell a number that was written into a formula."""
    unnamed = v.name is None and v.creator is None
    return unnamed and v.data is not None and v.data.ndim == 0


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


def dot_function(func):
    """Return the lines of a Function, its neighbours' arrows too."""
    label = quote(type(func).__name__)
    look = "color=lightblue, style=filled, shape=box"
    lines = [f"{id(func)} [label={label}, {look}]"]
    lines += [f"{id(x)} -> {id(func)}" for x in func.inputs]
    outputs = [output() for output in func.outputs]
    lines += [
        f"{id(func)} -> {id(y)}" for y in outputs if y is not None
    ]
    return lines


def get_dot_graph(output, verbose=True, constants=False):
    """Return the DOT text of the graph that computed output."""
    variables, functions = {id(output): output}, []
    waiting, seen = [output.creator], {None}
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


if __name__ == "__main__":
    x = Variable(np.array(1.0), name="x")
    y = Variable(np.array(1.0), name="y")
    print("x * x:          ", summary(get_dot_graph(x * x)))

    z = goldstein(x, y)
    z.name = "z"
    print("goldstein(x, y):", summary(get_dot_graph(z)))
    label = dot_variable(z, verbose=True).split('"')[1]
    print("verbose:", label)

    FIGURES.mkdir(exist_ok=True)
    path = FIGURES / "step26_goldstein.png"
    plot_dot_graph(z, verbose=False, to_file=path)
    print(path.relative_to(FIGURES.parent).as_posix())
