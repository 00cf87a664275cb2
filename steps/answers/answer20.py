"""Answer to the exercise of step 20.

The gradient of each factor is the product of the two others: b * c,
a * c and a * b. Python multiplies from left to right, (a * b) * c.
You can tell by the inputs of the last product: the first one was
computed by a Mul, and the second one is c itself.

Output:
    gradients: a 15.0, b 10.0, c 6.0
    inputs[0] of the last product was computed: True
    inputs[1] is c: True
"""

import numpy as np

from step20 import Variable

first = "a * b"


def gradients(a, b, c):
    """Return the gradients of a * b * c, by backward."""
    xs = [Variable(np.array(n)) for n in (a, b, c)]
    (xs[0] * xs[1] * xs[2]).backward()
    return [x.grad for x in xs]


if __name__ == "__main__":
    print(
        "gradients: a {}, b {}, c {}".format(*gradients(2.0, 3.0, 5.0))
    )
    a, b, c = [Variable(np.array(n)) for n in (2.0, 3.0, 5.0)]
    y = a * b * c
    product, second = y.creator.inputs
    computed = product.creator is not None
    print(f"inputs[0] of the last product was computed: {computed}")
    print(f"inputs[1] is c: {second is c}")
