"""Check of the exercise of step 28: a rate for each step."""

import numpy as np

START = '''
import numpy as np
from dezero.core_simple import Variable
from step28 import rosenbrock


def find_rate(f, point, g):
    """Return the first of 1, 1/2, 1/4, ... for which a step from
    point, an array, against its gradient g gains enough."""
    raise NotImplementedError("your turn")


def steps_needed():
    """Return after how many steps from (0, 2), each with its own
    rate, the gradient of rosenbrock is shorter than 0.001."""
    raise NotImplementedError("your turn")


# And how many steps are needed with the rate 0.0015?
steps_at_0_0015 = None


if __name__ == "__main__":
    print(steps_needed())
'''


def bowl(x, y):
    """A bowl that is ten times as steep along y."""
    return x**2 + 10 * y**2


def check(mine):
    """Yield (what, expected, got)."""
    point, g = np.array([1.0, 0.0]), np.array([2.0, 0.0])
    yield "the rate for x**2 at 1", 0.5, mine.find_rate(bowl, point, g)
    point, g = np.array([0.0, 1.0]), np.array([0.0, 20.0])
    yield (
        "the rate for 10 * y**2 at 1",
        1 / 32,
        mine.find_rate(bowl, point, g),
    )
    # the rounding of another machine may cost or save a few steps
    steps = mine.steps_needed()
    near = bool(700 < steps < 740)
    yield f"steps with a search: {steps}, near 719", True, near
    steps = mine.steps_at_0_0015
    near = bool(9300 < steps < 9340)
    yield f"steps at 0.0015: {steps}, as expected", True, near
