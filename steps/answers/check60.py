"""Check of the exercise of step 60: the GRU."""

import numpy as np

START = '''
import numpy as np

import dezero.functions as F
from dezero.layers import Layer, Linear


def left_of_c(bias, calls):
    """Return which share of c is left after so many calls, if x2f and
    h2f give nothing but the bias, and nothing comes in."""
    raise NotImplementedError("your turn")


class GRU(Layer):
    """One state h, and two gates: r, z.

    Shapes: x (N, in_size) -> h (N, hidden_size).
    """

    def __init__(self, hidden_size, in_size=None):
        super().__init__()
        H = hidden_size
        self.hidden_size = H
        self.x2r = Linear(H, in_size=in_size)
        self.x2z = Linear(H, in_size=in_size)
        self.x2n = Linear(H, in_size=in_size)
        self.h2r = Linear(H, in_size=H, nobias=True)
        self.h2z = Linear(H, in_size=H, nobias=True)
        self.h2n = Linear(H, in_size=H)
        self.reset_state()

    def reset_state(self):
        """Forget the state: the next x begins new sequences."""
        self.h = None

    def forward(self, x):
        """Return the state h after x; before the first x it is 0."""
        raise NotImplementedError("your turn")
'''


def check(mine):
    """Yield (what, expected, got)."""
    yield "bias 0, 10 calls", 1 / 1024, mine.left_of_c(0, 10)
    right = (1 / (1 + np.exp(-4.0))) ** 50
    yield "bias 4, 50 calls", right, mine.left_of_c(4, 50)

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    rng = np.random.default_rng(0)
    gru, Wb = mine.GRU(3, in_size=2), {}
    for name in "x2r", "x2z", "x2n", "h2r", "h2z", "h2n":
        linear = getattr(gru, name)
        linear.W.data = rng.normal(size=linear.W.shape)
        if linear.b is not None:
            linear.b.data = rng.normal(size=3)
        b = 0 if linear.b is None else linear.b.data
        Wb[name] = linear.W.data, b

    def linear_of(name, x):
        W, b = Wb[name]
        return x @ W + b

    h = np.zeros((4, 3))
    for n in range(3):
        x = rng.normal(size=(4, 2))
        r, z = (
            sigmoid(linear_of(f"x2{g}", x) + linear_of(f"h2{g}", h))
            for g in "rz"
        )
        new = np.tanh(linear_of("x2n", x) + r * linear_of("h2n", h))
        h = (1 - z) * new + z * h
        yield f"h after call {n + 1}", h, gru(x)
    gru.x2z.b.data[:] = 100
    yield "z = 1: h stays as it is", h, gru(x)
    gru.reset_state()
    yield "z = 1, after reset_state()", np.zeros((4, 3)), gru(x)
