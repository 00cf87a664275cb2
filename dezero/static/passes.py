"""fold, merge, prune, fuse: a Graph in, a better Graph out; no value changes.

fold    what depends on constants alone is a constant
merge   equal calls on equal Nodes are one
prune   what no result needs is left out
fuse    a * b + c is one Node: no array in between that goes through memory
"""

import numpy as np

from dezero.static.graph import Graph, Node, alike, check_graph, constant

_QUIET = (np.ndarray.copy, np.ndarray.astype, np.ndarray.reshape, np.positive)


def fold(graph):
    """Compute what depends on constants alone, and leave out what changes nothing.

    A product with 1, a copy, and a cast to the dtype that is there are left out.
    """
    check_graph("fold", graph)

    def change(node):
        if node.pure and node.inputs and all(x.is_constant for x in node.inputs):
            return constant(node.compute([x.value for x in node.inputs]))
        if node.is_elementwise:
            node = node.on({x: _narrow(x, node) for x in node.inputs})
        return _unchanged_input(node) or node

    return graph.rebuild(change)


def _narrow(x, node):
    """Return x, one number if it is a constant that repeats one and need not."""
    if not x.is_constant or x.shape == () or any(x.value.strides) or not x.size:
        return x
    if not any(z is not x and z.shape == node.shape for z in node.inputs):
        return x
    return constant(x.value[(0,) * len(x.shape)])


def _unchanged_input(node):
    """Return the input that node would return as it is, or None."""
    inputs = node.inputs
    ones = [x.is_constant and np.all(x.value == 1) for x in inputs]
    if node.function is np.multiply and ones[0]:
        inputs = inputs[1:]
    elif node.function not in _QUIET:
        if node.function not in (np.multiply, np.divide) or not ones[1]:
            return None
    return inputs[0] if alike(inputs[0], node) else None


def merge(graph):
    """Make one Node of those that call the same function on the same arguments."""
    check_graph("merge", graph)
    known = {}

    def change(node):
        return known.setdefault(node.key, node)

    return graph.rebuild(change)


def prune(graph):
    """Leave out every call that no result needs.

    One that may do more than return a result stays: a Function that is whole.
    """
    check_graph("prune", graph)
    needed = set(graph.outputs)
    for node in reversed(graph.nodes):
        if node in needed or node.stays:
            needed.update([node, *node.inputs])
    return Graph([x for x in graph.nodes if x in needed], graph.outputs)


def fuse(graph):
    """Make one Node of each element-wise chain, a * b + c for example.

    A Node joins those that use it if it has their shape and all of them are in one
    chain. So what is within has no other use, and need never be a whole array.
    """
    check_graph("fuse", graph)
    users = {node: [] for node in graph.nodes}
    for node in graph.nodes:
        for x in node.inputs:
            users[x].append(node)
    end_of, bodies = {}, {}
    for node in reversed(graph.nodes):
        if node.is_elementwise:
            ends = {end_of.get(user, user) for user in users[node]}
            end = ends.pop() if len(ends) == 1 and node not in graph.outputs else node
            fits = end.is_elementwise and end.shape == node.shape
            end_of[node] = end if fits else node
    for node in graph.nodes:
        bodies.setdefault(end_of.get(node, node), []).append(node)
    new = {}
    for node in graph.nodes:
        body = bodies.get(node, [])
        if len(body) > 1:
            inputs = dict.fromkeys(x for part in body for x in part.inputs)
            inside = {x: new[x] for x in inputs if x not in body}
            args = tuple(inside.values())
            for part in body:
                inside[part] = part.on(inside)
            name = " ".join(part.name for part in body)
            new[node] = Node(_FUSED, args, {}, node.shape, node.dtype, name)
            new[node].body = [inside[part] for part in body]
        elif body:
            new[node] = node.on(new)
    return Graph(new.values(), [new[y] for y in graph.outputs])


def _FUSED(*xs):
    raise AssertionError("a fused Node is written out, not called")
