"""Step 61. Max and min: switches that gradients pass through.

y = max(x) is one of its inputs, so moving that one moves y as much,
and moving any other does nothing. Max is a row of switches: the one
of the winner is closed, and the gradient goes back through it.

    x  = [3 1 8 0 0 3 6 4]
    gx = [0 0 1 0 0 0 0 0] * gy

Which switch is closed is found in forward and kept for backward. It
is no function of x that one could differentiate: moving x a little
does not change it. So gradients of any order pass the same switch.

And when two win? Moving either of them up moves y, moving it down
does not: y has a corner there, with a slope on each side, and every
mixture of them is a subgradient. A framework has to choose one.

    share evenly    1/2 and 1/2: the mean of what could be chosen
    the first wins  1 and 0: as if the others were not there

PyTorch does both: x.max() shares, x.max(0) gives all to the first
row. Our max and min always share. Then the answer is the same
for max over all and over an axis, and it does not depend on the
order of the elements: reorder x, and its gradient is reordered.
Pooling (step 57) is the exception: as in PyTorch, the first place
in a window gets all.

The picture shows what it means for descent on max(x, y), from a
corner. Shared, the two go down together and stay on it. When the
first wins, they take turns, and leave it at every other step.

min is the same with the smallest. Nothing here is new in itself:
picking an element is a product with a row of 0 and 1. Step 62 does
the same for the elements that we pick ourselves.

Exercise: write the sum of the two largest elements of a row, by max
twice. Which switches are closed when three elements tie?

Output:
    A1 max of [3 1 8 0 0 3 6 4]: [0 0 1 0 0 0 0 0]
    A2 of columns [8 5 9 9 9]:
       [[0 0 0 1 0] [0 1 1 0 0] [0 0 0 0 1] [1 0 0 0 0]]
    A3 of ten ones: ten times 0.1
    A4 of columns of two ones, shared: [[0.5 0.5 0.5 0.5 0.5] twice]
       PyTorch, the first wins: [[1 1 1 1 1] [0 0 0 0 0]]
    second derivative of max(x)**2 at x = [1 3 2]: [0 2 0]
    descent, off the corner: shared by 0.0, first wins by 0.2
    figures/step61_corner.png
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import dezero
from dezero import Function
from dezero.core import broadcast_to, restore_axes, where

# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


# --- new in this step ---
class Max(Function):
    """Largest element over axis; the gradient goes where it was."""

    def __init__(self, axis=None, keepdims=False):
        self.axis = axis
        self.keepdims = keepdims

    def forward(self, x):
        return self._mark(x, x.max(axis=self.axis, keepdims=True))

    def backward(self, gy):
        (x,) = self.inputs
        gy = restore_axes(gy, x.shape, self.axis, self.keepdims)
        gy = gy / self.count
        return where(self.winners, broadcast_to(gy, x.shape), 0)

    def _mark(self, x, y):
        """Note where y was found, and how often; return y."""
        self.winners = (x == y) | (x != x)  # a nan is not itself
        count = self.winners.sum(axis=self.axis, keepdims=True)
        self.count = (
            count.astype(x.dtype) if x.dtype.kind == "f" else count
        )
        return y if self.keepdims else y.squeeze(self.axis)


class Min(Max):
    """Smallest element over axis; ties share the gradient evenly."""

    def forward(self, x):
        return self._mark(x, x.min(axis=self.axis, keepdims=True))


def max(x, axis=None, keepdims=False):
    """Return the largest element over axis."""
    return Max(axis, keepdims)(x)


def min(x, axis=None, keepdims=False):
    """Return the smallest element over axis."""
    return Min(axis, keepdims)(x)


class Variable(dezero.Variable):
    """A Variable that knows its largest and smallest element."""

    def max(self, axis=None, keepdims=False):
        """Largest element over axis."""
        return max(self, axis, keepdims)

    def min(self, axis=None, keepdims=False):
        """Smallest element over axis."""
        return min(self, axis, keepdims)


class FirstWins(Max):
    """Max over one axis as in PyTorch: the first winner takes all."""

    def _mark(self, x, y):
        y = super()._mark(x, y)
        first = self.winners.argmax(self.axis)
        place = np.expand_dims(first, self.axis)
        self.winners = np.zeros_like(self.winners)
        np.put_along_axis(self.winners, place, True, self.axis)
        self.count = np.ones_like(self.count)
        return y


def gradient(f, x):
    """Return the gradient of f at x, upstream all ones."""
    x.cleargrad()
    f(x).backward()
    return x.grad.data


def descend(f, start=(2.0, 2.0), lr=0.2):
    """Return the path of descent until f is 0, an array."""
    x = Variable(np.array(start))
    path = [x.data.copy()]
    while f(x).data > 1e-9:
        x.data -= lr * gradient(f, x)
        path.append(x.data.copy())
    return np.array(path)


def draw(paths, file):
    """Draw {name: path} over the heights of max(x, y)."""
    figure = Figure(figsize=(5.2, 4.4), layout="constrained")
    axes = figure.subplots()
    ticks = np.linspace(-0.3, 2.3, 100)
    height = np.maximum(*np.meshgrid(ticks, ticks))
    lines = axes.contourf(ticks, ticks, height, 12, cmap="Blues_r")
    figure.colorbar(lines, label="max(x, y)")
    for (name, path), color in zip(paths.items(), ["C1", "C3"]):
        axes.plot(*path.T, ".-", color=color, label=name)
    axes.set(xlabel="x", ylabel="y", aspect="equal")
    axes.legend(loc="lower right")
    figure.savefig(file, dpi=120)


def show(array):
    """Return an array as text on one line, whole numbers as such."""
    whole = array.astype(int)
    array = whole if (whole == array).all() else array
    return str(array).replace("\n", "")


if __name__ == "__main__":
    x = Variable(np.array([3.0, 1, 8, 0, 0, 3, 6, 4]))
    gx = gradient(Variable.max, x)
    print(f"A1 max of {show(x.data)}: {show(gx)}")

    rows = [1, 1, 5, 9, 1], [4, 5, 9, 8, 7], [1, 1, 7, 7, 9]
    x = Variable(np.array([*rows, [8, 1, 1, 0, 7]], dtype=float))
    y = max(x, axis=0, keepdims=True)
    y.backward()
    print(f"A2 of columns {show(y.data[0])}:\n   {show(x.grad.data)}")

    x = Variable(np.ones((2, 5)))
    (share,) = set(gradient(max, x).flat)
    print(f"A3 of ten ones: ten times {share}")
    a, b = gradient(Max(axis=0), x)
    print(f"A4 of columns of two ones, shared: [{show(a)} twice]")
    print(
        f"   PyTorch, the first wins: {show(gradient(FirstWins(0), x))}"
    )

    x = Variable(np.array([1.0, 3, 2]))
    (max(x) ** 2).backward(create_graph=True)
    gx = x.grad
    second = show(gradient(lambda x: gx, x))
    print(f"second derivative of max(x)**2 at x = [1 3 2]: {second}")

    paths = {"shared": descend(max)}
    paths["first wins"] = descend(FirstWins(0))
    a, b = (
        abs(path[:, 0] - path[:, 1]).max() for path in paths.values()
    )
    print(f"descent, off the corner: shared by {a:.1f}, ", end="")
    print(f"first wins by {b:.1f}")
    FIGURES.mkdir(exist_ok=True)
    draw(paths, FIGURES / "step61_corner.png")
    print("figures/step61_corner.png")
