"""Answer to the exercise of step 75.

Bytes that do not complete a character wait for the bytes of the next
token. decode raises UnicodeDecodeError as long as some are missing,
since the first byte of a character says how many bytes it has. Each
letter of English is one byte, so it never waits.

Python's codecs.getincrementaldecoder does the same, and also returns
the whole characters before an incomplete one. Bytes that belong to no
character would wait forever here. A model can write such bytes, so
real programs give up after four bytes, the longest a character can be.

Output:
    'low' in 3 pieces: 'l' 'o' 'w'
    '\\u4f60\\u597d' in 2 pieces: '\\u4f60' '\\u597d'
    'o\\U0001f642!' in 3 pieces: 'o' '\\U0001f642' '!'
"""

from step75 import Bytes


def stream(tokenizer, ids):
    """Yield the text of ids in pieces, as soon as each is whole."""
    waiting = b""
    for i in ids:
        waiting += tokenizer.tokens[i]
        try:
            text = waiting.decode()
        except UnicodeDecodeError:  # some bytes are still missing
            continue
        yield text
        waiting = b""


if __name__ == "__main__":
    for text in "low", "你好", "o🙂!":
        pieces = list(stream(Bytes(), Bytes().encode(text)))
        print(f"{ascii(text)} in {len(pieces)} pieces:", end=" ")
        print(*map(ascii, pieces))
