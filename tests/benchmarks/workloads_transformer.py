"""Transformers: norms, a GPT that trains, one that writes, and one that is compiled."""

import sys

import numpy as np
from harness import SECONDS, Metric, Workload, start_seconds
from workloads_training import PEAK_MEMORY

from dezero import Variable

RATE = 1e-3


# --- norms: forward, and backward to x and both parameters ---
def norm_arrays(shape):
    """Return x, gamma, beta, and what the result is multiplied with."""
    rng = np.random.default_rng(0)
    gamma, beta = rng.uniform(0.5, 1.5, size=(2, shape[1])).astype(np.float32)
    x, gy = rng.normal(size=(2, *shape)).astype(np.float32)
    return x, gamma, beta, gy


def named_norm(y, gx, ggamma, gbeta):
    """Return the results by name; of y and gx, sums of squares."""
    return {"y": (y**2).sum(), "gx": (gx**2).sum(), "ggamma": ggamma, "gbeta": gbeta}


def norm_dezero(name):
    def side(N, C, sides):
        import dezero.functions as F

        *inputs, gy = norm_arrays((N, C) + (sides,) * (name == "group_norm") * 2)
        groups = [8] if name == "group_norm" else []

        def work():
            x, gamma, beta = map(Variable, inputs)
            y = getattr(F, name)(x, *groups, gamma, beta)
            (y * gy).sum().backward()
            return named_norm(y, x.grad, gamma.grad, beta.grad)

        return work

    return side


def norm_torch(name):
    def side(N, C, sides):
        import torch

        arrays = norm_arrays((N, C) + (sides,) * (name == "group_norm") * 2)
        *inputs, gy = map(torch.from_numpy, arrays)
        f, first = torch.nn.functional.layer_norm, (C,)
        if name == "group_norm":
            f, first = torch.nn.functional.group_norm, 8

        def work():
            x, gamma, beta = (a.clone().requires_grad_() for a in inputs)
            y = f(x, first, gamma, beta)
            (y * gy).sum().backward()
            return named_norm(y, x.grad, gamma.grad, beta.grad)

        return work

    return side


# --- a GPT with rotary positions, RMSNorm and SwiGLU, as dezero.models has it ---
def gpt(vocab, context, width, depth, heads):
    """Return dezero's GPT, with random weights where it begins with zeros.

    width: of a head; the stream is as wide as all of them together.
    """
    from dezero.models import GPT

    np.random.seed(0)  # noqa: NPY002  the weights come from there
    model = GPT(vocab, context, heads * width, depth, heads)
    rng = np.random.default_rng(0)
    for block in model.blocks.layers:
        for layer in block.attention.out, block.down:
            shape = layer.W.shape
            layer.W.data = (0.05 * rng.normal(size=shape)).astype(np.float32)
    model(np.zeros((1, context), int))  # a norm makes its gamma when it sees a width
    return model


def gpt_torch_model(model, context):
    """Return the same network in PyTorch, with the same weights."""
    import torch
    from torch import nn
    from torch.nn import functional

    def copied(layer):
        """Return a Linear like one of dezero's."""
        linear = nn.Linear(*layer.W.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(layer.W.data.T))
            linear.bias.copy_(torch.from_numpy(layer.b.data))
        return linear

    class Block(nn.Module):
        def __init__(self, block):
            super().__init__()
            width, self.heads = block.attention.width, block.attention.heads
            self.norm1, self.norm2 = (nn.RMSNorm(width, eps=1e-5) for _ in range(2))
            self.qkv, self.out = (
                copied(block.attention.qkv),
                copied(block.attention.out),
            )
            self.up, self.gate = copied(block.up), copied(block.gate)
            self.down = copied(block.down)
            half = width // self.heads // 2
            angle = torch.arange(context)[:, None] * 10000.0 ** (
                -torch.arange(half) / half
            )
            self.cos = torch.cat((angle.cos(), angle.cos()), dim=1)
            self.sin = torch.cat((-angle.sin(), angle.sin()), dim=1)

        def forward(self, x, cache):
            N, T, E = x.shape
            start = 0 if not cache else cache[0].shape[2]
            q, k, v = (
                a.view(N, T, self.heads, -1).transpose(1, 2)
                for a in self.qkv(self.norm1(x)).split(E, dim=-1)
            )
            cos, sin = self.cos[start : start + T], self.sin[start : start + T]
            q, k = (
                a * cos + torch.cat(a.chunk(2, dim=-1)[::-1], dim=-1) * sin
                for a in (q, k)
            )
            if cache is not None:
                if cache:
                    k = torch.cat((cache[0], k), dim=2)
                    v = torch.cat((cache[1], v), dim=2)
                cache[:] = k, v
            y = functional.scaled_dot_product_attention(q, k, v, is_causal=T > 1)
            x = x + self.out(y.transpose(1, 2).reshape(N, T, E))
            h = self.norm2(x)
            return x + self.down(functional.silu(self.gate(h)) * self.up(h))

    class Twin(nn.Module):
        def __init__(self):
            super().__init__()
            W = torch.from_numpy(model.embedding.W.data.copy())
            self.embedding = nn.Embedding(*W.shape, _weight=W)
            self.blocks = nn.ModuleList(Block(b) for b in model.blocks.layers)
            self.norm = nn.RMSNorm(W.shape[1], eps=1e-5)

        def forward(self, ids, caches=None):
            h = self.embedding(ids)
            for i, block in enumerate(self.blocks):
                h = block(h, None if caches is None else caches[i])
            return functional.linear(self.norm(h), self.embedding.weight)

    return Twin()


def windows(steps, vocab, context, batch):
    """Return x and t (steps, batch, context), random tokens."""
    rng = np.random.default_rng(1)
    ids = rng.integers(vocab, size=(steps, batch, context + 1))
    return ids[..., :-1].copy(), ids[..., 1:].copy()


def train_dezero(steps, vocab, context, width, depth, heads, batch):
    import dezero.functions as F
    from dezero.optimizers import Adam

    x, t = windows(steps, vocab, context, batch)
    model = gpt(vocab, context, width, depth, heads)
    start = [p.data for p in model.params()]

    def work():
        for p, data in zip(model.params(), start):
            p.data = data.copy()
        optimizer, losses = Adam(alpha=RATE).setup(model), np.empty(steps, np.float32)
        for i in range(steps):
            scores = model(x[i]).reshape(-1, vocab)
            loss = F.softmax_cross_entropy(scores, t[i].reshape(-1))
            model.cleargrads()
            loss.backward()
            optimizer.update()
            losses[i] = loss.data
        return {"losses": Variable(losses)}

    return work


def train_torch(steps, vocab, context, width, depth, heads, batch):
    import torch

    x, t = map(torch.from_numpy, windows(steps, vocab, context, batch))
    model = gpt_torch_model(gpt(vocab, context, width, depth, heads), context)
    start = [p.detach().clone() for p in model.parameters()]

    def work():
        with torch.no_grad():
            for p, data in zip(model.parameters(), start):
                p.copy_(data)
        optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
        losses = torch.empty(steps)
        for i in range(steps):
            scores = model(x[i]).view(-1, vocab)
            loss = torch.nn.functional.cross_entropy(scores, t[i].view(-1))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses[i] = loss.detach()
        return {"losses": losses}

    return work


# --- it writes, always the likeliest token, so that all sides write the same ---
def write_dezero(tokens, vocab, context, width, depth, heads):
    model = gpt(vocab, context, width, depth, heads)
    return lambda: {"ids": Variable(np.array(model.generate([1], tokens, 0)))}


def write_torch(tokens, vocab, context, width, depth, heads):
    import torch

    model = gpt_torch_model(gpt(vocab, context, width, depth, heads), context)

    def work():
        ids, caches = [1], [[] for _ in range(depth)]
        with torch.inference_mode():
            for _ in range(tokens):
                scores = model(torch.tensor([ids[-1:]]), caches)[0, -1]
                ids.append(int(scores.argmax()))
        return {"ids": torch.tensor(ids)}

    return work


# --- loss and gradients of a GPT of one name, compiled and not ---
def names_dezero(names, compiled):
    import dezero.functions as F
    from dezero.datasets import Names
    from dezero.static import compile

    data = Names(context=16)
    model = gpt(len(data.tokenizer), 16, width=4, depth=1, heads=4)
    parameters = list(model.params())
    x, t = np.zeros((names, 1, 16), int), np.full((names, 1, 16), -1)
    for i, name in enumerate(data.text.split()[:names]):
        ids = data.tokenizer.encode(f"\n{name}\n")
        x[i, 0, : len(ids) - 1], t[i, 0, : len(ids) - 1] = ids[:-1], ids[1:]

    def loss(x, t):
        scores = model(x)
        rows = scores.reshape(-1, scores.shape[-1])
        return F.cross_entropy(rows, t.reshape(-1), ignore_index=-1)

    program = compile(loss, x[0], t[0], gradients=parameters) if compiled else None

    def work():
        losses = np.empty(names, np.float32)
        for i in range(names):
            model.cleargrads()
            if compiled:
                losses[i] = program(x[i], t[i]).data
            else:
                value = loss(x[i], t[i])
                value.backward()
                losses[i] = value.data
        grads = {f"g{i}": p.grad for i, p in enumerate(parameters)}
        return {"losses": Variable(losses), **grads}

    return work


def start_share(side, sizes):
    """Return a sample: how long the compiled work takes, of what it takes otherwise."""
    plain, compiled = (side(**sizes, compiled=way) for way in (False, True))
    expected = plain()
    for name, value in compiled().items():
        np.testing.assert_allclose(
            value.data, expected[name].data, rtol=1e-3, atol=1e-5, err_msg=name
        )
    plain, compiled = (
        start_seconds(lambda work=work: work, {}) for work in (plain, compiled)
    )
    return lambda: compiled() / plain()


SHARE = Metric(start_share, lambda value: f"x {value:.2f}", compares=False)

GPT_SIZES = {"vocab": 65, "context": 64, "width": 16, "depth": 2, "heads": 4}
GPT_TINY = {"vocab": 5, "context": 6, "width": 4, "depth": 1, "heads": 2}
TRAINING = {"dezero": train_dezero, "torch": train_torch}

WORKLOADS = [
    *(
        Workload(
            name=name,
            what=what,
            sides={"dezero": norm_dezero(name), "torch": norm_torch(name)},
            sizes=sizes,
            tiny={"N": 2, "C": 8, "sides": 2},
            metric=SECONDS,
            target=target,
            against="torch",
            rtol=2e-3,  # sums of many float32
        )
        for name, what, sizes, target in (
            (
                "layer_norm",
                "layer norm of 4,096 x 256, forward and backward",
                {"N": 4096, "C": 256, "sides": 1},
                1.2,
            ),
            (
                "group_norm",
                "group norm of 16 images (64, 28, 28), forward and backward",
                {"N": 16, "C": 64, "sides": 28},
                1.5,
            ),
        )
    ),
    Workload(
        name="gpt",
        what="GPT, 2 layers, width 64, 4 heads, context 64, batch 16, 3 steps of Adam",
        sides=TRAINING,
        sizes={"steps": 3, "batch": 16, **GPT_SIZES},
        tiny={"steps": 2, "batch": 2, **GPT_TINY},
        metric=SECONDS,
        target=1.0,
        against="torch",
        rtol=1e-3,
    ),
    Workload(
        name="gpt_generate",
        what="it writes 64 tokens, one after the other, with a cache",
        sides={"dezero": write_dezero, "torch": write_torch},
        sizes={"tokens": 64, **GPT_SIZES},
        tiny={"tokens": 4, **GPT_TINY},
        metric=SECONDS,
        target=1.0,
        against="torch",
    ),
    Workload(
        name="gpt_compiled",
        what="step 85's GPT, loss and gradients: compiled against not compiled",
        sides={"dezero": names_dezero},
        sizes={"names": 20},
        tiny={"names": 2},
        metric=SHARE,
        target=0.4,
    ),
]

if sys.platform == "linux":  # others do not tell the peak
    WORKLOADS.insert(
        3,
        Workload(
            name="gpt_memory",
            what="the same, memory it takes at its peak",
            sides=TRAINING,
            sizes={"steps": 3, "batch": 16, **GPT_SIZES},
            tiny={"steps": 2, "batch": 2, **GPT_TINY},
            metric=PEAK_MEMORY,
            target=0.5,
            against="torch",
            rounds=1,
        ),
    )
