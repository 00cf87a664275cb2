"""Step 48: the spiral, mini-batches by hand, and regions of the plane."""

import numpy as np
import pytest
from matplotlib.image import imread

import dezero.functions as F
from dezero import Variable, datasets
from dezero.models import MLP
from dezero.optimizers import SGD

# ruff: noqa: NPY002  (the points and the first weights are from the legacy generator)


@pytest.fixture
def step(load_step):
    return load_step(48)


@pytest.fixture
def spiral(step):
    return step.get_spiral()


def network(x, *sizes):
    """Return an MLP with its weights drawn: the same on every call."""
    np.random.seed(0)
    model = MLP(sizes)
    model(x[:1])
    return model


def gradient(model, x, t):
    model.cleargrads()
    F.softmax_cross_entropy(model(x), t).backward()
    return np.concatenate([p.grad.data.ravel() for p in model.params()])


@pytest.mark.parametrize("train", [True, False])
def test_the_points_are_those_of_the_package(step, train):
    for a, b in zip(step.get_spiral(train), datasets.get_spiral(train)):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == b.dtype


def test_three_arms(spiral):
    """Each arm has the radii 0.00 ... 0.99, and an angle that grows with them."""
    x, t = spiral
    assert x.shape == (300, 2) and x.dtype == np.float32
    for j in range(3):
        arm = x[t == j].astype(float)
        radius = np.hypot(*arm.T)
        order = radius.argsort()
        np.testing.assert_allclose(radius[order], np.arange(100) / 100, atol=1e-6)
        turn = np.arctan2(arm[:, 0], arm[:, 1]) - 4 * j - 4 * radius
        turn = (turn[order][1:] + np.pi) % (2 * np.pi) - np.pi
        assert abs(turn).max() < 0.8 and turn.std() == pytest.approx(0.2, rel=0.2)
    assert (np.diff(t) != 0).sum() > 150  # shuffled


def test_the_global_generator_is_left_alone(step):
    np.random.seed(3)
    expected = np.random.rand()
    np.random.seed(3)
    step.get_spiral()
    assert np.random.rand() == expected


def test_an_epoch_takes_every_point_once(step, spiral):
    x, t = spiral
    seen = []

    def model(batch):
        seen.append(batch)
        return np.zeros((len(batch), 3)) + 0.0

    class Watch:
        def update(self):
            pass

    model.cleargrads = lambda: None
    loss = step.train_epoch(model, Watch(), x, t, 70, np.random.default_rng(0))
    assert [len(batch) for batch in seen] == [70, 70, 70, 70, 20]
    points = np.concatenate(seen)
    assert (points != x).any()  # in another order
    np.testing.assert_array_equal(np.sort(points, axis=0), np.sort(x, axis=0))
    assert loss == pytest.approx(np.log(3))


def test_the_loss_is_the_mean_over_points(step, spiral):
    """Also where the last batch is shorter; with lr=0 nothing changes."""
    x, t = spiral
    model = network(x, 3)
    expected = float(F.softmax_cross_entropy(model(x), t).data)
    optimizer = SGD(lr=0.0).setup(model)
    loss = step.train_epoch(model, optimizer, x, t, 70, np.random.default_rng(0))
    assert loss == pytest.approx(expected, rel=1e-5)


def test_one_update_by_hand(step, spiral):
    x, t = spiral
    model, other = network(x, 4, 3), network(x, 4, 3)
    gradient(other, x, t)
    expected = [p.data - 0.5 * p.grad.data for p in other.params()]
    optimizer = SGD(lr=0.5).setup(model)
    step.train_epoch(model, optimizer, x, t, 300, np.random.default_rng(0))
    for p, data in zip(model.params(), expected):
        np.testing.assert_allclose(p.data, data, rtol=1e-4, atol=1e-6)


def test_right_by_hand(step):
    scores = np.array([[1.0, 2.0, 0.0], [5.0, 4.0, 3.0], [0.0, 0.0, 1.0]])
    assert step.right(lambda x: Variable(scores), None, np.array([1, 0, 0])) == 2


def test_a_batch_points_roughly_the_same_way(step, spiral, rng):
    """And one from a single arm does not, as the text says."""
    x, t = spiral
    model = network(x, 10, 3)
    whole = gradient(model, x, t)

    def cosine(batch):
        g = gradient(model, x[batch], t[batch])
        return g @ whole / np.linalg.norm(g) / np.linalg.norm(whole)

    mixed = [cosine(rng.permutation(300)[:30]) for _ in range(20)]
    assert np.mean(mixed) > 0.7
    one_arm = [cosine(np.flatnonzero(t == j)[:30]) for j in range(3)]
    assert min(one_arm) < 0


def test_straight_borders_without_a_hidden_layer(step, spiral, rng):
    """Between two points of a region everything belongs to it."""
    a, b = rng.uniform(-1, 1, size=(2, 1000, 2)).astype(np.float32)
    bent = {}
    for sizes, epochs in [((3,), 20), ((10, 3), 200)]:
        model = network(a, *sizes)
        optimizer = SGD(lr=1.0).setup(model)
        for _ in range(epochs):
            step.train_epoch(model, optimizer, *spiral, 30, rng)
        one, two, middle = (model(p).data.argmax(axis=1) for p in (a, b, (a + b) / 2))
        bent[len(sizes)] = ((one == two) & (middle != one)).sum()
        if len(sizes) == 1:
            assert step.right(model, *spiral) < 200
        else:
            assert step.right(model, *spiral) > 270
    assert bent[1] == 0 and bent[2] > 50


@pytest.mark.long
def test_the_exercise(step, spiral):
    """As many updates with all 300 points each, so ten times the epochs."""
    x, t = spiral
    found = {}
    for size, epochs in [(300, 200), (30, 200), (1, 20)]:
        model = network(x, 10, 3)
        optimizer = SGD(lr=1.0 if size > 1 else 0.2).setup(model)
        rng = np.random.default_rng(0)
        for _ in range(epochs):
            step.train_epoch(model, optimizer, x, t, size, rng)
        found[size] = step.right(model, x, t)
    assert found[300] < 200 < 260 < found[30]
    assert found[1] > 230  # after a tenth of the epochs


def test_the_picture(step, spiral, tmp_path):
    x, t = spiral
    file = tmp_path / "spiral.png"
    models = {"a": network(x, 3), "b": network(x, 10, 3)}
    step.draw(models, x, t, file)
    image = imread(file)[..., :3]
    colored = (np.ptp(image, axis=2) > 0.1).mean()
    assert 0.5 < colored < 0.95


def test_the_numbers_printed(run_step):
    lines = run_step(48).splitlines()
    assert lines[0] == "300 points: 100 + 100 + 100"
    straight, bent = lines[2:5], lines[6:11]
    assert all(int(line.split()[-1]) < 180 for line in straight)
    rights = [int(line.split()[-1]) for line in bent]
    losses = [float(line.split()[3]) for line in bent]
    assert rights[-1] > 280 and losses == sorted(losses, reverse=True)
