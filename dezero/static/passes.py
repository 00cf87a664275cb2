"""Optimize a Graph with fold, merge, prune and fuse; the results stay the same.

fold    a call that depends on constants alone becomes a constant
merge   equal calls on equal Nodes become one
prune   calls that no result needs are left out
fuse    a * b + c becomes one Node, so that no whole array is needed in between

stay_in_place comes before them, for Functions that write into arrays.
"""

import numpy as np

from dezero.static.graph import Graph, Node, check_graph, constant, sample

_QUIET = (np.ndarray.copy, np.ndarray.astype, np.ndarray.reshape, np.positive)


def fold(graph):
    """Compute calls that depend on constants alone; drop calls that change nothing.

    Dropped are a product with 1, a division by 1, a copy, and a reshape or a cast to
    the shape or the dtype that the input has.
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
    """Return x, or a single number if x is a constant that only repeats that number.

    x stays as it is unless another input has the shape of the result.
    """
    others = [z.shape for z in node.inputs if z is not x]
    if x.is_constant and x.shape and x.size and node.shape in others:
        if not any(x.value.strides):
            return constant(x.value[(0,) * len(x.shape)])
    return x


def _unchanged_input(node):
    """Return the input that node would return unchanged, or None."""
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
    """Keep one of the Nodes that call the same function on the same arguments."""
    check_graph("merge", graph)
    known = {}

    def change(node):
        return known.setdefault(node.key, node)

    return graph.rebuild(change)


def prune(graph):
    """Leave out every call that no result needs.

    A call that may do more than return a result stays: a check, or a whole Function.
    """
    check_graph("prune", graph)
    needed = set(graph.outputs)
    for node in reversed(graph.nodes):
        if node in needed or node.stays:
            needed.update([node, *node.inputs])
    return Graph([x for x in graph.nodes if x in needed], graph.outputs)


def fuse(graph):
    """Turn each element-wise chain, such as a * b + c, into one Node.

    A Node joins the chain of its users if all of them are in one chain and have its
    shape. So an intermediate result has no other use, and need not be a whole array.
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
    """Keep calls in order when they read memory that a Function writes to.

    If such a call were merged with another one or moved, its result could change.
    """
    changing = set()
    for node in nodes if written else ():
        if node.name in ("variable", "constant"):
            if any(np.may_share_memory(sample(node), array) for array in written):
                changing.add(node)
        elif changing.intersection(node.inputs):
            node.pure = False
            changing |= set() if node.is_fresh else {node}
