"""Step 25. DOT: describe a graph in words, and let a program draw it.

Where should 30 boxes go so that their arrows do not cross? That
is a hard problem, and Graphviz has solved it. We only have to say
which boxes there are and which arrows, in a language called DOT:

    digraph g {            a directed graph, called g
    x                      a node
    x [label="x", color=orange, style=filled]
    x -> f                 an edge
    }

A line is one statement. Nodes are called by names; what is drawn
inside them is their label. Attributes stand in brackets: color,
style=filled, shape=box. The order does not matter to the picture.

A computation has two kinds of nodes. Here Variables are orange
ellipses and Functions blue boxes, and an arrow leads from what is
needed to what needs it:

    x ---> [Square] ---> y

A label may hold any text, a quote too. Within DOT's quotes it has
to be written \\", and a backslash \\\\; else the text ends early and
Graphviz stops at a line that makes no sense.

The picture is drawn by render_dot of dezero/render.py: by the
program `dot` where that is installed, and otherwise by the engine
that came along with `pip install -e .`; PNG, SVG or PDF by the
end of the file name.

Writing DOT by hand is quickly tiresome, and wrong as soon as the
formula changes. But the graph is there already: every Variable
knows its creator. Step 26 lets it write its own DOT.

Exercise: draw y = (x0 + x1)**2 by hand. Then give the result the
label y "squared": which lines of the DOT text change?

Output:
    digraph g {
    x [label="x", color=orange, style=filled]
    y [label="y = \\"x squared\\"", color=orange, style=filled]
    f [label="Square", color=lightblue, style=filled, shape=box]
    x -> f
    f -> y
    }
    figures/step25_by_hand.png
"""

from pathlib import Path

from dezero.graph import render_dot

FIGURES = Path(__file__).resolve().parents[1] / "figures"


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


def edge(tail, head):
    """Return the line of an arrow from tail to head."""
    return f"{tail} -> {head}"


def digraph(lines):
    """Return the whole DOT text."""
    return "\n".join(["digraph g {", *lines, "}"])


if __name__ == "__main__":
    text = digraph(
        [
            variable("x", "x"),
            variable("y", 'y = "x squared"'),
            function("f", "Square"),
            edge("x", "f"),
            edge("f", "y"),
        ]
    )
    print(text)

    FIGURES.mkdir(exist_ok=True)
    path = FIGURES / "step25_by_hand.png"
    render_dot(text, path)
    print(path.relative_to(FIGURES.parent).as_posix())
