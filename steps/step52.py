"""Step 52. GPU with CuPy: one code, two array modules.

Where is all this computed? A processor has a few cores that can do
anything. A graphics card, a GPU, has thousands of cores that all do
the same thing at the same time, and a matrix product needs no more
than that. With large matrices a GPU is many times as fast. With
small ones it is slower, because starting an operation takes a
while, however little there is to do.

CuPy is NumPy for such a card, under the same names: cupy.exp for
numpy.exp, and `+`, `@` and x.sum() belong to the array anyway. So
no function has to be written twice. A function asks which module
its array is from, calls that module xp, and goes on:

    xp = get_array_module(x)  # numpy or cupy
    return xp.exp(x)

You only have to say where the numbers are:

    main memory  -- x.to_gpu() -->  GPU memory
    numpy        <-- x.to_cpu() --  cupy

Moving an array is slow: a GPU could compute a lot in that time. So
nothing moves unless you say so, and an operation on arrays of both
kinds is an error. Move a model once, with model.to_gpu(). Move each
batch once, as DataLoader(..., gpu=True) does. Read the loss rarely:
that is a move, too. And use float32, because most GPUs are slow in
float64.

What happens if you forget this? We train the same network three
times. If everything moves once, x, t, two W and two b go, and the
last loss comes back. If it moves before each update and back after
it, the four gradients come back, too: 6 arrays go and 10 come back.
Step 53 saves a model to a file.

Exercise: read the loss after every update, too. How many moves is
that? And with a GPU: time float((x @ x).sum()) in both modules, for
x from 10 x 10 to 4,000 x 4,000. At what size does the GPU win?

In the package: dezero/cuda.py, get_array_module;
dezero/core/extras.py, Variable

Output (rtol 0.02):
    numpy: exp(x) = [1.    2.718 7.389]
    as_cupy: needs CuPy and an NVIDIA GPU: pip install
    'dezero[gpu]' (see step 52); without them, everything runs
    on NumPy
    parameters move  loss  arrays moved in 300 updates
      never         0.504              0
      once          0.504              7
      each time     0.504          4,801
"""

import sys
import textwrap

import numpy as np

import dezero
import dezero.functions as F
from dezero import Function
from dezero.cuda import ADVICE
from dezero.models import MLP
from dezero.optimizers import SGD


# We look for CuPy only when it is needed. Most computers have no GPU,
# and everything else must run there as well.
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
    # an array of CuPy exists only if CuPy has been imported
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


# A gradient moves with its data, since the optimizer computes with
# both. Before a layer's first call, its W has no data to move.
def move(variable, convert):
    """Convert the array of a Variable, and that of its gradient."""
    if variable.data is not None:
        variable.data = convert(variable.data)
    if variable.grad is not None:
        move(variable.grad, convert)


class Variable(dezero.Variable):
    """A Variable that can move."""

    def to_cpu(self):
        """Move data and gradient into main memory, in place."""
        move(self, as_numpy)

    def to_gpu(self):
        """Move data and gradient to the GPU, in place."""
        move(self, as_cupy)


class Exp(Function):
    """y = exp(x), gx = gy * y, wherever x is."""

    def forward(self, x):
        xp = get_array_module(x)
        return xp.exp(x)

    def backward(self, gy):
        return gy * self.output()


def send(variables, way):
    """Move Variables "to_gpu" or "to_cpu"; return how many arrays.

    Where there is no GPU the arrays stay, and are only counted.
    """
    for variable in variables if _find_cupy() else []:
        getattr(variable, way)()
    return sum(1 + (v.grad is not None) for v in variables)


# model(x.data) and not model(x): we do not need the gradient of x, so
# there is none to move.
def train(x, t, moving):
    """Return the loss after 300 updates, and how many arrays moved.

    moving: "never", "once", or "each time": there and back.
    """
    np.random.seed(0)  # noqa: NPY002
    model, x, t = MLP((10, 1)), Variable(x), Variable(t)
    model(x.data)  # now all parameters have data
    optimizer = SGD(lr=0.6).setup(model)
    moves = 0
    for step in range(300):
        model.cleargrads()
        if moving == "each time" or moving == "once" and step == 0:
            moves += send([x, t, *model.params()], "to_gpu")
        loss = F.mean_squared_error(model(x.data), t.data)
        loss.backward()
        optimizer.update()
        if moving == "each time":
            moves += send([x, t, *model.params()], "to_cpu")
    moves += moving != "never"  # the loss, to be read
    return float(as_numpy(loss)), moves


if __name__ == "__main__":
    x = Variable(np.array([0.0, 1.0, 2.0]))
    print("numpy: exp(x) =", Exp()(x).data.round(3))
    try:
        x.to_gpu()  # an error, if there is no GPU
        print("cupy:  exp(x) =", Exp()(x).data.round(3))
        x * np.ones(3)  # an error, since arrays do not mix
    except (RuntimeError, TypeError) as error:
        print(textwrap.fill(str(error), 60))

    x = np.linspace(-1, 1, 100, dtype=np.float32).reshape(-1, 1)
    t = np.sin(1.5 * np.pi * x)
    print("parameters move  loss  arrays moved in 300 updates")
    for moving in "never", "once", "each time":
        loss, moves = train(x, t, moving)
        print(f"  {moving:13}{loss:6.3f}{moves:15,}")
