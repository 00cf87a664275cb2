"""Step 16.

"""

import heapq

import numpy as np


# --- new in this step ---
class Variable:
    """A box that holds an ndarray and remembers its creator."""

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
        """Remember the Function; come one generation after it."""
        self.creator = func
        self.generation = func.generation + 1

    # --- carried over from step 14 ---
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
            gys = [output.grad for output in func.outputs]
            gxs = func.backward(*gys)
            if not isinstance(gxs, tuple):
                gxs = (gxs,)
            for x, gx in zip(func.inputs, gxs):
                # not +=: gx may belong to others too (see step 14)
                x.grad = gx if x.grad is None else x.grad + gx
                visit(x.creator)


class Function:
    """Variables in, Variables out; subclasses see plain arrays."""

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

    # --- carried over from step 13 ---
    def forward(self, *xs):
        """Return the result for the arrays xs: one, or a tuple."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a forward(*xs)"
        )

    def backward(self, *gys):
        """Return one gradient per input: one, or a tuple."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a backward(*gys)"
        )


# --- carried over from step 13 ---
class Square(Function):
    """y = x**2, so gx = 2 * x * gy."""

    def forward(self, x):
        return x**2

    def backward(self, gy):
        return 2 * self.inputs[0].data * gy


class Add(Function):
    """y = x0 + x1, so both gradients are gy."""

    def forward(self, x0, x1):
        return x0 + x1

    def backward(self, gy):
        return gy, gy


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
def diamond(x):
    """Return y = (x**2)**2 + (x**2)**2 and its functions by name."""
    A, B, C, D = Square(), Square(), Square(), Add()
    a = A(x)
    y = D(B(a), C(a))
    return y, {A: "A", B: "B", C: "C", D: "D"}


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
        self.entries.sort(key=self.generation)

    def generation(self, func):
        """Return the sort key of func and count the read."""
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
    y, names = diamond(x)
    visits = [
        f"{names[func]} ({func.generation})"
        for func in walk(y, HeapQueue())
    ]
    y.backward()
    print("order (generation):", " ".join(visits))
    print(f"dy/dx = {x.grad:.0f}, by hand 8 * x**3 = 64")

    x = Variable(np.array(1.0))
    t = x
    for _ in range(10):
        t = add(t, t)
    t.backward()
    visits = len(walk(t, HeapQueue()))
    print(f"ten doublings: {visits} visits, dt/dx = {x.grad:.0f}")

    print("graph      functions  heap reads  sorted-list reads")
    for build, n in (deep, 1024), (wide, 512), (wide, 1024), (wide, 2048):
        y = build(x, n)
        heap, sorted_list = HeapQueue(), SortedQueue()
        count = len(walk(y, heap))
        walk(y, sorted_list)
        print(
            f"{build.__name__} {n:<4}  {count:9}  {heap.reads:10}"
            f"  {sorted_list.reads:17}"
        )
