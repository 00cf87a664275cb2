"""GPT: a language model of transformer blocks.

Letters: N texts, T tokens of each, V tokens in the vocabulary, E width of the stream.
"""

import numpy as np

import dezero.functions as F
from dezero.core import no_grad, test_mode
from dezero.layers import Embedding, KVCache, LayerNorm, RMSNorm, TransformerBlock
from dezero.models.base import Model


class GPT(Model):
    """Scores for the next token at every place of a text (see step 81).

    Shapes: ids (N, T) with T <= context -> scores (N, T, vocab).
    """

    def __init__(
        self,
        vocab: int,
        context: int,
        width: int = 64,
        depth: int = 2,
        heads: int = 4,
        rope: bool = False,
        norm: str = "layer",
        mlp: str = "gelu",
        dropout: float = 0.0,
    ):
        super().__init__()
        self.context, self.depth = context, depth
        self.tokens = Embedding(vocab, width)
        self.places = None if rope else Embedding(context, width)
        for i in range(depth):
            block = TransformerBlock(width, heads, True, rope, norm, mlp, dropout)
            setattr(self, f"block{i}", block)
        self.norm = {"layer": LayerNorm, "rms": RMSNorm}[norm]()

    def forward(self, ids, cache=None):
        """Return the scores of what comes after each of ids."""
        ids = np.asarray(ids)
        start = 0 if cache is None else len(cache[0])
        h = self.tokens(ids)
        if self.places is not None:
            h = h + self.places(np.arange(start, start + ids.shape[1]))
        for i in range(self.depth):
            block = getattr(self, f"block{i}")
            h = block(h, cache=None if cache is None else cache[i])
        return self.tokens.scores(self.norm(h))

    def generate(
        self, prompt, n, temperature=1.0, top_k=None, top_p=None, seed=0, cache=True
    ):
        """Return prompt (T,) and n tokens more, each drawn from the model's scores."""
        rng, ids = np.random.default_rng(seed), list(prompt)
        with no_grad(), test_mode():
            memory = [KVCache() for _ in range(self.depth)] if cache else None
            new = ids[-self.context :]
            for _ in range(n):
                scores = self.forward([new], memory).data[0, -1]
                ids.append(sample(scores, temperature, top_k, top_p, rng))
                new = ids[-1:] if cache else ids[-self.context :]
                if cache and len(memory[0]) == self.context:
                    memory = [KVCache() for _ in range(self.depth)]
                    new = ids[-(self.context // 2) :]
        return ids


def sample(scores, temperature, top_k, top_p, rng):
    """Return a token, drawn from softmax(scores / temperature) (see step 83)."""
    if temperature == 0:
        return int(scores.argmax())
    order = np.argsort(-scores)[:top_k]
    p = F.softmax(scores[order][None] / temperature).data[0]
    if top_p is not None:
        keep = np.cumsum(p) - p < top_p
        order, p = order[keep], p[keep]
    return int(rng.choice(order, p=p / p.sum()))
