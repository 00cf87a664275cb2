"""Answer to the exercise of step 35.

No: from the third order on the graphs are larger. The derivative of
y * y is two products, gy * y and gy * y. That of y**2 is computed
as 2 * y**1 * gy: a power and two products, and each further order
differentiates this power again.

Output:
    order  y * y  y**2
        1      4     4
        2      9     9
        3     21    23
        4     51    59
        5    129   153
"""

import numpy as np

from dezero import Variable
from step35 import Tanh, count_functions, derivatives


class PowTanh(Tanh):
    """y = tanh(x), so gx = gy * (1 - y**2)."""

    def backward(self, gy):
        y = self.output()
        return gy * (1 - y**2)


smaller = False  # the graphs of the higher derivatives

if __name__ == "__main__":
    counts = []
    for kind in (Tanh, PowTanh):
        x = Variable(np.array(1.0))
        orders = derivatives(kind()(x), x, 5)
        counts.append([count_functions(y) for y in orders])
    print("order  y * y  y**2")
    for n, (a, b) in enumerate(zip(*counts), start=1):
        print(f"{n:5}{a:7}{b:6}")
