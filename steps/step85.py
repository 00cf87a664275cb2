"""Step 85. One GPT at three speeds: scalars, arrays, compiled.

A GPT is a formula, and a formula needs no arrays. The engine of step 22
can compute and train it with a Variable for each single number. That
engine only lacks exp and log. So here is a complete GPT of scalars:
lists of Variables, added and multiplied two at a time.

This chapter has built the same GPT from arrays, and dezero.static
(step 72) can compile it. All three read the same name, one of 4,654,
and must compute the same loss, near ln 27 for 27 tokens (step 81), and
the same gradients. How long do they take?

    scalars    76,699 Functions, of one or two numbers each
    arrays     about two dozen Functions, of a whole array each
    compiled   only the calls of NumPy, in one function

What does a Function cost, apart from its arithmetic? It has to be
called, recorded in the graph, and found again by backward. That takes
about twenty millionths of a second, however many numbers it adds. The
scalars pay this for every single addition. An array pays once for all
of its numbers. The compiled program does not pay it, but NumPy's own
calls remain. For large arrays, arithmetic takes nearly all of the time,
and compiling gains little.

At the end the GPT of arrays learns from the list of names, with 16
pieces of it in each of 1,000 updates, and invents ten names. Its loss
falls from 3.3 to about 2.1. Two lines show the loss of a single batch,
which varies a little. The program takes about eight seconds.

This is the end of the course. You have built all of it, from a box
around a number to a network that writes, and you know every line in
between.

Exercise: write update(gpt, rate), an SGD update for the GPT of scalars.
Its loss must fall as the loss of the GPT of arrays does.

In the package: dezero/models/gpt.py, GPT; dezero/core_simple.py;
dezero/static/program.py, compile

Output (rtol 0.05):
    consuela: 76,699 Functions of scalars
      scalars   loss 3.327   1,000 names: ~1500.0 s
      arrays    loss 3.327   1,000 names: ~1.9 s
      compiled  loss 3.327   1,000 names: ~0.6 s
      the same gradients: True
        500 updates: loss 2.11
        1000 updates: loss 2.15
      macartinerr kray elmann beroda thwarlia
      roola laony mlonco gygira shernory
"""

import heapq
import math
from functools import partial
from time import perf_counter
from timeit import timeit

import numpy as np

import dezero.functions as F
from dezero import static
from dezero.core_simple import Function, Variable
from dezero.datasets import Names
from dezero.models import GPT
from dezero.optimizers import Adam, ClipGrad


class ScalarExp(Function):
    """y = exp(x), gx = gy * exp(x)."""

    def forward(self, x):
        return np.exp(x)

    def backward(self, gy):
        return gy * np.exp(self.inputs[0].data)


class ScalarLog(Function):
    """y = log(x), gx = gy / x."""

    def forward(self, x):
        return np.log(x)

    def backward(self, gy):
        return gy / self.inputs[0].data


def scalars(x):
    """Return an array as nested lists of Variables."""
    if np.ndim(x) == 0:
        return Variable(np.array(float(x)))
    return [scalars(part) for part in x]


def dot(xs, ys):
    """Return the sum of the products of two lists."""
    products = [x * y for x, y in zip(xs, ys)]
    return sum(products[1:], products[0])


def times(x, columns, b):
    """Return x W + b, given the columns of W."""
    return [dot(x, w) + c for w, c in zip(columns, b)]


def normed(x, gamma):
    """Return RMSNorm of a list (step 73)."""
    scale = (dot(x, x) / len(x) + 1e-5) ** -0.5
    return [v * scale * g for v, g in zip(x, gamma)]


def shares(scores):
    """Return softmax; exp only gets numbers up to 0 (step 47)."""
    top = max(float(s.data) for s in scores)
    e = [ScalarExp()(s - top) for s in scores]
    total = sum(e[1:], e[0])
    return [x / total for x in e]


def turned(x, t):
    """Return the list x, turned by RoPE for place t (step 79)."""
    half, y = len(x) // 2, list(x)
    for i, (a, b) in enumerate(zip(x[:half], x[half:])):
        angle = t * 10000.0 ** (-i / half)
        c, s = math.cos(angle), math.sin(angle)
        y[i], y[half + i] = a * c - b * s, a * s + b * c
    return y


# Each head has its part of each query, key and value. A place looks at
# the places up to its own. We need no mask: the lists end at that
# place.
def attend(rows, heads):
    """Return what each place finds; a row is q, k and v (step 78)."""
    E = len(rows[0]) // 3
    D, found = E // heads, [[] for _ in rows]
    for h in range(0, E, D):
        starts = h, E + h, 2 * E + h
        q, k, v = ([row[i : i + D] for row in rows] for i in starts)
        k = [turned(x, t) for t, x in enumerate(k)]
        for t, y in enumerate(found):
            query = turned(q[t], t)
            scores = [dot(query, x) / D**0.5 for x in k[: t + 1]]
            p = shares(scores)
            y += [dot(p, numbers) for numbers in zip(*v[: t + 1])]
    return found


class ScalarGPT:
    """A GPT of one block, with a Variable for each of its numbers."""

    def __init__(self, gpt):
        (block,) = gpt.blocks.layers
        maps = [block.attention.qkv, block.attention.out]
        maps += [block.up, block.gate, block.down]
        norms = block.norm1, block.norm2, gpt.norm
        self.heads = block.attention.heads
        self.W = scalars(gpt.embedding.W.data)
        self.norms = [scalars(norm.gamma.data) for norm in norms]
        columns = [scalars(map.W.data.T) for map in maps]
        biases = [scalars(map.b.data) for map in maps]
        self.maps = list(zip(columns, biases))

    def loss(self, ids, targets):
        """Return the mean cross-entropy of one text."""
        first, second, last = self.norms
        qkv, out, up, gate, down = self.maps
        xs = [self.W[i] for i in ids]
        rows = [times(normed(x, first), *qkv) for x in xs]
        loss = 0
        for x, y, t in zip(xs, attend(rows, self.heads), targets):
            x = [a + b for a, b in zip(x, times(y, *out))]
            h = normed(x, second)
            h = zip(times(h, *up), times(h, *gate))
            h = [u * (g / (1 + ScalarExp()(-g))) for u, g in h]
            x = [a + b for a, b in zip(x, times(h, *down))]
            h = normed(x, last)
            p = shares([dot(h, w) for w in self.W])
            loss = loss - ScalarLog()(p[t])
        return loss / len(ids)


# Step 22 searches all waiting Functions for the latest one, and here
# many may wait. In a heap (step 16) the latest is always in front.
def backward(y):
    """Compute all gradients of y; return the number of Functions."""
    y.grad, heap, seen = np.ones_like(y.data), [], set()

    def wait(func):
        if func is not None and func not in seen:
            heapq.heappush(heap, (-func.generation, len(seen), func))
            seen.add(func)

    wait(y.creator)
    while heap:
        func = heapq.heappop(heap)[2]
        gxs = func.backward(*[output().grad for output in func.outputs])
        for x, gx in zip(func.inputs, np.atleast_1d(gxs)):
            x.grad = gx if x.grad is None else x.grad + gx
            wait(x.creator)
    return len(seen)


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
        if t % 500 == 0:
            print(f"    {t} updates: loss {loss.data:.2f}", flush=True)


if __name__ == "__main__":
    data = Names()
    tokenizer, name = data.tokenizer, data.text.split()[0]
    np.random.seed(0)  # noqa: NPY002
    model = GPT(len(tokenizer), data.context, width=16, depth=1)
    ids = np.array([tokenizer.encode(f"\n{name}\n")])
    x, t = ids[:, :-1], ids[:, 1:]
    # with gradients=, a call of the program adds to grad of params
    f, params = partial(loss_of, model), list(model.params())
    program = static.compile(f, x, t, gradients=params)
    gpt = ScalarGPT(model)

    start = perf_counter()
    losses = [gpt.loss(x[0], t[0])]
    functions = backward(losses[0])
    seconds, grads = [perf_counter() - start], []
    print(f"{name}: {functions:,} Functions of scalars")
    for run in lambda: f(x, t).backward(), lambda: program(x, t):
        model.cleargrads()
        seconds.append(timeit(run, number=100) / 100)
        grads.append(model.embedding.W.grad.data / 100)  # the mean
    losses += [f(x, t), program(x, t)]
    kinds = "scalars", "arrays", "compiled"
    for kind, loss, each in zip(kinds, losses, seconds):
        print(f"  {kind:9} loss {float(loss.data):.3f}", end="")
        print(f"   1,000 names: ~{1000 * each:.1f} s")
    W = [[0.0 if v.grad is None else v.grad for v in w] for w in gpt.W]
    same = all(np.allclose(W, grad, atol=1e-5) for grad in grads)
    print("  the same gradients:", same)

    train(model, data, 1000)
    start = x[0, :1]  # the end of a line
    texts = [model.generate(start, 15, seed=i)[1:] for i in range(10)]
    new = [tokenizer.decode(ids).split("\n")[0] for ids in texts]
    print(f"  {' '.join(new[:5])}\n  {' '.join(new[5:])}")
