"""Step 63. From text to graph: two stacks read an expression.

Until now Python has read our formulas. How can a program of ours
read one, from left to right?

    3 * x - 2 ^ (1 + 1)

An operator between its values (*infix notation*) cannot be applied
as soon as it is read: its right value is still to come, and the
operator after that may have to go first. Dijkstra's *shunting-yard
algorithm* (1961) lets operators wait on a stack, as waggons wait on
a siding. A second stack holds values. Each operator has a rank:

    + -  1     * /  2     -x  3     ^  4

A value goes onto the stack of values. Before an operator goes onto
the stack of operators, those on top of it are applied if their rank
is higher, or equal. A ( waits there, too, and protects everything
below it until its ) comes. Then everything above the ( is applied.
At the end of the text the rest is applied.

    read      values       waiting
    3         3
    *         3            *
    x         3 x          *
    -         3*x          -
    2         3*x 2        -
    ^         3*x 2        - ^
    ( 1 + 1   3*x 2 1 1    - ^ ( +
    )         3*x 2 2      - ^
    end       3*x - 4

What is a value? The algorithm does not care. With numbers it is a
calculator. With Variables each operator adds to a graph, and backward
gives the derivative with respect to every number in the text. Step 64
looks at the gradients of a picture.

Exercise: add a function of two arguments, max(a, b). What must a
comma do to the two stacks?

In the package: nothing; the picture is drawn by dezero/graph.py

Output:
    8 - 4 - 2 = 2.0, 2 ^ 3 ^ 2 = 512.0, -2 ^ 2 = -4.0
    2 ^ -1 * 3 = 1.5, -(1 - 3) * -2 = -4.0, 6 / 2 / 3 = 1.0
    exp(sin(0)) * 2 + .5e1 = 7.0
    as Python computes them: True
    exp(-x / 4) * (3 * x - 2 ^ (1 + 1)) at x = 2 is 1.213
      derivative by x 1.52, by 4 0.15, by 3 1.21,
      by 2 -2.43, by 1 -1.68, by 1 -1.68
    three texts that cannot be read:
      1 + (2 * 3: position 4: this ( is never closed
      2 * / 3: position 4: expected a value, got /
      2 y: position 2: expected an operator, got y
    figures/step63_expression.png
"""

import math
import operator
import re
from pathlib import Path

import numpy as np

import dezero.functions as F
from dezero import Variable
from dezero.graph import plot_dot_graph

RANK = {"(": 0, "+": 1, "-": 1, "*": 2, "/": 2, "sign": 3, "^": 4}
APPLY = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
}
FUNCTIONS = {"sin": F.sin, "exp": F.exp}
TOKEN = (
    r"(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[A-Za-z_]\w*)|(?P<sign>[-+*/^()])|(?P<unknown>\S)"
)


# A regular expression splits the text into pieces. Each is a number, a
# name, a sign, or something that we do not know (lastgroup says which);
# blanks are skipped.
def tokens(text):
    """Yield the kind, the text and the position of each piece."""
    for found in re.finditer(TOKEN, text):
        yield found.lastgroup, found[0], found.start()
    yield "end", "the end", len(text)


def complain(text, position, problem):
    """Raise SyntaxError with the position and the problem."""
    raise SyntaxError(f"{text}: position {position}: {problem}")


# The last waiting operator is taken off its stack. Its values are
# taken off theirs, the right one first, and the result is put there.
def apply_top(values, waiting, functions):
    """Take an operator off its stack and apply it to values."""
    op, _ = waiting.pop()
    right = values.pop()
    if op == "sign":
        values.append(-right)
    elif op in functions:
        values.append(functions[op](right))
    else:
        values.append(APPLY[op](values.pop(), right))


# What - means depends on its place. After a value it subtracts. Where
# a value is expected it is a sign, and waits as "sign"; after_value
# tells the two apart. The sign ranks below ^, so -2 ^ 2 is -4, as in
# Python. (Python also accepts + as a sign. We do not.)
#
# 8 - 4 - 2 is (8 - 4) - 2: a waiting operator of equal rank is applied
# first. But 2 ^ 3 ^ 2 is 2 ^ (3 ^ 2). So a new ^ counts half a rank
# more, and a waiting ^ is not applied yet.
def evaluate(text, names=(), number=float, functions=FUNCTIONS):
    """Return the value of an infix expression.

    names       {name: value}
    number      makes a value from the text of a literal
    functions   {name: function of a value}

    Raises SyntaxError, with the position, if text cannot be read.
    """
    values, waiting = [], []  # waiting: (operator, position)
    after_value = False
    for kind, piece, position in tokens(text):
        if not after_value:  # a value begins here, or one is missing
            if kind == "number":
                values.append(number(piece))
            elif kind == "name" and piece in names:
                values.append(names[piece])
            elif piece in functions:
                if text[position + len(piece) :].lstrip()[:1] != "(":
                    complain(text, position, f"{piece} needs a (")
                waiting.append((piece, position))
            elif kind == "name":
                complain(text, position, f"unknown name {piece}")
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
        elif piece == ")" or kind == "end":
            while waiting and waiting[-1][0] != "(":
                apply_top(values, waiting, functions)
            if kind == "end" and waiting:
                complain(text, waiting[-1][1], "this ( is never closed")
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


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


if __name__ == "__main__":
    numbers = {"sin": math.sin, "exp": math.exp}
    by_python = {
        "8 - 4 - 2": 8 - 4 - 2,
        "2 ^ 3 ^ 2": 2**3**2,
        "-2 ^ 2": -(2**2),
        "2 ^ -1 * 3": 2**-1 * 3,
        "-(1 - 3) * -2": -(1 - 3) * -2,
        "6 / 2 / 3": 6 / 2 / 3,
        "exp(sin(0)) * 2 + .5e1": math.exp(math.sin(0)) * 2 + 0.5e1,
    }
    ours = {
        text: evaluate(text, {}, float, numbers) for text in by_python
    }
    found = [f"{text} = {value}" for text, value in ours.items()]
    print(*found[:3], sep=", ")
    print(*found[3:6], sep=", ")
    print(f"{found[6]}\nas Python computes them: {ours == by_python}")

    literals = []

    def literal(text):
        """Return a Variable that remembers how it was written."""
        literals.append(Variable(np.array(float(text)), text))
        return literals[-1]

    x = Variable(np.array(2.0), "x")
    text = "exp(-x / 4) * (3 * x - 2 ^ (1 + 1))"
    y = evaluate(text, {"x": x}, literal)
    y.backward()
    print(f"{text} at x = 2 is {y.data:.3f}")
    slopes = [f"by {v.name} {v.grad.data:.2f}" for v in (x, *literals)]
    print(f"  derivative {', '.join(slopes[:3])},")
    print(f"  {', '.join(slopes[3:])}")

    print("three texts that cannot be read:")
    for text in "1 + (2 * 3", "2 * / 3", "2 y":
        try:
            evaluate(text)
        except SyntaxError as error:
            print(f"  {error}")
    FIGURES.mkdir(exist_ok=True)
    y.name = "y"
    plot_dot_graph(y, False, FIGURES / "step63_expression.png")
    print("figures/step63_expression.png")
