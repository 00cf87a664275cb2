"""Step 60: an LSTM, streams side by side, and a comparison with the RNN."""

import numpy as np
import pytest
from matplotlib.image import imread

import dezero.functions as F
from dezero import Variable, dataloaders, layers
from dezero.gradcheck import array_equal, check_gradients
from dezero.optimizers import Adam

# ruff: noqa: NPY002  (layers and SinCurve draw from the legacy generator)


@pytest.fixture
def step(load_step):
    return load_step(60)


NAMES = "x2f x2i x2o x2u h2f h2i h2o h2u".split()


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def lstm_of(module, rng, hidden=4, size=3):
    """Return an LSTM with float64 weights, and (W, b) of its Linears by name."""
    lstm, values = module.LSTM(hidden, in_size=size), {}
    for name in NAMES:
        linear = getattr(lstm, name)
        linear.W.data = rng.normal(size=linear.W.shape)
        values[name] = linear.W.data, 0.0
        if name.startswith("x"):
            linear.b.data = rng.normal(size=hidden)
            values[name] = linear.W.data, linear.b.data
    return lstm, values


# --- the LSTM ---


def test_by_hand(step, rng):
    lstm, values = lstm_of(step, rng)
    h, c = np.zeros((2, 4)), np.zeros((2, 4))
    for x in rng.normal(size=(3, 2, 3)):
        f, i, o, u = (
            x @ values[f"x2{d}"][0] + values[f"x2{d}"][1] + h @ values[f"h2{d}"][0]
            for d in "fiou"
        )
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(u)
        h = sigmoid(o) * np.tanh(c)
        np.testing.assert_allclose(lstm(x).data, h)
        np.testing.assert_allclose(lstm.c.data, c)
    lstm.reset_state()
    assert lstm.h is None and lstm.c is None


def test_gates(step):
    """f = 1, i = 0: the memory stays as it is; o = 0: nothing is seen of it."""
    lstm = step.LSTM(3, in_size=1)
    for name in NAMES:
        getattr(lstm, name).W.data[:] = 0
    lstm.x2u.b.data[:] = 1
    x = np.ones((1, 1), np.float32)
    lstm(x)
    stored = lstm.c.data.copy()
    np.testing.assert_allclose(stored, 0.5 * np.tanh(1), rtol=1e-6)
    lstm.x2f.b.data[:], lstm.x2i.b.data[:] = 100, -100
    for _ in range(200):
        h = lstm(x)
    np.testing.assert_allclose(lstm.c.data, stored)
    np.testing.assert_allclose(h.data, 0.5 * np.tanh(stored), rtol=1e-6)
    lstm.x2o.b.data[:] = -100
    assert lstm(x).data.max() < 1e-30


def test_a_gradient_comes_back_through_200_calls(step):
    """With f near 1; with f = 0.5 nothing is left of it."""
    found = []
    for bias in (8, 0):
        np.random.seed(0)
        lstm = step.LSTM(3, in_size=1)
        lstm.x2f.b.data[:] = bias
        lstm(np.ones((1, 1)))
        first = lstm.c
        for _ in range(200):
            lstm(np.zeros((1, 1)))
        lstm.c.backward(retain_grad=True)
        found.append(float(abs(first.grad.data).max()))
    assert found[0] > 0.5 and found[1] < 1e-10


def test_gradients_through_three_steps(step, rng):
    xs = rng.normal(size=(3, 2, 3))

    def last_state(*weights):
        lstm = step.LSTM(2, in_size=3)
        rest = iter(weights)
        for name in NAMES:
            linear = getattr(lstm, name)
            del linear.W
            linear.W = next(rest)
            if linear.b is not None:
                del linear.b
                linear.b = next(rest)
        for x in xs:
            h = lstm(x)
        return h

    shapes = [(3, 2), (2,)] * 4 + [(2, 2)] * 4
    check_gradients(last_state, *(0.5 * rng.normal(size=s) for s in shapes))


@pytest.mark.parametrize("in_size", [None, 3])
def test_the_lstm_of_the_package(step, in_size):
    """The same draws, states and gradients, fused or not."""
    found = []
    for module in (step, layers):
        np.random.seed(0)
        lstm = module.LSTM(5, in_size=in_size)
        total = 0
        for x in np.random.default_rng(0).normal(size=(4, 2, 3)):
            total = total + (lstm(x) ** 2).sum()
        total.backward()
        arrays = {"total": total.data, "h": lstm.h.data, "c": lstm.c.data}
        for name in NAMES:
            linear = getattr(lstm, name)
            arrays[name] = linear.W.data
            arrays["g" + name] = linear.W.grad.data
            if name.startswith("x"):
                arrays["gb" + name] = linear.b.grad.data
        found.append(arrays)
    for name in found[0]:
        np.testing.assert_allclose(
            found[0][name], found[1][name], rtol=1e-4, atol=1e-6, err_msg=name
        )


def test_functions_a_call(step):
    """21 for the LSTM and 4 for the RNN, as the text says."""
    for layer, expected in ((step.LSTM(2), 21), (layers.RNN(2), 4)):
        x = np.ones((1, 1))
        layer(x)
        layer.h.unchain()
        if expected == 21:
            layer.c.unchain()
        found = [layer(x).creator]
        for func in found:
            for v in func.inputs:
                if v.creator is not None and v.creator not in found:
                    found.append(v.creator)
        assert len(found) == expected


def test_the_package_computes_the_gates_as_one_product(rng):
    """What the text says: [x, h, 1] @ W has f, i, o and u side by side."""
    lstm, values = lstm_of(layers, rng)
    names = "fiou"
    W = F.join_gates(
        [values[f"x2{d}"][0] for d in names],
        [values[f"h2{d}"][0] for d in names],
        [values[f"x2{d}"][1] for d in names],
    )
    x, h, c = rng.normal(size=(2, 3)), rng.normal(size=(2, 4)), rng.normal(size=(2, 4))
    a = np.concatenate([x, h, np.ones((2, 1))], axis=1) @ W.data
    f, i, o, u = np.split(a, 4, axis=1)
    expected = sigmoid(f) * c + sigmoid(i) * np.tanh(u)
    found = F.lstm_cell(x, h, c, W)
    np.testing.assert_allclose(found[1].data, expected)
    np.testing.assert_allclose(found[0].data, sigmoid(o) * np.tanh(expected))
    lstm.h, lstm.c = Variable(h), Variable(c)
    np.testing.assert_allclose(lstm(x).data, found[0].data)


# --- streams ---

PAIRS = [(i, 10 * i) for i in range(6)]


def test_streams_by_hand(step):
    loader = step.SeqDataLoader(PAIRS, 2)
    found = [(x.tolist(), t.tolist()) for x, t in loader]
    assert found == [([0, 3], [0, 30]), ([1, 4], [10, 40]), ([2, 5], [20, 50])]
    assert len(loader) == 3 and not loader.shuffle
    next(loader)  # the next loop begins anew
    assert [x.tolist() for x, _ in loader] == [[0, 3], [1, 4], [2, 5]]


@pytest.mark.parametrize("n, size", [(6, 3), (7, 3), (5, 2), (3, 2), (1, 1), (999, 27)])
def test_the_streams_of_the_package(step, n, size):
    pairs = [(i, i + 1) for i in range(n)]
    np.random.seed(0)
    ours = [x.tolist() + t.tolist() for x, t in step.SeqDataLoader(pairs, size)]
    theirs = [
        x.tolist() + t.tolist() for x, t in dataloaders.SeqDataLoader(pairs, size)
    ]
    assert ours == theirs
    assert np.random.rand() == np.random.RandomState(0).rand()  # nothing was drawn


def test_fog(step):
    np.random.seed(0)
    fog, test = step.Fog(), step.Fog(train=False)
    assert len(fog) == 9990 == 27 * 370 and len(test) == 999
    clear = np.cos(2 * np.pi * 5 * np.arange(1000) / 999)[:, np.newaxis]
    np.testing.assert_allclose(test.label, clear[1:], atol=1e-12)
    off = test.data - clear[:-1]
    assert 0.4 < abs(off).max() < 0.5 and abs(off.mean()) < 0.03
    assert off.std() == pytest.approx(1 / np.sqrt(12), rel=0.05)
    wave = np.sin(2 * np.pi * 5 * np.arange(1, 9991) / 999)
    assert abs(fog.label[:, 0] - wave).max() < 0.0501
    assert not array_equal(fog.data[:999] - fog.label[:999], test.data - test.label)


# --- learning ---


def test_train_cuts_every_k_batches(step):
    np.random.seed(0)
    model = step.Forecast(step.LSTM(3))
    updates = []

    class Counting(Adam):
        def update(self):
            assert model.rnn.h.creator is None
            updates.append(model.rnn.h2f.W.grad is not None)
            super().update()

    pairs = [(np.array([i / 9]), np.array([i / 5])) for i in range(14)]
    loader = step.SeqDataLoader(pairs, 2)
    step.train(model, Counting().setup(model), loader, 3)
    assert updates == [True, True, True]


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.long
def test_the_lstm_sees_better(step, seed):
    """On other seeds than that of the demo, and with half of the epochs."""
    np.random.seed(seed)
    loader, test = step.SeqDataLoader(step.Fog(), 27), step.Fog(train=False)
    errors = []
    for layer in (layers.RNN(100), step.LSTM(50)):
        model = step.Forecast(layer)
        if not errors:
            step.predict(model, test.data[:2])
        else:
            layer.x2f.b.data[:] = 2
        optimizer = Adam(alpha=0.005).setup(model)
        for _ in range(3):
            step.train(model, optimizer, loader, 37)
        forecasts = step.predict(model, test.data)
        errors.append(step.rms((forecasts - test.label[:, 0])[200:]))
    assert errors[1] < 0.8 * errors[0]


def test_the_exercise(step):
    """A GRU by hand, with one state and two gates, is the package's."""

    class GRU(step.Layer):
        def __init__(self, H):
            super().__init__()
            for d in "rzn":
                setattr(self, f"x2{d}", step.Linear(H))
            for d in "rzn":
                setattr(self, f"h2{d}", step.Linear(H, nobias=True, in_size=H))
            self.h = None

        def forward(self, x):
            h = np.zeros((2, 5)) if self.h is None else self.h
            r = F.sigmoid(self.x2r(x) + self.h2r(h))
            z = F.sigmoid(self.x2z(x) + self.h2z(h))
            n = F.tanh(self.x2n(x) + r * self.h2n(h))
            self.h = (1 - z) * n + z * h
            return self.h

    xs = np.random.default_rng(0).normal(size=(3, 2, 3))
    found = []
    for make in (GRU, layers.GRU):
        np.random.seed(0)
        layer = make(5)
        for x in xs:
            h = layer(x)
        found.append(h.data)
    np.testing.assert_allclose(*found, rtol=1e-5)


def test_the_picture(step, rng, tmp_path):
    file = tmp_path / "fog.png"
    true = np.cos(np.arange(999) / 30)
    points = true[:, np.newaxis] + rng.uniform(-0.5, 0.5, size=(999, 1))
    step.draw(points, true, {"RNN": true - 0.3, "LSTM": true}, file)
    image = imread(file)[..., :3]
    red = (image[..., 0] > 0.7) & (image[..., 1] < 0.4)
    assert 0.001 < red.mean() < 0.1


@pytest.mark.long
def test_the_numbers_printed(run_step):
    lines = run_step(60).splitlines()
    rnn, lstm = (int(line.split()[1].replace(",", "")) for line in lines[1:3])
    assert lstm == pytest.approx(rnn, rel=0.02)
    copied = float(lines[3].split(":")[1])
    rows = np.array([[float(n) for n in line.split()[1:]] for line in lines[5:-1]])
    assert rows[:, 0].tolist() == [1, 2, 4, 6]
    assert (np.diff(rows[:, 1:], axis=0) < 0).all() and rows.max(axis=0)[1] < copied
    assert rows[-1, 2] < 0.7 * rows[-1, 1]
