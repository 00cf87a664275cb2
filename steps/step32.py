"""Step 32. Gradients are Variables: backward builds a graph, too.

Step 31 found what is missing. A gradient must be a Variable, and
each backward must compute it from Variables. This file does both
to the engine of step 22, and it takes only a few lines:

    Mul in step 22     x0, x1 = self.inputs[0].data, ...
                       return gy * x1, gy * x0
    Mul from now on    x0, x1 = self.inputs
                       return gy * x1, gy * x0

The second line has not changed. But its * now calls Mul, not
NumPy, and a call of a Function is recorded. While backward walks
through the graph of y, the graph of dy/dx grows beside it, out
of the same x:

         +-> Pow -> ... -> y           computed forward
      x -+
         +-> Pow -> ... -> dy/dx       recorded by backward

The picture shows both, with all values. The 1 on the right is
the gradient that backward starts from, a Variable as well. And
dy/dx is a result like any other, so it has a backward of its
own, and so on.

Mul, Div and Pow read their inputs, hence the new backward. Add,
Sub and Neg only need gy and stay as they are, as does Function.
Mostly one derivative is enough, and recording it would be a
waste. So backward sets the switch of step 18 while it runs:

    y.backward()                     x.grad, nothing recorded
    y.backward(create_graph=True)    x.grad and its graph

Two things to mind. Gradients still add up: without a cleargrad
the second derivative lands on top of the first. And x.grad now
leads back to x, a cycle as in step 17, until it is cleared.

The package's engine does the same. It leaves the recording out
more thoroughly: without create_graph its own backwards run on
bare ndarrays, which is faster (see dezero/core/backward.py).

Exercise: let Pow.backward read the data again, as in step 22.
What becomes of the second derivative? Nothing in this file notices;
where should it?

Output:
    y = x**4 - 2x**2 at x = 2    here   dezero
    order 1: 4x**3 - 4x        24.0000  24.0000
    order 2: 12x**2 - 4        44.0000  44.0000
    order 3: 24x               48.0000  48.0000
    order 4: 24                24.0000  24.0000
    order 5: 0                  0.0000   0.0000
    create_graph=False: creator of x.grad: None
    create_graph=True:  creator of x.grad: Add
    figures/step32_gradient.png
    without a cleargrad: 24 + 44 = 68
"""

import contextlib
import heapq
import weakref
from pathlib import Path

import numpy as np

import dezero
from dezero.graph import get_dot_graph, render_dot

# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


class Config:
    """Switches that every Function looks at when it is called."""

    enable_backprop = True  # False: record no graph


@contextlib.contextmanager
def using_config(name, value):
    """Set the switch name to value inside a with block."""
    old_value = getattr(Config, name)
    setattr(Config, name, value)
    try:
        yield
    finally:
        setattr(Config, name, old_value)


def no_grad():
    """Record no graph inside a with block."""
    return using_config("enable_backprop", False)


# --- new in this step ---
class Variable:
    """A box that holds an ndarray, its gradient and its creator."""

    # --- carried over ---
    __array_priority__ = 200  # an ndarray on the left steps back

    def __init__(self, data, name=None):
        if data is not None and not isinstance(data, np.ndarray):
            raise TypeError(
                f"Variable: {type(data).__name__} is not supported; "
                "wrap the value: Variable(np.array(...)) (see step 9)"
            )
        self.data = data
        self.name = name
        self.grad = None
        self.creator = None
        self.generation = 0

    @property
    def shape(self):
        """The length of every axis, as a tuple."""
        return self.data.shape

    @property
    def ndim(self):
        """The number of axes."""
        return self.data.ndim

    @property
    def size(self):
        """The number of elements."""
        return self.data.size

    @property
    def dtype(self):
        """The type of the elements."""
        return self.data.dtype

    def __len__(self):
        return len(self.data)

    def __repr__(self):
        # nine blanks: the rows line up behind "variable("
        rows = str(self.data).replace("\n", "\n" + " " * 9)
        return f"variable({rows})"

    def set_creator(self, func):
        """Remember the Function and follow it by one generation."""
        self.creator = func
        self.generation = func.generation + 1

    def cleargrad(self):
        """Forget the gradient, so that the next one starts anew."""
        self.grad = None

    # --- new in this step ---
    def backward(self, retain_grad=False, create_graph=False):
        """Add to the grad of every leaf this one came from.

        retain_grad=True: keep the gradients on the way as well.
        create_graph=True: record how they are computed, so that
        they have gradients themselves.
        """
        if self.grad is None:
            self.grad = Variable(np.ones_like(self.data))
        waiting, seen = [], set()

        def visit(func):
            if func is not None and func not in seen:
                seen.add(func)
                # the count breaks ties: Functions have no order
                entry = (-func.generation, len(seen), func)
                heapq.heappush(waiting, entry)

        visit(self.creator)
        with using_config("enable_backprop", create_graph):
            while waiting:
                func = heapq.heappop(waiting)[-1]
                gys = [output().grad for output in func.outputs]
                gxs = func.backward(*gys)
                if not isinstance(gxs, tuple):
                    gxs = (gxs,)
                for x, gx in zip(func.inputs, gxs):
                    x.grad = gx if x.grad is None else x.grad + gx
                    visit(x.creator)
                if not retain_grad:
                    for output in func.outputs:
                        output().grad = None

    # --- carried over ---
    def __add__(self, other):
        return add(self, other)

    def __radd__(self, other):
        return add(other, self)

    def __mul__(self, other):
        return mul(self, other)

    def __rmul__(self, other):
        return mul(other, self)

    def __neg__(self):
        return neg(self)

    def __sub__(self, other):
        return sub(self, other)

    def __rsub__(self, other):
        return sub(other, self)

    def __truediv__(self, other):
        return div(self, other)

    def __rtruediv__(self, other):
        return div(other, self)

    def __pow__(self, c):
        return pow(self, c)


# --- carried over ---
class Function:
    """Base class: a call takes Variables and returns new ones.

    forward computes the results, backward the gradients; inputs
    and outputs are the Variables of the call.
    """

    def __call__(self, *inputs):
        inputs = [as_variable(as_array(x)) for x in inputs]
        ys = self.forward(*[x.data for x in inputs])
        if not isinstance(ys, tuple):
            ys = (ys,)
        outputs = [Variable(as_array(y)) for y in ys]
        if Config.enable_backprop:
            self.generation = max(x.generation for x in inputs)
            for output in outputs:
                output.set_creator(self)
            self.inputs = inputs
            self.outputs = [weakref.ref(output) for output in outputs]
        return outputs if len(outputs) > 1 else outputs[0]

    def forward(self, *xs):
        """Return the result for the ndarrays xs, or a tuple."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a forward(*xs)"
        )

    def backward(self, *gys):
        """Return the gradient of the input, or a tuple of them."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a backward(*gys)"
        )


class Add(Function):
    """y = x0 + x1, gx0 = gy, gx1 = gy"""

    def forward(self, x0, x1):
        return x0 + x1

    def backward(self, gy):
        return gy, gy


def add(x0, x1):
    """Return x0 + x1 as a Variable."""
    return Add()(x0, x1)


# --- new in this step ---
class Mul(Function):
    """y = x0 * x1, so the gradients are gy * x1 and gy * x0."""

    # --- carried over ---
    def forward(self, x0, x1):
        return x0 * x1

    # --- new in this step ---
    def backward(self, gy):
        x0, x1 = self.inputs  # Variables, and so is gy
        return gy * x1, gy * x0


# --- carried over ---
def mul(x0, x1):
    """Return x0 * x1 as a Variable."""
    return Mul()(x0, x1)


class Neg(Function):
    """y = -x, so gx = -gy."""

    def forward(self, x):
        return -x

    def backward(self, gy):
        return -gy


def neg(x):
    """Return -x as a Variable."""
    return Neg()(x)


class Sub(Function):
    """y = x0 - x1, so the gradients are gy and -gy."""

    def forward(self, x0, x1):
        return x0 - x1

    def backward(self, gy):
        return gy, -gy


def sub(x0, x1):
    """Return x0 - x1 as a Variable."""
    return Sub()(x0, x1)


# --- new in this step ---
class Div(Function):
    """y = x0 / x1: gradients gy / x1 and gy * (-x0 / x1**2)."""

    # --- carried over ---
    def forward(self, x0, x1):
        return x0 / x1

    # --- new in this step ---
    def backward(self, gy):
        x0, x1 = self.inputs
        return gy / x1, gy * (-x0 / x1**2)


# --- carried over ---
def div(x0, x1):
    """Return x0 / x1 as a Variable."""
    return Div()(x0, x1)


# --- new in this step ---
class Pow(Function):
    """y = x**c for a number c, so gx = c * x**(c - 1) * gy."""

    # --- carried over ---
    def __init__(self, c):
        self.c = c

    def forward(self, x):
        return x**self.c

    # --- new in this step ---
    def backward(self, gy):
        (x,), c = self.inputs, self.c
        return c * x ** (c - 1) * gy


# --- carried over ---
def pow(x, c):
    """Return x**c as a Variable; c is a plain number."""
    return Pow(c)(x)


def as_array(x):
    """Return x, a number turned into a 0-d ndarray."""
    if np.isscalar(x):
        return np.array(x)
    return x


def as_variable(obj):
    """Return a Variable as it is, an ndarray in a new Variable."""
    if isinstance(obj, Variable):
        return obj
    return Variable(obj)


# --- new in this step ---
def derivatives(y, x, orders):
    """Return [dy/dx, d2y/dx2, ...], as many as orders."""
    found = []
    for _ in range(orders):
        x.cleargrad()  # or this one is added to the one before
        y.backward(create_graph=True)
        y = x.grad
        found.append(y)
    return found


def label(y):
    """Give every Variable behind y its value for a name."""
    waiting = [y]
    while waiting:
        v = waiting.pop()
        if v.name is None:
            v.name = f"{v.data:g}"
        if v.creator is not None:
            waiting += v.creator.inputs


def draw(y, gx, file):
    """Draw the graphs of y and gx into one picture, framed."""
    graphs = []
    for v in (y, gx):
        label(v)
        lines = get_dot_graph(v, verbose=False).splitlines()
        graphs.append(lines[1:-1])  # without "digraph g {" and "}"
    both = [line for line in graphs[0] if line in graphs[1]]
    text = ["digraph g {", "ranksep=0.4; nodesep=0.4", *both]
    titles = "computed forward", "recorded by backward"
    for title, lines in zip(titles, graphs):
        text.append(f'subgraph "cluster {title}" {{ label="{title}"')
        text.append('fontname="DejaVu Sans"; color=gray')
        text += [line for line in lines if line not in both]
        text.append("}")
    render_dot("\n".join([*text, "}"]), file)


# --- carried over ---
def quartic(x):
    """Return x**4 - 2 * x**2: minima at -1 and 1, a hill at 0."""
    return x**4 - 2 * x**2


if __name__ == "__main__":
    x, u = Variable(np.array(2.0)), dezero.Variable(np.array(2.0))
    ours = derivatives(quartic(x), x, 5)
    theirs = derivatives(quartic(u), u, 5)
    by_hand = ["4x**3 - 4x", "12x**2 - 4", "24x", "24", "0"]
    print("y = x**4 - 2x**2 at x = 2    here   dezero")
    for n, rule in enumerate(by_hand):
        a, b = ours[n].data, theirs[n].data
        print(f"order {n + 1}: {rule:<15}{a:10.4f}{b:9.4f}")

    x = Variable(np.array(2.0), "x = 2")
    y = quartic(x)
    y.backward()
    print("create_graph=False: creator of x.grad:", x.grad.creator)
    x.cleargrad()
    y.backward(create_graph=True)
    gx = x.grad
    name = type(gx.creator).__name__
    print("create_graph=True:  creator of x.grad:", name)
    y.name, gx.name = f"y = {y.data:g}", f"dy/dx = {gx.data:g}"
    FIGURES.mkdir(exist_ok=True)
    draw(y, gx, FIGURES / "step32_gradient.png")
    print("figures/step32_gradient.png")
    gx.backward()
    print(f"without a cleargrad: 24 + 44 = {x.grad.data:.0f}")
