r"""Answer to the exercise of step 25.

Four Variables and two Functions: Add has two arrows that lead to
it. Only the line of y changes when y gets another label. Each
quote of the label is written with a backslash before it, so that
it does not end the label.

Output:
    digraph g {
    x0 [label="x0", color=orange, style=filled]
    x1 [label="x1", color=orange, style=filled]
    s [label="x0 + x1", color=orange, style=filled]
    y [label="y", color=orange, style=filled]
    A [label="Add", color=lightblue, style=filled, shape=box]
    B [label="Square", color=lightblue, style=filled, shape=box]
    x0 -> A -> s -> B -> y
    x1 -> A
    }
    the line of y with the new label:
    y [label="y = \"big\"", color=orange, style=filled]
"""

from step25 import digraph, edge, function, variable


def graph():
    """Return the DOT text of y = (x0 + x1)**2."""
    lines = [
        variable("x0", "x0"),
        variable("x1", "x1"),
        variable("s", "x0 + x1"),
        variable("y", "y"),
        function("A", "Add"),
        function("B", "Square"),
        edge("x0", "A", "s", "B", "y"),
        edge("x1", "A"),
    ]
    return digraph(lines)


def big():
    """Return the line of y, its label with quotes."""
    return variable("y", 'y = "big"')


if __name__ == "__main__":
    print(graph())
    print("the line of y with the new label:")
    print(big())
