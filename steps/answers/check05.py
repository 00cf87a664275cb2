"""Check of the exercise of step 5: one input, n outputs."""

START = '''
import numpy as np
from step05 import from_input, from_output


def counts(n):
    """Return how many multiplications from_output and from_input
    need for one input and n outputs, as a pair."""
    raise NotImplementedError("your turn")


def square_counts(n):
    """Return both counts for three tables that are (n, n)."""
    raise NotImplementedError("your turn")


if __name__ == "__main__":
    print(counts(20), square_counts(20))
'''


def check(mine):
    """Yield (what, expected, got)."""
    for n in (3, 10):
        both = (n**3 + n**2, 2 * n**2)
        yield (
            f"one input, {n} outputs: both counts",
            both,
            mine.counts(n),
        )
    yield (
        "all tables (4, 4): both counts",
        (2 * 4**3, 2 * 4**3),
        mine.square_counts(4),
    )
