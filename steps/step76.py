"""Step 76. Attention: a lookup whose key need not match exactly.

A dictionary that knows how many legs a cat has knows nothing about
a kitten: it asks whether two keys are equal, and nearly equal does
not count. We want a lookup that also answers when it only has
something similar. So let a vector of D numbers stand for each word.
The vector we ask with is a *query* q, and each entry has a *key* k
and a *value* v. The product of q and k says how well they match: it
is large when their numbers have the same signs. softmax (step 47)
turns these scores into weights that sum to 1, and the answer is the
mean of all values with these weights:

    weights = softmax(q @ k.T / sqrt(D))    (T, S)
    y       = weights @ v                   (T, M)

for T queries q (T, D), S keys k (S, D) and their values v (S, M). This
is *attention* (Bahdanau, Cho and Bengio, 2014). It was invented for
translation: before a network writes a word, it looks up which words of
the other sentence matter now. There, a small extra network computed
the scores. If a product computes them, as here, the name is *scaled
dot-product attention* (Vaswani and others, 2017).

The answer of a dictionary has no derivative. Here each y moves a little
when q, k or v moves a little. So gradient descent can learn all three:
below, we learn a query that finds six legs.

Why / sqrt(D)? A product of two vectors is a sum of D terms. If their
numbers have mean 0 and variance 1, the variance of the sum is D, and
the standard deviation of the scores, their spread, is sqrt(D). For a
large D one score is far above the others. Its weight is almost 1, the
others are almost 0, and there softmax is flat: almost no gradient comes
back. The last table shows this, and how the division helps.

Exercise: write nearest(q, k, v), which returns for each query only the
value of the key with the largest product. For which c does the result
of soft_lookup(c * q, k, v) come close to that? What is it for c = 0?

In the package: dezero/functions/attention.py, attention and
attention_weights; step 77 completes them

Output (rtol 0.05):
    the dictionary: cat 4, kitten None
    kitten: 4.0 legs, 0.94 from cat and 0.05 from horse
    swan: 1.3 legs, 0.62 from hen and 0.37 from carp
    bat: 5.9 legs, 0.97 from bee and 0.02 from cat
    figures/step76_words.png
    a query learned for 6 legs: 3.2, then 5.9, 0.96 from bee
      D  spread  weight, gradient   with / sqrt(D)
      4     1.5    0.34   1.7e-02    0.18  3.1e-02
     16     4.1    0.71   4.1e-04    0.26  2.4e-02
     64     8.1    0.83   4.8e-07    0.25  2.4e-02
    256    15.8    0.94   4.6e-13    0.25  2.4e-02
"""

import math
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import dezero.functions as F
from dezero import Variable


# For one table this is k.T. For a stack of tables, with batch axes
# before the last two, it is the k.T of each.
def transposed(x):
    """Return x with its last two axes exchanged."""
    *before, rows, columns = range(x.ndim)
    return x.transpose(*before, columns, rows)


# Each row of scores belongs to a query, and softmax is taken along it.
# We use math.sqrt and not np.sqrt, since dividing by a NumPy number
# would turn float32 into float64.
def weights(q, k):
    """Return how much each query takes of each value."""
    scores = q @ transposed(k) / math.sqrt(q.shape[-1])
    return F.softmax(scores, axis=-1)


def soft_lookup(q, k, v):
    """Return the weighted mean of the values for each query."""
    return weights(q, k) @ v


# The dictionary: its keys are words, its values numbers of legs.
LEGS = {"cat": 4, "horse": 4, "hen": 2, "carp": 0, "bee": 6}

# Does it have fur? Wings? Does it live in water? Is it large? We chose
# these numbers ourselves. In a network they are learned (step 69).
VECTORS = {
    "cat": (2, -2, -2, -1),
    "horse": (2, -2, -2, 2),
    "hen": (-2, 2, -2, 0),
    "carp": (-2, -2, 2, -1),
    "bee": (1, 2, -2, -2),
    "kitten": (2, -2, -2, -2),
    "cow": (2, -2, -2, 2),
    "swan": (-2, 2, 2, 1),
    "shark": (-2, -2, 2, 2),
    "bat": (2, 2, -2, -2),
}


def vectors(words):
    """Return the vectors of words: (number of words, D)."""
    return np.array([VECTORS[word] for word in words], float)


# A swan is part hen, part carp. A bat gets the legs of a bee: both have
# fur and wings, and our vectors say no more. The answers can only be as
# good as the vectors.
def finds(p, words):
    """Return a text that names the two largest weights of p (S,)."""
    first, second = np.argsort(-p)[:2]
    text = f"{p[first]:.2f} from {words[first]}"
    return f"{text} and {p[second]:.2f} from {words[second]}"


# We only know the answer that we want, six legs. Gradient descent finds
# the query. q starts at 0: all scores are 0, and all keys get the same
# weight.
def learn_query(k, v, wish, updates=100, rate=0.1):
    """Return a query (1, D) whose answer comes close to wish."""
    q = Variable(np.zeros((1, k.shape[1])))
    for _ in range(updates):
        loss = ((soft_lookup(q, k, v) - wish) ** 2).sum()
        q.cleargrad()
        loss.backward()
        q.data -= rate * q.grad.data
    return q


# We compare 200 random queries with 16 random keys, and take the
# gradient of a sum of the weights, each times a random factor. We
# return its median, since a few rows in which two scores are close
# together would hide that all the others are flat.
def steepness(D, divisor):
    """Return spread of scores, mean largest weight, gradient."""
    rng = np.random.default_rng(0)
    q, k = rng.normal(size=(200, D)), rng.normal(size=(16, D))
    scores = Variable(q @ k.T / divisor)
    p = F.softmax(scores, axis=-1)
    (p * rng.normal(size=p.shape)).sum().backward()
    gradient = np.median(np.abs(scores.grad.data))
    return scores.data.std(), p.data.max(axis=-1).mean(), gradient


def draw(p, rows, columns, file):
    """Save a picture of weights p: a row for each query."""
    axes = Figure(figsize=(5, 4), layout="constrained").subplots()
    axes.imshow(p, cmap="Blues", vmin=0, vmax=1)
    axes.set(xlabel="key", ylabel="query")
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    for t, row in enumerate(p):
        for s, x in enumerate(row):
            color = "white" if x > 0.5 else "black"
            axes.text(
                s, t, f"{x:.2f}", c=color, ha="center", va="center"
            )
    file.parent.mkdir(exist_ok=True)
    axes.figure.savefig(file, dpi=144)


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


if __name__ == "__main__":
    known = list(LEGS)
    asked = [word for word in VECTORS if word not in LEGS]
    k = Variable(vectors(known))
    v = Variable(np.array([[LEGS[word]] for word in known], float))

    cat, kitten = (LEGS.get(word) for word in ("cat", "kitten"))
    print(f"the dictionary: cat {cat}, kitten {kitten}")
    q = Variable(vectors(asked))
    p, y = weights(q, k).data, soft_lookup(q, k, v).data
    for word in "kitten", "swan", "bat":
        t = asked.index(word)
        print(f"{word}: {y[t, 0]:.1f} legs, {finds(p[t], known)}")
    draw(p, asked, known, FIGURES / "step76_words.png")
    print("figures/step76_words.png")

    first = v.data.mean()  # the answer to a query of zeros
    q = learn_query(k, v, wish=6)
    last, p = soft_lookup(q, k, v).data[0, 0], weights(q, k).data[0]
    print(f"a query learned for 6 legs: {first:.1f}, then", end=" ")
    print(f"{last:.1f}, {p.max():.2f} from {known[p.argmax()]}")

    print("  D  spread  weight, gradient   with / sqrt(D)")
    for D in 4, 16, 64, 256:
        spread, weight, gradient = steepness(D, 1)
        row = f"{D:3}{spread:8.1f}{weight:8.2f}{gradient:10.1e}"
        _, weight, gradient = steepness(D, math.sqrt(D))
        print(f"{row}{weight:8.2f}{gradient:9.1e}")
