"""Step 66. Control: where gradients start, stop and stay.

The graph follows from the program. But where does backward begin,
where does it stop, and what does it leave behind? We can decide
that, in six ways, and PyTorch has all six under the same names:

    x.grad          adds up until cleared
    y.backward(w)   starts from a w we choose
    no_grad()       records nothing in a block
    requires_grad_  takes a leaf out, or in
    y.detach()      same numbers, no graph
    x.data          array, unseen by the graph

The last one needs care. Compute y = 2 * x, then multiply x.data by
100. The graph does not notice, and x.grad is still 2, which is
right. For y = x * x the gradient would be wrong, because backward
reads x and finds the new number. Optimizers change x.data, too.
That is safe, because they do it after backward and before the next
forward.

What is detach good for? Suppose that the weights of a network must
be whole numbers, to save memory, and we want to train it. round(x)
is flat between its steps, so its gradient is 0 and descent stands
still. The way out is to keep the value of round, and let gradients
pass as if it were not there:

    y = x + (round(x) - x).detach()

The value is round(x), since x cancels. The slope is that of the
first x, since detach hides the rest. This is the *straight-through
estimator* (Bengio, Leonard and Courville, 2013).

Now we know one engine well. In step 67 we build another one.

Exercise: take MLP((10, 1)) of step 45, freeze W and b of its first
layer with requires_grad_(False), and compute a loss. Follow grad_fn
and next_functions back from it: which Functions are left? Which
parameters have a gradient after backward?

In the package: dezero/core/extras.py, Variable.detach and
Variable.requires_grad_

Output:
    gradients add up: 4.5, then 5.5; cleared before: 1.0
    backward(w): [  2.  40. 600.] is w * 2x
    no_grad: grad_fn None, is_leaf True
    requires_grad_(False): gradient None, then True: 2.0
    detach: same array True, requires_grad False, grad_fn None
    gradient of y * y 4.0, of y * y.detach() 2.0
    data * 100: x is 100.0, its gradient 2.0
    descent on (round(x) - 5)**2 from x = 0.6:
      round ends at 0.60, straight_through at 4.60
    figures/step66_straight_through.png
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import dezero
from dezero import Function, no_grad


# detach puts the same array into a new box. Nothing is copied, so a
# change of the numbers in one box is seen in the other. But no arrow
# leads back from the new box. In y * y.detach() only the first factor
# counts, and the gradient is half that of y * y.
class Variable(dezero.Variable):
    """A Variable whose gradient can be stopped."""

    def requires_grad_(self, requires_grad=True):
        """Set requires_grad of a leaf, and return self."""
        if (
            self.creator is not None
            and self.requires_grad != requires_grad
        ):
            raise RuntimeError(
                "requires_grad_: this Variable was computed, and what "
                "computed it decides; set it on the leaves before, or "
                "use detach() (see step 66)"
            )
        self.requires_grad = requires_grad
        return self

    def detach(self):
        """Return a Variable with the same data, outside the graph."""
        return Variable(self.data, requires_grad=False)


# If y has several elements, backward starts from ones. It can start
# from any other numbers w. Then it computes the gradient of sum(y * w),
# which is the row w times the Jacobian of y. One row is all that one
# backward can compute; step 71 asks for the others.
def backward(y, gradient):
    """Compute the gradients of sum(y * gradient)."""
    if gradient.shape != y.shape:
        raise ValueError(
            f"backward: gradient must have the shape {y.shape} of the "
            f"result, got {gradient.shape} (see step 66)"
        )
    y.grad = Variable(gradient)  # backward starts here (step 9)
    y.backward()


# PyTorch clears the gradients of a whole model or optimizer at once,
# with zero_grad(); in the package it is also called cleargrads().
def slope(y, x):
    """Return dy/dx alone; an earlier gradient is cleared."""
    x.cleargrad()
    y.backward()
    return x.grad.data


class Round(Function):
    """The nearest whole number: a staircase, flat on each step."""

    def forward(self, x):
        return np.round(x)

    def backward(self, gy):
        return gy * 0


def straight_through(x):
    """Return round(x) with the gradient of x itself."""
    return x + (Round()(x) - x).detach()


def descend(f, start=0.6, goal=5.0, lr=0.1, steps=12):
    """Return the x of every step downhill on (f(x) - goal)**2."""
    x = Variable(np.array(start))
    path = [start]
    for _ in range(steps):
        x.cleargrad()
        ((f(x) - goal) ** 2).backward()
        x.data -= lr * x.grad.data  # before the next forward
        path.append(x.data.item())
    return path


# In the picture each dot is one step of descent.
def draw(paths, file):
    """Draw the stairs, and on them the paths {name: xs}."""
    figure = Figure(figsize=(6.5, 4.2), layout="constrained")
    axes = figure.subplots()
    x = np.linspace(0, 5.4, 1000)
    axes.plot(x, x, ":", color="gray", label="x")
    axes.plot(x, np.round(x), color="black", label="round(x)")
    for (name, xs), look in zip(paths.items(), ["sC3", "oC0"]):
        size = 13 if look == "sC3" else 6  # it never moves
        axes.plot(xs, np.round(xs), look, markersize=size, label=name)
    axes.set(xlabel="x", ylabel="value")
    axes.legend(loc="upper left", frameon=False)
    figure.savefig(file, dpi=120)


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


if __name__ == "__main__":
    # The 4.5 is from PyTorch's tutorial, "A 60 Minute Blitz".
    x = Variable(np.ones((2, 2)))
    (3 * (x + 2) ** 2 / 4).sum().backward()
    first = x.grad.data[0, 0]
    x.sum().backward()
    print(f"gradients add up: {first}, ", end="")
    print(f"then {x.grad.data[0, 0]}; ", end="")
    print(f"cleared before: {slope(x.sum(), x)[0, 0]}")

    x, w = Variable(np.array([1.0, 2, 3])), np.array([1.0, 10, 100])
    backward(x * x, w)
    print(f"backward(w): {x.grad.data} is w * 2x")

    with no_grad():
        y = x * x
    print(f"no_grad: grad_fn {y.grad_fn}, is_leaf {y.is_leaf}")

    x, w = Variable(np.array(2.0)), Variable(np.array(3.0))
    w.requires_grad_(False)
    (x * w).backward()
    print(f"requires_grad_(False): gradient {w.grad}, ", end="")
    print(f"then True: {slope(x * w.requires_grad_(), w)}")

    y = 1 * x
    z = Variable.detach(y)  # the package's y.detach() does the same
    print(f"detach: same array {z.data is y.data}, ", end="")
    print(f"requires_grad {z.requires_grad}, grad_fn {z.grad_fn}")
    print(f"gradient of y * y {slope(y * y, x)}, ", end="")
    print(f"of y * y.detach() {slope(y * z, x)}")

    x = Variable(np.array(1.0))
    y = 2 * x
    x.data *= 100
    print(f"data * 100: x is {x.data}, its gradient {slope(y, x)}")

    paths = {"round": descend(Round())}
    paths["straight through"] = descend(straight_through)
    a, b = (path[-1] for path in paths.values())
    print("descent on (round(x) - 5)**2 from x = 0.6:")
    print(f"  round ends at {a:.2f}, straight_through at {b:.2f}")
    FIGURES.mkdir(exist_ok=True)
    draw(paths, FIGURES / "step66_straight_through.png")
    print("figures/step66_straight_through.png")
