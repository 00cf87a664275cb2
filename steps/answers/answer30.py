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

if __name__ == "__main__":
    x = Variable(np.array(2.0))
    g = 4 * x**3 - 4 * x
    print(f"x is 2: g is {g.data:.0f}")

    x.data = np.array(3.0)
    replay(g)
    print(f"x is 3: g, replayed, is {g.data:.0f}")

    x.cleargrad()
    g.backward()
    print(f"g.backward() leaves {x.grad:.0f}", end="; ")
    print(f"12 * x**2 - 4 is {12 * x.data**2 - 4:.0f}")
