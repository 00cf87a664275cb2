"""Check of the exercise of step 49: a mapped file, and a transform."""

import tempfile
from pathlib import Path

import numpy as np

from step49 import Dataset

START = '''
import math

import numpy as np

from step49 import Dataset


class Records(Dataset):
    """Pictures in a file: for each a byte t, and its C * H * W bytes.

    data and label are views of np.memmap(path, np.uint8, "r").
    """

    def __init__(self, path, shape, transform=None):
        self.path = path
        self.shape = shape
        super().__init__(transform=transform)

    def prepare(self):
        raise NotImplementedError("your turn")


class Flip:
    """A transform: swap left and right, for half of the pictures."""

    def __init__(self, seed=0):
        self.rng = np.random.default_rng(seed)

    def __call__(self, x):
        raise NotImplementedError("your turn")
'''


def check(mine):
    """Yield (what, expected, got)."""
    rng = np.random.default_rng(0)
    pictures = rng.integers(256, size=(200, 3, 4, 5), dtype=np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pictures.bin"
        rows = [
            bytes([i % 10]) + picture.tobytes()
            for i, picture in enumerate(pictures)
        ]
        path.write_bytes(b"".join(rows))
        records = mine.Records(path, (3, 4, 5))
        yield "how many items", 200, len(records)
        x, t = records[13]
        yield "the picture of item 13", pictures[13], np.array(x)
        yield "its t", 3, int(t)
        kept = mine.Records.__getitem__ is Dataset.__getitem__
        yield "__getitem__ is that of Dataset", True, kept
        mapped = isinstance(records.data.base, np.memmap) or isinstance(
            records.data, np.memmap
        )
        yield "data is a view of the mapped file", True, mapped
        records = x = None  # or Windows keeps the file open
    flip = mine.Flip()
    found = [np.array(flip(x)) for x in pictures]
    kinds = [
        0
        if np.array_equal(y, x)
        else 1
        if np.array_equal(y, x[:, :, ::-1])
        else 2
        for x, y in zip(pictures, found)
    ]
    yield (
        "pictures that are neither as before nor turned",
        0,
        kinds.count(2),
    )
    half = 70 <= kinds.count(1) <= 130
    yield f"{kinds.count(1)} of 200 are turned, 70 to 130", True, half
