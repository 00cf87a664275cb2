"""Step 58. VGG16: images in and labels out, by sixteen layers.

Steps 55 to 57 made the parts. A network that tells 1,000 kinds of
things apart, dogs from wolves and mugs from cups, needs no others.
It only needs many of them:

    x (N, 3, 224, 224)    2 convolutions of  64 kernels, pooling
      (N,  64, 112, 112)  2              of 128
      (N, 128,  56,  56)  3              of 256
      (N, 256,  28,  28)  3              of 512
      (N, 512,  14,  14)  3              of 512
      (N, 512,   7,   7)  in a row: (N, 25088)
      (N, 4096)           fc6, then fc7: (N, 4096)
      scores (N, 1000)    fc8: one score for each class

All convolutions are 3 x 3, with relu behind them. Why so small? Two
of them in a row see 5 x 5 pixels, three see 7 x 7. For C channels,

    three of 3 x 3    3 * 9 * C * C  = 27 * C * C  weights, 3 bends
    one of 7 x 7          49 * C * C               weights, 1 bend

so one gets more for less. Why twice the channels after pooling?
Only a quarter of the places are left. Twice as many channels in and
twice as many out, four times the products at each place, cost the
same in all: fewer places, and more to tell about each. (The last
group does not double them, and costs three tenths.)

The table counts. Nearly all products are in the convolutions, and
three quarters of the weights in fc6: 25,088 * 4,096. A Linear knows
nothing of neighbours (step 55), so it has a weight for each place
of each channel. Those who came later have done without it:

    ResNet       takes the mean over all places instead, and then a
                 single Linear. Its blocks do not compute what comes
                 next, but what to add:

                     y = relu(x + f(x)),   dy/dx = 1 + f'(x)

                 Thanks to the 1, a gradient comes through a
                 hundred blocks. f itself is 1 x 1 to a quarter of the
                 channels, 3 x 3 there, and 1 x 1 back; for 256
                 channels 70 thousand weights, and not 590 thousand.
    SqueezeNet   squeezes C channels into few, s, by 1 x 1, and lets
                 only these go through the 3 x 3, beside more 1 x 1.
                 For 2 * e channels out, C * s + s * e + 9 * s * e
                 weights, and not 9 * C * 2 * e; with C = 512, s =
                 64 and e = 256 a twelfth.

Such a network is trained for weeks, on a million pictures. Its
weights are all of that in one file, of half a gigabyte, under names
as in step 53. Those who trained it gave it colours in the order
blue, green, red, less the mean of each; preprocess does the same,
or all is in vain. As step 51 did for MNIST, this program only looks
whether vgg16.npz is here, and --full fetches it, with the names of
the classes. The path of a picture may follow. Without one it paints
an orange. Without the file it can only show the way to an answer:
the weights are random then, and those of fc6 zeros, as nobody is
going to look at the scores.

In the drawing (model.plot would draw every single array) a gray
box stands for a layer, and from the second group on for a whole
group. plot_dot_graph makes a box of each layer in fold=; Group is
one that computes nothing, and only says where it begins and ends.
Dropout does not appear: it rests (step 54).

A picture is there all at once. What somebody says, or how a price
moves, comes piece by piece, and what was before matters. Step 59
remembers it.

Exercise: write a block of ResNet, and draw its graph. Where is the
shortcut? Then put 50 of them in a row, without the shortcut and
with it, and look at the gradient that arrives at the first one.

Output:
    no vgg16.npz here, so no labels; --full fetches it
    picture (300, 200), x (1, 3, 224, 224), scores (1, 1000)
                        weights  multiplications
      VGG16 conv     14,714,688   15,346,630,656
      VGG16 fc6     102,764,544      102,760,448
      VGG16 fc7      16,781,312       16,777,216
      VGG16 fc8       4,097,000        4,096,000
      ResNet50       25,557,096
      SqueezeNet      1,235,496
    figures/step58_vgg16.png
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

import dezero.functions as F
from dezero import Layer, Model, Variable, test_mode
from dezero.datasets import ImageNet
from dezero.graph import plot_dot_graph
from dezero.layers import Conv2d, Linear
from dezero.models import ResNet50, SqueezeNet
from dezero.utils import DownloadError, find_file, get_file

# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"

# --- new in this step ---
LABELS = "imagenet1000_clsidx_to_labels.txt"


class VGG16(Model):
    """13 convolutions and 3 Linear layers, by Simonyan, Zisserman.

    Shapes: x (N, 3, 224, 224) -> scores (N, 1000).
    """

    WEIGHTS_PATH = (
        "https://github.com/koki0702/dezero-models/releases/"
        "download/v0.1/vgg16.npz"
    )

    def __init__(self, pretrained=False):
        super().__init__()
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
            self.load_weights(get_file(self.WEIGHTS_PATH))

    def forward(self, x):
        """Return the scores, before softmax."""
        x = F.relu(self.conv1_1(x))
        x = F.relu(self.conv1_2(x))
        x = F.pooling(x, 2, 2)  # (N, 64, 112, 112)
        x = F.relu(self.conv2_1(x))
        x = F.relu(self.conv2_2(x))
        x = F.pooling(x, 2, 2)  # (N, 128, 56, 56)
        x = F.relu(self.conv3_1(x))
        x = F.relu(self.conv3_2(x))
        x = F.relu(self.conv3_3(x))
        x = F.pooling(x, 2, 2)  # (N, 256, 28, 28)
        x = F.relu(self.conv4_1(x))
        x = F.relu(self.conv4_2(x))
        x = F.relu(self.conv4_3(x))
        x = F.pooling(x, 2, 2)  # (N, 512, 14, 14)
        x = F.relu(self.conv5_1(x))
        x = F.relu(self.conv5_2(x))
        x = F.relu(self.conv5_3(x))
        x = F.pooling(x, 2, 2)  # (N, 512, 7, 7)
        x = F.flatten(x)  # (N, 25088)
        x = F.dropout(F.relu(self.fc6(x)))
        x = F.dropout(F.relu(self.fc7(x)))
        return self.fc8(x)

    @staticmethod
    def preprocess(image, size=(224, 224), dtype=np.float32):
        """Return a picture of Pillow as an array (3, H, W)."""
        image = image.convert("RGB")
        image = image.resize(size) if size else image
        array = np.asarray(image, dtype=dtype)[:, :, ::-1]
        means = np.array([103.939, 116.779, 123.68], dtype=dtype)
        return np.ascontiguousarray((array - means).transpose(2, 0, 1))


def get_model(download):
    """Return a VGG16, and whether it has the published weights."""
    try:
        if download:
            get_file(LABELS)
        if download or find_file("vgg16.npz"):
            return VGG16(pretrained=True), True
    except DownloadError as error:
        print(error)
    print("no vgg16.npz here, so no labels; --full fetches it")
    model = VGG16()
    # 100 million random numbers would take longer than all the rest
    model.fc6.W.data = np.zeros((512 * 7 * 7, 4096), np.float32)
    return model, False


def orange():
    """Return a picture to look at, if there is no other."""
    row, column = np.ogrid[-100:100, -150:150]
    picture = np.full((200, 300, 3), 240, np.uint8)
    picture[row**2 + column**2 < 80**2] = 250, 140, 20
    return Image.fromarray(picture)


def layers_of(model, start):
    """Return {name: layer} of those whose name starts like this."""
    return {k: v for k, v in vars(model).items() if k.startswith(start)}


def count(layers):
    """Return the numbers of weights and of multiplications."""
    weights = products = 0
    for layer in layers:
        y = layer.outputs[0]().data  # of the last call
        weights += sum(param.size for param in layer.params())
        products += layer.W.size * y[:, 0].size
    return weights, products


class Group(Layer):
    """Layers, and what comes behind them: a box for the drawing."""


def boxes(model):
    """Return {name: layer} for fold=, all but conv1 in groups."""
    fold = layers_of(model, "conv1") | layers_of(model, "fc")
    for n in range(2, 6):
        layers = layers_of(model, f"conv{n}")
        box = fold[", ".join([*layers, "pooling"])] = Group()
        for name, layer in layers.items():
            setattr(box, name, layer)
        box.inputs = layers[f"conv{n}_1"].inputs
        box.outputs = getattr(model, f"conv{n + 1}_1", model.fc6).inputs
    return fold


def answer(scores):
    """Print the three likeliest classes, by name if that is known."""
    p = F.softmax(scores).data[0]
    names = ImageNet.labels() if find_file(LABELS) else {}
    for i in p.argsort()[:-4:-1]:
        print(f"{100 * p[i]:8.1f} %  {names.get(i, f'class {i}')}")


if __name__ == "__main__":
    paths = [word for word in sys.argv[1:] if word != "--full"]
    image = Image.open(paths[0]) if paths else orange()
    # the first weights come from the legacy generator
    np.random.seed(0)  # noqa: NPY002
    model, trained = get_model(download="--full" in sys.argv)

    x = Variable(VGG16.preprocess(image)[np.newaxis], name="x")
    with test_mode():
        y = model(x)
    print(f"picture {image.size}, x {x.shape}, scores {y.shape}")
    print("                    weights  multiplications")
    for part in "conv", "fc6", "fc7", "fc8":
        weights, products = count(layers_of(model, part).values())
        print(f"  VGG16 {part:7}{weights:12,}{products:17,}")
    for other in ResNet50(), SqueezeNet():
        other(x[:, :, :64, :64])  # now their W have shapes
        sizes = [p.size for p in other.params() if "avg" not in p.name]
        print(f"  {type(other).__name__:13}{sum(sizes):12,}")

    FIGURES.mkdir(exist_ok=True)
    file = FIGURES / "step58_vgg16.png"
    plot_dot_graph(y, to_file=file, fold=boxes(model))
    print("figures/step58_vgg16.png")
    if trained:
        answer(y)
