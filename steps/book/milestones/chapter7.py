"""Milestone: a network of 40 layers that learns.

The spiral of step 48 needs one hidden layer. So 40 of them have an
easy task, but do they learn it at all? Here is a network twice: as
40 layers one behind the other, and with what this chapter has
built, a norm in front of each layer and a way around it. Change
depth, and look how deep each of the two may be.

Output (rtol 0.1):
    one behind the other: loss 1.1,  33 % right
    norm and a way:       loss 0.0,  99 % right
"""

import numpy as np

import dezero.functions as F
from dezero.datasets import Spiral
from dezero.layers import Layer, Linear, RMSNorm
from dezero.models import Sequential
from dezero.optimizers import Adam


class Around(Layer):
    """y = x + relu(norm(x) W + b)."""

    def __init__(self):
        super().__init__()
        self.norm, self.linear = RMSNorm(), Linear(20)

    def forward(self, x):
        """Return x and what is new."""
        return x + F.relu(self.linear(self.norm(x)))


def plain():
    """Return a layer, without norm and without a way around."""
    return Sequential(Linear(20), F.relu)


depth, data = 40, Spiral()
np.random.seed(0)  # noqa: NPY002
for title, kind in ("one behind the other:", plain), ("norm and a way:", Around):
    model = Sequential(Linear(20), *(kind() for _ in range(depth)), Linear(3))
    optimizer = Adam(0.003).setup(model)
    for _ in range(100):
        y = model(data.data)
        loss = F.softmax_cross_entropy(y, data.label)
        model.cleargrads()
        loss.backward()
        optimizer.update()
    right = 100 * F.accuracy(y, data.label).data
    print(f"{title:21} loss {loss.data:.1f}, {right:3.0f} % right")
