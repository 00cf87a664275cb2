"""Step 13. Backward for many: one gradient per input.

Going back, a Function with two inputs hands out two gradients,
and one with two outputs collects two. The loop of step 8 stays;
only "the" input and "the" output become lists:

    forward                      backward

    x --Square--+                dz/dx <--Square--+
                +--Add-- z                        +--Add-- 1
    y --Square--+                dz/dy <--Square--+

For a sum both slopes are 1, so Add passes what arrives to both
sides. Polar has two results, so its backward gets two gradients
and each input collects from both:

    x = r cos(angle)    gr = gx cos(angle) + gy sin(angle)
    y = r sin(angle)    gangle = -gx r sin(angle)
                                + gy r cos(angle)

`x.grad = gx` in the loop is right as long as every Variable is
used once. Step 14 uses one twice, and there it goes wrong.
(Polar is the creator of both x and y, so the loop visits it
twice. Both visits store the same; step 15 comes back to this.)

Exercise: write Mul with forward x0 * x1. What are its two
gradients? Check that d(x * y)/dx is 3 at x = 2, y = 3.

Output:
    z = x**2 + y**2 = 13 at x = 2, y = 3
      dz/dx = 4.0000, dz/dy = 6.0000
      measured 4.0000,        6.0000
    at x = [1. 2.], y = [3. 4.]
      dz/dx = [2. 4.], dz/dy = [6. 8.]
    z = r cos + r sin = 2.7321 at r = 2, 30 degrees
      dz/dr = 1.3660, dz/dangle = 0.7321
      measured 1.3660,            0.7321
"""

import numpy as np


class Variable:
    """A box that holds an ndarray, its gradient and its creator."""

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

    # --- new in this step ---
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


class Function:
    """Base class: a call takes Variables and returns new ones.

    forward computes the results, backward the gradients; inputs
    and outputs are the Variables of the call.
    """

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

    # --- new in this step ---
    def backward(self, *gys):
        """Return the gradient of the input, or a tuple of them."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a backward(*gys)"
        )


class Square(Function):
    """y = x**2, gx = 2 * x * gy"""

    # --- carried over ---
    def forward(self, x):
        return x**2

    # --- new in this step ---
    def backward(self, gy):
        return 2 * self.inputs[0].data * gy


class Add(Function):
    """y = x0 + x1, gx0 = gy, gx1 = gy"""

    # --- carried over ---
    def forward(self, x0, x1):
        return x0 + x1

    # --- new in this step ---
    def backward(self, gy):
        return gy, gy


class Polar(Function):
    """x = r * cos(angle), y = r * sin(angle)"""

    # --- carried over ---
    def forward(self, r, angle):
        return r * np.cos(angle), r * np.sin(angle)

    # --- new in this step ---
    def backward(self, gx, gy):
        r, angle = self.inputs[0].data, self.inputs[1].data
        cos, sin = np.cos(angle), np.sin(angle)
        return gx * cos + gy * sin, r * (gy * cos - gx * sin)


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


# --- new in this step ---
def sum_of_squares(x, y):
    """Return z = x**2 + y**2."""
    return add(square(x), square(y))


def sum_of_coordinates(r, angle):
    """Return x + y of the point at length r in direction angle."""
    x, y = Polar()(r, angle)
    return add(x, y)


def slopes(f, a, b):
    """Return df/da and df/db, each with the other held still."""
    return (
        numerical_diff(lambda v: f(v, b), a),
        numerical_diff(lambda v: f(a, v), b),
    )


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
