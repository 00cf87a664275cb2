"""Check of the exercise of step 4: the table of errors, for exp."""

import math

START = '''
import numpy as np
from step04 import Exp, Variable, largest_error, numerical_diff


def error(h):
    """Return the largest error of the central difference of Exp
    among 101 points between 1 and 5."""
    raise NotImplementedError("your turn")


# Among 1e-1, 1e-2, ... 1e-12, which h is best?
best = None


if __name__ == "__main__":
    for h in (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-8, 1e-10, 1e-12):
        print(f"{h:.0e} {error(h):.0e}")
'''


def check(mine):
    """Yield (what, expected, got)."""
    # exp(x + h) - exp(x - h) is exp(x) * 2 * sinh(h): largest at 5
    for h in (1e-1, 1e-2):
        by_hand = math.exp(5) * (math.sinh(h) / h - 1)
        yield (
            f"the largest error for h = {h:.0e}",
            by_hand,
            mine.error(h),
        )
    small = 1e-10 < mine.error(1e-5) < 1e-8
    yield "for h = 1e-05 it is near 1e-09", True, small
    yield "the best h of the table", 1e-5, mine.best
