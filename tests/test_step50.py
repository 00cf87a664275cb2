"""Step 50: DataLoader, accuracy, and two losses that come apart."""

import numpy as np
import pytest
from matplotlib.image import imread

import dezero.functions as F
from dezero import dataloaders
from dezero.datasets import Spiral
from dezero.gradcheck import array_equal
from dezero.models import MLP
from dezero.optimizers import SGD, Adam, WeightDecay

# ruff: noqa: NPY002  (a DataLoader's order is from the legacy generator)


@pytest.fixture
def step(load_step):
    return load_step(50)


PAIRS = [(np.array([i, -i]), i) for i in range(7)]


def test_batches_by_hand(step):
    loader = step.DataLoader(PAIRS, 3, shuffle=False)
    found = [(x.tolist(), t.tolist()) for x, t in loader]
    assert found == [
        ([[0, 0], [1, -1], [2, -2]], [0, 1, 2]),
        ([[3, -3], [4, -4], [5, -5]], [3, 4, 5]),
        ([[6, -6]], [6]),
    ]
    assert len(loader) == 3 and len(step.DataLoader(PAIRS, 7)) == 1


def test_every_item_once_in_a_new_order(step):
    np.random.seed(0)
    loader = step.DataLoader(PAIRS, 3)
    epochs = [[i for _, t in loader for i in t.tolist()] for _ in range(3)]
    assert all(sorted(order) == list(range(7)) for order in epochs)
    assert len(set(map(tuple, epochs))) == 3


@pytest.mark.parametrize("shuffle", [True, False])
def test_the_batches_of_the_package(step, shuffle):
    """The same draws too, with a loop broken off and next() between."""
    found = []
    for module in (step, dataloaders):
        np.random.seed(0)
        loader = module.DataLoader(PAIRS, 2, shuffle=shuffle)
        batches = list(loader)
        for batch in loader:
            batches.append(batch)
            break
        batches += list(loader)
        batches += [loader.next(), next(loader)]
        found.append([x.tolist() + t.tolist() for x, t in batches])
        found[-1].append(np.random.rand())
    assert found[0] == found[1]
    assert len(found[0]) == 4 + 1 + 4 + 2 + 1


def test_a_loop_left_by_break_begins_anew(step):
    loader = step.DataLoader(PAIRS, 3, shuffle=False)
    for _, t in loader:
        if 3 in t:
            break
    assert [t.tolist() for _, t in loader] == [[0, 1, 2], [3, 4, 5], [6]]


def test_items_without_a_label(step):
    x, t = next(step.DataLoader([(1.0, None), (2.0, None)], 2, shuffle=False))
    assert x.tolist() == [1, 2] and t is None


def test_error(step):
    with pytest.raises(ValueError, match="batch_size must be at least 1, got 0"):
        step.DataLoader(PAIRS, 0)
    expected = "batch_size must be a whole number of at least 1, got 0"
    with pytest.raises(ValueError, match=expected):
        dataloaders.DataLoader(PAIRS, 0)


def test_accuracy_by_hand(step):
    y = np.array([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]])
    for accuracy in (step.accuracy, F.accuracy):
        assert float(accuracy(y, np.array([1, 1, 1, 0])).data) == 0.75
        assert not accuracy(y, np.array([1, 1, 1, 0])).requires_grad


def test_flawed(step):
    """18 of 90 labels are wrong, all of them are arms, and always the same."""
    flawed, true = step.Flawed(), Spiral()
    assert len(flawed) == 90
    assert array_equal(flawed.data, true.data[:90])
    assert (flawed.label != true.label[:90]).sum() == 18
    assert set(flawed.label.tolist()) == {0, 1, 2}
    assert array_equal(step.Flawed().label, flawed.label)


def test_train_by_hand(step):
    """One batch: loss and accuracy before the update, then the update."""
    data = Spiral()
    x, t = data.data[:40], data.label[:40]
    np.random.seed(0)
    model = MLP((3,))
    y = model(x)
    loss = F.softmax_cross_entropy(y, t)
    loss.backward()
    expected = [p.data - 0.5 * p.grad.data for p in model.params()]
    optimizer = SGD(lr=0.5).setup(model)
    pairs = list(zip(x, t))
    found = step.train(model, optimizer, step.DataLoader(pairs, 40, shuffle=False))
    right = (y.data.argmax(axis=1) == t).mean()
    np.testing.assert_allclose(found, [loss.data, right], rtol=1e-5)
    for p, values in zip(model.params(), expected):
        np.testing.assert_allclose(p.data, values, rtol=1e-4, atol=1e-6)


def test_test_only_looks(step):
    """The means are over items, also where the last batch is shorter."""
    data = Spiral(train=False)
    np.random.seed(0)
    model = MLP((10, 3))
    y = model(data.data)
    before = [p.data.copy() for p in model.params()]
    found = step.test(model, step.DataLoader(data, 70))
    loss = F.softmax_cross_entropy(y, data.label).data
    right = F.accuracy(y, data.label).data
    np.testing.assert_allclose(found, [loss, right], rtol=1e-5)
    assert all(p.grad is None for p in model.params())
    assert all(map(array_equal, before, [p.data for p in model.params()]))


@pytest.mark.long  # two trainings; the program is one more
def test_the_exercise(step):
    """With a decay of 0.003 the test loss goes on to fall."""
    last = {}
    for rate in (0, 0.003):
        np.random.seed(0)
        train_loader = step.DataLoader(step.Flawed(), 15)
        test_loader = step.DataLoader(Spiral(train=False), 300, shuffle=False)
        model = MLP((100, 100, 3), activation=F.tanh)
        optimizer = Adam(0.01).setup(model)
        if rate:
            optimizer.add_hook(WeightDecay(rate))
        for _ in range(150):
            step.train(model, optimizer, train_loader)
        last[rate] = step.test(model, test_loader)
    assert last[0][0] > 0.5 > 0.45 > last[0.003][0]
    assert last[0][1] < 0.82 < 0.85 < last[0.003][1]


def test_the_network_is_as_large_as_the_text_says(step):
    model = MLP((100, 100, 3))
    model(np.zeros((1, 2), np.float32))
    assert 10_000 < sum(p.size for p in model.params()) < 11_000


def test_the_loss_of_one_who_knows_all_but_the_mistakes(step):
    """0.64, as the text says: p is 0.8 for the true arm, and 18 of 90 labels differ."""
    flawed, spiral = step.Flawed(), Spiral()
    true = spiral.label[:90]
    p = np.full((90, 3), 0.1)
    p[np.arange(90), true] = 0.8
    loss = F.softmax_cross_entropy(np.log(p), flawed.label).data
    assert round(float(loss), 2) == 0.64


def test_the_curves_cross_after_that(run_step):
    lines = run_step(50).splitlines()[2:-1]
    rows = np.array([[float(n) for n in line.split()] for line in lines])
    epoch, train, test = rows[:, :3].T
    below = epoch[train < 0.64].min()
    assert (test < train)[epoch <= below].all() and (test > train)[-1]


def test_the_picture(step, rng, tmp_path):
    file = tmp_path / "curves.png"
    step.draw(rng.uniform(size=(20, 2, 2)), file)
    image = imread(file)[..., :3]
    red = (image[..., 0] > 0.7) & (image[..., 1] < 0.4)
    assert 0.005 < red.mean() < 0.1


def test_the_numbers_printed(run_step):
    lines = run_step(50).splitlines()
    sizes = [int(n) for n in lines[0].split(":")[1].split()]
    assert sum(sizes) == 300 and sizes[-1] == 12
    rows = np.array([[float(n) for n in line.split()] for line in lines[2:-1]])
    train, test = rows[:, 1], rows[:, 2]
    assert (np.diff(train) < 0).all()
    lowest = test.argmin()
    assert 0 < lowest < len(rows) - 1
    assert test[-1] > 1.5 * test[lowest] and test[-1] > 2 * train[-1]
    assert rows[-1, 4] < rows[lowest, 4] - 0.1
