"""Answer to the exercise of step 21.

The error names int first, since int is on the left, and the
operator +. int was asked first and declined. Then Python looked for
__radd__ in Variable and found none. x + 1 still works: there the
Variable is on the left, and Python calls x.__add__(1).

Output:
    1 + x: unsupported operand type(s) for +: 'int' and 'Variable'
    x + 1 = variable(4.0)
"""

import numpy as np

from step21 import Variable

if __name__ == "__main__":
    del Variable.__radd__  # in your file: take the method out
    x = Variable(np.array(3.0))
    try:
        1 + x
    except TypeError as error:
        print(f"1 + x: {error}")
    print(f"x + 1 = {x + 1}")
