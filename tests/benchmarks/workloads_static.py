"""Compiled by dezero.static: the small network once more, and a long chain.

What is compiled is what workloads_core runs, so the distance between the figures of
the two is what compiling gains.
"""

import numpy as np
from harness import SECONDS, Workload
from workloads_core import (
    BATCH,
    RATE,
    START,
    chain,
    chain_torch,
    mlp_torch,
    named,
    network,
)

import dezero
from dezero import Variable
from dezero.static import compile


def mlp_compiled(steps):
    import dezero.functions as F

    x, t, start = network()
    parameters = [dezero.Parameter(p) for p in start]

    def loss(x, t):
        W1, b1, W2, b2, W3, b3 = parameters
        h = F.tanh(x @ W1 + b1)
        h = F.tanh(h @ W2 + b2)
        error = h @ W3 + b3 - t
        return (error * error).sum() / BATCH

    program = compile(loss, x, t, gradients=parameters)

    def work():
        for p, value in zip(parameters, start):
            p.data = value
        for _ in range(steps):
            value = program(x, t)
            for p in parameters:
                p.data = p.data - RATE * p.grad.data
                p.cleargrad()
        return named(value, [Variable(p.data) for p in parameters])

    return work


def chain_compiled(operations):
    leaves = {name: Variable(np.array(value)) for name, value in START.items()}
    program = compile(lambda: chain(operations, **leaves), gradients=leaves.values())

    def work():
        for leaf in leaves.values():
            leaf.cleargrad()
        y = program()
        return {"y": y, **{"g" + name: leaf.grad for name, leaf in leaves.items()}}

    return work


WORKLOADS = [
    Workload(
        name="small_mlp_compiled",
        what="small_mlp, compiled by dezero.static",
        sides={"dezero": mlp_compiled, "torch": mlp_torch},
        sizes={"steps": 100},
        tiny={"steps": 2},
        metric=SECONDS,
        target=None,
        rtol=1e-3,
    ),
    Workload(
        name="scalar_chain_compiled",
        what="1,000 scalar operations, compiled by dezero.static",
        sides={"dezero": chain_compiled, "torch": chain_torch},
        sizes={"operations": 1000},
        tiny={"operations": 40},
        metric=SECONDS,
        target=None,
    ),
]
