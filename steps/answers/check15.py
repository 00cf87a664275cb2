"""Check of the exercise of step 15: the oldest Function first."""

import numpy as np

from step15 import Variable, diamond

START = '''
import numpy as np
from step15 import Variable, add, diamond, push_back, square


def oldest_first(y):
    """Go back from y once to each Function, the oldest waiting one
    first."""
    raise NotImplementedError("your turn")


def graph(x):
    """Return y, made of x by two squares and one sum, for which
    oldest_first goes wrong."""
    raise NotImplementedError("your turn")


if __name__ == "__main__":
    x = Variable(np.array(2.0))
    y, _ = diamond(x)
    oldest_first(y)
    print(x.grad)
'''


def functions(y):
    """Return the names of the Functions behind y, each once, sorted."""
    found, waiting = set(), [y.creator]
    while waiting:
        func = waiting.pop()
        if func is not None and func not in found:
            found.add(func)
            waiting += [x.creator for x in func.inputs]
    return sorted(type(func).__name__ for func in found)


def check(mine):
    """Yield (what, expected, got)."""
    x = Variable(np.array(2.0))
    y, _ = diamond(x)
    mine.oldest_first(y)
    yield "the diamond, oldest first", 64.0, x.grad
    x = Variable(np.array(2.0))
    y = mine.graph(x)
    yield (
        "what your graph is made of",
        ["Add", "Square", "Square"],
        functions(y),
    )
    mine.oldest_first(y)
    right, left = [
        mine.graph(Variable(np.array(2.0 + h))) for h in (1e-4, -1e-4)
    ]
    slope = float(right.data - left.data) / 2e-4
    wrong = bool(abs(x.grad - slope) > 1e-3)
    yield f"its slope is {slope:.0f}; does it go wrong?", True, wrong
