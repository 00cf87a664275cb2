"""Check of the exercise of step 54: other ratios, no test mode."""

import numpy as np

from dezero import test_mode
from step54 import Net, losses

START = '''
import numpy as np

import dezero.functions as F
from dezero import no_grad, test_mode
from dezero.datasets import Spiral
from step54 import Net, train


def loss(model):
    """Return the validation loss, a float, as losses of step 54 does
    it, but in the mode that is on."""
    raise NotImplementedError("your turn")


# Which ratio ends with the lower validation loss, 0.2 or 0.8?
better = None

# Are the losses without test mode mostly "higher" or "lower"?
without = None


if __name__ == "__main__":
    model = Net(0.2)
    print(train(model, epochs=200)[[49, 99, 199], 1])
    print(loss(model), loss(model))
'''


def check(mine):
    """Yield (what, expected, got)."""
    np.random.seed(0)  # noqa: NPY002
    model = Net(0.5)
    right = losses(model)[1]
    with test_mode():
        yield (
            "the validation loss in test mode",
            right,
            mine.loss(model),
        )
    a, b = mine.loss(model), mine.loss(model)
    yield "without test mode, two times: two losses", True, a != b
    model = Net(0.0)
    right = losses(model)[1]
    yield (
        "with the ratio 0 the mode is the same",
        right,
        mine.loss(model),
    )
    yield "the better ratio", 0.2, mine.better
    yield "without test mode, the losses are", "higher", mine.without
