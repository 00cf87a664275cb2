"""Answer to the exercise of step 47.

A low temperature pulls the scores apart, so the largest one gets
nearly all of the probability. A high one pushes them together, and
all classes get nearly the same. With probabilities q as labels, the
gradient is p - q: one-hot was only a special case of q. (This
requires that q adds up to 1.)

Output:
    temperature  0.1: [1. 0. 0.]
    temperature    1: [0.66 0.24 0.1 ]
    temperature   10: [0.37 0.33 0.3 ]
    loss 1.4870, gx [ 0.459  -0.2576 -0.2014]
    gx = p - q: True
"""

import numpy as np

from dezero import Variable
from dezero.functions import log
from step47 import softmax


def with_temperature(scores, temperature):
    """Return softmax of the scores, divided by the temperature."""
    return softmax(scores / temperature).data


def soft_cross_entropy(x, q):
    """Return -sum(q * log p) for a row of scores x, p = softmax(x)."""
    return -(q * log(softmax(x))).sum()


def gx_by_hand(x, q):
    """Return the gradient of that loss with respect to x."""
    return softmax(x).data - q


if __name__ == "__main__":
    scores = np.array([[2.0, 1.0, 0.1]])
    for temperature in (0.1, 1, 10):
        p = with_temperature(scores, temperature)[0]
        print(f"temperature {temperature:4}: {p.round(2)}")

    x, q = Variable(scores), np.array([[0.2, 0.5, 0.3]])
    loss = soft_cross_entropy(x, q)
    loss.backward()
    print(f"loss {loss.data:.4f}, gx {x.grad.data.round(4)[0]}")
    print(
        "gx = p - q:", np.allclose(x.grad.data, gx_by_hand(scores, q))
    )
