"""fold, merge, prune, fuse: a Graph in, a better Graph out; no value changes.

fold    what depends on constants alone is a constant
merge   equal calls on equal Nodes are one
prune   what no result needs is left out
fuse    a * b + c is one Node: no array in between that goes through memory

And before them, while Functions write into arrays: stay_in_place.
"""

import numpy as np

from dezero.static.graph import Graph, Node, check_graph, constant, sample

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
        return node.pure and _unchanged_input(node) or node

    return graph.rebuild(change)


def _narrow(x, node):
    """Return x, one number if it is a constant that repeats one and need not."""
    others = [z.shape for z in node.inputs if z is not x]
    if x.is_constant and x.shape and x.size and node.shape in others:
        if not any(x.value.strides):
            return constant(x.value[(0,) * len(x.shape)])
    return x


def _unchanged_input(node):
    """Return the input that node would return as it is, or None."""
    if node.function in _QUIET:
        x = node.inputs[0]
    elif node.function in (np.multiply, np.divide):
        x, y = node.inputs
        if node.function is np.multiply and _is_one(x):
            x, y = y, x
        if not _is_one(y):
            return None
    else:
        return None
    return x if (x.shape, x.dtype) == (node.shape, node.dtype) else None


def _is_one(x):
    return x.is_constant and np.all(x.value == 1)


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
    users, end_of, chains = {}, {}, {}
    for node in reversed(graph.nodes):
        end_of[node], ends = node, {end_of[user] for user in users.get(node, ())}
        if len(ends) == 1 and node.is_elementwise and node not in graph.outputs:
            (end,) = ends
            if end.is_elementwise and end.shape == node.shape:
                end_of[node] = end
        for x in node.inputs:
            users.setdefault(x, []).append(node)
    for node in graph.nodes:
        chains.setdefault(end_of[node], []).append(node)
    new = {}
    for end in graph.nodes:
        body = chains.get(end, ())
        if len(body) == 1:
            new[end] = end.on(new)
        if len(body) < 2:
            continue
        inputs = dict.fromkeys(x for part in body for x in part.inputs)
        inside = {x: new[x] for x in inputs if x not in body}
        args, name = tuple(inside.values()), " ".join(part.name for part in body)
        for part in body:
            inside[part] = part.on(inside)
        new[end] = Node(_FUSED, args, {}, end.shape, end.dtype, name)
        new[end].body, new[end].is_fresh = [inside[part] for part in body], True
    return Graph(new.values(), [new[y] for y in graph.outputs])


def _FUSED(*xs):
    raise AssertionError("a fused Node is written out, not called")


def stay_in_place(nodes, written):
    """Have calls done in their order that look at memory into which a Function writes.

    They are no more the same if they are made once more, or earlier, or later.
    """
    changing = set()
    for node in nodes if written else ():
        if node.name in ("variable", "constant"):
            if any(np.may_share_memory(sample(node), array) for array in written):
                changing.add(node)
        elif changing.intersection(node.inputs):
            node.pure = False
            changing |= set() if node.is_fresh else {node}
