"""Check of the exercise of step 53: what Adam remembers."""

import tempfile
from pathlib import Path

import numpy as np

import dezero.functions as F
from dezero.datasets import get_spiral
from dezero.optimizers import Adam
from step53 import Net

START = '''
import numpy as np

from dezero.optimizers import Adam
from step53 import Net

# An Adam has t, and the dicts ms and vs: optimizer.ms[id(param)] is the
# m of a Parameter. model._named_params() is {"l1/W": Parameter, ...}.


def save_adam(path, optimizer, model):
    """Write what an Adam remembers of a model's Parameters to path,
    an .npz file."""
    raise NotImplementedError("your turn")


def load_adam(path, optimizer, model):
    """Give a new Adam the memory that save_adam wrote."""
    raise NotImplementedError("your turn")
'''


def learn(model, optimizer, updates):
    """Update the model from all points at once, so many times."""
    x, t = get_spiral()
    for _ in range(updates):
        loss = F.softmax_cross_entropy(model(x), t)
        model.cleargrads()
        loss.backward()
        optimizer.update()


def check(mine):
    """Yield (what, expected, got)."""
    np.random.seed(0)  # noqa: NPY002
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model, adam = Net(5), Adam(0.05)
        learn(model, adam.setup(model), 10)
        model.save_weights(folder / "half.npz")
        mine.save_adam(folder / "adam.npz", adam, model)
        learn(model, adam, 10)
        with np.load(folder / "adam.npz", allow_pickle=False) as npz:
            arrays = len(npz.files)
        yield "arrays in the file: m and v of four, and t", 9, arrays
        other, adam = Net(5), Adam(0.05)
        other.load_weights(folder / "half.npz")
        mine.load_adam(folder / "adam.npz", adam, other)
        yield "t, after loading", 10, adam.t
        learn(other, adam.setup(other), 10)
    names = model._named_params()
    for key, param in other._named_params().items():
        same = np.array_equal(param.data, names[key].data)
        yield f"{key}: 10 + 10 updates are 20, to the bit", True, same
