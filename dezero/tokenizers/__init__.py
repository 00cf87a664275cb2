"""Tokenizers, which turn a text into a list of small integers, and back.

    tokenizer = tokenizers.BPE.train(text, merges=256)
    ids = tokenizer.encode("Any text: 你好 🙂")  # a list of ints below len(tokenizer)
    tokenizer.decode(ids)  # the same text again

Bytes has a token for each of the 256 bytes, Characters one for each character of a
text, and BPE the bytes and the frequent pieces of a text. save(path) writes a tokenizer
to a file, and load(path) reads it: the file is JSON, so it is only parsed, never run.
"""

from dezero.tokenizers.base import Bytes, Characters, Tokenizer
from dezero.tokenizers.bpe import BPE, join, split

__all__ = ["BPE", "Bytes", "Characters", "Tokenizer", "join", "split"]
