"""Step 71. Two directions: rows of the Jacobian, or its columns.

The derivative of a function from n numbers to m numbers is the
Jacobian J, with m rows and n columns (step 37). How do we get it?
backward never computes all of it. It starts from m numbers w, and
ends with w J, a row of n numbers: the *vector-Jacobian product*, or
VJP. For w = (1, 0, ..., 0) this is the first row of J. So reverse
mode finds J row by row, in m passes.

Forward mode (step 5) runs along with the program. Beside each number
it carries a slope: how fast does this number change when x moves in
the direction v? The pair is called a *dual number* (Clifford, 1873),
and you know its rules from school (t is tanh x):

    (x, x') * (y, y') = (x*y, x'*y + x*y')
         tanh (x, x') = (t, (1 - t**2) * x')

The slope that comes out at the end is J v, the *Jacobian-vector
product*, or JVP. For v = (1, 0, ..., 0) it is the first column. So
forward mode finds J column by column, in n passes, and it needs no
graph.

    reverse  m passes, best if m is small
    forward  n passes, best if n is small

A network has millions of inputs, its weights, and a single output,
its loss. With reverse mode one pass is enough. That is why this
course goes backward. The picture shows what each direction costs.

dezero.func computes these products for any function f. It has no
dual numbers, though. Its jvp runs reverse mode twice, as our jvp
below does, so it costs two passes and a graph.

Both modes follow the program, number by number, each time it runs.
Step 72 looks at the whole program before it runs.

Exercise: give Dual a __truediv__ and an exp. Then compute x * x * x
for x = Dual(Dual(2.0, 1.0), Dual(1.0, 0.0)). What is the slope of
the slope?

In the package: dezero/func.py, vjp, jvp, jacobian and hvp

Output:
    f(x, y) = (x * y, tanh(x) - y, 3 * x**2) at (1, 2)
      forward, 2 passes: [[2.0, 1.0], [0.42, -1.0], [6.0, 0.0]]
      reverse, 3 passes: [[2.0, 1.0], [0.42, -1.0], [6.0, 0.0]]
      func.jacobian:     [[2.0, 1.0], [0.42, -1.0], [6.0, 0.0]]
    J v for v = (1, 1), by dual numbers and by jvp
      [3.0, -0.58, 6.0], [3.0, -0.58, 6.0]
    C(B(A(x))) with 100 numbers each, and one in the end
      both orders and jacobian find the same J: True
      multiplications, reverse 20,000, forward 1,010,000
    Rosenbrock at (0, 2)
      H is [[-798.0, 0.0], [0.0, 200.0]]
      H v for v = (1, 1), without H: [-798.0, 200.0]
    figures/step71_cost.png
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import dezero.functions as F
from dezero import Variable, func


# A constant does not change, so its slope is 0. The rest are the rules
# of sums and products from school, written as operators. In
# W @ x, with an array W, NumPy would try to compute the product itself.
# __array_ufunc__ = None forbids it, so Python calls our __rmatmul__.
class Dual:
    """A value, and its slope beside it: arrays of one shape."""

    __array_ufunc__ = None  # leave array @ Dual to the Dual

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


# The functions below are called once with Duals and once with
# Variables, so tanh and stack must take both.
def tanh_of(x):
    """Return tanh of a Dual or a Variable."""
    if isinstance(x, Dual):
        y = np.tanh(x.value)
        return Dual(y, (1 - y * y) * x.slope)
    return F.tanh(x)


def stack_of(xs):
    """Return Duals or Variables, stacked into one."""
    if isinstance(xs[0], Dual):
        slopes = np.stack([x.slope for x in xs])
        return Dual(np.stack([x.value for x in xs]), slopes)
    return F.stack(xs)


def forward_mode(f, x, v):
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


# J v without dual numbers, which would need a second rule for each
# Function. w J is linear in w, so its derivative with respect to w is
# J again. The first pass computes w J and records how it depends on w
# (create_graph). The second pass differentiates the number (w J) v with
# respect to w, and finds J v. Any w will do, so we take zeros.
def jvp(f, x, v):
    """Return f(x) and J v: reverse mode twice."""
    x = Variable(x)
    y = f(x)
    w = Variable(np.zeros_like(y.data))
    y.backward(gradient=w, create_graph=True)
    (x.grad * v).sum().backward()
    return y.data, w.grad.data


def jacobian(f, x, forward=False):
    """Return the table of dy/dx, column by column or row by row."""
    if forward:
        columns = [forward_mode(f, x, v)[1] for v in np.eye(len(x))]
        return np.stack(columns, axis=1)
    y, pull = vjp(f, x)
    return np.stack([pull(w) for w in np.eye(len(y))])


# The Jacobian of a gradient is the Hessian H, n by n. For a network it
# is too large to store. But H v is the gradient of sum(gradient * v),
# which takes two passes and no table.
def hvp(f, x, v):
    """Return H v, with the Hessian H of f; f returns a number."""
    x = Variable(x)
    f(x).backward(create_graph=True)
    gx, x.grad = x.grad, None
    (gx * v).sum().backward()
    return x.grad.data


# The Jacobian of y = C(B(A(x))) is the product C' B' A'. Reverse mode
# computes (C' B') A', and forward mode C' (B' A'). The result is the
# same, but the number of multiplications is not: with one output C' is
# a single row, and in reverse mode so is each product. (If A acts on
# each number alone, A' is diagonal, and the product with it is element
# by element. This is what backward does for tanh, exp and +.)
def product(tables, forward):
    """Return C' B' A' and how many multiplications it took."""
    result, *others = tables[::-1] if forward else tables
    count = 0
    for table in others:
        a, b = (table, result) if forward else (result, table)
        result = a @ b
        count += len(a) * b.size  # each number of b times a column of a
    return result, count


# With `hidden` numbers between A, B and C, forward mode takes n columns
# through B' and C', and reverse mode takes m rows through B' and A'.
def draw(file, hidden=32):
    """Draw how the cost grows with the inputs, and the outputs."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    sizes = 2 ** np.arange(11)
    ends = "inputs (one output)", "outputs (one input)"
    for axes, end in zip((left, right), ends):
        n, m = (sizes, 1) if axes is left else (1, sizes)
        forward = n * hidden * (hidden + m)
        reverse = m * hidden * (hidden + n)
        axes.loglog(sizes, forward, ".-", label="forward")
        axes.loglog(sizes, reverse, ".-", label="reverse")
        axes.set(xlabel=end, ylabel="multiplications")
        axes.legend(frameon=False)
    figure.savefig(file, dpi=120)


def show(table):
    """Return an array as text, without -0.0."""
    return str((table.round(2) + 0.0).tolist())


def f(x):
    """Return 3 numbers, computed from 2."""
    return stack_of([x[0] * x[1], tanh_of(x[0]) - x[1], 3 * x[0] ** 2])


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


def rosenbrock(x, y):
    """Return the height of a bent valley, lowest at (1, 1)."""
    return 100 * (y - x**2) ** 2 + (x - 1) ** 2


if __name__ == "__main__":
    x, v = np.array([1.0, 2.0]), np.array([1.0, 1.0])
    print("f(x, y) = (x * y, tanh(x) - y, 3 * x**2) at (1, 2)")
    print(f"  forward, 2 passes: {show(jacobian(f, x, forward=True))}")
    print(f"  reverse, 3 passes: {show(jacobian(f, x))}")
    print(f"  func.jacobian:     {show(func.jacobian(f)(x).data)}")
    print("J v for v = (1, 1), by dual numbers and by jvp")
    print(
        f"  {show(forward_mode(f, x, v)[1])}, {show(jvp(f, x, v)[1])}"
    )

    rng = np.random.default_rng(0)
    weights = rng.normal(size=(2, 100, 100)) / 10
    A, B = (lambda x, W=W: tanh_of(W @ x) for W in weights)
    x, last = rng.normal(size=100), rng.normal(size=(1, 100))
    tables = [last, jacobian(B, A(Variable(x)).data), jacobian(A, x)]
    J, cheap = product(tables, forward=False)
    J2, dear = product(tables, forward=True)
    J3 = jacobian(lambda x: last @ B(A(x)), x)
    same = np.allclose(J, J2) and np.allclose(J, J3)
    print("C(B(A(x))) with 100 numbers each, and one in the end")
    print(f"  both orders and jacobian find the same J: {same}")
    print(f"  multiplications, reverse {cheap:,}, forward {dear:,}")

    x = np.array([0.0, 2.0])
    H = func.hessian(lambda x: rosenbrock(*x))(x).data
    H_v = hvp(lambda x: rosenbrock(*x), x, np.ones(2))
    print(f"Rosenbrock at (0, 2)\n  H is {show(H)}")
    print(f"  H v for v = (1, 1), without H: {show(H_v)}")
    FIGURES.mkdir(exist_ok=True)
    draw(FIGURES / "step71_cost.png")
    print("figures/step71_cost.png")
