"""Check of the exercise of step 10: Cube, and two tests for it."""

import contextlib
import io

import numpy as np

from step10 import Function, Variable

START = '''
import numpy as np
from step10 import Function, Variable, gradient_check, random_variable


class Cube(Function):
    """y = x**3"""

    def forward(self, x):
        raise NotImplementedError("your turn")

    def backward(self, gy):
        raise NotImplementedError("your turn")


# Two tests that pass: one fails if forward is wrong, and one fails
# if backward is wrong.
def test_cube_value():
    """2**3 is 8."""


def test_cube_gradient_check():
    """Cube.backward agrees with the measured slope."""
'''


class WrongForward(Function):
    """x**2 in place of x**3, with a backward that fits."""

    def forward(self, x):
        return x**2

    def backward(self, gy):
        return 2 * self.input.data * gy


class WrongBackward(Function):
    """x**3, and a backward that forgot the 3."""

    def forward(self, x):
        return x**3

    def backward(self, gy):
        return self.input.data**2 * gy


def failing(mine, cube):
    """Return how many tests fail when cube takes the place of Cube."""
    own, count = mine.Cube, 0
    mine.Cube = cube
    for test in [
        f for name, f in vars(mine).items() if name.startswith("test_")
    ]:
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                test()
        except AssertionError:
            count += 1
    mine.Cube = own
    return count


def check(mine):
    """Yield (what, expected, got)."""
    x = Variable(np.array([2.0, -1.0]))
    y = mine.Cube()(x)
    yield "the cubes of 2 and -1", [8.0, -1.0], y.data
    y.backward()
    yield "their gradients", [12.0, 3.0], x.grad
    yield "tests that fail for your Cube", 0, failing(mine, mine.Cube)
    yield (
        "does one fail if forward is wrong?",
        True,
        failing(mine, WrongForward) > 0,
    )
    yield (
        "and if backward is wrong?",
        True,
        failing(mine, WrongBackward) > 0,
    )
