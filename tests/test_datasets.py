"""Datasets: their items, their files, and what a damaged or missing file gets.

Nothing is fetched over the network: files are made up here, put into a cache of the
test's own or served by file://, and the real ones of ../shared/data used if present.
"""

import copy
import gzip
import io
import shutil
import tarfile
import tracemalloc
import urllib.request
import zipfile
from pathlib import Path

import numpy as np
import pytest

from dezero import datasets, utils
from dezero.dataloaders import DataLoader
from dezero.datasets import (
    CIFAR10,
    CIFAR100,
    MNIST,
    Dataset,
    ImageNet,
    Names,
    Shakespear,
    Shakespeare,
    SinCurve,
    Spiral,
    SynthDigits,
    Text,
    get_digits,
    get_spiral,
    load_cache_npz,
    save_cache_npz,
)
from dezero.tokenizers import BPE, Bytes
from dezero.transforms import Compose, Flatten, ToInt
from dezero.utils import Download, DownloadError

# ruff: noqa: NPY002  (some datasets are to draw from NumPy's global generator)

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
real_files = pytest.mark.skipif(not SHARED.exists(), reason="no real files here")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache folder, and nothing but files to fetch from."""
    urlopen = urllib.request.urlopen

    def only_files(url, *args, **kwargs):
        assert url.startswith("file:"), f"a test is not to fetch {url}"
        return urlopen(url, *args, **kwargs)

    monkeypatch.setattr(urllib.request, "urlopen", only_files)
    # without sizes and checksums, which are those of the real files
    table = {name: Download((f"file:///nowhere/{name}",)) for name in utils.DOWNLOADS}
    monkeypatch.setattr(utils, "DOWNLOADS", table)
    folder = tmp_path / "cache"
    folder.mkdir()
    monkeypatch.setenv("DEZERO_CACHE", str(folder))
    return folder


# --- Dataset ---


class Squares(Dataset):
    def prepare(self):
        self.data = np.arange(5)
        self.label = self.data**2 if self.train else None


def test_items():
    data = Squares()
    assert data[3] == (3, 9) and data[-1] == (4, 16) and data[np.int64(2)] == (2, 4)
    assert len(data) == 5
    assert data.train is True


def test_iteration_ends():
    assert list(Squares()) == [(0, 0), (1, 1), (2, 4), (3, 9), (4, 16)]


def test_transforms_are_applied():
    data = Squares(transform=lambda x: -x, target_transform=lambda t: t + 0.5)
    assert data[3] == (-3, 9.5)


def test_missing_transforms_are_the_identity():
    data = Squares()
    x = object()
    assert data.transform(x) is x and data.target_transform(x) is x


def test_without_a_label():
    data = Squares(train=False, target_transform=lambda t: 1 / 0)
    assert data[3] == (3, None) and data.label is None


@pytest.mark.parametrize("index", [slice(0, 2), [1, 2], np.array([1]), (0, 1), None])
def test_one_index_at_a_time(index):
    with pytest.raises(AssertionError, match=r"Squares: expected one index.*step 50"):
        Squares()[index]


def test_base_class_has_no_data():
    data = Dataset()
    assert (data.data, data.label, data.train) == (None, None, True)
    with pytest.raises(TypeError, match=r"Dataset: there is no data; .* prepare\(\)"):
        data[0]
    with pytest.raises(TypeError, match=r"step 49"):
        len(data)


def test_data_that_is_read_item_by_item(tmp_path):
    class Lines(Dataset):
        def __init__(self, path):
            self.path = path
            super().__init__()

        def __len__(self):
            return self.path.stat().st_size // 4

        def __getitem__(self, i):
            with open(self.path, "rb") as file:
                file.seek(4 * i)
                return int(file.read(4)), None

    (tmp_path / "numbers").write_bytes(b"0012003404560078")
    data = Lines(tmp_path / "numbers")
    assert len(data) == 4 and data[2] == (456, None)
    assert repr(data) == "<Lines, train>"


def test_repr():
    assert repr(Squares()) == "<Squares, train: 5 items>"
    assert repr(Squares(train=False)) == "<Squares, test: 5 items>"


# --- spiral ---


@pytest.mark.parametrize("train, seed", [(True, 1984), (False, 2020)])
def test_spiral_bit_for_bit(train, seed):
    """Point by point, as the formula says, from the legacy generator."""
    rng = np.random.RandomState(seed)
    x, t = np.zeros((300, 2), np.float32), np.zeros(300, int)
    for j in range(3):
        for i in range(100):
            r = i / 100
            theta = 4.0 * j + 4.0 * r + 0.2 * rng.randn()
            x[100 * j + i] = r * np.sin(theta), r * np.cos(theta)
            t[100 * j + i] = j
    order = rng.permutation(300)

    points, labels = get_spiral(train)
    assert points.dtype == np.float32 and labels.dtype == int
    np.testing.assert_array_equal(points, x[order])
    np.testing.assert_array_equal(labels, t[order])


def test_spiral_leaves_the_global_generator_alone():
    np.random.seed(0)
    expected = np.random.rand()
    np.random.seed(0)
    get_spiral()
    assert np.random.rand() == expected


def test_spiral_as_a_dataset():
    data, test = Spiral(), Spiral(train=False)
    assert len(data) == len(test) == 300
    assert np.bincount(data.label).tolist() == [100, 100, 100]
    x, t = data[7]
    np.testing.assert_array_equal(x, get_spiral()[0][7])
    assert t == get_spiral()[1][7]
    assert not np.array_equal(data.data, test.data)


# --- sine ---


def test_sine_has_noise_from_the_global_generator():
    angles = np.linspace(0, 2 * np.pi, 1000)
    np.random.seed(0)
    wave = np.sin(angles) + np.random.uniform(-0.05, 0.05, 1000)
    after = np.random.rand()

    np.random.seed(0)
    data = SinCurve()
    assert np.random.rand() == after
    assert len(data) == 999 and data.data.dtype == np.float64
    assert data.data.shape == data.label.shape == (999, 1)
    np.testing.assert_array_equal(data.data[:, 0], wave[:-1])
    np.testing.assert_array_equal(data.label[:, 0], wave[1:])
    x, t = data[4]
    assert x.shape == t.shape == (1,) and t[0] == wave[5]


def test_cosine_has_none_but_draws_it():
    np.random.seed(0)
    np.random.uniform(-0.05, 0.05, 1000)
    after = np.random.rand()
    np.random.seed(0)
    data = SinCurve(train=False)
    assert np.random.rand() == after
    wave = np.cos(np.linspace(0, 2 * np.pi, 1000))
    np.testing.assert_array_equal(data.data[:, 0], wave[:-1])
    np.testing.assert_array_equal(data.label[:, 0], wave[1:])


# --- text ---


def test_text(cache):
    (cache / "shakespear.txt").write_bytes(b"hello\r\nhell")
    data = Shakespear()
    assert data.char_to_id == {"h": 0, "e": 1, "l": 2, "o": 3, "\r": 4, "\n": 5}
    assert data.id_to_char == {i: char for char, i in data.char_to_id.items()}
    assert data.data.tolist() == [0, 1, 2, 2, 3, 4, 5, 0, 1, 2]
    assert data.label.tolist() == [1, 2, 2, 3, 4, 5, 0, 1, 2, 2]
    assert data[0] == (0, 1) and len(data) == 10


@real_files
def test_real_text(cache):
    shutil.copy(SHARED / "tinyshakespeare.txt", cache / "shakespear.txt")
    data = Shakespear()
    assert len(data) == 1_115_393 and len(data.char_to_id) == 65
    assert "".join(data.id_to_char[i] for i in data.data[:14]) == "First Citizen:"
    assert data.data[:5].tolist() == [0, 1, 2, 3, 4]  # in order of first appearance


# --- texts for language models ---


def test_a_text_in_windows():
    train = Text("abcdef\nabc\nxy\n", context=3)
    test = Text("abcdef\nabc\nxy\n", train=False, context=2)
    assert train.text == "abcdef\nabc\n" and test.text == "xy\n"
    assert len(train) == 11 - 3 and len(test) == 1
    assert len(train.tokenizer) == len(test.tokenizer) == 9  # of both parts
    x, t = train[1]
    assert train.tokenizer.decode(x) == "bcd" and train.tokenizer.decode(t) == "cde"
    assert train.ids.shape == (11,) and train.ids.dtype.kind == "i"
    np.testing.assert_array_equal(train[-1][1], train.ids[-3:])
    with pytest.raises(IndexError, match="Text: index 8 is out of range for 8 items"):
        train[8]


def test_a_text_without_lines_is_cut_at_nine_tenths():
    assert Text("abcdefghij" * 2, context=2).text == "abcdefghij" + "abcdefgh"
    assert Text("abcdefghij" * 2, train=False, context=1).text == "ij"


def test_batches_of_windows():
    data = Text("abcdefghijklmnopqrstuvwxyz\n" * 3, Bytes(), context=5)
    batches = data.batches(np.random.default_rng(0), 4)
    again = data.batches(np.random.default_rng(0), 4)
    for _ in range(20):
        x, t = next(batches)
        assert x.shape == t.shape == (4, 5)
        np.testing.assert_array_equal(x[:, 1:], t[:, :-1])
        for mine, same in zip((x, t), next(again)):
            np.testing.assert_array_equal(mine, same)
        for row in x:
            assert bytes(row.tolist()).decode() in data.text
    x[:] = 0  # a copy: the text stays
    assert data.ids.all()


def test_blocks_are_the_text_once():
    data = Text("abcdefghijklmnopqrstuvwxyz" * 2, Bytes(), context=5)
    x, t = data.blocks()
    assert x.shape == t.shape == (9, 5)  # of 46 tokens
    assert data.tokenizer.decode(x.ravel()) == data.text[:45]
    assert data.tokenizer.decode(t.ravel()) == data.text[1:46]


def test_windows_in_a_loader():
    x, t = next(iter(DataLoader(Text("abcdefghijklmn" * 9, context=8), 3)))
    assert x.shape == t.shape == (3, 8)
    np.testing.assert_array_equal(x[:, 1:], t[:, :-1])


@pytest.mark.parametrize(
    "arguments, pattern",
    [
        ({"text": b"abc"}, "Text: expected a text, got"),
        ({"text": ""}, "Text: expected a text, got ''"),
        ({"tokenizer": "bytes"}, "Text: tokenizer must be one of .*, got 'bytes'"),
        ({"tokenizer": BPE}, "Text: tokenizer must be one of .*, got"),
        ({"context": 0}, "Text: context must be .*, got 0"),
        ({"context": 18}, "Text: expected more than context=18 tokens, .* part of 18"),
        ({"train": 3}, "Text: train must be True or False"),
    ],
)
def test_texts_that_cannot_be(arguments, pattern):
    with pytest.raises((TypeError, ValueError), match=pattern):
        Text(**{"text": "abcdefghij" * 2, "context": 2, **arguments})


@pytest.mark.parametrize("made", [None, "abc", [[1, 2]] * 9, [[1], [1, 2]], [1.5] * 9])
def test_a_tokenizer_that_makes_no_ids(made):
    class Odd(Bytes):
        def encode(self, text):
            return made

    match = r"Text: tokenizer.encode must return a list of ints, got .*step 75"
    with pytest.raises(TypeError, match=match):
        Text("abcdefghij" * 2, Odd(), context=2)


def test_batches_that_cannot_be():
    data = Text("abcdefghij" * 2, context=2)
    with pytest.raises(
        TypeError, match=r"Text\.batches: rng must be a generator.*, got 3"
    ):
        data.batches(3, 4)
    with pytest.raises(ValueError, match=r"Text\.batches: N must be"):
        data.batches(np.random.default_rng(0), 0)


def test_the_excerpt_of_shakespeare():
    train, test = Shakespeare(), Shakespeare(train=False)
    text = train.text + test.text
    assert text.isascii() and text.startswith("First Citizen:\n")
    assert 95_000 < len(text) <= 100_000
    assert 0.09 < len(test.text) / len(text) < 0.11
    assert len(train.tokenizer) == len(set(text)) == 61
    assert train[0][0].shape == (64,)
    pieces = Shakespeare(BPE.train(train.text[:5000], 20), context=8)
    assert len(pieces.tokenizer) == 276 and pieces.ids.max() < 276


def test_all_of_shakespeare(cache):
    (cache / "shakespear.txt").write_bytes(b"to be or not to be\n" * 20)
    train = Shakespeare(context=4, whole=True)
    assert len(train.text) == 18 * 19 and train.text[:5] == "to be"
    with pytest.raises(TypeError, match="Shakespeare: whole must be True or False"):
        Shakespeare(whole="all")


def test_all_of_shakespeare_that_is_nowhere(cache, capsys):
    with pytest.raises(DownloadError, match=r"shakespear\.txt"):
        Shakespeare(whole=True)


@real_files
def test_the_excerpt_is_the_beginning_of_the_real_file(cache):
    text = (SHARED / "tinyshakespeare.txt").read_text(encoding="utf-8")
    assert text.startswith(Shakespeare().text + Shakespeare(train=False).text)


def test_first_names():
    train, test = Names(), Names(train=False)
    names = train.text.split() + test.text.split()
    assert len(names) == len(set(names)) == 5163
    assert train.text.endswith("\n") and test.text.endswith("\n")
    assert {"ada", "zulma"} <= set(names) and max(map(len, names)) == 11
    assert len(train.tokenizer) == 27 and train.tokenizer.tokens[0] == "\n"
    # any letter begins a name of the part held out
    assert len({name[0] for name in test.text.split()}) > 20
    assert Names().text == train.text


# --- MNIST ---


def idx(array):
    """Return a file of format IDX of an array of bytes, packed."""
    head = bytes([0, 0, 8, array.ndim])
    head += b"".join(n.to_bytes(4, "big") for n in array.shape)
    return gzip.compress(head + array.astype(np.uint8).tobytes())


def put_mnist(folder, n, part="train"):
    images = np.arange(n * 784).reshape(n, 28, 28) % 251
    labels = np.arange(n) % 10
    (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(idx(images))
    (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(idx(labels))
    return images.astype(np.uint8), labels.astype(np.uint8)


def test_mnist_as_in_the_files(cache):
    images, labels = put_mnist(cache, 7)
    tests, _ = put_mnist(cache, 3, "t10k")
    data = MNIST()
    assert data.data.shape == (7, 1, 28, 28) and data.data.dtype == np.uint8
    assert data.label.shape == (7,) and data.label.dtype == np.uint8
    np.testing.assert_array_equal(data.data[:, 0], images)
    np.testing.assert_array_equal(data.label, labels)
    np.testing.assert_array_equal(MNIST(train=False).data[:, 0], tests)


def test_mnist_items(cache):
    images, _ = put_mnist(cache, 3)
    x, t = MNIST()[2]
    assert x.shape == (784,) and x.dtype == np.float32 and t == 2
    np.testing.assert_array_equal(x, images[2].ravel().astype(np.float32) / 255)
    raw, _ = MNIST(transform=None)[2]
    assert raw.shape == (1, 28, 28) and raw.dtype == np.uint8
    own, _ = MNIST(transform=lambda x: x.sum(), target_transform=None)[2]
    assert own == images[2].sum()


def test_mnist_can_be_written_to(cache):
    put_mnist(cache, 3)
    data = MNIST()
    data.data[0] = 255
    data.label[0] = 9
    assert data[0][0].min() == 1 and data[0][1] == 9


def test_mnist_names():
    assert MNIST.labels() == {i: str(i) for i in range(10)}


def test_mnist_from_a_mirror(cache, tmp_path):
    (tmp_path / "mirror").mkdir()
    images, _ = put_mnist(tmp_path / "mirror", 4)
    for name in MNIST.files():
        there = (tmp_path / "mirror" / name).as_uri()
        utils.DOWNLOADS[name] = Download((f"file:///nowhere/{name}", there))
    np.testing.assert_array_equal(MNIST().data[:, 0], images)
    assert sorted(path.name for path in cache.iterdir()) == sorted(MNIST.files())


def test_mnist_that_cannot_be_had(cache):
    with pytest.raises(DownloadError, match=r"put the file train-images-idx3-ubyte.gz"):
        MNIST()
    assert not list(cache.iterdir())


@pytest.mark.parametrize(
    "content, pattern",
    [
        (b"no gzip at all", "not a complete gzip file"),
        (idx(np.zeros((3, 28, 28)))[:-20], "not a complete gzip file"),
        (idx(np.zeros((3, 28, 28)))[:-4] + b"\0\0\0\0", "not a complete gzip file"),
        (gzip.compress(b""), "IDX format with 3 axes of bytes, got at least 0 bytes"),
        (gzip.compress(b"\0\0\x08"), "that begin with 00 00 08"),
        (idx(np.zeros(3)), "IDX format with 3 axes"),  # labels
        (gzip.compress(bytes([0, 0, 9, 3]) + bytes(12)), "that begin with 00 00 09 03"),
        (gzip.compress(gzip.decompress(idx(np.zeros((1, 2, 2)))) + b"x"), "21 bytes"),
        (gzip.compress(bytes([0, 0, 8, 3]) + b"\xff" * 12), "got at least 16 bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "file",
)
def test_damaged_images(cache, content, pattern):
    put_mnist(cache, 3)
    (cache / "train-images-idx3-ubyte.gz").write_bytes(content)
    with pytest.raises(ValueError, match=f"train-images-idx3-ubyte.gz: .*{pattern}"):
        MNIST()


def test_images_and_labels_of_different_number(cache):
    put_mnist(cache, 3)
    (cache / "train-labels-idx1-ubyte.gz").write_bytes(idx(np.zeros(4)))
    with pytest.raises(ValueError, match="3 images, but .* has 4 labels"):
        MNIST()


@real_files
def test_real_mnist(cache):
    for name in MNIST.files(train=False):
        shutil.copy(SHARED / name, cache)
    data = MNIST(train=False)
    assert data.data.shape == (10000, 1, 28, 28)
    assert data.label[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert np.bincount(data.label).tolist() == [
        *(980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)
    ]
    x, t = data[0]
    assert 0.9 < x.max() <= 1 and 0.03 < x.mean() < 0.3 and t == 7


# --- CIFAR ---


def tar(files):
    """Return a .tar.gz of {name: content}; None stands for a link to /etc/passwd."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            if content is None:
                member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
                archive.addfile(member)
            else:
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def pixel_records(labels, seed):
    """Return records of label bytes and 3,072 pixels, and the pixels."""
    labels = np.array(labels, np.uint8).reshape(len(labels), -1)
    rng = np.random.default_rng(seed)
    pixels = rng.integers(256, size=(len(labels), 3072)).astype(np.uint8)
    return np.hstack([labels, pixels]).tobytes(), pixels.reshape(-1, 3, 32, 32)


@pytest.fixture
def cifar10(cache):
    """An archive with batches in another order, and things that lure; the pixels."""
    made = {i: pixel_records([i, 9 - i], seed=i) for i in range(6)}  # 0: the test
    folder = "cifar-10-batches-bin"
    files = {f"{folder}/data_batch_{i}.bin": made[i][0] for i in (3, 1, 5, 2, 4)}
    files = {
        "../evil.bin": b"outside",
        "/tmp/dezero-evil.bin": b"outside",
        f"{folder}/batches.meta.txt": b"airplane\n",
        f"{folder}/link.bin": None,
        **files,
        f"{folder}/test_batch.bin": made[0][0],
    }
    (cache / "cifar-10-binary.tar.gz").write_bytes(tar(files))
    return {i: pixels for i, (_, pixels) in made.items()}


def test_cifar10(cifar10, cache):
    data = CIFAR10()
    assert data.data.shape == (10, 3, 32, 32) and data.data.dtype == np.uint8
    assert data.label.tolist() == [1, 8, 2, 7, 3, 6, 4, 5, 5, 4]
    assert data.label.dtype == int
    expected = np.concatenate([cifar10[i] for i in range(1, 6)])
    np.testing.assert_array_equal(data.data, expected)
    test = CIFAR10(train=False)
    np.testing.assert_array_equal(test.data, cifar10[0])
    assert test.label.tolist() == [0, 9]


def test_cifar10_items(cifar10):
    x, t = CIFAR10(train=False)[1]
    assert x.shape == (3, 32, 32) and x.dtype == np.float32 and t == 9
    np.testing.assert_array_equal(x, (cifar10[0][1].astype(np.float32) - 0.5) / 0.5)


def test_cifar10_writes_only_its_cache(cifar10, cache, tmp_path):
    CIFAR10(), CIFAR10(train=False)
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]
    assert sorted(path.name for path in cache.iterdir()) == [
        "cifar-10-binary.tar.gz",
        "cifar-10-binary.tar.gz.test.npz",
        "cifar-10-binary.tar.gz.train.npz",
    ]
    assert not Path("/tmp/dezero-evil.bin").exists()


def test_cifar10_is_read_from_its_cache(cifar10, cache):
    first = CIFAR10()
    (cache / "cifar-10-binary.tar.gz").unlink()
    again = CIFAR10()
    np.testing.assert_array_equal(again.data, first.data)
    np.testing.assert_array_equal(again.label, first.label)
    for data in first, again:
        assert data.data.dtype == np.uint8 and data.label.dtype == int
        data.data[0] = 0


def test_cifar10_with_a_damaged_cache(cifar10, cache):
    first = CIFAR10()
    path = cache / "cifar-10-binary.tar.gz.train.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    np.testing.assert_array_equal(CIFAR10().data, first.data)
    assert path.read_bytes() != content  # made again


@pytest.mark.parametrize(
    "content, pattern",
    [
        (b"no archive", "not a complete .tar.gz"),
        (tar({"a": b"b" * 9999})[:-40], "not a complete .tar.gz"),
        (tar({"a": b"b"}), r"expected .*/test_batch.bin .* 3073 bytes, got 0 bytes"),
        (tar({"cifar-10-batches-bin/test_batch.bin": b"b" * 4000}), "got 4,000 bytes"),
        (tar({"cifar-10-batches-bin/test_batch.bin": None}), "got 0 bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "file",
)
def test_damaged_archive(content, pattern, cache):
    (cache / "cifar-10-binary.tar.gz").write_bytes(content)
    with pytest.raises(ValueError, match=f"cifar-10-binary.tar.gz: .*{pattern}"):
        CIFAR10(train=False)
    assert [path.name for path in cache.iterdir()] == ["cifar-10-binary.tar.gz"]


def put_cifar100(cache):
    train, pixels = pixel_records([[3, 41], [19, 99]], seed=0)
    test, _ = pixel_records([[0, 1]], seed=1)
    files = {"cifar-100-binary/train.bin": train, "cifar-100-binary/test.bin": test}
    (cache / "cifar-100-binary.tar.gz").write_bytes(tar(files))
    return pixels


def test_cifar100_coarse_after_fine(cache):
    pixels = put_cifar100(cache)
    fine, coarse = CIFAR100(), CIFAR100(label_type="coarse")
    assert fine.label.tolist() == [41, 99] and coarse.label.tolist() == [3, 19]
    for data in fine, coarse:
        np.testing.assert_array_equal(data.data, pixels)
        assert data.data.dtype == np.uint8
    (cache / "cifar-100-binary.tar.gz").unlink()
    assert CIFAR100(label_type="coarse").label.tolist() == [3, 19]
    assert CIFAR100(label_type="fine").label.tolist() == [41, 99]


def test_cifar100_test_part(cache):
    put_cifar100(cache)
    assert CIFAR100(train=False).label.tolist() == [1]
    assert isinstance(CIFAR100(train=False), CIFAR10)


def test_names():
    names = CIFAR10.labels()
    assert list(names) == list(range(10))
    assert (names[0], names[3], names[9]) == ("airplane", "cat", "truck")
    fine, coarse = CIFAR100.labels(), CIFAR100.labels("coarse")
    assert list(fine) == list(range(100)) and list(coarse) == list(range(20))
    for found in fine, coarse:  # numbered in alphabetical order
        assert list(found.values()) == sorted(set(found.values()))
    assert (fine[0], fine[50], fine[99]) == ("apple", "mouse", "worm")
    assert (coarse[0], coarse[19]) == ("aquatic_mammals", "vehicles_2")


def test_label_type():
    with pytest.raises(AssertionError, match="'fine' or 'coarse', got 'medium'"):
        CIFAR100(label_type="medium")
    with pytest.raises(AssertionError, match="'fine' or 'coarse', got 'medium'"):
        CIFAR100.labels("medium")


# --- ImageNet ---


def test_imagenet_names(cache):
    path = cache / "imagenet1000_clsidx_to_labels.txt"
    path.write_text("{0: 'tench, Tinca tinca',\n 1: \"a cat's eye\"}", encoding="utf-8")
    assert ImageNet.labels() == {0: "tench, Tinca tinca", 1: "a cat's eye"}


@pytest.mark.parametrize(
    "text", ["print('run')", "{0: open('x')}", "{0: 'cut", "404: Not Found", "{[]: 1}"]
)
def test_imagenet_names_are_not_run(cache, text, capsys):
    (cache / "imagenet1000_clsidx_to_labels.txt").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="expected a dict"):
        ImageNet.labels()
    assert capsys.readouterr().out == ""


def test_imagenet_has_no_data():
    with pytest.raises(NotImplementedError, match=r"ImageNet.labels\(\)"):
        ImageNet()


# --- generated digits ---


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """Both parts, drawn once, and the folder they are cached in."""
    folder = tmp_path_factory.mktemp("digits")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEZERO_CACHE", str(folder))
        return SynthDigits(), SynthDigits(train=False), folder


def test_digits_are_like_mnist(digits, cache):
    put_mnist(cache, 3)
    for data, n in zip(digits, (8000, 2000)):
        assert data.data.shape == (n, 1, 28, 28) and data.data.dtype == np.uint8
        assert data.label.shape == (n,) and data.label.dtype == np.uint8
        assert data.labels() == SynthDigits.labels() == MNIST.labels()
        for own, real in zip(data[0], MNIST()[0]):
            assert own.shape == real.shape and own.dtype == real.dtype
        x, _ = data[0]
        assert x.min() == 0 and 0.5 < x.max() <= 1
        data.data[0] = data.data[0]  # can be written to
    assert data[5][1] == data.label[5]


def test_digits_say_that_they_are_generated(digits):
    assert repr(digits[0]) == "<SynthDigits, train: 8,000 generated pictures>"
    assert repr(digits[1]) == "<SynthDigits, test: 2,000 generated pictures>"
    assert SynthDigits.__doc__.startswith("Generated digits")


def test_every_digit_is_there_as_often_as_any_other(digits):
    assert np.bincount(digits[0].label).tolist() == [800] * 10
    assert np.bincount(digits[1].label).tolist() == [200] * 10
    assert np.unique(digits[0].label[:100]).size == 10  # shuffled


def test_digits_are_neither_trivial_nor_unreadable(digits):
    """Comparing with the mean picture of each digit: between 60 and 90 %."""
    train, test = (data.data.reshape(len(data), -1) / 255 for data in digits[:2])
    means = np.stack([train[digits[0].label == k].mean(axis=0) for k in range(10)])
    distance = (means**2).sum(axis=1) - 2 * test @ means.T
    accuracy = np.mean(distance.argmin(axis=1) == digits[1].label)
    assert 0.6 < accuracy < 0.9
    # nothing is cut off: the outermost pixels hold little but noise
    assert train.reshape(-1, 28, 28)[:, :1].mean() < train.mean() / 3


def test_digits_come_from_the_seed_alone(digits):
    np.random.seed(0)
    expected = np.random.rand()
    np.random.seed(0)
    again = SynthDigits(train=False)  # in another folder: drawn again
    assert np.random.rand() == expected
    np.testing.assert_array_equal(again.data, digits[1].data)
    np.testing.assert_array_equal(again.label, digits[1].label)
    other = SynthDigits(train=False, seed=1)
    assert not np.array_equal(other.data, again.data)
    assert not np.array_equal(other.label, again.label)
    assert not np.array_equal(digits[0].label[:2000], again.label)


def test_digits_are_cached_by_seed(digits, monkeypatch):
    monkeypatch.setenv("DEZERO_CACHE", str(digits[2]))
    monkeypatch.setattr(datasets.digits, "_draw_digits", None)  # no drawing now
    np.testing.assert_array_equal(SynthDigits().data, digits[0].data)
    with pytest.raises(TypeError):
        SynthDigits(seed=1)


def test_digits_are_those_of_the_first_version(digits):
    """Another way of drawing needs another name in the cache: see prepare."""
    train, test, _ = digits
    assert test.label[:8].tolist() == [6, 6, 0, 9, 3, 4, 5, 5]
    np.testing.assert_allclose(train.data.mean(), 34.826, rtol=1e-4)
    np.testing.assert_allclose(test.data.mean(), 35.001, rtol=1e-4)


def test_missing_font(monkeypatch):
    monkeypatch.setattr(datasets.digits, "_FONTS", "NoSuchFont")
    with pytest.raises(FileNotFoundError, match="NoSuchFont.ttf is missing"):
        SynthDigits(train=False)


def test_a_folder_that_cannot_be_written_to(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("DEZERO_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr(SynthDigits, "_draw", lambda self: (np.ones(3), np.zeros(3)))
    assert len(SynthDigits()) == 3


# --- the most real digits at hand ---


@pytest.fixture
def quick_digits(monkeypatch):
    monkeypatch.setattr(SynthDigits, "_draw", lambda self: (np.ones(3), np.zeros(3)))


def kinds(found):
    return [type(data).__name__ for data in found[:2]], [d.train for d in found[:2]]


def test_get_digits_generated(quick_digits):
    found = get_digits()
    assert kinds(found) == (["SynthDigits", "SynthDigits"], [True, False])
    assert found[2] == "SynthDigits (generated)"


def test_get_digits_real(cache):
    put_mnist(cache, 7), put_mnist(cache, 3, "t10k")
    train, test, name = get_digits()
    assert name == "MNIST" and (len(train), len(test)) == (7, 3)
    assert kinds((train, test)) == (["MNIST", "MNIST"], [True, False])


def test_get_digits_with_only_the_test_part(cache):
    images, labels = put_mnist(cache, 10000, "t10k")
    train, test, name = get_digits()
    assert name == "MNIST's test images" and (len(train), len(test)) == (8000, 2000)
    assert kinds((train, test)) == (["MNIST", "MNIST"], [True, False])
    np.testing.assert_array_equal(train.data[:, 0], images[:8000])
    np.testing.assert_array_equal(test.data[:, 0], images[8000:])
    np.testing.assert_array_equal(test.label, labels[8000:])
    assert test[0][0].dtype == np.float32


def test_parts_of_the_test_part_have_transforms_of_their_own(cache):
    put_mnist(cache, 10000, "t10k")
    train, test, _ = get_digits()
    train.transform.transforms.append(ToInt())
    assert test[0][0].dtype == np.float32


def test_get_digits_does_not_take_damaged_files(cache, quick_digits):
    put_mnist(cache, 7), put_mnist(cache, 3, "t10k")
    for name in "train-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz":
        utils.DOWNLOADS[name] = Download((), size=1)
    assert get_digits()[2] == "SynthDigits (generated)"


def test_get_digits_fetched(cache, tmp_path):
    (tmp_path / "mirror").mkdir()
    put_mnist(tmp_path / "mirror", 7), put_mnist(tmp_path / "mirror", 3, "t10k")
    for name in MNIST.files(True) + MNIST.files(False):
        utils.DOWNLOADS[name] = Download(((tmp_path / "mirror" / name).as_uri(),))
    train, test, name = get_digits(download=True)
    assert name == "MNIST" and (len(train), len(test)) == (7, 3)


def test_get_digits_that_cannot_be_fetched(quick_digits, capsys):
    assert get_digits(download=True)[2] == "SynthDigits (generated)"
    assert "put the file train-images-idx3-ubyte.gz" in capsys.readouterr().out


# --- pictures of them ---


class Few(MNIST):
    def prepare(self):
        fill = np.arange(4, dtype=np.uint8)[:, None, None, None]
        self.data = np.zeros((4, 1, 28, 28), np.uint8) + fill
        self.label = np.arange(4)


class FewColours(CIFAR10):
    def prepare(self):
        rng = np.random.default_rng(0)
        self.data = rng.integers(256, size=(4, 3, 32, 32)).astype(np.uint8)
        self.label = np.arange(4)


def test_show_writes_a_picture(tmp_path):
    import matplotlib.pyplot as plt
    from PIL import Image

    figure = Few().show(row=2, col=3, to_file=tmp_path / "a picture.png")
    with Image.open(tmp_path / "a picture.png") as img:
        width, height = img.size
        assert width * 2 == height * 3
        assert len(img.convert("L").getcolors()) > 1
    assert type(figure).__name__ == "Figure"
    assert plt.get_fignums() == []  # nothing is left open, nothing pops up


def test_show_puts_pictures_side_by_side():
    np.random.seed(0)
    picks = np.random.randint(0, 4, size=6)
    np.random.seed(0)
    shown = Few().show(row=2, col=3).axes[0].images[0].get_array()
    assert shown.shape == (56, 84)
    np.testing.assert_array_equal(shown[::28, ::28], picks.reshape(2, 3))
    np.testing.assert_array_equal(shown, np.kron(shown[::28, ::28], np.ones((28, 28))))


def test_show_in_colour():
    data = FewColours()
    np.random.seed(0)
    (pick,) = np.random.randint(0, 4, size=1)
    np.random.seed(0)
    shown = data.show(1, 1).axes[0].images[0].get_array()
    np.testing.assert_array_equal(shown, data.data[pick].transpose(1, 2, 0))


def test_show_is_ten_by_ten_by_default():
    shown = Few().show().axes[0].images[0].get_array()
    assert shown.shape == (280, 280)


def test_show_opens_a_window_only_on_a_screen(monkeypatch, tmp_path):
    import matplotlib.pyplot as plt
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    opened = []
    monkeypatch.setattr(plt, "show", lambda: opened.append(plt.get_fignums()))
    Few().show(1, 1)
    assert opened == []
    monkeypatch.setattr(FigureCanvasAgg, "required_interactive_framework", "screen")
    Few().show(1, 1, to_file=tmp_path / "x.png")
    assert opened == []
    Few().show(1, 1)
    assert len(opened) == 1 and len(opened[0]) == 1
    assert plt.get_fignums() == []


# --- the cache of arrays ---


def test_cache_there_and_back(cache, rng):
    data, label = rng.normal(size=(3, 2)), np.arange(3)
    path = save_cache_npz(data, label, "https://127.0.0.1/a/things.tar.gz", train=True)
    assert Path(path) == cache / "things.tar.gz.train.npz"
    assert [path.name for path in cache.iterdir()] == ["things.tar.gz.train.npz"]
    for name in "things.tar.gz", "another/folder/things.tar.gz":
        for saved, loaded in zip((data, label), load_cache_npz(name, train=True)):
            np.testing.assert_array_equal(loaded, saved)
            assert loaded.dtype == saved.dtype
    assert load_cache_npz("things.tar.gz") == (None, None)  # the test part
    assert Path(save_cache_npz(data, label, "b")) == cache / "b.test.npz"


def test_cache_by_a_path(cache):
    path = Path("folder") / "foo.tar.gz"
    assert load_cache_npz(path) == (None, None)
    assert Path(save_cache_npz(np.ones(3), None, path)) == cache / "foo.tar.gz.test.npz"
    assert load_cache_npz(path)[0].tolist() == [1, 1, 1]


def test_cache_without_a_label(cache):
    save_cache_npz(np.ones(3), None, "a")
    data, label = load_cache_npz("a")
    assert data.tolist() == [1, 1, 1] and label is None


def test_cache_makes_its_folder(cache, monkeypatch):
    monkeypatch.setenv("DEZERO_CACHE", str(cache / "new"))
    assert load_cache_npz("a") == (None, None)
    save_cache_npz(np.ones(3), np.ones(3), "a")
    assert load_cache_npz("a")[0].shape == (3,)


@pytest.mark.parametrize("content", [b"", b"no npz", b"PK\3\4 cut"])
def test_cache_that_is_damaged(cache, content):
    (cache / "a.test.npz").write_bytes(content)
    assert load_cache_npz("a") == (None, None)


def test_cache_cut_off(cache):
    path = Path(save_cache_npz(np.ones(1000), np.ones(3), "a"))
    path.write_bytes(path.read_bytes()[:4000])
    assert load_cache_npz("a") == (None, None)


def test_cache_is_never_unpickled(cache):
    class Evil:
        def __reduce__(self):
            return (print, ("run",))

    objects = np.empty(1, object)
    objects[0] = Evil()
    np.savez(cache / "a.test.npz", data=objects, label=objects)
    assert load_cache_npz("a") == (None, None)


def test_interrupted_saving_leaves_nothing(cache, monkeypatch):
    def interrupted(file, **arrays):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_cache_npz(np.ones(3), np.ones(3), "a")
    assert not list(cache.iterdir())


# --- together ---


@pytest.mark.parametrize("kind", [MNIST, CIFAR10, CIFAR100, SynthDigits])
def test_default_transforms_are_fresh(kind, monkeypatch):
    monkeypatch.setattr(kind, "prepare", lambda self: None)
    steps = kind().transform.transforms
    count, mean = len(steps), steps[-1].mean
    steps[-1].mean = 7
    steps.append(ToInt())
    again = kind().transform.transforms
    assert len(again) == count and again[-1].mean == mean
    mine = Compose()
    assert kind(transform=mine).transform is mine  # and may be shared on purpose


def test_defaults_are_not_shared_by_accident(cache):
    put_mnist(cache, 3)
    data = MNIST(transform=Compose([Flatten()]))
    assert data[0][0].dtype == np.uint8
    assert MNIST()[0][0].dtype == np.float32
    assert copy.copy(data)[0][0].dtype == np.uint8


# --- what is refused ---


class Pairs(Dataset):
    """Five items, and as many labels as told."""

    labels = 5

    def prepare(self):
        self.data, self.label = np.arange(5), list(range(self.labels))


@pytest.mark.parametrize("kind", [Pairs, Spiral, SinCurve])
@pytest.mark.parametrize("train", ["yes", None, 2, [True]])
def test_parts_are_true_or_false(kind, train):
    with pytest.raises(
        TypeError, match=rf"{kind.__name__}: train must be True or False"
    ):
        kind(train=train)


@pytest.mark.parametrize("call", [get_spiral, MNIST.files, get_digits])
def test_switches_of_functions(call):
    with pytest.raises(TypeError, match=r"must be True or False, got 'no'"):
        call("no")


@pytest.mark.parametrize("name", ["transform", "target_transform"])
def test_transforms_are_called(name):
    for wrong in 5, "Flatten", [Flatten()]:
        with pytest.raises(TypeError, match="Pairs: expected something .* called, got"):
            Pairs(**{name: wrong})
    with pytest.raises(TypeError, match=r"the class Flatten; write Flatten\(\)"):
        Pairs(**{name: Flatten})
    x, t = Pairs(**{name: float})[3]  # a class, but of values
    assert (type(x) is float) == (name == "transform")
    assert (type(t) is float) == (name == "target_transform")


def test_a_label_for_each_item():
    class Short(Pairs):
        labels = 3

    with pytest.raises(ValueError, match="Short: .* got 5 items and 3 labels.*step 49"):
        Short()
    data = Pairs()
    data.label = data.label[:3]
    with pytest.raises(ValueError, match="Pairs: .* got 5 items and 3 labels"):
        data[0]


def test_data_without_a_length():
    class Lazy(Dataset):
        def prepare(self):
            self.data = iter([1, 2])

    with pytest.raises(TypeError, match="Lazy: data must be an array or a list, got"):
        Lazy()


def test_places_of_items():
    data = Pairs()
    assert data[np.int64(2)] == (2, 2) and data[-1] == (4, 4)
    for index in 5, -6:
        with pytest.raises(
            IndexError, match=f"Pairs: index {index} is out of range for 5"
        ):
            data[index]
    for index in 1.0, "1":
        with pytest.raises(TypeError, match="Pairs: expected one index, an int, got"):
            data[index]
    assert len(list(data)) == 5  # a `for` ends where there is no item


@pytest.mark.parametrize("seed", [1.5, -1, "0", None, True])
def test_seeds_of_digits(seed):
    with pytest.raises(
        (TypeError, ValueError), match="SynthDigits: seed must be a whole"
    ):
        SynthDigits(seed=seed)


@pytest.mark.parametrize("size", [{"row": 0}, {"col": 2.5}])
def test_sizes_of_what_is_shown(cache, size):
    put_mnist(cache, 3)
    with pytest.raises((TypeError, ValueError), match=r"MNIST\.show: .* whole number"):
        MNIST().show(**size)


@pytest.mark.parametrize(
    "content, pattern", [(b"\xff\xfe", "not a UTF-8 text"), (b"", "''")]
)
def test_a_text_that_is_none(cache, content, pattern):
    (cache / "shakespear.txt").write_bytes(content)
    with pytest.raises(ValueError, match=rf"shakespear\.txt: .*{pattern}.*delete it"):
        Shakespear()


# --- files that say too much ---


def test_images_that_cannot_be_in_the_file(cache):
    """Headers are judged before there is memory: these announce four terabytes."""
    put_mnist(cache, 3)
    head = bytes([0, 0, 8, 3, *b"\xff\xff\xff\xff", 0, 0, 0, 28, 0, 0, 0, 28])
    path = cache / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(head + bytes(9999)))
    with pytest.raises(ValueError, match="train-images.*IDX format.*delete it"):
        MNIST()


def test_images_that_go_on_after_their_end_are_not_unpacked(cache):
    put_mnist(cache, 3)
    head = bytes([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 28, 0, 0, 0, 28])
    path = cache / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(head + bytes(2**26)))  # 65 kB of 67 MB
    tracemalloc.start()
    with pytest.raises(ValueError, match="train-images.*IDX format"):
        MNIST()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**22


def write_npz(path, **members):
    """Write an .npz of these bytes, packed."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize(
    "members, pattern",
    [
        ({"data": np.ones((5, 2)), "label": np.ones(3)}, r"\(5, 2\).*\(3,\)"),
        ({"data": np.array(1.0), "label": np.ones(3)}, r"\(\)"),
        ({"data": b"no array", "label": np.ones(3)}, "magic"),
        ({"data": np.ones(3), "label": b""}, "a cache of data and label"),
        ({"x": np.ones(3)}, r"expected data and label, got \['x'\]"),
    ],
)
def test_a_cache_that_is_whole_but_wrong(cache, members, pattern):
    members = {k: v if type(v) is bytes else npy(v) for k, v in members.items()}
    write_npz(cache / "a.test.npz", **members)
    with pytest.raises(ValueError, match=rf"a\.test\.npz: .*{pattern}.*delete it.*51"):
        load_cache_npz("a")


def test_a_cache_packed_in_a_way_that_python_does_not_know(cache):
    path = cache / "a.test.npz"
    write_npz(path, data=npy(np.ones(300)))
    content = path.read_bytes()
    deflated = b"\x08\x00"
    assert content[8:10] == deflated
    where = content.index(b"PK\x01\x02") + 10  # the same in the directory
    assert content[where : where + 2] == deflated
    strange = content[:8] + b"\x63\x00" + content[10:where] + b"\x63\x00"
    path.write_bytes(strange + content[where + 2 :])
    with pytest.raises(ValueError, match=r"a\.test\.npz: not a cache .*delete it"):
        load_cache_npz("a")


def test_a_small_cache_that_unpacks_to_a_lot(cache):
    head = npy(np.zeros(0, np.uint8)).replace(b"(0,)", b"(99999999,)")
    head = head.replace(b" " * 9 + b"\n", b" " * 2 + b"\n", 1)
    write_npz(cache / "a.test.npz", data=head + bytes(99999999))
    assert (cache / "a.test.npz").stat().st_size < 2**20
    tracemalloc.start()
    with pytest.raises(
        ValueError, match=r"a\.test\.npz: .*too large for a file of this size"
    ):
        load_cache_npz("a")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**22


@pytest.mark.parametrize("filename", [5, None, ["a"]])
def test_names_of_caches(filename):
    with pytest.raises(TypeError, match="load_cache_npz: filename must be a name, got"):
        load_cache_npz(filename)
    with pytest.raises(TypeError, match="save_cache_npz: filename must be a name, got"):
        save_cache_npz(np.ones(1), None, filename)


@pytest.mark.parametrize("data", [None, [[1], [1, 2]], np.array([None])])
def test_what_cannot_be_cached(cache, data):
    with pytest.raises(TypeError, match="save_cache_npz: data must be an array of"):
        save_cache_npz(data, np.ones(1), "a")
    assert not list(cache.iterdir())
