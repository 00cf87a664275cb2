"""Answer to the exercise of step 14.

The Variable between x and y is a = square(x). After the first
backward a.grad is 8, and it stays. The second backward adds 8 to
it and passes the sum, 16, on to x: twice the slope. Together with
the first 32 that makes 32 + 64 = 96, three times the slope. (y.grad
is 1 both times, because backward sets it only when it is empty.)

Output:
    once:  a.grad = 8, x.grad = 32
    twice: a.grad = 16, x.grad = 96
"""

import numpy as np

from step14 import Variable, square

culprit = "a"  # it kept its gradient


def call(number, times):
    """Return a.grad and x.grad after that many y.backward()."""
    x = Variable(np.array(number))
    a = square(x)
    y = square(a)
    for _ in range(times):
        y.backward()
    return a.grad, x.grad


def twice(number):
    """Return a.grad and x.grad after two calls."""
    return call(number, 2)


if __name__ == "__main__":
    print(
        "once:  a.grad = {:.0f}, x.grad = {:.0f}".format(*call(2.0, 1))
    )
    print("twice: a.grad = {:.0f}, x.grad = {:.0f}".format(*twice(2.0)))
