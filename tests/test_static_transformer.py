"""A transformer, compiled: the same loss and gradients as without, in three runs.

Its attention in three writings: the package's Function, one from outside with a
backward of its own, and one composed of where, softmax and products of stacks.

Letters: N samples, T tokens, H heads, D width of a head, E width, V vocabulary.
"""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Function, Parameter, Variable
from dezero.layers import Embedding, LayerNorm, TransformerBlock
from dezero.static import compile

N, T, H, E, V = 2, 8, 4, 16, 11


class Attention(Function):
    """Written outside of the package: softmax(q k' / sqrt(D)) v, with its backward."""

    takes_arrays = True

    def forward(self, q, k, v):
        scores = q @ k.transpose(0, 1, 3, 2)
        scores *= 1 / np.sqrt(q.shape[-1])
        scores = np.where(np.tri(T, dtype=bool), scores, -np.inf)
        self.p = np.exp(scores - scores.max(axis=-1, keepdims=True))
        self.p /= self.p.sum(axis=-1, keepdims=True)
        return self.p @ v

    def backward(self, gy):
        q, k, v = self.inputs
        gp = gy @ v.transpose(0, 1, 3, 2)
        gs = self.p * (gp - (gp * self.p).sum(axis=-1, keepdims=True))
        gs = gs * q.dtype.type(1 / np.sqrt(q.shape[-1]))
        turned = gs.transpose(0, 1, 3, 2)
        return gs @ k, turned @ q, self.p.transpose(0, 1, 3, 2) @ gy


def composed(q, k, v):
    scores = F.matmul(q, F.transpose(k, (0, 1, 3, 2))) / np.sqrt(E // H)
    scores = F.where(np.tri(T, dtype=bool), scores, -1e9)
    return F.matmul(F.softmax(scores, axis=-1), v)


ATTENTIONS = {
    "of the package": lambda q, k, v: F.attention(q, k, v, causal=True),
    "from outside": lambda q, k, v: Attention()(q, k, v),
    "composed": composed,
}


class Network:
    """One block between an embedding and its transpose."""

    def __init__(self, attention, dtype):
        self.attention, rng = attention, np.random.default_rng(0)
        shapes = [(V, E), (T, E), (E, 3 * E), (E, E), (E,), (E,), (E, 4 * E)]
        shapes += [(4 * E,), (4 * E, E)]
        self.params = [Parameter(rng.normal(0, 0.3, s).astype(dtype)) for s in shapes]

    def heads(self, x):
        return F.transpose(F.reshape(x, (N, T, H, E // H)), (0, 2, 1, 3))

    def __call__(self, ids, targets):
        W, places, qkv, out, gamma, beta, W1, b1, W2 = self.params
        x = F.embed_id(ids, W) + places  # (N, T, E)
        h = F.matmul(F.layer_norm(x, gamma, beta), qkv)
        q, k, v = (self.heads(h[..., i * E : (i + 1) * E]) for i in range(3))
        a = F.transpose(self.attention(q, k, v), (0, 2, 1, 3))
        x = x + F.matmul(F.reshape(a, (N, T, E)), out)
        h = F.gelu(F.linear(F.rms_norm(x, gamma), W1, b1))
        x = x + F.matmul(h, W2)
        logits = F.reshape(F.matmul(x, F.transpose(W)), (N * T, V))
        targets = F.reshape(targets, (N * T,))
        return F.cross_entropy(logits, targets, ignore_index=-1)


def compare(loss, params, rtol):
    """Three runs with other tokens, other weights, and the gradients of both."""
    rng = np.random.default_rng(1)
    program = compile(loss, *rng.integers(V, size=(2, N, T)), gradients=params)
    for run in range(3):
        ids, targets = rng.integers(V, size=(2, N, T))
        found = []
        for f in (program, loss):
            for p in params:
                p.cleargrad()
            y = f(Variable(ids), Variable(targets))
            if f is loss:
                y.backward()
            found.append([y.data] + [p.grad.data for p in params])
        for a, b in zip(*found):
            assert (a.shape, a.dtype) == (b.shape, b.dtype)
            np.testing.assert_allclose(a, b, rtol, rtol * np.abs(b).max(), err_msg=run)
        for p in params:
            p.data = p.data - p.dtype.type(0.1) * p.grad.data
    return program


@pytest.mark.parametrize("dtype, rtol", [(np.float32, 1e-4), (np.float64, 1e-9)])
@pytest.mark.parametrize("name", ATTENTIONS)
def test_a_training_step_of_a_transformer(name, dtype, rtol):
    network = Network(ATTENTIONS[name], dtype)
    program = compare(network, network.params, rtol)
    names = [node.name for node in program.after.nodes]
    for followed in ("Attention", "Where", "LayerNorm", "RMSNorm", "GELU", "MatMul"):
        assert followed not in names  # as calls of NumPy, and not whole


def test_a_wrong_token_is_refused_as_without_compile():
    network = Network(composed, np.float64)
    ids = np.zeros((N, T), int)
    program = compile(network, ids, ids, gradients=network.params)
    for f in (program, network):
        with pytest.raises(IndexError, match="embed_id: .*see step"):
            f(ids + V, ids)


@pytest.mark.parametrize(
    "options", [{}, {"norm": "rms", "mlp": "swiglu", "rope": True}]
)
def test_the_layers_of_the_package(options):
    tokens, norm = Embedding(V, E), LayerNorm()
    blocks = [TransformerBlock(E, H, **options) for _ in range(2)]

    def loss(ids, targets):
        h = tokens(ids)
        for block in blocks:
            h = block(h)
        logits = F.reshape(tokens.scores(norm(h)), (N * T, V))
        return F.softmax_cross_entropy(logits, F.reshape(targets, (N * T,)))

    loss(*np.zeros((2, N, T), int))
    params = [p for layer in (tokens, norm, *blocks) for p in layer.params()]
    compare(loss, params, 1e-3)
