"""Answer to the exercise of step 16.

In this graph up to 1,024 Functions wait at the same time, and max
looks at every one of them before each turn. The heap keeps the
smallest entry in front. To put an entry in or to take one out, it
needs at most about ten comparisons while 1,024 wait, because 1,024
can be halved ten times.

heapq puts the smallest first, so the generation gets a minus sign.
Two entries of one generation are compared by their numbers, because
Functions have no order of their own.

For n squares max looks n * n times: with twice the squares, four
times as often. The heap then compares little more than twice as
often. In a long chain only one Function waits, and both cost next
to nothing. (The package sorts all Functions once, which costs about
as much as the heap.)

Output:
    squares  max looks at  the heap compares
        256         65536               3888
        512        262144               8817
       1024       1048576              19705
"""

import heapq

import numpy as np

from step16 import Variable, add, square


def sum_of_squares(n):
    """Return the sum of n squares, added in pairs of pairs."""
    x = Variable(np.array(1.0))
    terms = [square(x) for _ in range(n)]
    while len(terms) > 1:
        pairs = zip(terms[::2], terms[1::2])
        terms = [add(a, b) for a, b in pairs]
    return terms[0]


def looks_of_max(y):
    """Go through the graph as step 16 does; count looks of max."""
    waiting, looks = [y.creator], 0
    while waiting:
        looks += len(waiting)
        func = max(waiting, key=lambda func: func.generation)
        waiting.remove(func)
        for x in func.inputs:
            if x.creator is not None and x.creator not in waiting:
                waiting.append(x.creator)
    return looks


class Entry:
    """A waiting Function in the heap; comparisons are counted."""

    compared = 0

    def __init__(self, func, number):
        self.func = func
        self.key = (-func.generation, number)

    def __lt__(self, other):
        Entry.compared += 1
        return self.key < other.key


def comparisons_of_heap(y):
    """Go through the graph with a heap; count its comparisons."""
    Entry.compared = 0
    waiting, seen = [Entry(y.creator, 0)], {y.creator}
    while waiting:
        func = heapq.heappop(waiting).func
        for x in func.inputs:
            if x.creator is not None and x.creator not in seen:
                seen.add(x.creator)
                heapq.heappush(waiting, Entry(x.creator, len(seen)))
    return Entry.compared


if __name__ == "__main__":
    print("squares  max looks at  the heap compares")
    for n in (256, 512, 1024):
        y = sum_of_squares(n)
        looks, compared = looks_of_max(y), comparisons_of_heap(y)
        print(f"{n:7}{looks:14}{compared:19}")
