"""Check of the exercise of step 33: half of a Hessian."""

from step29 import rosenbrock_hessian
from step33 import rosenbrock

START = '''
import numpy as np
from dezero import Variable
from step33 import rosenbrock


def half_hessian(f, *point):
    """Return the Hessian of f at point, each number off the diagonal
    computed once and copied, and how many backward passes it took."""
    raise NotImplementedError("your turn")


# How many passes does that save, compared with hessian_of?
saved = None


if __name__ == "__main__":
    print(half_hessian(rosenbrock, -1.2, 1.0))
'''


def cubic(x, y, z):
    """A function of three inputs."""
    return x * y + y**2 * z + x**2 * z + z**2


def check(mine):
    """Yield (what, expected, got)."""
    hessian, passes = mine.half_hessian(rosenbrock, -1.2, 1.0)
    yield (
        "rosenbrock at (-1.2, 1)",
        rosenbrock_hessian(-1.2, 1.0),
        hessian,
    )
    yield "backward passes", 3, passes
    hessian, passes = mine.half_hessian(cubic, 1.0, 2.0, 3.0)
    by_hand = [[6.0, 1.0, 2.0], [1.0, 6.0, 4.0], [2.0, 4.0, 2.0]]
    yield (
        "x * y + y**2 * z + x**2 * z + z**2 at (1, 2, 3)",
        by_hand,
        hessian,
    )
    yield "passes saved", 0, mine.saved
