"""Check of the exercise of step 63: max(a, b)."""

import numpy as np

from dezero import Variable

START = '''
import dezero.functions as F
from step63 import APPLY, RANK, complain, tokens

FUNCTIONS = {"max": F.maximum}  # of two values

# Copy apply_top and evaluate from step 63, yours or ours, and change
# them.


def evaluate(text, names=(), number=float, functions=FUNCTIONS):
    """Return the value of an infix expression; functions take two
    values, with a comma between them. A comma that stands in no
    function is a SyntaxError."""
    raise NotImplementedError("your turn")


if __name__ == "__main__":
    print(evaluate("max(2 * 3, 4) - 1", functions={"max": max}))
'''


def check(mine):
    """Yield (what, expected, got)."""
    numbers = {"max": max}
    for text, value in [
        ("1 + 2 * 3", 7.0),
        ("max(1, 2)", 2.0),
        ("max(2, 1)", 2.0),
        ("max(2 * 3, 4) - 1", 5.0),
        ("2 ^ max(1, max(3, 2))", 8.0),
        ("max(1 + 1, -(2 - 5)) * 2", 6.0),
        ("-max(-1, -2)", 1.0),
    ]:
        yield text, value, mine.evaluate(text, functions=numbers)
    minus = {"minus": lambda a, b: a - b}
    got = mine.evaluate("minus(5, 3)", functions=minus)
    yield "minus(5, 3): the left value comes first", 2.0, got
    x = Variable(np.array(3.0))
    y = mine.evaluate("max(x, x * x)", {"x": x})
    y.backward()
    yield "max(x, x * x) at x = 3", 9.0, float(y.data)
    yield "its slope", 6.0, float(x.grad.data)
    for text in "(1, 2)", "1, 2", "max(1, (2, 3))":
        try:
            got = repr(mine.evaluate(text, functions=numbers))
        except SyntaxError:
            got = "SyntaxError"
        yield text, "SyntaxError", got
