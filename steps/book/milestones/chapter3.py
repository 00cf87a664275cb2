"""Milestone: Newton's method in a line.

Step 29 needed f'' worked out on paper. Now the gradient is a Variable
with a graph of its own, so the second derivative is one more backward,
and the whole method is one line. Give newton any formula that you
can write in Python, and it looks for a place where the slope is 0.

Try it: start at 7.5. Which place does newton find? Is that a minimum?

Output:
    step 0: x = 5.000000, slope +0.459387
    step 1: x = 4.914325, slope +0.005966
    step 2: x = 4.913181, slope +0.000001
    step 3: x = 4.913180, slope +0.000000
"""

import numpy as np

from dezero import Variable
from dezero.functions import sin


def f(x):
    """Return waves that grow with x."""
    return x * sin(x)


def newton(f, start, steps):
    """Print the steps to a place where the slope of f is 0."""
    x = Variable(np.array(start))
    for i in range(steps + 1):
        x.cleargrad()
        f(x).backward(create_graph=True)
        slope = x.grad
        print(f"step {i}: x = {x.data:.6f}, slope {slope.data:+.6f}")
        x.cleargrad()
        slope.backward()
        x.data = x.data - slope.data / x.grad.data  # the whole method


newton(f, 5.0, 3)
