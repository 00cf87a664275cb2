"""Check of the exercise of step 41: x @ A @ x.T."""

import numpy as np

from step41 import Variable

START = '''
import numpy as np

from step41 import Variable

# The shape of y = x @ A @ x.T
shape = None


def gradient(x, A):
    """Return the gradient of y in x, for arrays x (1, D), A (D, D):
    written down with the rules of the step, without backward."""
    raise NotImplementedError("your turn")


def symmetric(x, A):
    """Return the same for a symmetric A, with one product only."""
    raise NotImplementedError("your turn")


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    A = rng.normal(size=(3, 3))
    x = Variable(rng.normal(size=(1, 3)))
    # let backward compute it, and compare
'''


def check(mine):
    """Yield (what, expected, got)."""
    yield "the shape of y", (1, 1), mine.shape
    rng = np.random.default_rng(1)
    for D in 1, 3, 5:
        A = rng.normal(size=(D, D))
        x = Variable(rng.normal(size=(1, D)))
        y = x @ A @ x.T
        y.backward()
        got = mine.gradient(x.data, A)
        yield f"the gradient for D = {D}", x.grad.data, got
    S = A + A.T
    x.cleargrad()
    (x @ S @ x.T).backward()
    got = mine.symmetric(x.data, S)
    yield "the gradient for a symmetric A", x.grad.data, got
