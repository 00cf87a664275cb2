"""The parts of a transformer: its block, and the embedding of its tokens.

Letters: N batch, T time, E width of the stream, V vocabulary.
"""

import math

import numpy as np

import dezero.functions as F
from dezero.guards import number, one_of, whole
from dezero.layers.attention import MultiHeadAttention, _check_attention
from dezero.layers.base import Layer
from dezero.layers.basic import EmbedID, Linear
from dezero.layers.checks import _judged
from dezero.layers.norm import LayerNorm, RMSNorm

NORMS = {"layer": LayerNorm, "rms": RMSNorm}


class Embedding(EmbedID):
    """A vector for each token, and scores for all tokens from a vector (see step 81).

    Shapes: ids (...) of ints, W (count, width) -> (..., width); scores: h (..., width)
    -> (..., count). W starts as 0.02 * randn(count, width), in float32.

    >>> embedding = Embedding(27, 8)
    >>> h = embedding(np.array([[0, 5, 2]]))
    >>> h.shape, embedding.scores(h).shape
    ((1, 3, 8), (1, 3, 27))
    """

    def __init__(self, count: int, width: int):
        who = type(self).__name__
        count = whole(who, "count", count, 81)
        super().__init__(count, whole(who, "width", width, 81))
        self.W.data = (0.02 * self.W.data).astype(np.float32)

    def scores(self, h):
        """Return h @ W.T: how well each token's vector matches h (..., E)."""
        h = _judged(
            self, h, 81, "(..., width)", ("width", -1), self.W.shape[1], name="h"
        )
        return F.linear(h, self.W.T)


class TransformerBlock(Layer):
    """First x = x + attention(norm(x)), then x = x + MLP(norm(x)) (see step 80).

    Shapes: x (N, T, width) -> (N, T, width).

    heads, causal, rope    as in MultiHeadAttention
    norm                   "layer" or "rms": LayerNorm or RMSNorm
    mlp                    "gelu": down(gelu(up(x))), 4 * width numbers inside;
                           "swiglu": down(swiglu(up(x), gate(x))), 8/3 * width numbers
                           inside, rounded up to a multiple of 8
    dropout                the share of what is added to x that is set to 0 in training

    The two matrices whose results are added to x start at 0, so at first the block
    returns x unchanged.

    >>> block = TransformerBlock(8, heads=2)
    >>> x = np.ones((1, 3, 8), np.float32)
    >>> np.array_equal(block(x).data, x)
    True
    """

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
        who = type(self).__name__
        width = whole(who, "width", width, 80)
        _check_attention(who, width, heads, causal, rope, dropout)
        self.dropout = number(who, "dropout", dropout, 80, least=0, most=1)
        norm = one_of(who, "norm", norm, 80, list(NORMS))
        mlp = one_of(who, "mlp", mlp, 80, ["gelu", "swiglu"])
        self.norm1 = NORMS[norm]()
        self.attention = MultiHeadAttention(width, heads, causal, rope, dropout)
        self.norm2 = NORMS[norm]()
        hidden, self.gate = 4 * width, None
        if mlp == "swiglu":
            hidden = 8 * math.ceil(width / 3)
            self.gate = Linear(hidden, in_size=width)
        self.up = Linear(hidden, in_size=width)
        self.down = Linear(width, in_size=hidden)
        for layer in self.attention.out, self.down:
            layer.W.data[...] = 0

    def forward(self, x, mask=None, cache=None):
        """Return x plus what attention and the MLP add to it."""
        x = _judged(
            self, x, 80, "(N, T, width)", ("width", -1), self.down.out_size, ndim=3
        )
        x = x + self.attention(self.norm1(x), mask, cache)
        h = self.norm2(x)
        if self.gate is None:
            h = F.gelu(self.up(h))
        else:
            h = F.swiglu(self.up(h), self.gate(h))
        h = self.down(h)
        return x + (F.dropout(h, self.dropout) if self.dropout else h)
