"""Answer to the exercise of step 30.

g is computed with Variables, so it has a graph. At x = 3, replay
makes it 96, the right slope there. And g.backward() leaves 104 in
x.grad: this is 12 * x**2 - 4 at x = 3, the second derivative of y.
A gradient with a graph can be differentiated.

Output:
    x is 2: g is 24
    x is 3: g, replayed, is 96
    g.backward() leaves 104; 12 * x**2 - 4 is 104
"""

import numpy as np

from dezero.core_simple import Variable
from step30 import replay

what = "the second derivative"  # is in x.grad at the end


def by_hand(number):
    """Return g, replayed with number in x, and x.grad then."""
    x = Variable(np.array(2.0))
    g = 4 * x**3 - 4 * x
    x.data = np.array(number)
    replay(g)
    g.backward()
    return g.data, x.grad


if __name__ == "__main__":
    x = Variable(np.array(2.0))
    g = 4 * x**3 - 4 * x
    print(f"x is 2: g is {g.data:.0f}")

    slope, second = by_hand(3.0)
    print(f"x is 3: g, replayed, is {slope:.0f}")
    print(f"g.backward() leaves {second:.0f}", end="; ")
    print(f"12 * x**2 - 4 is {12 * 3.0**2 - 4:.0f}")
