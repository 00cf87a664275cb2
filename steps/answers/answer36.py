"""Answer to the exercise of step 36.

Both ways give the same vector. hvp needs two backward passes, with
100 numbers as with two: one for the gradient and one for its
product with v. hessian_of needs one for the gradient and one for
each row, 101 together, and a matrix of 10,000 numbers, most of
them 0.

Output:
    100 numbers, the same product: True
    backward passes: hvp 2, hessian_of 101
"""

import numpy as np

from dezero import Variable
from step36 import hessian_of, hvp, rosenbrock


def chain(*xs):
    """Return the sum of rosenbrock over all pairs of neighbours."""
    return sum(rosenbrock(a, b) for a, b in zip(xs, xs[1:]))


def count_passes(f, *arguments):
    """Return the result of f, and how often it called backward."""
    passes, backward = 0, Variable.backward

    def counted(self, **options):
        nonlocal passes
        passes += 1
        return backward(self, **options)

    Variable.backward = counted
    try:
        return f(*arguments), passes
    finally:
        Variable.backward = backward


passes_of_hvp = 2
passes_of_hessian = 101

if __name__ == "__main__":
    point, v = np.random.default_rng(0).normal(size=(2, 100))
    product, few = count_passes(hvp, chain, point, v)
    hessian, many = count_passes(hessian_of(chain), *point)
    same = np.allclose(product, hessian @ v)
    print("100 numbers, the same product:", same)
    print(f"backward passes: hvp {few}, hessian_of {many}")
