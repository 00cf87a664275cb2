"""Check of the exercise of step 44: a layer with one more Parameter."""

import numpy as np

from step44 import Linear, Parameter, train, wave

START = '''
import numpy as np

from step44 import Linear, Parameter, train, wave


class Scaled(Linear):
    """y = a * (x @ W + b), a one more Parameter that begins as 1."""

    def __init__(self, out_size):
        raise NotImplementedError("your turn")

    def forward(self, x):
        raise NotImplementedError("your turn")


# How many functions of step 44 had to change for it?
changed = None

# Which error comes without super().__init__()? Its name, such as
# "ValueError"
error = None


if __name__ == "__main__":
    x = np.linspace(-1, 1, 100, dtype=np.float32).reshape(-1, 1)
    losses = train(x, wave(x), [Scaled(10), Linear(1)], 1000)
    print(losses[0], losses[-1])
'''


def check(mine):
    """Yield (what, expected, got)."""
    layer = mine.Scaled(3)
    x = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
    y = layer(x)
    params = list(layer.params())
    yield "Parameters found", 3, len(params)
    more = [p for p in params if p is not layer.W and p is not layer.b]
    (a,) = more
    yield "the third is a Parameter", True, isinstance(a, Parameter)
    before = x @ layer.W.data + layer.b.data
    yield "y, with a = 1", before.astype(np.float32), y
    a.data = np.array(-2.0, np.float32)
    y = layer(x)
    yield "y, with a = -2", -2 * before, y
    layer.cleargrads()
    y.sum().backward()
    got = float(a.grad.data.sum())
    yield (
        "the gradient of a",
        round(float(before.sum()), 3),
        round(got, 3),
    )
    x = np.linspace(-1, 1, 50, dtype=np.float32).reshape(-1, 1)
    np.random.seed(0)  # noqa: NPY002
    layer = mine.Scaled(10)
    losses = train(x, wave(x), [layer, Linear(1)], 200)
    yield (
        "training makes the loss smaller",
        True,
        losses[-1] < losses[0],
    )
    yield "functions that had to change", 0, mine.changed
    yield "the error", "AttributeError", mine.error
