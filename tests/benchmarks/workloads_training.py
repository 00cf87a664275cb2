"""Training: a network for MNIST, its memory, and the optimizers alone."""

import subprocess
import sys
from pathlib import Path

import numpy as np
from harness import SECONDS, Metric, Workload

import dezero
from dezero import Variable

BATCH = 100
PIXELS, CLASSES = 784, 10
RATE = 1e-4  # small: rounding errors grow with every step, the faster the larger
FOLDER = str(Path(__file__).parent)


# --- 784-1000-1000-10, ReLU, softmax cross-entropy, Adam, batches of 100 ---
def images(steps):
    """Return x (steps, 100, 784) in 0..1 and t (steps, 100), random."""
    rng = np.random.default_rng(0)
    x = rng.random(size=(steps, BATCH, PIXELS), dtype=np.float32)
    return x, rng.integers(CLASSES, size=(steps, BATCH))


def weights(width):
    """Return the starting W (in, out) of the three layers; their biases are zero."""
    rng = np.random.default_rng(1)
    widths = (PIXELS, width, width, CLASSES)
    return [
        rng.normal(size=(rows, columns), scale=rows**-0.5).astype(np.float32)
        for rows, columns in zip(widths, widths[1:])
    ]


def train_dezero(model, x, t):
    """Train with Adam, a step on each batch; return the losses."""
    import dezero.functions as F
    from dezero.optimizers import Adam

    optimizer = Adam(alpha=RATE).setup(model)
    losses = np.empty(len(x), np.float32)
    for i in range(len(x)):
        loss = F.softmax_cross_entropy(model(x[i]), t[i])
        model.cleargrads()
        loss.backward()
        optimizer.update()
        losses[i] = loss.data
    return {"losses": Variable(losses)}


def train_torch(model, x, t):
    """Do the same with PyTorch."""
    import torch

    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    losses = torch.empty(len(x))
    for i in range(len(x)):
        loss = torch.nn.functional.cross_entropy(model(x[i]), t[i])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses[i] = loss.detach()
    return {"losses": losses}


def mnist_dezero(steps, width):
    import dezero.functions as F
    from dezero.models import MLP

    x, t = images(steps)
    start = weights(width)

    def work():
        model = MLP((width, width, CLASSES), activation=F.relu)
        for layer, W in zip(model.layers, start):
            layer.W.data = W.copy()
        return train_dezero(model, x, t)

    return work


def mnist_torch(steps, width):
    import torch

    x, t = images(steps)
    x, t = torch.from_numpy(x), torch.from_numpy(t)
    start = weights(width)

    def work():
        layers = []
        for W in start:
            linear = torch.nn.Linear(*W.shape)
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(W.T))
                linear.bias.zero_()
            layers += [linear, torch.nn.ReLU()]
        return train_torch(torch.nn.Sequential(*layers[:-1]), x, t)

    return work


# --- the memory of that, at its peak ---
PEAK = """
import sys
sys.path.insert(0, {folder!r})
from {module} import {side}
from workloads_training import peak_growth
print(peak_growth({side}, {sizes!r}))
"""
WARM = {"steps": 2, "width": 4}  # loads what a library loads on first use


def start_peak(side, sizes):
    """Measure how much a call adds to a fresh process's memory at its peak (Linux)."""
    names = {"module": side.__module__, "side": side.__name__}
    program = PEAK.format(folder=FOLDER, sizes=sizes, **names)

    def sample():
        command = [sys.executable, "-c", program]
        return float(subprocess.check_output(command, text=True))

    return sample


def peak_growth(side, sizes):
    side(**(sizes | WARM))()
    work = side(**sizes)
    before = memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # VmHWM starts again from VmRSS
    work()
    return memory("VmHWM") - before


def memory(name):
    """Return an entry of /proc/self/status in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1024
    raise LookupError(f"{name} is not in /proc/self/status")


PEAK_MEMORY = Metric(start_peak, lambda value: f"{value:.0f} MB", compares=False)


# --- the optimizers alone, on the parameters of that network ---
def parameters(width):
    """Return arrays around 1.5 and gradients around +-1: no number gets near 0."""
    rng = np.random.default_rng(2)
    data, grads = [], []
    for W in weights(width):
        for shape in W.shape, W.shape[1:]:
            data.append(rng.uniform(1, 2, size=shape).astype(np.float32))
            grad = rng.uniform(0.5, 1.5, size=shape) * rng.choice([-1, 1], size=shape)
            grads.append(grad.astype(np.float32))
    return data, grads


def updates_dezero(name, **options):
    def side(steps, width):
        data, grads = parameters(width)

        def work():
            layer = dezero.Layer()
            for i, (p, g) in enumerate(zip(data, grads)):
                parameter = dezero.Parameter(p.copy())
                parameter.grad = Variable(g)
                setattr(layer, f"p{i}", parameter)
            optimizer = getattr(dezero.optimizers, name)(**options).setup(layer)
            for _ in range(steps):
                optimizer.update()
            return {f"p{i}": p for i, p in enumerate(layer.params())}

        return work

    return side


def updates_torch(name, **options):
    def side(steps, width):
        import torch

        data, grads = parameters(width)

        def work():
            params = [torch.tensor(p, requires_grad=True) for p in data]
            for p, g in zip(params, grads):
                p.grad = torch.from_numpy(g)
            optimizer = getattr(torch.optim, name)(params, **options)
            for _ in range(steps):
                optimizer.step()
            return {f"p{i}": p for i, p in enumerate(params)}

        return work

    return side


# our name: our options, PyTorch's name and its options for the same
OPTIMIZERS = {
    "SGD": ({}, "SGD", {"lr": 0.01}),
    "MomentumSGD": ({}, "SGD", {"lr": 0.01, "momentum": 0.9}),
    "AdaGrad": ({}, "Adagrad", {"lr": 0.001, "eps": 1e-8}),
    "AdaDelta": ({}, "Adadelta", {"rho": 0.95, "eps": 1e-6}),
    "RMSprop": ({}, "RMSprop", {"lr": 0.01}),
    "Adam": ({}, "Adam", {}),
    "AdamW": ({}, "AdamW", {}),
}

TARGETS = {"SGD": 1.2, "MomentumSGD": 1.1, "Adam": 1.0, "AdamW": 1.0}

WORKLOADS = [
    Workload(
        name="mnist_mlp",
        what="784-1000-1000-10 network, ReLU, batch 100, 10 steps of Adam",
        sides={"dezero": mnist_dezero, "torch": mnist_torch},
        sizes={"steps": 10, "width": 1000},
        tiny={"steps": 2, "width": 20},
        metric=SECONDS,
        target=1.0,
        against="torch",
        rtol=1e-3,  # float32, and Adam's eps stands elsewhere in PyTorch
    ),
    *(
        Workload(
            name=f"optimizer_{name.lower()}",
            what=f"{name}, 10 updates of 1.8 million parameters",
            sides={
                "dezero": updates_dezero(name, **ours),
                "torch": updates_torch(peer, **theirs),
            },
            sizes={"steps": 10, "width": 1000},
            tiny={"steps": 2, "width": 20},
            metric=SECONDS,
            target=TARGETS.get(name),
            against="torch",
            rtol=1e-4,
        )
        for name, (ours, peer, theirs) in OPTIMIZERS.items()
    ),
]

if sys.platform == "linux":  # others do not tell the peak
    WORKLOADS.insert(
        1,
        Workload(
            name="mnist_mlp_memory",
            what="the same, memory it takes at its peak",
            sides={"dezero": mnist_dezero, "torch": mnist_torch},
            sizes={"steps": 10, "width": 1000},
            tiny={"steps": 2, "width": 20},
            metric=PEAK_MEMORY,
            target=1.0,
            against="torch",
            rounds=1,
        ),
    )
