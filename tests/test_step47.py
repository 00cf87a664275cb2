"""Step 47: indexing, softmax and cross-entropy."""

import numpy as np
import pytest

import dezero
from dezero import functions as F
from dezero.gradcheck import check_gradients


@pytest.fixture
def step(load_step):
    return load_step(47)


INDICES = [
    1,
    -1,
    slice(None, None, 2),
    (slice(None), 2),
    (0, slice(1, 3)),
    (Ellipsis, None),
    np.array([0, 0, 1]),
    (np.array([0, 1, 1]), np.array([2, 0, 0])),
    np.array([[True, False, True], [False, True, False]]),
]


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_get_item(step, rng, index):
    data = rng.normal(size=(2, 3))
    np.testing.assert_array_equal(step.Variable(data)[index].data, data[index])
    check_gradients(lambda x: step.get_item(x, index), data)
    found = []
    for Variable in (step.Variable, dezero.Variable):
        x = Variable(data)
        (x[index] ** 2).sum().backward()
        found.append(x.grad.data)
    np.testing.assert_allclose(found[0], found[1])


def test_what_is_picked_twice_gets_both_gradients(step):
    x = step.Variable(np.array([1.0, 2.0, 3.0]))
    y = x[np.array([0, 0, 2])]
    y.grad = dezero.Variable(np.array([10.0, 1.0, 5.0]))
    y.backward()
    assert x.grad.data.tolist() == [11, 0, 5]
    gx = np.zeros(3)  # the text: += sets it twice
    gx[np.array([0, 0, 2])] += np.array([10.0, 1.0, 5.0])
    assert gx.tolist() == [1, 0, 5]


def test_scatter_add(step, rng):
    index = np.array([2, 0, 2, 2])
    gy = rng.normal(size=(4, 2)).astype(np.float32)
    ours = step.scatter_add(gy, index, (3, 2))
    assert ours.dtype == np.float32 and not ours[1].any()
    expected = dezero.core.scatter_add(gy, index, (3, 2))
    np.testing.assert_allclose(ours, expected, rtol=1e-6)


def test_unpacking(step):
    x = step.Variable(np.array([2.0, 3.0]))
    a, b = x
    (a * b).backward()
    assert x.grad.data.tolist() == [3, 2]
    with pytest.raises(TypeError, match="0-d Variable cannot be iterated"):
        list(step.Variable(np.array(1.0)))


def test_setting_is_forbidden(step):
    for Variable in (step.Variable, dezero.Variable):
        x = Variable(np.zeros(2))
        with pytest.raises(TypeError, match=r"x\[\.\.\.\] = value .*x\.data.*step 47"):
            x[0] = 1.0
        assert not x.data.any()


def test_softmax_by_hand(step):
    p = step.softmax(np.log([[1.0, 2.0, 1.0]])).data
    np.testing.assert_allclose(p, [[0.25, 0.5, 0.25]])


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_softmax(step, rng, axis):
    data = rng.normal(size=(3, 4))
    y = step.softmax(data, axis)
    np.testing.assert_allclose(y.data, F.softmax(data, axis).data, rtol=1e-12)
    np.testing.assert_allclose(y.data.sum(axis=axis), 1)
    check_gradients(lambda x: step.softmax(x, axis), data)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_at_1000(step, dtype):
    data = np.array([[1000.0, 1000.0, 0.0], [-1000.0, 0.0, -1000.0]], dtype)
    with np.errstate(all="raise", under="ignore"):
        p = step.softmax(data)
    assert p.dtype == dtype
    np.testing.assert_allclose(p.data, [[0.5, 0.5, 0], [0, 1, 0]])
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        np.exp(data)  # the formula as it is written


def losses(step):
    return (
        step.softmax_cross_entropy,
        step.softmax_cross_entropy_simple,
        F.softmax_cross_entropy,
        F.softmax_cross_entropy_simple,
    )


def test_the_published_number(step):
    """D6: 0.41 to two decimals for p = [0.66, 0.24, 0.10] and class 0."""
    x = np.log(np.array([[0.66, 0.24, 0.10]]))
    for f in losses(step):
        loss = float(f(x, np.array([0])).data)
        assert loss == pytest.approx(0.41551544396)
        assert int(loss * 100) / 100 == 0.41


@pytest.mark.parametrize("n, k", [(4, 3), (1, 2), (3, 10)])
def test_loss(step, rng, n, k):
    """Values and both derivatives; the second goes through softmax again."""
    data, t = rng.normal(size=(n, k)), rng.integers(k, size=n)
    p = np.exp(data) / np.exp(data).sum(axis=1, keepdims=True)
    by_hand = -np.log(p[np.arange(n), t]).mean()
    for f in losses(step):
        x = dezero.Variable(data)
        loss = f(x, t)
        assert loss.shape == () and float(loss.data) == pytest.approx(by_hand)
        loss.backward()
        np.testing.assert_allclose(x.grad.data, (p - np.eye(k)[t]) / n, atol=1e-12)
        check_gradients(lambda x, f=f: f(x, t), data)


def test_the_way_back_uses_what_was_kept(step, rng, monkeypatch):
    x = dezero.Variable(rng.normal(size=(4, 3)))
    loss = step.softmax_cross_entropy(x, np.array([0, 1, 2, 0]))
    called = []
    softmax = step.softmax
    monkeypatch.setattr(step, "softmax", lambda x: called.append(1) or softmax(x))
    loss.backward()
    assert not called
    x.cleargrad()
    loss.backward(create_graph=True)
    assert called


def test_one_function_or_many(step, rng):
    def count(y):
        seen, waiting = set(), [y]
        while waiting:
            v = waiting.pop()
            if v.creator is not None and v.creator not in seen:
                seen.add(v.creator)
                waiting += v.creator.inputs
        return len(seen)

    x, t = dezero.Variable(rng.normal(size=(4, 3))), np.array([0, 1, 2, 0])
    assert count(step.softmax_cross_entropy(x, t)) == 1
    assert count(step.softmax_cross_entropy_simple(x, t)) == 7


def test_far_behind(step):
    """The simple one stops at -log(1e-15), with no gradient; the other goes on."""
    for f, loss, gx in zip(losses(step), (2000, 34.5388) * 2, (1, 0) * 2):
        found = step.loss_and_gradient(f, [[2000.0, 0.0]], [1])
        assert found[0] == pytest.approx(loss, rel=1e-5)
        np.testing.assert_allclose(found[1], [[gx, -gx]])


def test_no_gradient_for_the_classes(step, rng):
    x = dezero.Variable(rng.normal(size=(2, 3)).astype(np.float32))
    t = dezero.Variable(np.array([0, 2]))
    loss = step.softmax_cross_entropy(x, t)
    loss.backward()
    assert t.grad is None
    assert loss.dtype == x.grad.dtype == np.float32


def test_the_exercise(step, rng):
    """A temperature sharpens or flattens; gx of soft labels is p - q."""
    x = np.array([[2.0, 1.0, 0.1]])
    assert step.softmax(x / 0.1).data[0, 0] > 0.9999
    assert np.ptp(step.softmax(x / 10).data) < 0.08

    data, q = rng.normal(size=(3, 4)), rng.dirichlet(np.ones(4), size=3)
    v = dezero.Variable(data)
    loss = -(q * F.log(step.softmax(v))).sum()
    loss.backward()
    np.testing.assert_allclose(v.grad.data, step.softmax(data).data - q)


def test_the_numbers_printed(run_step):
    lines = run_step(47).splitlines()
    assert "nan" in lines[7] and lines[7].endswith("0.66 0.24 0.10")
    assert "loss 0.4155," in lines[8]
    assert [line.split()[-2] for line in lines[10:]] == ["34.54", "2000.00"]


def test_embed_id_picks_rows(step, rng):
    W = dezero.Variable(rng.normal(size=(4, 2)))
    y = step.embed_id(np.array([[3, 0], [3, 3]]), W)
    np.testing.assert_array_equal(y.data, W.data[[[3, 0], [3, 3]]])
    y.backward()
    assert W.grad.data.tolist() == [[1, 1], [0, 0], [0, 0], [3, 3]]


def test_the_layer_embed_id_is_that_of_the_package(step):
    x = np.array([1, 0, 1])
    found = []
    for EmbedID in (step.EmbedID, dezero.layers.EmbedID):
        np.random.seed(3)  # noqa: NPY002
        layer = EmbedID(4, 3)
        y = layer(x)
        (y * y).sum().backward()
        assert list(layer.params()) == [layer.W]
        found.append([y.data, layer.W.grad.data])
    for a, b in zip(*found):
        np.testing.assert_array_equal(a, b)
