"""Check of the exercise of step 19: a Variable, true or false."""

import numpy as np

START = '''
import numpy as np
from step19 import Variable


class Decided(Variable):
    """A Variable that is true when its number is not zero."""

    # your turn: write the method that `if y:` asks first


if __name__ == "__main__":
    print(bool(Decided(np.array(1.0))), bool(Decided(np.array(0.0))))
'''


def truth(variable):
    """Return bool(variable), or the name of the error."""
    try:
        return bool(variable)
    except TypeError as error:
        return f"TypeError: {error}"


def check(mine):
    """Yield (what, expected, got)."""
    for number in (1.0, 0.0, -2.0):
        got = truth(mine.Decided(np.array(number)))
        yield f"is a Variable of {number} true?", number != 0, got
