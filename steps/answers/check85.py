"""Check of the exercise of step 85: scalars that learn."""

import numpy as np

from dezero.models import GPT
from dezero.optimizers import SGD

START = '''
import numpy as np
from dezero.models import GPT
from step85 import ScalarGPT, backward


def update(gpt, rate):
    """Move all numbers of gpt against their gradients; clear these."""
    raise NotImplementedError("your turn")


if __name__ == "__main__":
    np.random.seed(0)
    model = GPT(5, 4, width=4, depth=1, heads=2)
    model(np.zeros((1, 1), int))
    gpt = ScalarGPT(model)
    for _ in range(3):
        loss = gpt.loss([0, 1, 2], [1, 2, 3])
        backward(loss)
        update(gpt, 0.5)
        print(float(loss.data))
'''


def check(mine):
    """Yield (what, expected, got)."""
    from step85 import ScalarGPT, backward, loss_of

    model, rng = GPT(5, 4, width=4, depth=1, heads=2), None
    rng = np.random.default_rng(0)
    model(np.zeros((1, 1), int))
    for p in model.params():
        p.data = rng.normal(0, 0.4, p.shape)
    gpt, optimizer = ScalarGPT(model), SGD(0.5).setup(model)
    x, t = np.array([[0, 1, 2]]), np.array([[1, 2, 3]])
    for i in range(3):
        ours = gpt.loss(x[0], t[0])
        loss = loss_of(model, x, t)
        yield f"the loss after {i} updates", loss.data, ours.data
        model.cleargrads()
        loss.backward()
        optimizer.update()
        backward(ours)
        mine.update(gpt, 0.5)
