"""Answer to the exercise of step 63.

A comma ends a value, as ) does. So it applies all operators down to
the ( and leaves the ( where it is. The value of a is then complete
and on the stack of values. After the comma a value is expected again.
When ) comes, b is complete as well, and max takes two values off
their stack, the right one first, as + does.

tokens needs no change: it already gives us the comma, as a piece of
an unknown kind. A comma outside of a function's parentheses is
refused. The number of commas is not checked here. To check it, count
the commas of each waiting (.

Output:
    max(1, 2) = 2.0
    max(2 * 3, 4) - 1 = 5.0
    2 ^ max(1, max(3, 2)) = 8.0
    max(x, x * x) at x = 3: 9.0, slope 6.0
    (1, 2): position 2: this comma is in no function
"""

import numpy as np

import dezero.functions as F
from dezero import Variable
from step63 import APPLY, RANK, complain, tokens

FUNCTIONS = {"max": F.maximum}  # of two values


def apply_top(values, waiting, functions):
    """Take an operator off its stack and apply it to values."""
    op, _ = waiting.pop()
    right = values.pop()
    if op == "sign":
        values.append(-right)
    elif op in functions:
        values.append(functions[op](values.pop(), right))  # two
    else:
        values.append(APPLY[op](values.pop(), right))


def evaluate(text, names=(), number=float, functions=FUNCTIONS):
    """Return the value of an infix expression; functions take two."""
    values, waiting = [], []
    after_value = False
    for kind, piece, position in tokens(text):
        if not after_value:
            if kind == "number":
                values.append(number(piece))
            elif kind == "name" and piece in names:
                values.append(names[piece])
            elif piece in functions:
                waiting.append((piece, position))
            elif piece in ("-", "("):
                name = "sign" if piece == "-" else piece
                waiting.append((name, position))
            else:
                complain(
                    text, position, f"expected a value, got {piece}"
                )
            after_value = kind == "number" or piece in names
        elif piece in APPLY:
            rank = RANK[piece] + (0.5 if piece == "^" else 0)
            while waiting and RANK[waiting[-1][0]] >= rank:
                apply_top(values, waiting, functions)
            waiting.append((piece, position))
            after_value = False
        elif piece in (")", ",") or kind == "end":
            while waiting and waiting[-1][0] != "(":
                apply_top(values, waiting, functions)
            if kind == "end" and waiting:
                complain(text, waiting[-1][1], "this ( is never closed")
            if piece == ",":  # new: the ( stays, and a value follows
                if len(waiting) < 2 or waiting[-2][0] not in functions:
                    problem = "this comma is in no function"
                    complain(text, position, problem)
                after_value = False
            if piece == ")":
                if not waiting:
                    complain(text, position, "this ) was never opened")
                waiting.pop()
                if waiting and waiting[-1][0] in functions:
                    apply_top(values, waiting, functions)
        else:
            complain(
                text, position, f"expected an operator, got {piece}"
            )
    return values.pop()


if __name__ == "__main__":
    numbers = {"max": max}
    texts = "max(1, 2)", "max(2 * 3, 4) - 1", "2 ^ max(1, max(3, 2))"
    for text in texts:
        print(text, "=", evaluate(text, (), float, numbers))
    x = Variable(np.array(3.0))
    y = evaluate("max(x, x * x)", {"x": x})
    y.backward()
    print(f"max(x, x * x) at x = 3: {y.data}, slope {x.grad.data}")
    try:
        evaluate("(1, 2)")
    except SyntaxError as error:
        print(error)
