"""Step 5. The chain rule, backwards: multiply from the output on.

The slope of a chain is the product of the slopes of its pieces,
and a product may be multiplied in either order. For the chain

    x ---> Square ---> a ---> Exp ---> b ---> Square ---> y

    dy   dy   db   da
    -- = -- * -- * --  =  2 * b  *  exp(a)  *  2 * x
    dx   db   da   dx

    from the output:  (dy/db * db/da) * da/dx     <--- backwards
    from the input:   dy/db * (db/da * da/dx)     ---> forwards

With numbers both orders cost two multiplications. Now let x, a
and b hold n numbers each, and let y add up the n squares, as a
measure of error does: many inputs, one output. Then each piece
has a table of slopes (a Jacobian): row i, column j says how fast
output i moves when input j moves. The last table is a single row:

    [ 1 x n ]  *  [ n x n ]  *  [ n x n ]     = gradient, 1 x n
      dy/db         db/da         da/dx

From the output, a row times a table is a row again, cheap at each
turn: n*n. From the input, a table times a table is a table, costly
at each turn: n*n*n. One output and many inputs is what learning
needs, so these steps go backwards. (One input and many outputs is
the mirror image; step 71 returns to it.)

Going backwards, each Function gets the slope of y with respect to
its output and hands on the slope with respect to its input. Here
that was arranged by hand from outside, with whole tables; step 6
teaches each Function to do its own part, without a table.

Exercise: turn the example round: one input, n outputs, tables
n x 1, n x n and n x n. Predict both counts, then count. And what
if every table is n x n?

Output:
    from_output: 3.2974, 2 multiplications
    from_input:  3.2974, 2 multiplications
    measured:    3.2974
    inputs  from_output  from_input  (multiplications)
         1            2           2
        10          200        1100
        20          800        8400
        40         3200       65600
    within 1e-5 of each other and of step 4: True
"""

import numpy as np


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
        """Return the result for the ndarray x; subclasses do."""
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


# --- new in this step ---
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


if __name__ == "__main__":
    # numbers: each table is 1 x 1
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

    # n inputs: x**2 and exp work on each element by itself, so
    # their tables are diagonal; y adds up b**2, its table is a row
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
    print("within 1e-5 of each other and of step 4:", gap < 1e-5)
