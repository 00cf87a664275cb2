"""Check of the exercise of step 78: heads have no order."""

import numpy as np

from step78 import MultiHeadAttention

START = '''
import numpy as np
from step78 import MultiHeadAttention


def parameters(E):
    """Return how many parameters the layer has."""
    raise NotImplementedError("your turn")


def swap_heads(layer, a, b):
    """Exchange heads a and b of a layer, in place."""
    # layer.qkv.W (E, 3 E), layer.qkv.b (3 E,), layer.out.W (E, E)
    raise NotImplementedError("your turn")


if __name__ == "__main__":
    layer = MultiHeadAttention(6, heads=3)
    for param in layer.params():
        print(param.name, param.shape)
    x = np.random.default_rng(0).normal(size=(1, 2, 6))
    print(layer(x), layer.weights(x))
    swap_heads(layer, 0, 2)
    print(layer(x), layer.weights(x))
'''


def check(mine):
    """Yield (what, expected, got)."""
    for E in 1, 16:
        expected = 4 * E**2 + 4 * E
        yield f"parameters({E})", expected, mine.parameters(E)
    rng = np.random.default_rng(0)
    layer = MultiHeadAttention(12, heads=3)
    for param in layer.params():
        param.data = rng.normal(size=param.shape)
    x = rng.normal(size=(2, 4, 12))
    y, p = layer(x).data, layer.weights(x).data
    mine.swap_heads(layer, 0, 2)
    yield (
        "the weights, heads 0 and 2 swapped",
        p[:, [2, 1, 0]],
        layer.weights(x),
    )
    yield "y, heads 0 and 2 swapped", y, layer(x)
    mine.swap_heads(layer, 1, 1)
    yield "y, a head swapped with itself", y, layer(x)
