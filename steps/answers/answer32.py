"""Answer to the exercise of step 32.

Pow's old backward reads the data of x. So what Pow gives back has
no link to x.

In x**4 - 2 * x**2, x is only used by Pow. The first derivative is
right, but there is no path from it to x. After the second pass
x.grad is None, and a third pass fails: None has no backward.

x * x**2 is worse. Half of the links are there, those of Mul. The
second derivative should be 6 * x = 12. It is 8, a wrong number that
looks like any other, and no error tells us. Only a check finds it,
such as the differences of step 4.

Output:
    x**4 - 2 * x**2: 24.0, then None
    the next order: 'NoneType' object has no attribute 'backward'
    x * x**2: 12.0, then 8.0 instead of 12.0
"""

import numpy as np

from step32 import NEW, derivatives, engine, install, quartic

FEWER = {c: f for c, f in NEW.items() if c is not engine.Pow}


def without_pow(f, number, orders=2):
    """Return what derivatives finds when Pow has its old backward."""
    old = install(FEWER)
    try:
        x = engine.Variable(np.array(number))
        return derivatives(f(x), x, orders)
    finally:
        install(old)


if __name__ == "__main__":
    first, second = without_pow(quartic, 2.0)
    print(f"x**4 - 2 * x**2: {first.data}, then {second}")
    try:
        without_pow(quartic, 2.0, orders=3)
    except AttributeError as error:
        print("the next order:", error)

    first, second = without_pow(lambda x: x * x**2, 2.0)
    print(f"x * x**2: {first.data}, then {second.data}", end=" ")
    print("instead of 12.0")
