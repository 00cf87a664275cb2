"""VGG16: layers of one kind, one after the other."""

import numpy as np

import dezero.functions as F
from dezero.guards import flag, shown, whole
from dezero.layers import Conv2d, Linear
from dezero.layers.checks import _floating
from dezero.models.base import Model
from dezero.models.pretrained import _load_pretrained


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
