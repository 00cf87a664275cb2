"""Check of the exercise of step 70: no memory, and a gate."""

import numpy as np

from step70 import Sonnet, Tensor, share_from_one, train

START = '''
import numpy as np

from step70 import Linear, Reader, RNNCell, Sequential, Tensor


class Forgetful(Reader):
    """A Reader without memory."""

    def __call__(self, x, h=None):
        raise NotImplementedError("your turn")


class GatedCell(RNNCell):
    """h = z h + (1 - z) tanh(x W + h U + b), z a gate for each."""

    def __init__(self, n_in, n_hidden, n_out, rng):
        super().__init__(n_in, n_hidden, n_out, rng)
        self.x_to_z = Linear(n_in, n_hidden, rng)
        self.h_to_z = Linear(n_hidden, n_hidden, rng)

    def __call__(self, x, h):
        raise NotImplementedError("your turn")

    def parameters(self):
        """Return those of the five layers."""
        raise NotImplementedError("your turn")
'''


def check(mine):
    """Yield (what, expected, got)."""
    text, rng = Sonnet(), np.random.default_rng(0)
    kinds = len(text.char_to_id)
    reader = mine.Forgetful(kinds, 16, rng)
    x = np.array([3, 5])
    y, h = reader(x)
    again, _ = reader(x, Tensor(h.data + 1))
    yield "the same characters, another h: the same", y.data, again
    *_, (_, share) = train(reader, text, 60, 0.5)
    most = share_from_one(text) + 0.03
    yield (
        f"its share, {share:.2f}, is not above 0.42",
        True,
        bool(share <= most),
    )

    cell = mine.GatedCell(3, 4, 2, rng)
    yield "weights of a GatedCell", 10, len(cell.parameters())
    x, h = rng.normal(size=(5, 3)), rng.normal(size=(5, 4))

    def linear(name, x):
        layer = getattr(cell, name)
        return x @ layer.W.data + layer.b.data

    gate = linear("x_to_z", x) + linear("h_to_z", h)
    z = 1 / (1 + np.exp(-gate))
    new = np.tanh(linear("x_to_h", x) + linear("h_to_h", h))
    right = z * h + (1 - z) * new
    y, got = cell(Tensor(x), Tensor(h))
    yield "the new h of a GatedCell", right, got
    yield "its y", linear("h_to_y", right), y
