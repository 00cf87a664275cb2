"""Step 9. Comfort: less to write, and mistakes are found early.

How short can a program be that computes exp(x**2)**2 and its
gradient? So far we had to make an object for each Function, and to
write the first gradient by hand. After this step two lines are
enough:

    y = square(exp(square(x)))
    y.backward()

Changes 1 and 2 make it short, and changes 3 and 4 make it safe:

1. square(x) stands for Square()(x).
2. backward starts by itself: where grad is empty, it begins with
   ones, in the shape of data.
3. A Variable accepts an ndarray and nothing else. Variable(3.0)
   used to work, and then something failed much later, far away
   from the mistake. Now it fails at once, and the message says
   what to write instead.
4. Results are ndarrays, always. NumPy does not keep this promise:

       np.array(3.0) ** 2  is  np.float64(9.0), not an ndarray

With that we have a small engine for derivatives. But is each
backward right? A wrong sign would stop nothing; it would only give
wrong numbers. Step 10 tests them.

Exercise: print type(x.grad) for an x of 0 dimensions. Nothing puts
gradients into a box, so change 4 does not reach them. Which line of
Variable would you wrap in as_array to get an ndarray?

In the package: dezero/core/variable.py, as_array;
dezero/functions/elementwise.py, exp

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


# Changes 2 and 3. None is still allowed, for a box that will be
# filled later.
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


# Change 4: the result of forward goes through as_array before it is
# put into its box.
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
        """Return the result for the ndarray x; subclasses say how."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a forward(x)"
        )

    def backward(self, gy):
        """Return the gradient of the input, given the output's."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a backward(gy)"
        )


def as_array(x):
    """Return x, a number turned into a 0-d ndarray."""
    if np.isscalar(x):
        return np.array(x)
    return x


# Change 1.
def square(x):
    """Return x**2 as a Variable."""
    return Square()(x)


def exp(x):
    """Return e**x as a Variable."""
    return Exp()(x)


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
