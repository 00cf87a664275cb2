"""Check of the exercise of step 66: a frozen layer."""

import numpy as np

import dezero.functions as F
from dezero.models import MLP

START = '''
import numpy as np

import dezero.functions as F
from dezero.models import MLP


def functions_of(loss):
    """Return the names of the nodes that backward visits, a list; a
    node's name is node.name(). Leave out the AccumulateGrad."""
    raise NotImplementedError("your turn")


# Which parameters have a gradient, with the first layer frozen? A list
# of names, such as ["l0.W"]
with_gradient = None


if __name__ == "__main__":
    x, t = np.ones((5, 1)), np.zeros((5, 1))
    model = MLP((10, 1))
    model.l0.W.requires_grad_(False)
    model.l0.b.requires_grad_(False)
    loss = F.mean_squared_error(model(x), t)
    print(functions_of(loss))
'''


def check(mine):
    """Yield (what, expected, got)."""
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(5, 1)), rng.normal(size=(5, 1))

    def visited(*frozen):
        model = MLP((10, 1))
        for layer in frozen:
            for param in getattr(model, layer).params():
                param.requires_grad_(False)
        loss = F.mean_squared_error(model(x), t)
        names = mine.functions_of(loss)
        return sorted(x.removesuffix("Backward0") for x in names)

    two, four = ["Addmm", "MseLoss"], ["Addmm", "Addmm"]
    four += ["MseLoss", "Sigmoid"]
    yield "visited, nothing frozen", four, visited()
    yield "visited, l0 frozen", two, visited("l0")
    three = ["Addmm", "Addmm", "MseLoss", "Sigmoid"]
    yield "visited, l1 frozen", three, visited("l1")
    if mine.with_gradient is None:
        raise NotImplementedError("your turn: write with_gradient")
    got = sorted(mine.with_gradient)
    yield "with a gradient, l0 frozen", ["l1.W", "l1.b"], got
