"""Step 58: a layer Conv2d, VGG16, and a small VGG that recognises digits."""

import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from PIL import Image

import dezero
import dezero.functions as F
from dezero import layers, models, test_mode, utils
from dezero.dataloaders import DataLoader
from dezero.layers import Linear

FIGURES = Path(__file__).resolve().parents[1] / "figures"

# ruff: noqa: NPY002  (first weights are from the legacy generator)


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
        if type(layer).__name__ == "Conv2d":
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


def test_the_layer_is_that_of_the_package(step, rng):
    """The same draws, once the first x has told the channels; the same results."""
    x, found = rng.normal(size=(2, 3, 5, 6)).astype(np.float32), []
    for module in step, layers:
        np.random.seed(0)
        layer = module.Conv2d(4, (3, 2), stride=2, pad=1)
        assert layer.W.data is None
        y = layer(x)
        assert [p.name for p in layer.params()] == ["W", "b"]
        found.append([y.data, *(p.data for p in layer.params())])
    for ours, theirs in zip(*found):
        assert ours.dtype == theirs.dtype == np.float32
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_vgg16_counts(step):
    """13 convolutions and 3 Linear layers, by their names in the file."""
    names = [name for name in vars(step.VGG16()) if re.match(r"(conv|fc)\d", name)]
    assert len([name for name in names if name.startswith("conv")]) == 13
    assert names[0] == "conv1_1" and names[9] == "conv4_3"
    assert names[-3:] == ["fc6", "fc7", "fc8"]


def test_numbers_of_the_text():
    """Three kernels of 3 x 3 against one of 7 x 7; each group costs the same."""
    assert 3 * 9 == 27 and 7 * 7 == 49
    costs = [(224 // 2**n) ** 2 * (64 * 2**n) ** 2 * 9 for n in range(4)]
    assert len(set(costs)) == 1


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


def test_without_weights(step, cache, capsys):
    step.name_picture("photo.jpg", download=False)
    message = "no vgg16.npz here; --full fetches it\n"
    assert capsys.readouterr().out == message
    step.name_picture("photo.jpg", download=True)
    printed = capsys.readouterr().out
    assert "could not fetch vgg16" in printed and str(cache) in printed


def test_weights_are_loaded(step, cache, rng, monkeypatch):
    """pretrained=True reads the file of that name; another one is refused."""
    monkeypatch.setattr(step, "Linear", lambda n: Linear(n // 50))
    conv = step.Conv2d
    monkeypatch.setattr(step, "Conv2d", lambda n, **k: conv(n // 16, **k))
    model = fill(step.VGG16(), rng)
    model.save_weights(cache / "vgg16.npz")
    again = step.VGG16(pretrained=True)
    for key, param in again._named_params().items():
        np.testing.assert_array_equal(param.data, model._named_params()[key].data)

    model.fc8 = Linear(7, in_size=3)
    model.save_weights(cache / "vgg16.npz")
    with pytest.raises(ValueError, match=r"fc8/\w has the shape .*vgg16.npz"):
        step.VGG16(pretrained=True)


def test_a_picture_is_named(step, cache, capsys, monkeypatch, tmp_path):
    """The three likeliest classes, by name, where the weights are there."""
    scores = np.zeros((1, 1000), np.float32)
    scores[0, [950, 7, 3]] = np.log([4 * 997, 2 * 997, 997])  # p = 4/8, 2/8, 1/8

    class Knowing(step.VGG16):
        def __init__(self, pretrained=False):
            assert pretrained

        def forward(self, x):
            assert x.shape == (1, 3, 224, 224)
            return dezero.Variable(scores)

    monkeypatch.setattr(step, "VGG16", Knowing)
    (cache / "vgg16.npz").write_bytes(b"x")
    names = "{3: 'shark', 7: 'cock', 950: 'orange'}"
    (cache / "imagenet1000_clsidx_to_labels.txt").write_text(names)
    Image.new("L", (64, 48)).save(tmp_path / "mine.png")
    step.name_picture(tmp_path / "mine.png", download=False)
    expected = "    50.0 %  orange\n    25.0 %  cock\n    12.5 %  shark\n"
    assert capsys.readouterr().out == expected


def test_inside_the_relu_the_derivative_is_1_more(rng):
    """y = relu(x + f(x)): 1 + f'(x) where x + f(x) > 0, and 0 elsewhere."""
    x = dezero.Variable(rng.normal(size=20))
    F.relu(x + F.sin(3 * x)).backward()
    inside = x.data + np.sin(3 * x.data)
    expected = np.where(inside > 0, 1 + 3 * np.cos(3 * x.data), 0)
    np.testing.assert_allclose(x.grad.data, expected)
    assert 0 < (inside > 0).sum() < 20


def test_as_floats(step):
    picture = np.arange(6, dtype=np.uint8).reshape(1, 2, 3)
    mixed = step.as_floats(picture, np.array([5, 4, 3, 2, 1, 0])) * 255
    assert mixed.dtype == np.float32
    np.testing.assert_allclose(mixed, [[[5, 4, 3], [2, 1, 0]]])


def test_the_small_vgg_learns(step):
    """Bars that stand or lie: nothing but the direction tells them apart."""
    rng = np.random.default_rng(0)
    np.random.seed(0)
    pairs = []
    for i in range(200):
        x, at = rng.uniform(0, 0.2, size=(1, 12, 12)), rng.integers(1, 11)
        x[0, at] += i % 2
        x[0, :, at] += 1 - i % 2
        pairs.append((x.astype(np.float32), i % 2))
    model = step.SmallVGG()
    for _ in range(2):
        step.learn(model, DataLoader(pairs, 10))
    p = step.probabilities(model, np.stack([x for x, _ in pairs]))
    assert p.shape == (200, 10)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)
    assert (p.argmax(axis=1) == [t for _, t in pairs]).mean() > 0.9


@pytest.mark.long
def test_what_is_printed(run_step):
    lines = run_step(58).splitlines()
    rows = [line.rsplit(maxsplit=2)[1:] for line in lines[1:5]]
    linear, small, mixed, lost = (float(right) for _, right in rows)
    assert [size for size, _ in rows] == ["50,890", "52,138"] * 2
    assert small > 98 and small > linear  # it recognises what it sees
    assert lost < mixed - 2 and abs(mixed - linear) < 2
    picture = imread(FIGURES / "step58_small_vgg.png")
    assert picture.shape[0] > 3 * picture.shape[1]
    assert imread(FIGURES / "step58_digits.png").std() > 0.1
