"""Models: whole networks, layers built from layers.

>>> model = MLP((100, 10))
>>> model(np.ones((2, 784), dtype=np.float32)).shape
(2, 10)
>>> sorted(model._named_params())
['l0/W', 'l0/b', 'l1/W', 'l1/b']

A Model is a Layer that can draw itself: `model.plot(x, to_file="model.png")`.

The known networks for images are here as well, VGG16, ResNet and SqueezeNet, made of
nothing but the layers and functions of the package. The first call draws their
weights, so making one costs nothing; pretrained=True fetches published ones.

Letters: x, y in and out; N pictures, H W height and width.
"""

from typing import TYPE_CHECKING

import numpy as np

import dezero.functions as F
from dezero import utils
from dezero.guards import flag, shown, whole
from dezero.layers import (
    BatchNorm,
    Conv2d,
    Dropout,
    GroupNorm,
    Layer,
    LayerNorm,
    Linear,
    MaxPool2d,
)
from dezero.layers.calls import _WholeCall
from dezero.layers.checks import _floating


class Model(Layer):
    """A Layer that is a network of its own and can draw its graph."""

    def plot(self, *inputs, to_file="model.png"):
        """Compute forward(*inputs) and draw how, with shapes, into to_file.

        The suffix decides: .png, .svg, .pdf or .dot. Returns a picture that a
        notebook shows (see utils.plot_dot_graph).
        """
        with _WholeCall(self):
            y = self.forward(*inputs)
        if isinstance(y, (tuple, list)):
            raise TypeError(
                f"{type(self).__name__}.plot: draws one output and forward returned "
                f"{len(y)}; call the model and draw one of them with "
                "dezero.utils.plot_dot_graph (see step 45)"
            )
        return utils.plot_dot_graph(y, verbose=True, to_file=to_file)


class _Chain(Model):
    """A Model whose layers stand in the list `layers`; l0, l1, ... name its places.

    The list is what counts: `model.l2 = layer` sets layers[2], and a layer that is
    appended, inserted or deleted is one of forward's and one of params()'s at once.
    """

    def __init__(self, layers):
        super().__init__()
        self.layers = layers

    @property
    def _params(self):
        return tuple(name for name, _ in self._named())

    def _named(self):
        attributes = vars(self)
        layers = enumerate(attributes.get("layers", ()))
        places = [(f"l{i}", layer) for i, layer in layers if isinstance(layer, Layer)]
        named = attributes.get("_params", ())
        return [item for item in places if item[0] not in attributes] + [
            (name, attributes[name]) for name in named
        ]

    @_params.setter
    def _params(self, names):
        layers = [name for name in names if self._place(name) is not None]
        vars(self)["_params"] = tuple(name for name in names if name not in layers)

    def _place(self, name):
        """Return the place in layers that a name is, None if it is no place."""
        digits = name[1:]
        if name[:1] == "l" and digits.isdecimal() and name not in vars(self):
            place, layers = int(digits), vars(self).get("layers", ())
            if place < len(layers) and digits == str(place):
                return place
        return None

    if not TYPE_CHECKING:  # a type checker would take it for all names there are

        def __getattr__(self, name):
            place = self._place(name)
            return super().__getattr__(name) if place is None else self.layers[place]

    def __setattr__(self, name, value):
        who = type(self).__name__
        place = self._place(name)
        if name == "layers":
            if not isinstance(value, (list, tuple)):
                raise TypeError(
                    f"{who}: layers must be a list of layers and functions, got "
                    f"{shown(value)} (see step 45)"
                )
            value = [_checked(who, layer) for layer in value]
        if place is None:
            super().__setattr__(name, value)
        else:
            self.layers[place] = _checked(who, value)

    def __delattr__(self, name):
        place = self._place(name)
        if place is not None:
            raise AttributeError(
                f"{type(self).__name__}.{name} is a place in the list layers; write "
                f"del model.layers[{place}], and those behind it move up (see step 45)"
            )
        super().__delattr__(name)

    def __dir__(self):
        places = [f"l{i}" for i in range(len(vars(self).get("layers", ())))]
        return [*super().__dir__(), *places]

    def __getstate__(self):
        """Return what pickle and copy take along: a list of its own, too."""
        return super().__getstate__() | {"layers": list(self.layers)}

    def _shown(self):
        lines = []
        for i, layer in enumerate(vars(self).get("layers", ())):
            place = f"l{i}" if self._place(f"l{i}") == i else f"layers/{i}"
            lines.append((place, layer))
        shown = dict(lines)
        return lines + [item for item in self._owned() if item[0] not in shown]


def _checked(who, layer):
    """Return a layer or function of a chain; refuse a class, and what else is none."""
    if isinstance(layer, type):
        raise TypeError(
            f"{who}: expected layers or functions, got the class {layer.__name__}; "
            f"write {layer.__name__}(...), a layer of this kind (see step 45)"
        )
    if not callable(layer):
        what = repr(layer) if isinstance(layer, (list, tuple)) else shown(layer)
        raise TypeError(
            f"{who}: expected layers or functions, each an argument: "
            f"Sequential(Linear(100), F.tanh), got {what}{_meant(layer)} (see step 45)"
        )
    return layer


def _meant(name):
    """Return advice where the name of a function stands for it."""
    known = isinstance(name, str) and callable(getattr(F, name.lower(), None))
    return f"; write F.{name.lower()}, without quotes" if known else ""


class Sequential(_Chain):
    """One layer after the other: y = layers[-1](...layers[1](layers[0](x))).

    layers    layers, or functions of one Variable; also the attributes l0, l1, ...

    >>> Sequential(Linear(100), F.tanh, Linear(10))
    Sequential(
      l0: Linear(100)
      l1: tanh
      l2: Linear(10)
    )
    """

    def __init__(self, *layers):
        super().__init__(layers)

    def forward(self, x):
        """Return x after all layers."""
        for layer in self.layers:
            x = layer(x)
        return x

    def _awaited_shapes(self):
        names = " ".join(f"l{i}" for i in range(len(self.layers)))
        return super()._awaited_shapes() | _chained(self, names)


class MLP(_Chain):
    """A multi-layer perceptron: Linear layers with an activation between them.

    fc_output_sizes    the output size of each layer, in a tuple or list
    activation         the function after each layer but the last

    The layers are in the list `layers` and the attributes l0, l1, ...
    """

    def __init__(self, fc_output_sizes, activation=F.sigmoid):
        sizes = fc_output_sizes
        if isinstance(sizes, np.ndarray):
            sizes = sizes.tolist()
        if not isinstance(sizes, (tuple, list, range)) or not len(sizes):
            raise ValueError(
                "MLP: expected the output size of each layer, such as (100, 10), "
                f"got {shown(sizes) if sizes != () else ()} (see step 45)"
            )
        sizes = [whole("MLP", "each of the sizes", size, 45) for size in sizes]
        if isinstance(activation, type) or not callable(activation):
            raise TypeError(
                "MLP: activation must be a function, such as F.relu, got "
                f"{shown(activation)}{_meant(activation)} (see step 45)"
            )
        super().__init__([Linear(out_size) for out_size in sizes])
        self.activation = activation

    def forward(self, x):
        """Return the last layer's scores."""
        for layer in self.layers[:-1]:
            x = self.activation(layer(x))
        return self.layers[-1](x)

    def _shown(self):
        layers = super()._shown()
        if not isinstance(self.activation, Layer):
            layers.append(("activation", self.activation))
        return layers

    def _awaited_shapes(self):
        names = " activation ".join(f"l{i}" for i in range(len(self.layers)))
        return super()._awaited_shapes() | _chained(self, names)


# --- networks for images, known by their weights ------------------------------


class VGG16(Model):
    """Simonyan and Zisserman's network of 16 layers with weights (2014, D).

    3x3 convolutions in five groups, each followed by pooling that halves the image;
    then three Linear layers, two of them with dropout.

    Shapes: x (N, 3, 224, 224) -> scores (N, 1000); fc6 adapts to images of another
    size from 32 x 32 on, but not the published weights.

    pretrained=True    the published weights, trained on ImageNet: a file of half a
                       gigabyte, fetched once (see utils.get_file). They expect
                       images as preprocess makes them, and test_mode()
    """

    WEIGHTS_PATH = (
        "https://github.com/koki0702/dezero-models/releases/download/v0.1/vgg16.npz"
    )

    def __init__(self, pretrained: bool = False):
        super().__init__()
        pretrained = flag(type(self).__name__, "pretrained", pretrained, 58)
        self.conv1_1 = Conv2d(64, kernel_size=3, stride=1, pad=1)
        self.conv1_2 = Conv2d(64, kernel_size=3, stride=1, pad=1)
        self.conv2_1 = Conv2d(128, kernel_size=3, stride=1, pad=1)
        self.conv2_2 = Conv2d(128, kernel_size=3, stride=1, pad=1)
        self.conv3_1 = Conv2d(256, kernel_size=3, stride=1, pad=1)
        self.conv3_2 = Conv2d(256, kernel_size=3, stride=1, pad=1)
        self.conv3_3 = Conv2d(256, kernel_size=3, stride=1, pad=1)
        self.conv4_1 = Conv2d(512, kernel_size=3, stride=1, pad=1)
        self.conv4_2 = Conv2d(512, kernel_size=3, stride=1, pad=1)
        self.conv4_3 = Conv2d(512, kernel_size=3, stride=1, pad=1)
        self.conv5_1 = Conv2d(512, kernel_size=3, stride=1, pad=1)
        self.conv5_2 = Conv2d(512, kernel_size=3, stride=1, pad=1)
        self.conv5_3 = Conv2d(512, kernel_size=3, stride=1, pad=1)
        self.fc6 = Linear(4096)
        self.fc7 = Linear(4096)
        self.fc8 = Linear(1000)
        if pretrained:
            shapes = {"conv1_1/W": (64, 3, 3, 3), "fc6/W": (512 * 7 * 7, 4096)}
            _load_pretrained(self, self.WEIGHTS_PATH, shapes)

    def forward(self, x):
        """Return the scores, before softmax."""
        x = F.relu(self.conv1_1(x))
        x = F.relu(self.conv1_2(x))
        x = F.pooling(x, 2, 2)  # (N, 64, H / 2, W / 2)
        x = F.relu(self.conv2_1(x))
        x = F.relu(self.conv2_2(x))
        x = F.pooling(x, 2, 2)  # (N, 128, H / 4, W / 4)
        x = F.relu(self.conv3_1(x))
        x = F.relu(self.conv3_2(x))
        x = F.relu(self.conv3_3(x))
        x = F.pooling(x, 2, 2)  # (N, 256, H / 8, W / 8)
        x = F.relu(self.conv4_1(x))
        x = F.relu(self.conv4_2(x))
        x = F.relu(self.conv4_3(x))
        x = F.pooling(x, 2, 2)  # (N, 512, H / 16, W / 16)
        x = F.relu(self.conv5_1(x))
        x = F.relu(self.conv5_2(x))
        x = F.relu(self.conv5_3(x))
        x = F.pooling(x, 2, 2)  # (N, 512, H / 32, W / 32)
        x = F.flatten(x)
        x = F.dropout(F.relu(self.fc6(x)))
        x = F.dropout(F.relu(self.fc7(x)))
        return self.fc8(x)

    def _awaited_shapes(self):
        convolutions = (
            "conv1_1 conv1_2 conv2_1 conv2_2 conv3_1 conv3_2 conv3_3 "
            "conv4_1 conv4_2 conv4_3 conv5_1 conv5_2 conv5_3"
        )
        return (
            super()._awaited_shapes()
            | _chained(self, convolutions)
            | _chained(self, "fc6 fc7 fc8")
        )

    @staticmethod
    def preprocess(image, size=(224, 224), dtype=np.float32):
        """Return a picture of Pillow as the array (3, H, W) that the weights expect.

        Channels blue, green, red, each minus its mean over ImageNet. size: (width,
        height) to scale to; None keeps that of the picture.
        """
        if not hasattr(image, "convert"):
            raise TypeError(
                "VGG16.preprocess: expected a picture of Pillow, such as "
                f"PIL.Image.open(path), got {type(image).__name__} (see step 58)"
            )
        dtype = _floating("VGG16.preprocess", dtype, 58)
        image = image.convert("RGB")
        if hasattr(size, "shape") or size:
            image = image.resize(_width_and_height(size))
        array = np.asarray(image, dtype=dtype)[:, :, ::-1]  # (H, W, BGR)
        array = array - np.array([103.939, 116.779, 123.68], dtype=dtype)
        return np.ascontiguousarray(array.transpose(2, 0, 1))


def _width_and_height(size):
    """Return a size to scale to as (width, height); refuse what is none."""
    if not isinstance(size, (tuple, list)) or len(size) != 2:
        got = size if isinstance(size, (tuple, list)) else shown(size)
        raise TypeError(
            "VGG16.preprocess: size must be (width, height), or None, got "
            f"{got} (see step 58)"
        )
    return tuple(whole("VGG16.preprocess", "each side", side, 58) for side in size)


class ResNet(Model):
    """He et al.'s residual network (2015), of 50, 101 or 152 layers.

    Each block adds something to its input instead of replacing it, so the gradient
    has a way back on which nothing makes it smaller.

    Shapes: x (N, 3, 224, 224) -> scores (N, 1000); images of other sizes from
    5 x 5 on do as well.

    pretrained=True    the published weights, trained on ImageNet, fetched once
                       (see utils.get_file); use them in test_mode()
    """

    WEIGHTS_PATH = (
        "https://github.com/koki0702/dezero-models/releases/download/v0.1/resnet{}.npz"
    )

    def __init__(self, n_layers: int = 152, pretrained: bool = False):
        super().__init__()
        blocks = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
        pretrained = flag(type(self).__name__, "pretrained", pretrained, 58)
        if not isinstance(n_layers, int) or n_layers not in blocks:
            raise ValueError(
                f"{type(self).__name__}: expected n_layers to be 50, 101 or 152, got "
                f"{n_layers!r}; ResNet18 is a class of its own (see step 58)"
            )
        n2, n3, n4, n5 = blocks[n_layers]
        self.conv1 = Conv2d(64, kernel_size=7, stride=2, pad=3)
        self.bn1 = BatchNorm()
        self.res2 = BuildingBlock(n2, 64, 64, 256, stride=1)
        self.res3 = BuildingBlock(n3, 256, 128, 512, stride=2)
        self.res4 = BuildingBlock(n4, 512, 256, 1024, stride=2)
        self.res5 = BuildingBlock(n5, 1024, 512, 2048, stride=2)
        self.fc6 = Linear(1000)
        if pretrained:
            shapes = {"conv1/W": (64, 3, 7, 7)}
            _load_pretrained(self, self.WEIGHTS_PATH.format(n_layers), shapes)

    def forward(self, x):
        """Return the scores, before softmax."""
        x = F.relu(self.bn1(self.conv1(x)))  # (N, 64, H / 2, W / 2)
        x = F.pooling(x, 3, 2)
        x = self.res2(x)  # (N, 256, H / 4, W / 4)
        x = self.res3(x)
        x = self.res4(x)
        x = self.res5(x)  # (N, 2048, H / 32, W / 32)
        x = F.mean(x, axis=(2, 3))  # (N, 2048)
        return self.fc6(x)

    def _awaited_shapes(self):
        return (
            super()._awaited_shapes()
            | _chained(self, "conv1 bn1")
            | _chained(self, "fc6", 2048)
        )


class ResNet50(ResNet):
    """ResNet(50)."""

    def __init__(self, pretrained: bool = False):
        super().__init__(50, pretrained)


class ResNet101(ResNet):
    """ResNet(101)."""

    def __init__(self, pretrained: bool = False):
        super().__init__(101, pretrained)


class ResNet152(ResNet):
    """ResNet(152)."""

    def __init__(self, pretrained: bool = False):
        super().__init__(152, pretrained)


class BuildingBlock(Layer):
    """One stage of a ResNet: a BottleneckA, then n_layers - 1 times a BottleneckB.

    They are the attributes a, b1, b2, ... and stand in the list `layers`.
    """

    def __init__(
        self,
        n_layers: int | None = None,
        in_channels: int | None = None,
        mid_channels: int | None = None,
        out_channels: int | None = None,
        stride: int | None = None,
        downsample_fb: bool | None = None,
    ):
        super().__init__()
        sizes = (n_layers, in_channels, mid_channels, out_channels, stride)
        none = isinstance(n_layers, int) and n_layers < 1
        if none or any(size is None for size in sizes):
            raise ValueError(
                "BuildingBlock: expected n_layers from 1, in_channels, mid_channels, "
                f"out_channels and stride, got {sizes} (see step 58)"
            )
        n_layers = whole("BuildingBlock", "n_layers", n_layers, 58)
        downsample_fb = downsample_fb is not None and downsample_fb
        self.a = BottleneckA(
            in_channels, mid_channels, out_channels, stride, downsample_fb
        )
        self.layers = [self.a]
        for i in range(1, n_layers):
            block = BottleneckB(out_channels, mid_channels)
            setattr(self, f"b{i}", block)
            self.layers.append(block)

    def forward(self, x):
        """Return x after all blocks."""
        for block in self.layers:
            x = block(x)
        return x


class BottleneckA(Layer):
    """The first block of a stage: new sizes, so the shortcut is a convolution too.

        x -> 1x1 -> 3x3 -> 1x1 -> + -> relu
         \\_______ 1x1 _________/

    stride is that of the first 1x1, or with downsample_fb of the 3x3.

    Shapes: x (N, in_channels, H, W) -> (N, out_channels, H / stride, W / stride).
    """

    def __init__(
        self,
        in_channels: int,
        mid_channels: int,
        out_channels: int,
        stride: int = 2,
        downsample_fb: bool = False,
    ):
        super().__init__()
        self.in_channels = whole("BottleneckA", "in_channels", in_channels, 58)
        downsample_fb = flag("BottleneckA", "downsample_fb", downsample_fb, 58)
        stride1, stride2 = (1, stride) if downsample_fb else (stride, 1)
        self.conv1 = Conv2d(mid_channels, 1, stride1, 0, nobias=True)
        self.bn1 = BatchNorm()
        self.conv2 = Conv2d(mid_channels, 3, stride2, 1, nobias=True)
        self.bn2 = BatchNorm()
        self.conv3 = Conv2d(out_channels, 1, 1, 0, nobias=True)
        self.bn3 = BatchNorm()
        self.conv4 = Conv2d(out_channels, 1, stride, 0, nobias=True)
        self.bn4 = BatchNorm()

    def forward(self, x):
        """Return relu(what is new + the shortcut)."""
        h = F.relu(self.bn1(self.conv1(x)))
        h = F.relu(self.bn2(self.conv2(h)))
        h = self.bn3(self.conv3(h))
        return F.relu(h + self.bn4(self.conv4(x)))

    def _awaited_shapes(self):
        return (
            super()._awaited_shapes()
            | _chained(self, "conv1 bn1 conv2 bn2 conv3 bn3", self.in_channels)
            | _chained(self, "conv4 bn4", self.in_channels)
        )


class BottleneckB(Layer):
    """A block that keeps the sizes, so the shortcut is x itself.

        x -> 1x1 -> 3x3 -> 1x1 -> + -> relu
         \\_____________________/

    Shapes: x (N, in_channels, H, W) -> the same; mid_channels between.
    """

    def __init__(self, in_channels: int, mid_channels: int):
        super().__init__()
        self.in_channels = whole("BottleneckB", "in_channels", in_channels, 58)
        self.conv1 = Conv2d(mid_channels, 1, 1, 0, nobias=True)
        self.bn1 = BatchNorm()
        self.conv2 = Conv2d(mid_channels, 3, 1, 1, nobias=True)
        self.bn2 = BatchNorm()
        self.conv3 = Conv2d(in_channels, 1, 1, 0, nobias=True)
        self.bn3 = BatchNorm()

    def forward(self, x):
        """Return relu(what is new + x)."""
        h = F.relu(self.bn1(self.conv1(x)))
        h = F.relu(self.bn2(self.conv2(h)))
        return F.relu(self.bn3(self.conv3(h)) + x)

    def _awaited_shapes(self):
        return super()._awaited_shapes() | _chained(
            self, "conv1 bn1 conv2 bn2 conv3 bn3", self.in_channels
        )


class ResNet18(Model):
    """The small residual network of the same paper, with two 3x3 layers a block.

    Shapes: x (N, 3, 224, 224) -> scores (N, 1000). With cifar=True the usual form for
    small images, where the first layer halves nothing: x (N, 3, 32, 32) -> (N, 10).

    out_size      classes; None: 1000, or 10 with cifar=True
    pretrained    there are no published weights; True is an error
    """

    def __init__(
        self,
        pretrained: bool = False,
        cifar: bool = False,
        out_size: int | None = None,
    ):
        super().__init__()
        _check_unpublished(self, pretrained)
        self.cifar = cifar = flag("ResNet18", "cifar", cifar, 58)
        if cifar:
            self.conv1 = Conv2d(64, kernel_size=3, stride=1, pad=1, nobias=True)
        else:
            self.conv1 = Conv2d(64, kernel_size=7, stride=2, pad=3, nobias=True)
        self.bn1 = BatchNorm()
        self.res2 = Sequential(BasicBlock(64, 64), BasicBlock(64, 64))
        self.res3 = Sequential(BasicBlock(64, 128, stride=2), BasicBlock(128, 128))
        self.res4 = Sequential(BasicBlock(128, 256, stride=2), BasicBlock(256, 256))
        self.res5 = Sequential(BasicBlock(256, 512, stride=2), BasicBlock(512, 512))
        if out_size is None:
            out_size = 10 if cifar else 1000
        self.fc6 = Linear(out_size)

    def forward(self, x):
        """Return the scores, before softmax."""
        x = F.relu(self.bn1(self.conv1(x)))
        if not self.cifar:
            x = F.pooling(x, 3, 2, 1)
        x = self.res2(x)
        x = self.res3(x)
        x = self.res4(x)
        x = self.res5(x)
        x = F.mean(x, axis=(2, 3))  # (N, 512)
        return self.fc6(x)

    def _awaited_shapes(self):
        return (
            super()._awaited_shapes()
            | _chained(self, "conv1 bn1")
            | _chained(self, "fc6", 512)
        )


class BasicBlock(Layer):
    """Two 3x3 convolutions around which x goes by.

        x -> 3x3 -> 3x3 -> + -> relu
         \\_______________/

    With a stride or other channels the shortcut is a 1x1 convolution, conv3.

    Shapes: x (N, in_channels, H, W) -> (N, out_channels, H / stride, W / stride).
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        super().__init__()
        self.in_channels = whole("BasicBlock", "in_channels", in_channels, 58)
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

    def _awaited_shapes(self):
        return (
            super()._awaited_shapes()
            | _chained(self, "conv1 bn1 conv2 bn2", self.in_channels)
            | _chained(self, "conv3 bn3", self.in_channels)
        )


class SqueezeNet(Model):
    """Iandola et al.'s SqueezeNet (2016) 1.1: AlexNet's accuracy, 1/50 of its weights.

    Shapes: x (N, 3, 224, 224) -> scores (N, 1000); images of other sizes from
    31 x 31 on do as well.

    pretrained    there are no published weights; True is an error
    """

    def __init__(self, pretrained: bool = False):
        super().__init__()
        _check_unpublished(self, pretrained)
        self.conv1 = Conv2d(64, kernel_size=3, stride=2)
        self.fire2 = Fire(64, 16, 64)
        self.fire3 = Fire(128, 16, 64)
        self.fire4 = Fire(128, 32, 128)
        self.fire5 = Fire(256, 32, 128)
        self.fire6 = Fire(256, 48, 192)
        self.fire7 = Fire(384, 48, 192)
        self.fire8 = Fire(384, 64, 256)
        self.fire9 = Fire(512, 64, 256)
        self.conv10 = Conv2d(1000, kernel_size=1)

    def forward(self, x):
        """Return the scores, before softmax."""
        x = F.relu(self.conv1(x))
        x = F.pooling(x, 3, 2)  # (N, 64, H / 4, W / 4)
        x = self.fire3(self.fire2(x))
        x = F.pooling(x, 3, 2)  # (N, 128, H / 8, W / 8)
        x = self.fire5(self.fire4(x))
        x = F.pooling(x, 3, 2)  # (N, 256, H / 16, W / 16)
        x = self.fire7(self.fire6(x))
        x = self.fire9(self.fire8(x))
        x = F.relu(self.conv10(F.dropout(x)))  # (N, 1000, H / 16, W / 16)
        return F.mean(x, axis=(2, 3))

    def _awaited_shapes(self):
        return super()._awaited_shapes() | _chained(self, "conv10", 512)


class Fire(Layer):
    """Squeeze the channels into few, then expand these by 1x1 and by 3x3 kernels.

    Shapes: x (N, in_channels, H, W) -> (N, 2 * expand, H, W).
    """

    def __init__(self, in_channels: int, squeeze: int, expand: int):
        super().__init__()
        self.in_channels = whole("Fire", "in_channels", in_channels, 58)
        self.squeeze = Conv2d(squeeze, kernel_size=1)
        self.expand1 = Conv2d(expand, kernel_size=1)
        self.expand3 = Conv2d(expand, kernel_size=3, pad=1)

    def forward(self, x):
        """Return both expansions, one after the other along the channels."""
        x = F.relu(self.squeeze(x))
        x = F.concatenate([self.expand1(x), self.expand3(x)], axis=1)
        return F.relu(x)

    def _awaited_shapes(self):
        return (
            super()._awaited_shapes()
            | _chained(self, "squeeze expand1", self.in_channels)
            | _chained(self, "squeeze expand3", self.in_channels)
        )


# --- published weights --------------------------------------------------------


_SAME_SHAPE = (  # functions that give back what they get in its own shape
    *(F.elu, F.gelu, F.leaky_relu, F.relu, F.sigmoid, F.silu, F.softplus, F.tanh),
    *(F.dropout, F.log_softmax, F.softmax),
)


def _chained(model, names, size=None):
    """Return {parameter: shape} of layers that are called one after the other.

    So load_weights knows the sizes of a network that was never called. names: the
    attributes, in one string. size: how many channels, or numbers in a row, the first
    gets, None for any number.
    """
    shapes = {}
    channels = row = size  # along axis 1, along the last axis
    for name in names.split():
        layer = getattr(model, name, None)
        if isinstance(layer, (Conv2d, BatchNorm, GroupNorm)):
            shapes |= _sized(layer, channels)
        elif isinstance(layer, (Linear, LayerNorm)):
            shapes |= _sized(layer, row)
        if isinstance(layer, Conv2d):
            channels, row = layer.out_channels, None
        elif isinstance(layer, Linear):
            channels, row = None, layer.out_size
        elif isinstance(layer, MaxPool2d):
            row = None
        elif not isinstance(layer, (BatchNorm, Dropout, GroupNorm, LayerNorm)):
            if layer not in _SAME_SHAPE:  # whatever it is, it may change all sizes
                channels = row = None
    return shapes


def _sized(layer, size):
    """Return the shapes that a layer awaits, with size for what it does not know."""
    shapes = layer._awaited_shapes()
    if size is None:
        return shapes
    return {
        param: tuple(size if n is None or n is layer else n for n in shape)
        for param, shape in shapes.items()
    }


def _load_pretrained(model, url, shapes):
    """Fetch a file of weights and load it; refuse what is not of this network.

    shapes: {key: shape} of what would adapt to other images, but is fixed in the file.
    """
    path = utils.get_file(url)
    try:
        model.load_weights(path)
        for key, param in model._named_params().items():
            if param.shape != shapes.get(key, param.shape):
                raise ValueError(
                    f"{key} has the shape {shapes[key]} here and {param.shape} there"
                )
            param.data = param.data.astype(np.float32, copy=False)
    except (KeyError, ValueError) as error:
        # Nobody gets hold of the model: its constructor ends here.
        raise ValueError(
            f"{type(model).__name__}: {path} does not hold its published weights; "
            f"delete the file, and the next call fetches it again (see step 58). "
            f"{error.args[0]}"
        ) from error


def _check_unpublished(model, pretrained):
    if flag(type(model).__name__, "pretrained", pretrained, 58):
        raise ValueError(
            f"{type(model).__name__}: there are no published weights to load, expected "
            "pretrained=False; VGG16, ResNet50, ResNet101 and ResNet152 have some "
            "(see step 58)"
        )
