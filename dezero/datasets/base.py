"""Dataset: the base class of all datasets, a sequence of pairs (x, t)."""

import operator

import numpy as np

from dezero.guards import check_callable, flag, shown
from dezero.transforms import Compose


class Dataset:
    """A sequence of pairs: dataset[i] is (x, t), len(dataset) is how many there are.

    train             which part: True, the one to learn from; False, the one to test on
    transform         a function applied to each x when it is read; None: no change
    target_transform  the same for t
    data, label       arrays or lists, to be set by prepare(); t is None without label

    Data too large for memory is read item by item: a subclass then defines
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
        who = type(self).__name__
        index = _as_index(who, index)
        self._check_index(index)
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

    def _check_index(self, index):
        """Raise IndexError past the end: this is what ends a `for` over the dataset."""
        count = self._check_prepared()
        if not -count <= index < count:
            raise IndexError(
                f"{type(self).__name__}: index {index} is out of range for {count} "
                "items (see step 49)"
            )

    def _check_prepared(self):
        """Check what prepare has set; return how many items there are."""
        if self.data is None:
            raise TypeError(
                f"{type(self).__name__}: there is no data; set self.data in prepare(), "
                "or define __getitem__ and __len__ in the class (see step 49)"
            )
        try:
            count = len(self.data)
            if self.label is None or len(self.label) == count:
                return count
        except TypeError:  # one of them has no length
            pass
        for name, values in ("data", self.data), ("label", self.label):
            if values is not None and not hasattr(values, "__len__"):
                raise TypeError(
                    f"{type(self).__name__}: {name} must be an array or a list, got "
                    f"{shown(values)} (see step 49)"
                )
        raise ValueError(
            f"{type(self).__name__}: expected a label for each item, got "
            f"{len(self.data)} items and {len(self.label)} labels (see step 49)"
        )


def _as_index(who, index):
    """Return index as an int, or refuse it."""
    if type(index) is int:
        return index
    if not np.isscalar(index):
        raise AssertionError(
            f"{who}: expected one index, an int, got {index!r}; "
            "a DataLoader delivers many items at once (see step 50)"
        )
    try:
        return operator.index(index)
    except TypeError:
        raise TypeError(
            f"{who}: expected one index, an int, got {shown(index)} (see step 49)"
        ) from None
