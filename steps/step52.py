"""Step 52. GPU with CuPy: one code, two array modules.

A network computes sums of products, millions of them, and hardly
one waits for another. A processor has a few cores that can do
anything. A graphics card, a GPU, has thousands that all do the same
at once, and that is all a product of matrices needs. With large
matrices it is many times as fast. With small ones it is slower: to
start an operation takes it a while, however little there is to do.

CuPy is NumPy for such a card. It has the same names: cupy.exp for
numpy.exp, cupy.ndarray for numpy.ndarray; and `+`, `@` and x.sum()
belong to the array anyway. So no function is written twice. It asks
which module its array is from, calls it xp, and goes on as always,
like Exp below and all functions of the package:

    xp = get_array_module(x)      numpy, or cupy
    return xp.exp(x)

What is left to say is where the numbers are:

    main memory    -- x.to_gpu() -->    memory of the GPU
    numpy          <-- x.to_cpu() --    cupy

The way between is long, and a GPU could do much while one number
gets across. So nothing moves unless you say so, and an operation on
arrays of both kinds is an error: a silent copy at every step would
cost more than the GPU gains. Move a model once: model.to_gpu() is
to_gpu() for each of its params(), and you can see that in train
below. Move each batch once: DataLoader(..., gpu=True) does. Read
the loss seldom, for that is a move too. And use float32: most GPUs
are made for it, and slow in float64.

Most computers have no such card. So here is an array module for
everybody: Away. Its arrays hold one of NumPy's, and hide it. They
have its methods and operators, mix with nothing but numbers and
their own kind, and the module counts the moves. It is no faster,
but the rules are CuPy's. Python looks for a module in sys.modules
before it looks on the disk. Away is put there under the name cupy,
and now the whole package takes it for CuPy.

The same network learns three times: without a GPU; moved once, that
is x, t, two W and two b there, and the last loss back; and moved
there before each step and back after it, where each of the four
parameters takes its gradient along: 6 + 10 moves a step. The losses
are the same, the moves are not. Where a real GPU is found, the
network learns on that too, and its loss is compared.

When the program ends, what was learned is gone, wherever it was.
Step 53 keeps it.

Exercise: let train read the loss in every step. How many moves is
that? And with a GPU: take the time of float((x @ x).sum()) in both
modules, for x from 10 x 10 to 4,000 x 4,000. (CuPy does not wait
for what a GPU computes, but float has to.) From which size on does
it pay?

Output (rtol 0.02):
    as_cupy: needs CuPy and an NVIDIA GPU: pip install 'dezero[gpu]'
    (see step 52); everything also runs without, on NumPy
    numpy  exp(x) = [1.    2.718 7.389]
    away   exp(x) = [1.    2.718 7.389]
    Mul: arrays of NumPy and of CuPy do not mix; move all that belongs
    together, by to_gpu() or to_cpu() (see step 52)
    gpu=False, every=False: loss 0.504, moves 0
    gpu=True, every=False: loss 0.504, moves 7
    gpu=True, every=True: loss 0.504, moves 4,801
    all the same: True
"""

import sys
import textwrap
import types

import numpy as np

import dezero
import dezero.functions as F
from dezero import Function
from dezero.cuda import ADVICE
from dezero.models import MLP
from dezero.optimizers import SGD


def _find_cupy():
    """Return the cupy module, or None where it or a GPU is missing."""
    try:
        import cupy

        count = cupy.cuda.runtime.getDeviceCount()
    except Exception:  # whatever is wrong with it: no GPU for us
        return None
    return cupy if count else None


def _data(x):
    """Return the array of a Variable; anything else unchanged."""
    return x.data if hasattr(x, "creator") else x


def get_array_module(x):
    """Return the module, numpy or cupy, that x lives in."""
    if isinstance(x, np.ndarray):
        return np
    # Whoever has an array of CuPy has imported CuPy.
    cupy = sys.modules.get("cupy")
    if cupy is not None and isinstance(_data(x), cupy.ndarray):
        return cupy
    return np


def as_numpy(x):
    """Return x, a Variable, array or number, as a numpy.ndarray."""
    x = _data(x)
    xp = get_array_module(x)
    return np.asarray(x) if xp is np else xp.asnumpy(x)


def as_cupy(x):
    """Return x, a Variable, array or number, as a cupy.ndarray."""
    cupy = _find_cupy()
    if cupy is None:
        raise RuntimeError(f"as_cupy: {ADVICE}")
    return cupy.asarray(_data(x))


class Variable(dezero.Variable):
    """A Variable that can move."""

    def to_cpu(self):
        """Move data into main memory, in place."""
        self.data = as_numpy(self.data)

    def to_gpu(self):
        """Move data to the GPU, in place."""
        self.data = as_cupy(self.data)


class Exp(Function):
    """y = exp(x), gx = gy * y, wherever x is."""

    def forward(self, x):
        xp = get_array_module(x)
        return xp.exp(x)

    def backward(self, gy):
        return gy * self.output()


class AwayArray(np.lib.mixins.NDArrayOperatorsMixin):
    """An array whose numbers are elsewhere."""

    def __init__(self, held):
        self.held = held

    def __getattr__(self, name):  # shape, T, sum, reshape, ...
        if name.startswith("__"):
            raise AttributeError(name)
        return away(getattr(self.held, name))

    def __array_ufunc__(self, ufunc, method, *args, out=(), **options):
        # All operators come here, and np.exp(x).
        return away(ufunc)(*args, *out, **options)

    __array__ = None  # np.asarray(x) is an error, as with CuPy

    def __getitem__(self, index):
        return away(self.held[index])

    def __len__(self):
        return len(self.held)


def away(thing):
    """Return an array as one that is away, a function likewise."""
    if isinstance(thing, (np.ndarray, np.generic)):
        return AwayArray(np.asarray(thing))
    if not callable(thing) or isinstance(thing, type):
        return thing
    return lambda *xs, **options: away(thing(*map(here, xs), **options))


def here(x):
    """Return the array that an AwayArray holds; refuse NumPy's."""
    if isinstance(x, np.ndarray):
        raise TypeError(f"Unsupported type {type(x)}")
    return x.held if isinstance(x, AwayArray) else x


class Away(types.ModuleType):
    """What NumPy has, for arrays that are away; counts the moves."""

    ndarray = AwayArray
    moves = 0
    runtime = types.SimpleNamespace(getDeviceCount=lambda: 1)
    cuda = types.SimpleNamespace(runtime=runtime)

    def __getattr__(self, name):
        return away(getattr(np, name))

    def asarray(self, x):
        """Move an array of NumPy away."""
        self.moves += 1
        return AwayArray(np.array(x))

    def asnumpy(self, x):
        """Move an array home."""
        self.moves += 1
        return x.held.copy()


def train(x, t, gpu=False, every=False):
    """Return the loss after 300 steps, on a GPU or not.

    every: move all there before a step, and back after it.
    """
    np.random.seed(0)  # noqa: NPY002
    model = MLP((10, 1))
    optimizer = SGD(lr=0.6).setup(model)
    x, t = Variable(x), Variable(t)
    for step in range(300):
        for variable in (x, t, *model.params()):
            variable.cleargrad()
            if gpu and (every or step == 0):
                variable.to_gpu()
        loss = F.mean_squared_error(model(x), t)
        loss.backward()
        optimizer.update()
        if every:
            for variable in (x, t, *model.params()):
                variable.to_cpu()
    return float(as_numpy(loss))


if __name__ == "__main__":
    real = _find_cupy()
    sys.modules["cupy"] = None  # as where CuPy is not installed
    x = Variable(np.array([0.0, 1.0, 2.0]))
    try:
        x.to_gpu()
    except RuntimeError as error:
        print(textwrap.fill(str(error), 68))

    cupy = sys.modules["cupy"] = Away("away")
    for move in x.to_cpu, x.to_gpu:
        move()
        y = Exp()(x)
        name = get_array_module(y).__name__
        print(f"{name:5}  exp(x) = {as_numpy(y).round(3)}")
    try:
        x * np.ones(3)
    except TypeError as error:
        print(textwrap.fill(str(error), 68))

    x = np.linspace(-1, 1, 100, dtype=np.float32).reshape(-1, 1)
    t = np.sin(1.5 * np.pi * x)
    losses = []
    for gpu, every in ((False, False), (True, False), (True, True)):
        cupy.moves = 0
        losses.append(train(x, t, gpu, every))
        result = f"loss {losses[-1]:.3f}, moves {cupy.moves:,}"
        print(f"{gpu=}, {every=}: {result}")
    if real is not None:
        sys.modules["cupy"] = real
        losses.append(train(x, t, gpu=True))
    print(f"all the same: {np.allclose(losses, losses[0], rtol=0.01)}")
