"""Answer to the exercise of step 78.

qkv has E * 3 E weights and 3 E biases, out has E * E and E: together
4 E**2 + 4 E parameters, however many heads there are.

A head owns D columns of qkv.W and D numbers of qkv.b in each of the
three parts q, k and v. What it finds is multiplied by D rows of
out.W. So these columns, numbers and rows move, and out.b stays: it
belongs to no head. Heads have no order. The random first weights
alone decide which head learns what.

Output:
    parameters for E = 16: 1088, counted 1088
    y is the same: True
    the weights of heads 0 and 2 have changed places: True
"""

import numpy as np

from step78 import MultiHeadAttention


def parameters(E):
    """Return how many parameters the layer has."""
    return 4 * E**2 + 4 * E


def swap_heads(layer, a, b):
    """Exchange heads a and b of a layer, in place."""
    E = layer.out.W.shape[0]
    D = E // layer.heads
    heads = np.arange(layer.heads)
    heads[[a, b]] = b, a
    rows = np.arange(E).reshape(-1, D)[heads].ravel()
    columns = np.concatenate([rows, E + rows, 2 * E + rows])
    layer.qkv.W.data = layer.qkv.W.data[:, columns]
    layer.qkv.b.data = layer.qkv.b.data[columns]
    layer.out.W.data = layer.out.W.data[rows]


if __name__ == "__main__":
    np.random.seed(0)  # noqa: NPY002
    layer = MultiHeadAttention(16, heads=4)
    count = sum(param.size for param in layer.params())
    print(f"parameters for E = 16: {parameters(16)}, counted {count}")
    x = np.random.default_rng(0).normal(size=(2, 5, 16))
    y, p = layer(x).data, layer.weights(x).data
    swap_heads(layer, 0, 2)
    print("y is the same:", np.allclose(y, layer(x).data))
    moved = np.allclose(p[:, [2, 1, 0, 3]], layer.weights(x).data)
    print("the weights of heads 0 and 2 have changed places:", moved)
