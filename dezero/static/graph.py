"""Node and Graph: calls that are to be made, in an order in which they can be made.

A Node is a call and has no numbers: it knows what to call and on which Nodes. Sources
are Nodes as well, with no function: placeholders, Variables and arrays from outside,
which are read in every run, and constants.
"""

import copy

import numpy as np

from dezero.graph import _escape
from dezero.guards import check_callable, refusal


class Node:
    """One call of a function on arrays, or where an array comes from.

    function    what is called; None for a source
    args        its arguments: Nodes, also in tuples and slices, and plain values
    kwargs      {name: plain value}
    shape       the result's; None for several results
    dtype       likewise
    value       the array of a constant, the Variable of a variable
    name        "placeholder", "variable", "array" or "constant", or the function's
    label       what a placeholder or variable is called
    body        the Nodes that were fused into this one, the last of them the result
    pure        whether it only returns a result, which depends on the arguments alone
    """

    def __init__(self, function, args=(), kwargs=None, shape=None, dtype=None, **rest):
        if not callable(function) and not (function is None and rest.get("name")):
            expected = "a function, or None and a name"
            raise TypeError(refusal("Node", "function", expected, function, 72))
        if not rest.keys() <= {"value", "name", "label", "body", "pure"}:
            raise TypeError(f"Node: unknown arguments, got {', '.join(rest)}")
        self.function, self.args = function, args
        self.kwargs = {} if kwargs is None else kwargs
        self.shape, self.dtype = shape, dtype
        self.name = rest.get("name") or getattr(function, "__name__", repr(function))
        self.value, self.label = rest.get("value"), rest.get("label")
        self.body, self.pure = rest.get("body", ()), rest.get("pure", True)
        self.inputs = list(leaves(args, Node))

    @property
    def size(self):
        """Number of elements."""
        return int(np.prod(self.shape)) if self.shape is not None else 0

    @property
    def is_constant(self):
        """Whether the value is known."""
        return self.name == "constant"

    @property
    def is_elementwise(self):
        """Whether each number of the result comes from one number of every input."""
        return isinstance(self.function, np.ufunc) and self.function.signature is None

    @property
    def stays(self):
        """Whether it does more than return a result."""
        return getattr(self.function, "has_effects", False)

    @property
    def key(self):
        """What is equal for two Nodes that will always have the same result."""
        if self.is_constant:
            return self.shape, self.dtype, self.value.tobytes()
        if self.function is None or not self.pure:
            return self
        return self.function, _key(self.args), _key(tuple(self.kwargs.items()))

    def on(self, args):
        """Return the same call on other arguments; self where these are its own."""
        if all(a is b for a, b in zip(leaves(args, Node), self.inputs)):
            return self
        new = copy.copy(self)
        new.args, new.inputs = args, list(leaves(args, Node))
        return new

    def compute(self, arrays):
        """Return what the function returns, given the arrays of the inputs."""
        arrays = iter(arrays)
        args = mapped(self.args, lambda x: next(arrays), Node)
        with np.errstate(all="ignore"):
            return self.function(*args, **self.kwargs)

    def __repr__(self):
        label = f" {self.label}" if self.label else ""
        return f"<{self.name}{label}: {self.shape} {self.dtype}>"


class Graph:
    """Nodes in an order in which they can be computed, and the results among them."""

    def __init__(self, nodes, outputs):
        self.nodes = listed("Graph", "nodes", nodes, Node)
        self.outputs = listed("Graph", "outputs", outputs, Node)

    def __len__(self):
        """Number of calls: Nodes that compute, sources not counted."""
        return sum(node.function is not None for node in self.nodes)

    def rebuild(self, change):
        """Return the graph with change(node) in place of every node.

        change gets each node with its new inputs already in place.
        """
        check_callable("Graph.rebuild", change, 72)
        new, nodes = {}, {}
        for node in self.nodes:
            args = mapped(node.args, new.__getitem__, Node)
            new[node] = changed = change(node.on(args))
            for one in (*changed.inputs, changed):  # an input may be a new constant
                nodes[one] = None  # a dict: in order, each once
        return Graph(nodes, [new[y] for y in self.outputs])

    def users(self):
        """Return {node: the nodes that use its result}."""
        users = {node: [] for node in self.nodes}
        for node in self.nodes:
            for x in node.inputs:
                users[x].append(node)
        return users

    def to_dot(self):
        """Return the graph as DOT text: boxes compute, ellipses are sources.

        Results have a double rim. For graph.render_dot, see step 25.
        """
        number = {node: i for i, node in enumerate(self.nodes)}
        text = ""
        for node, i in number.items():
            label, look = node.label or node.name, "color=orange, style=filled"
            if node.function is not None:
                color = "palegreen" if node.body else "lightblue"
                look = f"color={color}, style=filled, shape=box"
            elif node.is_constant:
                look = "color=lightgray, style=filled"
                if node.value.size == 1:
                    label = f"{node.value.reshape(-1)[0]:.4g}"
            if node in self.outputs:
                look += ", peripheries=2"
            kind = f"{node.shape} {node.dtype}" if node.shape is not None else ""
            label = _escape(f"{label}\n{kind}")
            text += f'n{i} [label="{label}", {look}]\n'
            text += "".join(f"n{number[x]} -> n{i}\n" for x in node.inputs)
        return "digraph g {\n" + text + "}"


def constant(value):
    """Return the Node of an array whose numbers are known."""
    value = np.asarray(value)
    kind = {"shape": value.shape, "dtype": value.dtype}
    return Node(None, **kind, value=value, name="constant")


def alike(x, y):
    """Return whether the results of two Nodes have the same shape and dtype."""
    return (x.shape, x.dtype) == (y.shape, y.dtype)


# --- arguments: tuples, lists and slices, one in another ---


def leaves(tree, kind):
    """Yield the objects of a kind in nested tuples, lists and slices."""
    if type(tree) is kind:
        yield tree
    elif isinstance(tree, (tuple, list)):
        for part in tree:
            yield from leaves(part, kind)
    elif isinstance(tree, slice):
        yield from leaves((tree.start, tree.stop, tree.step), kind)


def mapped(tree, change, kind=object):
    """Return nested tuples, lists and slices with change(x) for x of a kind."""
    if type(tree) in (tuple, list):
        return type(tree)(mapped(part, change, kind) for part in tree)
    if isinstance(tree, slice):
        return slice(*mapped((tree.start, tree.stop, tree.step), change, kind))
    return change(tree) if kind is object or type(tree) is kind else tree


def _key(tree):
    """Return nested arguments as something that can be a key.

    With their types: 1, 1.0 and True are equal, and not the same argument.
    """
    if isinstance(tree, (tuple, list)):
        return (type(tree).__name__, *map(_key, tree))
    if isinstance(tree, slice):
        return ("slice", *map(_key, (tree.start, tree.stop, tree.step)))
    try:
        hash(tree)
    except TypeError:
        return id(tree)
    return type(tree), tree


# --- what is handed in by mistake ---


def listed(who, name, things, kind):
    """Return things as a list; raise TypeError unless all are of that kind."""
    alone = isinstance(things, kind) or not hasattr(things, "__iter__")
    things = [things] if alone or getattr(things, "ndim", 1) == 0 else list(things)
    for thing in things:
        if not isinstance(thing, kind):
            raise TypeError(refusal(who, name, f"{kind.__name__}s", thing, 72))
    return things


def check_graph(who, graph):
    """Raise TypeError unless it is one."""
    if not isinstance(graph, Graph):
        raise TypeError(refusal(who, "graph", "a Graph, program.before", graph, 72))
