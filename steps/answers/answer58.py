"""Answer to the exercise of step 58.

Nearly all multiplications are in the convolutions, since they use
each weight once at every place. Three quarters of the weights are in
fc6, 25,088 * 4,096 of them: a Linear has a weight for each place of
each channel. Later networks take the mean over all places first.

A third group halves the picture once more, to 3 x 3. Its convolution
adds 4,640 weights, but fc4 needs only a third of what fc3 had. The
whole network is less than half as large, and about as good.

Output (rtol 0.05):
    part       weights  multiplications
    conv    14,714,688   15,346,630,656
    fc6    102,764,544      102,760,448
    fc7     16,781,312       16,777,216
    fc8      4,097,000        4,096,000
    third group: 25,034 weights, 98.9 % right
"""

from functools import partial

import numpy as np

from dezero.dataloaders import DataLoader
from dezero.datasets import SynthDigits
from step58 import VGG16, SmallVGG, as_floats, learn, probabilities


def count(model, C, H, W):
    """Return {part: (weights, multiplications)} for one picture."""
    weights = products = 0
    for times, channels in model.groups:
        for _ in range(times):
            weights += 9 * C * channels + channels
            products += 9 * C * channels * H * W
            C = channels
        H, W = H // 2, W // 2
    found, size = {"conv": (weights, products)}, C * H * W
    for n, out in enumerate(model.sizes, start=len(model.groups) + 1):
        found[f"fc{n}"] = (size * out + out, size * out)
        size = out
    return found


class ThreeGroups(SmallVGG):
    """SmallVGG with a third group, of 32 channels."""

    groups = (*SmallVGG.groups, (1, 32))


if __name__ == "__main__":
    print("part       weights  multiplications")
    for part, (weights, products) in count(VGG16, 3, 224, 224).items():
        print(f"{part:5}{weights:13,}{products:17,}")
    np.random.seed(0)  # noqa: NPY002
    train, test = (
        SynthDigits(part, partial(as_floats, order=np.arange(784)))
        for part in (True, False)
    )
    x, t = next(DataLoader(test, len(test), shuffle=False))
    model = ThreeGroups()
    learn(model, DataLoader(train, 50))
    right = 100 * np.mean(probabilities(model, x).argmax(axis=1) == t)
    size = sum(param.size for param in model.params())
    print(f"third group: {size:,} weights, {right:.1f} % right")
