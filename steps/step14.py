"""Step 14. One Variable used twice: its gradients add up.

In y = x + x, x is used twice. Move x by a small step and y moves
twice: once through the first input of Add and once through the
second. So the gradient of x is 1 + 1 = 2.

    +--> input 0 --+
    x              +-- Add -- y
    +--> input 1 --+

Step 13 gets 1, because its second `x.grad = gx` replaces the
first one. The cure is one line. It keeps the first gradient and
adds every further one to it:

    x.grad = gx if x.grad is None else x.grad + gx

In a network this is the rule and not the exception: each of its
weights is used again for every answer that the network gives. (To
see only what changed since step 13, type `python -m steps diff 14`.)

There is a price. Gradients now also add up across two computations
with the same x. Before the second computation, call x.cleargrad(),
which makes x.grad None again.

One thing is still wrong. Here x is used twice, and x was not
computed by any Function. Where a result is used twice, as in
a = square(x) and y = add(a, a), this backward gives 8 * x. But y
is 2 * x**2, and its slope is 4 * x. Step 15 finds out why.

Exercise: for y = square(square(x)) call y.backward() twice. Why
is x.grad three times the slope and not twice? (Which Variable
between x and y kept its old gradient? Step 18 clears it.)

In the package: dezero/core/backward.py, propagate;
dezero/core/variable.py, Variable

Output:
    y = x + x, step 13's way: dy/dx = 1, wrong
    y = x + x, by +=: dy/dx = 2, but now dy/dy = 2, wrong
    y = x + x, added: dy/dx = 2, and dy/dy = 1
    y = x + x + x: dy/dx = 3
    y = x**2 + x at x = 3: dy/dx = 7
    x + x, then x + x + x: x.grad = 5, both together
    x + x, x.cleargrad(), x + x + x: x.grad = 3
"""

import numpy as np


class Variable:
    """A box that holds an ndarray, its gradient and its creator."""

    def cleargrad(self):
        """Forget the gradient, so that the next one starts anew."""
        self.grad = None

    def backward(self):
        """Add to grad of every Variable that led to this one."""
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
                # not +=: gx may belong to others too (see step 14)
                x.grad = gx if x.grad is None else x.grad + gx
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


# Why is the line not simply `x.grad += gx`? We try both wrong ways.
# backward_with is step 13's loop once more; the argument store
# decides how a gradient is kept.
def backward_with(store, y):
    """Run step 13's loop from y; store(x, gx) keeps a gradient."""
    y.grad = np.ones_like(y.data)
    waiting = [y.creator]
    while waiting:
        func = waiting.pop()
        gxs = func.backward(*[output.grad for output in func.outputs])
        if not isinstance(gxs, tuple):
            gxs = (gxs,)
        for x, gx in zip(func.inputs, gxs):
            store(x, gx)
            if x.creator is not None:
                waiting.append(x.creator)


def overwrite(x, gx):
    """Step 13's way: the last gradient wins."""
    x.grad = gx


# += writes into the array itself, and other Variables may hold that
# array, too. Add passes the same array, the gradient of y, to both of
# its inputs. So += changes dy/dy as well. `x.grad + gx` is a new array.
# (Sharing an array is harmless as long as nobody writes into it.)
def add_in_place(x, gx):
    """A tempting way: += writes into an array that others use."""
    if x.grad is None:
        x.grad = gx
    else:
        x.grad += gx


# --- carried over ---
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

    def forward(self, x0, x1):
        return x0 + x1


class Square(Function):
    """y = x**2, gx = 2 * x * gy"""

    def backward(self, gy):
        return 2 * self.inputs[0].data * gy

    def forward(self, x):
        return x**2


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
    x = Variable(np.array(3.0))
    y = add(x, x)
    backward_with(overwrite, y)
    print(f"y = x + x, step 13's way: dy/dx = {x.grad:.0f}, wrong")

    x.cleargrad()
    y = add(x, x)
    backward_with(add_in_place, y)
    print(
        f"y = x + x, by +=: dy/dx = {x.grad:.0f}, "
        f"but now dy/dy = {y.grad:.0f}, wrong"
    )

    x.cleargrad()
    y = add(x, x)
    y.backward()
    print(
        f"y = x + x, added: dy/dx = {x.grad:.0f}, "
        f"and dy/dy = {y.grad:.0f}"
    )

    x.cleargrad()
    add(add(x, x), x).backward()
    print(f"y = x + x + x: dy/dx = {x.grad:.0f}")

    x.cleargrad()
    add(square(x), x).backward()
    print(f"y = x**2 + x at x = 3: dy/dx = {x.grad:.0f}")

    x.cleargrad()
    add(x, x).backward()
    add(add(x, x), x).backward()
    print(
        f"x + x, then x + x + x: x.grad = {x.grad:.0f}, both together"
    )

    x.cleargrad()
    add(x, x).backward()
    x.cleargrad()
    add(add(x, x), x).backward()
    print(f"x + x, x.cleargrad(), x + x + x: x.grad = {x.grad:.0f}")
