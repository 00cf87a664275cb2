"""Step 66. Control: where gradients start, stop and stay.

The graph follows from the program, but which part of it backward
walks is ours to say. There are six ways, and PyTorch has them under
the same names:

    x.grad                adds up until it is cleared
    y.backward(gradient)  starts from any gradient, not from ones
    no_grad()             records nothing, for a whole block
    requires_grad_        takes a leaf out, or in, from here on
    y.detach()            the same numbers, but nobody computed them
    x.data                the array itself, unseen by the graph

For a y of several elements ones are only a habit. backward(w)
computes the gradient of sum(y * w): a row w times the Jacobian of
y. One row is all that a backward can bring; step 71 asks for more.

detach makes a new box around the same array. Nothing is copied, so
a change in one is seen in the other, but no arrow leads from the
new box back: in y * y.detach() only one of the two factors counts,
and the gradient is half of that of y * y.

x.data is the open door. A change after y = 2 * x was computed goes
unnoticed: x is 100 times as large, and x.grad is still 2. For x * x,
whose backward reads x, that gradient would be wrong. Optimizers go
through this door, after backward and before the next forward.

What is detach good for? round(x) is flat between its steps, so its
gradient is 0 and descent stands still. So keep the value, and let
the gradient pass as if round were not there:

    y = x + (round(x) - x).detach()      value round(x), slope 1

That is a straight-through estimator: it trains networks whose
weights are whole numbers. In the picture, both try to bring
round(x) to 5; each dot is where a step of descent stands.

What x.cleargrad() is for one Variable, zero_grad() is for a model or
an optimizer, in PyTorch and in the package: the same as cleargrads.

Now we know one engine thoroughly. In step 67 we build another one.

Exercise: freeze the first layer of the network of step 45 by
requires_grad_ and train it. How many Functions does backward visit
now? Count them with step 65's arrows_to, less the leaves' nodes.

Output:
    accumulate: 4.5, then 5.5; cleared before: 1.0
    backward(w): [  2.  40. 600.] is w * 2x
    no_grad: grad_fn None, is_leaf True
    requires_grad_: w's gradient None, and again 2.0
    detach: same array True, requires_grad False, grad_fn None
    d(y * y) = 4.0, d(y * y.detach()) = 2.0
    data * 100: x is 100.0, its gradient 2.0
    round(x) from 0.6 to 5: x = 0.60, straight through 4.60
    figures/step66_straight_through.png
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import dezero
from dezero import Function, no_grad
from dezero.guards import flag

# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


# --- new in this step ---
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
        self.requires_grad = flag(
            "requires_grad_", "requires_grad", requires_grad, 66
        )
        return self

    def detach(self):
        """Return a Variable with the same data, outside the graph."""
        return Variable(self.data, requires_grad=False)


def backward(y, gradient):
    """Compute the gradients of sum(y * gradient)."""
    if gradient.shape != y.shape:
        raise ValueError(
            f"backward: gradient must have the shape {y.shape} of the "
            f"result, got {gradient.shape} (see step 66)"
        )
    y.grad = Variable(gradient)  # step 9: set, it is where we start
    y.backward()


def slope(y, x):
    """Return dy/dx, and nothing that was there before."""
    x.cleargrad()
    y.backward()
    return x.grad.data


class Round(Function):
    """The nearest whole number: steps, and flat between them."""

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
        x.data -= lr * x.grad.data  # by the open door
        path.append(x.data.item())
    return path


def draw(paths, file):
    """Draw the stairs, and on them the paths {name: xs}."""
    figure = Figure(figsize=(6.5, 4.2), layout="constrained")
    axes = figure.subplots()
    x = np.linspace(0, 5.4, 1000)
    axes.plot(x, x, ":", color="gray", label="x")
    axes.plot(x, np.round(x), color="black", label="round(x)")
    for (name, xs), look in zip(paths.items(), ["sC3", "oC0"]):
        size = 13 if look == "sC3" else 6  # it never leaves its place
        axes.plot(xs, np.round(xs), look, markersize=size, label=name)
    axes.set(xlabel="x", ylabel="value")
    axes.legend(loc="upper left", frameon=False)
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    x = Variable(np.ones((2, 2)))
    (3 * (x + 2) ** 2 / 4).sum().backward()
    first = x.grad.data[0, 0]
    x.sum().backward()
    print(f"accumulate: {first}, then {x.grad.data[0, 0]}; ", end="")
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
    print(f"requires_grad_: w's gradient {w.grad}, ", end="")
    print(f"and again {slope(x * w.requires_grad_(), w)}")

    y = 1 * x
    z = Variable.detach(y)  # the package's y.detach() does the same
    print(f"detach: same array {z.data is y.data}, ", end="")
    print(f"requires_grad {z.requires_grad}, grad_fn {z.grad_fn}")
    print(f"d(y * y) = {slope(y * y, x)}, ", end="")
    print(f"d(y * y.detach()) = {slope(y * z, x)}")

    x = Variable(np.array(1.0))
    y = 2 * x
    x.data *= 100
    print(f"data * 100: x is {x.data}, its gradient {slope(y, x)}")

    paths = {"round": descend(Round())}
    paths["straight through"] = descend(straight_through)
    a, b = (path[-1] for path in paths.values())
    print(f"round(x) from 0.6 to 5: x = {a:.2f}, ", end="")
    print(f"straight through {b:.2f}")
    FIGURES.mkdir(exist_ok=True)
    draw(paths, FIGURES / "step66_straight_through.png")
    print("figures/step66_straight_through.png")
