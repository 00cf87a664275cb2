"""Answer to the exercise of step 66.

The first layer was computed from a fixed input and fixed weights, so
nothing of it is recorded: its result h requires no gradient. The
chain from the loss ends at the second layer, whose first input is
(None, 0). backward visits two Functions instead of four, and
only the weights of the second layer get a gradient.

Output:
    all trained: 4 Functions
      MseLoss Addmm Sigmoid Addmm
      with a gradient: l0.W, l0.b, l1.W, l1.b
    l0 frozen: 2 Functions
      MseLoss Addmm
      with a gradient: l1.W, l1.b
"""

import numpy as np

import dezero.functions as F
from dezero.models import MLP

with_gradient = ["l1.W", "l1.b"]  # where l0 is frozen


def functions_of(loss):
    """Return the names of the nodes that backward visits."""
    found = [loss.grad_fn]
    for node in found:  # grows while it is read
        for target, _ in node.next_functions:
            if target is not None and target not in found:
                found.append(target)
    names = [node.name().removesuffix("Backward0") for node in found]
    return [name for name in names if name != "AccumulateGrad"]


def report(title, model, x, t):
    """Print which Functions backward visits, and what it leaves."""
    loss = F.mean_squared_error(model(x), t)
    model.cleargrads()
    loss.backward()
    names = functions_of(loss)
    print(f"{title}: {len(names)} Functions\n  {' '.join(names)}")
    has = [
        f"{layer}.{name}"
        for layer in ("l0", "l1")
        for name in ("W", "b")
        if getattr(getattr(model, layer), name).grad is not None
    ]
    print("  with a gradient:", ", ".join(has))


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(5, 1)), rng.normal(size=(5, 1))
    model = MLP((10, 1))
    report("all trained", model, x, t)
    model.l0.W.requires_grad_(False)
    model.l0.b.requires_grad_(False)
    report("l0 frozen", model, x, t)
