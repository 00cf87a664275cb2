"""Handwritten digits, and generated ones to use where there are none.

MNIST is fetched, SynthDigits is generated; get_digits() returns the best at hand.
"""

import copy
import math
import os

import numpy as np

from dezero import utils
from dezero.datasets.cache import _cached, _is_plausible
from dezero.datasets.pictures import _TO_UNIT, _Pictures
from dezero.guards import flag, whole
from dezero.utils import get_file


class MNIST(_Pictures):
    """Handwritten digits: 60,000 to learn from, 10,000 to test on.

    x (784,) float32 from 0 to 1, t from 0 to 9; with transform=None the picture
    itself, (1, 28, 28) uint8, white on black.

    Fetches 11 MB (test part: 1.6 MB) when it is first used. Raises
    utils.DownloadError if that fails; SynthDigits needs no network.
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
    """Return the bytes in a gzipped file of the IDX format as an array.

    The format: 0, 0, 8 (for bytes), ndim, then ndim lengths of 4 bytes each, the
    most significant byte first, then the elements.
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
            f"{path}: not a complete gzip file: {error}; delete it"
        ) from error
    if not right or len(values) != size:
        raise ValueError(
            f"{path}: expected a file in IDX format with {ndim} axes of bytes, got at "
            f"least {len(head + values):,} bytes that begin with {head.hex(' ')}; "
            "delete it"
        )
    # a bytearray, because an array over bytes would be read-only
    return np.frombuffer(bytearray(values), np.uint8).reshape(shape)


class SynthDigits(_Pictures):
    """Generated digits, in place of MNIST: 8,000 to learn from, 2,000 to test on.

    They are not handwritten: they are printed digits from 18 of matplotlib's fonts,
    each shifted, turned, scaled and made noisy at random. Items are like those of
    MNIST: x (784,) float32 from 0 to 1, t from 0 to 9.

    The same seed gives the same pictures every time. Drawing them takes seconds, so
    they are kept as .npz. A network with a hidden layer of 100 gets 93 % of the test
    part right after one epoch, and 98 % after four.
    """

    def __init__(
        self, train=True, transform=_TO_UNIT, target_transform=None, seed: int = 0
    ):
        self.seed = whole(type(self).__name__, "seed", seed, 51, least=0)
        super().__init__(train, transform, target_transform)

    def __repr__(self):
        return super().__repr__().replace("items", "generated pictures")

    def prepare(self):
        name = f"synthdigits-1-seed{self.seed}"  # 1: the version of the drawing
        self.data, self.label = _cached(name, self.train, self._draw)

    def _draw(self):
        rng = np.random.default_rng([self.seed, int(self.train)])
        n = 8000 if self.train else 2000
        label = rng.permutation(np.arange(n) % 10).astype(np.uint8)
        return _draw_digits(label, rng), label

    labels = staticmethod(MNIST.labels)


_FONTS = """
DejaVuSans DejaVuSans-Bold DejaVuSans-Oblique DejaVuSans-BoldOblique DejaVuSansMono
DejaVuSansMono-Bold DejaVuSansMono-Oblique DejaVuSerif DejaVuSerif-Bold
DejaVuSerif-Italic DejaVuSerif-BoldItalic STIXGeneralItalic STIXGeneralBol
STIXGeneralBolIta cmb10 cmr10 cmss10 cmtt10
"""  # all of them the same files in matplotlib 3.10 and 3.11


def _draw_digits(label, rng):
    """Return pictures (n, 1, 28, 28) uint8 of the digits in label (n,)."""
    prints = _print_digits()
    font = rng.integers(len(prints), size=len(label))
    parts = [  # 500 at a time need little memory
        _vary(prints[font[i : i + 500], label[i : i + 500]], rng)
        for i in range(0, len(label), 500)
    ]
    return np.concatenate(parts)[:, np.newaxis]


def _print_digits():
    """Return every font's digits, 20 pixels high, as (fonts, 10, 28, 28) in 0..1."""
    import matplotlib
    from PIL import Image, ImageDraw, ImageFont

    folder = os.path.join(matplotlib.get_data_path(), "fonts", "ttf")
    names = _FONTS.split()
    prints = np.zeros((len(names), 10, 28, 28), np.float32)
    for i, name in enumerate(names):
        path = os.path.join(folder, f"{name}.ttf")
        if not os.path.exists(path):
            raise FileNotFoundError(
                f"SynthDigits: matplotlib's own font {path} is missing; "
                "pip install --force-reinstall matplotlib"
            )
        font = ImageFont.truetype(path, 80, layout_engine=ImageFont.Layout.BASIC)
        for digit in range(10):
            img = Image.new("L", (160, 160))
            ImageDraw.Draw(img).text((40, 20), str(digit), fill=255, font=font)
            img = img.crop(img.getbbox())  # nothing but the digit
            width = round(20 * img.width / img.height)
            img = img.resize((width, 20), Image.Resampling.BOX)
            left = (28 - width) // 2
            prints[i, digit, 4:24, left : left + width] = np.asarray(img) / 255
    return prints


def _vary(prints, rng):
    """Return pictures (n, 28, 28) uint8: prints, each varied at random.

    The pixel (x, y) of the result has the value of the print at (u, v), which is (x, y)
    shifted, turned and scaled back. This point lies between four pixels of the print,
    so their values are interpolated.
    """
    n = len(prints)

    def chance(low, high):
        return rng.uniform(low, high, (n, 1, 1)).astype(np.float32)

    y, x = np.mgrid[:28, :28].astype(np.float32) - 13.5  # from the middle
    x, y = x - chance(-1.5, 1.5), y - chance(-1.5, 1.5)  # (n, 28, 28)
    angle = chance(-0.25, 0.25)  # 14 degrees either way
    cos, sin = np.cos(angle), np.sin(angle)
    u = (cos * x + sin * y) / chance(0.8, 1.1) + 13.5
    v = (cos * y - sin * x) / chance(0.8, 1.1) + 13.5
    u, v = u.clip(0, 26.99), v.clip(0, 26.99)  # the margin is black all round
    i, j = v.astype(int), u.astype(int)
    v, u = v - i.astype(np.float32), u - j.astype(np.float32)  # in 0..1
    at = np.arange(n)[:, np.newaxis, np.newaxis]
    top = (1 - u) * prints[at, i, j] + u * prints[at, i, j + 1]
    low = (1 - u) * prints[at, i + 1, j] + u * prints[at, i + 1, j + 1]
    picture = ((1 - v) * top + v * low) * chance(0.6, 1.0)
    noise = rng.standard_normal(picture.shape, dtype=np.float32)
    picture += chance(0.0, 0.2) * noise
    return (picture.clip(0, 1) * 255).astype(np.uint8)


def get_digits(download=False):
    """Return (train_set, test_set, name): the best digits at hand.

    It tries, in this order, with the name that it returns:

    MNIST                    60,000 and 10,000 handwritten digits, if they are in the
                             folder utils.cache_dir
    MNIST's test images      8,000 and 2,000 of the 10,000 test images, if only these
                             are there
    SynthDigits (generated)  8,000 and 2,000

    download=True fetches MNIST first, 11 MB, and prints why if that fails.
    """
    if flag("get_digits", "download", download, 51):
        try:
            return MNIST(train=True), MNIST(train=False), "MNIST"
        except utils.DownloadError as error:
            print(error)
    train, test = (
        all(utils.find_file(name) for name in MNIST.files(part))
        for part in (True, False)
    )
    if train and test:
        return MNIST(train=True), MNIST(train=False), "MNIST"
    if test:
        images = MNIST(train=False)
        parts = _part(images, 0, 8000), _part(images, 8000, 10000)
        parts[0].train = True
        return *parts, "MNIST's test images"
    parts = SynthDigits(train=True), SynthDigits(train=False)
    return *parts, "SynthDigits (generated)"


def _part(dataset, start, stop):
    """Return a copy of dataset that has only the items from start to stop."""
    part = copy.copy(dataset)
    part.data, part.label = dataset.data[start:stop], dataset.label[start:stop]
    part.transform = copy.deepcopy(dataset.transform)
    return part
