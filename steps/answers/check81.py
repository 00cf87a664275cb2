"""Check of the exercise of step 81: a GPT's parameters."""

import numpy as np

from dezero.models import GPT

START = '''
import numpy as np
from step81 import GPT


def parameters(V, E, depth, hidden):
    """Return how many numbers a GPT has."""
    raise NotImplementedError("your turn")


# of GPT-2's numbers, from 0 to 1
share_of_embedding = None


if __name__ == "__main__":
    gpt = GPT(61, 64)
    gpt(np.zeros((1, 1), int))  # makes the weights
    print(sum(p.size for p in gpt.params()))
    print(parameters(61, 64, 2, 176))
'''


def check(mine):
    """Yield (what, expected, got)."""
    for V, E, depth, hidden in (
        (61, 64, 2, 176),
        (10, 16, 1, 48),
        (7, 24, 5, 64),
    ):
        gpt = GPT(V, 8, width=E, depth=depth)
        gpt(np.zeros((1, 1), int))
        size = sum(p.size for p in gpt.params())
        what = f"V = {V}, E = {E}, depth {depth}, hidden {hidden}"
        yield what, size, mine.parameters(V, E, depth, hidden)
    yield (
        "the share of the embedding, in hundredths",
        31,
        round(100 * mine.share_of_embedding),
    )
