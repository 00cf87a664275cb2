"""Images: a convolution and a pooling alone, and a network of both."""

import sys

import numpy as np
from harness import SECONDS, Metric, Workload
from workloads_training import PEAK_MEMORY, train_dezero, train_torch

import dezero
from dezero import Variable
from dezero.datasets import MNIST
from dezero.utils import find_file

SIDE, CLASSES = 28, 10
BATCH = 64


# --- one convolution, 64 -> 64 channels, kernel 3x3, on 8 images 56x56 ---
def conv_arrays(width, side):
    """Return x, W, b and gy. All positive, so that no sum of them comes near 0."""
    rng = np.random.default_rng(0)
    shapes = (8, width, side, side), (width, width, 3, 3), (width,)
    x, W, b = (rng.random(size=shape, dtype=np.float32) for shape in shapes)
    return x, W, b, rng.random(size=x.shape, dtype=np.float32)


def forward_dezero(width, side):
    import dezero.functions as F

    x, W, b = map(Variable, conv_arrays(width, side)[:3])
    return lambda: {"y": F.conv2d(x, W, b, pad=1)}


def forward_torch(width, side):
    import torch

    x, W, b = (
        torch.from_numpy(a).requires_grad_() for a in conv_arrays(width, side)[:3]
    )
    return lambda: {"y": torch.nn.functional.conv2d(x, W, b, padding=1)}


def backward_dezero(width, side):
    import dezero.functions as F

    *arrays, gy = conv_arrays(width, side)
    inputs = [Variable(a) for a in arrays]
    y = F.conv2d(*inputs, pad=1)

    def work():
        for v in inputs:
            v.cleargrad()
        y.grad = Variable(gy)
        y.backward()
        return {name: v.grad for name, v in zip(("gx", "gW", "gb"), inputs)}

    return work


def backward_torch(width, side):
    import torch

    *arrays, gy = map(torch.from_numpy, conv_arrays(width, side))
    inputs = [a.requires_grad_() for a in arrays]
    y = torch.nn.functional.conv2d(*inputs, padding=1)

    def work():
        for v in inputs:
            v.grad = None
        y.backward(gy, retain_graph=True)
        return {name: v.grad for name, v in zip(("gx", "gW", "gb"), inputs)}

    return work


# --- max pooling, 2x2, there and back ---
def pooling_arrays(width, side):
    """Return x (64, width, side, side) and gy, of half the side."""
    rng = np.random.default_rng(0)
    x = rng.random(size=(64, width, side, side), dtype=np.float32)
    return x, rng.random(size=(64, width, side // 2, side // 2), dtype=np.float32)


def pooling_dezero(width, side):
    import dezero.functions as F

    x, gy = map(Variable, pooling_arrays(width, side))

    def work():
        x.cleargrad()
        y = F.pooling(x, 2, stride=2)
        y.grad = gy
        y.backward(retain_grad=True)
        return {"y": y, "gx": x.grad}

    return work


def pooling_torch(width, side):
    import torch

    x, gy = map(torch.from_numpy, pooling_arrays(width, side))
    x.requires_grad_()

    def work():
        x.grad = None
        y = torch.nn.functional.max_pool2d(x, 2)
        y.backward(gy)
        return {"y": y, "gx": x.grad}

    return work


# --- a network: conv 32, conv 64, max pooling, 128, 10; batches of 64 images ---
def cnn_dezero_model(width):
    """Return the network; width is the number of channels after its first layer."""
    import dezero.functions as F
    import dezero.layers as L
    from dezero.models import Sequential

    return Sequential(
        L.Conv2d(width, 3, in_channels=1),
        F.relu,
        L.Conv2d(2 * width, 3, in_channels=width),
        F.relu,
        lambda x: F.pooling(x, 2, stride=2),
        F.flatten,
        L.Linear(4 * width, in_size=2 * width * (SIDE // 2 - 2) ** 2),
        F.relu,
        L.Linear(CLASSES, in_size=4 * width),
    )


def cnn_arrays(steps, width):
    """Return x (steps, 64, 1, 28, 28) in 0..1, t, and the weights to start from.

    The weights are shaped as PyTorch has them; all biases are zero.
    """
    rng = np.random.default_rng(0)
    x = rng.random(size=(steps, BATCH, 1, SIDE, SIDE), dtype=np.float32)
    t = rng.integers(CLASSES, size=(steps, BATCH))
    shapes = [
        (width, 1, 3, 3),
        (2 * width, width, 3, 3),
        (4 * width, 2 * width * (SIDE // 2 - 2) ** 2),
        (CLASSES, 4 * width),
    ]
    weights = [
        rng.normal(size=shape, scale=np.prod(shape[1:]) ** -0.5).astype(np.float32)
        for shape in shapes
    ]
    return x, t, weights


def cnn_dezero(steps, width):
    x, t, weights = cnn_arrays(steps, width)

    def work():
        model = cnn_dezero_model(width)
        layers = [layer for layer in model.layers if hasattr(layer, "W")]
        for layer, W in zip(layers, weights):
            layer.W.data = W.T.copy() if W.ndim == 2 else W.copy()
        return train_dezero(model, x, t)

    return work


def cnn_torch(steps, width):
    import torch
    from torch import nn

    x, t, weights = cnn_arrays(steps, width)
    x, t = torch.from_numpy(x), torch.from_numpy(t)

    def work():
        conv1, conv2, *linear = weights
        layers = [
            nn.Conv2d(1, width, 3),
            nn.Conv2d(width, 2 * width, 3),
            *(nn.Linear(*W.shape[::-1]) for W in linear),
        ]
        with torch.no_grad():
            for layer, W in zip(layers, weights):
                layer.weight.copy_(torch.from_numpy(W))
                layer.bias.zero_()
        first, second, third, last = layers
        pooled = nn.MaxPool2d(2), nn.Flatten()
        model = nn.Sequential(
            first, nn.ReLU(), second, nn.ReLU(), *pooled, third, nn.ReLU(), last
        )
        return train_torch(model, x, t)

    return work


# --- that network trained on real digits: how many of others it gets wrong ---
DIGITS = 8000  # of MNIST's 10,000 test images to train on; the others are to test on


def digits_dezero(images, epochs, width):
    """Train on the first `images` of the 8,000, with a falling rate; error in %."""
    import dezero.functions as F
    from dezero.optimizers import Adam

    data = MNIST(train=False, transform=None)
    x, t = data.data.astype(np.float32) / 255, data.label.astype(int)
    test_x, test_t = x[DIGITS:], t[DIGITS:]

    def work():
        np.random.seed(0)  # noqa: NPY002  the weights come from there
        rng = np.random.default_rng(0)
        model = cnn_dezero_model(width)
        optimizer = Adam().setup(model)
        for epoch in range(epochs):
            optimizer.alpha = 0.001 * (1 - epoch / epochs)
            order = rng.permutation(images)
            for i in range(0, images, BATCH):
                batch = order[i : i + BATCH]
                loss = F.softmax_cross_entropy(model(x[batch]), t[batch])
                model.cleargrads()
                loss.backward()
                optimizer.update()
        with dezero.no_grad(), dezero.test_mode():
            scores = [model(test_x[i : i + 100]).data for i in range(0, 2000, 100)]
        wrong = np.concatenate(scores).argmax(axis=1) != test_t
        return {"error": Variable(np.array(100 * wrong.mean()))}

    return work


def start_error(side, sizes):
    """Take as a figure the number that the work comes to, not the time it takes."""
    work = side(**sizes)
    return lambda: float(work()["error"].data)


ERROR = Metric(start_error, lambda value: f"{value:.2f} %", compares=False)


WORKLOADS = [
    Workload(
        name="conv_layer",
        what="convolution 64 -> 64, 3x3, of 8 images 56x56, forward",
        sides={"dezero": forward_dezero, "torch": forward_torch},
        sizes={"width": 64, "side": 56},
        tiny={"width": 2, "side": 6},
        metric=SECONDS,
        target=1.2,
        against="torch",
        rtol=1e-4,
    ),
    Workload(
        name="conv_layer_backward",
        what="the same, backward: gradients of images, kernels and bias",
        sides={"dezero": backward_dezero, "torch": backward_torch},
        sizes={"width": 64, "side": 56},
        tiny={"width": 2, "side": 6},
        metric=SECONDS,
        target=1.2,
        against="torch",
        rtol=1e-4,
    ),
    Workload(
        name="pooling",
        what="max pooling 2x2 of 64 images (64, 24, 24), forward and backward",
        sides={"dezero": pooling_dezero, "torch": pooling_torch},
        sizes={"width": 64, "side": 24},
        tiny={"width": 2, "side": 6},
        metric=SECONDS,
        target=1.0,
        against="torch",
    ),
    Workload(
        name="cnn",
        what="conv 32, conv 64, pool, 128, 10 on 28x28, batch 64, 3 steps of Adam",
        sides={"dezero": cnn_dezero, "torch": cnn_torch},
        sizes={"steps": 3, "width": 32},
        tiny={"steps": 2, "width": 2},
        metric=SECONDS,
        target=1.15,
        against="torch",
        rtol=1e-3,
    ),
]

if sys.platform == "linux":  # others do not tell the peak
    WORKLOADS.append(
        Workload(
            name="cnn_memory",
            what="the same, memory it takes at its peak",
            sides={"dezero": cnn_dezero, "torch": cnn_torch},
            sizes={"steps": 3, "width": 32},
            tiny={"steps": 2, "width": 2},
            metric=PEAK_MEMORY,
            target=1.5,  # the graph keeps what ReLU was given, PyTorch does not
            against="torch",
            rounds=1,
        )
    )

if all(find_file(name) for name in MNIST.files(train=False)):  # or DEZERO_CACHE=...
    WORKLOADS.append(
        Workload(
            name="mnist_cnn",
            what="that network trained on 8,000 real digits: errors in 2,000 others",
            sides={"dezero": digits_dezero},
            sizes={"images": DIGITS, "epochs": 2, "width": 32},
            tiny={"images": 100, "epochs": 1, "width": 2},
            metric=ERROR,
            target=3.0,
            rounds=1,
        )
    )
