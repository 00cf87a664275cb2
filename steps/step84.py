"""Step 84. A key-value cache: nothing is computed twice.

For each token that it writes, step 83 reads the whole text again. To
write 256 tokens, the model reads 1 + 2 + ... + 256 = 32,896 places, yet
in each pass only the last one is new. What can we keep from the others?

Each place looks only at itself and at earlier places (step 77). So
nothing that was computed for a place changes as the text grows. What
does a new place need from the earlier ones? In each block its query is
compared with the keys of all places, and the result is a mean of their
values. The earlier queries are never needed again. So each layer keeps
its keys and values: a *key-value cache*, or KV cache.

                 without        with
    token 1      o              o
    token 2      o o            . o
    token 3      o o o          . . o
    token 4      o o o o        . . . o
                 o computed     . kept

The model reads the prompt in one pass, the *prefill* (Pope and others,
2022). After that, each pass reads a single token. RoPE (step 79) has to
know the token's place, which is len(cache).

What if the text gets longer than the context? The window that the model
sees could move by one token each time. But the keys of the second block
depend on results of the first block, and so on the token that leaves:
all of them would have to be computed again, for each new token. So the
window jumps by half a context, and only then do we empty the cache.

The cache costs memory: 2 * depth * T * E numbers for each text of T
tokens. And it is only for writing: it keeps arrays and no graph, so in
training no gradient would flow back through it. The program takes about
eight seconds.

Exercise: write read(model, ids, size). It gives ids to the model in
pieces of size tokens, with a cache, and returns the scores of all
places (T, V). Which sizes give the same scores as a single pass?

In the package: dezero/layers/attention.py, KVCache;
dezero/models/gpt.py, GPT.generate

Output:
    the same probabilities, to 0.000001: True
    bytes for 256 tokens: 1,048,576, by the formula 1,048,576
    and for 1,024 tokens of GPT-2: 75,497,472
    64 tokens: the same text True, ~2.3 times faster
    128 tokens: the same text True, ~3.4 times faster
    256 tokens: the same text True, ~6.5 times faster
    120 tokens, context 32: the same text True, 7 windows
"""

import math
from time import perf_counter

import numpy as np

import dezero.functions as F
from dezero import layers, models, no_grad, test_mode
from dezero.models import token_probabilities


# The cache keeps arrays, not Variables: arrays have no graph.
class KVCache:
    """The keys and values of one layer, for all places so far."""

    def __init__(self):
        self.k = self.v = None

    def __len__(self):
        return 0 if self.k is None else self.k.shape[2]

    def append(self, k, v):
        """Append k and v (N, H, T, D); return all keys and values."""
        k, v = k.data, v.data
        if self.k is not None:
            k = np.concatenate((self.k, k), axis=2)
            v = np.concatenate((self.v, v), axis=2)
        self.k, self.v = k, v
        return k, v


# The rest is the package's layer: that of step 78, with rope and
# dropout (step 80), and with a forward that passes a cache to lookup.
# self.rope says whether RoPE turns q and k. The mask needs no change:
# F.attention takes T queries for the last T of S places (step 77). A
# key is turned once, for its own place, and the cache keeps the turned
# key.
class MultiHeadAttention(layers.MultiHeadAttention):
    """Self-attention that can continue where it stopped."""

    def lookup(self, x, cache=None):
        """Return queries, keys and values, each (N, H, T, D)."""
        qkv = in_heads(self.qkv(x), 3 * self.heads)  # (N, 3 * H, T, D)
        q, k, v = F.split(qkv, 3, axis=1)
        if self.rope:
            start = 0 if cache is None else len(cache)
            q, k = F.rope(q, start), F.rope(k, start)
        return (q, k, v) if cache is None else (q, *cache.append(k, v))


# A full window drops its first half. So once the text is longer than
# the context, the model sees between half a context and a whole one.
# generate reads the same windows with and without a cache, so we can
# compare the two.
def window_start(T, context):
    """Return which of T tokens is the first that the model sees."""
    half = max(1, context // 2)
    return max(0, math.ceil((T - context) / half) * half)


# The package's block also takes a cache: block(h, cache=own) passes it
# to the attention layer.
class GPT(models.GPT):
    """The GPT of step 81, which can now write."""

    def forward(self, ids, cache=None):
        """Return the scores of what comes after each of ids.

        cache is a list with a KVCache for each block, or None.
        """
        h = self.embedding(ids)
        caches = cache or [None] * len(self.blocks.layers)
        for block, own in zip(self.blocks.layers, caches):
            h = block(h, cache=own)
        return self.embedding.scores(self.norm(h))

    def generate(
        self,
        prompt,
        n,
        temperature=1.0,
        top_k=None,
        top_p=None,
        seed=None,
        cache=True,
    ):
        """Return the tokens of prompt and n more."""
        rng, ids = np.random.default_rng(seed), list(prompt)
        first = None
        with no_grad(), test_mode():
            for _ in range(n):
                start = window_start(len(ids), self.context)
                if start == first and cache:
                    new = ids[-1:]
                else:
                    first, new = start, ids[start:]
                    caches = [KVCache() for _ in self.blocks.layers]
                scores = self(
                    np.array([new]), caches if cache else None
                )
                p = token_probabilities(
                    scores.data[0, -1], temperature, top_k, top_p
                )
                ids.append(int(rng.choice(len(p), p=p)))
        return ids


# A new block adds nothing to its input (step 80): even with a wrong
# cache the scores would be right. So we add random numbers to all
# weights. What the model writes does not matter here.
def random_gpt(context, width=256, heads=4):
    """Return a GPT with random weights and this step's attention."""
    rng = np.random.default_rng(0)
    model = GPT(61, context, width, heads=heads)
    for block in model.blocks.layers:
        block.attention = MultiHeadAttention(width, heads, True, True)
    model(np.array([[0]]))  # now all weights exist
    for p in model.params():
        p.data += rng.normal(0, 0.05, p.shape).astype(np.float32)
    return model


def cache_bytes(depth, T, width):
    """Return how many bytes the cache of T tokens needs, in float32."""
    return 4 * 2 * depth * T * width


# Without a cache the model computes 128 times as many places for a text
# of 256 tokens. The cache saves less time than that: each call of a
# Function takes some time, however little it computes.
def timed(f, *args, **options):
    """Return the result of f, and how many seconds the call took."""
    start = perf_counter()
    result = f(*args, **options)
    return result, perf_counter() - start


# --- carried over ---
def in_heads(x, heads):
    """Return x (N, T, E) as (N, H, T, D)."""
    N, T, E = x.shape
    return x.reshape(N, T, heads, E // heads).transpose(0, 2, 1, 3)


if __name__ == "__main__":
    # first weights come from this generator
    np.random.seed(0)  # noqa: NPY002
    model = random_gpt(context=256)
    ids = np.random.default_rng(1).integers(61, size=(1, 256))
    caches = [KVCache() for _ in model.blocks.layers]
    with no_grad():
        whole = F.softmax(model(ids), axis=-1).data
        parts = [model(ids[:, :100], caches)]  # the prefill
        parts += [model(ids[:, [t]], caches) for t in range(100, 256)]
        y = F.softmax(F.concatenate(parts, axis=1), axis=-1).data
    same = np.abs(y - whole).max() < 1e-6
    print("the same probabilities, to 0.000001:", same)
    size = sum(own.k.nbytes + own.v.nbytes for own in caches)
    formula = cache_bytes(depth=2, T=256, width=256)
    print(f"bytes for 256 tokens: {size:,}, by the formula {formula:,}")
    size = cache_bytes(depth=12, T=1024, width=768)
    print(f"and for 1,024 tokens of GPT-2: {size:,}")

    for n in 64, 128, 256:
        (slow, before), (fast, after) = (
            timed(model.generate, [0], n - 1, seed=0, cache=cache)
            for cache in (False, True)
        )
        print(f"{n} tokens: the same text {slow == fast}", end=", ")
        print(f"~{before / after:.1f} times faster", flush=True)

    model, prompt = random_gpt(context=32), list(range(20))
    slow, fast = (
        model.generate(prompt, 100, seed=0, cache=cache)
        for cache in (False, True)
    )
    starts = {window_start(T, 32) for T in range(20, 120)}
    print(
        f"120 tokens, context 32: the same text {slow == fast}",
        end=", ",
    )
    print(f"{len(starts)} windows")
