"""What a transformer is built from: its block, and tokens as vectors.

Letters: N batch, T time, E width of the stream, V vocabulary.
"""

import numpy as np

import dezero.functions as F
from dezero.layers.attention import MultiHeadAttention
from dezero.layers.base import Layer
from dezero.layers.basic import EmbedID, Linear
from dezero.layers.checks import _listed
from dezero.layers.norm import LayerNorm, RMSNorm

NORMS = {"layer": LayerNorm, "rms": RMSNorm}


class Embedding(EmbedID):
    """A vector for each token, and scores of all tokens from a vector (see step 81)."""

    def __init__(self, count: int, width: int):
        super().__init__(count, width)
        self.W.data = (self.W.data * 0.02).astype(np.float32)

    def scores(self, h):
        """Return h @ W.T: how well each token's vector matches h (..., E)."""
        return F.linear(h, self.W.T)


class TransformerBlock(Layer):
    """x + attention(norm(x)), then the same with an MLP (see step 80)."""

    def __init__(
        self,
        width: int,
        heads: int,
        causal: bool = True,
        rope: bool = False,
        norm: str = "layer",
        mlp: str = "gelu",
        dropout: float = 0.0,
    ):
        super().__init__()
        self.norm1, self.norm2 = NORMS[norm](), NORMS[norm]()
        self.attention = MultiHeadAttention(width, heads, causal, rope, dropout)
        self.mlp, self.dropout = mlp, dropout
        if mlp == "swiglu":
            hidden = -(-width * 8 // 24) * 8
            self.gate = Linear(hidden, nobias=True, in_size=width)
        else:
            hidden = 4 * width
        self.up = Linear(hidden, in_size=width)
        self.down = Linear(width, in_size=hidden)
        for layer in self.attention.out, self.down:
            layer.W.data[...] = 0  # at first a block hands on x as it is

    def _settings(self):
        return _listed()

    def forward(self, x, mask=None, cache=None):
        """Return x (N, T, width) and what the two parts add to it."""
        x = x + self.attention(self.norm1(x), mask, cache)
        h = self.norm2(x)
        if self.mlp == "swiglu":
            h = F.swiglu(self.up(h), self.gate(h))
        else:
            h = F.gelu(self.up(h))
        h = self.down(h)
        return x + (F.dropout(h, self.dropout) if self.dropout else h)
