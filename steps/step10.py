"""Step 10. Testing: compute it in two ways, and compare.

How do we know that a gradient is right? A wrong one looks like any
other number. So we compare each Function with numbers that come
from somewhere else:

    expected values   worked out by hand: 3**2 is 9, its slope 6
    gradient check    measured by step 4's numerical_diff

           +--> backward -----> x.grad --+
    x, f --+                             +-- equal?
           +--> f(x +- h) --> measured --+

The two sides of a *gradient check* share nothing but f, so they
hardly ever agree by accident. A gradient check needs no expected
values, so we can run it at random points, instead of points that we
chose because they are easy. (Random, but the same in each run,
thanks to a seed: then you can look at a failure again.)

pytest finds the functions in a file whose names begin with test_,
calls each, and reports every assert that does not hold:

    pip install pytest
    pytest steps/step10.py

Run as a program, this file calls its tests itself. Then it shows a
bug that is caught: a Square whose backward has forgotten the 2.

Now we can trust our chains. But no chain has x + y in it, because
a Function has one input and one output. Chapter 2 begins with
Functions that have several.

Exercise: copy this file to my10.py, change 2 to 3 in
Square.backward there, run pytest my10.py and read what it says.
Then write a Function Cube, y = x**3, and two tests for it.

In the package: dezero/gradcheck.py, gradient_check

Output:
    passed: test_square_value
    passed: test_square_gradient
    passed: test_square_gradient_check
    passed: test_exp_gradient_check
    passed: test_chain_gradient_check
    bug: y = 9.0000, x.grad = 3.0000
    gradient_check: backward is off by up to 3.0000
    check: False
"""

import numpy as np


# Measured and computed never agree in all digits, so np.allclose
# allows a relative difference rtol and an absolute difference atol.
def gradient_check(f, x, rtol=1e-4, atol=1e-5):
    """Return whether backward and numerical_diff agree at x.

    Like numerical_diff, it works only for an f that treats each
    element of x by itself.
    """
    x = Variable(x.data)  # the caller's grad stays as it is
    f(x).backward()
    measured = numerical_diff(f, x)
    if np.allclose(x.grad, measured, rtol=rtol, atol=atol):
        return True
    gap = np.max(np.abs(x.grad - measured))
    print(f"gradient_check: backward is off by up to {gap:.4f}")
    return False


def random_variable():
    """Return ten random numbers, the same on each run."""
    rng = np.random.default_rng(0)
    return Variable(rng.normal(size=10))


def test_square_value():
    """3**2 is 9."""
    y = square(Variable(np.array(3.0)))
    assert y.data == 9.0


def test_square_gradient():
    """The slope of x**2 at 3 is 2 * 3."""
    x = Variable(np.array(3.0))
    square(x).backward()
    assert x.grad == 6.0


def test_square_gradient_check():
    """Square.backward agrees with the measured slope."""
    assert gradient_check(square, random_variable())


def test_exp_gradient_check():
    """Exp.backward agrees with the measured slope."""
    assert gradient_check(exp, random_variable())


def test_chain_gradient_check():
    """So does a whole chain."""

    def chain(x):
        return square(exp(square(x)))

    assert gradient_check(chain, random_variable())


# A check that never fails would be worth nothing. WrongSquare, at
# the end of this file, is wrong on purpose, and must be caught. (The
# program below leaves this test to pytest, and shows the bug itself.)
def test_wrong_backward_is_caught():
    """gradient_check says no to a wrong backward."""
    assert not gradient_check(WrongSquare(), random_variable())


# --- carried over ---
class Variable:
    """A box that holds an ndarray, its gradient and its creator."""

    def __init__(self, data):
        if data is not None and not isinstance(data, np.ndarray):
            raise TypeError(
                f"Variable: {type(data).__name__} is not supported; "
                "wrap the value: Variable(np.array(...)) (see step 9)"
            )
        self.data = data
        self.grad = None
        self.creator = None

    def backward(self):
        """Fill in grad of every Variable that led to this one."""
        if self.grad is None:
            self.grad = np.ones_like(self.data)
        waiting = [] if self.creator is None else [self.creator]
        while waiting:
            func = waiting.pop()
            x, y = func.input, func.output
            x.grad = func.backward(y.grad)
            if x.creator is not None:
                waiting.append(x.creator)

    def set_creator(self, func):
        """Remember the Function that computed this Variable."""
        self.creator = func


class Function:
    """Base class: a call takes a Variable and returns a new one.

    forward computes the result, backward the gradient; input and
    output are the Variables of the call.
    """

    def __call__(self, input):
        y = self.forward(input.data)
        output = Variable(as_array(y))
        output.set_creator(self)
        self.input = input
        self.output = output
        return output

    def forward(self, x):
        """Return the result for the ndarray x; subclasses say how."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a forward(x)"
        )

    def backward(self, gy):
        """Return the gradient of the input, given the output's."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a backward(gy)"
        )


class Square(Function):
    """y = x**2, gx = 2 * x * gy"""

    def backward(self, gy):
        return 2 * self.input.data * gy

    def forward(self, x):
        return x**2


class Exp(Function):
    """y = e**x, gx = e**x * gy"""

    def backward(self, gy):
        return np.exp(self.input.data) * gy

    def forward(self, x):
        return np.exp(x)


def as_array(x):
    """Return x, a number turned into a 0-d ndarray."""
    if np.isscalar(x):
        return np.array(x)
    return x


def square(x):
    """Return x**2 as a Variable."""
    return Square()(x)


def exp(x):
    """Return e**x as a Variable."""
    return Exp()(x)


def numerical_diff(f, x, h=1e-4):
    """Return the slope of f at x by a central difference."""
    # np.array: a box holds an ndarray, a sum may be a bare number
    right = f(Variable(np.array(x.data + h)))
    left = f(Variable(np.array(x.data - h)))
    return (right.data - left.data) / (2 * h)


# --- new in this step ---
class WrongSquare(Square):
    """Square with a bug: backward forgot the 2."""

    def backward(self, gy):
        return self.input.data * gy


if __name__ == "__main__":
    tests = [
        test_square_value,
        test_square_gradient,
        test_square_gradient_check,
        test_exp_gradient_check,
        test_chain_gradient_check,
    ]
    for test in tests:
        test()
        print("passed:", test.__name__)

    x = Variable(np.array(3.0))
    y = WrongSquare()(x)
    y.backward()
    print(f"bug: y = {y.data:.4f}, x.grad = {x.grad:.4f}")
    print("check:", gradient_check(WrongSquare(), x))
