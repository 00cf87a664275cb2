"""Step 74. Residual connections: a way around each block.

A network of 56 layers should do no worse than one of 20: the other
36 only have to pass on what they get. But in experiments it did
worse, even on its own training set (He and others, 2015). So let each
block pass x on unchanged, and learn only what to add to it:

     x
     |-------------+
     v             |
    f(x): conv,    |
    norm, relu,    |
    conv, norm     |
     v             |
     +  <----------+
     v
    relu, y = relu(x + f(x))

The path on the right is a *residual connection*, or *skip connection*,
and a network of these blocks is a *ResNet*. What does it do for the
gradient? Leave out the last relu, and let x be one number. Two blocks
whose f have the slopes a and b multiply the gradient by

    without    a * b
    with       (1 + a) * (1 + b) = 1 + a + b + a * b

With small slopes, the first product is nearly 0 after a few blocks. The
second has a 1 in it, however many blocks there are. (For vectors, a and
b are Jacobians, step 37, and 1 is the identity matrix.)

The sum has a price: with each block, numbers and gradients grow. A norm
before f (step 73) keeps f(x) at one size while x grows. So f changes x
less and less, and the gradient grows slowly. The table compares all
three. Two networks of 6 blocks learn digits, without and with the sum.

Exercise: write PreBlock, with norm and relu before each of the two
convolutions and nothing after + (He and others, 2016). Set the last W
to 0. What is dy/dx where x is negative, and what is it for BasicBlock?

In the package: dezero/models/resnet.py, BasicBlock;
dezero/layers/norm.py, BatchNorm

Output (rtol 0.2):
    blocks   gradient with f(x)   x + f(x)   x + f(norm(x))
         2                0.33        1.17            1.15
         4                0.16        1.83            1.46
         8               0.044        4.60            1.91
        16              0.0024       23.19            2.33
        32             4.6e-06      720.11            3.14
    6 times PlainBlock: loss 0.54, 78.4 % right
    6 times BasicBlock: loss 0.13, 95.6 % right
    ResNet-50: 3 + 4 + 6 + 3 blocks, 3 * 16 + 2 = 50 layers
"""

from itertools import islice

import numpy as np

import dezero.functions as F
from dezero import Parameter, Variable, no_grad, test_mode
from dezero.dataloaders import DataLoader
from dezero.datasets import SynthDigits
from dezero.layers import Conv2d, Layer, Linear
from dezero.models import Model, ResNet50, Sequential
from dezero.optimizers import Adam


# The first x tells how many channels there are, and so the size of the
# parameters. The running statistics are Parameters so that they are
# saved with the others (step 53), but they never get a gradient.
class BatchNorm(Layer):
    """batch_norm (step 73) with trainable gamma and beta."""

    def __init__(self):
        super().__init__()
        self.avg_mean = Parameter(None, name="avg_mean")
        self.avg_var = Parameter(None, name="avg_var")
        self.gamma = Parameter(None, name="gamma")
        self.beta = Parameter(None, name="beta")

    def forward(self, x):
        """Return x normalised; in training, update the statistics."""
        if self.gamma.data is None:
            for param in self.avg_mean, self.beta:
                param.data = np.zeros(x.shape[1], x.dtype)
            for param in self.avg_var, self.gamma:
                param.data = np.ones(x.shape[1], x.dtype)
        mean, var = self.avg_mean.data, self.avg_var.data
        return F.batch_norm(x, self.gamma, self.beta, mean, var)


# nobias: the norm after each convolution subtracts the mean, and any b
# with it. beta takes the place of b. Where a block changes the size or
# the number of channels, x cannot be added as it is: a convolution with
# a 1 x 1 kernel first gives it the right shape.
class BasicBlock(Layer):
    """y = relu(x + f(x)), with two convolutions in f.

    Shapes: x (N, in_channels, H, W) ->
    (N, out_channels, H / stride, W / stride).
    """

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.in_channels = in_channels
        self.conv1 = Conv2d(out_channels, 3, stride, 1, nobias=True)
        self.bn1 = BatchNorm()
        self.conv2 = Conv2d(out_channels, 3, 1, 1, nobias=True)
        self.bn2 = BatchNorm()
        self.conv3 = self.bn3 = None
        if stride != 1 or in_channels != out_channels:
            self.conv3 = Conv2d(out_channels, 1, stride, 0, nobias=True)
            self.bn3 = BatchNorm()

    def forward(self, x):
        """Return relu(what is new + the shortcut)."""
        h = F.relu(self.bn1(self.conv1(x)))
        h = self.bn2(self.conv2(h))
        shortcut = x if self.conv3 is None else self.bn3(self.conv3(x))
        return F.relu(h + shortcut)


class PlainBlock(BasicBlock):
    """BasicBlock without the residual connection: y = relu(f(x))."""

    def forward(self, x):
        """Return relu(what is new)."""
        h = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(h)))


# The first convolution turns 28 x 28 pixels into 7 x 7 places, so that
# the blocks are quick. Linear gets the mean over all places. ResNet-50
# is built like this, from 16 blocks. Its f has three convolutions: the
# first reduces the number of channels, so that the second, with a 3 x 3
# kernel, is cheap. With one convolution before the blocks and a Linear
# after them, this makes 50 layers.
class SmallResNet(Model):
    """Blocks of 16 channels. Shapes: x (N, 1, 28, 28) -> (N, 10)."""

    def __init__(self, kind, blocks):
        super().__init__()
        self.conv = Conv2d(16, kernel_size=4, stride=4, nobias=True)
        self.bn = BatchNorm()
        self.blocks = Sequential(*(kind(16, 16) for _ in range(blocks)))
        self.fc = Linear(10)

    def forward(self, x):
        """Return the scores, before softmax."""
        x = F.relu(self.bn(self.conv(x)))
        x = self.blocks(x)
        return self.fc(F.mean(x, axis=(2, 3)))


# Here f is two matrices with a relu between them. We take the gradient
# of a sum of the last x, each number times a random factor, so that the
# gradients of these numbers all have about the same size.
def first_gradient(blocks, around, norm):
    """Return the mean size of the gradient before the first block."""
    rng = np.random.default_rng(0)
    first = x = Variable(rng.normal(size=(20, 50)))
    one, zero = np.ones(50), np.zeros(50)
    for _ in range(blocks):
        W1, W2 = rng.normal(size=(2, 50, 50)) / np.sqrt(50)
        h = F.layer_norm(x, one, zero) if norm else x
        h = F.relu(h @ W1) @ W2
        x = x + h if around else h
    (x * rng.normal(size=x.shape)).sum().backward()
    return np.abs(first.grad.data).mean()


def to_unit(picture):
    """Return bytes as floats (1, 28, 28) from 0 to 1: a transform."""
    return picture.reshape(1, 28, 28).astype(np.float32) / 255


def learn(model, loader):
    """Train for 100 batches; return the mean loss of the last ten."""
    optimizer, losses = Adam(0.005).setup(model), []
    for x, t in islice(loader, 100):
        loss = F.softmax_cross_entropy(model(x), t)
        model.cleargrads()
        loss.backward()
        optimizer.update()
        losses.append(float(loss.data))
    return np.mean(losses[-10:])


if __name__ == "__main__":
    # first weights and batches come from this generator
    np.random.seed(0)  # noqa: NPY002
    print("blocks   gradient with f(x)   x + f(x)   x + f(norm(x))")
    for blocks in 2, 4, 8, 16, 32:
        plain = first_gradient(blocks, around=False, norm=False)
        around = first_gradient(blocks, around=True, norm=False)
        normed = first_gradient(blocks, around=True, norm=True)
        print(f"{blocks:6}{plain:20.2g}{around:12.2f}{normed:16.2f}")

    train, test = (SynthDigits(part, to_unit) for part in (True, False))
    x, t = next(iter(DataLoader(test, len(test), shuffle=False)))
    for kind in PlainBlock, BasicBlock:
        model = SmallResNet(kind, blocks=6)
        loss = learn(model, DataLoader(train, 50))
        with no_grad(), test_mode():
            right = 100 * F.accuracy(model(x), t).data
        print(f"6 times {kind.__name__}: loss {loss:.2f}", end=", ")
        print(f"{right:.1f} % right")

    net = ResNet50()
    counts = [
        len(s.layers) for s in (net.res2, net.res3, net.res4, net.res5)
    ]
    print(
        "ResNet-50:", " + ".join(map(str, counts)), "blocks", end=", "
    )
    print(f"3 * {sum(counts)} + 2 = {3 * sum(counts) + 2} layers")
