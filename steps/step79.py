"""Step 79. Positions: attention does not see the order of the words.

"dog bites man" and "man bites dog" have the same words. Does attention
notice their order? A query is compared with all keys, and nothing in a
key says where it stands. If you shuffle the words, you get the same
answers, shuffled. A function that does this is *permutation
equivariant*. A text needs more: a *positional encoding* (Vaswani and
others, 2017) tells each word its place. There are three usual ways:

1. Add a table of sines to the words. The hands of a clock have
different speeds, and together they tell the time. Row t of the table is
a clock at time t, with D/2 hands that turn at the speeds w:

    sin(t * w), cos(t * w)    w from 1 to about 1/10000

2. Add a learned table, an embedding (step 69) of the places instead of
the words. It has no row for places beyond its end.

3. *Rotary position embedding* (RoPE; Su and others, 2021) adds nothing
to x. It takes the numbers of q and k in pairs, and turns each pair like
a hand of that clock, by the angle t * w:

    (a, b) -> (a cos - b sin, a sin + b cos)

q @ k stays the same when both are turned by the same angle. So for q at
place t and k at place s only the difference (t - s) * w counts: the
score depends on the distance between them, not on where they are. v is
not turned: the score does not use it.

With which of the three does a model learn to find a place? Its task is
to name the letter three places back, among random letters. A model with
one attention layer learns from 100 batches of texts of 16 letters. Then
it reads texts of 64. The picture shows the table of sines, and the
scores of equal words with RoPE, which are the same along each diagonal.

Exercise: read a pair (a, b) as a complex number a + bi. Then a turn is
a product with e**(i * angle). Write rope in this way. Which of the
scores x @ x.T of a text with itself does RoPE leave as they were?

In the package: dezero/functions/positions.py, Rope and rope

Output (rtol 0.05):
    no places: shuffled words, shuffled answers: True
    a table: shuffled words, shuffled answers: False
    q at 3, k at 0: score -0.509514479116
    q at 50, k at 47: score -0.509514479116
    q at 9999, k at 9996: score -0.509514479116
    q at 9999, k at 0: score -5.443618592751
    % right, in texts of     16     64 letters
      none                   31.2   22.9
      table of sines        100.0   42.7
      learned table         100.0      -
      RoPE                  100.0   98.6
    figures/step79_places.png
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import dezero.functions as F
from dezero import Function, no_grad
from dezero.layers import EmbedID, Layer, Linear, MultiHeadAttention
from dezero.optimizers import Adam


# The speeds fall from 1 to nearly 1/base, by the same factor each time.
def angles(start, T, D, base):
    """Return the angles (T, D/2) of pairs at T places from start on."""
    speed = base ** (-np.arange(0, D, 2) / D)
    return np.arange(start, start + T)[:, None] * speed


# First all sines, then all cosines. In the paper they alternate, but to
# a network that makes no difference.
def sinusoid(T, D, base=10000.0):
    """Return the table of sines, a row (D,) for each of T places."""
    angle = angles(0, T, D, base)
    return np.concatenate((np.sin(angle), np.cos(angle)), axis=1)


# The partner of x[i] is x[i + D/2]. With the halves exchanged, the
# formula in the text above becomes two products of whole rows. To turn
# back, use -sin. The gradient needs just that: a turn is a matrix, and
# its transpose turns back.
class Rope(Function):
    """y = x * cos + (x with its halves exchanged) * sin.

    Shapes: x (..., T, D), cos and sin (T, D) -> y like x.
    """

    def __init__(self, cos, sin):
        self.cos, self.sin = cos, sin

    def forward(self, x):
        half = x.shape[-1] // 2
        y = np.concatenate((x[..., half:], x[..., :half]), axis=-1)
        y *= self.sin
        y += x * self.cos
        return y

    def backward(self, gy):
        return Rope(self.cos, -self.sin)(gy)


# In the table sin, the first half has minus signs: the first half of y
# is a cos - b sin. The angles are float64, whatever the dtype of x: in
# float32, a large place number times a speed would lose its last
# digits. (The package remembers the last tables, since all layers of a
# model need the same ones.)
def tables(start, T, D, base, dtype):
    """Return cos and sin (T, D) for the places from start on."""
    angle = angles(start, T, D, base)
    cos, sin = np.cos(angle), np.sin(angle)
    cos = np.concatenate((cos, cos), axis=1).astype(dtype)
    sin = np.concatenate((-sin, sin), axis=1).astype(dtype)
    return cos, sin


def rope(x, start=0, base=10000.0):
    """Return x (..., T, D), its pairs turned by t * w, t from start."""
    cos, sin = tables(start, *x.shape[-2:], base, x.dtype)
    return Rope(np.asarray(cos), np.asarray(sin))(x)


# With causal=True (step 77) no place sees the letters that follow.
# Without the places, a model can still count the letters so far and
# guess a frequent one, so it is right more often than one time in
# eight. MultiHeadAttention also turns q and k if you pass rope=True.
class Reader(Layer):
    """One attention over letters; way says how places are encoded.

    Shapes: ids (N, T) -> (N, T, 8), a score for each letter.
    """

    def __init__(self, way):
        super().__init__()
        self.way = way
        self.letters, self.places = EmbedID(8, 32), EmbedID(16, 32)
        self.q, self.k, self.v = Linear(32), Linear(32), Linear(32)
        self.scores = Linear(8)

    def forward(self, ids):
        """Return the scores for the letter three places before."""
        x, T = self.letters(ids), ids.shape[1]
        if self.way == "table of sines":
            x = x + sinusoid(T, 32)
        if self.way == "learned table":
            x = x + self.places(np.arange(T))
        q, k, v = self.q(x), self.k(x), self.v(x)
        if self.way == "RoPE":
            q, k = rope(q), rope(k)
        return self.scores(F.attention(q, k, v, causal=True))


def pairs(model, ids):
    """Return scores (M, 8) and the letters (M,) they should find."""
    y = model(ids)[:, 3:]  # these have three places before
    return y.reshape(-1, 8), ids[:, :-3].reshape(-1)


def learn(way, rng):
    """Return a Reader, trained on 100 batches of random letters."""
    model = Reader(way)
    optimizer = Adam(0.01).setup(model)
    for _ in range(100):
        y, t = pairs(model, rng.integers(8, size=(32, 16)))
        loss = F.softmax_cross_entropy(y, t)
        model.cleargrads()
        loss.backward()
        optimizer.update()
    return model


def right(model, T, rng):
    """Return the % of letters a model finds in texts of T letters."""
    with no_grad():
        y, t = pairs(model, rng.integers(8, size=(64, T)))
    return 100 * float(F.accuracy(y, t).data)


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


if __name__ == "__main__":
    # first weights come from this generator
    np.random.seed(0)  # noqa: NPY002
    rng = np.random.default_rng(0)
    x, order = rng.normal(size=(1, 8, 32)), rng.permutation(8)
    layer = MultiHeadAttention(32, heads=4)
    for title, table in ("no places", 0), ("a table", sinusoid(8, 32)):
        y = layer(x + table).data
        shuffled = layer(x[:, order] + table).data
        same = np.allclose(shuffled, y[:, order], atol=1e-12)
        print(f"{title}: shuffled words, shuffled answers: {same}")

    q, k = rng.normal(size=(2, 1, 32))
    for t, s in (3, 0), (50, 47), (9999, 9996), (9999, 0):
        score = (rope(q, t).data * rope(k, s).data).sum()
        print(f"q at {t}, k at {s}: score {score:.12f}")

    print("% right, in texts of     16     64 letters")
    for way in "none", "table of sines", "learned table", "RoPE":
        model = learn(way, rng)
        short, far = f"{right(model, 16, rng):6.1f}", "     -"
        if way != "learned table":  # it has 16 rows
            far = f"{right(model, 64, rng):6.1f}"
        print(f"  {way:20} {short} {far}")

    left, other = Figure((8, 4), layout="constrained").subplots(1, 2)
    left.imshow(sinusoid(64, 32), aspect="auto", cmap="RdBu")
    left.set(xlabel="number", ylabel="place", title="table of sines")
    turned = rope(np.ones((64, 32))).data
    other.imshow(turned @ turned.T)
    other.set(title="RoPE: scores of equal words", xlabel="place of k")
    FIGURES.mkdir(exist_ok=True)
    left.figure.savefig(FIGURES / "step79_places.png", dpi=144)
    print("figures/step79_places.png")
