"""Step 17. Memory: links that do not keep their target alive.

Python counts the references to every object. When the last one
goes, the object is freed at once, and with it all that only it
was holding. Two objects that hold each other never get to zero,
even when nobody else can reach them. And our graph is made of
such pairs:

         creator                      creator
       y -------> f                 y -------> f
       y <------- f                 y <. . . . f
          outputs                outputs: weakref.ref(y)

    step 16: a cycle             now: freed when y is dropped

What is caught in a cycle waits for the garbage collector. That
goes by the number of new objects, not by their size: ten arrays
of 8 MB do not wake it. In a loop that builds a graph per round,
memory would pile up.

A weak reference breaks the cycle. ref = weakref.ref(y) does not
count as a reference; ref() returns y, or None once y is gone. So
a Function now holds its outputs weakly. It still holds its
inputs strongly: y keeps f, f keeps x, and nothing is freed that
backward needs. One thing to know: where a Function has several
outputs, keep them all until backward has run. One that was
dropped is gone, and backward fails when it asks for its
gradient (the package then goes on with zeros).

To see reference counting alone at work, the program turns the
collector off, and back on whatever happens. Step 18 gives this
pattern a name of its own, and asks what a graph needs to hold
while it is still in use.

Exercise: let drop_results also call y.backward() and then
x.cleargrad() in every round. How much do strong outputs hold
now, and which arrays are the rest? (Step 18 looks at those.)

Output:
    collector off; left of two Variables after del
        on their own:       0
        holding each other: 2
    left of ten results of 8 MB that were dropped
        strong outputs: 10, about 80 MB
        weak outputs:    0, about 0 MB
    the function finds its output y: True
    and backward works as before: dy/dx = 64
    y dropped, the weak reference finds: None
"""

import gc
import heapq
import tracemalloc
import weakref

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
        self.generation = 0

    def set_creator(self, func):
        """Remember the Function and follow it by one generation."""
        self.creator = func
        self.generation = func.generation + 1

    def cleargrad(self):
        """Forget the gradient, so that the next one starts anew."""
        self.grad = None

    # --- new in this step ---
    def backward(self):
        """Add to the grad of every Variable this one came from."""
        if self.grad is None:
            self.grad = np.ones_like(self.data)
        waiting, seen = [], set()

        def visit(func):
            if func is not None and func not in seen:
                seen.add(func)
                # the count breaks ties: Functions have no order
                entry = (-func.generation, len(seen), func)
                heapq.heappush(waiting, entry)

        visit(self.creator)
        while waiting:
            func = heapq.heappop(waiting)[-1]
            gys = [output().grad for output in func.outputs]
            gxs = func.backward(*gys)
            if not isinstance(gxs, tuple):
                gxs = (gxs,)
            for x, gx in zip(func.inputs, gxs):
                # not +=: gx may belong to others too (see step 14)
                x.grad = gx if x.grad is None else x.grad + gx
                visit(x.creator)


class Function:
    """Base class: a call takes Variables and returns new ones.

    forward computes the results, backward the gradients; inputs
    and outputs are the Variables of the call.
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


# --- carried over ---
class Square(Function):
    """y = x**2, gx = 2 * x * gy"""

    def forward(self, x):
        return x**2

    def backward(self, gy):
        return 2 * self.inputs[0].data * gy


class Add(Function):
    """y = x0 + x1, gx0 = gy, gx1 = gy"""

    def forward(self, x0, x1):
        return x0 + x1

    def backward(self, gy):
        return gy, gy


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


# --- new in this step ---
class StrongSquare(Square):
    """A Square that holds its output the way of step 16."""

    def __call__(self, x):
        y = super().__call__(x)
        self.held = y  # y -> creator -> held -> y: a cycle
        return y


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


if __name__ == "__main__":
    print("collector off; left of two Variables after del")
    left = without_collector(drop_two, False)
    print(f"    on their own:       {left}")
    left = without_collector(drop_two, True)
    print(f"    holding each other: {left}")

    print("left of ten results of 8 MB that were dropped")
    left, mb = without_collector(drop_results, StrongSquare)
    print(f"    strong outputs: {left:2}, about {round(mb, -1):.0f} MB")
    left, mb = without_collector(drop_results, Square)
    print(f"    weak outputs:   {left:2}, about {round(mb, -1):.0f} MB")

    x = Variable(np.array(2.0))
    a = square(x)
    y = add(square(a), square(a))
    output = y.creator.outputs[0]
    print(f"the function finds its output y: {output() is y}")
    y.backward()
    print(f"and backward works as before: dy/dx = {x.grad:.0f}")
    del y
    print(f"y dropped, the weak reference finds: {output()}")
