"""GPT: a language model of transformer blocks.

Letters: N texts, T tokens in each, V tokens in the vocabulary, E width of the stream.
"""

import math

import numpy as np

from dezero import cuda
from dezero.core import Variable, _check_numbers, no_grad, test_mode
from dezero.guards import flag, refusal, whole
from dezero.layers import Embedding, KVCache, RMSNorm, TransformerBlock
from dezero.layers.attention import _check_attention
from dezero.layers.checks import _judged
from dezero.models.base import Model
from dezero.models.containers import Sequential
from dezero.models.sampling import check_sampling, numbers_of, token_probabilities


class GPT(Model):
    """A language model: it scores what comes next, after each token of a text.

    Shapes: ids (N, T) of ints -> scores (N, T, vocab).

    vocab      how many tokens there are: len(tokenizer)
    context    the largest T; the model sees at most this many tokens at once
    width      the width of the stream
    depth      how many blocks
    heads      how many heads in each block's attention
    dropout    the share of what each block adds that is set to 0 in training

    Built with rotary positions, RMSNorm and SwiGLU. The scores are products with the
    same vectors that embed the tokens (see step 81).

    >>> model = GPT(vocab=27, context=16, width=8, heads=2)
    >>> model(np.zeros((3, 16), int)).shape
    (3, 16, 27)
    >>> ids = model.generate([1, 2, 3], 20, temperature=0.8, seed=0)
    >>> len(ids), ids[:3]
    (23, [1, 2, 3])
    """

    def __init__(
        self,
        vocab: int,
        context: int,
        width: int = 64,
        depth: int = 2,
        heads: int = 4,
        dropout: float = 0.0,
    ):
        super().__init__()
        who = type(self).__name__
        vocab = whole(who, "vocab", vocab, 81)
        self.context = whole(who, "context", context, 81)
        width = whole(who, "width", width, 81)
        depth = whole(who, "depth", depth, 81)
        _check_attention(who, width, heads, True, True, dropout)
        self.embedding = Embedding(vocab, width)
        kind = {"rope": True, "norm": "rms", "mlp": "swiglu"}
        blocks = (
            TransformerBlock(width, heads, dropout=dropout, **kind)
            for _ in range(depth)
        )
        self.blocks = Sequential(*blocks)
        self.norm = RMSNorm()

    def forward(self, ids, cache=None):
        """Return the scores of what comes after each of ids.

        cache    a list with a KVCache for each block, used within no_grad; ids are then
                 the next tokens of the texts whose keys and values it holds (see step
                 84)
        """
        ids = _judged(self, ids, 81, "texts (N, T) of ints", ndim=2, name="ids")
        self._check_room(type(self).__name__, ids, cache)
        try:
            h = self.embedding(ids)
        except (TypeError, IndexError):
            _check_ids(type(self).__name__, ids, self.embedding.W.shape[0])
            raise
        caches = cache or [None] * len(self.blocks.layers)
        for block, own in zip(self.blocks.layers, caches):
            h = block(h, cache=own)
        return self.embedding.scores(self.norm(h))

    def generate(
        self,
        prompt,
        n: int,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        seed=None,
        cache: bool = True,
    ) -> list[int]:
        """Return a list of prompt's tokens and n more, drawn one after another.

        prompt         at least one token: tokenizer.encode(text)
        temperature, top_k, top_p    as in token_probabilities (see step 83)
        seed           what np.random.default_rng takes; a number gives the same text
                       each time
        cache          False recomputes all places for each token: the same result, but
                       slower

        The model sees at most context tokens. When this window is full, it goes on with
        the last half of it (see step 84). Dropout is off, and nothing is recorded.
        """
        who = "GPT.generate"
        prompt = _as_prompt(who, prompt, self.embedding.W.shape[0])
        n = whole(who, "n", n, 84, least=0)
        cache = flag(who, "cache", cache, 84)
        check_sampling(who, temperature, top_k, top_p)
        seed = _as_seed(who, seed)
        rng, ids = np.random.default_rng(seed), list(prompt)
        xp = cuda.get_array_module(self.embedding.W)
        first = None
        with no_grad(), test_mode():
            for _ in range(n):
                start = _window_start(len(ids), self.context)
                if start == first and cache:
                    new = ids[-1:]
                else:
                    first, new = start, ids[start:]
                    caches = [KVCache() for _ in self.blocks.layers]
                scores = self(xp.array([new]), caches if cache else None)
                try:
                    p = token_probabilities(
                        scores.data[0, -1], temperature, top_k, top_p
                    )
                except ValueError:
                    raise _no_numbers(who, scores.data[0, -1]) from None
                ids.append(int(rng.choice(len(p), p=p)))
        return ids

    def _hint(self, shape):
        return (
            "; pass a single text as [ids], a batch of one" if len(shape) == 1 else ""
        )

    def _check_room(self, who, ids, cache):
        """Refuse texts that are too long, and a cache without a KVCache per block."""
        T, array = ids.shape[1], ids.data if isinstance(ids, Variable) else ids
        if isinstance(array, np.ndarray):
            _check_numbers(_check_not_negative, who, array)
        if not 1 <= T <= self.context:
            raise ValueError(
                f"{who}: ids must be texts of 1 to context={self.context} tokens, got "
                f"{T} (see step 81)"
            )
        if cache is None:
            return
        depth = len(self.blocks.layers)
        kinds = isinstance(cache, (list, tuple))
        if not kinds or not all(isinstance(own, KVCache) for own in cache):
            expected = "a list with a KVCache for each block, or None"
            raise TypeError(refusal(who, "cache", expected, cache, 84))
        lengths = {len(own) for own in cache}
        different = len({id(own) for own in cache})
        if len(cache) != depth or different != depth:
            raise ValueError(
                f"{who}: cache must hold a separate KVCache for each of the {depth} "
                f"blocks, got {different} in a list of {len(cache)}; write "
                f"[KVCache() for _ in range({depth})] (see step 84)"
            )
        if len(lengths) > 1:
            raise ValueError(
                f"{who}: the caches must hold the same number of tokens, got "
                f"{min(lengths)} to {max(lengths)}; start again with new caches (see "
                "step 84)"
            )
        (before,) = lengths
        if before + T > self.context:
            raise ValueError(
                f"{who}: the cache has room for context={self.context} tokens, got {T} "
                f"after {before}; begin a new window with new caches, as generate does "
                "(see step 84)"
            )


def _check_ids(who, ids, vocab):
    """Refuse ids outside the vocabulary; called only after an error."""
    ids = ids.data if isinstance(ids, Variable) else ids
    if ids.dtype.kind not in "iu":
        raise TypeError(
            f"{who}: ids must be texts (N, T) of ints, as encode returns them, got an "
            f"array of {ids.dtype} (see step 81)"
        ) from None
    if ids.max() >= vocab:
        raise ValueError(
            f"{who}: ids must be below vocab={vocab}, got {ids.max()}; do they come "
            "from the same tokenizer as vocab=len(tokenizer)? (see step 81)"
        ) from None


def _no_numbers(who, scores):
    """Return the error for scores from which no token can be drawn."""
    got = float(numbers_of(scores).max())
    return ValueError(
        f"{who}: the model's scores must be finite numbers, got {got}; has its "
        "training diverged? A smaller learning rate or ClipGrad may help (see step 82)"
    )


def _window_start(T, context):
    """Return the index of the first of T tokens that the model sees.

    It moves by half a window at a time, because all caches start anew when it moves.
    """
    half = max(1, context // 2)
    return max(0, math.ceil((T - context) / half) * half)


def _as_prompt(who, prompt, vocab):
    """Return the tokens of a prompt as a list of Python ints."""
    expected = f"the ids of a text, each from 0 to {vocab - 1}, as encode returns them"
    ids = numbers_of(prompt)
    if ids.size and ids.dtype.kind not in "iu":
        raise TypeError(refusal(who, "prompt", expected, prompt, 84))
    if ids.ndim != 1 or not ids.size:
        raise ValueError(
            f"{who}: prompt must be {expected}: (T,) with T at least 1, got shape "
            f"{ids.shape} (see step 84)"
        )
    if ids.min() < 0 or ids.max() >= vocab:
        got = ids.min() if ids.min() < 0 else ids.max()
        raise ValueError(refusal(who, "prompt", expected, int(got), 84))
    return ids.tolist()


def _check_not_negative(who, ids):
    """Refuse ids below 0; the embedding refuses those that are too large."""
    if ids.size and ids.min() < 0:
        raise ValueError(
            f"{who}: ids must be at least 0, got {ids.min()}; pad a shorter text with "
            "any token, and let cross_entropy(..., ignore_index=-1) leave those places "
            "out (see step 81)"
        )


def _as_seed(who, seed):
    """Return the generator that a seed stands for."""
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError) as error:
        expected = "None, a whole number of at least 0 or a NumPy generator"
        raise type(error)(refusal(who, "seed", expected, seed, 84)) from None
