"""Attention with several heads, and what it remembers when a text grows.

Letters: N batch, T time, E width of the stream, H heads, D = E / H width of a head.
"""

import dezero.functions as F
from dezero.guards import whole
from dezero.layers.base import Layer
from dezero.layers.basic import Linear
from dezero.layers.checks import _judged, _listed


class KVCache:
    """The keys and values of one layer for all tokens so far (see step 84)."""

    def __init__(self):
        self.k = self.v = None

    def __len__(self):
        return 0 if self.k is None else self.k.shape[-2]

    def append(self, k, v):
        """Return all keys and values, with k and v (N, H, T, D) behind the others."""
        if self.k is not None:
            k = F.concatenate((self.k, k), axis=2)
            v = F.concatenate((self.v, v), axis=2)
        self.k, self.v = k, v
        return k, v


class MultiHeadAttention(Layer):
    """Attention of several heads, each with a part of the width (see step 78).

    Shapes: x (N, T, width) -> (N, T, width).
    """

    def __init__(
        self,
        width: int,
        heads: int,
        causal: bool = False,
        rope: bool = False,
        dropout: float = 0.0,
    ):
        super().__init__()
        self.heads = whole("MultiHeadAttention", "heads", heads, 78)
        self.causal, self.rope, self.dropout = causal, rope, dropout
        self.qkv = Linear(3 * width, in_size=width)
        self.out = Linear(width, in_size=width)

    def _settings(self):
        width = self.out.out_size
        return _listed(width, self.heads, causal=self.causal, rope=self.rope)

    def forward(self, x, mask=None, cache=None):
        """Return for each place of x what its heads have found."""
        x = _judged(self, x, 78, "(N, T, width)", ("width", -1), self.out.out_size)
        N, T, E = x.shape
        qkv = self.qkv(x).reshape(N, T, 3, self.heads, E // self.heads)
        q, k, v = qkv.transpose(2, 0, 3, 1, 4)  # each (N, H, T, D)
        if self.rope:
            start = 0 if cache is None else len(cache)
            q, k = F.rope(q, start), F.rope(k, start)
        if cache is not None:
            k, v = cache.append(k, v)
        y = F.attention(q, k, v, mask, self.causal)  # (N, H, T, D)
        y = self.out(y.transpose(0, 2, 1, 3).reshape(N, T, E))
        return F.dropout(y, self.dropout) if self.dropout else y
