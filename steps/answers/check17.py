"""Check of the exercise of step 17: what strong outputs hold."""

from step17 import Square, StrongSquare, without_collector

START = '''
import tracemalloc
import weakref

import numpy as np
from step17 import Square, StrongSquare, Variable, without_collector


# This is drop_results of step 17. Let it also call y.backward() and
# then x.cleargrad() in every round.
def drop_results(square_class, rounds=10):
    """Return how many results are left and the MB they hold."""
    x = Variable(np.ones(1_000_000))
    refs = []
    tracemalloc.start()
    try:
        for _ in range(rounds):
            y = square_class()(x)
            refs.append(weakref.ref(y))
        del y
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return sum(ref() is not None for ref in refs), held / 1e6


# How many arrays of 8 MB does each round leave with StrongSquare?
arrays = None


if __name__ == "__main__":
    print(without_collector(drop_results, StrongSquare))
    print(without_collector(drop_results, Square))
'''


def check(mine):
    """Yield (what, expected, got)."""
    left, mb = without_collector(mine.drop_results, StrongSquare, 3)
    yield "strong outputs, 3 rounds: results left", 3, left
    yield "and MB that they hold, about", 48, round(mb)
    left, mb = without_collector(mine.drop_results, Square, 3)
    yield "weak outputs: results left", 0, left
    yield "and MB that they hold, about", 0, round(mb)
    yield "arrays that each round leaves", 2, mine.arrays
