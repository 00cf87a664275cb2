"""Answer to the exercise of step 44.

No function had to change: params() finds the new Parameter, so
cleargrads and train handle it, too. Without super().__init__()
there is no list for the names yet, so setting the first Parameter
fails. The error of the package's Layer says what to do.

Output (rtol 0.02):
    W b a W b
    loss 1.08, then 0.0045
    a 3.53
    'Forgetful' object has no attribute '_params'
    Forgetful.a: call super().__init__() before assigning a
    Parameter (see step 44)
"""

import textwrap

import numpy as np

import dezero
import dezero.layers as L
from step44 import Linear, Parameter, train, wave

changed = 0  # functions of step 44
error = "AttributeError"  # without super().__init__()


class Scaled(Linear):
    """y = a * (x @ W + b)."""

    def __init__(self, out_size):
        super().__init__(out_size)
        self.a = Parameter(np.array(1.0, np.float32), name="a")

    def forward(self, x):
        """Return a * (x @ W + b)."""
        return self.a * super().forward(x)


def forgetful(base, Parameter):
    """Return a layer class that forgets super().__init__()."""

    class Forgetful(base):
        def __init__(self):
            self.a = Parameter(np.array(1.0))

    return Forgetful


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(100, 1)).astype(np.float32)
    np.random.seed(0)  # noqa: NPY002
    layers = [Scaled(10), Linear(1)]
    losses = train(x, wave(x), layers, 1000)
    print(*(p.name for layer in layers for p in layer.params()))
    print(f"loss {losses[0]:.2f}, then {losses[-1]:.4f}")
    print(f"a {float(layers[0].a.data):.2f}")
    for layer in (
        forgetful(Linear, Parameter),
        forgetful(L.Linear, dezero.Parameter),
    ):
        try:
            layer()
        except AttributeError as error:
            print(textwrap.fill(str(error), 60))
