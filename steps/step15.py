"""Step 15. A diamond breaks the simple loop: order matters.

When a result is used twice and the two paths meet again, the
graph is a diamond. Here A, B and C square, D adds, and a, b and c
are the results of A, B and C. With x = 2:

                 +-- B -- 16 --+
    2 -- A -- 4 -+             +-- D -- 32
                 +-- C -- 16 --+

y is 2 * x**4, so its slope at 2 is 8 * 2**3 = 64. The gradient of
a, the 4 in the picture, is the sum of what B and C send back to
it, 8 and 8. But step 14's loop takes the newest Function from its
list. It goes to D, then to C, and then at once to A, which C has
just put on the list. B is still waiting:

    D   sends 1 to b and 1 to c
    C   sends 8 to a          a: 8
    A   sends 8 * 4 to x      x: 32, early
    B   sends 8 to a          a: 16
    A   sends 16 * 4 to x     x: 96, wrong

A has passed on half of its gradient, and then all of it once
more. Visiting each Function only once does not help: then A passes
on only the first half. A must come later in the order:

    a Function has its turn after all
    the Functions that used its result

An order that keeps to this rule is called a *topological order*
(Kahn, 1962). Here there are two: D, C, B, A and D, B, C, A. Such
an order also saves work: in a row of ten sums, each t = t + t, the
simple loop visits the first Function 512 times, and the gradient is
far too large. How can a loop find the right order? Step 16 gives
every Function a number for that.

Exercise: let the loop take the oldest Function, waiting.pop(0),
instead of the newest. With once=True the diamond comes out right!
Find a graph of two squares and one sum that still goes wrong.

In the package: dezero/core/backward.py, propagate

Output:
    dy/dx by hand, 8 * x**3 at x = 2: 64
    y.backward() of step 14:          96
    simple loop    D C A B A:         96, wrong
    each only once D C A B:           32, wrong
    order by hand  D C B A:           64, right
    ten times t = t + t: 10 Functions, t = 1024
    simple loop: 1023 visits, dt/dx = 2345233639424
    last one first: 10 visits, dt/dx = 1024
"""

import numpy as np


# A, B, C and D are Function objects, so that we can say in which
# order they were visited.
def diamond(x):
    """Return y = (x**2)**2 + (x**2)**2 and its four Functions."""
    A, B, C, D = Square(), Square(), Square(), Add()
    a = A(x)
    y = D(B(a), C(a))
    return y, [A, B, C, D]


# Three ways to go back. All of them do the same at each Function:
def push_back(func):
    """Run one Function backward; its gradients add up."""
    gxs = func.backward(*[output.grad for output in func.outputs])
    if not isinstance(gxs, tuple):
        gxs = (gxs,)
    for x, gx in zip(func.inputs, gxs):
        x.grad = gx if x.grad is None else x.grad + gx


# The first two ways are step 14's loop, and the same loop with a
# record of the Functions that it has seen.
def simple_loop(y, once=False):
    """Go back as step 14 does; return the Functions in order.

    With once=True no Function enters the list a second time.
    """
    y.grad = np.ones_like(y.data)
    waiting, seen, visited = [y.creator], {y.creator}, []
    while waiting:
        func = waiting.pop()
        push_back(func)
        visited.append(func)
        for x in func.inputs:
            if x.creator is None or (once and x.creator in seen):
                continue
            seen.add(x.creator)
            waiting.append(x.creator)
    return visited


# The third way is given the order.
def in_this_order(y, funcs):
    """Go back through funcs in the order given; return them."""
    y.grad = np.ones_like(y.data)
    for func in funcs:
        push_back(func)
    return funcs


def report(title, order, funcs, x):
    """Print the order of visits, and whether 8 * x**3 came out."""
    names = dict(zip(funcs, "ABCD"))
    letters = " ".join(names[func] for func in order) + ":"
    verdict = "right" if x.grad == 8 * x.data**3 else "wrong"
    print(f"{title:14} {letters:18} {x.grad:.0f}, {verdict}")


def doubled(x, times):
    """Return t after t = t + t, and the Functions, last first."""
    t, funcs = x, []
    for _ in range(times):
        t = add(t, t)
        funcs.insert(0, t.creator)
    return t, funcs


# --- carried over ---
class Variable:
    """A box that holds an ndarray, its gradient and its creator."""

    def cleargrad(self):
        """Forget the gradient, so that the next one starts anew."""
        self.grad = None

    def backward(self):
        """Add to grad of every Variable that led to this one."""
        if self.grad is None:
            self.grad = np.ones_like(self.data)
        waiting = [] if self.creator is None else [self.creator]
        while waiting:
            func = waiting.pop()
            gys = [output.grad for output in func.outputs]
            gxs = func.backward(*gys)
            if not isinstance(gxs, tuple):
                gxs = (gxs,)
            for x, gx in zip(func.inputs, gxs):
                # not +=: gx may belong to others too (see step 14)
                x.grad = gx if x.grad is None else x.grad + gx
                if x.creator is not None:
                    waiting.append(x.creator)

    def __init__(self, data):
        if data is not None and not isinstance(data, np.ndarray):
            raise TypeError(
                f"Variable: {type(data).__name__} is not supported; "
                "wrap the value: Variable(np.array(...)) (see step 9)"
            )
        self.data = data
        self.grad = None
        self.creator = None

    def set_creator(self, func):
        """Remember the Function that computed this Variable."""
        self.creator = func


class Function:
    """Base class: a call takes Variables and returns new ones.

    forward computes the results, backward the gradients; inputs
    and outputs are the Variables of the call.
    """

    def backward(self, *gys):
        """Return the gradient of the input, or a tuple of them."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a backward(*gys)"
        )

    def __call__(self, *inputs):
        ys = self.forward(*[x.data for x in inputs])
        if not isinstance(ys, tuple):
            ys = (ys,)
        outputs = [Variable(as_array(y)) for y in ys]
        for output in outputs:
            output.set_creator(self)
        self.inputs = inputs
        self.outputs = outputs
        return outputs if len(outputs) > 1 else outputs[0]

    def forward(self, *xs):
        """Return the result for the ndarrays xs, or a tuple."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a forward(*xs)"
        )


class Add(Function):
    """y = x0 + x1, gx0 = gy, gx1 = gy"""

    def backward(self, gy):
        return gy, gy

    def forward(self, x0, x1):
        return x0 + x1


class Square(Function):
    """y = x**2, gx = 2 * x * gy"""

    def backward(self, gy):
        return 2 * self.inputs[0].data * gy

    def forward(self, x):
        return x**2


def as_array(x):
    """Return x, a number turned into a 0-d ndarray."""
    if np.isscalar(x):
        return np.array(x)
    return x


def square(x):
    """Return x**2 as a Variable."""
    return Square()(x)


def add(x0, x1):
    """Return x0 + x1 as a Variable."""
    return Add()(x0, x1)


if __name__ == "__main__":
    x = Variable(np.array(2.0))
    print(f"dy/dx by hand, 8 * x**3 at x = 2: {8 * x.data**3:.0f}")
    y, _ = diamond(x)
    y.backward()
    print(f"y.backward() of step 14:          {x.grad:.0f}")

    x.cleargrad()
    y, funcs = diamond(x)
    report("simple loop", simple_loop(y), funcs, x)

    x.cleargrad()
    y, funcs = diamond(x)
    report("each only once", simple_loop(y, once=True), funcs, x)

    x.cleargrad()
    y, funcs = diamond(x)
    A, B, C, D = funcs
    report("order by hand", in_this_order(y, [D, C, B, A]), funcs, x)

    x = Variable(np.array(1.0))
    t, funcs = doubled(x, 10)
    count = len(funcs)
    print(f"ten times t = t + t: {count} Functions, t = {t.data:.0f}")
    visits = len(simple_loop(t))
    print(f"simple loop: {visits} visits, dt/dx = {x.grad:.0f}")
    x.cleargrad()
    t, funcs = doubled(x, 10)
    visits = len(in_this_order(t, funcs))
    print(f"last one first: {visits} visits, dt/dx = {x.grad:.0f}")
