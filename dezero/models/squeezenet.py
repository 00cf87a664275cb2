"""SqueezeNet: few weights, by squeezing the channels."""

import dezero.functions as F
from dezero.guards import whole
from dezero.layers import Conv2d, Layer
from dezero.models.base import Model
from dezero.models.pretrained import _check_unpublished


class SqueezeNet(Model):
    """Iandola et al.'s SqueezeNet (2016) 1.1: AlexNet's accuracy, 1/50 of its weights.

    Shapes: x (N, 3, 224, 224) -> scores (N, 1000); other image sizes, from
    31 x 31 up, work as well.

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


class Fire(Layer):
    """Squeeze the channels into few, then expand them with 1x1 and 3x3 kernels.

    Shapes: x (N, in_channels, H, W) -> (N, 2 * expand, H, W).
    """

    def __init__(self, in_channels: int, squeeze: int, expand: int):
        super().__init__()
        self.in_channels = whole("Fire", "in_channels", in_channels, 58)
        self.squeeze = Conv2d(squeeze, kernel_size=1)
        self.expand1 = Conv2d(expand, kernel_size=1)
        self.expand3 = Conv2d(expand, kernel_size=3, pad=1)

    def forward(self, x):
        """Return both expansions, joined along the channels."""
        x = F.relu(self.squeeze(x))
        x = F.concatenate([self.expand1(x), self.expand3(x)], axis=1)
        return F.relu(x)
