"""Answer to the exercise of step 52.

If the arrays move once and the loss is read after each of the 300
updates, 6 arrays go and 300 losses come back: 306 moves. If the
arrays move each time, it is 5,100: 16 moves and a loss in every
update. A loss is a single number, but most of a move is waiting: the
GPU must finish first, and starts again only when the program has its
number.

The second part needs a GPU; where there is one, the program measures.
For small matrices the GPU takes about the same time whatever the
size: the time it takes to start an operation. From some size on,
which depends on both machines, the processor takes longer.

Output:
    moved once,      loss read each time: 306
    moved each time, loss read each time: 5,100
    no GPU here, so no times
"""

from timeit import repeat

import numpy as np

from dezero.cuda import as_cupy
from step52 import _find_cupy

once = 6 + 300  # six arrays there, and 300 losses back
each_time = 300 * (6 + 10 + 1)


def milliseconds(x):
    """Return how long a product and its sum take; float waits."""
    times = repeat(lambda: float((x @ x).sum()), number=1, repeat=5)
    return 1000 * min(times)


def measure():
    """Print the times of both modules."""
    for n in 10, 100, 1000, 4000:
        x = np.ones((n, n), np.float32)
        here, there = milliseconds(x), milliseconds(as_cupy(x))
        print(f"{n:5}: NumPy ~{here:.2f} ms, CuPy ~{there:.2f} ms")


if __name__ == "__main__":
    print("moved once,      loss read each time:", once)
    print(f"moved each time, loss read each time: {each_time:,}")
    if _find_cupy() is None:
        print("no GPU here, so no times")
    else:
        measure()
