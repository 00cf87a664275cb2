"""Texts as lists of small integers, and back.

    tokenizer = tokenizers.BPE.train(text, merges=256)
    ids = tokenizer.encode("Any text: 你好 🙂")  # a list of ints below len(tokenizer)
    tokenizer.decode(ids)  # the same text again

Bytes has a token for each of the 256 bytes, Characters one for each character of a
text, and BPE the bytes and pieces that are frequent in a text. Each is written to a
file by save(path), and read by load(path): JSON, which is only parsed.
"""

from dezero.tokenizers.base import Bytes, Characters, Tokenizer
from dezero.tokenizers.bpe import BPE, join, split

__all__ = ["BPE", "Bytes", "Characters", "Tokenizer", "join", "split"]
