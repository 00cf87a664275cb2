"""Answer to the exercise of step 84.

Every size gives the scores of a single pass, up to rounding. It does
not matter to the cache in which pieces its tokens arrive: size 1 is how
a text is written, and size T is the prefill. The last piece may be
shorter.

Why read in pieces? A pass over T places makes a table of T times T
weights in each head. With pieces of 16 tokens the largest table has 16
times T. So a long prompt can be read with little memory. And between
two pieces, a server that writes several texts can write a token of each
(chunked prefill; Agrawal and others, 2023).

Output:
    size   1: the same scores True, 60 passes
    size   7: the same scores True, 9 passes
    size  60: the same scores True, 1 passes
    size 100: the same scores True, 1 passes
"""

import numpy as np

from dezero import no_grad
from dezero.layers import KVCache
from dezero.models import GPT


def read(model, ids, size):
    """Return the scores (T, V) of ids, read in pieces of size."""
    caches = [KVCache() for _ in model.blocks.layers]
    with no_grad():
        parts = [
            model(np.array([ids[t : t + size]]), caches).data[0]
            for t in range(0, len(ids), size)
        ]
    return np.concatenate(parts)


same_for = "all"


if __name__ == "__main__":
    np.random.seed(0)  # noqa: NPY002
    rng = np.random.default_rng(0)
    model = GPT(20, context=60, width=32)
    model(np.array([[0]]))
    for p in model.params():
        p.data += rng.normal(0, 0.1, p.shape).astype(np.float32)
    ids = rng.integers(20, size=60)
    whole = read(model, ids, 60)
    for size in 1, 7, 60, 100:
        same = np.allclose(read(model, ids, size), whole, atol=1e-4)
        passes = len(range(0, 60, size))
        print(f"size {size:3}: the same scores {same}, {passes} passes")
