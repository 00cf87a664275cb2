"""Step 43: linear, sigmoid, and a network of two layers."""

import numpy as np
import pytest
from matplotlib.image import imread

import dezero
from dezero import functions as F
from dezero.gradcheck import check_gradients


@pytest.fixture
def step(load_step):
    return load_step(43)


@pytest.fixture
def samples(step, rng):
    x = rng.uniform(-1, 1, size=(100, 1))
    return x, step.wave(x) + rng.normal(0, 0.2, size=x.shape)


def test_linear_by_hand(step):
    W, b = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([10.0, 20.0])
    x = np.array([[1.0, 1.0], [0.0, 2.0]])
    for linear in (step.linear, F.linear):
        xs = [dezero.Variable(data) for data in (x, W, b)]
        y = linear(*xs)
        assert y.data.tolist() == [[14, 26], [16, 28]]
        y.backward()
        gx, gW, gb = (v.grad.data.tolist() for v in xs)
        assert gx == [[3, 7], [3, 7]]
        assert gW == [[1, 1], [3, 3]]
        assert gb == [2, 2]
        np.testing.assert_array_equal(linear(x, W).data, x @ W)


@pytest.mark.parametrize("n, d, k", [(3, 4, 2), (1, 1, 1), (5, 1, 3)])
@pytest.mark.parametrize("bias", [True, False])
def test_linear(step, rng, n, d, k, bias):
    xs = [rng.normal(size=s) for s in ((n, d), (d, k), (k,))]
    check_gradients(step.linear, *xs[: 2 + bias])
    found = []
    for linear in (step.linear, F.linear, F.linear_simple):
        vs = [dezero.Variable(data) for data in xs[: 2 + bias]]
        y = linear(*vs)
        y.backward()
        found.append([y.data, *(v.grad.data for v in vs)])
    for others in found[1:]:
        for a, b in zip(found[0], others):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


def test_linear_is_one_function(step):
    """And keeps nothing but y, as the text says."""
    x, W, b = (dezero.Variable(np.ones(s)) for s in ((2, 3), (3, 4), 4))
    func = step.linear(x, W, b).creator
    assert type(func).__name__ == "Linear"
    assert func.inputs == [x, W, b]


def test_sigmoid_by_hand(step):
    x = dezero.Variable(np.array([0.0, np.log(3), -np.log(3)]))
    y = step.sigmoid(x)
    np.testing.assert_allclose(y.data, [0.5, 0.75, 0.25])
    y.backward()
    np.testing.assert_allclose(x.grad.data, [1 / 4, 3 / 16, 3 / 16])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_never_overflows(step, dtype):
    data = np.array([-1000.0, -100.0, 0.0, 100.0, 1000.0], dtype=dtype)
    with np.errstate(all="raise", under="ignore"):
        for sigmoid in (step.sigmoid, F.sigmoid):
            x = dezero.Variable(data)
            y = sigmoid(x)
            y.backward()
            np.testing.assert_allclose(y.data, [0, 0, 0.5, 1, 1], atol=1e-40)
            np.testing.assert_allclose(x.grad.data, [0, 0, 0.25, 0, 0], atol=1e-40)
            assert y.dtype == x.grad.dtype == dtype


def test_the_formula_overflows(step):
    """As the text says of 1 / (1 + exp(-x)), though the value is right."""
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        F.sigmoid_simple(np.array(-1000.0))


def test_sigmoid(step, rng):
    data = 5 * rng.normal(size=(2, 3))
    check_gradients(step.sigmoid, data)
    for sigmoid in (F.sigmoid, F.sigmoid_simple):
        a, b = dezero.Variable(data), dezero.Variable(data)
        ya, yb = step.sigmoid(a), sigmoid(b)
        ya.backward(), yb.backward()
        np.testing.assert_allclose(ya.data, yb.data, rtol=1e-12)
        np.testing.assert_allclose(a.grad.data, b.grad.data, rtol=1e-12, atol=1e-15)


def test_start(step, rng):
    weights = step.start([1, 10, 3], rng)
    assert [w.shape for w in weights] == [(1, 10), (10,), (10, 3), (3,)]
    assert not weights[1].data.any() and not weights[3].data.any()
    assert len(np.unique(weights[0].data)) == 10


def test_predict(step, samples):
    x, _ = samples
    weights = step.start([1, 4, 1], np.random.default_rng(1))
    W1, b1, W2, b2 = (w.data for w in weights)
    by_hand = 1 / (1 + np.exp(-(x @ W1 + b1))) @ W2 + b2
    np.testing.assert_allclose(step.predict(x, weights).data, by_hand)
    check_gradients(lambda *ws: step.predict(x[:5], ws), *(w.data for w in weights))


def test_one_step_by_hand(step, samples):
    x, t = samples
    weights = step.start([1, 4, 1], np.random.default_rng(1))
    before = [w.data.copy() for w in weights]
    loss = F.mean_squared_error(step.predict(x, weights), t)
    loss.backward()
    expected = [w - 0.3 * v.grad.data for w, v in zip(before, weights)]
    fresh = [dezero.Variable(w) for w in before]
    assert step.train(x, t, fresh, steps=1) == [float(loss.data)]
    for w, data in zip(fresh, expected):
        np.testing.assert_allclose(w.data, data)


def test_training_goes_on_where_it_stopped(step, samples):
    runs = []
    for parts in ([20], [5, 15]):
        weights = step.start([1, 10, 1], np.random.default_rng(1))
        runs.append([v for n in parts for v in step.train(*samples, weights, n)])
    assert runs[0] == runs[1]


def test_two_lines_are_a_line(step, rng):
    """As the text says: nothing bent in between, nothing won."""
    x, A, B = (rng.normal(size=s) for s in ((5, 2), (2, 3), (3, 4)))
    twice = step.linear(step.linear(x, A), B)
    np.testing.assert_allclose(twice.data, step.linear(x, A @ B).data)


def test_the_exercise(step, samples):
    """Equal units stay equal; without a sigmoid the best line is the limit."""
    x, t = samples
    weights = step.start([1, 10, 1], np.random.default_rng(1))
    for w in (weights[0], weights[2]):
        w.data[...] = 1
    step.train(x, t, weights, 100, rate=0.05)
    for w in weights[:3]:
        assert np.ptp(w.data) < 1e-9 and abs(w.data - 1).max() > 1e-3

    columns = np.hstack([x, np.ones_like(x)])
    miss = t - columns @ np.linalg.lstsq(columns, t, rcond=None)[0]
    step.sigmoid = lambda x: x
    weights = step.start([1, 10, 1], np.random.default_rng(1))
    losses = step.train(x, t, weights, 300, rate=0.02)
    assert losses[-1] == pytest.approx(np.mean(miss**2), rel=1e-3)
    assert min(losses) >= np.mean(miss**2) * (1 - 1e-12)


def test_what_the_text_says_of_the_picture(step, rng, samples):
    """One unit climbs in the middle; the other nine go down."""
    x, t = samples
    weights = step.start([1, 10, 1], rng)
    step.train(x, t, weights, 1000)
    W1, b1, W2, _ = weights
    ends = step.linear(np.array([[-1.0], [1.0]]), W1, b1)
    rise = np.diff(step.sigmoid(ends).data * W2.data.T, axis=0)[0]
    assert (rise > 0).sum() == 1 and rise.max() > 4
    assert (abs(rise) < rise.max() / 2).sum() == 9


def test_the_picture(step, samples, tmp_path):
    weights = step.start([1, 10, 1], np.random.default_rng(1))
    grid = np.linspace(-1, 1, 201).reshape(-1, 1)
    curves = {n: step.predict(grid, weights).data for n in (1, 2, 3)}
    file = tmp_path / "wave.png"
    step.draw(*samples, curves, weights, file)
    image = imread(file)[..., :3]
    assert 0.005 < (image.min(axis=2) < 0.9).mean() < 0.3


def test_the_numbers_printed(run_step):
    lines = run_step(43).splitlines()
    line, wave = (float(text.split()[-1]) for text in lines[:2])
    losses = {
        int(text.split()[1].replace(",", "")): float(text.split()[-1])
        for text in lines[2:-1]
    }
    assert losses[100] == pytest.approx(line, rel=0.05)
    assert losses[1000] < 1.2 * wave < line / 10
    assert list(losses.values()) == sorted(losses.values(), reverse=True)
