"""Step 69: index_select, Embedding, and a fused softmax cross-entropy."""

import numpy as np
import pytest

import dezero
from dezero import functions as F

# Grokking Deep Learning, chapter 13: ten losses
LOSSES = [
    1.3885032434928422,
    0.9558181509266037,
    0.6823083585795604,
    0.5095259967493119,
    0.39574491472895856,
    0.31752527285348264,
    0.2617222861964216,
    0.22061283923954234,
    0.18946427334830068,
    0.16527389263866668,
]
X, T = np.array([1, 2, 1, 2]), np.array([0, 1, 0, 1])


@pytest.fixture
def step(load_step):
    return load_step(69)


def test_the_published_numbers_are_printed(run_step):
    header, *lines = run_step(69).splitlines()
    assert header.split("  ")[0] == "0.1, no 1/N"
    columns = np.array([[float(x) for x in line.split()] for line in lines[:10]]).T
    for column in 0, 1, 3:  # not divided by N; 0.4 and divided; dezero, 0.4
        assert columns[column] == pytest.approx(LOSSES, rel=1e-8)
    assert columns[2][0] == pytest.approx(LOSSES[0], rel=1e-8)
    assert (columns[2][1:] > LOSSES[1:]).all()  # 0.1 and divided: slower
    assert lines[10] == "the loss of p = [0.66, 0.24, 0.10] for class 0 is 0.4155"
    assert lines[11] == "in one piece: 1 operation back instead of 13,"


def test_the_losses_and_the_missing_division(step):
    assert list(step.train(X, T, 0.1, 4.0)) == pytest.approx(LOSSES, rel=1e-8)
    assert list(step.train(X, T, 0.4, 1.0)) == pytest.approx(LOSSES, rel=1e-8)
    slower = list(step.train(X, T, 0.1, 1.0))
    assert slower[0] == pytest.approx(LOSSES[0]) and slower[9] == pytest.approx(
        0.6582, 1e-4
    )


def test_dezero_comes_the_same_way(step):
    assert list(step.train_dezero(X, T, 0.4)) == pytest.approx(LOSSES, rel=1e-8)


def test_the_first_weights(step):
    embedding, _, linear = step.layers()
    row = [0.07172979, 0.03425446, 0.01496106]
    np.testing.assert_allclose(embedding.W.data[0], row, atol=5e-9)
    assert linear.W.data.shape == (3, 4) and not linear.b.data.any()


def test_the_loss_of_one_row(step):
    scores = step.Tensor(np.log([[0.66, 0.24, 0.10]]))
    loss = float(scores.cross_entropy(np.array([0])).data)
    assert loss == pytest.approx(-np.log(0.66)) and round(loss, 4) == 0.4155


def test_an_engine_that_is_extended_keeps_its_class(step):
    """Gradients too, so that they have index_add, and rules of their own."""
    W = step.Tensor(np.ones((3, 2)), autograd=True)
    W.index_select(np.array([0, 2])).tanh().backward(create_graph=True)
    assert type(W.grad) is step.Tensor


# --- rows by number ---


def test_index_select_by_hand(step):
    W = step.Tensor(np.arange(6.0).reshape(3, 2), autograd=True)
    y = W.index_select(np.array([2, 0, 2]))
    assert y.data.tolist() == [[4, 5], [0, 1], [4, 5]]
    y.backward(step.Tensor(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])))
    assert W.grad.data.tolist() == [[3, 4], [0, 0], [6, 8]]


@pytest.mark.parametrize("rows", [[0], [2, 2, 2], [[0, 1], [1, 1]], [-1, 2]])
def test_index_select_is_embed_id(step, rng, rows):
    """Values, first and second derivatives."""
    data, rows = rng.normal(size=(3, 4)), np.array(rows)
    W, V = step.Tensor(data, autograd=True), dezero.Variable(data)
    y, u = W.index_select(rows), F.embed_id(rows, V)
    y, u = y * y * y, u**3
    for _ in range(2):
        np.testing.assert_allclose(y.data, u.data)
        y.backward(create_graph=True)
        u.backward(create_graph=True)
        y, u = W.grad, V.grad
        np.testing.assert_allclose(y.data, u.data)
        W.grad = V.grad = None


def test_no_word_of_that_number(step):
    W = step.Tensor(np.ones((3, 2)), autograd=True)
    with pytest.raises(IndexError, match="index 3 is out of bounds"):
        W.index_select(np.array([0, 3]))


def test_embedding(step):
    embedding = step.Embedding(5, 2, np.random.default_rng(0))
    assert embedding.parameters() == [embedding.W]
    assert embedding.W.data.shape == (5, 2) and abs(embedding.W.data).max() <= 0.25
    y = embedding(np.array([4, 4]))
    np.testing.assert_array_equal(y.data, embedding.W.data[[4, 4]])


def test_one_hot_rows_times_the_table_are_the_same(step, rng):
    W = step.Tensor(rng.normal(size=(3, 2)), autograd=True)
    rows = np.array([2, 0, 2])
    gradients = []
    for y in W.index_select(rows), step.one_hot(rows, 3).mm(W):
        W.grad = None
        (y * y).backward()
        gradients.append(W.grad.data)
    np.testing.assert_allclose(*gradients)


# --- the loss ---


@pytest.mark.parametrize("way", ["fused", "small"])
@pytest.mark.parametrize("n, k", [(1, 1), (4, 3), (7, 10)])
def test_the_loss_is_that_of_dezero(step, rng, way, n, k):
    data, t = rng.normal(size=(n, k)), rng.integers(k, size=n)
    x, v = step.Tensor(data, autograd=True), dezero.Variable(data)
    y = x.cross_entropy(t) if way == "fused" else step.in_small_steps(x, t)
    u = F.softmax_cross_entropy(v, t)
    np.testing.assert_allclose(y.data, u.data, atol=1e-15)
    y.backward(step.Tensor(3.0))
    u.grad = dezero.Variable(np.array(3.0))
    u.backward()
    np.testing.assert_allclose(x.grad.data, v.grad.data, atol=1e-15)


def test_large_scores(step):
    """In one piece the loss is finite; step by step it is not."""
    x = step.Tensor(np.array([[1000.0, -1000.0]]), autograd=True)
    t = np.array([1])
    y = x.cross_entropy(t)
    y.backward()
    assert y.data == 2000 and x.grad.data.tolist() == [[1, -1]]
    with np.errstate(all="ignore"):
        assert not np.isfinite(step.in_small_steps(x, t).data)


def test_the_gradient_does_not_grow_with_the_batch(step, rng):
    data, t = rng.normal(size=(4, 3)), np.array([0, 1, 2, 0])
    once = step.Tensor(data, autograd=True)
    twice = step.Tensor(np.vstack([data, data]), autograd=True)
    once.cross_entropy(t).backward()
    twice.cross_entropy(np.r_[t, t]).backward()
    np.testing.assert_allclose(2 * twice.grad.data[:4], once.grad.data)


def test_the_second_derivative_is_refused(step, rng):
    """excess is an array; a wrong gradient, zero, would be worse than none."""
    x = step.Tensor(rng.normal(size=(2, 3)), autograd=True)
    x.cross_entropy(np.array([0, 2])).backward(create_graph=True)
    with pytest.raises(NotImplementedError, match="no case excess"):
        x.grad.backward()


def test_in_small_steps_has_second_derivatives(step, rng):
    data, t = rng.normal(size=(2, 3)), np.array([0, 2])
    x, v = step.Tensor(data, autograd=True), dezero.Variable(data)
    y, u = step.in_small_steps(x, t), F.softmax_cross_entropy(v, t)
    y.backward(create_graph=True)
    u.backward(create_graph=True)
    gx, gv = x.grad, v.grad
    x.grad = v.grad = None
    (gx * gx).backward()
    (gv * gv).backward()
    np.testing.assert_allclose(x.grad.data, v.grad.data)


@pytest.mark.parametrize("name", ["exp", "log"])
def test_exp_and_log(step, rng, name):
    data = rng.uniform(0.5, 2, size=(2, 3))
    x, v = step.Tensor(data, autograd=True), dezero.Variable(data)
    y, u = getattr(x, name)(), getattr(F, name)(v)
    for _ in range(3):
        np.testing.assert_allclose(y.data, u.data)
        y.backward(create_graph=True)
        u.backward(create_graph=True)
        y, u = x.grad, v.grad
        np.testing.assert_allclose(y.data, u.data)
        x.grad = v.grad = None


def test_the_exercise(step, rng):
    """The case "excess", and with it second derivatives of the fused loss."""

    class Tensor(step.Tensor):
        def gradients(self, gy):
            match self.creation_op:
                case "cross_entropy", excess, onehot:
                    n, k = excess.shape
                    gy = (gy * Tensor(1 / n)).expand(0, k).expand(0, n)
                    op = "excess", onehot
                    return (gy * step.made(op, excess, self.creators[0]),)
                case "excess", onehot:
                    p = self + Tensor(onehot)
                    mean = (gy * p).sum(1).expand(1, p.data.shape[1])
                    return (p * (gy - mean),)
            return super().gradients(gy)

        def cross_entropy(self, t):
            y = super().cross_entropy(t)
            op, onehot = y.creation_op, step.one_hot(t, self.data.shape[1])
            y.creation_op = (*op, onehot.data)
            return y

    data, t = rng.normal(size=(2, 3)), np.array([0, 2])
    x, v = Tensor(data, autograd=True), dezero.Variable(data)
    for a, loss in (x, x.cross_entropy(t)), (v, F.softmax_cross_entropy(v, t)):
        loss.backward(create_graph=True)
        g, a.grad = a.grad, None
        (g * g).backward()
    np.testing.assert_allclose(x.grad.data, v.grad.data)


def test_a_word_that_is_never_named_does_not_move(step):
    model = step.Sequential(step.layers())
    table = model.layers[0].W
    before = table.data.copy()
    optimizer = step.SGD(model.parameters(), 0.4)
    for _ in range(3):
        model(X).cross_entropy(T).backward()
        optimizer.step()
    moved = (table.data != before).any(axis=1)
    assert moved.tolist() == [False, True, True]
