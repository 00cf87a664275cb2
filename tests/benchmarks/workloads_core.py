"""The core's workloads: scalar operations, a small network, memory, start-up."""

import sys

import numpy as np
from harness import (
    IMPORT_SECONDS,
    SECONDS,
    Workload,
    growth,
    kept_bytes,
    resident_bytes,
)

import dezero
from dezero import Variable

# --- a chain of scalar operations ---
# From y = x, four operations at a time: y = ((y * a) + b) * a - c. All are of shape ()
# and float64, the four leaves x, a, b, c need a gradient, and y stays near 0.7.
START = {"x": 0.5, "a": 0.9999, "b": 0.002, "c": 0.0018}


def chain(operations, x, a, b, c):
    y = x
    for _ in range(operations // 4):
        y = y * a
        y = y + b
        y = y * a
        y = y - c
    return y


def chain_dezero(operations):
    leaves = {name: Variable(np.array(value)) for name, value in START.items()}

    def work():
        for leaf in leaves.values():
            leaf.cleargrad()
        y = chain(operations, **leaves)
        y.backward()
        return {"y": y, **{"g" + name: leaf.grad for name, leaf in leaves.items()}}

    return work


def chain_torch(operations):
    import torch

    leaves = {
        name: torch.tensor(value, dtype=torch.float64, requires_grad=True)
        for name, value in START.items()
    }

    def work():
        for leaf in leaves.values():
            leaf.grad = None
        y = chain(operations, **leaves)
        y.backward()
        return {"y": y, **{"g" + name: leaf.grad for name, leaf in leaves.items()}}

    return work


def chain_autograd(operations):
    from autograd import value_and_grad

    def value(leaves):
        return chain(operations, **leaves)

    forward_and_backward = value_and_grad(value)
    leaves = {name: np.array(start) for name, start in START.items()}

    def work():
        y, gradients = forward_and_backward(leaves)
        return {"y": y, **{"g" + name: g for name, g in gradients.items()}}

    return work


# --- the graph of that chain, kept ---
def graph_dezero(operations):
    leaves = {name: Variable(np.array(value)) for name, value in START.items()}
    return lambda: {"y": chain(operations, **leaves)}


def graph_torch(operations):
    import torch

    leaves = {
        name: torch.tensor(value, dtype=torch.float64, requires_grad=True)
        for name, value in START.items()
    }
    return lambda: {"y": chain(operations, **leaves)}


def graph_autograd(operations):
    from autograd import make_vjp

    def value(leaves):
        return chain(operations, **leaves)

    leaves = {name: np.array(start) for name, start in START.items()}
    forward = make_vjp(value)

    def work():
        vjp, y = forward(leaves)
        return {"y": y, "graph": vjp}

    return work


# --- a wide graph: leaves added in pairs, their sums in pairs, and so on ---
def balanced_sum(values):
    while len(values) > 1:
        pairs = zip(values[::2], values[1::2])
        odd = values[len(values) // 2 * 2 :]
        values = [left + right for left, right in pairs] + odd
    return values[0]


def wide_dezero(leaves):
    xs = [Variable(np.array(float(i))) for i in range(leaves)]

    def work():
        for x in xs:
            x.cleargrad()
        y = balanced_sum(xs)
        y.backward()
        return {"y": y, "first": xs[0].grad, "last": xs[-1].grad}

    return work


def wide_torch(leaves):
    import torch

    xs = [
        torch.tensor(float(i), dtype=torch.float64, requires_grad=True)
        for i in range(leaves)
    ]

    def work():
        for x in xs:
            x.grad = None
        y = balanced_sum(xs)
        y.backward()
        return {"y": y, "first": xs[0].grad, "last": xs[-1].grad}

    return work


# --- a 2-16-16-1 tanh network, mean squared error, plain SGD ---
# Each library as its users write it: for PyTorch that is torch.nn and torch.optim. With
# products and updates by hand PyTorch is faster, so it is measured that way too.
WIDTHS = (2, 16, 16, 1)
BATCH = 32
RATE = 0.1


def network():
    """Return x, t and the starting W1, b1, W2, b2, W3, b3, all float32."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCH, 2)).astype(np.float32)
    t = np.sin(x.sum(axis=1, keepdims=True))
    parameters = []
    for rows, columns in zip(WIDTHS, WIDTHS[1:]):
        W = rng.normal(size=(rows, columns)) / np.sqrt(rows)
        parameters += [W.astype(np.float32), np.zeros(columns, np.float32)]
    return x, t, parameters


def named(loss, parameters):
    return {"loss": loss} | {f"p{i}": p for i, p in enumerate(parameters)}


def mlp_dezero(steps):
    import dezero.functions as F

    x, t, start = network()

    def work():
        W1, b1, W2, b2, W3, b3 = parameters = [dezero.Parameter(p) for p in start]
        for _ in range(steps):
            h = F.tanh(x @ W1 + b1)
            h = F.tanh(h @ W2 + b2)
            error = h @ W3 + b3 - t
            loss = (error * error).sum() / BATCH
            loss.backward()
            for p in parameters:
                p.data = p.data - RATE * p.grad.data
                p.cleargrad()
        return named(loss, parameters)

    return work


def mlp_torch(steps):
    import torch
    from torch import nn

    x, t, start = network()
    x, t = torch.from_numpy(x), torch.from_numpy(t)
    layers = [nn.Linear(rows, columns) for rows, columns in zip(WIDTHS, WIDTHS[1:])]
    model = nn.Sequential(layers[0], nn.Tanh(), layers[1], nn.Tanh(), layers[2])
    parameters = [p for layer in layers for p in (layer.weight.T, layer.bias)]
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)

    def work():
        with torch.no_grad():
            for p, value in zip(parameters, start):
                p.copy_(torch.from_numpy(value))
        for _ in range(steps):
            loss = nn.functional.mse_loss(model(x), t)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return named(loss, parameters)

    return work


def mlp_torch_by_hand(steps):
    import torch

    x, t, start = network()
    x, t = torch.from_numpy(x), torch.from_numpy(t)

    def work():
        W1, b1, W2, b2, W3, b3 = parameters = [
            torch.tensor(p, requires_grad=True) for p in start
        ]
        for _ in range(steps):
            h = torch.tanh(torch.addmm(b1, x, W1))
            h = torch.tanh(torch.addmm(b2, h, W2))
            loss = torch.nn.functional.mse_loss(torch.addmm(b3, h, W3), t)
            loss.backward()
            with torch.no_grad():
                for p in parameters:
                    p.sub_(p.grad, alpha=RATE)
                    p.grad = None
        return named(loss, parameters)

    return work


def mlp_autograd(steps):
    import autograd.numpy as anp
    from autograd import value_and_grad

    x, t, start = network()

    def mean_squared_error(parameters):
        W1, b1, W2, b2, W3, b3 = parameters
        h = anp.tanh(anp.dot(x, W1) + b1)
        h = anp.tanh(anp.dot(h, W2) + b2)
        error = anp.dot(h, W3) + b3 - t
        return anp.sum(error * error) / BATCH

    forward_and_backward = value_and_grad(mean_squared_error)

    def work():
        parameters = start
        for _ in range(steps):
            loss, gradients = forward_and_backward(parameters)
            parameters = [p - RATE * g for p, g in zip(parameters, gradients)]
        return named(loss, parameters)

    return work


# --- start-up ---
def module_dezero():
    return "dezero"


WORKLOADS = [
    Workload(
        name="scalar_chain",
        what="10,000 scalar operations, forward and backward",
        sides={
            "dezero": chain_dezero,
            "torch": chain_torch,
            "autograd": chain_autograd,
        },
        sizes={"operations": 10_000},
        tiny={"operations": 40},
        metric=SECONDS,
        target=0.75,
        against="torch",
    ),
    Workload(
        name="small_mlp",
        what="2-16-16-1 tanh network, batch 32, 100 steps of SGD",
        sides={"dezero": mlp_dezero, "torch": mlp_torch, "autograd": mlp_autograd},
        sizes={"steps": 100},
        tiny={"steps": 2},
        metric=SECONDS,
        target=0.5,
        against="torch",
        rtol=1e-3,  # float32, a hundred steps
    ),
    Workload(
        name="small_mlp_by_hand",
        what="the same, PyTorch with products and updates by hand",
        sides={"dezero": mlp_dezero, "torch": mlp_torch_by_hand},
        sizes={"steps": 100},
        tiny={"steps": 2},
        metric=SECONDS,
        target=None,
        rtol=1e-3,
    ),
    Workload(
        name="scalar_memory",
        what="kept for each of 10,000 scalar operations",
        sides={"dezero": graph_dezero, "autograd": graph_autograd},
        sizes={"operations": 10_000},
        tiny={"operations": 40},
        metric=kept_bytes("operations"),
        target=1229,  # 1.2 KB
    ),
    Workload(
        name="long_chain",
        what="200,000 scalar operations against 10,000, each",
        sides={"dezero": chain_dezero, "torch": chain_torch},
        sizes={"operations": 10_000},
        tiny={"operations": 40},
        metric=growth("operations", 20),
        # Python's collector goes through all live objects whenever a quarter more of
        # them have come; that doubles the cost of making very many.
        target=2.0,
        rounds=3,
    ),
    Workload(
        name="wide_graph",
        what="a balanced sum of 8,000 leaves against 1,000, each",
        sides={"dezero": wide_dezero, "torch": wide_torch},
        sizes={"leaves": 1000},
        tiny={"leaves": 10},
        metric=growth("leaves", 8),
        target=1.5,
    ),
    Workload(
        name="import",
        what="import dezero after import numpy",
        sides={"dezero": module_dezero},
        sizes={},
        tiny={},
        metric=IMPORT_SECONDS,
        target=0.025,
    ),
]

if sys.platform == "linux":  # elsewhere a process cannot read its own size so simply
    WORKLOADS.append(
        Workload(
            name="scalar_resident",
            what="growth of the process for each of 20,000 scalar operations",
            sides={
                "dezero": graph_dezero,
                "torch": graph_torch,
                "autograd": graph_autograd,
            },
            sizes={"operations": 20_000},
            tiny={"operations": 4000},
            metric=resident_bytes("operations"),
            target=None,
            rounds=3,
        )
    )
