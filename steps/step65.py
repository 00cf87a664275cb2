"""Step 65. Anatomy of a graph: the same links in PyTorch's words.

Every framework that follows a program while it runs keeps the same
three things: what was computed, from what, and what is to be done
with the gradient. Only the names differ. For

    c = a + b
    e = c * d

step 7 linked every result to its creator, and the creator to its
inputs. PyTorch keeps no links to results at all. It has nodes, one
for each operation, and they point to where the gradients go next:

    e.grad_fn            the node of *, named MulBackward0
      .next_functions    for each input (node, index): the node
                         that made it, and which of its outputs
    AccumulateGrad       the node where a path ends: it adds what
      .variable          arrives to the grad of a leaf, this one

A leaf is what nobody computed. It has no grad_fn, and it is the
only kind that keeps its gradient, unless c.retain_grad() says
otherwise. requires_grad=False takes a leaf out: no node is made
for it, (None, 0) stands in its place, and nothing is sent there.

So we can have PyTorch's graph without building it. A Node below
looks at a Function and answers next_functions from the inputs; an
AccumulateGrad looks at a leaf. They are made when somebody asks,
and two that look at the same thing are equal. The package has both,
and e.grad_fn is Node(e.creator).

Backward can also be written on nodes alone, and that is how PyTorch
does it. Where step 16 sorted by generation, its engine first counts
the arrows that lead to each node. A node whose arrows have all
brought their gradient is ready:

    MulBackward0  --> AddBackward0 --> AccumulateGrad(a)
        |                  +---------> AccumulateGrad(b)
        +-----------> AccumulateGrad(d)

Just before a node runs, the gradient of its output is complete.
That is the moment for hooks: functions that look at a gradient, or
replace it. retain_grad is one of them, it writes down what it sees.
In the package, c.register_hook(f) and c.retain_grad() do it.

In the picture, boxes are nodes, arrows are the way of gradients,
and each leaf stands below the node that adds to it.

How to cut such a path, or start it elsewhere, is step 66.

Exercise: let run_backward also take a node of F.split, which has
two outputs: gradients then need the index, too. And what does
a * a draw? Compare with x * x in step 26.

Output:
    e.grad_fn            <MulBackward0>
      .next_functions    ((<AddBackward0>, 0), (<AccumulateGrad>, 0))
      [0] of these, on   ((<AccumulateGrad>, 0), (<AccumulateGrad>, 0))
      [1] .variable is d True
      with d taken out   ((<AddBackward0>, 0), (None, 0))
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

# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


# --- new in this step ---
class Node:
    """What backward does at one Function of the graph."""

    def __init__(self, function):
        self.function = function

    def name(self):
        """Return the name that PyTorch prints."""
        return f"{type(self.function).__name__}Backward0"

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


def _edge(x):
    """Return (node, index): where the gradient of a Variable goes."""
    if not x.requires_grad:
        return None, 0
    if x.creator is None:
        return AccumulateGrad(x), 0
    outputs = [reference() for reference in x.creator.outputs]
    index = next(i for i, y in enumerate(outputs) if y is x)
    return Node(x.creator), index


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


def run_backward(root, gradient, hooks=None):
    """Send a gradient from root to the leaves, node after node.

    hooks: {node: f}; f gets the gradient when it is complete, and
    may return another one. Functions of a single output only.
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


if __name__ == "__main__":
    a, b, d = (
        Variable(np.array(value), name)
        for name, value in [("a", 2.0), ("b", 3.0), ("d", 4.0)]
    )
    c = a + b
    e = c * d

    root = Node(e.creator)
    add, end = (node for node, _ in root.next_functions)
    print(f"e.grad_fn            {root}")
    print(f"  .next_functions    {root.next_functions}")
    print(f"  [0] of these, on   {add.next_functions}")
    print(f"  [1] .variable is d {end.variable is d}")
    fixed = Variable(d.data, requires_grad=False)
    without = Node((c * fixed).creator).next_functions
    print(f"  with d taken out   {without}")

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
