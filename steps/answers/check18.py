"""Check of the exercise of step 18: a switch that counts calls."""

import numpy as np

from step18 import (
    Config,
    Function,
    Variable,
    square,
    squares,
    using_config,
)

START = '''
import numpy as np
from step18 import Config, Function, Variable, squares, using_config

Config.count_calls = False  # the switch
Config.calls = 0  # how many calls were counted

old_call = Function.__call__


def new_call(self, *inputs):
    """Count this call in Config.calls while Config.count_calls is
    on. Then do what the old call does."""
    raise NotImplementedError("your turn")


# How many lines did using_config need for the new switch?
lines = None


if __name__ == "__main__":
    Function.__call__ = new_call  # every Function is called like this
    with using_config("count_calls", True):
        squares(Variable(np.array(1.0)))
    print(Config.calls)
'''


def check(mine):
    """Yield (what, expected, got)."""
    was = getattr(mine, "old_call", Function.__call__)
    Function.__call__ = mine.new_call
    try:
        x = Variable(np.array(3.0))
        Config.calls = 0
        yield "3**2 is still", 9.0, square(x).data
        yield "calls counted while the switch is off", 0, Config.calls
        with using_config("count_calls", True):
            squares(Variable(np.array(1.0)))
        yield "calls counted for 100 squares", 100, Config.calls
        square(x)
        yield "after one more call outside", 100, Config.calls
    finally:
        Function.__call__ = was
    yield "lines that using_config needed", 0, mine.lines
