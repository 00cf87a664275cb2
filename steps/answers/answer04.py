"""Answer to the exercise of step 4.

For exp, too, the best h of this table is 1e-5. Theory says why it
can hardly differ much: truncation costs about h**2, rounding about
1e-16 / h, and the two are equal where h**3 is about 1e-16, at h
near 5e-6. The size of f and of its slopes moves this point only a
little, because of the third root.

Output:
    largest error for exp:   h    central
                         1e-01      1e-01
                         1e-02      1e-03
                         1e-03      1e-05
                         1e-04      1e-07
                         1e-05      1e-09
                         1e-06      1e-08
                         1e-08      1e-06
                         1e-10      1e-04
                         1e-12      1e-02
    best at h = 1e-05
"""

import numpy as np

from step04 import (
    Exp,
    Variable,
    largest_error,
    numerical_diff,
    power_of_ten,
)

best = 1e-5


def error(h):
    """Return the largest error of the central difference of Exp."""
    x = Variable(np.linspace(1.0, 5.0, 101))
    return largest_error(numerical_diff(Exp(), x, h), np.exp(x.data))


if __name__ == "__main__":
    print("largest error for exp:   h    central")
    errors = {}
    for h in (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-8, 1e-10, 1e-12):
        errors[h] = error(h)
        print(f"{h:26.0e}{power_of_ten(errors[h]):>11}")
    print(f"best at h = {min(errors, key=errors.get):.0e}")
