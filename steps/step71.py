"""Step 71. Two directions: rows of the Jacobian, or its columns.

The derivative of a function from n numbers to m numbers is a table,
the Jacobian, with a row for each output and a column for each input.
Backward has never computed one. It multiplies: from a row w it makes
the row w J, so one pass with w = (1, 0, ..., 0) is the first row of
J. That is a vjp, a vector-Jacobian product.

Forward mode goes the other way, and needs no graph at all. It takes
along, beside every number, its slope: how fast it changes when x
moves in a direction v. Such a pair is a dual number, and the rules
are those of school:

    (x, x') * (y, y') = (x * y, x' * y + x * y')
          tanh (x, x') = (tanh x, (1 - tanh(x)**2) * x')

What comes out beside y is the column J v, a jvp. So we have

    reverse    m passes, each a row       a loss: m = 1
    forward    n passes, each a column    a curve: n = 1

and both find the same table. A network has millions of inputs, its
weights, and one output, its loss: that is why all of this repo goes
backward. Between the ends it is one long product. For y = C(B(A(x)))

    J = C' B' A'      reverse: (C' B') A'     a row times a matrix
                      forward: C' (B' A')     a matrix times one

The result is the same, the number of multiplications is not. The
picture counts them as the number of inputs or outputs grows. And if
A acts on each number alone, A' is diagonal: what would be a product
of matrices is a product of numbers, which is all that the backward
of tanh, exp and + ever did (step 37).

Second derivatives have their table, too, the Hessian H, n by n, a
jacobian of a gradient. For a network nobody can store it. But H v is
the gradient of (gradient * v), two passes and no table: an hvp.

dezero.func has all of these as functions that take a function. They
touch no x.grad, and what they return can be differentiated again.

Both modes follow the program, number by number, each time it runs.
Step 72 looks at the whole of it before it runs.

Exercise: give Dual a __truediv__ and an exp. Then let value and
slope be Duals themselves, of (2, 1) and of (1, 0), and compute
x * x * x: what do you find in the slope of the slope?

Output:
    f(x, y) = (x * y, tanh(x) - y, 3 * x**2) at (1, 2)
    forward, 2 passes: [[2.0, 1.0], [0.42, -1.0], [6.0, 0.0]]
    reverse, 3 passes: [[2.0, 1.0], [0.42, -1.0], [6.0, 0.0]]
    as dezero.func.jacobian says: True
    C(B(A(x))), 100 numbers each, y one: the same J: True
      multiplications, reverse 20,000, forward 1,010,000
    Rosenbrock at (0, 2): H = [[-798.0, 0.0], [0.0, 200.0]]
      H v for v = (1, 1), without H: [-798.0, 200.0]
    figures/step71_cost.png
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import dezero.functions as F
from dezero import Variable, func

# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


# --- new in this step ---
class Dual:
    """A value, and its slope beside it: arrays of one shape."""

    __array_ufunc__ = None  # array @ Dual is the Dual's business

    def __init__(self, value, slope):
        self.value = value
        self.slope = slope

    def __add__(self, other):
        x, y = self, as_dual(other)
        return Dual(x.value + y.value, x.slope + y.slope)

    def __mul__(self, other):
        x, y = self, as_dual(other)
        slope = x.slope * y.value + x.value * y.slope
        return Dual(x.value * y.value, slope)

    def __rmatmul__(self, W):
        return Dual(W @ self.value, W @ self.slope)

    def __pow__(self, c):
        slope = c * self.value ** (c - 1) * self.slope
        return Dual(self.value**c, slope)

    def __sub__(self, other):
        return self + -1 * as_dual(other)

    def __getitem__(self, i):
        return Dual(self.value[i], self.slope[i])

    __radd__ = __add__
    __rmul__ = __mul__


def as_dual(x):
    """Return a Dual as it is; a constant has the slope 0."""
    return x if isinstance(x, Dual) else Dual(x, np.zeros_like(x))


def tanh(x):
    """Return tanh of a Dual or a Variable."""
    if isinstance(x, Dual):
        y = np.tanh(x.value)
        return Dual(y, (1 - y * y) * x.slope)
    return F.tanh(x)


def stack(xs):
    """Return Duals or Variables as one."""
    if isinstance(xs[0], Dual):
        slopes = np.stack([x.slope for x in xs])
        return Dual(np.stack([x.value for x in xs]), slopes)
    return F.stack(xs)


def jvp(f, x, v):
    """Return f(x) and J v: one pass forward, no graph."""
    y = f(Dual(x, v))
    return y.value, y.slope


def vjp(f, x):
    """Return f(x) and the function w -> w J: one pass backward."""
    x = Variable(x)
    y = f(x)

    def pull(w):
        x.cleargrad()
        y.backward(gradient=w)
        return x.grad.data

    return y.data, pull


def jacobian(f, x, forward=False):
    """Return the table of dy/dx, column by column or row by row."""
    if forward:
        columns = [jvp(f, x, v)[1] for v in np.eye(len(x))]
        return np.stack(columns, axis=1)
    y, pull = vjp(f, x)
    return np.stack([pull(w) for w in np.eye(len(y))])


def hvp(f, x, v):
    """Return the Hessian of f, whose result is a number, times v."""
    x = Variable(x)
    f(x).backward(create_graph=True)
    gx = x.grad
    x.cleargrad()
    (gx * v).sum().backward()
    return x.grad.data


def product(tables, forward):
    """Return C' B' A' and how many multiplications it took."""
    result, *others = tables[::-1] if forward else tables
    count = 0
    for table in others:
        a, b = (table, result) if forward else (result, table)
        result = a @ b
        count += len(a) * b.size  # each number of b meets each row
    return result, count


def draw(file, hidden=32):
    """Draw how the cost grows with the inputs, and the outputs."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    sizes = 2 ** np.arange(11)
    for axes, end in (left, "inputs"), (right, "outputs"):
        for forward, name in (True, "forward"), (False, "reverse"):
            counts = []
            for size in sizes:
                n, m = (size, 1) if end == "inputs" else (1, size)
                shapes = (m, hidden), (hidden, hidden), (hidden, n)
                tables = [np.ones(shape) for shape in shapes]
                counts.append(product(tables, forward)[1])
            axes.loglog(sizes, counts, ".-", label=name)
        other = "output" if end == "inputs" else "input"
        axes.set(xlabel=f"{end} (one {other})")
        axes.grid(alpha=0.3)
    left.set_ylabel("multiplications")
    left.legend(frameon=False)
    figure.savefig(file, dpi=120)


# --- carried over ---
def rosenbrock(x, y):
    """Return the height of a bent valley; the floor is at (1, 1)."""
    return 100 * (y - x**2) ** 2 + (x - 1) ** 2


# --- new in this step ---
def show(table):
    """Return an array as text, without -0.0."""
    return str((table.round(2) + 0.0).tolist())


def f(x):
    """Return 3 numbers for 2."""
    return stack([x[0] * x[1], tanh(x[0]) - x[1], 3 * x[0] ** 2])


if __name__ == "__main__":
    x = np.array([1.0, 2.0])
    columns, rows = jacobian(f, x, forward=True), jacobian(f, x)
    print("f(x, y) = (x * y, tanh(x) - y, 3 * x**2) at (1, 2)")
    print(f"forward, 2 passes: {show(columns)}")
    print(f"reverse, 3 passes: {show(rows)}")
    same = np.allclose(func.jacobian(f)(x).data, columns)
    print(f"as dezero.func.jacobian says: {same}")

    rng = np.random.default_rng(0)
    weights = rng.normal(size=(2, 100, 100)) / 10
    A, B = (lambda x, W=W: tanh(W @ x) for W in weights)
    x, last = rng.normal(size=100), rng.normal(size=(1, 100))
    tables = [last]
    for g, at in (B, A(Variable(x)).data), (A, x):
        tables.append(jacobian(g, at))
    J, cheap = product(tables, forward=False)
    J2, dear = product(tables, forward=True)
    J3 = jacobian(lambda x: last @ B(A(x)), x)
    same = np.allclose(J, J2) and np.allclose(J, J3)
    print(f"C(B(A(x))), 100 numbers each, y one: the same J: {same}")
    print(f"  multiplications, reverse {cheap:,}, forward {dear:,}")

    x = np.array([0.0, 2.0])
    H = func.hessian(lambda x: rosenbrock(*x))(x).data
    H_v = hvp(lambda x: rosenbrock(*x), x, np.ones(2))
    print(f"Rosenbrock at (0, 2): H = {show(H)}")
    print(f"  H v for v = (1, 1), without H: {show(H_v)}")
    FIGURES.mkdir(exist_ok=True)
    draw(FIGURES / "step71_cost.png")
    print("figures/step71_cost.png")
