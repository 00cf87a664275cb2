"""Step 77. The causal mask: all predictions of a text in one pass.

A language model (step 70) reads the tokens so far and predicts the next
one. For training we have the whole text, with the answer after each of
its T tokens. Must we run the model T times, each time with one more
token? No: attention gives T results in one pass. But it looks at all
tokens, so it would find each answer in the text itself. A *causal mask*
says where each place may look: at itself and at earlier places.

    key        0 1 2 3
    query 0    1 . . .
          1    1 1 . .
          2    1 1 1 .
          3    1 1 1 1

How do we forbid a key? Its weight must be 0, and softmax returns that
only for a score of -inf: e**-inf = 0. A score of 0 forbids nothing,
since e**0 = 1. For a query that may look nowhere, softmax would compute
0 / 0. We set its answer to 0.

A model that predicts each token from those before it is called
*autoregressive*. In training it is given the true tokens and not its
own guesses: *teacher forcing* (Williams and Zipser, 1989).

If we build attention from operations, as in step 76, every table (T, S)
that it computes is kept for the backward pass. A single Function keeps
only the weights p. With gs, the gradient of the scores, its backward is

    gv = p.T @ gy
    gs = p * (gy @ v.T - sum(gy * y))
    gq = gs @ k / sqrt(D)      gk = gs.T @ q / sqrt(D)

The middle line is softmax's backward (step 47). gy @ v.T is the
gradient of p, and sum(gy * y) is the mean of that gradient along its
row, with the weights p.

Exercise: write window(T, width), a mask that lets each place see itself
and width - 1 places before it. A second attention with that mask reads
the results of the first. How many places back can it reach?

In the package: dezero/functions/attention.py, Attention

Output (rtol 0.05):
    one pass is as good as 8 passes: True
    does the last place change those before it?
      without a mask  True
      scores of 0     True
      scores of -inf  False
                      loss in training   in use
      without a mask              0.30     3.77
      causal                      0.96     0.96
      no honest loss is below             0.95
    one Function: second derivatives equal True
      kept: 0.5 MB, composed 1.6 MB
"""

import math
import tracemalloc

import numpy as np

import dezero.functions as F
from dezero import Config, Function, Parameter, Variable
from dezero.func import hvp
from dezero.layers import Layer
from dezero.optimizers import Adam


# forward keeps p, and overwrites the table of scores with it. If the
# gradient itself will be differentiated (step 32), p must be part of
# the graph: then mixture computes it once more, from operations that
# we already have.
class Attention(Function):
    """y = p @ v with p = softmax(q @ k.T / sqrt(D)), under a mask.

    Shapes: q (..., T, D), k (..., S, D), v (..., S, M) ->
    y (..., T, M). The mask is None or holds bools; it broadcasts to
    (..., T, S), with a True in each row.
    """

    def __init__(self, mask=None):
        self.mask = mask

    def forward(self, q, k, v):
        s = q @ transposed(k)
        s /= math.sqrt(q.shape[-1])
        if self.mask is not None:
            s = np.where(self.mask, s, -np.inf)
        s -= s.max(axis=-1, keepdims=True)
        self.p = np.exp(s, out=s)
        self.p /= self.p.sum(axis=-1, keepdims=True)
        return self.p @ v

    def backward(self, gy):
        q, k, v = self.inputs
        p = self.p
        if Config.enable_backprop:
            p = mixture(q, k, self.mask)
        gs = gy @ transposed(v)
        gs -= (gy * self.output()).sum(axis=-1, keepdims=True)
        gs *= p
        gs /= math.sqrt(q.shape[-1])
        return gs @ k, transposed(gs) @ q, transposed(p) @ gy


def mixture(q, k, mask):
    """Return p as a Variable."""
    s = q @ transposed(k) / math.sqrt(q.shape[-1])
    if mask is not None:
        s = F.where(mask, s, -np.inf)
    return F.softmax(s, axis=-1)


# In a mask, True means that a query may look there. A query that may
# look nowhere is blind. For blind queries F.where selects 0.0 and not
# y, so no gradient goes back through them.
def attention(q, k, v, mask=None, causal=False):
    """Return the mean of the values that each query may see."""
    mask, blind = places(q, k, mask, causal)
    y = Attention(mask)(q, k, v)
    return y if blind is None else F.where(blind, 0.0, y)


def attention_weights(q, k, mask=None, causal=False):
    """Return how much of each value attention takes: (..., T, S)."""
    mask, blind = places(q, k, mask, causal)
    p = mixture(q, k, mask)
    return p if blind is None else F.where(blind, 0.0, p)


# With T < S the queries belong to the last T of the S places, S - T to
# S - 1: when a text grows token by token, only the new places have
# queries.
def places(q, k, mask, causal):
    """Return the mask, and which queries are blind, or None."""
    T, S = q.shape[-2], k.shape[-2]
    if causal:
        past = np.arange(S) <= np.arange(S - T, S)[:, None]
        if mask is None and T <= S:
            return past, None
        mask = past if mask is None else mask & past
    if mask is None:
        return None, None
    blind = ~mask.any(axis=-1, keepdims=True)
    return mask | blind, blind  # in softmax, blind queries see all


def composed(q, k, v, mask=None, causal=False):
    """Return the result of attention, from separate operations."""
    return attention_weights(q, k, mask, causal) @ v


def causal(q, k, v):
    """Return attention with a causal mask."""
    return attention(q, k, v, causal=True)


# zeroed shows what happens if a mask sets scores to 0, not to -inf.
def zeroed(q, k, v):
    """Return attention with a score of 0 for each later key."""
    s = q @ transposed(k) / math.sqrt(q.shape[-1])
    return F.softmax(s * np.tri(q.shape[-2]), axis=-1) @ v


def leaks(look, q, k, v):
    """Return whether changing the last place changes other results."""
    moved = [x + np.eye(len(x))[-1:].T for x in (q, k, v)]
    before, after = look(q, k, v).data, look(*moved).data
    return not np.array_equal(before[:-1], after[:-1])


# Where this model looks depends on the places alone: each place has a
# query and a key of its own. The value of a token is 8 numbers: a 1 at
# the token's number, and 0 elsewhere.
class Reader(Layer):
    """Predicts at each of 8 places which of 8 tokens comes next.

    A call with ids (N, 9) returns the mean loss of N * 8 predictions.
    """

    def __init__(self, rng):
        super().__init__()
        q, k, W = rng.normal(0, 0.5, (3, 8, 8))
        self.q, self.k, self.W = map(Parameter, (q, k, W))

    def forward(self, ids, look):
        shape = (len(ids), 8, 8)
        q, k = (F.broadcast_to(x, shape) for x in (self.q, self.k))
        y = look(q, k, np.eye(8)[ids[:, :-1]]).reshape(-1, 8)
        return F.softmax_cross_entropy(y @ self.W, ids[:, 1:].ravel())


# Three times in four the next token is the last one + 3 (after 7 comes
# 0 again). Otherwise it is any of the 8, at random. No model can know
# which, so no honest loss is below the sum of -p * log(p) over the
# tokens that may follow.
def texts(rng, N):
    """Return N texts of 9 tokens, as ids (N, 9)."""
    ids = rng.integers(8, size=(N, 9))
    for t in range(8):
        rule = rng.random(N) < 0.75
        ids[rule, t + 1] = (ids[rule, t] + 3) % 8
    return ids


# Without a mask, every place but the last finds its answer among the
# tokens, so nearly all of the loss in training comes from the last
# place. In use, the later tokens are not written yet. The causal mask
# hides them in the same way, so we use it to measure the loss in use.
def learn(look):
    """Train a Reader; return its losses in training and in use."""
    rng = np.random.default_rng(0)
    model, losses = Reader(rng), []
    optimizer = Adam(0.1).setup(model)
    for _ in range(300):
        loss = model(texts(rng, 50), look)
        model.cleargrads()
        loss.backward()
        optimizer.update()
        losses.append(float(loss.data))
    use = model(texts(rng, 20_000), causal)
    return np.mean(losses[-100:]), float(use.data)


# The Hessian times (q, k, v) itself, as in step 71.
def curvature(f, *at):
    """Return second derivatives of sum(f(q, k, v)**2), an array."""
    found = hvp(lambda *x: (f(*x, causal=True) ** 2).sum(), at, at)
    return np.stack([h.data for h in found])


def megabytes(f, *inputs):
    """Return the MB that the result of f(*inputs) keeps in memory."""
    tracemalloc.start()
    held = f(*inputs)
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del held
    return size / 1e6


# --- carried over ---
def transposed(x):
    """Return x with its last two axes exchanged."""
    *before, rows, columns = range(x.ndim)
    return x.transpose(*before, columns, rows)


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    q, k, v = rng.normal(size=(3, 8, 4))
    y = causal(q, k, v).data
    alone = [causal(q[[t]], k[: t + 1], v[: t + 1]) for t in range(8)]
    same = np.allclose(y, np.concatenate([one.data for one in alone]))
    print("one pass is as good as 8 passes:", same)
    print("does the last place change those before it?")
    for name, look in (
        ("without a mask", attention),
        ("scores of 0", zeroed),
        ("scores of -inf", causal),
    ):
        print(f"  {name:15}", leaks(look, q, k, v))

    print("                  loss in training   in use")
    for name, look in ("without a mask", attention), ("causal", causal):
        train, use = learn(look)
        print(f"  {name:15}{train:17.2f}{use:9.2f}")
    p = np.array([0.75 + 0.25 / 8] + 7 * [0.25 / 8])
    print(f"  no honest loss is below{-(p * np.log(p)).sum():17.2f}")

    kinds = composed, attention
    same = np.allclose(*(curvature(f, q, k, v) for f in kinds))
    print("one Function: second derivatives equal", same)
    q, k, v = (Variable(x) for x in rng.normal(size=(3, 256, 4)))
    kept = [megabytes(f, q, k, v) for f in kinds]
    print(f"  kept: {kept[1]:.1f} MB, composed {kept[0]:.1f} MB")
