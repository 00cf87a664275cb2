"""Step 9. Comfort: say what you mean, and hear early what is wrong.

Four small repairs make the chain a pleasure to use:

    y = square(exp(square(x)))
    y.backward()

1. Plain functions. A Function object is made for each call; the
   functions square and exp make it and call it in one go.
2. The first gradient. y moves exactly as fast as itself, so when
   grad is empty, backward starts with ones in the shape of data.
3. Only ndarrays. Variable(3.0) used to be accepted and to fail
   much later, far from the mistake. Now it fails at once, and the
   message says what to write instead. (None may still go in, for
   a box that is to be filled later.)
4. Results stay ndarrays. NumPy turns the result of computing with
   a 0-dimensional ndarray into a bare number, a NumPy scalar:

        np.array(3.0) ** 2  ->  np.float64, not an ndarray

   Such a result would not be let into its own box, by repair 3.
   as_array puts it back into an ndarray first.

These are all the parts of a small engine for derivatives. But is
each backward right? One wrong sign would not stop anything, it
would just give wrong numbers. Step 10 tests them.

Exercise: print type(x.grad) for a 0-dimensional x. Nothing puts
gradients into a box (before step 32). Which line of Variable
would you wrap in as_array to get an ndarray?

Output:
    y = 1.6487, x.grad = 3.2974
    three at once, x.grad = [0. 1. 2.]
    NumPy gives: float64
    the box has: <class 'numpy.ndarray'>
    Variable: float is not supported;
        wrap the value: Variable(np.array(...)) (see step 9)
    Variable: list is not supported;
        wrap the value: Variable(np.array(...)) (see step 9)
"""

import numpy as np


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

    def backward(self):
        """Fill in grad of every Variable that led to this one."""
        if self.grad is None:
            self.grad = np.ones_like(self.data)
        waiting = [] if self.creator is None else [self.creator]
        while waiting:
            func = waiting.pop()
            x, y = func.input, func.output
            x.grad = func.backward(y.grad)
            if x.creator is not None:
                waiting.append(x.creator)

    # --- carried over ---
    def set_creator(self, func):
        """Remember the Function that computed this Variable."""
        self.creator = func


class Function:
    """Base class: a call takes a Variable and returns a new one.

    forward computes the result, backward the gradient; input and
    output are the Variables of the call.
    """

    def __call__(self, input):
        y = self.forward(input.data)
        output = Variable(as_array(y))
        output.set_creator(self)
        self.input = input
        self.output = output
        return output

    # --- carried over ---
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


# --- carried over ---
class Square(Function):
    """y = x**2, gx = 2 * x * gy"""

    def forward(self, x):
        return x**2

    def backward(self, gy):
        return 2 * self.input.data * gy


class Exp(Function):
    """y = e**x, gx = e**x * gy"""

    def forward(self, x):
        return np.exp(x)

    def backward(self, gy):
        return np.exp(self.input.data) * gy


# --- new in this step ---
def as_array(x):
    """Return x, a number turned into a 0-d ndarray."""
    if np.isscalar(x):
        return np.array(x)
    return x


def square(x):
    """Return x**2 as a Variable."""
    return Square()(x)


def exp(x):
    """Return e**x as a Variable."""
    return Exp()(x)


if __name__ == "__main__":
    x = Variable(np.array(0.5))
    y = square(exp(square(x)))
    y.backward()
    print(f"y = {y.data:.4f}, x.grad = {x.grad:.4f}")

    x = Variable(np.array([0.0, 0.5, 1.0]))
    square(x).backward()
    print("three at once, x.grad =", x.grad)

    bare = np.array(3.0) ** 2
    print("NumPy gives:", type(bare).__name__)
    print("the box has:", type(square(Variable(np.array(3.0))).data))

    for wrong in (3.0, [1.0, 2.0]):
        try:
            Variable(wrong)
        except TypeError as error:
            who_and_what, advice = str(error).split("; ")
            print(f"{who_and_what};\n    {advice}")
