"""Step 58. VGG16: images in and labels out, by sixteen layers.

A network that tells 1,000 kinds of things apart, dogs from wolves
and mugs from cups, needs no new parts. Those of steps 55 to 57 are
enough. It only needs many of them:

    x (N, 3, 224, 224)   2 convolutions of  64, pooling
    (N,  64, 112, 112)   2              of 128, pooling
    (N, 128,  56,  56)   3              of 256, pooling
    (N, 256,  28,  28)   3              of 512, pooling
    (N, 512,  14,  14)   3              of 512, pooling
    (N, 512,   7,   7)   in a row: (N, 25088)
    (N, 4096)            fc6, then fc7: (N, 4096)
    scores (N, 1000)     fc8: one score for each class

This is VGG16 (Simonyan and Zisserman, 2014). All convolutions are
3 x 3, each followed by relu. Why so small? Two in a row see 5 x 5
pixels, three see 7 x 7. With C channels, one convolution of 7 x 7
has 49 * C * C weights. Three of 3 x 3 have 27 * C * C, and more
relus. Why twice the channels after pooling? Pooling keeps only a
quarter of the places, so the new group costs as much as the one before.

Can this kind of network recognise anything? A small sister of VGG16
learns the generated digits of step 51 in seconds, and makes fewer
mistakes than its two linear layers alone. Then we mix the pixels, in
the same way for all pictures. The linear layers hardly notice. The
small VGG falls far behind: it looks at neighbouring pixels.

VGG16 itself was trained for weeks, on a million photographs. Its
weights are a file of half a gigabyte: --full fetches it, and the
program then names what is in your picture. (Later networks are
deeper. Their blocks compute relu(x + f(x)): inside the relu the
derivative is 1 + f'(x), and thanks to the 1, gradients reach the first
layers.) A picture comes all at once. Step 59 reads number by number.

Exercise: how many weights does each part of VGG16 have, and how
many multiplications does one picture take? Then give SmallVGG a
third group, of 32 channels. Does it help?

In the package: dezero/models/vgg.py, VGG16;
dezero/layers/images.py, Conv2d

Output (rtol 0.05):
    pixels       network    weights  right, in %
    as they are  linear      50,890         96.7
    as they are  small VGG   52,138         99.2
    mixed        linear      50,890         97.4
    mixed        small VGG   52,138         90.3
    figures/step58_digits.png
    figures/step58_small_vgg.png
    name a photo: python steps/step58.py --full photo.jpg
"""

import sys
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

import dezero.functions as F
from dezero import Parameter, Variable, no_grad, test_mode
from dezero.dataloaders import DataLoader
from dezero.datasets import ImageNet, SynthDigits
from dezero.graph import plot_dot_graph
from dezero.layers import Layer, Linear
from dezero.models import Model, Sequential
from dezero.optimizers import Adam
from dezero.utils import DownloadError, find_file, get_file, pair


# Conv2d is conv2d with weights of its own. As in Linear (step 44), you
# need not say how many channels come in: the first x tells. The initial
# weights are as small as in Linear, with C * KH * KW, the numbers in a
# window, in place of in_size.
class Conv2d(Layer):
    """y = conv2d(x, W, b), with W and b to be trained.

    Shapes: x (N, C, H, W) -> y (N, out_channels, OH, OW).
    """

    def __init__(self, out_channels, kernel_size, stride=1, pad=0):
        super().__init__()
        self.out_channels = out_channels
        self.kernel_size = kernel_size
        self.stride, self.pad = stride, pad
        self.W = Parameter(None, name="W")
        self.b = Parameter(np.zeros(out_channels, np.float32), name="b")

    def _init_W(self, C):
        shape = (self.out_channels, C, *pair(self.kernel_size))
        W = np.random.randn(*shape)  # noqa: NPY002
        W *= np.sqrt(1 / np.prod(shape[1:]))
        self.W.data = W.astype(np.float32)

    def forward(self, x):
        """Return the pictures convolved with W, plus b."""
        if self.W.data is None:
            self._init_W(x.shape[1])
        return F.conv2d(x, self.W, self.b, self.stride, self.pad)


# groups and sizes are the table above. The names conv1_1, conv1_2,
# ..., fc8 are those in the published file (step 53). The picture must
# look as it did in training: its colours in the order blue, green,
# red, each minus its mean over all pictures. preprocess does that;
# without it the answers are wrong.
class VGG16(Model):
    """13 convolutions and 3 Linear layers.

    Shapes: x (N, 3, 224, 224) -> scores (N, 1000).
    """

    WEIGHTS_PATH = (
        "https://github.com/koki0702/dezero-models/releases/"
        "download/v0.1/vgg16.npz"
    )
    groups = (2, 64), (2, 128), (3, 256), (3, 512), (3, 512)
    sizes = 4096, 4096, 1000

    def __init__(self, pretrained=False):
        super().__init__()
        for n, (times, channels) in enumerate(self.groups, start=1):
            for k in range(1, times + 1):
                conv = Conv2d(channels, kernel_size=3, stride=1, pad=1)
                setattr(self, f"conv{n}_{k}", conv)
        for i, size in enumerate(self.sizes, start=n + 1):
            setattr(self, f"fc{i}", Linear(size))
        if pretrained:
            self.load_weights(get_file(self.WEIGHTS_PATH))

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
        """Return a Pillow image as an array (3, H, W)."""
        image = image.convert("RGB")
        image = image.resize(size) if size else image
        array = np.asarray(image, dtype=dtype)[:, :, ::-1]
        means = np.array([103.939, 116.779, 123.68], dtype=dtype)
        return np.ascontiguousarray((array - means).transpose(2, 0, 1))


class SmallVGG(VGG16):
    """Two groups of one convolution each, for digits."""

    groups = (1, 8), (1, 16)
    sizes = 64, 10


# A transform (step 49). It puts the pixels into the given order, the
# same one for every picture.
def as_floats(picture, order):
    """Return bytes as floats from 0 to 1, the pixels in this order."""
    mixed = picture.reshape(-1)[order].reshape(picture.shape)
    return mixed.astype(np.float32) / 255


def learn(model, loader):
    """Train a model for two epochs."""
    optimizer = Adam().setup(model)
    for _ in range(2):
        for x, t in loader:
            loss = F.softmax_cross_entropy(model(x), t)
            model.cleargrads()
            loss.backward()
            optimizer.update()


def probabilities(model, x):
    """Return how likely each class is for each x, as an array."""
    with no_grad(), test_mode():
        return F.softmax(model(x)).data


def draw(x, p, file):
    """Draw pictures x with their likeliest class; least sure below."""
    unsure = p.max(axis=1).argsort()
    figure = Figure(figsize=(10, 3.2), layout="constrained")
    grid = figure.subplots(2, 8)
    for axes, i in zip(grid.flat, [*range(8), *unsure[:8]]):
        axes.imshow(x[i, 0], cmap="gray")
        axes.set_title(f"{p[i].argmax()}: {100 * p[i].max():.0f} %")
        axes.axis("off")
    figure.savefig(file, dpi=144)


def recognise(pixels, order):
    """Train two networks, print how many digits each gets right.

    Returns the small VGG, the test pictures and their probabilities.
    """
    train, test = (
        SynthDigits(part, partial(as_floats, order=order))
        for part in (True, False)
    )
    x, t = next(DataLoader(test, len(test), shuffle=False))
    two = Linear(64), F.relu, Linear(10)
    networks = Sequential(F.flatten, *two), SmallVGG()
    for name, model in zip(("linear", "small VGG"), networks):
        learn(model, DataLoader(train, 50))
        p = probabilities(model, x)
        size = sum(param.size for param in model.params())
        print(f"{pixels:13}{name:9}{size:9,}", end="")
        print(f"{100 * np.mean(p.argmax(axis=1) == t):13.1f}")
    return model, x, p


def name_picture(path, download):
    """Ask VGG16 what is in a picture, if we can get its weights."""
    if not (download or find_file("vgg16.npz")):
        return print("no vgg16.npz here; --full fetches it")
    try:
        model, names = VGG16(pretrained=True), ImageNet.labels()
    except DownloadError as error:
        return print(error)
    x = VGG16.preprocess(Image.open(path))[np.newaxis]
    p = probabilities(model, x)[0]
    for i in p.argsort()[:-4:-1]:  # the three likeliest
        print(f"{100 * p[i]:8.1f} %  {names[i]}")


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


if __name__ == "__main__":
    # first weights, masks and batches come from this generator
    np.random.seed(0)  # noqa: NPY002
    print("pixels       network    weights  right, in %")
    small, x, p = recognise("as they are", np.arange(784))
    recognise("mixed", np.random.default_rng(0).permutation(784))
    FIGURES.mkdir(exist_ok=True)
    draw(x, p, FIGURES / "step58_digits.png")
    print("figures/step58_digits.png")

    y = small(Variable(x[:1], name="x"))
    layers = {k: v for k, v in vars(small).items() if k[-1].isdigit()}
    file = FIGURES / "step58_small_vgg.png"
    plot_dot_graph(y, to_file=file, fold=layers)
    print("figures/step58_small_vgg.png")

    paths = [word for word in sys.argv[1:] if word != "--full"]
    for path in paths:
        name_picture(path, download="--full" in sys.argv)
    if not paths:
        print("name a photo: python steps/step58.py --full photo.jpg")
