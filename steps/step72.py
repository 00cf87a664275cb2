"""Step 72. A static graph: look at all of it before it runs.

Since step 7 the graph has grown while the program ran, and each run
made a new one. What could we save if we had the graph before there
are any numbers? Then it is a *static graph*: built once, improved,
and run many times. In Theano (Bergstra and others, 2010) and the
first TensorFlow, you wrote such a graph call by call. JAX and
torch.compile follow a plain program once, and so do we.

Our Functions leave the computing to arrays: x.dot(W), np.tanh(x).
So we hand them a Node. It looks like an array but does not compute:
it records the call, and returns a Node for the result. The first Nodes
are *placeholders*, promises of arrays: they have a shape and a
dtype, and their numbers come with each run. Backward consists of
such calls, too, so the gradients get into the list as well:

    x, t, W1, b1, W2, b2
         |  learn: forward, backward, update
    a list of Nodes: calls of NumPy
         |  fold, merge, prune, fuse
    a shorter list
         |  compile
    the text of one Python function

The output counts the Nodes at first, and after each of the four
passes. The function that compile makes needs no Variables and sorts
no Functions. For arrays as small as these it takes about a third of
the time. For large arrays NumPy's own work takes most of the time,
and little is gained.

What do we lose? A Node has no number, so if, while and float() of a
result are refused. A loop is written out as often as it runs. Other
shapes need another graph, and an error in a run names a line that
nobody wrote. So we work with the dynamic graph, and compile what is
finished. dezero.static does that for any function of Variables.

Exercise: add the placeholders of x and W2. What is refused, and
when? How many calls do 100 steps of learn in a row become? And how
many does merge leave if learn computes everything twice?

In the package: dezero/static/graph.py, Graph

Output:
    fold, merge, prune, fuse: [49, 45, 42, 39, 31]
    the new b2: v30 = add(b2, multiply(c19, v17))
    learn, 300 times: 0.884383; once ~82 us
    run, 300 times: 0.884383; once ~26 us
    figures/step72_before.png
    figures/step72_after.png
"""

import operator
from collections import Counter
from functools import partial
from pathlib import Path
from timeit import repeat

import numpy as np

import dezero.functions as F
from dezero import as_variable, static
from dezero.graph import render_dot


# Our engine asks isinstance(x, np.ndarray), and isinstance looks at
# x.__class__, too: there a Node says that it is an array. The engine
# also looks at base, flags and T.
#
# If NumPy is called with a Node, it passes the call on to the Node:
# np.tanh(x) and all other element-wise functions (NumPy calls them
# ufuncs) to __array_ufunc__, and functions such as np.transpose(x) to
# __array_function__. NumPy's class NDArrayOperatorsMixin turns x + y
# into np.add(x, y). __getattr__, which Python calls when a name is
# missing, turns x.sum(axis=0) into np.sum(x, axis=0).
#
# The mixin also turns x == y into a call. We go back to the __eq__ and
# __hash__ of object, so that a Node can be the key of a dict.
# (isinstance(x, Node) is true as well: it checks type(x) first.)
# A Node has no numbers, so bool(x), float(x) and np.array(x) all end
# in the same error.
class Node(np.lib.mixins.NDArrayOperatorsMixin):
    """A call to be made, or a placeholder; it has no numbers.

    function  what to call; None for a placeholder
    args, kw  its arguments: Nodes, and plain values
    inputs    the Nodes among them
    label     what a placeholder is called
    key       equal for two Nodes that have the same result
    like      an array of the result's shape and dtype
    """

    tape = []  # all Nodes, in the order in which they were made
    __class__ = property(lambda self: np.ndarray)
    __eq__, __hash__ = object.__eq__, object.__hash__
    base, flags, T = None, np.empty(0).flags, property(np.transpose)
    body, is_constant = (), False  # for the drawing

    # What shape does the result have? NumPy knows: we try the call on
    # ones, so shapes that do not fit are refused at once. *source
    # begins with the shape and the dtype of a placeholder; the rest is
    # not used. In the key, Nodes and arrays count as objects, each
    # with its own id, and all other arguments as text.
    def __init__(self, function, args, kw, *source, label=None):
        self.function, self.args, self.kw = function, args, kw
        self.inputs = [x for x in args if isinstance(x, Node)]
        self.stays, self.label = function is None, label
        self.name = label or getattr(function, "__name__", "input")
        key = [id(x) if hasattr(x, "dtype") else repr(x) for x in args]
        self.key = function, label, repr(kw), *key
        ones = [x.like if isinstance(x, Node) else x for x in args]
        y = self.like = (function or np.ones)(*ones, *source[:2], **kw)
        self.shape, self.ndim, self.dtype = y.shape, y.ndim, y.dtype
        Node.tape.append(self)

    def __array_ufunc__(self, ufunc, method, *args):
        return Node(ufunc, args, {})

    def __array_function__(self, function, types, args, kw):
        return Node(function, args, kw)

    def __getattr__(self, name):
        return partial(getattr(np, name), self)

    def __getitem__(self, index):
        return Node(operator.getitem, (self, index), {})

    def __bool__(self, *_):
        raise TypeError(f"{self} has no number yet (see step 72)")

    __array__ = __float__ = __bool__

    def __repr__(self):
        return f"{self.name} {self.shape} {self.dtype}"

    def on(self, new):
        """Return the same call with new[x] for each Node x."""
        args = [new[x] if isinstance(x, Node) else x for x in self.args]
        return Node(self.function, args, self.kw) if args else self


def placeholder(shape, dtype=np.float64, name=None):
    """Return the promise of an array that comes with each run."""
    return Node(None, (), {}, shape, dtype, "placeholder", label=name)


# A graph is a list of Nodes, each after its inputs. A pass makes a new
# list: rebuild gives each Node its new inputs, and change returns the
# Node that replaces it. (nodes is a dict because its keys stay in
# order, and none is there twice.)
class Graph:
    """Nodes in the order of computation, and the results."""

    def __init__(self, nodes, outputs):
        self.nodes = list(nodes)
        self.outputs = list(outputs)

    def rebuild(self, change):
        """Return the graph with change(node) for every Node."""
        new, nodes = {}, {}
        for node in self.nodes:
            new[node] = changed = change(node.on(new))
            nodes.update(dict.fromkeys([*changed.inputs, changed]))
        return Graph(nodes, [new[y] for y in self.outputs])


# A call need not wait for a run if there is no Node among its
# arguments, or if it only looks at the shape of one. We have its result
# already: it is node.like. This is called *constant folding*.
def fold(graph):
    """Compute what depends on plain values or on shapes alone."""
    new = {}
    for node in graph.nodes:
        new[node] = call = node.on(new)
        known = not call.inputs or call.function is np.ones_like
        if known and not call.stays:
            new[node] = call.like
    nodes = [x for x in new.values() if isinstance(x, Node)]
    return Graph(nodes, [new[y] for y in graph.outputs])


# Backward of error * error sends the same slope to both factors, and
# computes it twice. Making equal calls only once is called *common
# subexpression elimination*. known.setdefault(key, node) returns what
# the dict has for this key; if it has nothing, it stores node, and
# returns it.
def merge(graph):
    """Keep one Node of all that make the same call."""
    known = {}

    def change(node):
        return known.setdefault(node.key, node)

    return graph.rebuild(change)


# No result uses the slopes of x and t, so we leave out the calls that
# compute them: *dead-code elimination*. We go from the end to the
# start: if a Node is needed, so are its inputs. Placeholders stay,
# because they are the arguments of each run.
def prune(graph):
    """Leave out every call that no result needs."""
    needed = set(graph.outputs)
    for node in reversed(graph.nodes):
        if node in needed or node.stays:
            needed.update([node, *node.inputs])
    return Graph([x for x in graph.nodes if x in needed], graph.outputs)


# If the result of an element-wise call is used only once, by another
# such call of the same shape, it needs neither a line nor a name:
# compile writes the call into the line that uses it. On a GPU, where
# each line is a program of its own (a kernel), this is *kernel fusion*.
# The package's fuse also needs no array in between.
def fuse(graph):
    """Write an element-wise call into the only one that uses it."""
    uses, nodes = Counter(graph.outputs), list(graph.nodes)
    uses.update(x for node in graph.nodes for x in node.inputs)
    for node in graph.nodes:
        for x in node.inputs:
            both = type(x.function) is type(node.function) is np.ufunc
            if both and uses[x] == 1 and x.shape == node.shape:
                nodes.remove(x)
    return Graph(nodes, graph.outputs)


# text(x) returns how x is written in the program. A value becomes c0,
# c1, ...; a Node with a line of its own becomes the name of its result,
# v0, v1, ...; and any other Node becomes a call. exec runs the program,
# with the names in the dict space, and stores there what the program
# defines: our function run. We wrote this program ourselves. exec of
# somebody else's program would run whatever is in it.
def compile(graph):
    """Return the graph as a Python function, and its lines."""
    names, space, lines = {}, {}, []

    def text(x):
        if not isinstance(x, Node):
            space[f"c{len(space)}"] = x
            return f"c{len(space) - 1}"
        if x in names:
            return names[x]
        args = [text(arg) for arg in x.args]
        args += [f"{key}={value}" for key, value in x.kw.items()]
        space[x.name] = x.function
        return f"{x.name}({', '.join(args)})"

    for x in graph.nodes:
        if not x.stays:
            lines.append(f"v{len(names)} = {text(x)}")
        names[x] = x.label or f"v{len(names)}"
    inputs = ", ".join(x.label for x in graph.nodes if x.stays)
    results = ", ".join(map(text, graph.outputs))
    lines = [f"def run({inputs}):", *lines, f"return {results}"]
    exec("\n    ".join(lines), space)
    return space["run"], lines


# One step of step 43's training, as a function of everything it uses.
# It changes nothing; it returns the new weights.
def learn(*arrays):
    """Return the loss, and the weights after a step of descent."""
    x, t, W1, b1, W2, b2 = xs = [as_variable(x) for x in arrays]
    error = F.tanh(F.matmul(x, W1) + b1) @ W2 + b2 - t
    loss = (error * error).sum() / x.shape[0]
    loss.backward(gradient=np.ones_like(loss.data))
    return loss.data, *(w.data + -0.1 * w.grad.data for w in xs[2:])


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


def seconds(times, f, *args):
    """Return the shortest time that f(*args) took."""
    return min(repeat(lambda: f(*args), number=1, repeat=times))


if __name__ == "__main__":
    names, rng = "x t W1 b1 W2 b2".split(), np.random.default_rng(0)
    shapes = (100, 1), (100, 1), (1, 10), (10,), (10, 1), (1,)
    arrays = [rng.normal(size=shape) for shape in shapes]
    inputs = [placeholder(s, name=n) for s, n in zip(shapes, names)]
    graphs = [Graph(Node.tape, learn(*inputs))]
    for improve in fold, merge, prune, fuse:
        graphs.append(improve(graphs[-1]))
    print("fold, merge, prune, fuse:", [len(g.nodes) for g in graphs])
    run, lines = compile(graphs[-1])
    print("the new b2:", lines[-2])
    for f in learn, run:
        state, us = list(arrays), 1e6 * seconds(999, f, *arrays)
        for _ in range(300):
            loss, *state[2:] = f(*state)
        print(f"{f.__name__}, 300 times: {loss:.6f}; once ~{us:.0f} us")
    FIGURES.mkdir(exist_ok=True)
    for name, i in ("step72_before.png", 0), ("step72_after.png", 3):
        render_dot(static.Graph.to_dot(graphs[i]), FIGURES / name)
        print(f"figures/{name}")
