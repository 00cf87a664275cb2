"""Check of the exercise of step 45: a shortcut."""

import numpy as np

from step45 import Linear, Model

START = '''
import numpy as np

from dezero.functions import tanh
from step45 import Linear, Model


class Shortcut(Model):
    """y = x + l2(tanh(l1(x))), x (N, 1)."""

    def __init__(self, hidden):
        raise NotImplementedError("your turn")

    def forward(self, x):
        raise NotImplementedError("your turn")


# How many arrows does x have in the picture?
arrows = None


if __name__ == "__main__":
    model = Shortcut(10)
    model.plot(np.ones((5, 1), np.float32), to_file="shortcut.png")
'''


def check(mine):
    """Yield (what, expected, got)."""
    np.random.seed(0)  # noqa: NPY002
    model = mine.Shortcut(4)
    yield "it is a Model", True, isinstance(model, Model)
    x = np.array([[1.0], [-2.0], [0.5]], np.float32)
    y = model(x)
    layers = [isinstance(x, Linear) for x in (model.l1, model.l2)]
    yield "l1 and l2 are Linear", [True, True], layers
    yield "Parameters found", 4, len(list(model.params()))
    l1, l2 = model.l1, model.l2
    inner = np.tanh(x @ l1.W.data + l1.b.data) @ l2.W.data + l2.b.data
    close = bool(np.allclose(y.data, x + inner, atol=1e-5))
    yield "y is x + l2(tanh(l1(x)))", True, close
    for param in l2.params():
        param.data = 0 * param.data
    yield "y, where all numbers of l2 are 0", x, model(x)
    yield "arrows of x", 2, mine.arrows
