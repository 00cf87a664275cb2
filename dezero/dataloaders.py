"""DataLoader, which turns a dataset into batches: a loop over it is one epoch.

    for x, t in DataLoader(dataset, batch_size=100):
        loss = F.softmax_cross_entropy(model(x), t)

A dataset is anything that has a length and whose items are pairs, such as a Dataset or
a list. list(zip(X, t)) makes a dataset of two arrays X and t.
"""

import copy
import math
from importlib.machinery import PathFinder

import numpy as np

from dezero import cuda
from dezero.advice import named_arguments
from dezero.guards import Whole, flag, shown

pil_available = PathFinder.find_spec("PIL") is not None  # found, not loaded


class DataLoader:
    """Deliver a dataset in batches (x, t), shuffled anew in every epoch.

    x and t are the items stacked: 100 images (784,) give x (100, 784), t (100,).
    The last batch is shorter if the length is not a multiple of batch_size; len() is
    the number of batches. t is None if no item of the batch has a label.

    gpu=True delivers CuPy arrays (step 52).

    The order is one np.random.permutation for each epoch; the constructor draws the
    first. After a `break`, the next loop starts with a new epoch. Every loop has its
    own position and order, so loops over one loader may be nested or zipped;
    next(loader) goes on with the epoch that began last.

    >>> loader = DataLoader([(1, 10), (2, 20), (3, 30)], 2, shuffle=False)
    >>> [(x.tolist(), t.tolist()) for x, t in loader]
    [([1, 2], [10, 20]), ([3], [30])]
    """

    batch_size = Whole(50)

    @named_arguments
    def __init__(self, dataset, batch_size: int, shuffle=True, gpu=False):
        who = type(self).__name__
        _check_dataset(who, dataset)
        self.dataset = dataset
        self.batch_size = batch_size
        self.shuffle = flag(who, "shuffle", shuffle, 50)
        self.data_size = len(dataset)
        self.max_iter = math.ceil(self.data_size / self.batch_size)
        self.gpu = flag(who, "gpu", gpu, 52)
        self.reset()

    def reset(self):
        """Begin a new epoch, with a new order if shuffle is set."""
        self.iteration = 0
        if self.shuffle:
            self.index = np.random.permutation(self.data_size)  # noqa: NPY002
        else:
            self.index = np.arange(self.data_size)

    def __len__(self):
        return self.max_iter

    def __iter__(self):
        if self.iteration > 0:  # the last loop ended early
            self.reset()
        return _Loop(self)

    def __next__(self):
        if self.iteration >= self.max_iter:
            self.reset()
            raise StopIteration
        items = [self.dataset[i] for i in self._next_index().tolist()]
        if {*map(type, items)} != {tuple} or min(map(len, items)) < 2:  # rare
            for item in items:
                self._check_pair(item)
        x = self._stack([item[0] for item in items])
        t = self._stack([item[1] for item in items])
        self.iteration += 1
        return x, t

    def next(self):
        """Return the next batch, as next(loader) does."""
        return next(self)

    def _next_index(self):
        """Return the indices of the items that make up the next batch."""
        start = self.iteration * self.batch_size
        return self.index[start : start + self.batch_size]

    def _check_pair(self, item):
        """Raise TypeError unless item has an x and a t."""
        single = _is_bare(item)
        if (
            single
            or isinstance(item, (str, bytes, dict))
            or not hasattr(item, "__getitem__")
            or not hasattr(item, "__len__")
            or len(item) < 2
        ):
            got = _described(item) if single else shown(item)
            raise TypeError(
                f"{type(self).__name__}: the items of the dataset must be pairs "
                f"(x, t), got {got}; list(zip(X, t)) pairs two arrays, and t may be "
                "None (see step 49)"
            )

    def _stack(self, values):
        """Return values, arrays or numbers of one shape, as one array."""
        kinds = {*map(type, values)}
        if kinds == {type(None)}:
            return None
        if any(hasattr(kind, "set_creator") for kind in kinds):  # Variables
            values = [cuda.as_numpy(v) if hasattr(v, "creator") else v for v in values]
        try:
            batch = np.array(values)
        except ValueError as error:
            shapes = sorted({np.shape(value) for value in values})
            raise ValueError(
                f"{type(self).__name__}: the items of a batch must have equal shapes, "
                f"got {', '.join(map(str, shapes))}; a transform of the dataset can "
                "make them equal (see step 49)"
            ) from error
        if not self.gpu:
            return batch
        if not cuda.gpu_enable:
            raise RuntimeError(f"{type(self).__name__}: gpu=True {cuda.ADVICE}")
        return cuda.as_cupy(batch)

    def __repr__(self):
        parts = [
            f"{self.data_size} items",
            f"batch_size={self.batch_size}",
            f"{self.max_iter} batches",
            f"shuffle={self.shuffle}",
        ]
        parts += ["gpu=True"] if self.gpu else []
        return f"{type(self).__name__}({', '.join(parts)})"

    def to_cpu(self):
        """Deliver NumPy arrays from now on."""
        self.gpu = False

    def to_gpu(self):
        """Deliver CuPy arrays from now on (step 52)."""
        self.gpu = True


class _Loop:
    """The iterator of a `for` loop: a copy of the loader, with a position of its own.

    The loader keeps pace with the loop that began last. So it knows whether that loop
    ended early, and it gets the order that is drawn at the end of an epoch.
    """

    def __init__(self, loader):
        self.loader = loader
        self.copy = None  # made for the first batch: in zip(loader, loader), the second
        # loop can see only then that the first has taken this order

    def __iter__(self):
        return self

    def __next__(self):
        loader = self.loader
        if self.copy is None:
            if loader.iteration > 0:
                loader.reset()
            self.copy = copy.copy(loader)
        own = self.copy
        together = loader.index is own.index and loader.iteration == own.iteration
        own.gpu = loader.gpu
        try:
            return next(own)
        finally:
            if together:
                loader.index, loader.iteration = own.index, own.iteration


class SeqDataLoader(DataLoader):
    """Deliver one long sequence as batch_size streams that advance side by side.

    Batch k holds item i * jump + k of every stream i, with jump = len(dataset) //
    batch_size; indices wrap around. Nothing is shuffled, and every batch is full. If
    the length is not a multiple of batch_size, there is one batch more, with the item
    that comes after each stream: for all but the last, the first item of the next.

    >>> loader = SeqDataLoader([(i, i + 1) for i in range(6)], batch_size=2)
    >>> [x.tolist() for x, t in loader]
    [[0, 3], [1, 4], [2, 5]]
    """

    def __init__(self, dataset, batch_size: int, gpu=False):
        super().__init__(dataset, batch_size, shuffle=False, gpu=gpu)

    def _next_index(self):
        jump = self.data_size // self.batch_size
        start = np.arange(self.batch_size) * jump
        return (start + self.iteration) % self.data_size


def _is_bare(x):
    """Return True for an array or a Variable of numbers, which holds no pairs."""
    if hasattr(x, "creator"):
        return True
    return cuda.is_array(x) and x.dtype.kind not in "OV"  # these hold anything


def _described(x):
    """Return what a bare array or Variable is, for an error."""
    kind = type(x).__name__
    empty = not cuda.is_array(x) and x.data is None
    return f"{kind}(None)" if empty else f"{kind} of shape {x.shape}"


def _check_dataset(who, dataset):
    """Raise TypeError unless dataset may be a sequence of pairs."""
    if _is_bare(dataset):
        raise TypeError(
            f"{who}: expected a dataset of pairs (x, t), got a bare "
            f"{_described(dataset)}; list(zip(X, t)) pairs two arrays, or write a "
            "Dataset (see step 49)"
        )
    if (
        isinstance(dataset, (type, str, bytes, dict))
        or not hasattr(dataset, "__len__")
        or not hasattr(dataset, "__getitem__")
    ):
        raise TypeError(
            f"{who}: expected a dataset, with a length and a pair (x, t) at each "
            f"index, got {shown(dataset)}; a list of pairs is one (see step 49)"
        )
