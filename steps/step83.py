"""Step 83. Sampling: which of the likely tokens is taken.

Which token does a language model write next? It gives each token a
score (step 70). We choose one, append it to the text, and let the
model read again. If we always take the likeliest, the text soon goes
in circles: what has been written once becomes likely to come again.
If we draw each token with its probability, softmax(scores), there are
too many surprises. Each unlikely token is rare, but there are many of
them, and one that makes no sense spoils what follows. There are three
ways in between.

*Temperature* divides the scores before softmax. Below 1 the likely
tokens become likelier. 0 stands for the limit, where only the
likeliest is left. Above 1 the probabilities become more alike.

*Top-k sampling* (Fan and others, 2018) draws from the k likeliest
tokens. But how large should k be? After "th" one letter is nearly
certain, and after a space many are possible.

*Top-p sampling* (Holtzman and others, 2019), or nucleus sampling,
draws from the smallest set of tokens whose probabilities add up to p
or more. Where the model is unsure, the set is large. With p = 0.8:

    token            e    a    i    o    r
    probability    0.60 0.15 0.10 0.10 0.05
    added up       0.60 0.75 0.85
    drawn with     0.71 0.18 0.12    0    0

How unsure is a draw? The *entropy* (Shannon, 1948) is the mean of
-log p, sum(-p * log(p)): 0 if one token is certain, and ln V if all V
are equally likely. And how good are the texts? We count the share of
five-character pieces that occurred earlier in the text (repeats), and
the share of words that also occur in the training text (known words).
We train a small GPT first. The program takes about ten seconds.

Exercise: write min_p(scores, share), a fourth way. It keeps the
tokens that are at least share times as likely as the likeliest.
Which tokens of the table above are left with share 0.2?

In the package: dezero/models/sampling.py, token_probabilities

Output (rtol 0.1):
                     entropy  repeats  known words
    temperature 0       0.00    ~83 %       ~100 %
    temperature 0.5     1.06     ~6 %        ~77 %
    temperature 1       1.89     ~0 %        ~37 %
    temperature 1.5     2.60     ~0 %        ~20 %
    top-k, k = 5        1.16     ~2 %        ~64 %
    top-p, p = 0.8      1.27     ~2 %        ~58 %
    temperature 0: Where the he he he have the he he he he
    temperature 1: Rhou mand thang are hored not case mide
    top-p, p = 0.8: Shou mand thand but it the to cark. /
"""

import numpy as np

import dezero.functions as F
from dezero import no_grad
from dezero.datasets import Shakespeare
from dezero.models import GPT
from dezero.optimizers import Adam, ClipGrad


# We sort the tokens from the best score to the worst. Then the first k
# are the k likeliest, and a cumulative sum adds up probabilities from
# the largest on. A token is kept if those before it add up to less than
# p, so the first is always kept. top_k is applied first, and top_p to
# what top_k has left. A stable sort keeps equal scores in order, so the
# first of them counts as the better one. We compute in float64, since
# rng.choice demands that the probabilities sum to almost exactly 1.
def token_probabilities(
    scores, temperature=1.0, top_k=None, top_p=None
):
    """Return the probabilities (V,) from which to draw a token."""
    order = np.argsort(-scores, kind="stable")
    if temperature == 0:
        p = np.zeros(len(scores))
        p[0] = 1
    else:
        p = np.float64(scores[order] - scores.max())
        p = np.exp(p / temperature)
        if top_k is not None:
            p[top_k:] = 0
        p /= p.sum()
    if top_p is not None:
        p[np.cumsum(p) - p >= top_p] = 0
    result = np.empty_like(p)
    result[order] = p / p.sum()
    return result


def entropy(p):
    """Return the mean of -log p, each weighted by its p."""
    p = p[p > 0]
    return -(p * np.log(p)).sum()


# All texts grow by one token at a time. For each new token the model
# reads all of the text again, and we only use its last scores. Step 84
# does better.
def write(model, prompt, n, N=8, **settings):
    """Return N texts (N, T + n) and the mean entropy."""
    rng, found = np.random.default_rng(0), []
    ids = np.tile(prompt, (N, 1))
    for _ in range(n):
        with no_grad():
            scores = model(ids[:, -model.context :]).data[:, -1]
        p = [token_probabilities(row, **settings) for row in scores]
        new = [[rng.choice(len(row), p=row)] for row in p]
        ids = np.concatenate((ids, new), axis=1)
        found += map(entropy, p)
    return ids, np.mean(found)


def repeats(text, size=5):
    """Return the share of pieces that occurred earlier in text."""
    pieces = [text[i : i + size] for i in range(len(text) - size + 1)]
    return 1 - len(set(pieces)) / len(pieces)


def known_words(text, words):
    """Return the share of the words of text that are in words."""
    own = text.split()[1:-1]  # the first and the last may be cut
    return sum(word in words for word in own) / len(own)


# --- carried over ---
def loss_of(model, x, t):
    """Return the mean cross-entropy over all places of all texts."""
    y = model(x)
    y = y.reshape(-1, y.shape[-1])
    return F.softmax_cross_entropy(y, t.reshape(-1))


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
        if t % 500 == 0:  # in a long training
            print(f"    {t} updates: loss {loss.data:.2f}", flush=True)


if __name__ == "__main__":
    data = Shakespeare(context=64)
    tokenizer, words = data.tokenizer, set(data.text.split())
    np.random.seed(0)  # noqa: NPY002
    model = GPT(len(tokenizer), context=64)
    train(model, data, 200)

    print("                 entropy  repeats  known words")
    texts = {}
    for name, settings in {
        "temperature 0": {"temperature": 0},
        "temperature 0.5": {"temperature": 0.5},
        "temperature 1": {},
        "temperature 1.5": {"temperature": 1.5},
        "top-k, k = 5": {"top_k": 5},
        "top-p, p = 0.8": {"top_p": 0.8},
    }.items():
        prompt = tokenizer.encode("MENENIUS:\n")
        ids, unsure = write(model, prompt, 100, **settings)
        texts[name] = [tokenizer.decode(row)[10:] for row in ids]
        again = np.mean([repeats(t) for t in texts[name]])
        known = np.mean([known_words(t, words) for t in texts[name]])
        again, known = f"~{100 * again:.0f} %", f"~{100 * known:.0f} %"
        line = f"{name:15} {unsure:8.2f}{again:>9}{known:>13}"
        print(line, flush=True)
    for name in "temperature 0", "temperature 1", "top-p, p = 0.8":
        text = texts[name][0].replace("\n", " / ")
        print(f"{name}: {text[:39]}")
