"""Step 78. Many heads: one product, split and merged.

Which two tokens came before this one, and in which order? A single
lookup can hardly tell. It may give both places a weight of 1/2. But
then its answer is the mean of two values, and a mean does not show
which of them came first. So we make several lookups side by side. Each
is a *head*, with queries, keys and values of its own.

In *self-attention* all three are computed from the same x, each with a
matrix of its own. With H heads, that would be 3 * H small products.
Side by side, the matrices are one large matrix, and need one product:

    x (N, T, E)       N texts, T places, E numbers each
     |  qkv: a Linear, E -> 3 E
    q, k, v           (N, T, E) each
     |  split: E = H * D
    (N, H, T, D)      H heads with D numbers each
     |  attention
    (N, H, T, D)      what each head has found
     |  merge
    (N, T, E)         side by side again
     |  out: a Linear, E -> E
    y (N, T, E)

This is *multi-head attention* (Vaswani and others, 2017). Splitting
and merging compute nothing: each is a reshape and an exchange of two
axes. The products of H heads cost as much as those of one, since each
head has only D = E / H numbers. out mixes what the heads have found.

We do not tell a head what to look for: it learns that. Below, a layer
learns to name the two tokens before each place. One head of 16 numbers
gives each of the two tokens about half of its weight. So it names one
of them, and for the other it is hardly better than chance, 1 in 8. Two
heads of 8 numbers name both. The picture shows where the heads look.

Exercise: how many parameters does the layer have for a width E? Write
swap_heads(layer, a, b), which exchanges two heads and leaves y as it
is. Which columns of qkv.W must move, and which rows of out.W?

In the package: dezero/layers/attention.py, MultiHeadAttention

Output (rtol 0.05):
    equal to a loop over its heads: True
    parameters with a width of 12: 624
              one before   two before
    heads: 1       100 %        15 %
    heads: 2       100 %       100 %
      head 1 of 1: weight 0.51 one before, 0.45 two before
      head 1 of 2: weight 0.95 one before, 0.02 two before
      head 2 of 2: weight 0.05 one before, 0.90 two before
    figures/step78_heads.png
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import dezero.functions as F
from dezero.layers import Layer, Linear
from dezero.optimizers import Adam


# Head h has the numbers h * D to (h + 1) * D of each place. In the
# product with qkv.W, the queries of all heads come first, then their
# keys, then their values. F.split cuts an array into equal parts; its
# backward joins the gradients of the parts.
def in_heads(x, heads):
    """Return x (N, T, E) as (N, H, T, D)."""
    N, T, E = x.shape
    return x.reshape(N, T, heads, E // heads).transpose(0, 2, 1, 3)


def merged(x):
    """Return x (N, H, T, D) as (N, T, E): the heads side by side."""
    N, H, T, D = x.shape
    return x.transpose(0, 2, 1, 3).reshape(N, T, H * D)


class MultiHeadAttention(Layer):
    """Self-attention with several heads, each with its D numbers.

    Shapes: x (N, T, width) -> (N, T, width).
    """

    def __init__(self, width, heads, causal=False):
        super().__init__()
        self.heads, self.causal = heads, causal
        self.qkv = Linear(3 * width, in_size=width)
        self.out = Linear(width, in_size=width)

    def forward(self, x, mask=None):
        """Return for each place of x what its heads have found."""
        q, k, v = self.lookup(x)
        y = F.attention(q, k, v, mask, self.causal)  # (N, H, T, D)
        return self.out(merged(y))

    def weights(self, x, mask=None):
        """Return how much each place takes from each: (N, H, T, T)."""
        q, k, _ = self.lookup(x)
        return F.attention_weights(q, k, mask, self.causal)

    def lookup(self, x):
        """Return queries, keys and values, each (N, H, T, D)."""
        qkv = in_heads(self.qkv(x), 3 * self.heads)  # (N, 3 * H, T, D)
        return F.split(qkv, 3, axis=1)


# The same layer with a loop over the heads, as you would write it at
# first. Each head uses its columns of qkv.W, in three small products,
# and its rows of out.W.
def by_loop(layer, x):
    """Return layer(x), one head after another."""
    E, D = x.shape[-1], x.shape[-1] // layer.heads
    y = layer.out.b
    for h in range(layer.heads):
        own = slice(h * D, (h + 1) * D)
        q, k, v = (
            x @ layer.qkv.W[:, at:][:, own] + layer.qkv.b[at:][own]
            for at in (0, E, 2 * E)
        )
        found = F.attention(q, k, v, causal=layer.causal)
        y = y + found @ layer.out.W[own]
    return y


# There are 8 places and 8 tokens. 16 numbers describe each place: the
# first 8 have a 1 for its token, the other 8 a 1 for the place itself.
# (Step 79 has better ways to say which place it is.)
def texts(rng, N):
    """Return N random texts, as ids (N, 8) and x (N, 8, 16)."""
    ids = rng.integers(8, size=(N, 8))
    places = np.tile(np.eye(8), (N, 1, 1))
    x = np.concatenate([np.eye(8)[ids], places], axis=-1)
    return ids, x.astype(np.float32)


# The 16 numbers of y are two groups of 8 scores: for the token before a
# place, and for the one before that. We leave out the first two places,
# which do not have two tokens before them.
def scores_and_answers(layer, ids, x):
    """Return scores (N, 6, 2, 8) and answers (N, 6, 2)."""
    scores = layer(x).reshape(-1, 8, 2, 8)[:, 2:]
    return scores, np.stack([ids[:, 1:-1], ids[:, :-2]], axis=-1)


def learn(heads):
    """Return a layer after 300 updates."""
    layer = MultiHeadAttention(16, heads, causal=True)
    rng, optimizer = np.random.default_rng(0), Adam(0.01).setup(layer)
    for _ in range(300):
        scores, t = scores_and_answers(layer, *texts(rng, 50))
        loss = F.softmax_cross_entropy(scores.reshape(-1, 8), t.ravel())
        layer.cleargrads()
        loss.backward()
        optimizer.update()
    return layer


def draw(tables, file):
    """Save a picture of each table, {title: weights (T, T)}."""
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    axes = figure.subplots(1, len(tables))
    for ax, (title, p) in zip(axes, tables.items()):
        ax.imshow(p, cmap="Blues", vmin=0, vmax=1)
        ax.set(title=title, xlabel="looks at place", ylabel="place")
    file.parent.mkdir(exist_ok=True)
    figure.savefig(file, dpi=144)


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


if __name__ == "__main__":
    # first weights come from this generator
    np.random.seed(0)  # noqa: NPY002
    rng = np.random.default_rng(1)
    layer = MultiHeadAttention(12, heads=3, causal=True)
    x = rng.normal(size=(2, 5, 12))
    same = np.allclose(layer(x).data, by_loop(layer, x).data)
    print("equal to a loop over its heads:", same)
    sizes = [param.size for param in layer.params()]
    print("parameters with a width of 12:", sum(sizes))

    tables = {}
    ids, x = texts(rng, 1000)
    print("          one before   two before")
    for heads in 1, 2:
        layer = learn(heads)
        scores, t = scores_and_answers(layer, ids, x)
        right = 100 * (scores.data.argmax(-1) == t).mean(axis=(0, 1))
        print(f"heads: {heads}{right[0]:10.0f} %{right[1]:10.0f} %")
        for h, p in enumerate(layer.weights(x).data.mean(axis=0)):
            tables[f"head {h + 1} of {heads}"] = p
    here = np.arange(2, 8)
    for title, p in tables.items():
        one, two = (p[here, here - back].mean() for back in (1, 2))
        print(f"  {title}: weight {one:.2f} one before", end=", ")
        print(f"{two:.2f} two before")
    draw(tables, FIGURES / "step78_heads.png")
    print("figures/step78_heads.png")
