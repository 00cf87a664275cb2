"""Answer to the exercise of step 53.

Adam keeps two arrays for each Parameter, the means m and v, and it
counts its updates, t, which its bias correction needs. They can be
saved in an npz like the weights. As names we use those of the
Parameters, followed by /m and /v, so that each array is found along
the same path through the layers.

With these arrays the restart makes no difference: all weights are
the same, to the last digit. If only the weights are saved, Adam
begins again with m = v = 0, and takes other steps.

Output:
    in the file: l1/W/m, l1/W/v, l1/b/m, l1/b/v, l2/W/m, l2/W/v,
    l2/b/m, l2/b/v, t
    200 at once = 100 + 100 with Adam's memory: True
    200 at once = 100 + 100 without it: False
"""

import tempfile
import textwrap
from pathlib import Path

import numpy as np

import dezero.functions as F
from dezero.datasets import get_spiral
from dezero.optimizers import Adam
from step53 import Net


def learn(model, optimizer, updates):
    """Update the model from all points at once, so many times."""
    x, t = get_spiral()
    for _ in range(updates):
        loss = F.softmax_cross_entropy(model(x), t)
        model.cleargrads()
        loss.backward()
        optimizer.update()


def save_adam(path, optimizer, model):
    """Write what Adam remembers about a model's Parameters."""
    arrays = {}
    for name, param in model._named_params().items():
        arrays[f"{name}/m"] = optimizer.ms[id(param)]
        arrays[f"{name}/v"] = optimizer.vs[id(param)]
    np.savez(path, t=optimizer.t, **arrays)


def load_adam(path, optimizer, model):
    """Give an Adam the memory that save_adam wrote."""
    with np.load(path, allow_pickle=False) as npz:
        optimizer.t = int(npz["t"])
        for name, param in model._named_params().items():
            optimizer.ms[id(param)] = npz[f"{name}/m"]
            optimizer.vs[id(param)] = npz[f"{name}/v"]


def same(a, b):
    """Say whether two models have the same weights, to the bit."""
    pairs = zip(a.params(), b.params())
    return all(np.array_equal(p.data, q.data) for p, q in pairs)


def halves(folder, remember):
    """Return the model of start.npz after 100 + 100 updates."""
    first, adam = Net(20), Adam(0.05)
    first.load_weights(folder / "start.npz")
    learn(first, adam.setup(first), 100)
    first.save_weights(folder / "half.npz")
    save_adam(folder / "adam.npz", adam, first)

    model, adam = Net(20), Adam(0.05)  # the restart
    model.load_weights(folder / "half.npz")
    if remember:
        load_adam(folder / "adam.npz", adam, model)
    learn(model, adam.setup(model), 100)
    return model


if __name__ == "__main__":
    np.random.seed(0)  # noqa: NPY002
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = Net(20)
        model(get_spiral()[0])
        model.save_weights(folder / "start.npz")
        learn(model, Adam(0.05).setup(model), 200)
        found = {yes: halves(folder, yes) for yes in (True, False)}
        with np.load(folder / "adam.npz") as npz:
            names = ", ".join(sorted(npz.files))
    print(textwrap.fill(f"in the file: {names}", 60))
    print("200 at once = 100 + 100 with Adam's memory:", end=" ")
    print(same(model, found[True]))
    print("200 at once = 100 + 100 without it:", end=" ")
    print(same(model, found[False]))
