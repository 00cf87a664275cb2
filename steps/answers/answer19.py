"""Answer to the exercise of step 19.

To decide whether an object counts as true, Python first looks for
__bool__. Where there is none, it asks for the length, because an
empty list or string counts as false. Our Variable has __len__ and
no __bool__, and a 0-d array has no length. __bool__ gives the
better answer: that of the array, which is true unless it is zero.
(For an array of several elements NumPy refuses to decide.)

Output:
    without __bool__: len() of unsized object
    with __bool__: True for 1.0, False for 0.0
"""

import numpy as np

from step19 import Variable


class Decided(Variable):
    """A Variable that is true when its number is not zero."""

    def __bool__(self):
        return bool(self.data)


if __name__ == "__main__":
    try:
        bool(Variable(np.array(1.0)))
    except TypeError as error:
        print(f"without __bool__: {error}")
    one, zero = Decided(np.array(1.0)), Decided(np.array(0.0))
    print(f"with __bool__: {bool(one)} for 1.0, {bool(zero)} for 0.0")
