"""Step 51: ReLU, the files of MNIST, and four networks that read digits."""

import gzip
import io
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

import dezero
import dezero.functions as F
from dezero import datasets, utils
from dezero.dataloaders import DataLoader
from dezero.gradcheck import array_equal, check_gradients
from dezero.models import MLP
from dezero.optimizers import SGD, Adam

# ruff: noqa: NPY002  (batches and first weights are from the legacy generator)

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
real_files = pytest.mark.skipif(
    not (SHARED / "t10k-images-idx3-ubyte.gz").exists(), reason="no real files here"
)


@pytest.fixture
def step(load_step):
    return load_step(51)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A folder with SynthDigits in it, drawn once for all tests here."""
    folder = tmp_path_factory.mktemp("drawn")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEZERO_CACHE", str(folder))
        datasets.SynthDigits(), datasets.SynthDigits(train=False)
    return folder


@pytest.fixture
def synth(drawn, monkeypatch):
    """Run in the folder that has SynthDigits and nothing else."""
    monkeypatch.setenv("DEZERO_CACHE", str(drawn))


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, and no place to fetch from."""
    table = {name: utils.Download(("file:///no/such",)) for name in utils.DOWNLOADS}
    monkeypatch.setattr(utils, "DOWNLOADS", table)
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.setenv("DEZERO_CACHE", str(folder))
    return folder


def idx(array):
    head = bytes([0, 0, 8, array.ndim])
    head += b"".join(n.to_bytes(4, "big") for n in array.shape)
    return gzip.compress(head + array.tobytes())


def put(folder, train, n, rng):
    """Write the files of one part, with n random pictures; return them."""
    images = rng.integers(0, 256, size=(n, 28, 28), dtype=np.uint8)
    labels = rng.integers(0, 10, size=n, dtype=np.uint8)
    for name, array in zip(datasets.MNIST.files(train), (images, labels)):
        (folder / name).write_bytes(idx(array))
    return images, labels


def test_relu_by_hand(step):
    for relu in (step.relu, F.relu):
        x = dezero.Variable(np.array([-2.0, 0.0, 3.0]))
        y = relu(x)
        assert y.data.tolist() == [0, 0, 3]
        y.backward()
        assert x.grad.data.tolist() == [0, 0, 1]
    assert step.relu(np.ones(2, np.float32)).dtype == np.float32


def test_relu(step, rng):
    data = rng.normal(size=(3, 4))
    check_gradients(step.relu, data)
    a, b = dezero.Variable(data), dezero.Variable(data)
    step.relu(a).backward(), F.relu(b).backward()
    assert array_equal(a.grad.data, b.grad.data)


def test_relu_chooses_and_does_not_multiply(step):
    x = dezero.Variable(np.array([-1.0, 2.0]))
    y = step.relu(x)
    y.grad = dezero.Variable(np.array([np.inf, 1.0]))  # inf * 0 would be nan
    y.backward()
    assert x.grad.data.tolist() == [0.0, 1.0]


def test_little_of_a_gradient_comes_through_sigmoids(step):
    """A quarter at most; relu lets it pass or not."""
    x = dezero.Variable(np.linspace(-5, 5, 101))
    F.sigmoid(x).backward()
    assert x.grad.data.max() == pytest.approx(0.25) and x.grad.data[0] < 0.01
    x.cleargrad()
    step.relu(x).backward()
    assert set(x.grad.data.tolist()) == {0, 1}


def test_to_unit(step):
    y = step.to_unit(np.array([[[0, 51], [102, 255]]], np.uint8))
    np.testing.assert_allclose(y, [0, 0.2, 0.4, 1])
    assert y.dtype == np.float32


def test_read_idx(step, tmp_path, rng):
    for shape in [(5,), (4, 3, 2)]:
        array = rng.integers(0, 256, size=shape, dtype=np.uint8)
        path = tmp_path / "file.gz"
        path.write_bytes(idx(array))
        found = step.read_idx(path, len(shape))
        np.testing.assert_array_equal(found, array)
        assert found.flags.writeable
    path.write_bytes(gzip.compress(b"<html>no such file"))
    with pytest.raises(ValueError, match=r"file.gz: not a file in IDX format"):
        step.read_idx(path, 3)


def test_mnist(step, cache, rng):
    images, labels = put(cache, True, 30, rng)
    ours, theirs = step.MNIST(), datasets.MNIST()
    assert len(ours) == len(theirs) == 30
    for i, (x, t) in enumerate(ours):
        np.testing.assert_allclose(x, images[i].ravel() / 255, rtol=1e-6)
        np.testing.assert_allclose(x, theirs[i][0], rtol=1e-6)
        assert x.dtype == theirs[i][0].dtype and t == theirs[i][1] == labels[i]
    assert ours.data.shape == theirs.data.shape == (30, 1, 28, 28)
    assert step.MNIST.files(False) == datasets.MNIST.files(False)


def test_get_digits_takes_the_most_real_ones(step, cache, rng, monkeypatch):
    monkeypatch.setattr(step, "SynthDigits", lambda train: [train])
    assert step.get_digits() == ([True], [False], "SynthDigits (generated)")

    images, _ = put(cache, False, 10_000, rng)
    train, test, name = step.get_digits()
    assert (len(train), len(test), name) == (8000, 2000, "MNIST's test images")
    assert array_equal(train.data[:, 0], images[:8000])
    assert array_equal(test.data[:, 0], images[8000:])
    assert train.train is True and test.train is False

    put(cache, True, 50, rng)
    train, test, name = step.get_digits()
    assert (len(train), len(test), name) == (50, 10_000, "MNIST")


def test_get_digits_says_why_nothing_was_fetched(step, cache, monkeypatch, capsys):
    monkeypatch.setattr(step, "SynthDigits", lambda train: [train])
    assert step.get_digits(download=True)[2] == "SynthDigits (generated)"
    printed = capsys.readouterr().out
    assert "could not fetch train-images-idx3-ubyte.gz" in printed
    assert str(cache) in printed and "DEZERO_CACHE" in printed


def small(n=200):
    data = datasets.SynthDigits()
    data.data, data.label = data.data[:n], data.label[:n]
    return data


def test_learn_takes_the_same_batches_for_all(step, synth):
    """Each runner learns what it would have learned alone."""
    data = small()

    def runner(activation):
        np.random.seed(0)
        model = MLP((5, 10), activation)
        model(np.zeros((1, 784), np.float32))
        return model, SGD(lr=0.1).setup(model)

    both = [runner(step.relu), runner(F.sigmoid)]
    step.learn(both, DataLoader(data, 50, shuffle=False))
    for (model, _), activation in zip(both, (step.relu, F.sigmoid)):
        alone, optimizer = runner(activation)
        for x, t in DataLoader(data, 50, shuffle=False):
            loss = F.softmax_cross_entropy(alone(x), t)
            alone.cleargrads()
            loss.backward()
            optimizer.update()
        for p, q in zip(model.params(), alone.params()):
            np.testing.assert_allclose(p.data, q.data, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("terminal", [True, False])
def test_a_bar_on_a_terminal_and_nowhere_else(step, synth, monkeypatch, terminal):
    class Screen(io.StringIO):
        def isatty(self):
            return terminal

    screen, data = Screen(), small()
    monkeypatch.setattr(sys, "stderr", screen)
    step.learn([], DataLoader(data, 50))
    assert ("0/4" in screen.getvalue()) == terminal
    assert bool(screen.getvalue()) == terminal


def test_share_right(step, synth):
    """The mean over items, also where the last batch is shorter."""
    data = small()
    np.random.seed(0)
    model = MLP((10,))
    x, t = next(DataLoader(data, 200, shuffle=False))
    expected = (model(x).data.argmax(axis=1) == t).mean()
    found = step.share_right(model, DataLoader(data, 90))
    assert found == pytest.approx(expected)
    assert all(p.grad is None for p in model.params())


def test_the_grid_shows_mistakes_only(step, synth, tmp_path):
    """A model that is always right leaves it white."""
    data, drawn = small(), []
    x, t = next(DataLoader(data, 200, shuffle=False))
    for last in (10, 0):
        scores = np.eye(10)[t]
        scores[:last] = np.roll(scores[:last], 1, axis=1)  # these are wrong

        def model(x, scores=scores):
            return dezero.Variable(scores)

        file = tmp_path / f"{last}.png"
        step.draw(model, data, file)
        drawn.append((imread(file)[..., :3] < 0.5).mean())
    assert drawn[0] > 0.01 and drawn[1] == 0


@pytest.mark.long
def test_the_exercise(step, synth):
    """Mixed pixels teach as much; four layers of sigmoids learn nothing by SGD."""
    order = np.random.default_rng(0).permutation(784)

    def learned(transform, sizes, activation, optimizer):
        parts = datasets.SynthDigits(), datasets.SynthDigits(train=False)
        for part in parts:
            part.transform = transform
        np.random.seed(0)
        model = MLP(sizes, activation)
        loader = DataLoader(parts[0], 100)
        for _ in range(2):
            step.learn([(model, optimizer.setup(model))], loader)
        return step.share_right(model, DataLoader(parts[1], 500))

    plain = learned(step.to_unit, (100, 10), step.relu, Adam())
    mixed = learned(lambda x: step.to_unit(x)[order], (100, 10), step.relu, Adam())
    assert plain > 0.92 and abs(plain - mixed) < 0.02
    deep = 100, 100, 100, 100, 10
    assert learned(step.to_unit, deep, F.sigmoid, SGD(0.1)) < 0.2
    assert learned(step.to_unit, deep, step.relu, SGD(0.1)) > 0.7


def accuracies(output):
    lines = output.splitlines()
    assert [line.split()[:2] for line in lines[2:-1]] == [
        ["epoch", str(i)] for i in range(1, 7)
    ]
    assert lines[-1] == "figures/step51_mistakes.png"
    return lines[0], np.array([line.split()[2:] for line in lines[2:-1]], float)


@pytest.mark.long
def test_generated_digits(run_step, synth):
    head, right = accuracies(run_step(51))
    assert head == "SynthDigits (generated): 8,000 to learn, 2,000 to test"
    sgd_sigmoid, sgd_relu, adam_sigmoid, adam_relu = right.T
    assert adam_relu[-1] >= 97
    assert (sgd_relu > sgd_sigmoid).all() and (adam_relu > adam_sigmoid).all()
    assert (adam_sigmoid > sgd_sigmoid).all() and (adam_relu > sgd_relu).all()


@real_files
@pytest.mark.long
def test_real_digits(run_step, monkeypatch):
    monkeypatch.setenv("DEZERO_CACHE", str(SHARED))
    head, right = accuracies(run_step(51))
    if head.startswith("MNIST's test images"):
        assert head.endswith(": 8,000 to learn, 2,000 to test")
    assert right[-1, 3] >= 94
