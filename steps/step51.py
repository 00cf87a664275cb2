"""Step 51. MNIST: the network reads digits.

MNIST (LeCun and others, 1998) is 70,000 handwritten digits, 28 x 28
pixels each. Nearly everyone begins with these data. Laid out in a
row (step 49), a picture is 784 numbers. The network that told the
arms of a spiral apart reads it, with more of everything:

    x (N, 784)
      |   linear
    (N, 200)
      |   relu or sigmoid
    (N, 200)
      |   linear
    scores (N, 10)

We train four such networks side by side, on the same batches, to answer
two questions. The first: which activation function? The sigmoid is flat
on both sides, and in the middle its slope is a quarter. So little of
the gradient gets through, and less with every layer. The *rectified
linear unit* (ReLU; Nair and Hinton, 2010) lets all of the gradient
pass, or none of it:

    relu(x) = max(x, 0)         /
                               /
                       _______/

The second question: which optimizer? SGD uses the same lr for all
weights, while Adam (step 46) finds a step length for each. The
table answers both: relu beats the sigmoid, and Adam beats SGD.

The program looks for the files of MNIST; --full downloads them. If
it finds none, it uses SynthDigits: printed digits in 18 fonts, with
noise added. They are easier than handwritten ones: with 8,000
digits of MNIST the last number is about 95.

Exercise: write a transform that mixes the 784 numbers, in the same
order for all pictures. Does the network learn as well? Then use two
hidden layers, and four: which activation function suffers?

In the package: dezero/functions/activation.py, ReLU;
dezero/datasets/digits.py, MNIST and get_digits

Output (rtol 0.05):
    SynthDigits (generated): 8,000 to learn, 2,000 to test
    right, in %  SGD: sigmoid  relu  Adam: sigmoid  relu
    epoch 1               39.6  88.9           86.7  94.5
    epoch 2               73.6  94.2           94.2  97.2
    epoch 3               80.8  95.5           96.0  97.8
    epoch 4               88.8  96.5           97.0  98.4
    epoch 5               89.0  96.6           97.2  98.8
    epoch 6               90.9  97.4           97.5  98.9
    figures/step51_mistakes.png
"""

import copy
import gzip
import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from tqdm import tqdm

import dezero.functions as F
from dezero import Function, no_grad
from dezero.dataloaders import DataLoader
from dezero.datasets import Dataset, SynthDigits
from dezero.models import MLP
from dezero.optimizers import SGD, Adam
from dezero.utils import DownloadError, find_file, get_file


# At 0 relu has no slope; we take 0 there, which does no harm. Since
# relu makes about half of the numbers 0, deep networks start better
# with weights that are sqrt(2) times as large as those of step 44: *He
# initialisation* (He and others, 2015). With one hidden layer it makes
# no difference. The package also has relatives of relu that are
# smoother, or let something through on the left: leaky_relu, elu,
# softplus.
class ReLU(Function):
    """y = max(x, 0), gx = gy where x > 0, else 0."""

    def forward(self, x):
        return np.maximum(x, 0)

    def backward(self, gy):
        (x,) = self.inputs
        return F.where(x > 0, gy, 0)  # inf * 0 would be nan


def relu(x):
    """Return x where it is positive, else 0."""
    return ReLU()(x)


def to_unit(picture):
    """Return bytes in a row, as floats from 0 to 1: a transform."""
    return picture.ravel().astype(np.float32) / 255


# get_file downloads the files once, checks them, and keeps them in the
# folder that DEZERO_CACHE names, or in ~/.dezero. You may also put them
# there by hand.
class MNIST(Dataset):
    """Handwritten digits: 60,000 to learn from, 10,000 for tests."""

    def __init__(
        self, train=True, transform=to_unit, target_transform=None
    ):
        super().__init__(train, transform, target_transform)

    def prepare(self):
        images, labels = self.files(self.train)
        self.data = read_idx(get_file(images), 3)[:, np.newaxis]
        self.label = read_idx(get_file(labels), 1)

    @staticmethod
    def files(train=True):
        """Return the names of the files of images and of labels."""
        part = "train" if train else "t10k"
        return (
            f"{part}-images-idx3-ubyte.gz",
            f"{part}-labels-idx1-ubyte.gz",
        )


# Each file is compressed with gzip. Inside are four bytes that say how
# many axes there are, four more for the length of each axis, and then
# the elements.
def read_idx(path, ndim):
    """Return the bytes in an IDX file as an array of ndim axes."""
    with gzip.open(path) as file:
        content = file.read()
    head, values = content[: 4 + 4 * ndim], content[4 + 4 * ndim :]
    if head[:4] != bytes([0, 0, 8, ndim]):  # 8: the elements are bytes
        raise ValueError(f"{path}: not a file in IDX format; delete it")
    lengths = [head[i : i + 4] for i in range(4, len(head), 4)]
    shape = [int.from_bytes(four, "big") for four in lengths]
    return np.frombuffer(bytearray(values), np.uint8).reshape(shape)


# We take real digits if their files are there: all of MNIST, or only
# its test images, split in two. If not, we take SynthDigits.
def get_digits(download=False):
    """Return (train_set, test_set, name), of MNIST if possible."""
    if download:
        try:
            return MNIST(train=True), MNIST(train=False), "MNIST"
        except DownloadError as error:
            print(error)
    train, test = (
        all(find_file(name) for name in MNIST.files(part))
        for part in (True, False)
    )
    if train and test:
        return MNIST(train=True), MNIST(train=False), "MNIST"
    if test:
        images = MNIST(train=False)
        parts = _part(images, 0, 8000), _part(images, 8000, 10000)
        parts[0].train = True
        return *parts, "MNIST's test images"
    parts = SynthDigits(train=True), SynthDigits(train=False)
    return *parts, "SynthDigits (generated)"


def _part(dataset, start, stop):
    """Return a copy of dataset with the items from start to stop."""
    part = copy.copy(dataset)
    part.data, part.label = (
        dataset.data[start:stop],
        dataset.label[start:stop],
    )
    part.transform = copy.deepcopy(dataset.transform)
    return part


# A program that trains for long should show its progress: tqdm draws a
# bar during each epoch, but only on a terminal.
def learn(runners, loader):
    """Train each (model, optimizer) for an epoch, on one loader."""
    for x, t in tqdm(loader, leave=False, disable=None):
        for model, optimizer in runners:
            loss = F.softmax_cross_entropy(model(x), t)
            model.cleargrads()
            loss.backward()
            optimizer.update()


def share_right(model, loader):
    """Return the accuracy of model, without learning."""
    with no_grad():
        right = [
            len(t) * float(F.accuracy(model(x), t).data)
            for x, t in loader
        ]
    return sum(right) / loader.data_size


# The mistakes show what a network does not see. On MNIST, it often
# takes a leaning 8 for a 5 or a 6; people would get some pictures
# wrong, too. And the network does not know which pixels are neighbours:
# it would learn just as well from the same 784 numbers in another
# order. Chapter 5 changes that. First, in step 52, the same code runs
# on a GPU.
def draw(model, dataset, file, rows=3, columns=8):
    """Draw the first mistakes of model: what it said, what was true."""
    x, t = next(DataLoader(dataset, len(dataset), shuffle=False))
    with no_grad():
        said = model(x).data.argmax(axis=1)
    wrong = np.flatnonzero(said != t)
    figure = Figure(figsize=(9, 4), layout="constrained")
    every = figure.subplots(rows, columns).ravel()
    for axes in every:
        axes.axis("off")
    for axes, i in zip(every, wrong):
        axes.imshow(dataset.data[i, 0], cmap="gray_r", vmin=0, vmax=255)
        axes.set_title(f"{said[i]}, not {t[i]}", fontsize=9)
    figure.savefig(file, dpi=144)


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


if __name__ == "__main__":
    full = "--full" in sys.argv[1:]
    train_set, test_set, name = get_digits(download=full)
    if not full:
        train_set = _part(train_set, 0, 8000)
        test_set = _part(test_set, 0, 2000)
    sizes = f"{len(train_set):,} to learn, {len(test_set):,} to test"
    print(f"{name}: {sizes}")

    # the order of batches and the first weights come from here
    np.random.seed(0)  # noqa: NPY002
    train_loader = DataLoader(train_set, batch_size=100)
    test_loader = DataLoader(test_set, 100, shuffle=False)
    runners = []
    for optimizer in SGD(lr=0.1), SGD(lr=0.1), Adam(), Adam():
        activation = relu if len(runners) % 2 else F.sigmoid
        model = MLP((200, 10), activation)
        runners.append((model, optimizer.setup(model)))
    print("right, in %  SGD: sigmoid  relu  Adam: sigmoid  relu")
    for epoch in range(1, 7):
        learn(runners, train_loader)
        a, b, c, d = (
            100 * share_right(model, test_loader)
            for model, _ in runners
        )
        print(f"epoch {epoch}{a:19.1f}{b:6.1f}{c:15.1f}{d:6.1f}")
    FIGURES.mkdir(exist_ok=True)
    # model is the last of the four, with the fewest mistakes
    draw(model, test_set, FIGURES / "step51_mistakes.png")
    print("figures/step51_mistakes.png")
