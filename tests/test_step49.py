"""Step 49: a dataset, transforms, and a file that is read when asked."""

import numpy as np
import pytest

from dezero import datasets, transforms


@pytest.fixture
def step(load_step):
    return load_step(49)


@pytest.fixture
def pictures(rng):
    """Six pictures (2, 4, 5), and their labels."""
    return rng.integers(0, 256, size=(6, 2, 4, 5), dtype=np.uint8), np.arange(6) * 40


@pytest.fixture
def path(pictures, tmp_path):
    """A file with the six, each a byte t and then its bytes."""
    file = tmp_path / "pictures.bin"
    file.write_bytes(b"".join(bytes([t]) + x.tobytes() for x, t in zip(*pictures)))
    return file


def test_a_dataset_of_arrays(step):
    class Squares(step.Dataset):
        def prepare(self):
            self.data = np.arange(5)
            self.label = self.data**2 if self.train else None

    squares = Squares()
    assert len(squares) == 5 and squares[3] == (3, 9)
    assert list(squares) == [(i, i * i) for i in range(5)]
    assert Squares(train=False)[3] == (3, None)
    changed = Squares(transform=lambda x: x + 0.5, target_transform=str)
    assert changed[2] == (2.5, "4")


def test_errors_teach(step):
    with pytest.raises(AssertionError, match=r"Spiral: expected one index.*slice\(1"):
        step.Spiral()[1:3]


@pytest.mark.parametrize("train", [True, False])
def test_the_spiral_of_the_package(step, train):
    ours, theirs = step.Spiral(train=train), datasets.Spiral(train=train)
    assert len(ours) == len(theirs) == 300
    for (x, t), (x2, t2) in zip(ours, theirs):
        np.testing.assert_array_equal(x, x2)
        assert t == t2


def test_records(step, path, pictures):
    records = step.Records(path, (2, 4, 5))
    assert len(records) == 6
    for i, (x, t) in enumerate(records):  # IndexError ends the loop
        np.testing.assert_array_equal(x, pictures[0][i])
        assert t == pictures[1][i] and x.dtype == np.uint8
    assert i == 5
    x, t = step.Records(path, (2, 4, 5), transform=lambda x: x / 2)[np.int64(4)]
    np.testing.assert_array_equal(x, pictures[0][4] / 2)
    with pytest.raises(IndexError, match="no item 6 of 6"):
        records[6]


def test_records_read_what_is_asked_for(step, path, pictures):
    """An item that the file gets later, is the one that is read."""
    records = step.Records(path, (2, 4, 5))
    x, _ = pictures[0][3], records[3]
    with open(path, "r+b") as file:
        file.seek(3 * 41)
        file.write(bytes([7]) + (255 - x).tobytes())
    again, t = records[3]
    np.testing.assert_array_equal(again, 255 - x)
    assert t == 7
    with open(path, "ab") as file:
        file.write(bytes(41))
    assert len(records) == 7


def test_hardly_anything_is_held(step, tmp_path):
    """Twice the file, as much held: one item of 400,000 bytes, twice at most."""
    peaks = []
    for n in (20, 40):
        file = tmp_path / f"{n}.bin"
        file.write_bytes(bytes(n * (1 + 100_000)))
        records = step.Records(file, (1, 1000, 100), step.ToFloat())
        peaks.append(step.held_at_most(records))
    assert 400_000 < peaks[0] < 1_200_000
    assert peaks[1] == pytest.approx(peaks[0], rel=0.05)
    held = step.held_at_most([np.zeros(1)] * 3)
    assert held < 10_000


def test_measure(step, path, pictures):
    data = pictures[0].astype(float)
    mean, std = step.measure(step.Records(path, (2, 4, 5), step.ToFloat()))
    np.testing.assert_allclose(mean, data.mean(axis=(0, 2, 3)), rtol=1e-6)
    np.testing.assert_allclose(std, data.std(axis=(0, 2, 3)), rtol=1e-5)
    normal = step.Records(path, (2, 4, 5), step.Normalize(mean, std))
    mean, std = step.measure(normal)
    np.testing.assert_allclose(mean, 0, atol=1e-5)
    np.testing.assert_allclose(std, 1, rtol=1e-5)


def test_normalize_by_hand(step):
    x = np.array([[[1.0, 2.0]], [[11.0, 12.0]]])  # (2, 1, 2)
    y = step.Normalize(mean=[0, 10], std=2)(x)
    assert y.tolist() == [[[0.5, 1.0]], [[0.5, 1.0]]]


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("mean, std", [(3, 2), ([1, 2], [3, 4]), (0.5, np.ones(2))])
def test_the_transforms_of_the_package(step, rng, dtype, mean, std):
    x = rng.integers(0, 256, size=(2, 4, 5)).astype(dtype)

    def results(module):
        yield module.Normalize(mean, std)(x)
        yield module.Flatten()(x)
        yield module.ToFloat()(x)
        yield module.AsType(np.int16)(x)
        parts = [module.ToFloat(), module.Normalize(mean, std), module.Flatten()]
        yield module.Compose(parts)(x)
        yield module.Compose()(x)

    for a, b in zip(results(step), results(transforms), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)
        assert a.dtype == b.dtype and a.shape == b.shape


def test_bytes_do_not_wrap_around(step):
    """3 - 5 as bytes would be 254; and float32 stays float32."""
    y = step.Normalize(5, 1)(np.array([3], np.uint8))
    assert y.tolist() == [-2] and y.dtype == np.float32


def test_compose_in_order(step):
    assert step.Compose([lambda x: x + 1, lambda x: x * 10])(2) == 30
    assert step.Compose([]).transforms is not step.Compose().transforms


def test_the_exercise(step, path, pictures):
    """np.memmap behind data; and a flip by chance."""

    class Mapped(step.Dataset):
        def prepare(self):
            records = np.memmap(path, np.uint8, "r").reshape(-1, 41)
            self.data = records[:, 1:].reshape(-1, 2, 4, 5)
            self.label = records[:, 0]

    mapped = Mapped()
    for (x, t), (x2, t2) in zip(mapped, step.Records(path, (2, 4, 5)), strict=True):
        np.testing.assert_array_equal(x, x2)
        assert t == t2
    assert isinstance(mapped.data, np.memmap)

    rng = np.random.default_rng(0)
    flip = transforms.RandomHorizontalFlip(rng=rng)
    flipped = step.Records(path, (2, 4, 5), flip)
    x = pictures[0][0]
    seen = [np.array_equal(flipped[0][0], x[..., ::-1]) for _ in range(200)]
    assert 70 < sum(seen) < 130


def test_the_numbers_printed(run_step):
    lines = run_step(49).splitlines()
    sizes = [int(line.split()[-2]) for line in lines[-3:]]
    assert sizes[1] == pytest.approx(4 * sizes[0], rel=0.1)
    assert sizes[2] < sizes[0] / 2
    assert "mean 0.0 std 1.0" in lines[3]
