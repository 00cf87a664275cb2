"""Tokenizer, the base class, and two that learn no pieces: Bytes and Characters."""

import json
import os
import re
import zlib

import numpy as np

from dezero import cuda
from dezero.files import replacing
from dezero.guards import shown

FORMAT = "dezero tokenizer 1"
SURROGATE = re.compile("[\ud800-\udfff]")  # halves of characters in UTF-16, not text


class Tokenizer:
    """The base class: a list of tokens, in which the index of a token is its id.

    A subclass sets tokens, and defines encode and decode.
    """

    def __len__(self):
        return len(self.tokens)

    def __repr__(self):
        return f"<{type(self).__name__}, {len(self):,} tokens>"

    def save(self, path):
        """Write the tokens to a file that load reads, completely or not at all.

        The file is JSON; a byte is written as the character of its number (Latin-1).
        """
        texts = [self._as_written(token) for token in self.tokens]
        content = {
            "format": FORMAT,
            "kind": type(self).__name__,
            "crc32": _checksum(texts),
            "tokens": texts,
        }
        with replacing(path, f"{type(self).__name__}.save", 75) as temporary:
            temporary.write_text(json.dumps(content, indent=0) + "\n", encoding="ascii")

    @classmethod
    def load(cls, path):
        """Return the tokenizer that save wrote to path.

        Raises ValueError, which says what is wrong and where, for a file that is
        damaged or holds another kind of tokenizer.
        """
        check_file(f"{cls.__name__}.load", path, "save writes it")
        try:
            with open(path, encoding="utf-8") as file:
                content = json.load(file)
        except (ValueError, RecursionError) as error:  # not UTF-8, or not JSON
            raise _damaged(path, f"not JSON: {error}") from None
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise _damaged(path, f'expected "format": "{FORMAT}"')
        if content.get("kind") != cls.__name__:
            raise ValueError(
                f"{cls.__name__}.load: {path} holds a tokenizer of kind "
                f"{shown(content.get('kind'))}, not {cls.__name__} (see step 75)"
            )
        texts = content.get("tokens")
        if not isinstance(texts, list):
            raise _damaged(path, f"tokens must be a list, got {shown(texts)}")
        tokens = []
        for i, text in enumerate(texts):
            try:
                tokens.append(cls._as_read(_as_text("load", text)))
            except (TypeError, ValueError):
                raise _damaged(path, f"token {i} cannot be {shown(text)}") from None
        if content.get("crc32") != _checksum(texts):
            raise _damaged(
                path, "the tokens do not match the checksum, so the file has changed"
            )
        try:
            return cls._of(tokens)
        except ValueError as error:
            raise _damaged(path, error) from None

    @classmethod
    def _of(cls, tokens):
        return cls(tokens)

    @staticmethod
    def _as_written(token):
        return token.decode("latin-1")

    @staticmethod
    def _as_read(text):
        return text.encode("latin-1")


class Bytes(Tokenizer):
    """The bytes of a text in UTF-8: 256 tokens, whose ids are the bytes themselves.

    >>> Bytes().encode("hé")
    [104, 195, 169]
    >>> Bytes().decode([104, 195, 169])
    'hé'
    """

    def __init__(self):
        self.tokens = [bytes([i]) for i in range(256)]

    def encode(self, text) -> list:
        """Return the ids of a text."""
        who = f"{type(self).__name__}.encode"
        text = _as_text(who, text)
        return list(text.encode())

    def decode(self, ids) -> str:
        """Return the text of ids; half a character is shown as \\ufffd.

        Raises ValueError for ids that are no tokens.
        """
        who = f"{type(self).__name__}.decode"
        ids = _as_ids(who, ids, self.tokens)
        data = b"".join(self.tokens[i] for i in ids)
        return data.decode(errors="replace")

    @classmethod
    def _of(cls, tokens):
        if tokens != cls().tokens:
            raise ValueError("expected the 256 bytes, in order")
        return cls()


class Characters(Tokenizer):
    """A token for each character of a text: no other character can be encoded.

    >>> tokenizer = Characters.train("hello")
    >>> tokenizer.tokens
    ['e', 'h', 'l', 'o']
    >>> tokenizer.encode("hole")
    [1, 3, 2, 0]
    """

    def __init__(self, tokens):
        tokens = _as_tokens("Characters", tokens, str)
        self.tokens = list(tokens)
        self.ids = {token: i for i, token in enumerate(self.tokens)}

    @classmethod
    def train(cls, text):
        """Return a tokenizer whose tokens are the characters of text, in order."""
        who = f"{cls.__name__}.train"
        text = _as_text(who, text)
        return cls(sorted(set(text)))

    def encode(self, text) -> list:
        """Return the ids of a text. Raises ValueError for a character without one."""
        who = f"{type(self).__name__}.encode"
        text = _as_text(who, text)
        try:
            return [self.ids[char] for char in text]
        except KeyError as error:
            char = error.args[0]
            raise ValueError(
                f"{who}: {char!r} at index {text.index(char)} "
                f"is not one of the {len(self)} characters that it knows; Bytes and "
                "BPE take any text (see step 75)"
            ) from None

    def decode(self, ids) -> str:
        """Return the text of ids. Raises ValueError for ids that are no tokens."""
        who = f"{type(self).__name__}.decode"
        ids = _as_ids(who, ids, self.tokens)
        return "".join(self.tokens[i] for i in ids)

    @staticmethod
    def _as_written(token):
        return token

    @staticmethod
    def _as_read(text):
        return text


# --- checks -------------------------------------------------------------------


def _as_tokens(who, tokens, kind):
    """Return tokens as a list; check that all are different, and of one kind.

    kind: str, for characters; or bytes, which must include every single byte.
    """
    try:
        tokens = list(tokens)
    except TypeError:
        raise TypeError(
            f"{who}: tokens must be a list, got {shown(tokens)} (see step 75)"
        ) from None
    seen = {}
    for i, token in enumerate(tokens):
        if not isinstance(token, kind):
            raise TypeError(
                f"{who}: token {i} must be {kind.__name__}, got {shown(token)} "
                "(see step 75)"
            )
        if kind is str and len(token) != 1 or not token or SURROGATE.match(str(token)):
            expected = "one character" if kind is str else "at least one byte"
            raise ValueError(
                f"{who}: token {i} must be {expected}, got {token!r} (see step 75)"
            )
        if seen.setdefault(token, i) != i:
            raise ValueError(
                f"{who}: {token!r} is both token {seen[token]} and token {i} "
                "(see step 75)"
            )
    missing = [byte for byte in range(256) if bytes([byte]) not in seen]
    if kind is bytes and missing:
        raise ValueError(
            f"{who}: the byte {missing[0]} is not a token, so some texts could not be "
            "encoded (see step 75)"
        )
    return tokens


def check_path(who, path):
    """Raise TypeError unless path is the name of a file: open also takes numbers."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(
            f"{who}: path must be the name of a file, got {shown(path)} (see step 75)"
        )


def check_file(who, path, source):
    """Raise an error unless there is a file at path; source says where to get one."""
    check_path(who, path)
    if os.path.isdir(path):
        raise IsADirectoryError(
            f"{who}: {os.fspath(path)!r} is a folder, expected a file; {source} "
            "(see step 75)"
        )
    if not os.path.exists(path):
        raise FileNotFoundError(
            f"{who}: there is no file {os.fspath(path)!r}; {source} (see step 75)"
        )


def _as_text(who, text):
    """Return text; raise an error unless it is a str that UTF-8 can hold."""
    if not isinstance(text, str):
        raise TypeError(f"{who}: expected a str, got {shown(text)} (see step 75)")
    if not text.isascii() and (found := SURROGATE.search(text)):
        raise ValueError(
            f"{who}: expected a text, got half a character, {found[0]!r}, at index "
            f"{found.start()} (see step 75)"
        )
    return text


def _as_ids(who, ids, tokens):
    """Return ids, a list or array of ints, as a list; each must be that of a token."""
    try:
        array = np.asarray(cuda.as_numpy(ids))
    except (TypeError, ValueError):  # for example lists of different lengths
        array = np.asarray(None)
    if array.size == 0 and array.ndim == 1:
        return []
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise TypeError(
            f"{who}: expected a list of ints, or an array with one axis, got "
            f"{shown(ids)} (see step 75)"
        )
    wrong = (array < 0) | (array >= len(tokens))
    if wrong.any():
        place = int(wrong.argmax())
        raise ValueError(
            f"{who}: expected ids from 0 to {len(tokens) - 1}, got {array[place]} at "
            f"index {place} (see step 75)"
        )
    return array.tolist()


def _checksum(texts):
    """Return the CRC-32 of strings; it guards against damage, not against malice."""
    return zlib.crc32(json.dumps(texts).encode())


def _damaged(path, what):
    return ValueError(f"{path}: not a complete tokenizer file: {what} (see step 75)")
