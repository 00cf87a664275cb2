"""Items in, batches out: a loop over a DataLoader is one epoch.

    for x, t in DataLoader(dataset, batch_size=100):
        loss = F.softmax_cross_entropy(model(x), t)

A dataset is anything with a length whose items are pairs: a Dataset, a list.
"""

import math
from importlib.machinery import PathFinder

import numpy as np

from dezero import cuda

pil_available = PathFinder.find_spec("PIL") is not None  # found, not loaded


class DataLoader:
    """Deliver a dataset in batches (x, t), shuffled anew in every epoch.

    x and t are the items stacked: 100 images (784,) give x (100, 784), t (100,).
    The last batch is shorter where the length is no multiple of batch_size; len()
    counts the batches. t is None where no item of the batch has a label.

    gpu=True delivers arrays of CuPy (step 52).

    The order is one np.random.permutation for each epoch, the first drawn here. A
    loop that was left by `break` starts with a new epoch.

    >>> loader = DataLoader([(1, 10), (2, 20), (3, 30)], 2, shuffle=False)
    >>> [(x.tolist(), t.tolist()) for x, t in loader]
    [([1, 2], [10, 20]), ([3], [30])]
    """

    def __init__(self, dataset, batch_size: int, shuffle=True, gpu=False):
        if batch_size < 1:
            raise ValueError(
                f"{type(self).__name__}: batch_size must be at least 1, "
                f"got {batch_size} (see step 50)"
            )
        self.dataset = dataset
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.data_size = len(dataset)
        self.max_iter = math.ceil(self.data_size / batch_size)
        self.gpu = gpu
        self.reset()

    def reset(self):
        """Begin a new epoch, with a new order where shuffle is set."""
        self.iteration = 0
        if self.shuffle:
            self.index = np.random.permutation(self.data_size)  # noqa: NPY002
        else:
            self.index = np.arange(self.data_size)

    def __len__(self):
        return self.max_iter

    def __iter__(self):
        if self.iteration > 0:  # the last loop was broken off
            self.reset()
        return self

    def __next__(self):
        if self.iteration >= self.max_iter:
            self.reset()
            raise StopIteration
        items = [self.dataset[i] for i in self._next_index().tolist()]
        self.iteration += 1
        x = self._stack([item[0] for item in items])
        t = self._stack([item[1] for item in items])
        return x, t

    def next(self):
        """Return the next batch, as next(loader) does."""
        return next(self)

    def _next_index(self):
        """Return the places in the dataset that make up the next batch."""
        start = self.iteration * self.batch_size
        return self.index[start : start + self.batch_size]

    def _stack(self, values):
        """Return values, arrays or numbers of one shape, as one array."""
        if all(value is None for value in values):
            return None
        try:
            batch = np.array(values)
        except ValueError as error:
            shapes = sorted({np.shape(value) for value in values})
            raise ValueError(
                f"{type(self).__name__}: the items of a batch must have one shape, "
                f"got {', '.join(map(str, shapes))}; a transform of the dataset can "
                "see to that (see step 49)"
            ) from error
        if not self.gpu:
            return batch
        if not cuda.gpu_enable:
            raise RuntimeError(f"{type(self).__name__}: gpu=True {cuda.ADVICE}")
        return cuda.as_cupy(batch)

    def to_cpu(self):
        """Deliver arrays of NumPy from now on."""
        self.gpu = False

    def to_gpu(self):
        """Deliver arrays of CuPy from now on (step 52)."""
        self.gpu = True


class SeqDataLoader(DataLoader):
    """Deliver one long sequence as batch_size streams that advance side by side.

    Batch k holds item i * jump + k of every stream i, with jump the length of the
    dataset // batch_size; indices wrap around. Nothing is shuffled, every batch is
    full. Where jump is no whole number, a stream ends within the next one.

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
