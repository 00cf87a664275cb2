"""Answer to the exercise of step 70.

Without h the reader sees a single character, so after the same
character it always gives the same scores. It cannot be right more
often than the best guess from one character, 39 times in 100, and it
comes close.

The cell with a gate writes z * h + (1 - z) * tanh(...). Where z is
near 1, the old number of h stays. Where z is near 0, it is replaced.
z is computed for each number of h, from x and from h. (This is most
of the GRU of Cho and others, 2014.) The engine needs nothing new:
1 - z is computed as a Tensor of ones minus z. The gated reader
learns this text a little more slowly than the plain one. At first
its gate is half open, so half of every h is old. In the end it knows
the text as well.

Output (rtol 0.05):
    without h, after 200 steps: 38 % right
    with a gate, after 100 steps: 86 % right
    with a gate, after 200 steps: 100 % right
"""

import numpy as np

from step70 import (
    Linear,
    Reader,
    RNNCell,
    Sequential,
    Sonnet,
    Tensor,
    train,
)


class Forgetful(Reader):
    """A Reader without memory."""

    def __call__(self, x, h=None):
        return super().__call__(x)


class GatedCell(RNNCell):
    """h = z h + (1 - z) tanh(x W + h U + b), z a gate for each."""

    def __init__(self, n_in, n_hidden, n_out, rng):
        super().__init__(n_in, n_hidden, n_out, rng)
        self.x_to_z = Linear(n_in, n_hidden, rng)
        self.h_to_z = Linear(n_hidden, n_hidden, rng)

    def __call__(self, x, h):
        z = (self.x_to_z(x) + self.h_to_z(h)).sigmoid()
        new = (self.x_to_h(x) + self.h_to_h(h)).tanh()
        h = z * h + (Tensor(np.ones_like(z.data)) - z) * new
        return self.h_to_y(h), h

    def parameters(self):
        """Return the parameters of the five layers."""
        gate = Sequential([self.x_to_z, self.h_to_z])
        return super().parameters() + gate.parameters()


if __name__ == "__main__":
    text, rng = Sonnet(), np.random.default_rng(0)
    kinds = len(text.char_to_id)
    reader = Forgetful(kinds, 64, rng)
    *_, (loss, right) = train(reader, text, 200, 0.5)
    print(f"without h, after 200 steps: {100 * right:.0f} % right")

    reader = Reader(kinds, 64, rng)
    reader.cell = GatedCell(16, 64, kinds, rng)
    results = list(train(reader, text, 200, 0.5))
    for steps in 100, 200:
        right = 100 * results[steps - 1][1]
        print(f"with a gate, after {steps} steps: {right:.0f} % right")
