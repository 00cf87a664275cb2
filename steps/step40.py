"""Step 40. Broadcasting: stretched forward, summed backward.

NumPy stretches an array that is too short. In x + b, where x is
(3,) and b is (1,), the one number of b is used three times:

    x    x0       x1       x2        (3,)
    b    b0       b0       b0        (1,)
    y    x0 + b0  x1 + b0  x2 + b0   (3,)

This is called *broadcasting*. A number that is used three times
gets three gradients, and they add up (step 14): gb is gy0 + gy1 +
gy2. The Add of step 13 does not know this and returns all of gy
for both inputs. The engine of step 22 does not complain: b has the
shape (1,), and b.grad the shape (3,). The package compares the
shapes, and raises an error.

Two Functions put it right. Each is the backward of the other:

    broadcast_to   (1,) -> (3,)   repeats
    sum_to         (3,) -> (1,)   adds up

Over which axes must sum_to add up? NumPy lines the two shapes up on
the right. It puts ones in front of the shorter shape, and stretches
a 1 where the other shape has more:

    y   (4, 2, 3)    axis 0 was put in front,
    x      (2, 1)    axis 2 was stretched

So sum_to adds up over axes 0 and 2. Add and Mul now compute their
gradients as before, and sum them to the shapes of their inputs.
Where nothing was stretched, sum_to returns what it was given.

With a product that stretches, and a sum, we can already multiply
matrices. Step 41 shows why the matrix product gets a Function of
its own.

Exercise: write Maximum, the larger of two inputs, element by
element, for inputs of any shapes that fit together.

In the package: dezero/core/shape.py, BroadcastTo and SumTo

Output:
    step 13's Add.backward: the gradient of input 1 must have
    that input's shape (1,), got (3,) (see step 40)
    [1. 2. 3.] + [10.] = [11. 12. 13.]
    x.grad [1. 1. 1.], b.grad [3.]
    b to (2, 3): [[10.0, 10.0, 10.0], [10.0, 10.0, 10.0]]
    x to (1,): [6.]
    x0         x1      x0 * x1    gx0        gx1     measured
    (2, 3)     (3,)    (2, 3)     (2, 3)     (3,)    True
    (2, 3)     (2, 1)  (2, 3)     (2, 3)     (2, 1)  True
    (4, 1, 3)  (2, 1)  (4, 2, 3)  (4, 1, 3)  (2, 1)  True
    ()         (2, 3)  (2, 3)     ()         (2, 3)  True
"""

import textwrap

import numpy as np

import dezero
from dezero import Function, as_variable
from dezero.core import restore_axes
from dezero.gradcheck import numerical_grad


class BroadcastTo(Function):
    """Repeat x along new and length-1 axes; gx adds them up again."""

    def __init__(self, shape):
        self.shape = shape

    def forward(self, x):
        return np.broadcast_to(x, self.shape)

    def backward(self, gy):
        (x,) = self.inputs
        return sum_to(gy, x.shape)


def broadcast_to(x, shape):
    """Return x repeated to shape, a tuple."""
    if x.shape == shape:
        return as_variable(x)
    return BroadcastTo(shape)(x)


class SumTo(Function):
    """Sum x down to a shape that broadcasts to x's; gx repeats gy."""

    def __init__(self, shape):
        self.shape = shape

    def forward(self, x):
        return sum_array_to(x, self.shape)

    def backward(self, gy):
        (x,) = self.inputs
        return broadcast_to(gy, x.shape)


def sum_to(x, shape):
    """Return x summed to shape, a tuple: broadcasting in reverse."""
    if x.shape == shape:
        return as_variable(x)
    return SumTo(shape)(x)


# The work on arrays: find the axes that were put in front, and those
# that were stretched, and sum over them. (n == 1 != m is Python's short
# form of n == 1 and 1 != m.)
def sum_array_to(x, shape):
    """Return the array x summed so that it has shape."""
    lead = x.ndim - len(shape)  # so many axes were put in front
    if lead < 0 or any(
        n not in (1, m) for n, m in zip(shape, x.shape[lead:])
    ):
        raise ValueError(
            f"sum_to: {tuple(shape)} does not broadcast to {x.shape}, "
            f"so {x.shape} cannot be summed to it (see step 40)"
        )
    axes = [  # those that were stretched
        i + lead
        for i, n in enumerate(shape)
        if n == 1 != x.shape[i + lead]
    ]
    axes = (*range(lead), *axes)
    return x.sum(axis=axes).reshape(shape) if axes else x


# Sub, Div and Pow need sum_to as well; in the package they have it.
class Add(Function):
    """y = x0 + x1, gx0 = gy, gx1 = gy, summed to their shapes."""

    def backward(self, gy):
        x0, x1 = self.inputs
        return sum_to(gy, x0.shape), sum_to(gy, x1.shape)

    # --- carried over ---
    def forward(self, x0, x1):
        return x0 + x1


class Mul(Function):
    """y = x0 * x1, gx0 = gy * x1, gx1 = gy * x0, likewise."""

    def backward(self, gy):
        x0, x1 = self.inputs
        gx0 = sum_to(gy * x1, x0.shape)
        gx1 = sum_to(gy * x0, x1.shape)
        return gx0, gx1

    # --- carried over ---
    def forward(self, x0, x1):
        return x0 * x1


# Sum of step 39 no longer needs its array of ones. broadcast_to
# returns a view, which shows the numbers of gy several times over, and
# multiplies nothing.
class Sum(Function):
    """Sum over axis (None: all); gx repeats gy along these axes."""

    def backward(self, gy):
        (x,) = self.inputs
        gy = restore_axes(gy, x.shape, self.axis, self.keepdims)
        return broadcast_to(gy, x.shape)

    # --- carried over ---
    def __init__(self, axis, keepdims):
        self.axis = axis
        self.keepdims = keepdims

    def forward(self, x):
        return x.sum(axis=self.axis, keepdims=self.keepdims)


class Variable(dezero.Variable):
    """The package's Variable, with the operators of this step."""

    # --- carried over ---
    def __add__(self, other):
        return add(self, other)

    def __mul__(self, other):
        return mul(self, other)


class OldAdd(Function):
    """The Add of step 13: gy for both, whatever their shapes."""

    def forward(self, x0, x1):
        return x0 + x1

    def backward(self, gy):
        return gy, gy


# Is each gradient right, whatever the shapes? The differences of step 4
# can tell: they move one element, wherever it is used, and look at how
# far the result moves.
def measured(f, x0, x1):
    """Return both gradients of f(x0, x1), measured (step 4)."""
    return (
        numerical_grad(lambda x: f(x, x1), x0),
        numerical_grad(lambda x: f(x0, x), x1),
    )


# --- carried over ---
def add(x0, x1):
    """Return x0 + x1 as a Variable."""
    return Add()(x0, x1)


def mul(x0, x1):
    """Return x0 * x1 as a Variable."""
    return Mul()(x0, x1)


if __name__ == "__main__":
    x = Variable(np.array([1.0, 2.0, 3.0]))
    b = Variable(np.array([10.0]))
    try:
        OldAdd()(x, b).backward()
    except ValueError as error:
        message = str(error).replace("OldAdd", "step 13's Add")
        print(textwrap.fill(message, 60))
    y = x + b
    y.backward()
    print(f"{x.data} + {b.data} = {y.data}")
    print(f"x.grad {x.grad.data}, b.grad {b.grad.data}")

    wide, total = broadcast_to(b, (2, 3)), sum_to(x, (1,))
    print(f"b to (2, 3): {wide.data.tolist()}")
    print(f"x to (1,): {total.data}")

    rng = np.random.default_rng(0)
    print("x0         x1      x0 * x1    gx0        gx1     measured")
    for shape0, shape1 in [
        ((2, 3), (3,)),
        ((2, 3), (2, 1)),
        ((4, 1, 3), (2, 1)),
        ((), (2, 3)),
    ]:
        x0 = Variable(rng.normal(size=shape0))
        x1 = Variable(rng.normal(size=shape1))
        y = x0 * x1
        y.backward()
        slopes = measured(mul, x0.data, x1.data)
        grads = x0.grad.data, x1.grad.data
        same = all(np.allclose(*pair) for pair in zip(grads, slopes))
        print(f"{shape0!s:11}{shape1!s:8}{y.shape!s:11}", end="")
        print(f"{x0.grad.shape!s:11}{x1.grad.shape!s:8}{same}")
