"""Handwritten digits."""

import math

import numpy as np

from dezero.datasets.cache import _is_plausible
from dezero.datasets.pictures import _TO_UNIT, _Pictures
from dezero.guards import flag
from dezero.utils import get_file


class MNIST(_Pictures):
    """Handwritten digits: 60,000 to learn from, 10,000 to be tested on.

    x (784,) float32 from 0 to 1, t from 0 to 9; with transform=None the picture
    itself, (1, 28, 28) uint8, white on black.

    Fetches 11 MB (test part: 1.6 MB) when it is first asked for. Raises
    utils.DownloadError where that fails; SynthDigits needs no network.
    Source: LeCun, Cortes, Burges, The MNIST database of handwritten digits.
    """

    def __init__(self, train=True, transform=_TO_UNIT, target_transform=None):
        super().__init__(train, transform, target_transform)

    def prepare(self):
        images, labels = self.files(self.train)
        self.data = self._load_data(get_file(images))
        self.label = self._load_label(get_file(labels))
        if len(self.data) != len(self.label):
            raise ValueError(
                f"MNIST: {images} has {len(self.data)} images, but {labels} has "
                f"{len(self.label)} labels"
            )

    @staticmethod
    def files(train=True):
        """Return the names of the files of images and of labels."""
        part = "train" if flag("MNIST.files", "train", train, 51) else "t10k"
        return f"{part}-images-idx3-ubyte.gz", f"{part}-labels-idx1-ubyte.gz"

    def _load_data(self, path):
        images = _read_idx(path, 3)  # (n, H, W)
        return images[:, np.newaxis]  # (n, 1, H, W)

    def _load_label(self, path):
        return _read_idx(path, 1)

    @staticmethod
    def labels():
        """Return {label: name}."""
        return {i: str(i) for i in range(10)}


def _read_idx(path, ndim):
    """Return the bytes in a file of format IDX, packed by gzip, as an array.

    The format: 0, 0, 8 (for bytes), ndim, then ndim lengths of 4 bytes each, the
    most significant first, then the elements.
    """
    import gzip
    import zlib

    try:
        with gzip.open(path) as file:
            head = file.read(4 + 4 * ndim)
            shape = [
                int.from_bytes(head[k : k + 4], "big")
                for k in range(4, 4 + 4 * ndim, 4)
            ]
            size = math.prod(shape)
            right = head[:4] == bytes([0, 0, 8, ndim]) and _is_plausible(path, size)
            values = file.read(size + 1 if right else 0)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(
            f"{path}: not a whole gzip file: {error}; delete it"
        ) from error
    if not right or len(values) != size:
        raise ValueError(
            f"{path}: expected a file of format IDX with {ndim} axes of bytes, got "
            f"{len(head + values):,} bytes or more that begin with {head.hex(' ')}; "
            "delete it"
        )
    # a bytearray, because an array over bytes would be read-only
    return np.frombuffer(bytearray(values), np.uint8).reshape(shape)
