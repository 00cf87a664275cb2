"""Check of the exercise of step 16: max, and a heap."""

START = '''
import heapq

import numpy as np
from step16 import Variable, add, square


def sum_of_squares(n):
    """Return the sum of n squares, added in pairs, and the sums
    again in pairs."""
    raise NotImplementedError("your turn")


def looks_of_max(y):
    """Go through the graph as backward does, and return how many
    waiting Functions max looks at in all."""
    raise NotImplementedError("your turn")


def comparisons_of_heap(y):
    """Go through the graph with a heap, and return how many times
    it compares two Functions."""
    raise NotImplementedError("your turn")


if __name__ == "__main__":
    y = sum_of_squares(1024)
    print(looks_of_max(y), comparisons_of_heap(y))
'''


def check(mine):
    """Yield (what, expected, got)."""
    y = mine.sum_of_squares(8)
    yield "a sum of 8 squares: its generation", 4, y.generation
    yield "looks of max for 8 squares", 64, mine.looks_of_max(y)
    y = mine.sum_of_squares(256)
    yield "looks of max for 256 squares", 65536, mine.looks_of_max(y)
    # every Function goes in and out: at least once, at most 2 * log2(n)
    compared = mine.comparisons_of_heap(y)
    few = bool(511 <= compared <= 511 * 2 * 9)
    yield (
        f"the heap compares {compared} times: between 511 and 9198",
        True,
        few,
    )
