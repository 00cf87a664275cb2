"""Step 59: an RNN, and a graph that is cut every k steps."""

import weakref

import numpy as np
import pytest
from matplotlib.image import imread

import dezero
import dezero.functions as F
from dezero import layers
from dezero.dataloaders import DataLoader
from dezero.datasets import SinCurve
from dezero.gradcheck import array_equal, check_gradients
from dezero.optimizers import Adam

# ruff: noqa: NPY002  (layers and SinCurve draw from the legacy generator)


@pytest.fixture
def step(load_step):
    return load_step(59)


def rnn_of(module, rng, hidden=4, size=3):
    """Return an RNN with float64 weights that all differ from 0."""
    rnn = module.RNN(hidden, in_size=size)
    rnn.x2h.W.data = rng.normal(size=(size, hidden))
    rnn.x2h.b.data = rng.normal(size=hidden)
    rnn.h2h.W.data = rng.normal(size=(hidden, hidden))
    return rnn


# --- cutting the graph ---


def chain(n):
    """Return Variables, each the sine of the one before."""
    xs = [dezero.Variable(np.array(1.0))]
    for _ in range(n):
        xs.append(F.sin(xs[-1]))
    return xs


@pytest.mark.parametrize("package", [False, True])
def test_unchain(step, package):
    cls = dezero.Variable if package else step.Variable
    xs = chain(3)
    cls.unchain(xs[1])
    assert xs[1].creator is None
    xs[3].backward()
    assert xs[0].grad is None
    slope = np.cos(xs[1].data) * np.cos(xs[2].data)
    np.testing.assert_allclose(xs[1].grad.data, slope)


@pytest.mark.parametrize("package", [False, True])
def test_unchain_backward(step, package):
    """All before the last are leaves; it knows its own creator still."""
    cls = dezero.Variable if package else step.Variable
    xs = chain(3)
    y = xs[3] * xs[2] + xs[1]  # two ways to xs[2], three to xs[1]
    cls.unchain_backward(y)
    assert all(x.creator is None for x in xs)
    assert y.creator is not None
    assert step.functions_behind(y) == [y.creator]
    cls.unchain_backward(y)  # once more does no harm
    cls.unchain_backward(xs[0])  # a leaf: nothing to do
    y.backward()
    assert xs[1].grad.data == 1.0 and xs[0].grad is None


def test_own_variables_have_the_methods(step):
    x = step.Variable(np.array(2.0))
    y = x * 3.0
    step.Variable.unchain(y)
    assert y.creator is None
    x.unchain()
    x.unchain_backward()
    assert x.creator is None


def test_the_cut_is_near_linear_on_a_wide_graph(step):
    """Each Function is visited once, though the ways to it are 2**60."""
    y = dezero.Variable(np.array(1.0))
    for _ in range(60):
        y = y + y
    assert len(step.functions_behind(y)) == 60
    step.Variable.unchain_backward(y)
    assert len(step.functions_behind(y)) == 1


@pytest.mark.parametrize("cut", [False, True])
def test_the_cut_frees_the_states(step, rng, cut):
    rnn = rnn_of(step, rng)
    loss, alive = 0, []
    for x in rng.normal(size=(6, 2, 3)):
        h = rnn(x)
        alive.append(weakref.ref(h))
        loss = loss + F.sum(h)
    del h
    if cut:
        step.Variable.unchain_backward(loss)
    found = [ref() is not None for ref in alive]
    assert found == ([False] * 5 + [True] if cut else [True] * 6)
    assert rnn.h is alive[-1]()


def test_training_holds_no_more_than_k_steps(step):
    """A state dies with the cut after it, but for the last one before it."""
    np.random.seed(0)
    model = step.Forecast(step.RNN(3))
    alive, most = [], []

    class Watched(DataLoader):
        def __next__(self):
            most.append(sum(ref() is not None for ref in alive))
            batch = super().__next__()
            if model.rnn.h is not None:
                alive.append(weakref.ref(model.rnn.h))
            return batch

    pairs = [(np.array([i / 9]), np.array([i / 9])) for i in range(60)]
    loader = Watched(pairs, 1, shuffle=False)
    optimizer = Adam().setup(model)
    step.train(model, optimizer, loader, k=10)
    assert 9 <= max(most) <= 11


# --- the RNN ---


def test_by_hand(step, rng):
    rnn = rnn_of(step, rng)
    W, b, U = rnn.x2h.W.data, rnn.x2h.b.data, rnn.h2h.W.data
    x0, x1 = rng.normal(size=(2, 2, 3))
    h0 = np.tanh(x0 @ W + b)
    h1 = np.tanh(x1 @ W + b + h0 @ U)
    np.testing.assert_allclose(rnn(x0).data, h0)
    np.testing.assert_allclose(rnn(x1).data, h1)
    assert array_equal(rnn.h.data, rnn.outputs[0]().data)
    rnn.reset_state()
    assert rnn.h is None
    np.testing.assert_allclose(rnn(x1).data, np.tanh(x1 @ W + b))


def test_gradients_through_four_steps(step, rng):
    xs = rng.normal(size=(4, 2, 3))

    def last_state(W, b, U):
        rnn = step.RNN(4, in_size=3)
        del rnn.x2h.W, rnn.x2h.b, rnn.h2h.W
        rnn.x2h.W, rnn.x2h.b, rnn.h2h.W = W, b, U
        for x in xs:
            h = rnn(x)
        return h

    shapes = (3, 4), (4,), (4, 4)
    check_gradients(last_state, *(0.5 * rng.normal(size=s) for s in shapes))


def test_the_rnn_of_the_package(step):
    """The same draws, states and gradients."""
    found = []
    for module in (step, layers):
        np.random.seed(0)
        rnn = module.RNN(5)
        assert rnn.x2h.W.data is None and rnn.h2h.W.data is None
        total = 0
        for x in np.random.default_rng(0).normal(size=(4, 2, 3)):
            total = total + (rnn(x) ** 2).sum()
        total.backward()
        params = list(rnn.params())
        assert [p.shape for p in params] == [(3, 5), (5,), (5, 5)]
        found.append([total.data, *(p.data for p in params)])
        found[-1] += [p.grad.data for p in params]
    for ours, theirs in zip(*found):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


# --- the wave ---


@pytest.mark.parametrize("train", [True, False])
def test_the_curve_of_the_package(step, train):
    found = []
    for cls in (step.SinCurve, SinCurve):
        np.random.seed(0)
        data = cls(train=train)
        found.append((data.data, data.label, np.random.rand()))
    for ours, theirs in zip(*found):
        assert array_equal(ours, theirs)


def test_waves(step):
    """Each of the 999 points once, in waves of 40, each t the next x."""
    np.random.seed(0)
    curve = step.SinCurve()
    np.random.seed(0)
    waves = step.Waves()
    assert len(waves) == 999
    assert array_equal(np.sort(waves.data, axis=0), np.sort(curve.data, axis=0))
    assert array_equal(waves.data[1:], waves.label[:-1])
    assert array_equal(waves.data[:3], curve.data[[0, 25, 50]])
    test = step.Waves(train=False).data[:, 0]
    np.testing.assert_allclose(test, np.cos(2 * np.pi * 25 * np.arange(999) / 999))


# --- learning ---


def test_gradient_by_hand(step, rng):
    """With k = 1 only the last product counts; with all k it is backward's."""
    np.random.seed(0)
    model = step.Forecast(step.RNN(4))
    points, t = rng.normal(size=(5, 1, 1)), np.array([[0.5]])
    g, n = step.gradient(model, points, t, 1)
    assert n == 6  # x2h, h2h, +, tanh, fc, mean_squared_error
    model.rnn.reset_state()
    for x in points[:-1]:
        before = model.rnn(x).data
    h = model.rnn(points[-1]).data
    error = h @ model.fc.W.data + model.fc.b.data - t
    expected = before.T @ (2 * error * model.fc.W.data.T * (1 - h**2))
    np.testing.assert_allclose(g, expected, rtol=1e-5)

    full, n = step.gradient(model, points, t, 4)
    assert n == 4 * 4 + 2
    model.rnn.reset_state()
    for x in points:
        y = model(x)
    model.cleargrads()
    F.mean_squared_error(y, t).backward()
    assert array_equal(full, model.rnn.h2h.W.grad.data)
    assert not np.allclose(full, g, rtol=0.01)


@pytest.mark.parametrize("scale, vanishes", [(0.5, True), (2.0, False)])
def test_what_comes_from_far_back_vanishes_or_explodes(step, scale, vanishes):
    """Near 0 the slope of tanh is 1, so W decides; 30 calls are 30 factors."""
    rnn = step.RNN(3, in_size=1)
    rnn.x2h.W.data = np.full((1, 3), 1e-12)
    rnn.h2h.W.data = scale * np.eye(3)
    first = rnn(np.ones((1, 1)))
    for _ in range(30):
        h = rnn(np.zeros((1, 1)))
    h.backward(retain_grad=True)
    np.testing.assert_allclose(first.grad.data, scale**30, rtol=1e-3)
    assert (scale**30 < 1e-8) == vanishes


def test_train_steps_every_k_points(step):
    """7 points by 3: three updates, the last after one point."""
    np.random.seed(0)
    model = step.Forecast(step.RNN(3))
    pairs = [(np.array([i / 9]), np.array([i / 5])) for i in range(7)]
    updates = []

    class Counting(Adam):
        def update(self):
            updates.append(model.rnn.h2h.W.grad is not None)
            super().update()

    optimizer = Counting().setup(model)
    step.train(model, optimizer, DataLoader(pairs, 1, shuffle=False), 3)
    assert len(updates) == 3 and updates[0]


def test_predict(step, rng):
    np.random.seed(0)
    model = step.Forecast(step.RNN(3))
    points = rng.normal(size=(4, 1))
    found = step.predict(model, points, alone=2)
    model.rnn.reset_state()
    expected = [model(x[np.newaxis]).data[0, 0] for x in points]
    for _ in range(2):
        expected.append(model(np.array([[expected[-1]]])).data[0, 0])
    np.testing.assert_allclose(found, expected)
    assert found.shape == (6,)
    assert array_equal(step.predict(model, points), found[:4])


def test_rms(step):
    assert step.rms(np.array([3.0, -4.0, 0.0, 0.0])) == 2.5


def test_the_exercise(step):
    """Without memory the best is cos(angle) * x, off by sin(angle) / sqrt(2)."""
    test = step.Waves(train=False)
    x, t = test.data[:, 0], test.label[:, 0]
    angle = 2 * np.pi * 25 / 999
    best = np.sin(angle) / np.sqrt(2)
    assert step.rms(np.cos(angle) * x - t) == pytest.approx(best, rel=1e-3)
    errors = {}
    for k in (1, 10, 100):
        np.random.seed(0)
        model = step.Forecast(step.RNN(30))
        loader = DataLoader(step.Waves(), 1, shuffle=False)
        optimizer = Adam().setup(model)
        for _ in range(2):
            step.train(model, optimizer, loader, k)
        errors[k] = step.rms((step.predict(model, test.data) - t)[40:])
    assert best > 10 * errors[10]
    assert errors[1] > 2 * errors[10] and errors[100] > 2 * errors[10]


def test_the_picture(step, rng, tmp_path):
    file = tmp_path / "waves.png"
    points = rng.uniform(size=(300, 1))
    true, alone = points[:, 0], np.zeros(200)
    step.draw(points, true, true, alone, file)
    image = imread(file)[..., :3]
    red = (image[..., 0] > 0.7) & (image[..., 1] < 0.4)
    assert 0.001 < red.mean() < 0.1


@pytest.mark.long
def test_the_numbers_printed(run_step):
    lines = run_step(59).splitlines()
    rows = [line.split() for line in lines[1:7]]
    assert [int(row[0]) for row in rows] == [40, 20, 10, 5, 2, 1]
    assert [int(row[1]) for row in rows] == [4 * int(row[0]) + 2 for row in rows]
    missing = [float(row[2].rstrip("%")) for row in rows]
    assert missing == sorted(missing) and missing[2] < 5 < missing[-1]
    copied = float(lines[7].split(":")[1])
    errors = [float(line.rsplit(":", 1)[1]) for line in lines[8:11]]
    assert copied > 10 * errors[-1] and errors == sorted(errors, reverse=True)
