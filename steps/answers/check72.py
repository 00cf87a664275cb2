"""Check of the exercise of step 72: what a static graph refuses."""

import numpy as np

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

START = '''
from step72 import learn, placeholder

# The placeholders x (100, 1) and W2 (10, 1): is their sum refused
# "when it is built" or "when it runs"?
refused = None


def steps(times):
    """Return a function like learn that takes so many steps in a row:
    it returns the last loss, and the weights."""
    raise NotImplementedError("your turn")


# How many calls are 100 steps, before any pass? One step has 43.
calls_of_100 = None


def learn_twice(*arrays):
    """Compute learn(*arrays) two times; return the second result."""
    raise NotImplementedError("your turn")


# learn leaves 39 Nodes after fold, merge and prune. And learn_twice?
left_of_twice = None
'''

SHAPES = {"x": (20, 1), "t": (20, 1), "W1": (1, 3)}
SHAPES |= {"b1": (3,), "W2": (3, 1), "b2": (1,)}


def follow(f):
    """Return the graph of f."""
    Node.tape.clear()
    inputs = [placeholder(shape, name=n) for n, shape in SHAPES.items()]
    return Graph(Node.tape, f(*inputs))


def check(mine):
    """Yield (what, expected, got)."""
    yield "x + W2 is refused", "when it is built", mine.refused
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape) for shape in SHAPES.values()]
    x, t, *weights = arrays
    for _ in range(3):
        loss, *weights = learn(x, t, *weights)
    found = mine.steps(3)(*arrays)
    yield "the loss of 3 steps", float(loss), float(found[0])
    yield "b2 after 3 steps", weights[3], found[4]
    graph = follow(mine.steps(3))
    run, _ = compile(fuse(prune(merge(fold(graph)))))
    yield (
        "the same, compiled: the loss",
        float(loss),
        float(run(*arrays)[0]),
    )
    calls = len(graph.nodes) - len(SHAPES)
    yield "calls of 3 steps", 3 * 43, calls
    yield "calls of 100 steps", 4300, mine.calls_of_100
    twice = follow(mine.learn_twice)
    calls = len(twice.nodes) - len(SHAPES)
    yield "calls of learn_twice", 2 * 43, calls
    yield "Nodes left of learn_twice", 39, mine.left_of_twice
