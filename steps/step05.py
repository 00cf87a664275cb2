"""Step 5. The chain rule, backwards: start multiplying at the output.

What is the slope of a chain? Take the three Functions of step 3:

    a = x**2    b = exp(a)    y = b**2

If a moves 3 times as fast as x, and b twice as fast as a, then b
moves 6 times as fast as x. The slopes multiply. This is the *chain
rule*:

    dy/dx = dy/db * db/da * da/dx
          = 2 * b * exp(a) * 2 * x

We can begin to multiply at either end. *Reverse mode* (Linnainmaa,
1970) starts at the output, *forward mode* at the input:

    from_output   (dy/db * db/da) * da/dx
    from_input    dy/db * (db/da * da/dx)

With single numbers both take two multiplications. But a network has
very many inputs, and one output that says how wrong it is. Let x, a
and b be n numbers each, and let y add up the squares of b. Then
each slope is a table: row i, column j says how fast output i moves
when input j moves. As j moves i in n ways, one through each number k
between them, tables A and B multiply like this (not as NumPy's A * B):

    multiply(A, B)[i, j] = sum over k of A[i, k] * B[k, j]

dy/db has a single row, and the others are (n, n). So reverse mode
multiplies a row by a table each time, and gets a row again: n*n
multiplications. Forward mode first multiplies two whole tables:
n*n*n. With many inputs and one output, going backwards is far
cheaper, and so we go backwards. (Step 71 goes forwards.)

Step 6 does the same without building any table.

Exercise: turn the example around: one input and n outputs, with
tables (n, n), (n, n) and (n, 1). Predict both counts, then run both
orders. What if all three tables are (n, n)?

In the package: nothing; but backward works in this order

Output:
    from_output: 3.2974, 2 multiplications
    from_input:  3.2974, 2 multiplications
    measured:    3.2974
    inputs  from_output  from_input  (multiplications)
         1            2           2
        10          200        1100
        20          800        8400
        40         3200       65600
    both orders and step 4 agree to 1e-5: True
"""

import numpy as np


# Every product of two numbers is counted.
def multiply(A, B):
    """Return the table A times B and the multiplications done."""
    C = np.zeros((A.shape[0], B.shape[1]))
    count = 0
    for i in range(A.shape[0]):
        for j in range(B.shape[1]):
            for k in range(A.shape[1]):
                C[i, j] += A[i, k] * B[k, j]
                count += 1
    return C, count


# A list of tables goes from input to output: da/dx, db/da, dy/db.
def from_output(tables):
    """Multiply the tables, last one first; count as we go."""
    product, total = tables[-1], 0
    for table in reversed(tables[:-1]):
        product, count = multiply(product, table)
        total += count
    return product, total


def from_input(tables):
    """Multiply the tables, first one first; count as we go."""
    product, total = tables[0], 0
    for table in tables[1:]:
        product, count = multiply(table, product)
        total += count
    return product, total


# --- carried over ---
class Variable:
    """A box that holds an ndarray."""

    def __init__(self, data):
        self.data = data


class Function:
    """Base class: a call takes a Variable and returns a new one."""

    def __call__(self, input):
        y = self.forward(input.data)
        return Variable(y)

    def forward(self, x):
        """Return the result for the ndarray x; subclasses say how."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a forward(x)"
        )


class Square(Function):
    """y = x**2"""

    def forward(self, x):
        return x**2


class Exp(Function):
    """y = e**x"""

    def forward(self, x):
        return np.exp(x)


def numerical_diff(f, x, h=1e-4):
    """Return the slope of f at x by a central difference."""
    # np.array: a box holds an ndarray, a sum may be a bare number
    right = f(Variable(np.array(x.data + h)))
    left = f(Variable(np.array(x.data - h)))
    return (right.data - left.data) / (2 * h)


def chain(x):
    """exp(x**2)**2, the chain of step 3."""
    return Square()(Exp()(Square()(x)))


if __name__ == "__main__":
    # numbers: each table is (1, 1)
    x = Variable(np.array(0.5))
    a = Square()(x)
    b = Exp()(a)
    slopes = [2 * x.data, np.exp(a.data), 2 * b.data]
    tables = [np.array([[slope]]) for slope in slopes]
    for order in (from_output, from_input):
        product, count = order(tables)
        name = f"{order.__name__}:"
        print(f"{name:12} {product[0, 0]:.4f}, {count} multiplications")
    print(f"measured:    {numerical_diff(chain, x):.4f}")

    # n inputs: element i of x**2 and of exp depends on element i of
    # x alone, so their tables have zeros off the diagonal
    print("inputs  from_output  from_input  (multiplications)")
    gap = 0.0
    for n in (1, 10, 20, 40):
        x = Variable(np.linspace(0.1, 0.9, n))
        a = Square()(x)
        b = Exp()(a)
        tables = [
            np.diag(2 * x.data),  # da/dx (n, n)
            np.diag(np.exp(a.data)),  # db/da (n, n)
            2 * b.data.reshape(1, n),  # dy/db (1, n)
        ]
        back, back_count = from_output(tables)
        forth, forth_count = from_input(tables)
        print(f"{n:6}{back_count:13}{forth_count:12}")
        # y is a sum, so dy/dx[j] is the slope of its j-th term alone
        measured = numerical_diff(chain, x)
        gap = max(gap, np.abs(back - forth).max())
        gap = max(gap, np.abs(back - measured).max())
    print("both orders and step 4 agree to 1e-5:", gap < 1e-5)
