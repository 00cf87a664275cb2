"""Answer to the exercise of step 17.

About 160 MB. Each round leaves two arrays of 8 MB: the data of y,
and y.grad, the array of ones that backward starts with.
x.cleargrad() frees the gradient of x. y.grad goes only with y, and
y is caught in the cycle. With weak outputs both are freed in every
round.

Output:
    strong outputs: 10, about 160 MB
    weak outputs:    0, about 0 MB
"""

import tracemalloc
import weakref

import numpy as np

from step17 import Square, StrongSquare, Variable, without_collector


def drop_results(square_class, rounds=10):
    """Do as in step 17, but call backward in every round."""
    x = Variable(np.ones(1_000_000))
    refs = []
    tracemalloc.start()
    try:
        for _ in range(rounds):
            y = square_class()(x)
            y.backward()
            x.cleargrad()
            refs.append(weakref.ref(y))
        del y
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return sum(ref() is not None for ref in refs), held / 1e6


arrays = 2  # that each round leaves: the data of y, and y.grad

if __name__ == "__main__":
    left, mb = without_collector(drop_results, StrongSquare)
    print(f"strong outputs: {left:2}, about {round(mb, -1):.0f} MB")
    left, mb = without_collector(drop_results, Square)
    print(f"weak outputs:   {left:2}, about {round(mb, -1):.0f} MB")
