"""Step 72. A static graph: look at all of it before it runs.

Here the graph grew while the program ran, and each run made a new
one: define-by-run, since step 7. Before that was usual, in Theano
and TensorFlow 1, one wrote the graph first, of placeholders, which
have a shape and a dtype and no numbers. Then it ran, many times.
JAX and torch.compile got back there another way: one writes plain
code, and a tracer follows it once. This step does so, with all that
we have built.

Our Functions only ask arrays to compute: x.dot(W), np.tanh(x). So we
pass them something that is no array and does not compute. A Node
notes the call, and returns a Node for its result:

    x, t, W1, ...          learn, the loop of step 43
       |                     forward, then loss.backward(),
       |                     then the new weights
    Nodes on a tape        all of it, as calls of NumPy

The gradients come for free: backward is made of the same calls. Will
the shapes fit? Each call is made once for arrays of ones: NumPy
knows its own rules best, and an error names the call and its Nodes
before any data is there.

Then, with all of it in view, we can improve it:

    fold    what is made of constants is a constant: 1 / 100
    merge   equal calls on equal Nodes are one: error * error sends
            the same slope back to each of its factors
    prune   what no result needs is left out: the slopes of x and t,
            and what fold and merge leave behind
    fuse    a * b + c is one Node: no name, no array to keep

What is left we write out, as one Python function, line by line, to
be run by exec. (Text of our own: exec of somebody else's text would
run whatever stands in it.) The pictures show the graph that
dezero.static makes of learn: look for each of the four in the first
(weights0 is W1, weights1 is b1), for green boxes in the second.

No Variables, no Functions, no sorting by
generation, in every run: that was most of the time, for arrays this
small. For large ones NumPy's own work is, and only fusing helps,
where a chain goes through them in pieces that stay in the cache, as
in the package.

What is lost: a Node has no number. So if, while and float() of a
result are refused, and print shows a Node, once. It has no memory
to change: ours refuses +=, too. A loop is written out as often as it
runs. Other shapes need another graph. And an error in a run names a
line that nobody wrote. So we build with the dynamic graph, and
compile what is done.

dezero.static does the same for any function of Variables. It reads
parameters in every run, so that optimizers work. A Function that no
Node can follow, one that draws random numbers or writes into arrays,
stays whole, as one call forward and one back.

This was the last step. A box for a number came first. It learned
what it came from (7), went back in the right order (16), and took
operators (20); then backward itself could be differentiated (32).
Layers, optimizers and data made it a framework (44-51), images and
time were more Functions (57, 60), and other frameworks have turned
out to be other answers to the same few questions: what remembers
the graph, when, and who goes back through it. In these 72 steps
nothing was hidden from you. What will you build?

Exercise: let fold leave out products with 1, too. Then count how
many lines a loop of 100 steps of learn becomes, and what merge finds
if learn computes the loss once more.

Output:
    add of (x (100, 1) float64, W2 (10, 1) float64)
    Nodes; fold, merge, fuse: [42, 40, 39, 31]
    the new b2: v30 = add(b2, multiply(c19, v17))
    learn 300 times, then the loss is 0.884383
    run   300 times, then the loss is 0.884383
    once: learn ~82 us, run ~28 us
    figures/step72_before.png
    figures/step72_after.png
"""

import operator
import pickle
from collections import Counter, namedtuple
from functools import partial
from pathlib import Path
from timeit import repeat

import numpy as np

import dezero.functions as F
from dezero import as_variable, static
from dezero.graph import render_dot

# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


# --- new in this step ---
class Node(np.lib.mixins.NDArrayOperatorsMixin):
    """A call to be made: shape and dtype of its result, no numbers.

    function  what to call
    args      its arguments, Nodes and plain values; kw as well
    inputs    the Nodes among them
    name      of a placeholder, which stays; None for a call
    title     that, or the name of the function
    like      what ones give: an array of the right shape and dtype
    tape      the list of all Nodes, in the order they were made
    key       equal for Nodes that have the same result
    """

    __class__ = property(lambda self: np.ndarray)  # it passes for one
    __eq__, __hash__ = object.__eq__, object.__hash__
    base, flags = None, np.empty(0).flags  # backward asks for these
    T = property(np.transpose)

    def __init__(self, tape, function, args, kw=(), name=None):
        self.tape, self.function, self.args = tape, function, args
        self.kw, self.name, self.stays = dict(kw), name, bool(name)
        title = self.title = name or function.__name__
        self.inputs = [x for x in args if type(x) is Node]
        kind = name, function, [type(x) is Node or x for x in args], kw
        self.key = pickle.dumps(kind), *self.inputs
        ones = [x.like if type(x) is Node else x for x in args]
        try:
            y = self.like = np.asarray(function(*ones, **self.kw))
        except (TypeError, ValueError) as error:
            raise type(error)(f"{title} of {args}: {error}") from error
        vars(self).update(shape=y.shape, ndim=y.ndim, dtype=y.dtype)
        tape.append(self)

    def __array_ufunc__(self, ufunc, method, *args):
        return Node(self.tape, ufunc, args)

    def __array_function__(self, function, types, args, kw):
        return Node(self.tape, function, args, kw)

    def __getattr__(self, name):  # x.sum(axis=0) is np.sum(x, axis=0)
        return partial(getattr(np, name), self)

    def __getitem__(self, index):
        return Node(self.tape, operator.getitem, (self, index))

    def __bool__(self, *_):
        raise TypeError(f"{self} has no number yet (see step 72)")

    __array__ = __float__ = __bool__

    def __repr__(self):
        return f"{self.title} {self.shape} {self.dtype}"


def placeholder(tape, name, shape, dtype=np.float64):
    """Return a Node for an array that will come with each run."""
    return Node(tape, np.ones, (shape, dtype), name=name)


class Graph(namedtuple("Graph", "nodes outputs")):
    """Nodes in an order to compute them in, and the results."""

    def rebuild(self, change):
        """Return the graph with change(node) for every Node."""
        new, tape = {}, []
        for x in self.nodes:
            args = [new[a] if type(a) is Node else a for a in x.args]
            new[x] = change(Node(tape, x.function, args, x.kw, x.name))
        return prune(Graph(tape, [new[y] for y in self.outputs]))


def fold(graph):
    """Compute what depends on constants alone, or on a shape."""

    def change(node):
        known = not node.inputs or node.function is np.ones_like
        return node.like if known and not node.name else node

    return graph.rebuild(change)


def merge(graph):
    """Make one Node of those that call the same on the same."""
    known = {}

    def change(node):
        return known.setdefault(node.key, node)

    return graph.rebuild(change)


def prune(graph):
    """Leave out every call that no result needs."""
    needed = set(graph.outputs)
    for node in reversed(graph.nodes):
        if node in needed or node.stays:
            needed.update([node, *node.inputs])
    return Graph([x for x in graph.nodes if x in needed], graph.outputs)


def fuse(graph):
    """Write an element-wise call into the only one that uses it."""
    uses = Counter(sum([x.inputs for x in graph.nodes], graph.outputs))
    simple = [x for x in graph.nodes if type(x.function) is np.ufunc]
    nodes = list(graph.nodes)
    for node in simple:
        for x in node.inputs:
            if x in simple and uses[x] == 1 and x.shape == node.shape:
                nodes.remove(x)
    return Graph(nodes, graph.outputs)


def compile(graph):
    """Return the graph as a Python function, and as its text."""
    names, space, lines = {}, {}, []

    def text(x):
        if type(x) is not Node:
            space[f"c{len(space)}"] = x
            return f"c{len(space) - 1}"
        if x in names:
            return names[x]
        args = [text(arg) for arg in x.args]
        args += [f"{key}={value}" for key, value in x.kw.items()]
        space[x.title] = x.function
        return f"{x.title}({', '.join(args)})"

    for x in graph.nodes:
        if not x.name:
            lines.append(f"v{len(names)} = {text(x)}")
        names[x] = x.name or f"v{len(names)}"
    inputs = ", ".join(x.name for x in graph.nodes if x.name)
    results = ", ".join(map(text, graph.outputs))
    lines = [f"def run({inputs}):", *lines, f"return {results}"]
    exec("\n    ".join(lines), space)
    return space["run"], lines


# --- carried over ---
def seconds(times, f, *args):
    """Return the shortest time that f(*args) took."""
    return min(repeat(lambda: f(*args), number=1, repeat=times))


# --- new in this step ---
def learn(x, t, *weights):
    """Return the loss, and weights that are a step further down."""
    W1, b1, W2, b2 = weights = [as_variable(w) for w in weights]
    error = F.tanh(F.matmul(x, W1) + b1) @ W2 + b2 - t
    loss = (error * error).sum() / x.shape[0]
    loss.backward()
    return loss.data, *(w.data + -0.1 * w.grad.data for w in weights)


if __name__ == "__main__":
    shapes = {"x": (100, 1), "t": (100, 1), "W1": (1, 10)}
    shapes |= {"b1": (10,), "W2": (10, 1), "b2": (1,)}
    rng, tape = np.random.default_rng(0), []
    arrays = [rng.normal(size=shape) for shape in shapes.values()]
    inputs = [placeholder(tape, *item) for item in shapes.items()]
    try:
        inputs[0] + inputs[4]
    except ValueError as error:
        print(str(error).partition(": ")[0])

    graphs = [Graph(tape, learn(*inputs))]
    for improve in fold, merge, fuse:
        graphs.append(improve(graphs[-1]))
    print("Nodes; fold, merge, fuse:", [len(g.nodes) for g in graphs])
    run, lines = compile(graphs[-1])
    print("the new b2:", lines[-2])

    for f in learn, run:
        state = list(arrays)
        for _ in range(300):
            loss, *state[2:] = f(*state)
        print(f"{f.__name__:5} 300 times, then the loss is {loss:.6f}")
    us = [1e6 * seconds(999, f, *arrays) for f in (learn, run)]
    print("once: learn ~{:.0f} us, run ~{:.0f} us".format(*us))

    FIGURES.mkdir(exist_ok=True)
    for name in "before", "after":
        graph = getattr(static.compile(learn, *arrays), name)
        render_dot(graph.to_dot(), FIGURES / f"step72_{name}.png")
        print(f"figures/step72_{name}.png")
