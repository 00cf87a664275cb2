"""Milestone: a neuron that learns AND.

A neuron multiplies each input by a number of its own, adds all of
them up, adds one number more, and bends the result, so that it stays
between -1 and 1. It needs no more than + - * / and **, which you have
built. Can its three numbers be found, so that the result is near 1
where both inputs are 1, and near -1 everywhere else?

Two inputs, four cases, three numbers: a thousand small steps against
the gradient find them, and each step is a line of arithmetic.

Try it: OR needs other targets. Exclusive or, one input but not both,
cannot be learned like this. Look at the four results, and say why.

Output:
    0 AND 0: -0.98
    0 AND 1: -0.86
    1 AND 0: -0.86
    1 AND 1: +0.84
"""

import numpy as np

from dezero.core_simple import Variable

cases = [(0, 0, -1), (0, 1, -1), (1, 0, -1), (1, 1, 1)]  # and targets
w0, w1, b = (Variable(np.array(start)) for start in (0.1, 0.2, 0.0))


def neuron(x0, x1):
    """Return a number between -1 and 1."""
    z = w0 * x0 + w1 * x1 + b
    return z / (1 + z**2) ** 0.5


for _ in range(1000):
    loss = sum((neuron(x0, x1) - t) ** 2 for x0, x1, t in cases)
    for number in (w0, w1, b):
        number.cleargrad()
    loss.backward()
    for number in (w0, w1, b):
        number.data = number.data - 0.05 * number.grad
for x0, x1, _ in cases:
    print(f"{x0} AND {x1}: {neuron(x0, x1).data:+.2f}")
