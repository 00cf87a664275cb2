"""Shakespeare, character by character."""

import numpy as np

from dezero.datasets.base import Dataset
from dezero.utils import get_file


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
        self._number(text)

    def _number(self, text):
        """Number the characters of text in order of appearance."""
        characters = dict.fromkeys(text)  # each once
        self.char_to_id = {char: i for i, char in enumerate(characters)}
        self.id_to_char = dict(enumerate(characters))
        ids = np.array([self.char_to_id[char] for char in text])
        self.data, self.label = ids[:-1], ids[1:]
