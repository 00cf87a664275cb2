"""Step 13. Backward for many: one gradient per input.

z = x**2 + y**2 depends on two Variables. How fast does z change
when only x moves and y is held still? This slope is called a
*partial derivative*, dz/dx. The other one, dz/dy, is how fast z
changes when only y moves. One pass of backward finds both:

    x = 2 --Square-- 4 --+
                         +-- Add -- z = 13
    y = 3 --Square-- 9 --+

    4 <---Square---- 1 <-+
                         +-- Add <-- 1
    6 <---Square---- 1 <-+

A Function with two inputs returns two gradients, one per input,
in the order of the inputs. For a sum both slopes are 1, so Add
passes gy on to both inputs. The loop of step 8 stays as it is. Only
"the input" and "the output" become lists.

A Function with two outputs gets two gradients, so both of its
results must be used. If z is computed from the x of Polar alone,
nothing ever reaches its y: y.grad is None, and Polar.backward
fails with "unsupported operand type(s) for *: 'NoneType' and
'float'". What can you do? z does not move with y, so the gradient
of y is 0. Say so before backward:

    y.grad = np.array(0.0)

`x.grad = gx` in the loop is right as long as every Variable is
used once. Step 14 uses one twice, and there it goes wrong. (The
loop visits Polar twice, because Polar is the creator of both x
and y. Both visits store the same. Step 15 comes back to this.)

Exercise: write Mul with forward x0 * x1. What are its two
gradients? Check that d(x * y)/dx is 3 at x = 2, y = 3.

In the package: dezero/core/backward.py, propagate

Output:
    z = x**2 + y**2 = 13 at x = 2, y = 3
      dz/dx = 4.0000, dz/dy = 6.0000
      measured 4.0000,        6.0000
    at x = [1. 2.], y = [3. 4.]
      dz/dx = [2. 4.], dz/dy = [6. 8.]
    z = r cos + r sin = 2.7321 at r = 2, 30 degrees
      dz/dr = 1.3660, dz/dangle = 0.7321
      measured 1.3660,            0.7321
    z = r cos alone, with y.grad = 0
      dz/dr = 0.8660, dz/dangle = -1.0000
"""

import numpy as np


class Variable:
    """A box that holds an ndarray, its gradient and its creator."""

    def backward(self):
        """Fill in grad of every Variable that led to this one."""
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
                x.grad = gx
                if x.creator is not None:
                    waiting.append(x.creator)

    # --- carried over ---
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

    # --- carried over ---
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

    # --- carried over ---
    def forward(self, x0, x1):
        return x0 + x1


# The inputs are a tuple now, so Square takes the first of them.
class Square(Function):
    """y = x**2, gx = 2 * x * gy"""

    def backward(self, gy):
        return 2 * self.inputs[0].data * gy

    # --- carried over ---
    def forward(self, x):
        return x**2


# Polar gets the gradients of both its results, gx and gy. Both r
# and angle move both results, so the gradient of each is a sum of
# two terms:
#
#     gr     = gx * cos(angle) + gy * sin(angle)
#     gangle = gy * r * cos(angle) - gx * r * sin(angle)
class Polar(Function):
    """x = r * cos(angle), y = r * sin(angle)"""

    def backward(self, gx, gy):
        r, angle = self.inputs[0].data, self.inputs[1].data
        cos, sin = np.cos(angle), np.sin(angle)
        return gx * cos + gy * sin, r * (gy * cos - gx * sin)

    # --- carried over ---
    def forward(self, r, angle):
        return r * np.cos(angle), r * np.sin(angle)


def sum_of_squares(x, y):
    """Return z = x**2 + y**2."""
    return add(square(x), square(y))


def sum_of_coordinates(r, angle):
    """Return x + y of the point at length r in direction angle."""
    x, y = Polar()(r, angle)
    return add(x, y)


# Is backward right? Step 4 measures one slope at a time, with the
# other Variable held still.
def slopes(f, a, b):
    """Return df/da and df/db, each with the other held still."""
    return (
        numerical_diff(lambda v: f(v, b), a),
        numerical_diff(lambda v: f(a, v), b),
    )


# --- carried over ---
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


def numerical_diff(f, x, h=1e-4):
    """Return the slope of f at x by a central difference."""
    # np.array: a box holds an ndarray, a sum may be a bare number
    right = f(Variable(np.array(x.data + h)))
    left = f(Variable(np.array(x.data - h)))
    return (right.data - left.data) / (2 * h)


if __name__ == "__main__":
    x, y = Variable(np.array(2.0)), Variable(np.array(3.0))
    z = sum_of_squares(x, y)
    z.backward()
    print(f"z = x**2 + y**2 = {z.data:.0f} at x = 2, y = 3")
    print(f"  dz/dx = {x.grad:.4f}, dz/dy = {y.grad:.4f}")
    dx, dy = slopes(sum_of_squares, x, y)
    print(f"  measured {dx:.4f},        {dy:.4f}")

    x = Variable(np.array([1.0, 2.0]))
    y = Variable(np.array([3.0, 4.0]))
    sum_of_squares(x, y).backward()
    print(f"at x = {x.data}, y = {y.data}")
    print(f"  dz/dx = {x.grad}, dz/dy = {y.grad}")

    r, angle = Variable(np.array(2.0)), Variable(np.array(np.pi / 6))
    z = sum_of_coordinates(r, angle)
    z.backward()
    print(f"z = r cos + r sin = {z.data:.4f} at r = 2, 30 degrees")
    print(f"  dz/dr = {r.grad:.4f}, dz/dangle = {angle.grad:.4f}")
    dr, dangle = slopes(sum_of_coordinates, r, angle)
    print(f"  measured {dr:.4f},            {dangle:.4f}")

    x, y = Polar()(r, angle)
    y.grad = np.array(0.0)  # x does not move with y
    x.backward()
    print("z = r cos alone, with y.grad = 0")
    print(f"  dz/dr = {r.grad:.4f}, dz/dangle = {angle.grad:.4f}")
