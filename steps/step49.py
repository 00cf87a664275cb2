"""Step 49. Dataset and transforms: pairs that are read when asked for.

The points of a spiral fit into two arrays. Other data come in files
of all kinds, perhaps more of them than memory holds. What does
training need from its data? Only two things:

    len(dataset)  how many items there are
    dataset[i]    (x, t): item i, its label

Any object that answers both is a dataset. The class Dataset does so
for data in arrays: a subclass writes one method, prepare, which
sets data and label. Spiral is such a subclass, three lines long.

Data is rarely kept in the form that a network wants. A picture is
kept as bytes, 0 to 255, and a network learns best from floats
around 0. A function that turns one into the other is called a
transform: we call it with x, and it returns the new x. Compose
calls several transforms, one after the other:

    Compose([ToFloat(), Normalize(mean, std), Flatten()])

    ToFloat    float32: four times the memory
    Normalize  (x - mean) / std, with numbers
               for all, or for each channel
    Flatten    (3, 256, 256) to (196608,)

A transform is applied when the item is asked for, and not before.
So a dataset may read an item from its file at that moment, and keep
no other item in memory. Records does this with 48 pictures, and we
measure how many bytes it holds at most. With 48 million pictures it
would be about the same. Step 50 makes batches of the items.

Letters: C channels (red, green, blue), H height, W width.

Exercise: np.memmap(path, np.uint8, "r") is an array that reads from
its file only the elements you ask for. Write Records with it:
prepare and nothing else. Then write a transform that swaps left and
right, at random, in half of the pictures.

In the package: dezero/datasets/base.py, Dataset;
dezero/transforms.py, Compose, Normalize, Resize and CenterCrop

Output:
    Spiral: 300 items; item 0: [-0.14 -0.01], arm 1
    Records: 48 items; item 13: (3, 256, 256) uint8 3
    channels: mean [ 49.5 124.5 177.5], std [28.9 43.3 45.1]
    in a row: (196608,), mean 0.0 std 1.0
    in the file:  9 MB
    as float32:   38 MB
    held at most: 3 MB
"""

import math
import tempfile
import tracemalloc
from pathlib import Path

import numpy as np

from dezero.datasets import get_spiral


# prepare is the method that a subclass writes.
class Dataset:
    """A row of pairs: dataset[i] is (x, t), len(dataset) how many.

    train             the part to learn from, or the one for tests
    transform         what happens to each x when it is asked for
    target_transform  the same for t
    data, label       arrays or lists, to be set by prepare(); t is
                      None without label
    """

    def __init__(
        self, train=True, transform=None, target_transform=None
    ):
        self.train = train
        self.transform = Compose() if transform is None else transform
        self.target_transform = (
            Compose() if target_transform is None else target_transform
        )
        self.data = None
        self.label = None
        self.prepare()

    def __getitem__(self, index):
        if not np.isscalar(index):
            raise AssertionError(
                f"{type(self).__name__}: expected one index, an int, "
                f"got {index!r}; step 50 makes batches"
            )
        x = self.transform(self.data[index])
        if self.label is None:
            return x, None
        return x, self.target_transform(self.label[index])

    def __len__(self):
        return len(self.data)


class Spiral(Dataset):
    """The points of get_spiral: x (2,), t the arm, 0 to 2."""

    def prepare(self):
        self.data, self.label = get_spiral(self.train)


# All records in the file have the same length, so Records knows where
# picture number index begins: it reads those bytes and no others. The
# file may be larger than memory.
class Records(Dataset):
    """Pictures in a file: for each a byte t, and its C * H * W bytes.

    Nothing is kept in memory: an item is read when it is asked for.
    """

    def __init__(self, path, shape, transform=None):
        self.path = path
        self.shape = shape
        super().__init__(transform=transform)

    def prepare(self):
        self.length = 1 + math.prod(self.shape)  # bytes of a record

    def __getitem__(self, index):
        if not 0 <= index < len(self):
            raise IndexError(f"Records: no item {index} of {len(self)}")
        with open(self.path, "rb") as file:
            file.seek(index * self.length)
            record = np.fromfile(file, np.uint8, self.length)
        x, t = record[1:].reshape(self.shape), int(record[0])
        return self.transform(x), self.target_transform(t)

    def __len__(self):
        return self.path.stat().st_size // self.length


class Compose:
    """Several transforms in a row; none at all is the identity."""

    def __init__(self, transforms=()):
        self.transforms = list(transforms)

    def __call__(self, x):
        for transform in self.transforms:
            x = transform(x)
        return x


# mean and std may be one number, or one number for each channel: then
# (C,) becomes (C, 1, 1) here, which broadcasts over (C, H, W). A dtype
# of kind "f" is a float; bytes become float32 first.
class Normalize:
    """y = (x - mean) / std, one number for all, or one per channel."""

    def __init__(self, mean=0, std=1):
        self.mean = mean
        self.std = std

    def __call__(self, array):
        if array.dtype.kind != "f":
            array = array.astype(np.float32)
        mean = self._for(array, self.mean)
        return (array - mean) / self._for(array, self.std)

    def _for(self, array, value):
        """Return value so that it broadcasts over (C, H, W)."""
        value = np.asarray(value, array.dtype)
        return value.reshape(value.shape + (1,) * (array.ndim - 1))


class Flatten:
    """Lay an array out in one row: (C, H, W) -> (C * H * W,)."""

    def __call__(self, array):
        return array.flatten()


class AsType:
    """Convert an array to a dtype, float32 by default."""

    def __init__(self, dtype=np.float32):
        self.dtype = dtype

    def __call__(self, array):
        return array.astype(self.dtype)


ToFloat = AsType


# What are mean and std? One pass over the data tells: the sums of x and
# of x**2 are enough, because std**2 is the mean of x**2 minus the
# square of the mean of x.
def measure(dataset):
    """Return mean and std of each channel, (C,), in one pass."""
    n, total, squares = 0, 0.0, 0.0
    for x, _ in dataset:  # (C, H, W)
        n += x[0].size
        total = total + x.sum(axis=(1, 2), dtype=float)
        squares = squares + (x * x).sum(axis=(1, 2), dtype=float)
    mean = total / n
    return mean, np.sqrt(squares / n - mean**2)


def held_at_most(dataset):
    """Go through all items; return the most bytes held on the way."""
    tracemalloc.start()
    for _ in dataset:
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


if __name__ == "__main__":
    spiral = Spiral()
    x, t = spiral[0]
    print(f"Spiral: {len(spiral)} items; item 0: {x.round(2)}, arm {t}")

    rng = np.random.default_rng(0)
    C, H, W = shape = 3, 256, 256
    low, high = [[0], [50], [100]], [[100], [200], [256]]  # of C
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pictures.bin"
        with open(path, "wb") as file:
            for i in range(48):
                x = rng.integers(low, high, (C, H * W), np.uint8)
                file.write(bytes([i % 10]) + x.tobytes())
        raw = Records(path, shape)
        x, t = raw[13]
        print(
            f"Records: {len(raw)} items; item 13:", x.shape, x.dtype, t
        )

        mean, std = measure(Records(path, shape, ToFloat()))
        print(f"channels: mean {mean.round(1)}, std {std.round(1)}")
        transform = Compose([Normalize(mean, std), Flatten()])
        rows = Records(path, shape, transform)
        x, t = rows[13]
        total = len(rows) * x.nbytes
        print(f"in a row: {x.shape}, mean {abs(x.mean()):.1f}", end=" ")
        print(f"std {x.std():.1f}")
        print(f"in the file:  {path.stat().st_size / 1e6:.0f} MB")
        print(f"as float32:   {total / 1e6:.0f} MB")
        print(f"held at most: {held_at_most(rows) / 1e6:.0f} MB")
