"""Check of the exercise of step 47: temperature, and soft labels."""

import numpy as np

from dezero import Variable

START = '''
import numpy as np

from dezero import Variable
from dezero.functions import log
from step47 import softmax


def with_temperature(scores, temperature):
    """Return p (N, K), an array: softmax of the scores (N, K),
    divided by the temperature."""
    raise NotImplementedError("your turn")


def soft_cross_entropy(x, q):
    """Return -sum(q * log p), p = softmax(x), as a Variable; x (N, K)
    and q (N, K), whose rows are probabilities."""
    raise NotImplementedError("your turn")


def gx_by_hand(x, q):
    """Return its gradient in x, an array, without backward."""
    raise NotImplementedError("your turn")


if __name__ == "__main__":
    scores = np.array([[2.0, 1.0, 0.1]])
    for temperature in (0.1, 1, 10):
        print(with_temperature(scores, temperature))
'''


def check(mine):
    """Yield (what, expected, got)."""
    scores = np.log([[1.0, 2.0, 5.0]])
    for temperature, p in [
        (1, [[0.125, 0.25, 0.625]]),
        (0.5, [[1 / 30, 4 / 30, 25 / 30]]),
    ]:
        got = mine.with_temperature(scores, temperature)
        yield f"p of log 1, 2, 5 at temperature {temperature}", p, got
    cold = mine.with_temperature(np.array([[2.0, 1.0, 0.1]]), 0.01)
    yield "p of 2, 1, 0.1 at 0.01", [[1.0, 0.0, 0.0]], cold.round(9)

    x, q = Variable(scores), np.array([[0.5, 0.25, 0.25]])
    loss = mine.soft_cross_entropy(x, q)
    p = np.array([0.125, 0.25, 0.625])
    expected = -(q * np.log(p)).sum()
    yield "the loss for q = 0.5, 0.25, 0.25", expected, float(loss.data)
    loss.backward()
    yield "its gx by backward", [[-0.375, 0.0, 0.375]], x.grad
    got = mine.gx_by_hand(scores, q)
    yield "its gx by hand", [[-0.375, 0.0, 0.375]], got
    x = np.random.default_rng(0).normal(size=(3, 4))
    q = np.random.default_rng(1).dirichlet(np.ones(4), size=3)
    v = Variable(x)
    mine.soft_cross_entropy(v, q).backward()
    got = mine.gx_by_hand(x, q)
    yield "three rows: gx by backward and by hand", v.grad.data, got
