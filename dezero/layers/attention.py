"""Multi-head attention, and the cache of keys and values for a text that grows.

Letters: N batch, T time (queries), S keys, E width of the stream, H heads, D = E / H
width of a head.
"""

import dezero.functions as F
from dezero import cuda
from dezero.core import Config, _as_input, as_variable
from dezero.functions.attention import _as_mask
from dezero.guards import flag, number, refusal, whole
from dezero.layers.base import Layer
from dezero.layers.basic import Linear
from dezero.layers.calls import _note
from dezero.layers.checks import _judged, _listed


class KVCache:
    """The keys and values of one layer for all places of a text so far (see step 84).

    In a causal layer, they do not change when the text goes on. So the layer computes
    them for the new places only, and finds the others here: 2 * N * S * E numbers. No
    gradient flows back through them, so use a cache only within no_grad.

    >>> import numpy as np
    >>> from dezero import no_grad
    >>> layer, cache = MultiHeadAttention(8, heads=2, causal=True), KVCache()
    >>> x = np.ones((1, 5, 8), np.float32)
    >>> with no_grad():
    ...     first, last = layer(x[:, :3], cache=cache), layer(x[:, 3:], cache=cache)
    >>> first.shape, last.shape, len(cache)
    ((1, 3, 8), (1, 2, 8), 5)
    """

    def __init__(self):
        self.k = self.v = None

    def __len__(self):
        return 0 if self.k is None else self.k.shape[2]

    def append(self, k, v):
        """Append k and v (N, H, T, D); return the arrays of all keys and all values."""
        k, v = _as_kept("KVCache", k, v, self.k)
        k, v = k.data, v.data
        if self.k is not None:
            xp = cuda.get_array_module(k)
            k = xp.concatenate((self.k, k), axis=2)
            v = xp.concatenate((self.v, v), axis=2)
        self.k, self.v = k, v
        return k, v


def _as_kept(who, k, v, before):
    """Return k and v as Variables; raise unless they can follow the earlier keys."""
    if Config.enable_backprop:
        raise RuntimeError(
            f"{who}: expected a call within no_grad(), because no gradient flows back "
            "through cached keys and values; in training, pass the whole text and no "
            "cache (see step 84)"
        )
    k, v = (as_variable(_as_input(who, x, name)) for x, name in ((k, "k"), (v, "v")))
    N, H, _, D = before.shape if before is not None else (*k.shape, *[0] * 4)[:4]
    if k.ndim != 4 or k.shape != v.shape or (N, H, D) != (*k.shape[:2], k.shape[3]):
        wanted = "" if before is None else f" with N, H, D = {N}, {H}, {D} as before"
        raise ValueError(
            f"{who}: k and v must be (N, H, T, D){wanted}, got {k.shape} and {v.shape}"
            "; a new text needs a new cache (see step 84)"
        )
    return k, v


def _in_heads(x, heads):
    """Return x (N, T, E) as (N, H, T, D), each head with its D of the E numbers."""
    N, T, E = x.shape
    return x.reshape(N, T, heads, E // heads).transpose(0, 2, 1, 3)


def _merged(x):
    """Return x (N, H, T, D) as (N, T, E): the heads side by side."""
    N, H, T, D = x.shape
    return x.transpose(0, 2, 1, 3).reshape(N, T, H * D)


class MultiHeadAttention(Layer):
    """Self-attention with several heads, each with its part of the width (see step 78).

    One matrix product computes the queries, keys and values of all heads. Each head
    does its own lookup; one more product combines their results, side by side.

    Shapes: x (N, T, width) -> (N, T, width), with qkv.W (width, 3 * width), the
    columns of the queries first, and out.W (width, width).

    heads      how many, each of width / heads numbers; together they cost as much
               as a single head
    causal     no place sees a later one (see step 77)
    rope       queries and keys are turned by their places (see step 79)
    dropout    the share of the result that is set to 0 in training (see step 54)

    Its graph holds the attention weights (N, heads, T, T) and about six arrays of x's
    size.

    >>> import numpy as np
    >>> x = np.zeros((2, 5, 8), np.float32)  # two texts of five places
    >>> layer = MultiHeadAttention(8, heads=2, causal=True)
    >>> layer(x).shape, layer.weights(x).shape
    ((2, 5, 8), (2, 2, 5, 5))
    """

    _beside = ("heads", "causal", "rope")  # no shape shows them, so files store them

    def __init__(
        self,
        width: int,
        heads: int,
        causal: bool = False,
        rope: bool = False,
        dropout: float = 0.0,
    ):
        super().__init__()
        who = type(self).__name__
        self.width = whole(who, "width", width, 78)
        self.heads = whole(who, "heads", heads, 78)
        self.causal = flag(who, "causal", causal, 77)
        self.rope = flag(who, "rope", rope, 79)
        self.dropout = number(who, "dropout", dropout, 54, least=0, most=1)
        _check_attention(who, width, heads, rope=rope)
        self.qkv = Linear(3 * width, in_size=width)
        self.out = Linear(width, in_size=width)

    def _settings(self):
        options = {"causal": self.causal, "rope": self.rope, "dropout": self.dropout}
        return _listed(self.width, self.heads, **options)

    def _hint(self, shape):
        return (
            "; pass a single text as x[None], a batch of one" if len(shape) == 2 else ""
        )

    def forward(self, x, mask=None, cache=None):
        """Return, for each place of x, what its heads have found.

        mask    bools that broadcast to (N, heads, T, S), True where a place may look:
                (T, S) for all texts, (N, 1, 1, S) for the places that each text has
        cache   a KVCache: x are the next places of its text, and see the earlier ones
        """
        q, k, v = self.lookup(x, cache)
        if mask is not None:
            _as_mask(type(self).__name__, mask, q, k)
        y = F.attention(q, k, v, mask, self.causal)  # (N, H, T, D)
        y = self.out(_merged(y))
        return F.dropout(y, self.dropout) if self.dropout else y

    def weights(self, x, mask=None):
        """Return how much each place of x takes from every place: (N, heads, T, T)."""
        q, k, _ = self.lookup(x)
        if mask is not None:
            _as_mask(type(self).__name__, mask, q, k)
        return F.attention_weights(q, k, mask, self.causal)

    def lookup(self, x, cache=None):
        """Return queries (N, H, T, D), and keys and values (N, H, S, D).

        Without a cache S is T; with one, it counts the earlier places as well.
        """
        x = _judged(
            self, x, 78, "texts (N, T, width)", ("width", -1), self.width, ndim=3
        )
        if not x.shape[1]:
            raise ValueError(
                f"{type(self).__name__}: x must be texts (N, T, width) with T at least "
                f"1, got {x.shape} (see step 78)"
            )
        if cache is not None:
            self._check_cache(type(self).__name__, cache)
        qkv = _in_heads(self.qkv(x), 3 * self.heads)  # (N, 3 * H, T, D)
        q, k, v = F.split(qkv, 3, axis=1)
        if self.rope:
            start = 0 if cache is None else len(cache)
            q, k = F.rope(q, start), F.rope(k, start)
        return (q, k, v) if cache is None else (q, *cache.append(k, v))

    def _check_cache(self, who, cache):
        """Check a cache, and remember its contents in case the call fails."""
        if not isinstance(cache, KVCache):
            raise TypeError(refusal(who, "cache", "a KVCache or None", cache, 84))
        if not self.causal:
            raise ValueError(
                f"{who}: a cache needs causal=True: without it, later places change "
                "the outputs at earlier ones (see step 84)"
            )
        _note(cache, vars(cache).copy())


def _check_attention(who, width, heads, causal=False, rope=False, dropout=0.0):
    """Check the settings of an attention layer; who is the class that errors name."""
    width, heads = whole(who, "width", width, 78), whole(who, "heads", heads, 78)
    flag(who, "causal", causal, 77)
    flag(who, "rope", rope, 79)
    number(who, "dropout", dropout, 54, least=0, most=1)
    if width % heads:
        raise ValueError(
            f"{who}: width must be a multiple of heads, because each head gets width / "
            f"heads numbers, got width {width} and {heads} heads (see step 78)"
        )
    if rope and width // heads % 2:
        raise ValueError(
            f"{who}: rope turns pairs of numbers, so width / heads must be even, "
            f"got {width} / {heads} = {width // heads} (see step 79)"
        )
