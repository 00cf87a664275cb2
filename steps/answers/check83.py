"""Check of the exercise of step 83: tokens that are likely enough."""

import numpy as np

START = '''
import numpy as np
from step83 import token_probabilities


def min_p(scores, share):
    """Return the probabilities (V,) of what is likely enough."""
    raise NotImplementedError("your turn")


# which of the tokens of the table are left, with share 0.2?
left = ["e", "a", "i", "o", "r"]


if __name__ == "__main__":
    p = np.array([0.6, 0.15, 0.1, 0.1, 0.05])
    print(min_p(np.log(p), 0.2))
'''


def check(mine):
    """Yield (what, expected, got)."""
    for p, share, expected in (
        ([0.6, 0.15, 0.1, 0.1, 0.05], 0.2, [0.8, 0.2, 0, 0, 0]),
        ([0.1, 0.5, 0.1, 0.3], 0.1, [0.1, 0.5, 0.1, 0.3]),
        ([0.1, 0.5, 0.1, 0.3], 0.5, [0, 0.625, 0, 0.375]),
        ([0.2, 0.2, 0.2, 0.4], 0.9, [0, 0, 0, 1]),
        ([0.25] * 4, 0.9, [0.25] * 4),
    ):
        got = mine.min_p(np.log(p), share)
        yield f"p {p}, share {share}", np.array(expected, float), got
    scores = np.array([1001.0, 1000.0, 900.0])
    e = np.exp(1)
    expected = np.array([e, 1, 0]) / (e + 1)
    yield "large scores, share 0.1", expected, mine.min_p(scores, 0.1)
    yield "what is left of the table", ["e", "a"], list(mine.left)
