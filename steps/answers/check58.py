"""Check of the exercise of step 58: what VGG16 costs; a third group."""

import numpy as np

from step58 import VGG16, SmallVGG

START = '''
import numpy as np

from step58 import VGG16, SmallVGG


def count(model, C, H, W):
    """Return {part: (weights, multiplications)} for one picture (C, H,
    W) and a class like VGG16: the parts are "conv", all convolutions
    together, and each Linear by its name, "fc6", "fc7", "fc8". Biases
    count as weights, and take no multiplication."""
    raise NotImplementedError("your turn")


class ThreeGroups(SmallVGG):
    """SmallVGG with a third group: one convolution, 32 channels."""

    # your turn


if __name__ == "__main__":
    print(count(VGG16, 3, 224, 224))
'''


def check(mine):
    """Yield (what, expected, got)."""
    found = mine.count(VGG16, 3, 224, 224)
    for part, weights, products in [
        ("conv", 14_714_688, 15_346_630_656),
        ("fc6", 102_764_544, 102_760_448),
        ("fc7", 16_781_312, 16_777_216),
        ("fc8", 4_097_000, 4_096_000),
    ]:
        yield f"VGG16, {part}: weights", weights, found[part][0]
        yield (
            f"VGG16, {part}: multiplications",
            products,
            found[part][1],
        )
    small = mine.count(SmallVGG, 1, 28, 28)
    yield (
        "SmallVGG: all weights",
        52_138,
        sum(weights for weights, _ in small.values()),
    )
    model = mine.ThreeGroups()
    y = model(np.zeros((2, 1, 28, 28), np.float32))
    yield "ThreeGroups: the shape of its scores", (2, 10), y.shape
    size = sum(param.size for param in model.params())
    yield "ThreeGroups: all weights", 25_034, size
