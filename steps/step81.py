"""Step 81. GPT: all parts in a row, and rivals to judge it by.

We have all the parts: tokens (step 75), attention that only looks back
(77), heads (78), positions (79) and the block (80). A *GPT*, a
generative pre-trained transformer (Radford and others, 2018), puts them
in a row. Our tokens are characters here, as in step 70:

    ids               (N, T)
     v
    embedding         (N, T, E)   a vector for each token
     v
    block, block      (N, T, E)   each adds something
     v
    norm              (N, T, E)   h
     v
    scores            (N, T, V)   one for each token there is

At each place in the text the GPT predicts the next token: T predictions
in one pass, and the loss is the mean of their cross-entropies. To score
a token, we multiply h by the token's vector in the embedding. Using one
matrix twice is called *weight tying* (Press and Wolf, 2016).

What does a loss of 2.0 mean? A network that knows nothing gives each of
V tokens the probability 1 / V, and its loss is ln V. Turned around,
exp(loss) is the *perplexity*: with a loss of 2.0 the network is as
unsure as if it guessed among exp(2.0) = 7.4 tokens.

Is that good? To judge it, we need rivals. A *bigram* table counts which
character follows each character, and a *trigram* table which character
follows each pair (Shannon, 1948). Neither needs training. The third
rival is an LSTM (step 60). It reads one token after another, so its
updates take twice as long: it gets 150 and the GPT 300. All are judged
on unseen text. After 150 updates the GPT would be at 1.94.

Exercise: write parameters(V, E, depth, hidden), which counts the
numbers in a GPT; hidden is how many units each MLP has. For the sizes
of GPT-2 (V 50,257, E 768, depth 12) and hidden 2,048: how many are
there, and what share is in the embedding?

In the package: dezero/models/gpt.py, GPT;
dezero/layers/transformer.py, Embedding

Output (rtol 0.05):
    89,826 characters of 61 kinds, and 10,017 held out
    held out:             loss  perplexity
      knows nothing       4.11        61.0
      bigram              2.36        10.6
      trigram             1.88         6.5
      LSTM                1.83         6.2
      GPT                 1.78         5.9
    GPT: 61 * 64 + 2 * 50,976 + 64 = 105,920 parameters
      first loss 4.14, ln 61 = 4.11
"""

import sys

import numpy as np

import dezero.functions as F
from dezero import no_grad
from dezero.datasets import Shakespeare
from dezero.layers import (
    LSTM,
    EmbedID,
    Linear,
    RMSNorm,
    TransformerBlock,
)
from dezero.models import Model, Sequential
from dezero.optimizers import Adam, ClipGrad


# The vectors start small. So at first all scores are close to 0, each
# token gets nearly the same probability, and the loss is about ln V.
class Embedding(EmbedID):
    """A vector for each token, and scores of all tokens."""

    def __init__(self, count, width):
        super().__init__(count, width)
        self.W.data = (0.02 * self.W.data).astype(np.float32)

    def scores(self, h):
        """Return (..., count): how well h (..., width) fits each."""
        return F.linear(h, self.W.T)


# Nothing here depends on T: the blocks turn each query and key by an
# angle that depends on its place (RoPE), and the mask is made to fit
# the text. context only says how long the training texts are.
class GPT(Model):
    """Scores of what comes next, after each token of a text.

    Shapes: ids (N, T) of ints -> scores (N, T, vocab).
    """

    def __init__(
        self, vocab, context, width=64, depth=2, heads=4, dropout=0.0
    ):
        super().__init__()
        self.context = context
        self.embedding = Embedding(vocab, width)
        kind = {"rope": True, "norm": "rms", "mlp": "swiglu"}
        blocks = (
            TransformerBlock(width, heads, dropout=dropout, **kind)
            for _ in range(depth)
        )
        self.blocks = Sequential(*blocks)
        self.norm = RMSNorm()

    def forward(self, ids):
        """Return the scores of what comes after each of ids."""
        h = self.blocks(self.embedding(ids))
        return self.embedding.scores(self.norm(h))


class LSTMModel(Model):
    """The same with an LSTM, which reads one token at a time."""

    def __init__(self, vocab, width=128):
        super().__init__()
        self.embedding = EmbedID(vocab, 32)
        self.lstm = LSTM(width)
        self.fc = Linear(vocab)

    def forward(self, ids):
        """Return the scores of what comes after each of ids."""
        self.lstm.reset_state()
        x = self.embedding(ids)
        h = [self.lstm(x[:, t]) for t in range(ids.shape[1])]
        return self.fc(F.stack(h, axis=1))


# The table has a row for each context of k tokens, first for k = 0,
# then for k = 1, and so on. Many contexts hardly ever occur. So each
# row gets one extra count, divided among the tokens as the shorter
# context predicts.
def table_loss(train, test, n, vocab):
    """Count in train what follows n tokens; return the loss on test."""
    p = np.full(len(test) + 1, 1 / vocab)
    for k in range(n + 1):
        row, new = (
            sum(ids[i : len(ids) - k + i] * vocab**i for i in range(k))
            for ids in (train, test)
        )
        count = np.zeros((vocab**k, vocab))
        np.add.at(count, (row, train[k:]), 1)
        seen = count.sum(axis=1)[new]
        p = (count[new, test[k:]] + p[1:]) / (seen + 1)
    return -np.log(p).mean()


# N texts with T predictions each give N * T rows of scores.
def loss_of(model, x, t):
    """Return the mean cross-entropy over all places of all texts."""
    y = model(x)
    y = y.reshape(-1, y.shape[-1])
    return F.softmax_cross_entropy(y, t.reshape(-1))


# The rate rises for 20 updates, and then it falls to a tenth. Step 82
# shows what that is worth. Training the LSTM and the GPT takes about 20
# seconds; --full means ten times as much text and ten times as many
# updates.
def train(model, data, updates, rate=0.01):
    """Learn from 16 windows of the text in each update."""
    optimizer = Adam(rate).setup(model)
    optimizer.add_hook(ClipGrad(1.0))
    batches = data.batches(np.random.default_rng(0), 16)
    for t in range(1, updates + 1):
        loss = loss_of(model, *next(batches))
        model.cleargrads()
        loss.backward()
        optimizer.alpha = rate * min(t / 20, 1.1 - t / updates)
        optimizer.update()
        if t % 500 == 0:  # only with --full
            print(f"    {t} updates: loss {loss.data:.2f}", flush=True)


def held_out(model, data):
    """Return the loss on the whole text of data."""
    with no_grad():
        return float(loss_of(model, *data.blocks()).data)


def report(name, loss):
    """Print a row of the table."""
    print(f"  {name:15}{loss:9.2f} {np.exp(loss):11.1f}", flush=True)


if __name__ == "__main__":
    full = "--full" in sys.argv[1:]
    data, test = (
        Shakespeare(train=t, whole=full) for t in (True, False)
    )
    V, size, rest = len(data.tokenizer), len(data.ids), len(test.ids)
    print(f"{size:,} characters of {V} kinds, and {rest:,} held out")

    print("held out:             loss  perplexity")
    report("knows nothing", np.log(V))
    for n, name in (1, "bigram"), (2, "trigram"):
        report(name, table_loss(data.ids, test.ids, n, V))
    np.random.seed(0)  # noqa: NPY002
    lstm, gpt = LSTMModel(V), GPT(V, context=64)
    first = held_out(gpt, test)
    more = 10 if full else 1
    for name, model, n in ("LSTM", lstm, 150), ("GPT", gpt, 300):
        train(model, data, n * more)
        report(name, held_out(model, test))

    block = sum(p.size for p in gpt.blocks.layers[0].params())
    size = sum(p.size for p in gpt.params())
    print(f"GPT: {V} * 64 + 2 * {block:,} + 64 = {size:,} parameters")
    print(f"  first loss {first:.2f}, ln {V} = {np.log(V):.2f}")
