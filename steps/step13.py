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

Note the line `x.grad = gx` in the loop. It is right as long as
every Variable is used once; step 14 uses one twice.

New: backward of Variable, Function, Add, Polar; Square again.
Carried over from step 9: set_creator, Square.forward, as_array,
square. From step 12: __call__, forward, add.
Extends: core.Variable.backward, core.Function, core.Add
Exercise: write Mul with forward x0 * x1. What are its two
gradients? Check that d(x * y)/dx is 3 at x = 2, y = 3.

Output:
    z = x**2 + y**2 at (2, 3) = 13
    dz/dx = 4, by central difference 4.0000
    dz/dy = 6, by central difference 6.0000
    vectors: gradients [2. 4.] and [6. 8.]
    z = x + y of r = 2, 30 degrees = 2.7321
    dz/dr = 1.3660, by central difference 1.3660
    dz/dangle = 0.7321, by central difference 0.7321
"""

import numpy as np


# --- new in this step ---
class Variable:
    """A box that holds an ndarray and remembers its creator."""

    # --- carried over from step 9 ---
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
        """Set the grad of every Variable this one came from."""
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
    """Variables in, Variables out; subclasses see plain arrays."""

    # --- carried over from step 12 ---
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
        """Return the result for the arrays xs: one, or a tuple."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a forward(*xs)"
        )

    # --- new in this step ---
    def backward(self, *gys):
        """Return one gradient per input: one, or a tuple."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a backward(*gys)"
        )


class Square(Function):
    """y = x**2, so gx = 2 * x * gy."""

    # --- carried over from step 9 ---
    def forward(self, x):
        return x**2

    # --- new in this step ---
    def backward(self, gy):
        return 2 * self.inputs[0].data * gy


class Add(Function):
    """y = x0 + x1, so both gradients are gy."""

    # --- carried over from step 12 ---
    def forward(self, x0, x1):
        return x0 + x1

    # --- new in this step ---
    def backward(self, gy):
        return gy, gy


class Polar(Function):
    """From length and angle to x = r cos(angle), y = r sin(angle)."""

    # --- carried over from step 12 ---
    def forward(self, r, angle):
        return r * np.cos(angle), r * np.sin(angle)

    # --- new in this step ---
    def backward(self, gx, gy):
        r, angle = self.inputs[0].data, self.inputs[1].data
        cos, sin = np.cos(angle), np.sin(angle)
        return gx * cos + gy * sin, r * (gy * cos - gx * sin)


# --- carried over from step 9 ---
def as_array(x):
    """Return x, a number turned into a 0-d ndarray."""
    if np.isscalar(x):
        return np.array(x)
    return x


def square(x):
    """Return x**2 as a Variable."""
    return Square()(x)


# --- carried over from step 12 ---
def add(x0, x1):
    """Return x0 + x1 as a Variable."""
    return Add()(x0, x1)


# --- new in this step ---
def slope(f, xs, i, h=1e-4):
    """Return df/dxs[i] by central difference (see step 4)."""
    ahead, behind = list(xs), list(xs)
    ahead[i] += h
    behind[i] -= h
    y1 = f(*[Variable(np.array(x)) for x in ahead])
    y0 = f(*[Variable(np.array(x)) for x in behind])
    return (y1.data - y0.data) / (2 * h)


def sum_of_squares(x, y):
    """Return x**2 + y**2."""
    return add(square(x), square(y))


def sum_of_coordinates(r, angle):
    """Return x + y of the point at length r and angle."""
    x, y = Polar()(r, angle)
    return add(x, y)


if __name__ == "__main__":
    x, y = Variable(np.array(2.0)), Variable(np.array(3.0))
    z = sum_of_squares(x, y)
    z.backward()
    print(f"z = x**2 + y**2 at (2, 3) = {z.data:.0f}")
    for i, (name, v) in enumerate([("x", x), ("y", y)]):
        check = slope(sum_of_squares, (2.0, 3.0), i)
        print(
            f"dz/d{name} = {v.grad:.0f}, "
            f"by central difference {check:.4f}"
        )

    x = Variable(np.array([1.0, 2.0]))
    y = Variable(np.array([3.0, 4.0]))
    sum_of_squares(x, y).backward()
    print(f"vectors: gradients {x.grad} and {y.grad}")

    r, angle = Variable(np.array(2.0)), Variable(np.array(np.pi / 6))
    z = sum_of_coordinates(r, angle)
    z.backward()
    print(f"z = x + y of r = 2, 30 degrees = {z.data:.4f}")
    for i, (name, v) in enumerate([("r", r), ("angle", angle)]):
        check = slope(sum_of_coordinates, (2.0, np.pi / 6), i)
        print(
            f"dz/d{name} = {v.grad:.4f}, "
            f"by central difference {check:.4f}"
        )
