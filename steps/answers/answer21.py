"""Answer to the exercise of step 21.

The error names the operator + and, of the two classes, int first,
because int is on the left. int was asked first and declined. Then
Python looked for __radd__ in Variable and found none. x + 1 still
works: there the Variable is on the left, and Python calls
x.__add__(1).

Output:
    1 + x: unsupported operand type(s) for +: 'int' and 'Variable'
    x + 1 = variable(4.0)
"""

import numpy as np

from step21 import Variable

method = "__add__"  # which Python calls for x + 1


def message():
    """Return the error of 1 + x without __radd__."""
    method = Variable.__radd__
    del Variable.__radd__  # in your file: take the method out
    try:
        return str(1 + Variable(np.array(3.0)))
    except TypeError as error:
        return str(error)
    finally:
        Variable.__radd__ = method


if __name__ == "__main__":
    print(f"1 + x: {message()}")
    print(f"x + 1 = {Variable(np.array(3.0)) + 1}")
