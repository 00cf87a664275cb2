"""Step 65. Anatomy of a graph: the same links in PyTorch's words.

Other frameworks keep the same graph under other names. For every
operation of a program they record what was computed, from what, and
what to do with the gradient. Take

    c = a + b
    e = c * d

Since step 7 each result has known its creator, and each creator its
inputs. PyTorch keeps no links to results. Its graph has only nodes,
one for each operation, and a node points to the nodes that receive
its gradients:

    MulBackward0
      +-> AddBackward0
      |     +-> AccumulateGrad of a
      |     +-> AccumulateGrad of b
      +-> AccumulateGrad of d

    e.grad_fn             the node that made e
    node.next_functions   for each input a pair: the node
                          that made it, and which of the
                          node's outputs it is
    AccumulateGrad        the node of a leaf: it adds what
                          arrives to the leaf's grad
    node.variable         that leaf

A leaf has no grad_fn. Only leaves keep their gradient, unless
c.retain_grad() asks for more. A leaf with requires_grad=False gets
no node: (None, 0) takes its place, and no gradient is sent there.

We can show PyTorch's graph without building it. A Node looks at one
of our Functions and finds the next nodes from its inputs. e.grad_fn
in the package is just Node(e.creator). Step 66 steers the gradients.

Exercise: let run_backward also take a node of F.split, which has
two outputs. Then a gradient needs its index, too. And how is a * a
drawn? Compare with the graph of step 26.

In the package: dezero/nodes.py, Node and AccumulateGrad

Output:
    e.grad_fn: <MulBackward0>
    its next_functions:
      ((<AddBackward0>, 0), (<AccumulateGrad>, 0))
    the next_functions of the first of these:
      ((<AccumulateGrad>, 0), (<AccumulateGrad>, 0))
    the variable of the second is d: True
    next_functions when d requires no gradient:
      ((<AddBackward0>, 0), (None, 0))
        data  is_leaf  grad_fn         grad
    a    2.0  True     None            4.0
    b    3.0  True     None            4.0
    c    5.0  False    <AddBackward0>  None, a hook saw 4.0
    d    4.0  True     None            5.0
    e   20.0  False    <MulBackward0>  None
    figures/step65_nodes.png
"""

from pathlib import Path

import numpy as np

from dezero import Variable, no_grad
from dezero.graph import render_dot

# Some operations have another name in PyTorch. Here are three; the
# package knows more.
NAMES = {"MatMul": "Mm", "Max": "Amax", "ReLU": "Relu"}


# A new Node is made each time we ask for one, so one Function may have
# several Nodes. They count as equal if they show the same Function
# (_shown returns what a Node shows). So a Node can be the key of a
# dict.
class Node:
    """What backward does at one Function of the graph."""

    def __init__(self, function):
        self.function = function

    def name(self):
        """Return the name that PyTorch prints."""
        name = type(self.function).__name__
        return f"{NAMES.get(name, name)}Backward0"

    @property
    def next_functions(self):
        """Where the gradients go: a (node, index) for each input."""
        if self.function is None:
            return ()
        return tuple(_edge(x) for x in self.function.inputs)

    def __eq__(self, other):
        return (
            isinstance(other, Node) and self._shown() is other._shown()
        )

    def __hash__(self):
        return hash(id(self._shown()))

    def __repr__(self):
        return f"<{self.name()}>"

    def _shown(self):
        return self.function


class AccumulateGrad(Node):
    """The end of a path: it adds what arrives to a leaf's gradient."""

    def __init__(self, variable):
        super().__init__(None)
        self.variable = variable

    def name(self):
        """Return AccumulateGrad."""
        return "AccumulateGrad"

    def _shown(self):
        return self.variable


# The outputs of a Function are weak references (step 17); calling one
# returns the Variable.
def _edge(x):
    """Return (node, index): where the gradient of a Variable goes."""
    if not x.requires_grad:
        return None, 0
    if x.creator is None:
        return AccumulateGrad(x), 0
    outputs = [reference() for reference in x.creator.outputs]
    index = next(i for i, y in enumerate(outputs) if y is x)
    return Node(x.creator), index


# Backward can be written with nodes alone, as in PyTorch. In which
# order does it visit the nodes? Step 16 sorted by generation. Here we
# first count the arrows that lead to each node. A node is ready when
# each of these arrows has brought a gradient.
def arrows_to(root):
    """Return {node: how many arrows lead to it}, root included."""
    count, waiting = {root: 0}, [root]
    for node in waiting:  # grows while it is read
        for target, _ in node.next_functions:
            if target is not None:
                if target not in count:
                    count[target] = 0
                    waiting.append(target)
                count[target] += 1
    return count


# When a node is ready, the gradient of its output is complete. This is
# the moment for a hook, a function that looks at this gradient or
# replaces it. In the package c.register_hook(f) sets one, and
# c.retain_grad() is a hook that writes the gradient into c.grad.
def run_backward(root, gradient, hooks=None):
    """Send a gradient from root to the leaves, node after node.

    hooks: {node: f}; f gets the gradient when it is complete, and
    may return another one. Only for Functions with a single output.
    """
    missing = arrows_to(root)
    gradients, ready = {root: gradient}, [root]
    while ready:
        node = ready.pop()
        gradient = gradients.pop(node)
        if hooks and node in hooks:
            seen = hooks[node](gradient)
            gradient = gradient if seen is None else seen
        if isinstance(node, AccumulateGrad):
            x = node.variable
            x.grad = gradient if x.grad is None else x.grad + gradient
            continue
        gxs = node.function.backward(gradient)
        gxs = gxs if isinstance(gxs, tuple) else (gxs,)
        for (target, _), gx in zip(node.next_functions, gxs):
            if target is not None:
                known = gradients.get(target)
                gradients[target] = gx if known is None else known + gx
                missing[target] -= 1
                if missing[target] == 0:
                    ready.append(target)


# In the picture a box is a node, and an arrow the path of a gradient.
# Each leaf stands below the node that adds to it.
def draw(root):
    """Return DOT text: the nodes, and the leaves below them."""
    ids = {node: f"n{i}" for i, node in enumerate(arrows_to(root))}
    lines = ["node [style=filled, shape=box, color=gray85]"]
    for node, key in ids.items():
        lines.append(f'{key} [label="{node.name()}"]')
        for target, _ in node.next_functions:
            if target is not None:
                lines.append(f"{key} -> {ids[target]}")
        if isinstance(node, AccumulateGrad):
            x = node.variable
            label = f'[label="{x.name} = {x.data}", color=lightblue]'
            lines.append(f"{key}x {label}")
            lines.append(f"{key} -> {key}x [style=dashed]")
    return "digraph g {\n" + "\n".join(lines) + "\n}"


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


if __name__ == "__main__":
    a, b, d = (
        Variable(np.array(value), name)
        for name, value in [("a", 2.0), ("b", 3.0), ("d", 4.0)]
    )
    c = a + b
    e = c * d

    root = Node(e.creator)
    add, end = (node for node, _ in root.next_functions)
    print(f"e.grad_fn: {root}")
    print(f"its next_functions:\n  {root.next_functions}")
    print("the next_functions of the first of these:")
    print(f"  {add.next_functions}")
    print(f"the variable of the second is d: {end.variable is d}")
    fixed = Variable(d.data, requires_grad=False)
    without = Node((c * fixed).creator).next_functions
    print(f"next_functions when d requires no gradient:\n  {without}")

    saw = []  # append returns None: the hook only looks
    with no_grad():
        run_backward(root, Variable(np.array(1.0)), {add: saw.append})
    print("    data  is_leaf  grad_fn         grad")
    for name, x in zip("abcde", (a, b, c, d, e)):
        row = f"{name} {x.data:6}  {x.is_leaf!s:9}{x.grad_fn!s:16}"
        grad = None if x.grad is None else x.grad.data
        note = f", a hook saw {saw[0].data}" if x is c else ""
        print(f"{row}{grad}{note}")

    FIGURES.mkdir(exist_ok=True)
    render_dot(draw(root), FIGURES / "step65_nodes.png")
    print("figures/step65_nodes.png")
