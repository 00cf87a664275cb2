"""Second derivatives: products of a Hessian with a vector."""

import numpy as np
from harness import SECONDS, Workload

WIDTHS = 20, 64, 64, 1


def vectors(size):
    """Return x and v."""
    return np.random.default_rng(0).normal(size=(2, size))


def network(batch):
    """Return inputs x and targets t, three weights, and a v for each of them."""
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(batch, WIDTHS[0])), rng.normal(size=(batch, 1))
    weights, vs = (
        [rng.normal(size=shape) / 5 for shape in zip(WIDTHS, WIDTHS[1:])]
        for _ in range(2)
    )
    return x, t, weights, vs


def rosenbrock(x):
    """Return the sum of Rosenbrock's function (step 28) over all neighbours."""
    first, second = x[:-1], x[1:]
    return (100 * (second - first**2) ** 2 + (first - 1) ** 2).sum()


def vector_dezero(size):
    from dezero.func import hvp

    x, v = vectors(size)
    return lambda: {"Hv": hvp(rosenbrock, x, v)}


def vector_torch(size):
    import torch

    x, v = map(torch.from_numpy, vectors(size))
    x.requires_grad_()

    def work():
        y = rosenbrock(x)
        (gx,) = torch.autograd.grad(y, x, create_graph=True)
        return {"Hv": torch.autograd.grad(gx, x, v)[0]}

    return work


def network_dezero(batch):
    import dezero.functions as F
    from dezero.func import hvp

    x, t, weights, vs = network(batch)

    def loss(W1, W2, W3):
        y = F.tanh(F.tanh(x @ W1) @ W2) @ W3
        return ((y - t) ** 2).sum()

    def work():
        products = hvp(loss, tuple(weights), tuple(vs))
        return {f"Hv{i}": product for i, product in enumerate(products)}

    return work


def network_torch(batch):
    import torch

    x, t, weights, vs = network(batch)
    x, t = map(torch.from_numpy, (x, t))
    weights = [torch.from_numpy(W).requires_grad_() for W in weights]
    vs = [torch.from_numpy(v) for v in vs]

    def work():
        W1, W2, W3 = weights
        y = torch.tanh(torch.tanh(x @ W1) @ W2) @ W3
        loss = ((y - t) ** 2).sum()
        grads = torch.autograd.grad(loss, weights, create_graph=True)
        products = torch.autograd.grad(grads, weights, vs)
        return {f"Hv{i}": product for i, product in enumerate(products)}

    return work


WORKLOADS = [
    Workload(
        name="hvp_vector",
        what="Hessian times vector, Rosenbrock's function of 100,000 numbers",
        sides={"dezero": vector_dezero, "torch": vector_torch},
        sizes={"size": 100_000},
        tiny={"size": 10},
        metric=SECONDS,
        target=1.0,
        against="torch",
    ),
    Workload(
        name="hvp_network",
        what="Hessian times vector of a network's loss, 20-64-64-1, batch 32",
        sides={"dezero": network_dezero, "torch": network_torch},
        sizes={"batch": 32},
        tiny={"batch": 2},
        metric=SECONDS,
        target=1.0,
        against="torch",
    ),
]
