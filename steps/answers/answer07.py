"""Answer to the exercise of step 7.

history walks back as backward does: from a Variable to its creator,
from there to the input, until there is no creator any more. Going
back, the last Function comes first, so the list is turned around at
the end. For x itself the list is empty.

Output:
    ['Square', 'Exp', 'Square']
    []
    1000 Functions
"""

import numpy as np

from step07 import Exp, Square, Variable


def history(y):
    """Return the names of the Functions behind y, first one first."""
    names = []
    while y.creator is not None:
        names.append(type(y.creator).__name__)
        y = y.creator.input
    return names[::-1]


if __name__ == "__main__":
    x = Variable(np.array(0.5))
    print(history(Square()(Exp()(Square()(x)))))
    print(history(x))

    y = x
    for _ in range(1000):
        y = Square()(y)
    print(len(history(y)), "Functions")
