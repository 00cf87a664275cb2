"""Data to learn from: everything here is a Dataset, a row of pairs (x, t).

    train_set, test_set = datasets.MNIST(train=True), datasets.MNIST(train=False)
    x, t = train_set[0]  # x (784,) float32 from 0 to 1, t a label from 0 to 9

Drawn here and now: Spiral, SinCurve, SynthDigits. Fetched once into the folder
utils.cache_dir, or put there by hand: MNIST, CIFAR10, CIFAR100, Shakespear, and the
names of ImageNet's classes. What was fetched is read as numbers and text, it is
never run.

get_digits() gives real handwritten digits where they are at hand, and otherwise
generated ones.

Letters: n items, C channels, H height, W width.
"""

import copy
import math
import operator
import os

import numpy as np

from dezero import utils
from dezero.files import NpzReader, replacing
from dezero.guards import check_callable, file_name_below, flag, shown, whole
from dezero.transforms import Compose, Flatten, Normalize, ToFloat
from dezero.utils import get_file


class Dataset:
    """A row of pairs: dataset[i] is (x, t), len(dataset) how many there are.

    train             which part: the one to learn from, or the one to be tested on
    transform         what happens to each x when it is asked for; None: nothing
    target_transform  the same for t
    data, label       arrays or lists, to be set by prepare(); t is None without label

    Data too large to be held is read item by item: a subclass then defines
    __getitem__ and __len__ itself (see step 49).

    >>> class Squares(Dataset):
    ...     def prepare(self):
    ...         self.data = np.arange(10)
    ...         self.label = self.data**2
    >>> x, t = Squares()[3]
    >>> print(x, t)
    3 9
    """

    def __init__(self, train=True, transform=None, target_transform=None):
        who = type(self).__name__
        self.train = flag(who, "train", train, 49)
        self.transform = Compose() if transform is None else transform
        self.target_transform = (
            Compose() if target_transform is None else target_transform
        )
        for function in self.transform, self.target_transform:
            check_callable(who, function, 49)
        self.data = None
        self.label = None
        self.prepare()
        if self.data is not None:
            self._check_prepared()

    def __getitem__(self, index):
        if not np.isscalar(index):
            raise AssertionError(
                f"{type(self).__name__}: expected one index, an int, got {index!r}; "
                "a DataLoader delivers many items at once (see step 50)"
            )
        self._check_prepared()
        try:
            index = operator.index(index)
        except TypeError:
            raise TypeError(
                f"{type(self).__name__}: expected one index, an int, got "
                f"{shown(index)} (see step 49)"
            ) from None
        if not -len(self.data) <= index < len(self.data):
            raise IndexError(  # where a `for` over the dataset ends
                f"{type(self).__name__}: there is no item {index} of {len(self.data)} "
                "(see step 49)"
            )
        x = self.transform(self.data[index])
        if self.label is None:
            return x, None
        return x, self.target_transform(self.label[index])

    def __len__(self):
        self._check_prepared()
        return len(self.data)

    def __repr__(self):
        count = "" if self.data is None else f": {len(self.data):,} items"
        return f"<{type(self).__name__}, {'train' if self.train else 'test'}{count}>"

    def prepare(self):
        """Set self.data and self.label; called once, at the end of __init__."""

    def _check_prepared(self):
        if self.data is None:
            raise TypeError(
                f"{type(self).__name__}: there is no data; prepare() is to set "
                "self.data, or the class to define __getitem__ and __len__ "
                "(see step 49)"
            )
        for name, values in ("data", self.data), ("label", self.label):
            if values is not None and not hasattr(values, "__len__"):
                raise TypeError(
                    f"{type(self).__name__}: {name} must be an array or a list, got "
                    f"{shown(values)} (see step 49)"
                )
        if self.label is not None and len(self.data) != len(self.label):
            raise ValueError(
                f"{type(self).__name__}: expected a label for each item, got "
                f"{len(self.data)} items and {len(self.label)} labels (see step 49)"
            )


# --- small sets ---------------------------------------------------------------


def get_spiral(train=True):
    """Return x (300, 2) float32 and t (300,) int: three arms of a spiral, shuffled.

    Arm j, point i of 100: radius i / 100, angle 4 j + 4 i / 100 and a little noise.
    The same points on every call; train=False gives others of the same kind.
    """
    train = flag("get_spiral", "train", train, 48)
    # The points that DeZero's programs know come from the legacy generator.
    rng = np.random.RandomState(1984 if train else 2020)
    t = np.repeat(np.arange(3), 100)
    radius = np.tile(np.arange(100) / 100, 3)
    theta = t * 4.0 + 4.0 * radius + rng.randn(300) * 0.2
    x = np.stack([radius * np.sin(theta), radius * np.cos(theta)], axis=1)
    order = rng.permutation(300)
    return x.astype(np.float32)[order], t[order]


class Spiral(Dataset):
    """The points of get_spiral: x (2,), t the arm, 0 to 2."""

    def prepare(self):
        self.data, self.label = get_spiral(self.train)


class SinCurve(Dataset):
    """A wave to be continued: x is a point of it (1,), t the next one (1,).

    train: a sine with noise; test: a cosine. One period in 1,000 points, so 999
    pairs. The noise is drawn from NumPy's global generator, in both cases.
    """

    def prepare(self):
        x = np.linspace(0, 2 * np.pi, 1000)
        noise = np.random.uniform(-0.05, 0.05, size=x.shape)  # noqa: NPY002
        y = (np.sin(x) + noise if self.train else np.cos(x))[:, np.newaxis]
        self.data, self.label = y[:-1], y[1:]


class Shakespear(Dataset):
    """A megabyte of Shakespeare as numbers: x a character, t the one after it.

    char_to_id, id_to_char translate; characters are numbered as they first appear.
    """

    def prepare(self):
        path = get_file("shakespear.txt")
        try:
            with open(path, encoding="utf-8", newline="") as file:
                text = file.read()
        except UnicodeDecodeError as error:
            raise ValueError(f"{path}: not a text: {error}; delete it") from error
        if len(text) < 2:
            raise ValueError(f"{path}: expected a text, got {text!r}; delete it")
        characters = dict.fromkeys(text)  # each once, in order of appearance
        self.char_to_id = {char: i for i, char in enumerate(characters)}
        self.id_to_char = dict(enumerate(characters))
        ids = np.array([self.char_to_id[char] for char in text])
        self.data, self.label = ids[:-1], ids[1:]


# --- pictures -----------------------------------------------------------------

# Defaults; every dataset gets a copy, which can be changed for it alone.
_TO_UNIT = Compose([Flatten(), ToFloat(), Normalize(0.0, 255.0)])  # (784,) in 0..1
_TO_BOTH_SIDES = Compose([ToFloat(), Normalize(mean=0.5, std=0.5)])


class _Pictures(Dataset):
    """What datasets of pictures share; data is (n, C, H, W) uint8."""

    def __init__(self, train, transform, target_transform):
        if transform is _TO_UNIT or transform is _TO_BOTH_SIDES:
            transform = copy.deepcopy(transform)
        super().__init__(train, transform, target_transform)

    def show(self, row=10, col=10, to_file=None):
        """Draw row x col random pictures, and return the figure of matplotlib.

        to_file names a picture to write. Without it a window opens, if there is a
        screen; a notebook shows what is returned.
        """
        import matplotlib.pyplot as plt

        who = f"{type(self).__name__}.show"
        row, col = whole(who, "row", row, 51), whole(who, "col", col, 51)
        n, C, H, W = self.data.shape
        # from the global generator, like the order of a DataLoader
        picks = np.random.randint(0, n, size=row * col)  # noqa: NPY002
        tiles = self.data[picks].reshape(row, col, C, H, W)
        grid = tiles.transpose(0, 3, 1, 4, 2).reshape(row * H, col * W, C)
        fig = plt.figure(figsize=(col * W / 50, row * H / 50))
        ax = fig.add_axes((0, 0, 1, 1))
        ax.imshow(grid if C == 3 else grid[:, :, 0], cmap="gray")
        ax.axis("off")
        if to_file is not None:
            fig.savefig(to_file)
        elif fig.canvas.required_interactive_framework:  # None: there is no screen
            plt.show()
        plt.close(fig)
        return fig


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


def _is_plausible(path, size):
    """Return False if size bytes are too many to come out of the packed file at path.

    A megabyte of gzip or zip can hold a gigabyte of zeros. Real pictures become a fifth
    at best, so what a header announces is judged before there is memory for it.
    """
    return size <= 50 * os.path.getsize(path) + 2**26


class CIFAR10(_Pictures):
    """Photographs of ten kinds of things: 50,000 to learn from, 10,000 for the test.

    x (3, 32, 32) float32 from -1 to 1, t from 0 to 9; with transform=None the
    picture itself, (3, 32, 32) uint8, red, green, blue.

    Fetches 170 MB when it is first asked for, and keeps what it read from it as
    .npz. Raises utils.DownloadError where that fails.
    Source: Krizhevsky, Learning multiple layers of features from tiny images, 2009.
    """

    archive = "cifar-10-binary.tar.gz"
    label_bytes = 1  # before the pixels of each picture

    def __init__(self, train=True, transform=_TO_BOTH_SIDES, target_transform=None):
        super().__init__(train, transform, target_transform)

    def prepare(self):
        self.data, self.label = _cached(self._cache_name(), self.train, self._read)

    def _cache_name(self):
        return self.archive

    def _files(self):
        """Return the names of the files in the archive that make up this part."""
        batches = [f"data_batch_{i}" for i in range(1, 6)]
        batches = batches if self.train else ["test_batch"]
        return [f"cifar-10-batches-bin/{name}.bin" for name in batches]

    def _read(self):
        size = self.label_bytes + 3 * 32 * 32
        records = _read_records(get_file(self.archive), self._files(), size)
        return self._load_data(records), self._load_label(records)

    def _load_data(self, records):
        return records[:, self.label_bytes :].reshape(-1, 3, 32, 32)

    def _load_label(self, records):
        return records[:, 0].astype(int)

    @staticmethod
    def labels():
        """Return {label: name}."""
        return dict(enumerate(_CIFAR10_NAMES.split()))


class CIFAR100(CIFAR10):
    """Photographs of a hundred kinds of things, in twenty groups; see CIFAR10.

    label_type: 'fine' for the kind, t from 0 to 99, or 'coarse' for the group.
    """

    archive = "cifar-100-binary.tar.gz"
    label_bytes = 2  # the group, the kind

    def __init__(
        self,
        train=True,
        transform=_TO_BOTH_SIDES,
        target_transform=None,
        label_type="fine",
    ):
        _check_label_type(label_type)
        self.label_type = label_type
        super().__init__(train, transform, target_transform)

    def _cache_name(self):
        return f"{self.archive}.{self.label_type}"

    def _files(self):
        return [f"cifar-100-binary/{'train' if self.train else 'test'}.bin"]

    def _load_label(self, records):
        column = 1 if self.label_type == "fine" else 0
        return records[:, column].astype(int)

    @staticmethod
    def labels(label_type="fine"):
        """Return {label: name}."""
        _check_label_type(label_type)
        names = _FINE_NAMES if label_type == "fine" else _COARSE_NAMES
        return dict(enumerate(names.split()))


def _check_label_type(label_type):
    if not isinstance(label_type, str) or label_type not in ("fine", "coarse"):
        raise AssertionError(
            f"CIFAR100: label_type must be 'fine' or 'coarse', got {label_type!r}"
        )


def _read_records(path, names, length):
    """Return files of a .tar.gz, made up of records of length bytes, as one array.

    Shape: (n, length) uint8, the files in the order of names. They are read where
    they are: nothing in the archive is written to the disk.
    """
    import gzip
    import tarfile
    import zlib

    found = {}
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:  # in one pass: to go back is to begin again
                if member.isfile() and member.name in names:
                    if not _is_plausible(path, member.size):
                        raise tarfile.TarError(f"{member.size:,} bytes announced")
                    found[member.name] = archive.extractfile(member).read()
                if len(found) == len(names):
                    break
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path}: not a whole .tar.gz: {error}; delete it") from error
    for name in names:
        size = len(found.get(name, b""))
        if size == 0 or size % length != 0:
            raise ValueError(
                f"{path}: expected {name} with records of {length} bytes, "
                f"got {size:,} bytes; delete the archive"
            )
    records = np.concatenate([np.frombuffer(found[name], np.uint8) for name in names])
    return records.reshape(-1, length)


_CIFAR10_NAMES = "airplane automobile bird cat deer dog frog horse ship truck"
_COARSE_NAMES = """
aquatic_mammals fish flowers food_containers fruit_and_vegetables
household_electrical_devices household_furniture insects large_carnivores
large_man-made_outdoor_things large_natural_outdoor_scenes
large_omnivores_and_herbivores medium_mammals non-insect_invertebrates people
reptiles small_mammals trees vehicles_1 vehicles_2
"""
_FINE_NAMES = """
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge
bus butterfly camel can castle caterpillar cattle chair chimpanzee clock cloud
cockroach couch crab crocodile cup dinosaur dolphin elephant flatfish forest fox
girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man
maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree
pear pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray
road rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel
streetcar sunflower sweet_pepper table tank telephone television tiger tractor train
trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""


class ImageNet(Dataset):
    """Only the names of its 1,000 classes: ImageNet.labels()."""

    def __init__(self, *args, **kwargs):
        raise NotImplementedError(
            "ImageNet: its pictures are 150 GB and need a registration, so there is "
            "no data here; ImageNet.labels() gives the names of its classes, and "
            "a Dataset of your own can read the pictures (see steps 49 and 58)"
        )

    @staticmethod
    def labels():
        """Return {label: name} of the 1,000 classes, from a file that is fetched.

        Raises utils.DownloadError where that fails.
        """
        import ast

        path = get_file("imagenet1000_clsidx_to_labels.txt")
        text = "?"
        try:
            with open(path, encoding="utf-8") as file:
                text = file.read()
            return dict(ast.literal_eval(text))  # reads values and runs nothing
        except (ValueError, SyntaxError, TypeError, RecursionError) as error:
            raise ValueError(
                f"{path}: expected a dict {{0: 'name', ...}} as Python writes it, "
                f"got {text[:40]!r}...; delete it"
            ) from error


# --- generated digits ---------------------------------------------------------


class SynthDigits(_Pictures):
    """Generated digits, in place of MNIST: 8,000 to learn from, 2,000 for the test.

    No hand wrote them: they are printed digits from 18 fonts of matplotlib's, each
    shifted, turned, scaled and made noisy by chance. Items are those of MNIST:
    x (784,) float32 from 0 to 1, t from 0 to 9.

    One seed gives the same pictures every time. Drawing them takes seconds, so they
    are kept as .npz. A hidden layer of 100 gets 93 % of the test part right after one
    epoch, and 98 % after four.
    """

    def __init__(
        self, train=True, transform=_TO_UNIT, target_transform=None, seed: int = 0
    ):
        self.seed = whole(type(self).__name__, "seed", seed, 51, least=0)
        super().__init__(train, transform, target_transform)

    def __repr__(self):
        return super().__repr__().replace("items", "generated pictures")

    def prepare(self):
        name = f"synthdigits-1-seed{self.seed}"  # 1: how they are drawn
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
    """Return pictures (n, 28, 28) uint8: prints, each changed in its own way.

    A pixel (x, y) of the result is what the print has at (u, v): shifted, turned
    and scaled back, between four pixels of it in proportion.
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
    """Return (train_set, test_set, name): digits, the most real ones at hand.

    In this order, with the name that is returned:

    MNIST                    60,000 and 10,000 handwritten digits, if they are in the
                             folder utils.cache_dir
    MNIST's test images      8,000 and 2,000 of those 10,000, if only they are there
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


# --- a cache of arrays --------------------------------------------------------


def load_cache_npz(filename, train=False):
    """Return (data, label) as save_cache_npz kept them; (None, None) if not there.

    A file that is damaged counts as not there: what it held can be made again. Raises
    ValueError if it is whole, but another kind of file, or holds data and label of
    different lengths; its headers tell, before anything is unpacked.
    """
    import zipfile
    import zlib

    path = _cache_path("load_cache_npz", filename, train)
    try:
        with open(path, "rb") as file:
            npz = NpzReader(file)
            if "data" not in npz.keys:
                raise ValueError(f"expected data and label, got {npz.keys}")
            headers = [npz.header(key) for key in ("data", "label") if key in npz.keys]
            for shape, dtype in headers:
                if not _is_plausible(path, math.prod(shape) * dtype.itemsize):
                    raise ValueError(f"{shape} {dtype} is too much for its size")
            lengths = {shape[:1] for shape, _ in headers}
            if len(lengths) > 1 or () in lengths:
                raise ValueError(f"of data and label the shapes are {headers}")
            return npz.array("data"), npz.array("label") if len(headers) > 1 else None
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error):
        return None, None
    except (ValueError, NotImplementedError, RuntimeError) as error:
        if "pickle" in str(error):  # it is never read, as it can run anything
            return None, None
        raise ValueError(
            f"{path}: not a cache of data and label: {error}; delete it (see step 51)"
        ) from error


def save_cache_npz(data, label, filename, train=False):
    """Keep data and label, arrays, in the folder utils.cache_dir; return the path.

    label may be None. filename: a name, or a path or address whose last part counts;
    .train.npz or .test.npz is added to it.
    """
    path = _cache_path("save_cache_npz", filename, train)
    arrays = {"data": data} if label is None else {"data": data, "label": label}
    arrays = {name: _as_kept(name, array) for name, array in arrays.items()}
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, **arrays)
    return path


def _as_kept(name, array):
    """Return array as an array that can be kept: of numbers or text."""
    try:
        kept = np.asarray(array.data if hasattr(array, "creator") else array)
    except ValueError:  # lists of different lengths
        kept = np.asarray(None)
    if kept.dtype.hasobject:
        raise TypeError(
            f"save_cache_npz: {name} must be an array of numbers or text, got "
            f"{shown(array)} (see step 51)"
        )
    return kept


def _cache_path(who, filename, train):
    suffix = ".train.npz" if flag(who, "train", train, 51) else ".test.npz"
    if not isinstance(filename, (str, os.PathLike)):
        raise TypeError(
            f"{who}: filename must be a name, got {shown(filename)} (see step 51)"
        )
    name = os.path.basename(filename) + suffix
    return os.path.join(utils.cache_dir, file_name_below(who, name, 51))


def _cached(filename, train, make):
    """Return data and label from the cache, or else those of make(), then cached."""
    data, label = load_cache_npz(filename, train)
    if data is None:
        data, label = make()
        try:
            save_cache_npz(data, label, filename, train)
        except OSError:
            pass  # a folder that nothing can be written to: next time it is made again
    return data, label
