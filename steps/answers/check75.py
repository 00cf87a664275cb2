"""Check of the exercise of step 75: text as soon as it is whole."""

from step75 import BPE, Bytes

START = '''
from step75 import Bytes


def stream(tokenizer, ids):
    """Yield the text of ids in pieces, as soon as each is whole."""
    raise NotImplementedError("your turn")


if __name__ == "__main__":
    for text in "low", "你好", "o🙂!":
        ids = Bytes().encode(text)
        print([ascii(piece) for piece in stream(Bytes(), ids)])
'''


def check(mine):
    """Yield (what, expected, got)."""
    for text in "low", "你好", "o🙂!":
        ids = Bytes().encode(text)
        pieces = [piece for piece in mine.stream(Bytes(), ids) if piece]
        yield f"the pieces of {ascii(text)}", [*text], pieces

    tokenizer = BPE.train("low lower lowest", 3)
    text = "lower 你 lows"
    pieces = list(mine.stream(tokenizer, tokenizer.encode(text)))
    yield "with pieces of words: the text", text, "".join(pieces)
    yield "the first piece", "low", pieces[0] if pieces else None

    seen = []

    def ids():
        for i in "é!".encode():
            seen.append(i)
            yield i

    first = next(iter(mine.stream(Bytes(), ids())))
    yield "the first whole character", "é", first
    yield "it came after so many ids", 2, len(seen)
