"""Node and Graph: the recorded calls, in an order in which they can be computed.

A Node has no numbers: it stores which function to call, and on which Nodes. Sources are
Nodes without a function: placeholders, Variables and arrays from outside, which are
read in every run, and constants.
"""

import copy

import numpy as np

from dezero.graph import _escape
from dezero.guards import check_callable, refusal


class Node:
    """One call of a function on arrays, or a source of an array.

    function    the function to call; None for a source. Its attributes pure = False and
                stays = True mark a call that does more than return a result
    args        the arguments: Nodes, also in tuples and lists, and plain values
    kwargs      {name: plain value}
    shape       shape of the result; None for several results
    dtype       dtype of the result; None for several results
    name        "placeholder", "variable", "array" or "constant", or the function's name
    value       the array of a constant, the Variable of a variable
    label       the name of a placeholder or a variable, for messages and drawings
    inputs      the Nodes among the arguments
    pure        whether this is a call whose result depends on the arguments alone
    stays       whether prune keeps the Node even if no result needs it
    body        the Nodes that were fused into this one; the last one is the result
    is_fresh    whether the result has its own memory and is no view of an input
    """

    value = label = None
    body, is_fresh = (), False

    def __init__(self, function, args=(), kwargs=None, shape=None, dtype=None, name=""):
        if not callable(function) and not (function is None and name):
            expected = "a function, or None and a name"
            raise TypeError(refusal("Node", "function", expected, function, 72))
        self.function, self.args = function, args
        self.kwargs = {} if kwargs is None else kwargs
        self.shape, self.dtype = shape, dtype
        self.name = name or getattr(function, "__name__", str(function))
        self.inputs = leaves(args, Node)
        self.pure = getattr(function, "pure", function is not None)
        self.stays = getattr(function, "stays", name == "placeholder")

    @property
    def is_constant(self):
        """Whether the value is known."""
        return self.name == "constant"

    @property
    def is_elementwise(self):
        """Whether each number of the result depends on one number of each input."""
        if not isinstance(self.function, np.ufunc) or not self.pure:
            return False
        return self.function.signature is None

    @property
    def key(self):
        """A key: if it is equal for two Nodes, their results are always the same."""
        if self.is_constant:
            return self.shape, self.dtype, self.value.tobytes()
        if not self.pure:
            return self
        form = repr((mapped(self.args, type, Node), self.kwargs))
        return self.function, form, *self.inputs

    def on(self, new):
        """Return the same call with new[x] in place of each input x."""
        if not self.inputs:
            return self
        other = copy.copy(self)
        other.args = mapped(self.args, new.__getitem__, Node)
        other.inputs = leaves(other.args, Node)
        return other

    def compute(self, arrays):
        """Return the result of the call, given the arrays of the inputs."""
        arrays = iter(arrays)
        args = mapped(self.args, lambda x: next(arrays), Node)
        with np.errstate(all="ignore"):
            return self.function(*args, **self.kwargs)

    def __repr__(self):
        label = f" {self.label}" if self.label else ""
        return f"<{self.name}{label}: {self.shape} {self.dtype}>"

    @property
    def size(self):
        """Number of elements."""
        return int(np.prod(self.shape)) if self.shape is not None else 0


class Graph:
    """Nodes in an order in which they can be computed, and the results among them."""

    def __init__(self, nodes, outputs):
        self.nodes = list(_as_list("Graph", nodes, "nodes", Node))
        self.outputs = list(_as_list("Graph", outputs, "outputs", Node))

    def __len__(self):
        """Number of calls: Nodes that compute, sources not counted."""
        return sum(node.function is not None for node in self.nodes)

    def rebuild(self, change):
        """Return the graph with change(node) in place of every node.

        change gets each node with its new inputs already in place.
        """
        check_callable("Graph.rebuild", change, 72)
        new, nodes = {}, {}  # nodes: a dict keeps the order and holds each Node once
        for node in self.nodes:
            new[node] = changed = change(node.on(new))
            nodes.update(dict.fromkeys([*changed.inputs, changed]))
        return Graph(nodes, [new[y] for y in self.outputs])

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


def source(name, shape, dtype, value=None, label=None):
    """Return a Node without a call: a "placeholder", "variable" or "constant"."""
    node = Node(None, (), {}, shape, dtype, name)
    node.value, node.label = value, label
    return node


def constant(value):
    """Return the Node of an array whose numbers are known."""
    value = np.asarray(value)
    return source("constant", value.shape, value.dtype, value)


def owner(array):
    """Return the array that owns the memory of this one."""
    return array.base if type(array.base) is np.ndarray else array


def sample(node):
    """Return an array that a node could have computed; its ints are valid indices.

    The array is read-only, so a function that would write into it raises an error. For
    a call that stays whole, return the outputs that it had on samples.
    """
    if node.shape is None:
        return node.value
    known = {"constant": node.value, "variable": getattr(node.value, "_data", None)}
    fill = np.ones if node.dtype.kind in "fc" else np.zeros
    array = known.get(node.name, fill(node.shape, node.dtype))[...]
    array.flags.writeable = False
    return array


def mapped(tree, change, kind=None):
    """Return nested tuples and lists with change(x) for each x of type kind in them."""
    if type(tree) in (tuple, list):
        return type(tree)(mapped(part, change, kind) for part in tree)
    return change(tree) if kind in (None, type(tree)) else tree


def leaves(tree, kind=None):
    """Return the objects in nested tuples and lists: all, or those of type kind."""
    found = []
    mapped(tree, found.append, kind)
    return found


def _as_list(who, things, name, kind):
    """Return things as a list; raise TypeError unless all are of type kind."""
    alone = isinstance(things, kind) or not hasattr(things, "__iter__")
    things = [things] if alone or getattr(things, "ndim", 1) == 0 else list(things)
    for thing in things:
        if not isinstance(thing, kind):
            raise TypeError(refusal(who, name, f"{kind.__name__}s", thing, 72))
    return things


def check_graph(who, graph):
    """Raise TypeError unless graph is a Graph."""
    if not isinstance(graph, Graph):
        raise TypeError(
            refusal(who, "graph", "a Graph, such as program.before", graph, 72)
        )
