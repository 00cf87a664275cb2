"""Check of the exercise of step 84: a text read in pieces."""

import numpy as np

from dezero import no_grad
from dezero.models import GPT

START = '''
import numpy as np
from dezero import no_grad
from dezero.layers import KVCache
from dezero.models import GPT


def read(model, ids, size):
    """Return the scores (T, V) of ids, read in pieces of size."""
    raise NotImplementedError("your turn")


# Which sizes give the scores of a single pass: "all", "one" (only
# size 1) or "divisors" (of the number of tokens)?
same_for = None


if __name__ == "__main__":
    model = GPT(20, context=60)
    ids = np.arange(20)
    print(read(model, ids, 6).shape)
'''


def random_gpt():
    """Return a GPT in float64 whose blocks do something."""
    rng = np.random.default_rng(0)
    model = GPT(7, context=12, width=8, heads=2)
    model(np.array([[0]]))
    for p in model.params():
        p.data = rng.normal(0, 0.3, p.shape)
    return model


def check(mine):
    """Yield (what, expected, got)."""
    model, sizes = random_gpt(), []
    ids = np.random.default_rng(1).integers(7, size=12)
    with no_grad():
        whole = model(ids[None]).data[0]
    embed = model.embedding.forward

    def counted(ids):
        sizes.append(np.shape(ids)[1])
        return embed(ids)

    model.embedding.forward = counted
    for T, size in (12, 1), (12, 4), (11, 5), (3, 8):
        sizes.clear()
        got = mine.read(model, ids[:T], size)
        what = f"{T} tokens in pieces of {size}: "
        yield what + "scores", whole[:T], np.asarray(got, float)
        pieces = [min(size, T - t) for t in range(0, T, size)]
        yield what + "sizes of the passes", pieces, list(sizes)
    yield "which sizes give the same scores", "all", mine.same_for
