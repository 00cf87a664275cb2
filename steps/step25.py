r"""Step 25. DOT: describe a graph in words, and let a program draw it.

A picture of a computational graph says more than a list of its
Functions. But where should we put 30 boxes, so that their arrows do
not cross? This is a hard problem, and the program Graphviz solves
it. We only say which boxes there are, and which arrows. The
language for this is called DOT:

    digraph g {          a graph, called g
    x [label="x"]        a node
    x -> A -> a          two edges
    }

digraph is short for *directed graph*: every edge has a
direction. Each line is one statement, and the lines may come in any
order. A node has a name, and the text that is drawn inside it is
its label. The other attributes of a node go into the brackets, too:
color, style=filled, shape=box.

A computational graph has two kinds of nodes. We draw a Variable
as an orange ellipse and a Function as a blue box, and an arrow
leads from a Variable to the Function that uses it, and from
there to the result. Our example is the diamond of step 15:

              +-- B -- b --+
    x -- A -- a            +-- D -- y
              +-- C -- c --+

render_dot, from the package, makes the picture. It calls the
program `dot` if that is installed, and otherwise pygraphviz, which
came along with `pip install -e .`. The extension of the file
decides between PNG, SVG and PDF.

Writing DOT by hand is tiresome, and the text is wrong as soon as
the formula changes. In step 26 the graph writes its own DOT.

Exercise: draw y = (x0 + x1)**2 by hand. Then give the result the
label y = "big", with its quotes. Which lines of the DOT text
change, and how?

In the package: dezero/render.py, render_dot

Output:
    digraph g {
    x [label="x = 2", color=orange, style=filled]
    a [label="a = 4", color=orange, style=filled]
    b [label="b = 16", color=orange, style=filled]
    c [label="c = 16", color=orange, style=filled]
    y [label="y = 32", color=orange, style=filled]
    A [label="Square", color=lightblue, style=filled, shape=box]
    B [label="Square", color=lightblue, style=filled, shape=box]
    C [label="Square", color=lightblue, style=filled, shape=box]
    D [label="Add", color=lightblue, style=filled, shape=box]
    x -> A -> a
    a -> B -> b -> D
    a -> C -> c -> D
    D -> y
    }
    figures/step25_by_hand.png
"""

from pathlib import Path

from dezero.graph import render_dot

# The steps put their pictures into a folder beside steps/.
FIGURES = Path(__file__).resolve().parents[1] / "figures"


# A label may hold any text, even a quote. Between DOT's own quotes
# it is written \", and a backslash is written \\. Otherwise the
# label ends too early, and Graphviz stops at that line.
def quote(text):
    """Return text as a DOT string, with its quotes escaped."""
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def variable(name, label):
    """Return the line of an orange ellipse."""
    look = "color=orange, style=filled"
    return f"{name} [label={quote(label)}, {look}]"


def function(name, label):
    """Return the line of a blue box."""
    look = "color=lightblue, style=filled, shape=box"
    return f"{name} [label={quote(label)}, {look}]"


def edge(*names):
    """Return the line of an arrow, or of several in a row."""
    return " -> ".join(names)


def digraph(lines):
    """Return the whole DOT text."""
    return "\n".join(["digraph g {", *lines, "}"])


if __name__ == "__main__":
    text = digraph(
        [
            variable("x", "x = 2"),
            variable("a", "a = 4"),
            variable("b", "b = 16"),
            variable("c", "c = 16"),
            variable("y", "y = 32"),
            function("A", "Square"),
            function("B", "Square"),
            function("C", "Square"),
            function("D", "Add"),
            edge("x", "A", "a"),
            edge("a", "B", "b", "D"),
            edge("a", "C", "c", "D"),
            edge("D", "y"),
        ]
    )
    print(text)

    FIGURES.mkdir(exist_ok=True)
    path = FIGURES / "step25_by_hand.png"
    render_dot(text, path)
    print(path.relative_to(FIGURES.parent).as_posix())
