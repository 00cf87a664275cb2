"""Batches: what is in them, in which order, and how many random numbers that takes."""

import numpy as np
import pytest

from dezero import DataLoader, SeqDataLoader, cuda, dataloaders
from dezero.datasets import Dataset, SinCurve, Spiral
from dezero.transforms import ToFloat

# ruff: noqa: NPY002  (the order comes from NumPy's global generator: the contract)


def pairs(n):
    return [(i, 10 * i) for i in range(n)]


def batches(loader):
    return [(x.tolist(), t.tolist()) for x, t in loader]


# --- what is delivered ---


def test_batches_in_order():
    loader = DataLoader(pairs(5), 2, shuffle=False)
    expected = [([0, 1], [0, 10]), ([2, 3], [20, 30]), ([4], [40])]
    assert batches(loader) == expected
    assert batches(loader) == expected  # and again


@pytest.mark.parametrize(
    "n, size, count", [(6, 2, 3), (5, 2, 3), (1, 10, 1), (0, 3, 0)]
)
def test_length(n, size, count):
    loader = DataLoader(pairs(n), size)
    assert len(loader) == loader.max_iter == count
    assert len(list(loader)) == count


def test_attributes():
    data = pairs(5)
    loader = DataLoader(data, 2)
    assert loader.dataset is data
    assert (loader.batch_size, loader.data_size, loader.max_iter) == (2, 5, 3)
    assert loader.shuffle is True and loader.gpu is False
    assert loader.iteration == 0 and sorted(loader.index) == [0, 1, 2, 3, 4]
    next(loader)
    assert loader.iteration == 1


def test_shapes_and_dtypes():
    class Images(Dataset):
        def prepare(self):
            self.data = np.arange(24, dtype=np.uint8).reshape(3, 2, 4)
            self.label = np.array([2, 1, 0], np.uint8)

    x, t = next(DataLoader(Images(transform=ToFloat()), 2, shuffle=False))
    assert x.shape == (2, 2, 4) and x.dtype == np.float32
    assert t.tolist() == [2, 1] and t.dtype == np.uint8
    np.testing.assert_array_equal(x, np.arange(16).reshape(2, 2, 4))


def test_batches_are_copies():
    data = Spiral()
    before = data.data.copy()
    for x, _ in DataLoader(data, 100):
        x += 1
    np.testing.assert_array_equal(data.data, before)


def test_items_without_a_label():
    class Pictures(Dataset):
        def prepare(self):
            self.data = np.ones((3, 2))

    x, t = next(DataLoader(Pictures(), 2))
    assert x.shape == (2, 2) and t is None


def test_one_item_without_a_label():
    x, t = next(DataLoader([(1, None), (2, 5)], 2, shuffle=False))
    assert x.tolist() == [1, 2] and t.tolist() == [None, 5]


def test_items_with_more_than_two_parts():
    x, t = next(DataLoader([(1, 2, "note"), (3, 4, "note")], 2, shuffle=False))
    assert x.tolist() == [1, 3] and t.tolist() == [2, 4]


def test_dataset_gets_plain_ints():
    class Recorder:
        def __init__(self):
            self.asked = []

        def __len__(self):
            return 4

        def __getitem__(self, i):
            self.asked.append(i)
            return i, i

    data = Recorder()
    list(DataLoader(data, 2))
    assert {type(i) for i in data.asked} == {int} and sorted(data.asked) == [0, 1, 2, 3]


def test_items_of_different_shapes():
    loader = DataLoader([(np.zeros(3), 0), (np.zeros(4), 0)], 2)
    with pytest.raises(ValueError, match=r"one shape, got \(3,\), \(4,\).*step 49"):
        next(loader)


@pytest.mark.parametrize("size", [0, -1])
@pytest.mark.parametrize("kind", [DataLoader, SeqDataLoader])
def test_batch_size_must_be_positive(kind, size):
    with pytest.raises(ValueError, match=f"{kind.__name__}: .* at least 1, got {size}"):
        kind(pairs(3), size)


# --- the order ---


def test_one_permutation_an_epoch_the_first_at_construction():
    np.random.seed(0)
    orders = [np.random.permutation(5) for _ in range(4)]
    after = np.random.rand()

    np.random.seed(0)
    loader = DataLoader(pairs(5), 2)
    for epoch in range(3):
        seen = [i for x, _ in loader for i in x]
        np.testing.assert_array_equal(seen, orders[epoch])
    np.testing.assert_array_equal(loader.index, orders[3])  # for the next epoch
    assert np.random.rand() == after


def test_without_shuffling_nothing_is_drawn():
    np.random.seed(0)
    expected = np.random.rand()
    np.random.seed(0)
    list(DataLoader(pairs(5), 2, shuffle=False))
    list(SeqDataLoader(pairs(5), 2))
    assert np.random.rand() == expected


def test_reset_draws_a_new_order():
    np.random.seed(0)
    orders = [np.random.permutation(50).tolist() for _ in range(2)]
    np.random.seed(0)
    loader = DataLoader(pairs(50), 2)
    next(loader)
    loader.reset()
    assert loader.iteration == 0 and loader.index.tolist() == orders[1]


# --- iteration ---


def test_next_by_hand():
    loader = DataLoader(pairs(3), 2, shuffle=False)
    assert next(loader)[0].tolist() == [0, 1]
    assert loader.next()[0].tolist() == [2]
    with pytest.raises(StopIteration):
        next(loader)
    assert next(loader)[0].tolist() == [0, 1]  # a new epoch


def test_it_is_its_own_iterator():
    loader = DataLoader(pairs(3), 2)
    assert iter(loader) is loader


def test_a_loop_after_break_starts_afresh():
    loader = DataLoader(pairs(50), 10)
    first = []
    for _ in range(5):
        for x, _ in loader:
            first.append(x.tolist())
            break
    assert len({tuple(x) for x in first}) == 5  # not the same batch every time
    assert sorted(i for x, _ in loader for i in x) == list(range(50))


def test_a_loop_after_break_without_shuffling():
    loader = DataLoader(pairs(5), 2, shuffle=False)
    for _ in loader:
        break
    assert len(batches(loader)) == 3


def test_break_in_the_last_batch():
    loader = DataLoader(pairs(5), 2, shuffle=False)
    for i, _ in enumerate(loader):
        if i == 2:
            break
    assert len(batches(loader)) == 3


def test_exception_in_a_loop():
    loader = DataLoader(pairs(5), 2, shuffle=False)
    with pytest.raises(KeyError):
        for _ in loader:
            raise KeyError
    assert len(batches(loader)) == 3


# --- sequences ---


def test_streams_side_by_side():
    loader = SeqDataLoader(pairs(6), batch_size=3)
    assert batches(loader) == [([0, 2, 4], [0, 20, 40]), ([1, 3, 5], [10, 30, 50])]
    assert not loader.shuffle


def test_streams_of_a_length_that_is_no_multiple():
    # jump = 7 // 3 = 2, three steps: streams overlap, and the last wraps around
    loader = SeqDataLoader(pairs(7), 3)
    assert len(loader) == 3
    assert [x for x, _ in batches(loader)] == [[0, 2, 4], [1, 3, 5], [2, 4, 6]]
    wrapped = SeqDataLoader(pairs(5), 2)  # jump 2, three steps
    assert [x for x, _ in batches(wrapped)] == [[0, 2], [1, 3], [2, 4]]
    long = SeqDataLoader(pairs(3), 2)  # jump 1
    assert [x for x, _ in batches(long)] == [[0, 1], [1, 2]]


@pytest.mark.parametrize("n, size", [(999, 30), (10, 3), (10, 10), (4, 5), (3, 8)])
def test_streams_by_the_formula(n, size):
    loader = SeqDataLoader(pairs(n), size)
    jump = n // size
    count = 0
    for k, (x, t) in enumerate(loader):
        assert x.tolist() == [(i * jump + k) % n for i in range(size)]
        np.testing.assert_array_equal(t, 10 * x)
        count += 1
    assert count == len(loader) == -(-n // size)


def test_streams_of_a_wave():
    x, t = next(SeqDataLoader(SinCurve(train=False), 30))
    assert x.shape == t.shape == (30, 1)


def test_streams_start_afresh_too():
    loader = SeqDataLoader(pairs(6), 2)
    next(loader)
    assert [x for x, _ in batches(loader)] == [[0, 3], [1, 4], [2, 5]]


# --- on a GPU ---


@pytest.mark.parametrize("kind", [DataLoader, SeqDataLoader])
def test_without_cupy(kind, monkeypatch):
    monkeypatch.setattr(cuda, "gpu_enable", False, raising=False)
    loader = kind(pairs(4), 2, gpu=True)
    with pytest.raises(RuntimeError, match=f"{kind.__name__}: gpu=True needs CuPy"):
        next(loader)
    loader.to_cpu()
    assert not loader.gpu and next(loader)[0].shape == (2,)


def test_with_cupy(monkeypatch):
    class GPUArray:
        def __init__(self, array):
            self.array = array

    monkeypatch.setattr(cuda, "gpu_enable", True, raising=False)
    monkeypatch.setattr(cuda, "as_cupy", GPUArray)
    loader = DataLoader(pairs(4), 2, shuffle=False)
    loader.to_gpu()
    assert loader.gpu
    x, t = next(loader)
    assert type(x) is type(t) is GPUArray
    assert x.array.tolist() == [0, 1] and t.array.tolist() == [0, 10]


@pytest.mark.skipif(not cuda.gpu_enable, reason="needs CuPy and a GPU")
def test_on_a_real_gpu():
    for x, t in DataLoader(Spiral(), 100, gpu=True):
        assert type(x) is type(t) is cuda.cupy.ndarray


def test_pil_available():
    assert dataloaders.pil_available is True  # matplotlib brings it
