"""GPT: a language model of transformer blocks.

Letters: N texts, T tokens of each, V tokens in the vocabulary, E width of the stream.
"""

import numpy as np

import dezero.functions as F
from dezero.core import no_grad, test_mode
from dezero.guards import whole
from dezero.layers import Embedding, KVCache, RMSNorm, TransformerBlock
from dezero.layers.checks import _judged
from dezero.models.base import Model
from dezero.models.containers import Sequential


class GPT(Model):
    """Scores of what comes next, after each token of a text.

    Shapes: ids (N, T) of ints -> scores (N, T, vocab).

    vocab      how many tokens there are: len(tokenizer)
    context    T is at most this, and texts are read in windows of this length
    width      of the stream
    depth      how many blocks
    heads      of each block's attention
    dropout    of what each block adds, in training

    Built from rotary positions, RMSNorm and SwiGLU; the scores are products with the
    same vectors that stand for the tokens (see step 81).

    >>> model = GPT(vocab=27, context=16, width=8, heads=2)
    >>> model(np.zeros((3, 16), int)).shape
    (3, 16, 27)
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
        self.context = whole("GPT", "context", context, 81)
        self.embedding = Embedding(vocab, width)
        self.blocks = Sequential(
            *(
                TransformerBlock(
                    *(width, heads),
                    **{"rope": True, "norm": "rms", "mlp": "swiglu"},
                    dropout=dropout,
                )
                for _ in range(whole("GPT", "depth", depth, 81))
            )
        )
        self.norm = RMSNorm()

    def forward(self, ids, cache=None):
        """Return the scores of what comes after each of ids."""
        ids = _judged(self, ids, 81, "texts (N, T) of ints", ndim=2)
        h = self.embedding(ids)
        for i, block in enumerate(self.blocks.layers):
            h = block(h, cache=None if cache is None else cache[i])
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
    ):
        """Return the tokens of prompt and n more, each drawn from the scores."""
        rng, ids = np.random.default_rng(seed), [int(i) for i in prompt]
        memory, new = None, ids[-self.context :]
        with no_grad(), test_mode():
            for _ in range(n):
                if cache and (memory is None or len(memory[0]) == self.context):
                    memory = [KVCache() for _ in self.blocks.layers]
                    new = ids[-self.context :] if len(ids) <= self.context else new
                scores = self.forward([new], memory).data[0, -1]
                ids.append(sample(scores, rng, temperature, top_k, top_p))
                new = ids[-1:] if cache else ids[-self.context :]
        return ids


def sample(scores, rng, temperature=1.0, top_k=None, top_p=None):
    """Return a token, drawn from softmax(scores / temperature) (see step 83)."""
    if temperature == 0:
        return int(scores.argmax())
    order = np.argsort(-scores)[:top_k]
    p = F.softmax(scores[order][None] / temperature).data[0]
    if top_p is not None:
        keep = np.cumsum(p) - p < top_p
        order, p = order[keep], p[keep]
    return int(rng.choice(order, p=p / p.sum()))
