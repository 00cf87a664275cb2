"""Step 7. Links: every result remembers which Function made it.

In step 6 we called each backward ourselves. How can the chain find
its own way back? Every Variable remembers the Function that created
it, and every Function remembers its input. From the end of the
chain, which we call y again, these links lead all the way to x:

    y --creator--> Square --input--> b
    b --creator--> Exp    --input--> a
    a --creator--> Square --input--> x

Variables and Functions linked in this way are a *computational
graph*. We never write the graph down: it grows while the program
computes. Your program may use an if, a loop or a helper function;
the graph records only the calls that really happened. This is
called *define-by-run* (Tokui and others, 2015): to define the
graph, run the program.

Now one call of backward can do everything. It asks the creator for
the gradient of the creator's input, stores it in that input, and
calls the input's own backward:

    y.backward():
        b.grad = y.creator.backward(y.grad)
        b.backward():
            a.grad = b.creator.backward(b.grad)
            a.backward():
                ...

A function that calls itself is called *recursive*. A recursive
backward is the shortest to write. But each call waits for the call
that it made, and Python lets only about a thousand calls wait.
Step 8 does the same with a loop, which has no such limit.

Exercise: write a function history(y) that returns the names of all
Functions behind y, in the order in which they ran, for a chain of
any length.

In the package: dezero/core/variable.py, Variable.backward

Output:
    walking back from y:
      1.6487 = Square of 1.2840
      1.2840 = Exp of 0.2500
      0.2500 = Square of 0.5000
      the walk ended at x: True
    x.grad = 3.2974
    x**8 at 1.1: 2.1436, x.grad = 15.5897
    by the rules of calculus, 8 * x**7 = 15.5897
"""

import numpy as np


class Variable:
    """A box that holds an ndarray, its gradient and its creator."""

    def __init__(self, data):
        self.data = data
        self.grad = None
        self.creator = None

    def set_creator(self, func):
        """Remember the Function that computed this Variable."""
        self.creator = func

    def backward(self):
        """Fill in grad of every Variable that led to this one."""
        func = self.creator
        if func is not None:
            x = func.input
            x.grad = func.backward(self.grad)
            x.backward()


# The links are made where the result is made.
class Function:
    """Base class: a call takes a Variable and returns a new one.

    forward computes the result, backward the gradient; input and
    output are the Variables of the call.
    """

    def __call__(self, input):
        y = self.forward(input.data)
        output = Variable(y)
        output.set_creator(self)
        self.input = input
        self.output = output
        return output

    # --- carried over ---
    def forward(self, x):
        """Return the result for the ndarray x; subclasses say how."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a forward(x)"
        )

    def backward(self, gy):
        """Return the gradient of the input, given the output's."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a backward(gy)"
        )


# --- carried over ---
class Square(Function):
    """y = x**2, gx = 2 * x * gy"""

    def backward(self, gy):
        return 2 * self.input.data * gy

    def forward(self, x):
        return x**2


class Exp(Function):
    """y = e**x, gx = e**x * gy"""

    def backward(self, gy):
        return np.exp(self.input.data) * gy

    def forward(self, x):
        return np.exp(x)


if __name__ == "__main__":
    x = Variable(np.array(0.5))
    y = Square()(Exp()(Square()(x)))

    print("walking back from y:")
    v = y
    while v.creator is not None:
        func = v.creator
        name = type(func).__name__
        print(f"  {v.data:.4f} = {name} of {func.input.data:.4f}")
        v = func.input
    print("  the walk ended at x:", v is x)

    y.grad = np.array(1.0)
    y.backward()
    print(f"x.grad = {x.grad:.4f}")

    # the graph is whatever the loop did: x**2, three times
    x = Variable(np.array(1.1))
    y = x
    for _ in range(3):
        y = Square()(y)
    y.grad = np.array(1.0)
    y.backward()
    print(f"x**8 at 1.1: {y.data:.4f}, x.grad = {x.grad:.4f}")
    print(f"by the rules of calculus, 8 * x**7 = {8 * 1.1**7:.4f}")
