"""Check of the exercise of step 69: the case "excess"."""

import numpy as np

import dezero.functions as F
from dezero import Variable

START = '''
import numpy as np

import step69
from step67 import made
from step69 import one_hot


class Tensor(step69.Tensor):
    """A Tensor whose cross_entropy has second derivatives."""

    def cross_entropy(self, t):
        """Return the mean of -log p[t]; p is softmax of each row.
        Note the one-hot rows in the operation, too."""
        raise NotImplementedError("your turn")

    def gradients(self, gy):
        """Return a gradient for each creator, from that of self."""
        raise NotImplementedError("your turn")


# Row 0 of the table, which no x names: does it "stay" or "move"?
row_0 = None
'''


def check(mine):
    """Yield (what, expected, got)."""
    rng = np.random.default_rng(0)
    for N, K in (2, 3), (4, 5):
        data, t = rng.normal(size=(N, K)), rng.integers(K, size=N)
        x, v = mine.Tensor(data, autograd=True), Variable(data)
        loss, right = x.cross_entropy(t), F.softmax_cross_entropy(v, t)
        text = f"{N} rows of {K}"
        yield f"{text}: the loss", float(right.data), float(loss.data)
        loss.backward(create_graph=True)
        right.backward(create_graph=True)
        yield f"{text}: the gradient", v.grad.data, x.grad
        g, x.grad = x.grad, None
        (g * g).backward()
        gv = v.grad
        v.cleargrad()
        (gv * gv).sum().backward()
        what = "gradient of the sum of squares of the gradient"
        yield f"{text}: {what}", v.grad.data, x.grad
    x = mine.Tensor(data, autograd=True)
    x.exp().sum(0).sum(0).backward()
    yield "the other cases are still there", np.exp(data), x.grad
    yield "row 0 of the table does", "stay", mine.row_0
