"""Answer to the exercise of step 22.

Pow says nan, "not a number". Its formula is c * x**(c - 1), here
0 * 0**(-1). NumPy computes 0**(-1) first, which is infinite, and 0
times infinity has no value. The repair is to answer 0 for c = 0
before anything is computed.

Output:
    Pow at x = 0, c = 0: nan
    repaired: 0.0
    and x**3 at 2 is still: 12.0
"""

import numpy as np

from step22 import Pow, Variable


class RepairedPow(Pow):
    """Pow with the right gradient for c = 0."""

    def backward(self, gy):
        if self.c == 0:
            return 0 * gy
        return super().backward(gy)


def slope(pow_class, x, c):
    """Return the gradient of x**c at x."""
    x = Variable(np.array(x))
    with np.errstate(all="ignore"):  # NumPy warns of the infinity
        pow_class(c)(x).backward()
    return x.grad


if __name__ == "__main__":
    print(f"Pow at x = 0, c = 0: {slope(Pow, 0.0, 0)}")
    print(f"repaired: {slope(RepairedPow, 0.0, 0)}")
    print(f"and x**3 at 2 is still: {slope(RepairedPow, 2.0, 3)}")
