"""Check of the exercise of step 21: what __radd__ is good for."""

START = '''
import numpy as np
from step21 import Variable

# Take __radd__ out: here by a line, in your step by your editor.
# Then look at the error of 1 + x.


def message():
    """Return the text of the error that 1 + x raises without
    __radd__."""
    raise NotImplementedError("your turn")


# Which method of x does Python call for x + 1? "__add__", "__len__"?
method = None


if __name__ == "__main__":
    print(message())
'''


def check(mine):
    """Yield (what, expected, got)."""
    text = mine.message()
    where = [text.find(word) for word in ("+", "int", "Variable")]
    yield "the message names the operator +", True, where[0] >= 0
    yield "it names int, then Variable", True, 0 <= where[1] < where[2]
    yield "x + 1 calls", "__add__", mine.method
