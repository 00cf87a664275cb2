"""Step 58: VGG16, where its weights and products are, and what it is asked."""

import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from PIL import Image

import dezero.functions as F
from dezero import Variable, models, test_mode, utils
from dezero.graph import get_dot_graph
from dezero.layers import Conv2d, Linear

FIGURES = Path(__file__).resolve().parents[1] / "figures"


@pytest.fixture
def step(load_step):
    return load_step(58)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, and no place to fetch from."""
    table = {name: utils.Download(("file:///no/such",)) for name in utils.DOWNLOADS}
    monkeypatch.setattr(utils, "DOWNLOADS", table)
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.setenv("DEZERO_CACHE", str(folder))
    return folder


def fill(model, rng, places=1):
    """Give every W numbers, as for images of places * 32 pixels a side."""
    size = 3
    for layer in vars(model).values():
        if isinstance(layer, Conv2d):
            shape = (layer.out_channels, size, 3, 3)
            size = layer.out_channels
        elif isinstance(layer, Linear):
            shape = (size * places**2, layer.out_size)
            size, places = layer.out_size, 1
        else:
            continue
        W = rng.standard_normal(shape, dtype=np.float32)
        products = W.size // layer.b.size  # that an output is the sum of
        layer.W.data = W * np.float32((2 / products) ** 0.5)
    return model


def test_vgg16_is_that_of_the_package(step, rng):
    ours, theirs = fill(step.VGG16(), rng), models.VGG16()
    params = ours._named_params()
    assert list(params) == list(theirs._named_params())
    for key, param in theirs._named_params().items():
        param.data = params[key].data
    x = rng.standard_normal((2, 3, 32, 32), dtype=np.float32)
    with test_mode():
        expected = theirs(x).data
        found = ours(x).data
        np.testing.assert_array_equal(ours(x).data, found)
    assert found.shape == (2, 1000) and found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    assert np.ptp(found) > 0.01  # not all zeros
    assert not np.allclose(ours(x).data, found)  # in training, fc6 and fc7 drop
    assert step.VGG16.WEIGHTS_PATH == models.VGG16.WEIGHTS_PATH
    assert step.VGG16.WEIGHTS_PATH in utils.DOWNLOADS["vgg16.npz"].urls


def test_a_gradient_arrives_at_every_weight(step, rng):
    model = fill(step.VGG16(), rng)
    x = rng.standard_normal((1, 3, 32, 32), dtype=np.float32)
    F.softmax_cross_entropy(model(x), np.array([3])).backward()
    for key, param in model._named_params().items():
        assert param.grad.dtype == np.float32, key
        assert np.abs(param.grad.data).max() > 0, key


def test_counts_by_hand(step, rng):
    model = fill(step.VGG16(), rng)
    y = model(rng.standard_normal((1, 3, 32, 32), dtype=np.float32))
    assert y.shape == (1, 1000)  # and it keeps the graph with all outputs
    first = step.layers_of(model, "conv1_1")
    assert list(first) == ["conv1_1"]
    W = 64 * 3 * 9
    assert step.count(first.values()) == (W + 64, W * 32 * 32)
    fc8 = step.layers_of(model, "fc8").values()
    assert step.count(fc8) == (4097 * 1000, 4096 * 1000)
    both = step.layers_of(model, "conv1")
    second = 64 * 64 * 9
    assert step.count(both.values()) == (
        W + second + 128,
        (W + second) * 32 * 32,
    )
    assert len(step.layers_of(model, "conv")) == 13
    assert len(step.layers_of(model, "fc")) == 3


def test_the_drawing_is_a_chain(step, rng):
    model = fill(step.VGG16(), rng)
    x = Variable(rng.standard_normal((1, 3, 32, 32), dtype=np.float32), "x")
    with test_mode():
        y = model(x)
    text = get_dot_graph(y, stable=True, fold=step.boxes(model))
    edges = re.findall(r"^(\w+) -> (\w+)$", text, re.MULTILINE)
    nodes = set(re.findall(r"^(\w+) \[", text, re.MULTILINE))
    assert len(edges) == len(nodes) - 1  # no weights, and one way through
    assert len({a for a, _ in edges}) == len({b for _, b in edges}) == len(edges)
    labels = re.findall(r'label="([^"]*)", color=light', text)
    assert labels == [
        *("conv1_1: Conv2d", "ReLU", "conv1_2: Conv2d", "ReLU", "Pooling"),
        "conv2_1, conv2_2, pooling: Group",
        "conv3_1, conv3_2, conv3_3, pooling: Group",
        "conv4_1, conv4_2, conv4_3, pooling: Group",
        "conv5_1, conv5_2, conv5_3, pooling: Group",
        *("fc6: Linear", "ReLU", "fc7: Linear", "ReLU", "fc8: Linear"),
    ]
    for shape in ("(1, 64, 16, 16)", "(1, 128, 8, 8)", "(1, 512, 2, 2)", "(1, 512)"):
        assert f'label="{shape} float32"' in text


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
@pytest.mark.parametrize("size", [(224, 224), (20, 10), None])
def test_preprocess_is_that_of_the_package(step, rng, mode, size):
    pixels = rng.integers(0, 256, size=(30, 40, 4), dtype=np.uint8)
    image = Image.fromarray(pixels).convert(mode)
    x = step.VGG16.preprocess(image, size)
    expected = models.VGG16.preprocess(image, size)
    np.testing.assert_allclose(x, expected, atol=1e-4)
    assert x.dtype == np.float32 and x.flags.c_contiguous
    assert x.shape == (3, *(size or (40, 30))[::-1])


def test_preprocess_by_hand(step):
    """Blue, green, red, each minus its mean."""
    image = Image.new("RGB", (5, 5), (250, 140, 20))
    x = step.VGG16.preprocess(image)
    assert x.shape == (3, 224, 224)
    by_hand = [20 - 103.939, 140 - 116.779, 250 - 123.68]
    np.testing.assert_allclose(x[:, 100, 100], by_hand, rtol=1e-5)


def test_the_orange(step):
    image = step.orange()
    assert image.size == (300, 200) and image.mode == "RGB"
    assert image.getpixel((150, 100)) == (250, 140, 20)
    assert image.getpixel((5, 5)) == (240, 240, 240)


def test_without_weights(step, cache, capsys):
    model, trained = step.get_model(download=False)
    assert not trained and model.fc6.W.shape == (512 * 7 * 7, 4096)
    message = "no vgg16.npz here, so no labels; --full fetches it\n"
    assert capsys.readouterr().out == message

    assert step.get_model(download=True)[1] is False
    printed = capsys.readouterr().out
    assert "could not fetch imagenet1000" in printed and str(cache) in printed
    assert printed.endswith(message)


class Small:
    """In the place of a VGG16: notes how it was made."""

    def __init__(self, pretrained=False):
        self.pretrained = pretrained


def test_weights_that_are_there_are_taken(step, cache, capsys, monkeypatch):
    monkeypatch.setattr(step, "VGG16", Small)
    (cache / "vgg16.npz").write_bytes(b"x")
    model, trained = step.get_model(download=False)
    assert trained and model.pretrained and capsys.readouterr().out == ""


def test_weights_are_loaded(step, cache, rng, monkeypatch):
    """pretrained=True reads the file of that name; another one is refused."""
    monkeypatch.setattr(step, "Linear", lambda n: Linear(n // 50))
    monkeypatch.setattr(step, "Conv2d", lambda n, **k: Conv2d(n // 16, **k))
    model = fill(step.VGG16(), rng)
    model.save_weights(cache / "vgg16.npz")
    again = step.VGG16(pretrained=True)
    for key, param in again._named_params().items():
        np.testing.assert_array_equal(param.data, model._named_params()[key].data)

    model.fc8 = Linear(7, in_size=3)
    model.save_weights(cache / "vgg16.npz")
    with pytest.raises(ValueError, match=r"fc8/\w has the shape .*vgg16.npz"):
        step.VGG16(pretrained=True)


def test_answer(step, cache, capsys):
    scores = np.zeros((1, 1000), np.float32)
    scores[0, [950, 7, 3]] = np.log([4 * 997, 2 * 997, 997])  # p = 4/8, 2/8, 1/8
    step.answer(Variable(scores))
    expected = "    50.0 %  {}\n    25.0 %  {}\n    12.5 %  {}\n"
    printed = capsys.readouterr().out
    assert printed == expected.format("class 950", "class 7", "class 3")
    (cache / step.LABELS).write_text("{3: 'shark', 7: 'cock', 950: 'orange'}")
    step.answer(Variable(scores))
    assert capsys.readouterr().out == expected.format("orange", "cock", "shark")


def test_a_convolution_costs_the_same_in_each_group(step, rng):
    """A quarter of the places, four times the products; not so in the last."""
    model = fill(step.VGG16(), rng)
    y = model(rng.standard_normal((1, 3, 32, 32), dtype=np.float32))
    assert y.creator is not None  # the outputs are still there
    costs = [step.count([getattr(model, f"conv{n}_2")])[1] for n in range(1, 6)]
    assert len(set(costs[:4])) == 1 and costs[4] == costs[0] // 4


def test_numbers_of_the_text():
    """Bottleneck and squeeze, in weights."""
    block = models.BottleneckB(256, 64)
    block(np.zeros((1, 256, 4, 4), np.float32))
    convolutions = [block.conv1, block.conv2, block.conv3]
    assert sum(layer.W.size for layer in convolutions) == 69_632
    assert 9 * 256 * 256 == 589_824
    fire = models.Fire(512, 64, 256)
    fire(np.zeros((1, 512, 4, 4), np.float32))
    C, s, e = 512, 64, 256
    weights = fire.squeeze.W.size + fire.expand1.W.size + fire.expand3.W.size
    assert weights == C * s + s * e + 9 * s * e == 9 * C * 2 * e / 12


def test_the_exercise(rng):
    """50 blocks in a row: without the shortcut no gradient arrives."""

    def arrives(shortcut):
        x = y = Variable(rng.normal(size=(1, 8, 6, 6)))
        for _ in range(50):
            W = rng.normal(size=(8, 8, 3, 3)) * 0.03
            h = F.conv2d(F.relu(F.conv2d(y, W, pad=1)), W, pad=1)
            y = F.relu(h + y) if shortcut else F.relu(h)
        (y * rng.normal(size=y.shape)).backward()
        return np.abs(x.grad.data).mean()

    assert arrives(True) > 0.1 and arrives(False) < 1e-10


def test_what_is_printed(run_step):
    output = run_step(58)
    numbers = {
        name: [int(n.replace(",", "")) for n in rest.split()]
        for name, rest in re.findall(r"^  (\w+(?: \w+)?) +([\d, ]+)$", output, re.M)
    }
    assert sum(n[0] for name, n in numbers.items() if "VGG" in name) == 138_357_544
    assert numbers["VGG16 fc6"] == [25088 * 4096 + 4096, 25088 * 4096]
    assert numbers["VGG16 conv"][0] == 14_714_688
    assert numbers["SqueezeNet"][0] == 1_235_496
    picture = imread(FIGURES / "step58_vgg16.png")
    height, width = picture.shape[:2]
    assert 2000 < height < 5000 and 400 < width < 1000


def test_a_picture_of_ones_own(run_step, tmp_path):
    Image.new("L", (64, 48)).save(tmp_path / "mine.png")
    assert "picture (64, 48), x (1, 3, 224, 224)" in run_step(58, "mine.png")
