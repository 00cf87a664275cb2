"""Step 8. A loop instead of recursion: chains of any length.

Step 7's backward calls itself once for every Function in the
chain. None of these calls can finish before the last one has, so
they pile up, and Python stops at about a thousand. A loop piles up
nothing. It keeps a list of the Functions that still have to be
visited, takes one off, and adds the one before it:

    recursion               loop
    backward of y           waiting: [third]
     backward of b          waiting: [second]
      backward of a         waiting: [first]
       backward of x        waiting: []

In a chain this list never holds more than one Function. From step
13 on a Function may have several inputs, and then several creators
wait at once.

To get a long chain, put 1 into a bank for a year, at 100 % interest.
The bank pays n times a year, each time 1/n of what is in the account:

    y = (1 + 1/n) * (1 + 1/n) * ... * (1 + 1/n) * x

Each payment is one Function, so the chain has n Functions. The
slope dy/dx is (1 + 1/n)**n, and for a large n this comes close to
e = 2.71828...

Two things are still clumsy. We have to write y.grad = np.array(1.0)
by hand, and Square()(x) makes an object only to call it once. Step
9 mends both.

Exercise: run backward_recursive for n = 100, 200, 400 and so on.
Where does it stop? Why does that happen a little before Python's
limit, sys.getrecursionlimit()?

In the package: dezero/core/backward.py, propagate

Output:
       10 Functions, recursion: 2.5937
       10 Functions, loop:      2.5937
    10000 Functions, recursion: RecursionError
    10000 Functions, loop:      2.7181
    e = 2.7183
"""

import numpy as np


class Variable:
    """A box that holds an ndarray, its gradient and its creator."""

    def backward(self):
        """Fill in grad of every Variable that led to this one."""
        waiting = [] if self.creator is None else [self.creator]
        while waiting:
            func = waiting.pop()
            x, y = func.input, func.output
            x.grad = func.backward(y.grad)
            if x.creator is not None:
                waiting.append(x.creator)

    # --- carried over ---
    def __init__(self, data):
        self.data = data
        self.grad = None
        self.creator = None

    def set_creator(self, func):
        """Remember the Function that computed this Variable."""
        self.creator = func


# --- carried over ---
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


# --- new in this step ---
# One payment of the bank. rate is a plain number and no Variable,
# so it gets no gradient.
class Grow(Function):
    """y = (1 + rate) * x, gx = (1 + rate) * gy"""

    def __init__(self, rate):
        self.rate = rate

    def forward(self, x):
        return (1 + self.rate) * x

    def backward(self, gy):
        return (1 + self.rate) * gy


def grow(x, n):
    """Return x after n payments of interest, 1/n each."""
    for _ in range(n):
        x = Grow(1 / n)(x)
    return x


# Step 7's backward once more, as a function, to compare with.
def backward_recursive(y):
    """Fill in the gradients; each call waits for the call it makes."""
    func = y.creator
    if func is not None:
        x = func.input
        x.grad = func.backward(y.grad)
        backward_recursive(x)


if __name__ == "__main__":
    for n in (10, 10_000):
        x = Variable(np.array(1.0))
        y = grow(x, n)
        y.grad = np.array(1.0)
        try:
            backward_recursive(y)
            result = f"{x.grad:.4f}"
        except RecursionError:
            result = "RecursionError"
        print(f"{n:5} Functions, recursion: {result}")

        x = Variable(np.array(1.0))
        y = grow(x, n)
        y.grad = np.array(1.0)
        y.backward()
        print(f"{n:5} Functions, loop:      {x.grad:.4f}")
    print(f"e = {np.exp(1.0):.4f}")
