"""Step 61. Max and min: the gradient goes to the winner.

On which of its inputs does y = max(x) depend? Move the largest
element a little, and y moves just as much. Move any other element,
and y stays. So max is a row of switches. Only the switch of the
largest element is closed, and the gradient goes back through it.

    x  = [3 1 8 0 0 3 6 4]
    gx = [0 0 1 0 0 0 0 0] * gy

A small change of x does not change which element is the largest. So
forward records the winner once, and backward treats the switches as
constants. Second derivatives go back through the same switches.

What if two elements tie? Move one of them up and y moves with it.
Move it down and y stays. So y has a corner here, with the slope 1
on one side and 0 on the other. Any slope from 0 to 1 is called a
*subgradient*, and a program has to choose one for each element:

    share              1/2 and 1/2
    the first wins     1 and 0

Frameworks do not agree on this. Even a single one makes both choices:

    share               the first wins
    max and min, here   pooling (step 57)
    PyTorch: x.max()    PyTorch: x.max(0)
    PyTorch: x.amax(0)  PyTorch: max pooling

We let max and min share, because the result then does not depend on
the order of the elements. Pooling gives everything to the first
winner in a window, as PyTorch does. Does the choice matter? At the
end the program tries both. Step 62 picks elements by their place.

Exercise: write the sum of the two largest elements: take f = Max()
and f(x), put -np.inf in the winner's place with where(f.winners,
-np.inf, x), and take max again. What is its gradient at [5, 1, 4]?
What goes wrong at [5, 5, 1]?

In the package: dezero/core/reduction.py, Max and Min

Output:
    max of [3 1 8 0 0 3 6 4]:
      gradient [0 0 1 0 0 0 0 0]
    max of each column, [8 5 9 9 9]:
      gradient [[0 0 0 1 0] [0 1 1 0 0] [0 0 0 0 1] [1 0 0 0 0]]
    max of ten ones:
      gradient 0.1, ten times
    max of each column of two rows of ones:
      shared [0.5 0.5 0.5 0.5 0.5], twice
      the first wins [[1 1 1 1 1] [0 0 0 0 0]]
    second derivative of max(x)**2 at x = [1 3 2]:
      [0 2 0]
    descent from a tie, 20 steps:
      shared, to (0, 0) on a path of length 2.8
      the first wins, to (0, 0) on a path of length 4.0
    figures/step61_corner.png
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import dezero
from dezero import Function
from dezero.core import broadcast_to, restore_axes, where


# winners is an array of True and False. where selects with it; a
# multiplication would not do, since inf * 0 is nan. The sum over
# winners says how many elements tie, and each of them gets its share
# of gy. This count takes the dtype of x, so that float32 gradients stay
# float32.
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
        """Record where y was found, and how often; return y."""
        self.winners = (x == y) | (x != x)  # nan != nan
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


# The other choice: only the first of the winners is kept.
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
    """Return the gradient of f at x, an array; gy is all ones."""
    x.cleargrad()
    f(x).backward()
    return x.grad.data


# Does the choice matter when we look for a minimum? We start descent
# on max(x, y) at x = y, where the two tie. Both choices arrive at
# the same point after the same number of steps. With shared gradients
# the path is straight. When the first one wins, x and y take turns,
# and the path is a staircase.
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
    """Return an array as a line of text; whole numbers have no dot."""
    whole = array.astype(int)
    array = whole if (whole == array).all() else array
    return str(array).replace("\n", "")


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


if __name__ == "__main__":
    x = Variable(np.array([3.0, 1, 8, 0, 0, 3, 6, 4]))
    gx = gradient(Variable.max, x)
    print(f"max of {show(x.data)}:\n  gradient {show(gx)}")

    rows = [1, 1, 5, 9, 1], [4, 5, 9, 8, 7], [1, 1, 7, 7, 9]
    x = Variable(np.array([*rows, [8, 1, 1, 0, 7]], dtype=float))
    y = max(x, axis=0, keepdims=True)
    y.backward()
    print(f"max of each column, {show(y.data[0])}:")
    print(f"  gradient {show(x.grad.data)}")

    x = Variable(np.ones((2, 5)))
    (share,) = set(gradient(max, x).flat)
    print(f"max of ten ones:\n  gradient {share}, ten times")
    print("max of each column of two rows of ones:")
    print(f"  shared {show(gradient(Max(axis=0), x)[0])}, twice")
    print(f"  the first wins {show(gradient(FirstWins(0), x))}")

    x = Variable(np.array([1.0, 3, 2]))
    (max(x) ** 2).backward(create_graph=True)
    gx = x.grad
    second = show(gradient(lambda x: gx, x))
    print("second derivative of max(x)**2 at x = [1 3 2]:")
    print(f"  {second}")

    paths = {"shared": descend(max)}
    paths["the first wins"] = descend(FirstWins(0))
    print(f"descent from a tie, {len(paths['shared']) - 1} steps:")
    for name, path in paths.items():
        x, y = abs(path[-1])
        length = np.linalg.norm(np.diff(path, axis=0), axis=1).sum()
        print(f"  {name}, to ({x:.0f}, {y:.0f})", end=" ")
        print(f"on a path of length {length:.1f}")
    FIGURES.mkdir(exist_ok=True)
    draw(paths, FIGURES / "step61_corner.png")
    print("figures/step61_corner.png")
