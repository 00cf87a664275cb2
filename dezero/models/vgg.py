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
    size, from 32 x 32 up, but the published weights do not.

    pretrained=True    the published weights, trained on ImageNet: a file of half a
                       gigabyte, fetched once (see utils.get_file). They expect
                       images as preprocess makes them, and test_mode()
    """

    WEIGHTS_PATH = (
        "https://github.com/koki0702/dezero-models/releases/download/v0.1/vgg16.npz"
    )

    groups = (2, 64), (2, 128), (3, 256), (3, 512), (3, 512)  # convolutions, channels
    sizes = 4096, 4096, 1000

    def __init__(self, pretrained: bool = False):
        super().__init__()
        pretrained = flag(type(self).__name__, "pretrained", pretrained, 58)
        for n, (times, channels) in enumerate(self.groups, start=1):
            for k in range(1, times + 1):
                conv = Conv2d(channels, kernel_size=3, stride=1, pad=1)
                setattr(self, f"conv{n}_{k}", conv)
        for i, size in enumerate(self.sizes, start=n + 1):
            setattr(self, f"fc{i}", Linear(size))
        if pretrained:
            shapes = {"conv1_1/W": (64, 3, 3, 3), "fc6/W": (512 * 7 * 7, 4096)}
            _load_pretrained(self, self.WEIGHTS_PATH, shapes)

    def forward(self, x):
        """Return the scores, before softmax."""
        for n, (times, _) in enumerate(self.groups, start=1):
            for k in range(1, times + 1):
                x = F.relu(getattr(self, f"conv{n}_{k}")(x))
            x = F.pooling(x, 2, 2)  # half as high, half as wide
        x = F.flatten(x)
        first, last = n + 1, n + len(self.sizes)
        for n in range(first, last):
            x = F.dropout(F.relu(getattr(self, f"fc{n}")(x)))
        return getattr(self, f"fc{last}")(x)

    @staticmethod
    def preprocess(image, size=(224, 224), dtype=np.float32):
        """Return a Pillow picture as the array (3, H, W) that the weights expect.

        The channels are blue, green, red, each minus its mean over ImageNet. size is
        the (width, height) to scale to; None keeps the size of the picture.
        """
        if not hasattr(image, "convert"):
            raise TypeError(
                "VGG16.preprocess: expected a Pillow image, such as "
                f"PIL.Image.open(path), got {type(image).__name__} (see step 58)"
            )
        dtype = _floating("VGG16.preprocess", dtype, 58)
        size = _as_width_and_height("VGG16.preprocess", size)
        image = image.convert("RGB")
        image = image.resize(size) if size else image
        array = np.asarray(image, dtype=dtype)[:, :, ::-1]  # (H, W, BGR)
        means = np.array([103.939, 116.779, 123.68], dtype=dtype)
        return np.ascontiguousarray((array - means).transpose(2, 0, 1))


def _as_width_and_height(who, size):
    """Return a size to scale to as (width, height), or None; refuse anything else."""
    if not hasattr(size, "shape") and not size:  # also (), 0, False, as in DeZero
        return None
    if not isinstance(size, (tuple, list)) or len(size) != 2:
        got = size if isinstance(size, (tuple, list)) else shown(size)
        raise TypeError(
            f"{who}: size must be (width, height), or None, got {got} (see step 58)"
        )
    return tuple(whole(who, "each side", side, 58) for side in size)
