"""Check of the exercise of step 25: a graph in DOT, by hand."""

START = '''
from step25 import digraph, edge, function, variable


def graph():
    """Return the DOT text of y = (x0 + x1)**2."""
    raise NotImplementedError("your turn")


def big():
    """Return the line of y, with the label y = "big"."""
    raise NotImplementedError("your turn")


if __name__ == "__main__":
    print(graph())
    print(big())
'''


def check(mine):
    """Yield (what, expected, got)."""
    text = mine.graph()
    lines = text.splitlines()
    yield (
        "the first and the last line",
        ["digraph g {", "}"],
        [lines[0], lines[-1]],
    )
    boxes = [line for line in lines if "shape=box" in line]
    names = sorted(
        line.split('label="')[1].split('"')[0] for line in boxes
    )
    yield "the labels of the blue boxes", ["Add", "Square"], names
    yield "orange ellipses", 4, text.count("color=orange")
    yield "arrows", 5, text.count("->")
    label = r'label="y = \"big\""'
    yield f"the line of y has {label}", True, label in mine.big()
