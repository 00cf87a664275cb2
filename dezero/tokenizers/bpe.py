"""Byte-pair encoding: frequent pieces of a text become tokens of their own."""

import base64
import re
from collections import Counter, defaultdict

from dezero.guards import whole
from dezero.tokenizers.base import Bytes, _as_text, _as_tokens, check_file

# GPT-2's rule for what a word is. It reads a text in which the function kind has
# replaced each character outside of ASCII. A word is an ending such as 's; or letters,
# digits or other characters, with at most one space in front; or white space, but a
# space just before a word belongs to that word.
WORD = (
    r"'(?:[stmd]|re|ve|ll)"
    r"| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+"
    r"|\s+(?!\S)|\s+"
)


def kind(match):
    """Return a letter, digit, tab or comma in place of a character."""
    char = match[0]
    if char.isalpha():
        return "a"
    if char.isnumeric():  # also ² and Ⅷ
        return "0"
    return "\t" if char.isspace() else ","


def split(text):
    """Return the words of a text by GPT-2's rule; joined, they are the text again.

    >>> split("We'll see  42 cats!")
    ['We', "'ll", ' see', ' ', ' 42', ' cats', '!']
    """
    plain = re.sub(r"[^\x00-\x7f]", kind, text)
    found = re.finditer(WORD, plain, re.ASCII)
    return [text[m.start() : m.end()] for m in found]


def join(word, pair):
    """Return word, a list of tokens, with the pair joined into one token everywhere.

    >>> join([b"n", b"a", b"n", b"a"], (b"n", b"a"))
    [b'na', b'na']
    """
    joined, i = [], 0
    while i < len(word):
        if tuple(word[i : i + 2]) == pair:
            joined.append(pair[0] + pair[1])
            i += 2
        else:
            joined.append(word[i])
            i += 1
    return joined


class BPE(Bytes):
    """Byte-pair encoding: the 256 bytes, and pieces made of two earlier tokens each.

    tokens  bytes, in the order in which they were made: encode joins the earliest first

    >>> tokenizer = BPE.train("low lower lowest", merges=3)
    >>> tokenizer.tokens[256:]
    [b'lo', b'low', b' low']
    >>> tokenizer.encode("low lows")
    [257, 258, 115]
    """

    def __init__(self, tokens):
        tokens = _as_tokens("BPE", tokens, bytes)
        self.tokens = list(tokens)
        self.ids = {token: i for i, token in enumerate(self.tokens)}

    @classmethod
    def train(cls, text, merges):
        """Return a tokenizer whose tokens are the bytes, and pieces of text.

        merges  the number of pieces: in each merge, the most frequent pair of tokens
                becomes one token; in a tie, the first pair in the order of bytes. There
                are fewer pieces if no pair occurs twice any more.

        Pairs are counted within words. A word that the text has n times is searched
        once, and its pairs count n times. 1,000 merges on a megabyte take seconds.
        """
        text = _as_text("BPE.train", text)
        merges = whole("BPE.train", "merges", merges, 75, least=0)
        tokens = Bytes().tokens
        times = Counter(split(text))
        words = {w: [tokens[i] for i in w.encode()] for w in times}
        counts, where = Counter(), defaultdict(set)

        def count(word, sign):
            for pair in zip(words[word], words[word][1:]):
                counts[pair] += sign * times[word]
                where[pair].add(word)

        for word in words:
            count(word, 1)
        for _ in range(merges):
            most = max(counts.values(), default=0)
            if most < 2:
                break
            pair = min([p for p, n in counts.items() if n == most])
            tokens.append(pair[0] + pair[1])
            for word in where.pop(pair):
                count(word, -1)
                words[word] = join(words[word], pair)
                count(word, 1)
            del counts[pair]
        return cls(tokens)

    def encode(self, text):
        """Return the ids of a text."""
        text = _as_text("BPE.encode", text)
        words = split(text)
        ids = {word: self.encode_word(word) for word in set(words)}
        return [i for word in words for i in ids[word]]

    def encode_word(self, word):
        """Return the ids of a word: its bytes, joined as training joined them."""
        word = [bytes([i]) for i in word.encode()]
        while len(word) > 1:
            pairs = zip(word, word[1:])
            first = min(pairs, key=lambda p: self.ids.get(p[0] + p[1], len(self)))
            if first[0] + first[1] not in self.ids:
                break
            word = join(word, first)
        return [self.ids[token] for token in word]

    @classmethod
    def from_tiktoken(cls, path):
        """Return the tokenizer of a tiktoken file: a line "base64 rank" for each token.

        GPT-2's file has 50,256 lines; its special token, <|endoftext|>, is not there.
        Raises ValueError, which names the line, for a file that is damaged.
        """
        check_file("BPE.from_tiktoken", path, "GPT-2's is r50k_base.tiktoken")
        tokens = []
        with open(path, "rb") as file:
            for i, line in enumerate(file, 1):
                try:
                    token, rank = line.split()
                    token, rank = base64.b64decode(token, validate=True), int(rank)
                except ValueError:
                    raise ValueError(
                        f"{path}, line {i}: expected a token in base64 and its rank, "
                        f"got {line[:60]} (see step 75)"
                    ) from None
                if rank != len(tokens):
                    raise ValueError(
                        f"{path}, line {i}: expected rank {len(tokens)}, got {rank} "
                        "(see step 75)"
                    )
                tokens.append(token)
        try:
            return cls(tokens)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None

    @classmethod
    def _of(cls, tokens):
        return cls(tokens)
