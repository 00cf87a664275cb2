"""Residual networks: ResNet of 18 to 152 layers, and the blocks they are built from."""

import dezero.functions as F
from dezero.guards import flag, whole
from dezero.layers import BatchNorm, Conv2d, Layer, Linear
from dezero.models.base import Model
from dezero.models.containers import Sequential
from dezero.models.pretrained import _check_unpublished, _load_pretrained


class ResNet(Model):
    """He et al.'s residual network (2015), of 50, 101 or 152 layers.

    Each block adds something to its input instead of replacing it, so the gradient
    has a path back along which nothing makes it smaller.

    Shapes: x (N, 3, 224, 224) -> scores (N, 1000); other image sizes, from 5 x 5 up,
    work as well.

    pretrained=True    the published weights, trained on ImageNet, fetched once
                       (see utils.get_file); use them in test_mode()
    """

    WEIGHTS_PATH = (
        "https://github.com/koki0702/dezero-models/releases/download/v0.1/resnet{}.npz"
    )

    def __init__(self, n_layers: int = 152, pretrained: bool = False):
        super().__init__()
        blocks = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
        pretrained = flag(type(self).__name__, "pretrained", pretrained, 74)
        if not isinstance(n_layers, int) or n_layers not in blocks:
            raise ValueError(
                f"{type(self).__name__}: expected n_layers to be 50, 101 or 152, got "
                f"{n_layers!r}; ResNet18 is a class of its own (see step 74)"
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
    """One stage of a ResNet: a BottleneckA, then n_layers - 1 BottleneckB blocks.

    They are the attributes a, b1, b2, ... and the items of the list `layers`.
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
                "BuildingBlock: expected n_layers of at least 1, in_channels, "
                f"mid_channels, out_channels and stride, got {sizes} (see step 74)"
            )
        n_layers = whole("BuildingBlock", "n_layers", n_layers, 74)
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
    """The first block of a stage: sizes change, so its shortcut is a convolution.

        x -> 1x1 -> 3x3 -> 1x1 -> + -> relu
         \\_______ 1x1 _________/

    The first 1x1 has the stride, or with downsample_fb the 3x3.

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
        self.in_channels = whole("BottleneckA", "in_channels", in_channels, 74)
        downsample_fb = flag("BottleneckA", "downsample_fb", downsample_fb, 74)
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
        """Return relu(the residual + the shortcut)."""
        h = F.relu(self.bn1(self.conv1(x)))
        h = F.relu(self.bn2(self.conv2(h)))
        h = self.bn3(self.conv3(h))
        return F.relu(h + self.bn4(self.conv4(x)))


class BottleneckB(Layer):
    """A block that keeps the sizes, so the shortcut is x itself.

        x -> 1x1 -> 3x3 -> 1x1 -> + -> relu
         \\_____________________/

    Shapes: x (N, in_channels, H, W) -> the same; mid_channels between.
    """

    def __init__(self, in_channels: int, mid_channels: int):
        super().__init__()
        self.in_channels = whole("BottleneckB", "in_channels", in_channels, 74)
        self.conv1 = Conv2d(mid_channels, 1, 1, 0, nobias=True)
        self.bn1 = BatchNorm()
        self.conv2 = Conv2d(mid_channels, 3, 1, 1, nobias=True)
        self.bn2 = BatchNorm()
        self.conv3 = Conv2d(in_channels, 1, 1, 0, nobias=True)
        self.bn3 = BatchNorm()

    def forward(self, x):
        """Return relu(the residual + x)."""
        h = F.relu(self.bn1(self.conv1(x)))
        h = F.relu(self.bn2(self.conv2(h)))
        return F.relu(self.bn3(self.conv3(h)) + x)


class ResNet18(Model):
    """The small residual network of the same paper, with two 3x3 layers per block.

    Shapes: x (N, 3, 224, 224) -> scores (N, 1000). cifar=True gives the usual form for
    small images, whose first layer keeps the size: x (N, 3, 32, 32) -> (N, 10).

    out_size      how many classes; None: 1000, or 10 with cifar=True
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
        self.cifar = cifar = flag("ResNet18", "cifar", cifar, 74)
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


class BasicBlock(Layer):
    """Two 3x3 convolutions, and a shortcut around them.

        x -> 3x3 -> 3x3 -> + -> relu
         \\_______________/

    With a stride or another number of channels, the shortcut is a 1x1 convolution,
    conv3.

    Shapes: x (N, in_channels, H, W) -> (N, out_channels, H / stride, W / stride).
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        super().__init__()
        self.in_channels = whole("BasicBlock", "in_channels", in_channels, 74)
        self.conv1 = Conv2d(out_channels, 3, stride, 1, nobias=True)
        self.bn1 = BatchNorm()
        self.conv2 = Conv2d(out_channels, 3, 1, 1, nobias=True)
        self.bn2 = BatchNorm()
        self.conv3 = self.bn3 = None
        if stride != 1 or in_channels != out_channels:
            self.conv3 = Conv2d(out_channels, 1, stride, 0, nobias=True)
            self.bn3 = BatchNorm()

    def forward(self, x):
        """Return relu(the residual + the shortcut)."""
        h = F.relu(self.bn1(self.conv1(x)))
        h = self.bn2(self.conv2(h))
        shortcut = x if self.conv3 is None else self.bn3(self.conv3(x))
        return F.relu(h + shortcut)
