"""Recurrent layers, a step a call: forward over a sequence, then backward."""

import sys

import numpy as np
from harness import SECONDS, Workload
from workloads_training import PEAK_MEMORY

# what a step adds up, in the order in which PyTorch has them in one matrix
GATES = {"RNN": "h", "LSTM": "ifuo", "GRU": "rzn"}


# --- 30 steps of one layer, loss on the last state ---
def sequence(name, steps, width, batch):
    """Return x (steps, batch, width), t (batch, width), the weights by gate."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(steps, batch, width)).astype(np.float32)
    t = rng.normal(size=(batch, width)).astype(np.float32)
    W = {
        source + gate: (rng.normal(size=(width, width)) * width**-0.5).astype(
            np.float32
        )
        for source in ("x2", "h2")
        for gate in GATES[name]
    }
    return x, t, W


def squares(grads):
    """Return the sum of squares of each gradient: a single number may be nearly 0."""
    return {key: (grad**2).sum() for key, grad in grads.items()}


def layer_dezero(name):
    def side(steps, width, batch):
        import dezero.layers as L

        x, t, W = sequence(name, steps, width, batch)
        layer = getattr(L, name)(width, in_size=width)
        for key, array in W.items():
            getattr(layer, key).W.data = array

        def work():
            layer.reset_state()
            layer.cleargrads()
            for step in x:
                h = layer(step)
            loss = ((h - t) ** 2).sum()
            loss.backward()
            grads = {key: getattr(layer, key).W.grad for key in W}
            for gate in GATES[name]:
                grads["b" + gate] = getattr(layer, "x2" + gate).b.grad
            return {"loss": loss, **squares(grads)}

        return work

    return side


def layer_torch(name):
    def side(steps, width, batch):
        import torch

        x, t, W = sequence(name, steps, width, batch)
        x, t = torch.from_numpy(x), torch.from_numpy(t)
        gates = GATES[name]
        cell = getattr(torch.nn, name + "Cell")(width, width)
        with torch.no_grad():
            for weight, source in (cell.weight_ih, "x2"), (cell.weight_hh, "h2"):
                stacked = np.concatenate([W[source + gate].T for gate in gates])
                weight.copy_(torch.from_numpy(stacked))
            cell.bias_ih.zero_()
            cell.bias_hh.zero_()

        def work():
            cell.zero_grad()
            state = None
            for step in x:
                state = cell(step, state)
            h = state[0] if name == "LSTM" else state
            loss = ((h - t) ** 2).sum()
            loss.backward()
            grads = {}
            for i, gate in enumerate(gates):
                rows = slice(i * width, (i + 1) * width)
                grads["x2" + gate] = cell.weight_ih.grad[rows].T
                grads["h2" + gate] = cell.weight_hh.grad[rows].T
                grads["b" + gate] = cell.bias_ih.grad[rows]
            return {"loss": loss, **squares(grads)}

        return work

    return side


# named, for the processes that measure memory
def lstm_dezero(steps, width, batch):
    return layer_dezero("LSTM")(steps, width, batch)


def lstm_torch(steps, width, batch):
    return layer_torch("LSTM")(steps, width, batch)


def workload(layer, sides, **changes):
    """Return the workload of a layer."""
    given = {
        "name": layer.lower(),
        "what": f"{layer}, 30 steps of 30 x 100, hidden 100, cell by cell",
        "sides": sides,
        "sizes": {"steps": 30, "width": 100, "batch": 30},
        "tiny": {"steps": 2, "width": 4, "batch": 3},
        "metric": SECONDS,
        "target": 0.85 if layer == "LSTM" else None,
        "against": "torch",
        "rtol": 1e-4,
    }
    return Workload(**given | changes)


SIDES = {
    name: {"dezero": layer_dezero(name), "torch": layer_torch(name)} for name in GATES
}
WORKLOADS = [workload(name, sides) for name, sides in SIDES.items()]

if sys.platform == "linux":  # others do not tell the peak
    WORKLOADS.append(
        workload(
            "LSTM",
            {"dezero": lstm_dezero, "torch": lstm_torch},
            name="lstm_memory",
            what="the LSTM, memory it takes at its peak",
            metric=PEAK_MEMORY,
            target=1.0,
            rounds=1,
        )
    )
