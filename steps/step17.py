"""Step 17. Memory: links that do not keep their target alive.

How does Python know that an object is no longer needed? It counts
the references to it (*reference counting*). When the last reference
goes, the object is freed at once, and with it everything that only
this object was holding.

Two objects that hold each other never get to zero, even when
nothing else can reach them. This is a *reference cycle*. Our graph
is full of them, because y holds its creator f, and f holds y:

    y ---- creator ---> f
    y <--- outputs ---- f      a cycle

    y ---- creator ---> f
    y <. . outputs . .  f      from now on

Objects in a cycle stay in memory until Python's *garbage collector*
finds the cycle. The collector starts after a certain number of new
objects, however large they are, and ten arrays of 8 MB are too few.
So memory piles up in a loop that builds one graph after the other,
and training a network is a loop of this kind.

A *weak reference* does not count as a reference. With
ref = weakref.ref(y), the call ref() returns y, or None when y is
gone. So a Function now holds its outputs weakly. It still holds
its inputs strongly: y holds f, f holds x, and nothing is freed
that backward needs.

There is one thing to know. Where a Function has several outputs,
keep all of them until backward has run. An output that you have
dropped is gone, and backward fails when it asks None for its
gradient. An output that you kept but did not use still needs the
gradient of zeros that step 13 gave it. (The package fills in the
zeros in both cases.)

Exercise: let drop_results also call y.backward() and then
x.cleargrad() in every round. How many MB do strong outputs hold
now, and which arrays are new? (Step 18 looks at those.)

In the package: dezero/core/function.py, Function

Output:
    two Variables dropped; still in memory:
        on their own:       0
        holding each other: 2
    ten results of 8 MB dropped; still in memory:
        strong outputs: 10, about 80 MB
        weak outputs:    0, about 0 MB
    the Function finds its output y: True
    backward works as before: dy/dx = 64
    y dropped, the weak reference finds: None
"""

import gc
import tracemalloc
import weakref

import numpy as np


class Variable:
    """A box that holds an ndarray, its gradient and its creator."""

    def backward(self):
        """Add to grad of every Variable that led to this one."""
        if self.grad is None:
            self.grad = np.ones_like(self.data)
        waiting = [] if self.creator is None else [self.creator]
        while waiting:
            func = max(waiting, key=lambda func: func.generation)
            waiting.remove(func)
            gys = [output().grad for output in func.outputs]
            gxs = func.backward(*gys)
            if not isinstance(gxs, tuple):
                gxs = (gxs,)
            for x, gx in zip(func.inputs, gxs):
                # not +=: gx may belong to others too (see step 14)
                x.grad = gx if x.grad is None else x.grad + gx
                if x.creator is not None and x.creator not in waiting:
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
        self.generation = 0

    def set_creator(self, func):
        """Remember the Function and follow it by one generation."""
        self.creator = func
        self.generation = func.generation + 1

    def cleargrad(self):
        """Forget the gradient, so that the next one starts anew."""
        self.grad = None


class Function:
    """Base class: a call takes Variables and returns new ones.

    forward computes the results, backward the gradients; inputs
    are the Variables of the call, outputs weak references to its
    results.
    """

    def __call__(self, *inputs):
        ys = self.forward(*[x.data for x in inputs])
        if not isinstance(ys, tuple):
            ys = (ys,)
        outputs = [Variable(as_array(y)) for y in ys]
        self.generation = max(x.generation for x in inputs)
        for output in outputs:
            output.set_creator(self)
        self.inputs = inputs
        self.outputs = [weakref.ref(output) for output in outputs]
        return outputs if len(outputs) > 1 else outputs[0]

    # --- carried over ---
    def forward(self, *xs):
        """Return the result for the ndarrays xs, or a tuple."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a forward(*xs)"
        )

    def backward(self, *gys):
        """Return the gradient of the input, or a tuple of them."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a backward(*gys)"
        )


def drop_two(cycle):
    """Drop two Variables; return how many of them are left.

    With cycle=True they hold each other.
    """
    a, b = Variable(np.array(1.0)), Variable(np.array(2.0))
    if cycle:
        a.friend, b.friend = b, a
    refs = [weakref.ref(a), weakref.ref(b)]
    del a, b
    return sum(ref() is not None for ref in refs)


def drop_results(square_class, rounds=10):
    """Compute 8 MB and drop them, again and again.

    Return how many results are left and the MB they hold.
    """
    x = Variable(np.ones(1_000_000))  # 8 bytes each: 8 MB
    refs = []
    tracemalloc.start()  # counts the bytes allocated from here on
    try:
        for _ in range(rounds):
            y = square_class()(x)
            refs.append(weakref.ref(y))
        del y
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return sum(ref() is not None for ref in refs), held / 1e6


# We want to see reference counting alone at work. So we turn the
# collector off, and on again whatever happens: the code under
# `finally` runs even after an error.
def without_collector(measure, *args):
    """Return measure(*args), run with the collector off."""
    was_enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        return measure(*args)
    finally:
        if was_enabled:
            gc.enable()


# --- carried over ---
class Square(Function):
    """y = x**2, gx = 2 * x * gy"""

    def backward(self, gy):
        return 2 * self.inputs[0].data * gy

    def forward(self, x):
        return x**2


# --- new in this step ---
# To compare, we need a Square that holds its output as in step 16.
class StrongSquare(Square):
    """A Square that holds its output, as in step 16."""

    def __call__(self, x):
        y = super().__call__(x)
        self.held = y  # y -> creator -> held -> y: a cycle
        return y


# --- carried over ---
class Add(Function):
    """y = x0 + x1, gx0 = gy, gx1 = gy"""

    def backward(self, gy):
        return gy, gy

    def forward(self, x0, x1):
        return x0 + x1


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
    print("two Variables dropped; still in memory:")
    left = without_collector(drop_two, False)
    print(f"    on their own:       {left}")
    left = without_collector(drop_two, True)
    print(f"    holding each other: {left}")

    print("ten results of 8 MB dropped; still in memory:")
    left, mb = without_collector(drop_results, StrongSquare)
    print(f"    strong outputs: {left:2}, about {round(mb, -1):.0f} MB")
    left, mb = without_collector(drop_results, Square)
    print(f"    weak outputs:   {left:2}, about {round(mb, -1):.0f} MB")

    x = Variable(np.array(2.0))
    a = square(x)
    y = add(square(a), square(a))
    output = y.creator.outputs[0]
    print(f"the Function finds its output y: {output() is y}")
    y.backward()
    print(f"backward works as before: dy/dx = {x.grad:.0f}")
    del y
    print(f"y dropped, the weak reference finds: {output()}")
