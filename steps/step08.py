"""Step 8. A loop instead of recursion: chains of any length.

Step 7's backward calls itself once per Function and none of the
calls can finish before the last; Python stops such a tower at
about a thousand. A loop keeps a list of the Functions still to be
done instead, takes one off, and adds the one before it:

    recursion                      loop
    backward of y                  waiting: [third]
      waits for backward of b      waiting: [second]
        waits for backward of a    waiting: [first]
          waits for ...            waiting: []   done

In a chain the list never holds more than one Function. It is a
list all the same, because from step 13 on a Function may have
several inputs, and then several creators wait at once.

To see a long chain, put 1 in a bank for a year. It pays 100 %
interest, in n equal parts, each part on all there is by then:

    y = (1 + 1/n) * (1 + 1/n) * ... * (1 + 1/n) * x     n times

The slope dy/dx is (1 + 1/n)**n, which for large n is close to
e = 2.71828... Each payment is one Function, Grow, in the chain.

Two nuisances remain. We still have to write y.grad = np.array(1.0)
by hand, and Square()(x) makes an object just to call it once.
Step 9 does away with both.

Exercise: run the recursive way for n = 100, 200, 400, ... Where
does it break, and why a little before Python's limit, which is
sys.getrecursionlimit()?

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

    # --- carried over ---
    def __init__(self, data):
        self.data = data
        self.grad = None
        self.creator = None

    def set_creator(self, func):
        """Remember the Function that computed this Variable."""
        self.creator = func

    # --- new in this step ---
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
        """Return the result for the ndarray x; subclasses do."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a forward(x)"
        )

    def backward(self, gy):
        """Return the gradient of the input, given the output's."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a backward(gy)"
        )


# --- new in this step ---
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


def backward_recursive(y):
    """Step 7's way: each call waits for the call it makes."""
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
