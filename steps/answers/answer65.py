"""Answer to the exercise of step 65.

A node of F.split gets two gradients, one for each output. So we
store the gradients that have arrived under (node, index), where index
is the second half of the pair in next_functions. A node is ready
when all its arrows have brought their gradients, whichever output
they belong to. backward of the Function then takes one gradient for
each output. An unused output has no gradient, so it gets zeros. (The
program must still hold that output, since we ask for its shape.)

a * a has two arrows from the node of * to the node of a. The graph
of step 26 shows the same two arrows, from a to Mul: the arrows of
the two drawings point in opposite directions.

Output:
    x.grad after split, times, plus: [4. 5. 1. 2.]
    the same by backward of dezero: True
    arrows from * to a in a * a: 2
"""

import numpy as np

import dezero.functions as F
from dezero import Variable, no_grad
from dezero.nodes import AccumulateGrad

arrows = 2  # from the node of * to that of a, in a * a


def arrows_to(root):
    """Return {node: how many arrows lead to it}, root included."""
    count, waiting = {root: 0}, [root]
    for node in waiting:
        for target, _ in node.next_functions:
            if target is not None:
                if target not in count:
                    count[target] = 0
                    waiting.append(target)
                count[target] += 1
    return count


def run_backward(root, gradient):
    """Send a gradient from root to the leaves, node after node."""
    missing = arrows_to(root)
    gradients, ready = {(root, 0): gradient}, [root]
    while ready:
        node = ready.pop()
        if isinstance(node, AccumulateGrad):
            x, gx = node.variable, gradients.pop((node, 0))
            x.grad = gx if x.grad is None else x.grad + gx
            continue
        outputs = [reference() for reference in node.function.outputs]
        gys = [
            gradients.pop((node, i), Variable(np.zeros_like(y.data)))
            for i, y in enumerate(outputs)
        ]
        gxs = node.function.backward(*gys)
        gxs = gxs if isinstance(gxs, tuple) else (gxs,)
        for edge, gx in zip(node.next_functions, gxs):
            target, _ = edge
            if target is not None:
                known = gradients.get(edge)
                gradients[edge] = gx if known is None else known + gx
                missing[target] -= 1
                if missing[target] == 0:
                    ready.append(target)


if __name__ == "__main__":
    x = Variable(np.array([1.0, 2.0, 3.0, 4.0]))
    left, right = F.split(x, 2)
    y = (left * right + left).sum()
    with no_grad():
        run_backward(y.grad_fn, Variable(np.array(1.0)))
    ours = x.grad.data
    print("x.grad after split, times, plus:", ours)
    x.cleargrad()
    y.backward()
    same = (ours == x.grad.data).all()
    print("the same by backward of dezero:", same)

    a = Variable(np.array(3.0))
    root = (a * a).grad_fn
    count = arrows_to(root)[AccumulateGrad(a)]
    print("arrows from * to a in a * a:", count)
