"""Answer to the exercise of step 8.

Python's limit counts all calls that wait, also those from before:
the program itself, and whatever started it (a test, a notebook).
Each Function of the chain adds one more call, and backward inside
it needs room for a moment as well. So fewer Functions fit than the
limit says. How many fewer depends on where you call from; here the
limit is counted from the present depth.

Output:
    n = 100: fine
    n = 200: fine
    n = 400: fine
    n = 800: fine
    n = 1600: RecursionError
    just below the limit, by less than 50: True
"""

import sys

import numpy as np

from step08 import Variable, backward_recursive, grow


def survives(n):
    """Say whether the recursive way manages a chain of n Functions."""
    y = grow(Variable(np.array(1.0)), n)
    y.grad = np.array(1.0)
    try:
        backward_recursive(y)
    except RecursionError:
        return False
    return True


shorter = True  # than sys.getrecursionlimit()


def depth():
    """Return how many calls wait now."""
    frame, count = sys._getframe(1), 0
    while frame is not None:
        frame, count = frame.f_back, count + 1
    return count


if __name__ == "__main__":
    for n in (100, 200, 400, 800, 1600):
        print(f"n = {n}:", "fine" if survives(n) else "RecursionError")
        if not survives(n):
            break

    most = max(n for n in range(800, 1600) if survives(n))
    left = sys.getrecursionlimit() - depth() - most
    print("just below the limit, by less than 50:", 0 <= left < 50)
