"""Answer to the exercise of step 61.

At [5, 1, 4] the first max picks 5 and the second one 4. So the
gradient is 1 at these two places and 0 at the place of 1.

At [5, 5, 1] the result should be 10, but it is 6. Both fives are
winners of the first max, and both get -inf, so the second max finds
only 1. It helps to take the first winner alone, and then the largest
of all others. Near [5, 5, 1] the sum is just the first number plus
the second, and the gradient says so.

Output:
    [5 1 4]: sum 9, gradient [1. 0. 1.]
    [5 5 1]: sum 6, gradient [0.5 0.5 1. ]
    with the first winner alone:
    [5 5 1]: sum 10, gradient [1. 1. 0.]
"""

import numpy as np

from dezero import Variable
from dezero.core import Max, where
from dezero.functions import max

at_a_tie = 6  # what top_two returns at [5, 5, 1]


def top_two(x):
    """Return the sum of the two largest elements; wrong for ties."""
    f = Max()
    return f(x) + max(where(f.winners, -np.inf, x))


def top_two_of_all(x):
    """Return the sum of the two largest elements."""
    first = np.arange(x.size) == x.data.argmax()
    return where(first, x, 0.0).sum() + max(where(first, -np.inf, x))


def show(f, x):
    """Print the value and the gradient of f at x."""
    x = Variable(np.array(x, dtype=float))
    y = f(x)
    y.backward()
    numbers = x.data.astype(int)
    print(f"{numbers}: sum {y.data:.0f}, gradient {x.grad.data}")


if __name__ == "__main__":
    show(top_two, [5, 1, 4])
    show(top_two, [5, 5, 1])
    print("with the first winner alone:")
    show(top_two_of_all, [5, 5, 1])
