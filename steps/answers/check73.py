"""Check of the exercise of step 73: layer_norm by rms_norm."""

import numpy as np

from dezero import as_array

START = '''
import numpy as np
from step73 import layer_norm, rms_norm


def by_rms(x, gamma, beta):
    """Return layer_norm(x, gamma, beta), by rms_norm."""
    raise NotImplementedError("your turn")


# Which notices the change: "layer_norm", "rms_norm", "both" or "none"?
notices_1_added = None
notices_doubled = None


if __name__ == "__main__":
    x = np.random.default_rng(0).normal(size=(2, 4))
    one, zero = np.ones(4), np.zeros(4)
    for moved in x, x + 1, 2 * x:
        print(layer_norm(moved, one, zero), by_rms(moved, one, zero))
        print(rms_norm(moved, one))
'''


def check(mine):
    """Yield (what, expected, got)."""
    x = np.array(
        [[1.0, 3.0], [-2.0, 4.0]]
    )  # means 2 and 1, variances 1 and 9
    y = mine.by_rms(x, np.array([1.0, 2.0]), np.array([0.0, 5.0]))
    eps = 1e-5
    a, b = (1 + eps) ** -0.5, 3 * (9 + eps) ** -0.5
    yield (
        "a row (1, 3) and a row (-2, 4)",
        [[-a, 2 * a + 5], [-b, 2 * b + 5]],
        as_array(getattr(y, "data", y)),
    )
    yield "notices that 1 is added", "rms_norm", mine.notices_1_added
    yield "notices that all x are doubled", "none", mine.notices_doubled
