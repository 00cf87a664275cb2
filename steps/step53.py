"""Step 53. Saving and loading: what was learned outlives the program.

Training may take days, and all that it leaves is numbers in
Parameters. When the program ends, they are gone. So let us write
them to a file that another program can read later:

    model.save_weights("spiral.npz")

    model = Net(100)  # the same layers, new
    model.load_weights("spiral.npz")  # filled

The layers are not in the file, since they are code. The file holds
one array for each Parameter, under a name by which we find it
again. The name is its path through the layers, as through folders:

    model +-- l1 +-- W    "l1/W"   (2, 100)
          |      +-- b    "l1/b"   (100,)
          +-- l2 +-- W    "l2/W"   (100, 3)
                 +-- b    "l2/b"   (3,)

The file has NumPy's npz format: a zip that holds a small file for
each array, with its dtype and shape. Why not pickle, which could
save the model as it is? A pickle is a list of commands, and reading
it carries them out, whatever they are; the class Order below shows
how little that takes. Weights often come from people we don't know.
An npz can contain pickles, too, and allow_pickle=False refuses
them.

Does a loaded network do what it did when it was saved? The program
runs itself a second time, as another process that gets only a path.
Then it loads four files that don't fit: each raises an error, and
the model stays as it was. To continue the training, you must save
more than the weights: Adam (step 46) remembers two numbers for each
weight. Step 54 is about networks that learn too much.

Exercise: save what Adam remembers, too, so that 100 updates, a
restart and 100 more end at the same weights as 200 updates. What
names do you use?

In the package: dezero/layers/base.py, Layer; its methods only
call weights.py beside it

Output (rtol 0.05):
    a new network: right 104 of 300 new points
    l1/W (2, 100), l1/b (100,), l2/W (100, 3), l2/b (3,)
    after learning, and saving: 297
    after a restart, from file: 297
    cut.npz: File is not a zip file
    other.npz: l1/W has shape (2, 20) there and (2, 100) here
    part.npz: there is no l1/W, l1/b, l2/W, l2/b in it
    order.npz: Object arrays cannot be loaded when
    allow_pickle=False
    a pickle was read, and has called print
    right, after all this:      297
"""

import os
import pickle
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import numpy as np

import dezero
import dezero.functions as F
from dezero import no_grad
from dezero.datasets import get_spiral
from dezero.optimizers import Adam


# Files get damaged in transfer or by a full disk, and they get mixed
# up. Two rules keep that from doing harm.
#
# Save under another name, and rename the file in one step when it is
# complete. A program that is stopped while it saves leaves the old file
# as it was.
#
# Load in three parts: read everything, then check everything, and only
# then change the model. After an error the model is what it was.
#
# A zip keeps a checksum of each of its files, so changed bytes are
# noticed. We check that there is an array for each Parameter, and that
# the shapes agree. A Linear that was never called has no shape yet
# (step 44), and takes any. _flatten_params walks through the layers: a
# layer puts its own Parameters into a dict, and lets the layers inside
# it do the same, with their name in front. The file holds NumPy arrays,
# so to_cpu comes before saving (step 52).
class Layer(dezero.Layer):
    """The package's Layer, with the methods of this step."""

    def save_weights(self, path):
        """Write the arrays of all Parameters to path, an .npz file.

        An old file is replaced when the new one is complete.
        """
        path = Path(path)
        params = self._named_params()
        empty = [key for key, p in params.items() if p.data is None]
        if empty:
            raise RuntimeError(
                f"save_weights: {', '.join(empty)} has no values yet; "
                "call the layer on a batch once (see step 53)"
            )
        self.to_cpu()
        arrays = {key: param.data for key, param in params.items()}
        temporary = path.with_name(f"{path.name}.part")
        with open(temporary, "wb") as file:
            np.savez_compressed(file, **arrays)
        os.replace(temporary, path)

    def load_weights(self, path):
        """Set all Parameters to the arrays in path, or none."""
        path = Path(path)
        params = self._named_params()
        arrays = _read_npz(path, params)
        for key, param in params.items():
            shape = arrays[key].shape
            if param.data is not None and param.shape != shape:
                raise ValueError(
                    f"load_weights: {path.name}: {key} has shape "
                    f"{shape} there and {param.shape} here; the file "
                    "comes from a layer of other sizes (see step 53)"
                )
        for key, param in params.items():
            param.data = arrays[key]

    def _named_params(self):
        """Return {"l1/W": Parameter, ...}."""
        params = {}
        self._flatten_params(params)
        return params

    def _flatten_params(self, params_dict, parent_key=""):
        """Add all Parameters to a dict, by their names."""
        for name, owned in self._owned():
            key = f"{parent_key}/{name}" if parent_key else name
            if isinstance(owned, Layer):
                owned._flatten_params(params_dict, key)
            else:
                params_dict[key] = owned


# The package is stricter, because a zip of 1 MB can hold 1 GB of zeros:
# its NpzReader reads dtype and shape first, and unpacks only what fits.
# In the package a layer also keeps its dtype: float64 from the file
# becomes the layer's float32.
def _read_npz(path, keys):
    """Return {key: array} of the file, which must have all keys."""
    with open(path, "rb") as file:
        try:
            with np.load(file, allow_pickle=False) as npz:
                arrays = {key: npz[key] for key in npz.files}
        except Exception as error:  # damage can raise any error
            raise ValueError(
                f"load_weights: {path.name}: {error}; it is not a file "
                "that save_weights wrote, or damaged (see step 53)"
            ) from error
    missing = ", ".join(key for key in keys if key not in arrays)
    if missing:
        raise KeyError(
            f"load_weights: {path.name}: there is no {missing} in it; "
            f"it has {', '.join(arrays)} (see step 53)"
        )
    return arrays


class Linear(Layer, dezero.layers.Linear):
    """The package's Linear, with those methods."""


class Net(Layer):
    """A network that tells the arms of a spiral apart."""

    def __init__(self, hidden_size):
        super().__init__()
        self.l1 = Linear(hidden_size)
        self.l2 = Linear(3)

    def forward(self, x):
        """Return the scores of the three arms."""
        return self.l2(F.tanh(self.l1(x)))


def learn(model, x, t, updates):
    """Update the model from all points at once, so many times."""
    optimizer = Adam(0.05).setup(model)
    for _ in range(updates):
        loss = F.softmax_cross_entropy(model(x), t)
        model.cleargrads()
        loss.backward()
        optimizer.update()


def right(model):
    """Return how many of 300 new points the model gets right."""
    x, t = get_spiral(train=False)
    with no_grad():
        return int((model(x).data.argmax(axis=1) == t).sum())


def start_again(path):
    """Run this file again, with a path; return what it prints."""
    command = [sys.executable, __file__, path]
    return subprocess.check_output(command, text=True).strip()


# A layer of the package can be pickled, for files that only you use,
# and copied by copy.deepcopy. Its Variables come back as leaves,
# without their graph.
class Order:
    """An object without data; reading its pickle calls print."""

    def __reduce__(self):
        return print, ("a pickle was read, and has called print",)


def bad_files(path, x):
    """Write four files beside path that do not fit; return them."""
    names = "cut.npz", "other.npz", "part.npz", "order.npz"
    bad = cut, other, part, order = [path.with_name(n) for n in names]
    cut.write_bytes(path.read_bytes()[:1000])
    narrow = Net(20)
    narrow(x)
    narrow.save_weights(other)
    narrow.l1.save_weights(part)
    np.savez(order, W=np.array(Order(), dtype=object))
    return bad


if __name__ == "__main__":
    if len(sys.argv) > 1:  # this is the restart
        model = Net(100)
        model.load_weights(sys.argv[1])
        print(right(model))
        sys.exit()

    # a Linear draws its first weights from the legacy generator
    np.random.seed(0)  # noqa: NPY002
    x, t = get_spiral()
    model = Net(100)
    print(f"a new network: right {right(model)} of 300 new points")
    learn(model, x, t, updates=200)
    params = model._named_params()
    print(", ".join(f"{key} {p.shape}" for key, p in params.items()))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spiral.npz"
        model.save_weights(path)
        print(f"after learning, and saving: {right(model)}")
        print(f"after a restart, from file: {start_again(path)}")
        for bad in bad_files(path, x):
            try:
                model.load_weights(bad)
            except (ValueError, KeyError) as error:
                said = error.args[0].removeprefix("load_weights: ")
                said = said.partition(";")[0]
                print(textwrap.fill(said, 60))
    pickle.loads(pickle.dumps(Order()))
    print(f"right, after all this:      {right(model)}")
