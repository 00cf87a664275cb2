"""Answer to the exercise of step 72.

x + W2 is refused while the graph is built, in the line that adds:
NumPy is asked for the shape at once, before there are any arrays.

A loop is written out as often as it runs: 100 steps of learn are
100 times as many calls. After the passes there are fewer than
100 times as many lines. Only the last loss is a result, so prune
leaves the 99 others out. And all steps transpose the same x, so merge
keeps only one of these calls.

If learn computes everything twice, merge finds that each call of the
second time equals one of the first. What remains is the graph of one
learn.

Output:
    operands could not be broadcast together
      1 step:  43 calls, then 25 lines
    100 steps: 4300 calls, then 1906 lines
    loss once:  39 Nodes are left
    loss twice: 39 Nodes are left
"""

from step72 import (
    Graph,
    Node,
    compile,
    fold,
    fuse,
    learn,
    merge,
    placeholder,
    prune,
)

refused = "when it is built"  # the sum of x and W2
calls_of_100 = 4300  # steps in a row
left_of_twice = 39  # Nodes, after merge
SHAPES = {"x": (100, 1), "t": (100, 1), "W1": (1, 10)}
SHAPES |= {"b1": (10,), "W2": (10, 1), "b2": (1,)}


def follow(f):
    """Return the graph of f."""
    Node.tape.clear()
    inputs = [placeholder(shape, name=n) for n, shape in SHAPES.items()]
    return Graph(Node.tape, f(*inputs))


def improved(graph):
    """Return the graph after all passes but fuse."""
    return prune(merge(fold(graph)))


def steps(times):
    """Return a function that takes this many steps of learn."""

    def f(x, t, *weights):
        for _ in range(times):
            loss, *weights = learn(x, t, *weights)
        return loss, *weights

    return f


def learn_twice(*arrays):
    """Take the same step twice, from the same weights."""
    learn(*arrays)
    return learn(*arrays)


if __name__ == "__main__":
    x, W2 = placeholder((100, 1)), placeholder((10, 1))
    try:
        x + W2
    except ValueError as error:
        print(str(error).partition(" with")[0])

    for times, text in (1, "  1 step: "), (100, "100 steps:"):
        graph = follow(steps(times))
        calls = len(graph.nodes) - len(SHAPES)
        _, lines = compile(fuse(improved(graph)))
        print(text, calls, "calls, then", len(lines) - 2, "lines")

    for f, text in (learn, "once: "), (learn_twice, "twice:"):
        count = len(improved(follow(f)).nodes)
        print("loss", text, count, "Nodes are left")
