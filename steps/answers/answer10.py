"""Answer to the exercise of step 10.

With 3 for 2, pytest reports three failures: test_square_gradient,
which knows the number; test_square_gradient_check, which measures
it; and test_chain_gradient_check, because the chain has two Squares
in it. test_square_value passes: forward is right.

Cube is Square once more, with a test of each kind.

Output:
    3 in place of 2: backward is off, the check says False
    passed: test_cube_value
    passed: test_cube_gradient_check
"""

import contextlib
import io

import numpy as np

from step10 import Function, Variable, gradient_check, random_variable


class Cube(Function):
    """y = x**3, gx = 3 * x**2 * gy"""

    def forward(self, x):
        return x**3

    def backward(self, gy):
        return 3 * self.input.data**2 * gy


class ThreeForTwo(Function):
    """Square with the bug of the exercise."""

    def forward(self, x):
        return x**2

    def backward(self, gy):
        return 3 * self.input.data * gy


def test_cube_value():
    """2**3 is 8."""
    assert Cube()(Variable(np.array(2.0))).data == 8.0


def test_cube_gradient_check():
    """Cube.backward agrees with the measured slope."""
    assert gradient_check(Cube(), random_variable())


if __name__ == "__main__":
    with contextlib.redirect_stdout(io.StringIO()):
        passed = gradient_check(ThreeForTwo(), random_variable())
    print("3 in place of 2: backward is off, the check says", passed)
    for test in (test_cube_value, test_cube_gradient_check):
        test()
        print("passed:", test.__name__)
