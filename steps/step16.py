"""Step 16. Generations: every function waits for its turn.

Give everything a number on the way forward: a leaf has
generation 0, a function the largest generation among its
inputs, its results one more. The diamond of step 15:

                       +-- B -- b --+
    x --- A --- a -----+            +-- D --- y
                       +-- C -- c --+
    0     0     1          1    2       2     3    generation

A function that uses a result is always of a later generation
than the one that computed it. So going back from the latest
generation to the first, no function comes before those that
used its results: the order of step 15 without a picture. And
`seen` lets each function wait only once.

Who is next? The latest generation among those that wait. A heap
knows it at once: heapq keeps the smallest entry in front, hence
the minus sign, and pushing or popping compares with about
log2(n) of n waiting entries. A list sorted again after every
push reads all n each time. Counted below; "read" means looking
at one waiting function's generation, so a comparison reads two.
In a deep graph only one function waits, and neither costs much;
in a wide one many wait. The width doubled costs the heap a
little more than double, the sorted list four times as much.

What is left: y knows its creator and the creator knows y, in
its outputs. Such a circle stays in memory when nobody needs it
any more. Step 17 looks at that.

Exercise: change the minus sign in the entry to a plus, so that
the earliest generation goes first. Which gradient does the
diamond get, and does step 15 show the same one?

Output:
    order (generation): D (2) B (1) C (1) A (0)
    dy/dx = 64, by hand 64
    ten times t = t + t: 10 visits, dt/dx = 1024
    graph      functions  reads: heap  sorted list
    deep 1024       1024            0         1024
    wide 512        1023        17634       262144
    wide 1024       2047        39410      1048576
"""

import heapq

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
        self.generation = 0

    def set_creator(self, func):
        """Remember the Function and follow it by one generation."""
        self.creator = func
        self.generation = func.generation + 1

    # --- carried over ---
    def cleargrad(self):
        """Forget the gradient, so that the next one starts anew."""
        self.grad = None

    # --- new in this step ---
    def backward(self):
        """Add to grad of every Variable that led to this one."""
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
            gys = [output.grad for output in func.outputs]
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
        self.outputs = outputs
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


def diamond(x):
    """Return y = (x**2)**2 + (x**2)**2 and its four functions."""
    A, B, C, D = Square(), Square(), Square(), Add()
    a = A(x)
    y = D(B(a), C(a))
    return y, [A, B, C, D]


def doubled(x, times):
    """Return t after t = t + t, and the functions, last first."""
    t, funcs = x, []
    for _ in range(times):
        t = add(t, t)
        funcs.insert(0, t.creator)
    return t, funcs


# --- new in this step ---
def deep(x, n):
    """Return a chain of n squares: never more than one waits."""
    for _ in range(n):
        x = square(x)
    return x


def wide(x, n):
    """Return the sum of n squares, added in pairs of pairs."""
    terms = [square(x) for _ in range(n)]
    while len(terms) > 1:
        pairs = zip(terms[::2], terms[1::2])
        terms = [add(a, b) for a, b in pairs]
    return terms[0]


class HeapQueue:
    """Backward's heap, which counts how often it reads an entry."""

    def __init__(self):
        self.entries, self.pushed, self.reads = [], 0, 0

    def push(self, func):
        """Insert func behind the waiting ones of its generation."""
        self.pushed += 1
        key = (-func.generation, self.pushed)
        heapq.heappush(self.entries, Entry(key, func, self))

    def pop(self):
        """Remove and return the function to visit next."""
        return heapq.heappop(self.entries).func


class Entry:
    """One function in a HeapQueue; a comparison reads two."""

    def __init__(self, key, func, queue):
        self.key, self.func, self.queue = key, func, queue

    def __lt__(self, other):
        self.queue.reads += 2
        return self.key < other.key


class SortedQueue:
    """A list sorted anew after every push, counting its reads."""

    def __init__(self):
        self.entries, self.reads = [], 0

    def push(self, func):
        """Append func and sort: every entry is read at least once."""
        self.entries.append(func)
        self.entries.sort(key=self.read)

    def read(self, func):
        """Return func's generation, the sort key, and count."""
        self.reads += 1
        return func.generation

    def pop(self):
        """Remove and return the function to visit next."""
        return self.entries.pop()


def walk(y, queue):
    """Visit the functions as backward does; return their order."""
    order, seen = [], {y.creator}
    queue.push(y.creator)
    while queue.entries:
        func = queue.pop()
        order.append(func)
        for x in func.inputs:
            if x.creator is not None and x.creator not in seen:
                seen.add(x.creator)
                queue.push(x.creator)
    return order


if __name__ == "__main__":
    x = Variable(np.array(2.0))
    y, funcs = diamond(x)
    y.backward()
    names = dict(zip(funcs, "ABCD"))
    order = walk(y, HeapQueue())
    visits = [f"{names[func]} ({func.generation})" for func in order]
    print(f"order (generation): {' '.join(visits)}")
    print(f"dy/dx = {x.grad:.0f}, by hand {8 * x.data**3:.0f}")

    x = Variable(np.array(1.0))
    t, funcs = doubled(x, 10)
    t.backward()
    visits = len(walk(t, HeapQueue()))
    print(f"ten times t = t + t: {visits} visits, dt/dx = {x.grad:.0f}")

    print("graph      functions  reads: heap  sorted list")
    for build, n in [(deep, 1024), (wide, 512), (wide, 1024)]:
        y = build(x, n)
        heap, sorted_list = HeapQueue(), SortedQueue()
        count = len(walk(y, heap))
        walk(y, sorted_list)
        print(
            f"{build.__name__} {n:<5} {count:9}  {heap.reads:11}"
            f"  {sorted_list.reads:11}"
        )
