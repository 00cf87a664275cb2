"""Answer to the exercise of step 15.

In the diamond the two ways from y to a are equally long, so the
oldest Function is the right one. In y = a + a**2 one way is
shorter. The sum puts the creator of a on the list first, and the
second square after it. So the creator of a goes back before the
second square has sent anything, and x gets 1 * 4 instead of
(1 + 8) * 4.

Output:
    diamond, oldest first: 64, right
    a + a**2 with a = x**2, oldest first: 4
    by hand, 2 * x + 4 * x**3: 36
"""

import numpy as np

from step15 import Variable, add, diamond, push_back, square


def oldest_first(y):
    """Go back once to each Function, the oldest waiting one first."""
    y.grad = np.ones_like(y.data)
    waiting, seen = [y.creator], {y.creator}
    while waiting:
        func = waiting.pop(0)
        push_back(func)
        for x in func.inputs:
            if x.creator is not None and x.creator not in seen:
                seen.add(x.creator)
                waiting.append(x.creator)


def graph(x):
    """Return a + a**2 with a = x**2: two squares and one sum."""
    a = square(x)
    return add(a, square(a))


if __name__ == "__main__":
    x = Variable(np.array(2.0))
    y, _ = diamond(x)
    oldest_first(y)
    print(f"diamond, oldest first: {x.grad:.0f}, right")

    x = Variable(np.array(2.0))
    oldest_first(graph(x))
    print(f"a + a**2 with a = x**2, oldest first: {x.grad:.0f}")
    by_hand = 2 * x.data + 4 * x.data**3
    print(f"by hand, 2 * x + 4 * x**3: {by_hand:.0f}")
