"""Answer to the exercise of step 67.

Quotient: with y = x0 / x1, the gradient of x0 is gy / x1, and that
of x1 is -gy * y / x1. Both use / themselves, so the quotient can be
differentiated any number of times, and dezero agrees.

Counting early: the graph needs a child that does not lead to the
result. Here a sum is computed from b and never used. When backward
starts from loss, that sum never hands back a gradient, so b waits for
it forever, and a gets no gradient. There is no error.

Output:
    x0 / x1 at 3 and 4: gradients 0.25 and -0.1875
    in dezero:                    0.25 and -0.1875
    second derivative by x1: 0.09375, in dezero 0.09375
    counted by backward: a.grad = [2. 4.]
    counted by made:     a.grad = None
"""

import numpy as np

import step67
from dezero import Variable
from step67 import made, same_shape


class Tensor(step67.Tensor):
    """A Tensor that can be divided."""

    def __truediv__(self, other):
        same_shape("/", self, other)
        return made("div", self.data / other.data, self, other)

    def gradients(self, gy):
        """Return a gradient for each creator, from that of self."""
        x = self.creators
        match self.creation_op:
            case "div":
                return gy / x[1], -gy * self / x[1]
        return super().gradients(gy)


class Early(Tensor):
    """A Tensor whose children are counted when they are computed."""

    def __init__(self, data, autograd=False, creators=(), op=None):
        super().__init__(data, autograd, creators, op)
        self.count = 0
        for x in creators:
            x.count += 1

    def children(self):
        """Return the counts made by the constructor."""
        return {x: x.count for x in super().children()}


def derivatives(x0, x1):
    """Return both gradients of x0 / x1, and a second derivative."""
    (x0 / x1).backward(create_graph=True)
    g0, g1 = x0.grad, x1.grad
    x1.grad = None
    g1.backward()
    return [float(g.data) for g in (g0, g1, x1.grad)]


def too_early(kind):
    """Return a leaf, and a result where Early stops too early."""
    a = kind(np.array([1.0, 2.0]), autograd=True)
    b = a * a
    b.sum(0)  # a child of b that is never used
    return a, b.sum(0)


if __name__ == "__main__":
    a, b, c = derivatives(
        *(Tensor(x, autograd=True) for x in (3.0, 4.0))
    )
    d, e, f = derivatives(*(Variable(np.array(x)) for x in (3.0, 4.0)))
    print(f"x0 / x1 at 3 and 4: gradients {a} and {b}")
    print(f"in dezero:                    {d} and {e}")
    print(f"second derivative by x1: {c}, in dezero {f}")

    for kind, name in (Tensor, "backward:"), (Early, "made:    "):
        a, loss = too_early(kind)
        loss.backward()
        grad = a.grad and a.grad.data
        print(f"counted by {name} a.grad = {grad}")
