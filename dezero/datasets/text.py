"""Texts as numbers: Shakespeare, first names, and any text of yours.

Letters: T tokens in a window, N windows in a batch, M windows in a text.
"""

import contextlib
import os

import numpy as np

from dezero.datasets.base import Dataset
from dezero.guards import flag, shown, whole
from dezero.tokenizers import Characters
from dezero.utils import get_file

_HERE = os.path.dirname(__file__)


class Shakespear(Dataset):
    """A megabyte of Shakespeare as numbers: x a character, t the one after it.

    char_to_id and id_to_char translate; characters are numbered in order of appearance.
    """

    def prepare(self):
        path = get_file("shakespear.txt")
        try:
            with open(path, encoding="utf-8", newline="") as file:
                text = file.read()
        except UnicodeDecodeError as error:
            raise ValueError(f"{path}: not a UTF-8 text: {error}; delete it") from error
        if len(text) < 2:
            raise ValueError(f"{path}: expected a text, got {text!r}; delete it")
        self._number(text)

    def _number(self, text):
        """Number the characters of text in order of appearance."""
        characters = dict.fromkeys(text)  # each once
        self.char_to_id = {char: i for i, char in enumerate(characters)}
        self.id_to_char = dict(enumerate(characters))
        ids = np.array([self.char_to_id[char] for char in text])
        self.data, self.label = ids[:-1], ids[1:]


class Text(Dataset):
    """A text for a language model: x (T,) is a window of its tokens, and t (T,) the
    window one place further, so t[i] is the token that comes after x[: i + 1].

        train_set = Text(text, context=64)
        test_set = Text(text, train=False, context=64)
        for x, t in train_set.batches(np.random.default_rng(0), 16):  # (16, 64) each

    text       the whole text; the attribute text is the part that train has chosen
    tokenizer  None: Characters.train(text); it is the same for both parts
    train      True: the first nine tenths; False: the last tenth, held out. The text is
               cut at the end of a line
    context    T, the length of a window

    Item i begins with token i; ids holds all tokens of the part.
    """

    def __init__(self, text, tokenizer=None, train=True, context: int = 64):
        who = type(self).__name__
        if not isinstance(text, str) or not text:
            raise TypeError(f"{who}: expected a text, got {shown(text)} (see step 81)")
        self.context = whole(who, "context", context, 81)
        self.tokenizer = Characters.train(text) if tokenizer is None else tokenizer
        kind = isinstance(tokenizer, type)  # BPE itself, which has no tokens yet
        if kind or not all(hasattr(self.tokenizer, n) for n in ("encode", "decode")):
            raise TypeError(
                f"{who}: tokenizer must be one of dezero.tokenizers, such as "
                f"BPE.train(text, 256), got {shown(tokenizer)} (see step 75)"
            )
        self.text = text
        super().__init__(train)

    def prepare(self):
        cut = len(self.text) * 9 // 10
        cut = self.text.rfind("\n", 0, cut) + 1 or cut
        self.text = self.text[:cut] if self.train else self.text[cut:]
        self.ids = self._encoded()
        if len(self.ids) <= self.context:
            raise ValueError(
                f"{type(self).__name__}: expected more than context={self.context} "
                f"tokens, got a part of {len(self.ids)}; use a longer text or a "
                "smaller context (see step 81)"
            )
        views = np.lib.stride_tricks.sliding_window_view
        windows = views(self.ids, self.context + 1)  # no copies
        self.data, self.label = windows[:, :-1], windows[:, 1:]

    def _encoded(self):
        """Return the text's ids; raise TypeError unless the tokenizer returns ints."""
        given = self.tokenizer.encode(self.text)
        with contextlib.suppress(ValueError):  # rows of different lengths
            ids = np.array(given)
            if ids.ndim == 1 and (ids.dtype.kind in "iu" or not ids.size):
                return ids
        raise TypeError(
            f"{type(self).__name__}: tokenizer.encode must return a list of ints, got "
            f"{shown(given)} (see step 75)"
        )

    def batches(self, rng, N: int):
        """Yield x, t (N, T) without end: windows at places that rng draws."""
        who = f"{type(self).__name__}.batches"
        N = whole(who, "N", N, 81)
        if not isinstance(rng, np.random.Generator):
            raise TypeError(
                f"{who}: rng must be a generator, such as np.random.default_rng(0), "
                f"got {shown(rng)} (see step 81)"
            )
        return self._batches(rng, N)

    def _batches(self, rng, N):
        while True:
            at = rng.integers(len(self), size=N)
            yield self.data[at], self.label[at]

    def blocks(self):
        """Return x, t (M, T): the text once, window after window, without overlap.

        The rest at the end, fewer than T tokens, is left out.
        """
        return self.data[:: self.context], self.label[:: self.context]


class Shakespeare(Text):
    """The beginning of tiny Shakespeare, 100 KB, which needs no network; or all of it.

    whole    True: all 1.1 MB of it, fetched at first use. Raises
             utils.DownloadError if that fails

    The rest is as in Text. The text is in the public domain; this selection of plays is
    that of A. Karpathy's char-rnn, 2015.

    >>> data = Shakespeare(context=8)
    >>> x, t = data[0]
    >>> data.tokenizer.decode(x), data.tokenizer.decode(t)
    ('First Ci', 'irst Cit')
    """

    def __init__(
        self, tokenizer=None, train=True, context: int = 64, whole: bool = False
    ):
        whole = flag(type(self).__name__, "whole", whole, 81)
        path = os.path.join(_HERE, "shakespeare.txt")
        text = _read(get_file("shakespear.txt") if whole else path)
        super().__init__(text, tokenizer, train, context)


class Names(Text):
    """5,163 first names, each on a line of its own, in an order drawn once.

    The names are those of the US census of 1990, taken from the package names 0.3.0 on
    PyPI: data in the public domain. The rest is as in Text.

    >>> Names().text.split()[:4]
    ['consuela', 'carmella', 'luna', 'chanell']
    >>> Names().tokenizer
    <Characters, 27 tokens>
    """

    def __init__(self, tokenizer=None, train=True, context: int = 16):
        names = _read(os.path.join(_HERE, "names.txt")).split()
        # in alphabetical order, all names of the last tenth would begin with T to Z
        names = np.random.default_rng(0).permutation(names)
        super().__init__("\n".join(names) + "\n", tokenizer, train, context)


def _read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()
