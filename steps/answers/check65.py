"""Check of the exercise of step 65: nodes with two outputs."""

import numpy as np

import dezero.functions as F
from dezero import Variable, no_grad

START = '''
import numpy as np

import dezero.functions as F
from dezero import Variable, no_grad
from dezero.nodes import AccumulateGrad
from step65 import arrows_to


def run_backward(root, gradient):
    """Send a gradient from root to the leaves, node after node. A
    node may have several outputs, as that of F.split has."""
    raise NotImplementedError("your turn")


# How many arrows are there from the node of * to that of a, in a * a?
arrows = None


if __name__ == "__main__":
    x = Variable(np.array([1.0, 2.0, 3.0, 4.0]))
    left, right = F.split(x, 2)
    y = (left * right + left).sum()
    with no_grad():
        run_backward(y.grad_fn, Variable(np.array(1.0)))
    print(x.grad)
'''


def check(mine):
    """Yield (what, expected, got)."""

    def run(f, *numbers):
        xs = [Variable(np.array(x)) for x in numbers]
        y = f(*xs)
        with no_grad():
            mine.run_backward(y.grad_fn, Variable(np.ones_like(y.data)))
        return [None if x.grad is None else x.grad.data for x in xs]

    a, b = run(lambda a, b: (a + b) * b, 2.0, 3.0)
    yield "(a + b) * b: the gradient of a", 3.0, float(a)
    yield "(a + b) * b: the gradient of b", 8.0, float(b)

    def both(x):
        left, right = F.split(x, 2)
        return (left * right + left).sum()

    (gx,) = run(both, [1.0, 2.0, 3.0, 4.0])
    yield "split, times, plus", [4.0, 5.0, 1.0, 2.0], gx

    halves = []

    def one(x):
        halves[:] = F.split(x, 2)  # the left one is held, and not used
        return (halves[1] * halves[1]).sum()

    (gx,) = run(one, [1.0, 2.0, 3.0, 4.0])
    yield "split, the left half unused", [0.0, 0.0, 6.0, 8.0], gx
    (gx,) = run(lambda a: (a * a * a).sum(), [1.0, 2.0])
    yield "a * a * a", [3.0, 12.0], gx
    yield "arrows from * to a in a * a", 2, mine.arrows
