"""Batches: what is in them, in which order, and how many random numbers that takes."""

import numpy as np
import pytest

from dezero import DataLoader, SeqDataLoader, Variable, cuda, dataloaders
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
    with pytest.raises(ValueError, match=r"equal shapes, got \(3,\), \(4,\).*step 49"):
        next(loader)


# --- what is refused ---


@pytest.mark.parametrize("size", [0, -1])
@pytest.mark.parametrize("kind", [DataLoader, SeqDataLoader])
def test_batch_size_must_be_positive(kind, size):
    with pytest.raises(ValueError, match=f"{kind.__name__}: .* at least 1, got {size}"):
        kind(pairs(3), size)


@pytest.mark.parametrize(
    "size", [2.5, 2.0, "2", float("nan"), float("inf"), True, None, [2], np.ones(1)]
)
@pytest.mark.parametrize("kind", [DataLoader, SeqDataLoader])
def test_batch_size_must_be_a_whole_number(kind, size):
    expected = rf"{kind.__name__}: batch_size must be a whole number .*got.*step 50"
    with pytest.raises(TypeError, match=expected):
        kind(pairs(3), size)


def test_settings_of_numpy_and_c():
    loader = DataLoader(pairs(3), np.int64(2), shuffle=0, gpu=np.bool_(False))
    assert type(loader.batch_size) is int and loader.shuffle is False
    assert loader.gpu is False


@pytest.mark.parametrize("value", ["no", None, 2, [True]])
def test_switches_are_true_or_false(value):
    with pytest.raises(TypeError, match="DataLoader: shuffle must be True or False"):
        DataLoader(pairs(3), 2, shuffle=value)
    with pytest.raises(TypeError, match="SeqDataLoader: gpu must be True or False"):
        SeqDataLoader(pairs(3), 2, gpu=value)


@pytest.mark.parametrize(
    "X", [np.ones((4, 2)), np.ones(4), np.array(1.0), Variable(np.ones((4, 2)))]
)
@pytest.mark.parametrize("kind", [DataLoader, SeqDataLoader])
def test_a_bare_array_would_be_taken_apart_by_columns(kind, X):
    expected = rf"{kind.__name__}: .*pairs.* got a bare .*shape.*zip\(X, t\).*step 49"
    with pytest.raises(TypeError, match=expected):
        kind(X, 2)


def test_arrays_that_hold_pairs():
    records = np.array([(1, 2.0), (3, 4.0)], dtype=[("x", int), ("t", float)])
    x, t = next(DataLoader(records, 2, shuffle=False))
    assert x.tolist() == [1, 3] and t.tolist() == [2.0, 4.0]
    objects = np.array([[1, "a"], [3, "b"]], dtype=object)
    x, t = next(DataLoader(objects, 2, shuffle=False))
    assert x.tolist() == [1, 3] and t.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    "dataset", [None, 5, "text", {"x": 1}, iter([]), {1, 2}, Spiral, zip([1], [2])]
)
def test_what_is_no_dataset(dataset):
    with pytest.raises(TypeError, match=r"DataLoader: expected a dataset, .*step 49"):
        DataLoader(dataset, 2)


@pytest.mark.parametrize(
    "item",
    [np.ones(3), Variable(np.ones(3)), 5, "ab", (1,), [1], {"x": 1, "t": 2}, None],
)
def test_items_that_are_no_pairs(item):
    loader = DataLoader([item, item], 2)
    with pytest.raises(TypeError, match=r"DataLoader: .*pairs \(x, t\), got .*step 49"):
        next(loader)
    assert loader.iteration == 0  # nothing was delivered


def test_variables_in_pairs_become_arrays():
    x, t = next(DataLoader([(Variable(np.ones(2)), Variable(np.array(1)))], 1))
    assert type(x) is np.ndarray and x.tolist() == [[1.0, 1.0]]
    assert t.tolist() == [1]


# --- print ---


def test_a_loader_shows_what_it_is():
    class Mine(DataLoader):
        pass

    data = pairs(5)
    assert repr(Mine(data, 2)) == (
        "Mine(5 items, batch_size=2, 3 batches, shuffle=True)"
    )
    assert str(SeqDataLoader(data, 2, gpu=True)) == (
        "SeqDataLoader(5 items, batch_size=2, 3 batches, shuffle=False, gpu=True)"
    )


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


def test_loops_over_one_loader_can_be_nested():
    loader = DataLoader(pairs(5), 2, shuffle=False)
    seen = [(a.tolist(), b.tolist()) for a, _ in loader for b, _ in loader]
    parts = [0, 1], [2, 3], [4]
    assert seen == [(list(a), list(b)) for a in parts for b in parts]


def test_zip_of_a_loader_with_itself_goes_twice_through_the_data():
    np.random.seed(0)
    orders = [np.random.permutation(6).tolist() for _ in range(2)]
    np.random.seed(0)
    loader = DataLoader(pairs(6), 2)
    first, second = [], []
    for (x, _), (y, _) in zip(loader, loader):
        first += x.tolist()
        second += y.tolist()
    assert (first, second) == tuple(orders)  # an order for each


def test_two_loops_by_hand():
    loader = SeqDataLoader(pairs(6), 2)
    a, b = iter(loader), iter(loader)
    assert iter(a) is a
    assert next(a)[0].tolist() == next(b)[0].tolist() == [0, 3]
    assert next(a)[0].tolist() == [1, 4]
    assert next(loader)[0].tolist() == [1, 4]  # goes on where b is
    assert next(a)[0].tolist() == [2, 5] and next(b)[0].tolist() == [1, 4]
    with pytest.raises(StopIteration):
        next(a)


def test_the_position_of_a_loop_can_be_read():
    loader = DataLoader(pairs(5), 2)
    assert [loader.iteration for _ in loader] == [1, 2, 3]
    assert loader.iteration == 0


def test_a_loader_with_a_next_of_its_own():
    """As programs write it: __next__ moves self.iteration, and calls reset."""

    class Backwards(DataLoader):
        def __next__(self):
            if self.iteration >= self.max_iter:
                self.reset()
                raise StopIteration
            k = self.max_iter - 1 - self.iteration
            self.iteration += 1
            return self.dataset[k]

    loader = Backwards(pairs(3), 1, shuffle=False)
    assert list(loader) == list(loader) == [(2, 20), (1, 10), (0, 0)]


def text(batch):
    return "".join(map(str, batch[0].tolist()))


def whole_epochs(loader):
    for _ in range(3):
        yield from map(text, loader)


def broken_off(loader):
    for k in range(3):
        for i, batch in enumerate(loader):
            yield text(batch)
            if i == k:
                break
    yield from map(text, loader)


def mixed(loader):
    yield text(next(loader))
    yield from map(text, loader)
    yield text(next(loader))
    yield text(loader.next())
    loader.reset()
    yield text(next(loader))
    for batch in loader:
        yield text(batch)
        break
    yield text(next(loader))
    yield from map(text, loader)
    with pytest.raises(StopIteration):
        while True:
            yield text(next(loader))
    yield text(next(loader))


def first_of_each(loader):
    for _ in range(3):
        yield text(next(iter(loader)))
    yield from map(text, loader)
    yield text(next(loader))


# What commit 607c655 delivered, where a loader was its own iterator: five items in
# batches of two, after np.random.seed(3); then the order and the place it was left in,
# and the next random number.
RECORDED = [
    (whole_epochs, "34 10 2 21 34 0 04 12 3", "30412 0 660"),
    (broken_off, "34 21 34 04 12 3 30 41 2", "32104 0 398"),
    (mixed, "34 21 34 0 04 12 30 32 10 34 12 0 31 04 2 40", "40123 1 622"),
    (first_of_each, "34 21 04 30 41 2 32", "32104 1 398"),
]


@pytest.mark.parametrize(
    "program, batches, state", RECORDED, ids=[p.__name__ for p, *_ in RECORDED]
)
def test_a_seeded_program_sees_the_batches_it_always_saw(program, batches, state):
    np.random.seed(3)
    loader = DataLoader(pairs(5), 2)
    assert " ".join(program(loader)) == batches
    order = "".join(map(str, loader.index.tolist()))
    assert f"{order} {loader.iteration} {np.random.randint(1000)}" == state


IN_ORDER = [
    (broken_off, "01 01 23 01 23 4 01 23 4", "02 02 13 02 13 24 02 13 24"),
    (
        mixed,
        "01 01 23 4 01 23 01 01 23 01 23 4 01 23 4 01",
        "02 02 13 24 02 13 02 02 13 02 13 24 02 13 24 02",
    ),
]


@pytest.mark.parametrize("program, unshuffled, streams", IN_ORDER)
def test_and_without_shuffling(program, unshuffled, streams):
    loader = DataLoader(pairs(5), 2, shuffle=False)
    assert " ".join(program(loader)) == unshuffled
    assert " ".join(program(SeqDataLoader(pairs(5), 2))) == streams


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
