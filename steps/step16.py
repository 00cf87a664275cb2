"""Step 16. Generations: every Function waits for its turn.

A loop cannot look at a picture, but it can compare numbers. So we
number the graph on the way forward. A Variable that no Function
computed is called a *leaf*, and its *generation* is 0. A Function
takes the latest generation among its inputs, and its outputs are
one generation later. The diamond of step 15:

    x -- A -- a -+- B -- b -+- D -- y
                 +- C -- c -+
    0    0    1     1    2     2    3

A Function that uses a result has a later generation than the one
that computed it. So backward takes the Function with the latest
generation first. The gradients fill in from the right, at x = 2:

    64 - A -- 16 -+- B -- 1 -+- D -- 1
                  +- C -- 1 -+

A has its turn after B and C: this is a topological order (step 15).
B and C both lead to A, so backward adds a Function to the list only
if it is not waiting there already. After its turn a Function cannot
enter the list again: every Function that uses its results has had
its turn already.

We could also follow the links once, sort all Functions by their
generation, and then go back along the sorted list, as the package
does. That takes two loops. Here one loop is enough: step 8's loop,
with another way to choose the next Function.

One problem is left. y knows its creator, and the creator knows y,
among its outputs. Two objects that hold each other stay in memory
when nobody needs them any more. Step 17 looks at that.

Exercise: add up 1,024 squares in pairs, then their sums in pairs,
and so on. How many waiting Functions does max look at, in all? A
*heap* is a list that keeps its smallest entry in front (Williams,
1964; Python's heapq). Let a heap choose, and count its comparisons.

In the package: dezero/core/backward.py, propagate

Output:
    B, of generation 1, gets 1
    C, of generation 1, gets 1
    A, of generation 0, gets 16
    dy/dx = 64, by hand 8 * x**3 = 64
    ten times t = t + t: dt/dx = 1024
"""

import numpy as np


# backward is step 14's, except for two things. max chooses the next
# Function, and a Function that is already waiting is not added to
# the list a second time.
class Variable:
    """A box that holds an ndarray, its gradient and its creator."""

    def __init__(self, data):
        if data is not None and not isinstance(data, np.ndarray):
            raise TypeError(
                f"Variable: {type(data).__name__} is not supported; "
                "wrap the value: Variable(np.array(...)) (see step 9)"
            )
        self.data = data
        self.grad = None
        self.creator = None
        self.generation = 0

    def set_creator(self, func):
        """Remember the Function and follow it by one generation."""
        self.creator = func
        self.generation = func.generation + 1

    def backward(self):
        """Add to grad of every Variable that led to this one."""
        if self.grad is None:
            self.grad = np.ones_like(self.data)
        waiting = [] if self.creator is None else [self.creator]
        while waiting:
            func = max(waiting, key=lambda func: func.generation)
            waiting.remove(func)
            gys = [output.grad for output in func.outputs]
            gxs = func.backward(*gys)
            if not isinstance(gxs, tuple):
                gxs = (gxs,)
            for x, gx in zip(func.inputs, gxs):
                # not +=: gx may belong to others too (see step 14)
                x.grad = gx if x.grad is None else x.grad + gx
                if x.creator is not None and x.creator not in waiting:
                    waiting.append(x.creator)

    # --- carried over ---
    def cleargrad(self):
        """Forget the gradient, so that the next one starts anew."""
        self.grad = None


class Function:
    """Base class: a call takes Variables and returns new ones.

    forward computes the results, backward the gradients; inputs
    and outputs are the Variables of the call.
    """

    def __call__(self, *inputs):
        ys = self.forward(*[x.data for x in inputs])
        if not isinstance(ys, tuple):
            ys = (ys,)
        outputs = [Variable(as_array(y)) for y in ys]
        self.generation = max(x.generation for x in inputs)
        for output in outputs:
            output.set_creator(self)
        self.inputs = inputs
        self.outputs = outputs
        return outputs if len(outputs) > 1 else outputs[0]

    # --- carried over ---
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


# --- carried over ---
class Square(Function):
    """y = x**2, gx = 2 * x * gy"""

    def backward(self, gy):
        return 2 * self.inputs[0].data * gy

    def forward(self, x):
        return x**2


# --- new in this step ---
# To hear in which order backward goes, we let the squares of the
# diamond speak.
class Aloud(Square):
    """A Square that says when its turn to go back has come."""

    def __init__(self, name):
        self.name = name

    def backward(self, gy):
        print(
            f"{self.name}, of generation {self.generation}, "
            f"gets {gy:.0f}"
        )
        return super().backward(gy)


# --- carried over ---
class Add(Function):
    """y = x0 + x1, gx0 = gy, gx1 = gy"""

    def backward(self, gy):
        return gy, gy

    def forward(self, x0, x1):
        return x0 + x1


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
    A, B, C = Aloud("A"), Aloud("B"), Aloud("C")
    a = A(x)
    y = add(B(a), C(a))
    y.backward()
    by_hand = 8 * x.data**3
    print(f"dy/dx = {x.grad:.0f}, by hand 8 * x**3 = {by_hand:.0f}")

    x = Variable(np.array(1.0))
    t = x
    for _ in range(10):
        t = add(t, t)
    t.backward()
    print(f"ten times t = t + t: dt/dx = {x.grad:.0f}")
