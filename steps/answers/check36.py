"""Check of the exercise of step 36: H @ v for 100 numbers."""

import numpy as np

from step36 import hvp

START = '''
import numpy as np
from step36 import hessian_of, hvp, rosenbrock


def chain(*xs):
    """Return the sum of rosenbrock(a, b) over all pairs of
    neighbours."""
    raise NotImplementedError("your turn")


# How many backward passes for 100 numbers?
passes_of_hvp = None
passes_of_hessian = None


if __name__ == "__main__":
    point, v = np.random.default_rng(0).normal(size=(2, 100))
    product = hvp(chain, point, v)
    print(np.allclose(product, hessian_of(chain)(*point) @ v))
'''


def check(mine):
    """Yield (what, expected, got)."""
    yield "the chain of 1, 2 and 3", 201.0, mine.chain(1.0, 2.0, 3.0)
    n = 100
    x, v = np.random.default_rng(0).normal(size=(2, n))
    H = np.zeros((n, n))  # by hand, from the terms of one pair
    for i in range(n - 1):
        H[i, i] += 1200 * x[i] ** 2 - 400 * x[i + 1] + 2
        H[i + 1, i + 1] += 200
        H[i, i + 1] = H[i + 1, i] = -400 * x[i]
    yield "H @ v for 100 numbers, by hvp", H @ v, hvp(mine.chain, x, v)
    yield "passes of hvp", 2, mine.passes_of_hvp
    yield "passes of hessian_of", 101, mine.passes_of_hessian
