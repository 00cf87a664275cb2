"""Answer to the exercise of step 49.

prepare makes two views of the mapped file, and reads nothing.
Dataset does the rest: data[i] and label[i] read the bytes of one
picture. (The label is a NumPy number, not an int.) A random
transform has a generator of its own, so that its results can be
repeated.

Output:
    200 items; item 13: (3, 8, 8), 3 right: True
    flipped: 88 of 200
"""

import math
import tempfile
from pathlib import Path

import numpy as np

from step49 import Dataset


class Records(Dataset):
    """Pictures in a file, seen as an array that reads when asked."""

    def __init__(self, path, shape, transform=None):
        self.path = path
        self.shape = shape
        super().__init__(transform=transform)

    def prepare(self):
        """Set data and label, two views of the file."""
        content = np.memmap(self.path, np.uint8, "r")
        records = content.reshape(-1, 1 + math.prod(self.shape))
        self.data = records[:, 1:].reshape(-1, *self.shape)
        self.label = records[:, 0]


class Flip:
    """Swap left and right, at random, in half of the pictures."""

    def __init__(self, seed=0):
        self.rng = np.random.default_rng(seed)

    def __call__(self, x):
        return x[..., ::-1] if self.rng.random() < 0.5 else x


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    pictures = rng.integers(256, size=(200, 3, 8, 8), dtype=np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pictures.bin"
        with open(path, "wb") as file:
            for i, picture in enumerate(pictures):
                file.write(bytes([i % 10]) + picture.tobytes())
        records = Records(path, (3, 8, 8))
        x, t = records[13]
        same = np.array_equal(x, pictures[13])
        print(f"{len(records)} items; item 13: {x.shape}, {t}", end=" ")
        print(f"right: {same}")
        flipped = Records(path, (3, 8, 8), Flip())
        turned = [
            not np.array_equal(x, picture)
            for (x, _), picture in zip(flipped, pictures)
        ]
        print(f"flipped: {sum(turned)} of {len(turned)}")
        del records, flipped, x  # or Windows keeps the file open
