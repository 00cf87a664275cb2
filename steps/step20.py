"""Step 20. Operators: writing a * b + c.

add(mul(a, b), c) reads from the inside out. Python lets a class
say what its operators mean: for a + b it calls a.__add__(b),
and for a * b it calls a.__mul__(b). It also knows that * comes
before +, so the formula as we would write it builds the graph
as we would draw it:

    a --+
        +-- Mul --+
    b --+         +-- Add -- y        y = a * b + c
    c ------------+

The method __add__ only passes on to the function add. But add
is defined further down this file! That works because a function
body is not run when it is defined: Python notes the name "add"
and looks it up when + is used. By then the file has been read
to its end. (Names outside function bodies are looked up at
once: `class Add(Function)` must come after Function.)

The product is new: y = x0 * x1 moves by x1 for every unit that
x0 moves, and the other way round:

    gx0 = gy * x1        gx1 = gy * x0

Square retires here: x * x does the same, and as x is used twice
its two gradients add up to 2 * x (step 14).

Both sides must be Variables so far. a * 3.0 fails, since 3.0
has no data; step 21 mends this.

Exercise: what are the three gradients of y = a * b * c? Say
them first, then let backward compute them. Which order does
Python multiply in, and can you tell from y.creator.inputs?

Output:
    a * b + c = variable(7.0)
    gradients: a 2.0, b 3.0, c 1.0
    add(mul(a, b), c) = variable(7.0)
    computed in the order: Mul, Add
    all that __add__ knows about add is its name: ('add',)
    x * x + x = variable([ 2.  6. 12.]), gradient [3. 5. 7.]
    a * 3.0: 'float' object has no attribute 'data'
"""

import contextlib
import heapq
import weakref

import numpy as np


# --- carried over ---
class Config:
    """Switches that every Function looks at when it is called."""

    enable_backprop = True  # False: record no graph


@contextlib.contextmanager
def using_config(name, value):
    """Set the switch name to value inside a with block."""
    old_value = getattr(Config, name)
    setattr(Config, name, value)
    try:
        yield
    finally:
        setattr(Config, name, old_value)


def no_grad():
    """Record no graph inside a with block."""
    return using_config("enable_backprop", False)


# --- new in this step ---
class Variable:
    """A box that holds an ndarray, its gradient and its creator."""

    # --- carried over ---
    def __init__(self, data, name=None):
        if data is not None and not isinstance(data, np.ndarray):
            raise TypeError(
                f"Variable: {type(data).__name__} is not supported; "
                "wrap the value: Variable(np.array(...)) (see step 9)"
            )
        self.data = data
        self.name = name
        self.grad = None
        self.creator = None
        self.generation = 0

    @property
    def shape(self):
        """The length of every axis, as a tuple."""
        return self.data.shape

    @property
    def ndim(self):
        """The number of axes."""
        return self.data.ndim

    @property
    def size(self):
        """The number of elements."""
        return self.data.size

    @property
    def dtype(self):
        """The type of the elements."""
        return self.data.dtype

    def __len__(self):
        return len(self.data)

    def __repr__(self):
        # nine blanks: the rows line up behind "variable("
        rows = str(self.data).replace("\n", "\n" + " " * 9)
        return f"variable({rows})"

    def set_creator(self, func):
        """Remember the Function and follow it by one generation."""
        self.creator = func
        self.generation = func.generation + 1

    def cleargrad(self):
        """Forget the gradient, so that the next one starts anew."""
        self.grad = None

    def backward(self, retain_grad=False):
        """Add to the grad of every leaf this one came from.

        retain_grad=True: keep the gradients on the way as well.
        """
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
                gx = gx if x.grad is None else x.grad + gx
                x.grad = as_array(gx)  # 0-d: no scalar (see step 9)
                visit(x.creator)
            if not retain_grad:
                for output in func.outputs:
                    output().grad = None

    # --- new in this step ---
    def __add__(self, other):
        return add(self, other)

    def __mul__(self, other):
        return mul(self, other)


# --- carried over ---
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
        if Config.enable_backprop:
            self.generation = max(x.generation for x in inputs)
            for output in outputs:
                output.set_creator(self)
            self.inputs = inputs
            self.outputs = [weakref.ref(output) for output in outputs]
        return outputs if len(outputs) > 1 else outputs[0]

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


class Add(Function):
    """y = x0 + x1, gx0 = gy, gx1 = gy"""

    def forward(self, x0, x1):
        return x0 + x1

    def backward(self, gy):
        return gy, gy


def add(x0, x1):
    """Return x0 + x1 as a Variable."""
    return Add()(x0, x1)


# --- new in this step ---
class Mul(Function):
    """y = x0 * x1, so the gradients are gy * x1 and gy * x0."""

    def forward(self, x0, x1):
        return x0 * x1

    def backward(self, gy):
        x0, x1 = self.inputs[0].data, self.inputs[1].data
        return gy * x1, gy * x0


def mul(x0, x1):
    """Return x0 * x1 as a Variable."""
    return Mul()(x0, x1)


# --- carried over ---
def as_array(x):
    """Return x, a number turned into a 0-d ndarray."""
    if np.isscalar(x):
        return np.array(x)
    return x


if __name__ == "__main__":
    a = Variable(np.array(3.0))
    b = Variable(np.array(2.0))
    c = Variable(np.array(1.0))
    y = a * b + c
    y.backward()
    print(f"a * b + c = {y}")
    print(f"gradients: a {a.grad}, b {b.grad}, c {c.grad}")
    print(f"add(mul(a, b), c) = {add(mul(a, b), c)}")

    first, second = y.creator.inputs[0].creator, y.creator
    print(
        "computed in the order: "
        f"{type(first).__name__}, {type(second).__name__}"
    )
    names = Variable.__add__.__code__.co_names
    print(f"all that __add__ knows about add is its name: {names}")

    x = Variable(np.array([1.0, 2.0, 3.0]))
    y = x * x + x
    y.backward()
    print(f"x * x + x = {y}, gradient {x.grad}")

    try:
        a * 3.0
    except AttributeError as error:
        print(f"a * 3.0: {error}")
