"""Step 75. Tokens: bytes, then byte-pair encoding.

A network computes with numbers, so a text must become numbers first.
Step 70 numbered the characters of its text. But the next text may have
other characters: there are more than 150,000. Which numbers can stand
for any text? Files have an answer: *UTF-8* (Pike and Thompson, 1993)
writes a character as one to four bytes, numbers from 0 to 255:

    104                 h
    195 169             é
    228 189 160         你
    240 159 153 130     🙂

A piece of text with a number of its own is a *token*, and all tokens
together are the *vocabulary*. If the vocabulary is the 256 bytes, we
can write any text. But a network that reads 64 tokens at a time then
sees hardly more than one line of a play.

Which longer pieces should be tokens as well? The frequent ones.
*Byte-pair encoding* (Gage, 1994; Sennrich, Haddow and Birch, 2016)
counts all pairs of neighbours, makes the most frequent pair a token,
joins it wherever it occurs, and starts again. Here are three joins,
with _ for a space and each line's most frequent pair on the right:

    l o w   _ l o w e r   _ l o w e s t    l o, three times
    lo w    _ lo w e r    _ lo w e s t     lo w, three times
    low     _ low e r     _ low e s t      _ low, twice
    low     _low e r      _low e s t

A space belongs to the word after it, and no pair reaches into the next
word. So it is enough to look at each different word once. A *tokenizer*
encodes a new text with the same joins in the same order, and decodes
ids by writing out their bytes. With more joins a text has fewer tokens,
but each token needs a row in the embedding (step 69) and is rarer.

Exercise: a program that writes text shows each token as it comes. But a
token may be only a part of a character. Write stream(tokenizer, ids),
which yields text as soon as it can, but never part of a character.

In the package: dezero/tokenizers/bpe.py, BPE, join and split;
dezero/tokenizers/base.py, Tokenizer and Bytes

Output:
    first joins: _t|he|ou|_a|_the|_w|_s|re|ha|in|_m|_b|nd|it
    joins   vocabulary   bytes per token
        0          256              1.00
       64          320              1.50
      256          512              2.04
     1024         1280              2.71
    S|pe|ak|,|_good|_M|enenius|,|_of|_the|_un|s|pe|ak|able|.
    French: 5 tokens, comes back: True
    Chinese: 6 tokens, comes back: True
    a smile: 4 tokens, comes back: True
    half of the smile: U+FFFD
"""

import re
import sys
from collections import Counter, defaultdict

from dezero.datasets import Shakespeare


class Tokenizer:
    """Has a list of tokens: the id of a token is its place in it."""

    def __len__(self):
        return len(self.tokens)


class Bytes(Tokenizer):
    """Each byte of a text in UTF-8 is a token, and its own id."""

    def __init__(self):
        self.tokens = [bytes([i]) for i in range(256)]

    def encode(self, text):
        """Return the ids of a text."""
        return list(text.encode())

    def decode(self, ids):
        """Return the text of ids."""
        data = b"".join(self.tokens[i] for i in ids)
        return data.decode(errors="replace")


# What is a word? We take the rule of Radford and others (2019): a run
# of letters, of digits or of other characters is a word. So are 's, 't
# and similar endings, and spaces that belong to no other word. The rule
# is meant for any language, but the pattern below knows only ASCII. So
# split searches a copy of the text in which each character outside
# ASCII is replaced by an ASCII character of the same kind.
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
    if char.isnumeric():
        return "0"
    return "\t" if char.isspace() else ","


def split(text):
    """Return the words of a text; put together, they are the text."""
    plain = re.sub(r"[^\x00-\x7f]", kind, text)
    found = re.finditer(WORD, plain, re.ASCII)
    return [text[m.start() : m.end()] for m in found]


def join(word, pair):
    """Return the tokens of a word, each such pair as one token."""
    joined, i = [], 0
    while i < len(word):
        if tuple(word[i : i + 2]) == pair:
            joined.append(pair[0] + pair[1])
            i += 2
        else:
            joined.append(word[i])
            i += 1
    return joined


# A word that occurs a hundred times counts a hundred times, but we join
# its tokens only once. where tells which words contain a pair. After a
# join we count only these words again: we subtract all their old pairs
# and add the new ones. Among equally frequent pairs we take the first
# in the order of bytes, so that everyone who trains on a text gets the
# same tokens. A pair that occurs only once saves nothing.
class BPE(Bytes):
    """The bytes, and pieces that each join two earlier tokens."""

    def __init__(self, tokens):
        self.tokens = list(tokens)
        self.ids = {token: i for i, token in enumerate(self.tokens)}

    @classmethod
    def train(cls, text, merges):
        """Learn up to merges joins from text; return the tokenizer."""
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
        words = split(text)
        ids = {word: self.encode_word(word) for word in set(words)}
        return [i for word in words for i in ids[word]]

    # The pair whose token is the oldest is joined first, as in
    # training. When no pair makes a token any more, the loop ends.
    def encode_word(self, word):
        """Return the ids of a word: its bytes, joined."""
        word = [bytes([i]) for i in word.encode()]
        while len(word) > 1:
            pairs = zip(word, word[1:])
            first = min(
                pairs,
                key=lambda p: self.ids.get(p[0] + p[1], len(self)),
            )
            if first[0] + first[1] not in self.ids:
                break
            word = join(word, first)
        return [self.ids[token] for token in word]


if __name__ == "__main__":
    # A training that stops early has the same first tokens, so one
    # training is enough for the whole table. We encode the last tenth
    # of the text, which training has not seen. Texts in other languages
    # come back unchanged, too. But training saw nothing like them, so
    # nearly every one of their bytes is a token. U+FFFD is the sign for
    # bytes that are no character, such as half of a smile.
    whole = "--full" in sys.argv[1:]
    seen = Shakespeare(train=True, whole=whole).text
    held = Shakespeare(train=False, whole=whole).text
    learned = BPE.train(seen, 1024)
    pieces = [token.decode() for token in learned.tokens[256:270]]
    print("first joins:", "|".join(pieces).replace(" ", "_"))
    print("joins   vocabulary   bytes per token")
    for joins in 0, 64, 256, 1024:
        tokenizer = BPE(learned.tokens[: 256 + joins])
        ids = tokenizer.encode(held)
        share = len(held.encode()) / len(ids)
        print(f"{joins:5}{len(tokenizer):13}{share:18.2f}")

    line = "Speak, good Menenius, of the unspeakable."
    pieces = [learned.decode([i]) for i in learned.encode(line)]
    print("|".join(pieces).replace(" ", "_"))
    texts = {"French": "naïve", "Chinese": "你好", "a smile": "🙂"}
    for name, text in texts.items():
        ids = learned.encode(text)
        same = learned.decode(ids) == text
        print(f"{name}: {len(ids)} tokens, comes back: {same}")
    half = learned.decode(ids[:2])
    print(f"half of the smile: U+{ord(half):X}")
