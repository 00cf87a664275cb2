"""Answer to the exercise of step 1.

A new array in b.data changes box b and nothing else: a still holds
the old array. But b.data[0] = 100.0 changes the array itself, and
both boxes hold this one array, so a sees the change as well. Later
this will matter for gradients: whoever writes into an array must
know who else holds it.

Output:
    b.data replaced: a.data is [1. 2.]
    b.data[0] = 100: a.data is [100.   2.]
"""

import numpy as np

from step01 import Variable

changes_when_replaced = False
changes_when_written = True


def replaced(data):
    """Return a.data after b.data is another array."""
    a, b = Variable(data), Variable(data)
    b.data = np.array([7.0, 8.0])
    return a.data


def written(data):
    """Return a.data after a number was written into b.data."""
    a, b = Variable(data), Variable(data)
    b.data[0] = 100.0
    return a.data


if __name__ == "__main__":
    print("b.data replaced: a.data is", replaced(np.array([1.0, 2.0])))
    print("b.data[0] = 100: a.data is", written(np.array([1.0, 2.0])))
