"""Step 85. One GPT at three speeds: scalars, arrays, compiled.

A GPT is a formula, and a formula needs no arrays. The engine of step 22
can compute and train it with a Variable for each single number. It only
lacks exp and log. So here is a complete GPT of scalars: lists of
Variables, and sums and products of two of them.

This chapter has built the same GPT from arrays, and dezero.static
(step 72) can compile it. All three read the same first name, and must
find the same loss and the same gradients:

    scalars    76,699 Functions, of one or two numbers each
    arrays     some dozens of Functions, of a whole array each
    compiled   only the calls of NumPy, in one function

What does a Function cost? It is called, it is noted in the graph, and
backward finds it again: about twenty millionths of a second, whether it
adds two numbers or two million. The scalars pay this for each single
addition. An array pays once for all of its numbers. The compiled
program does not pay at all, but NumPy's own calls remain. For large
arrays these take nearly all of the time, and compiling gains little.

The compiled program always gets arrays of the same shape. So shorter
names are filled up, and cross_entropy leaves out the places that were
filled (ignore_index). In the end the GPT learns from 16,000 names, 16
at a time, and invents ten of its own.

This is the end of the course. You have built all of it, from a box
around a number to a network that writes, and you know each line
between the two.

Exercise: write update(gpt, rate), an update of SGD for the GPT of
scalars. Its loss must fall as the loss of the arrays does.

In the package: dezero/models/gpt.py, GPT; dezero/core_simple.py;
dezero/static/program.py, compile

Output (rtol 0.05):
    consuela: 76,699 Functions of scalars
      scalars   loss 3.327   1,000 names: ~1500.0 s
      arrays    loss 3.327   1,000 names: ~1.9 s
      compiled  loss 3.327   1,000 names: ~0.6 s
      the same gradients: True
    16,000 names: loss 3.30, at the end 2.07
    ten names, 2 of them known:
      mae kretrina dasania berra thyan
      rose lemayna mmikan fyisteh sherryne
"""

import heapq
import math
from functools import partial
from time import perf_counter

import numpy as np

import dezero.functions as F
from dezero import static
from dezero.core_simple import Function, Variable
from dezero.datasets import Names
from dezero.models import GPT
from dezero.optimizers import Adam


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
    """Return an array as lists in lists, of Variables."""
    if np.ndim(x) == 0:
        return Variable(np.array(float(x)))
    return [scalars(part) for part in x]


def dot(xs, ys):
    """Return the sum of the products of two lists."""
    products = [x * y for x, y in zip(xs, ys)]
    return sum(products[1:], products[0])


def mapped(x, columns, b):
    """Return x W + b, by the columns of W."""
    return [dot(x, w) + c for w, c in zip(columns, b)]


def normed(x, gamma):
    """Return RMSNorm of a list (step 73)."""
    scale = (dot(x, x) / len(x) + 1e-5) ** -0.5
    return [v * scale * g for v, g in zip(x, gamma)]


def shares(scores):
    """Return softmax; exp of numbers up to 0 is never inf."""
    top = max(float(s.data) for s in scores)
    e = [ScalarExp()(s - top) for s in scores]
    total = sum(e[1:], e[0])
    return [x / total for x in e]


def turned(x, t):
    """Return RoPE of a list at place t (step 79)."""
    half, y = len(x) // 2, list(x)
    for i, (a, b) in enumerate(zip(x[:half], x[half:])):
        angle = t * 10000.0 ** (-i / half)
        c, s = math.cos(angle), math.sin(angle)
        y[i], y[half + i] = a * c - b * s, a * s + b * c
    return y


# A head has its part of each query, key and value. A place looks at
# the places up to its own, so no mask is needed: a list ends there.
def attend(rows, heads):
    """Return what each place finds; a row is q, k and v (step 78)."""
    E = len(rows[0]) // 3
    D, found = E // heads, [[] for _ in rows]
    for h in range(0, E, D):
        q, k, v = (
            [row[part + h : part + h + D] for row in rows]
            for part in (0, E, 2 * E)
        )
        k = [turned(x, t) for t, x in enumerate(k)]
        for t, y in enumerate(found):
            query = turned(q[t], t)
            scores = [dot(query, x) / D**0.5 for x in k[: t + 1]]
            p = shares(scores)
            y += [dot(p, numbers) for numbers in zip(*v[: t + 1])]
    return found


class ScalarGPT:
    """The numbers of a GPT of one block, each in a Variable."""

    def __init__(self, gpt):
        (block,) = gpt.blocks.layers
        maps = [block.attention.qkv, block.attention.out]
        maps += [block.up, block.gate, block.down]
        norms = block.norm1, block.norm2, gpt.norm
        self.heads = block.attention.heads
        self.W = scalars(gpt.embedding.W.data)
        self.norms = [scalars(norm.gamma.data) for norm in norms]
        self.maps = [
            (scalars(map.W.data.T), scalars(map.b.data)) for map in maps
        ]

    def loss(self, ids, targets):
        """Return the mean cross-entropy of one text."""
        first, second, last = self.norms
        qkv, out, up, gate, down = self.maps
        xs = [self.W[i] for i in ids]
        rows = [mapped(normed(x, first), *qkv) for x in xs]
        loss = 0
        for x, y, t in zip(xs, attend(rows, self.heads), targets):
            x = [a + b for a, b in zip(x, mapped(y, *out))]
            h = normed(x, second)
            h = zip(mapped(h, *up), mapped(h, *gate))
            h = [u * (g / (1 + ScalarExp()(-g))) for u, g in h]
            x = [a + b for a, b in zip(x, mapped(h, *down))]
            h = normed(x, last)
            p = shares([dot(h, w) for w in self.W])
            loss = loss - ScalarLog()(p[t])
        return loss / len(ids)


# Step 22 looks through all waiting Functions for the latest, and here
# many thousands wait. A heap (step 16) has it in front.
def backward(y):
    """Fill grad of all behind y; return how many Functions it saw."""
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


# A name begins and ends with the end of a line. In t, -1 stands for the
# places after the name, and ignore_index leaves them out.
def batch(names, tokenizer, length=16):
    """Return x, t (N, length): names, and what follows each place."""
    (end,) = tokenizer.encode("\n")
    x = np.full((len(names), length), end)
    t = np.full((len(names), length), -1)
    for n, name in enumerate(names):
        ids = tokenizer.encode(name)
        x[n, 1 : len(ids) + 1] = ids
        t[n, : len(ids) + 1] = [*ids, end]
    return x, t


def loss_of(model, x, t):
    """Return the mean cross-entropy of the places before an end."""
    y = model(x)
    y, t = y.reshape(-1, y.shape[-1]), t.reshape(-1)
    return F.cross_entropy(y, t, ignore_index=-1)


def compiled(model, x, t):
    """Return loss_of model as a program; a call leaves gradients."""
    params = list(model.params())
    return static.compile(
        partial(loss_of, model), x, t, gradients=params
    )


def train(model, names, tokenizer, updates, rate=0.01):
    """Learn from 16 names in each update; return the losses."""
    optimizer, rng = Adam().setup(model), np.random.default_rng(0)
    program = compiled(model, *batch(names[:1] * 16, tokenizer))
    losses = []
    for i in range(updates):
        model.cleargrads()
        loss = program(*batch(rng.choice(names, 16), tokenizer))
        losses.append(float(loss.data))
        optimizer.alpha = rate * min((i + 1) / 50, 1.05 - i / updates)
        optimizer.update()
    return losses


if __name__ == "__main__":
    names, tokenizer = Names().text.split(), Names().tokenizer
    np.random.seed(0)  # noqa: NPY002
    model = GPT(len(tokenizer), 16, width=16, depth=1)
    T = len(names[0]) + 1
    x, t = batch(names[:1], tokenizer)
    program = compiled(model, x, t)

    start = perf_counter()
    gpt = ScalarGPT(model)
    loss = gpt.loss(x[0, :T], t[0, :T])
    functions = backward(loss)
    seconds = [perf_counter() - start]
    losses = [loss]
    print(f"{names[0]}: {functions:,} Functions of scalars")

    start = perf_counter()
    for _ in range(100):
        model.cleargrads()
        loss = loss_of(model, x[:, :T], t[:, :T])
        loss.backward()
    seconds.append((perf_counter() - start) / 100)
    losses.append(loss)

    start = perf_counter()
    for _ in range(100):
        model.cleargrads()
        loss = program(x, t)
    seconds.append((perf_counter() - start) / 100)
    losses.append(loss)
    kinds = "scalars", "arrays", "compiled"
    for kind, loss, each in zip(kinds, losses, seconds):
        print(f"  {kind:9} loss {float(loss.data):.3f}", end="")
        print(f"   1,000 names: ~{1000 * each:.1f} s")
    W = [[0.0 if v.grad is None else v.grad for v in w] for w in gpt.W]
    same = np.allclose(W, model.embedding.W.grad.data, atol=1e-5)
    print("  the same gradients:", same)

    losses = train(model, names, tokenizer, 1000)
    first, last = losses[0], np.mean(losses[-100:])
    print(f"16,000 names: loss {first:.2f}, at the end {last:.2f}")
    (end,) = tokenizer.encode("\n")
    texts = [model.generate([end], 15, seed=i)[1:] for i in range(10)]
    new = [tokenizer.decode(ids).split("\n")[0] for ids in texts]
    print(f"ten names, {sum(n in names for n in new)} of them known:")
    print(" ", *new[:5])
    print(" ", *new[5:])
