"""CIFAR10 and CIFAR100: photographs of things; and the names of ImageNet's classes."""

import numpy as np

from dezero.datasets.base import Dataset
from dezero.datasets.cache import _cached, _is_plausible
from dezero.datasets.pictures import _TO_BOTH_SIDES, _Pictures
from dezero.utils import get_file


class CIFAR10(_Pictures):
    """Photographs of ten kinds of things: 50,000 to learn from, 10,000 to test on.

    x (3, 32, 32) float32 from -1 to 1, t from 0 to 9; with transform=None the
    picture itself, (3, 32, 32) uint8, red, green, blue.

    Fetches 170 MB when it is first used, and keeps the pictures as .npz. Raises
    utils.DownloadError if the download fails.
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
    """Return the records of length bytes in files of a .tar.gz, as one array.

    Shape: (n, length) uint8, the files in the order of names. They are read inside the
    archive: nothing is unpacked to the disk.
    """
    import gzip
    import tarfile
    import zlib

    found = {}
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:  # in one pass: going back means starting over
                if member.isfile() and member.name in names:
                    if not _is_plausible(path, member.size):
                        raise tarfile.TarError(
                            f"{member.name} claims {member.size:,} bytes"
                        )
                    found[member.name] = archive.extractfile(member).read()
                if len(found) == len(names):
                    break
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(
            f"{path}: not a complete .tar.gz: {error}; delete it"
        ) from error
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
            "ImageNet: its pictures take 150 GB and require registration, so there is "
            "no data here; ImageNet.labels() returns the names of its classes, and "
            "a Dataset of your own can read the pictures (see steps 49 and 58)"
        )

    @staticmethod
    def labels():
        """Return {label: name} of the 1,000 classes, from a file that is fetched.

        Raises utils.DownloadError if that fails.
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
