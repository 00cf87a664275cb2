"""Step 81: a GPT from its parts, tables of counts, and losses on unseen text."""

import re

import numpy as np
import pytest

from dezero import Variable, layers, models, no_grad

# ruff: noqa: NPY002  (first weights are from the legacy generator)


@pytest.fixture
def step(load_step):
    return load_step(81)


@pytest.fixture(autouse=True)
def seed():
    np.random.seed(0)


def trained(gpt, rng):
    """Return a GPT whose blocks do something: at first they hand on what they get."""
    gpt(np.zeros((1, 1), int))
    for param in gpt.params():
        param.data = rng.normal(0, 0.3, param.shape).astype(np.float32)
    return gpt


def test_scores_are_products_with_the_vectors_by_hand(step):
    for kind in step.Embedding, layers.Embedding:
        embedding = kind(3, 2)
        embedding.W.data = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
        h = np.array([[3.0, 4.0]])
        np.testing.assert_allclose(embedding.scores(h).data, [[3, 8, 7]])
        np.testing.assert_allclose(embedding(np.array([2, 0])).data, [[1, 1], [1, 0]])
        embedding.scores(h).sum().backward()  # the matrix learns from the scores, too
        np.testing.assert_allclose(embedding.W.grad.data, [[3, 4]] * 3)


def test_the_vectors_begin_small(step):
    for kind in step.Embedding, layers.Embedding:
        W = kind(1000, 50).W.data
        assert W.dtype == np.float32
        assert W.std() == pytest.approx(0.02, rel=0.02)


def test_the_first_loss_is_that_of_knowing_nothing(step, rng):
    x, t = rng.integers(0, 50, (2, 4, 16))
    loss = step.loss_of(step.GPT(50, 16), x, t)
    assert float(loss.data) == pytest.approx(np.log(50), rel=0.03)
    assert loss.dtype == np.float32


def test_the_gpt_of_the_package_is_the_same(step, rng):
    ids = rng.integers(0, 11, (2, 5))
    ours, theirs = (
        trained(kind(11, 8, width=16, depth=3, heads=2), np.random.default_rng(0))
        for kind in (step.GPT, models.GPT)
    )
    y = ours(ids)
    assert y.shape == (2, 5, 11)
    np.testing.assert_allclose(y.data, theirs(ids).data, rtol=1e-6)
    keys = {key for key, _ in vars(ours).items() if not key.startswith("_")}
    assert {"embedding", "blocks", "norm", "context"} <= keys


def test_a_later_token_changes_no_earlier_score(step, rng):
    gpt = trained(step.GPT(11, 8, width=16, heads=2), rng)
    ids = rng.integers(0, 11, (1, 8))
    y = gpt(ids).data
    for t in range(8):
        other = ids.copy()
        other[0, t] = (other[0, t] + 1) % 11
        changed = (gpt(other).data != y).any(axis=(0, 2))
        assert not changed[:t].any() and changed[t]


def test_one_pass_gives_the_predictions_of_all_places(step, rng):
    gpt = trained(step.GPT(11, 8, width=16, heads=2), rng)
    ids = rng.integers(0, 11, (2, 8))
    y = gpt(ids).data
    for t in range(1, 9):
        last = gpt(ids[:, :t]).data[:, -1]
        np.testing.assert_allclose(last, y[:, t - 1], rtol=1e-4, atol=1e-5)


def test_the_parameters_counted_by_hand(step):
    """Vectors, two norms, four maps of attention, three of the MLP, the last norm."""
    V, E, depth, hidden = 61, 64, 2, 176
    gpt = step.GPT(V, 64, width=E, depth=depth)
    gpt(np.zeros((1, 1), int))
    block = 2 * E + 4 * (E * E + E) + 2 * (E * hidden + hidden) + hidden * E + E
    assert sum(p.size for p in gpt.params()) == V * E + depth * block + E


def test_the_loss_is_the_mean_over_all_places(step, rng):
    y, t = rng.normal(size=(2, 3, 4)), rng.integers(0, 4, (2, 3))
    p = np.exp(y) / np.exp(y).sum(axis=-1, keepdims=True)
    by_hand = [-np.log(p[n, i, t[n, i]]) for n in range(2) for i in range(3)]
    loss = step.loss_of(lambda x: Variable(y), None, t)
    assert float(loss.data) == pytest.approx(np.mean(by_hand))


def test_tables_by_hand(step):
    """A row counts as if it had been seen once more, as the shorter context says."""
    train, test = np.array([0, 1, 0, 1, 0]), np.array([0, 1])
    single = [(3 + 1 / 2) / 6, (2 + 1 / 2) / 6]
    loss = step.table_loss(train, test, 0, 2)
    assert loss == pytest.approx(-np.log(single).mean())
    after_0 = (2 + single[1]) / 3  # 0 was followed twice, by 1 each time
    assert step.table_loss(train, test, 1, 2) == pytest.approx(-np.log(after_0))
    # 1 0 was followed by 1 once, and 0 by 1 twice
    test = np.array([1, 0, 1])
    after_1_0 = (1 + after_0) / 2
    assert step.table_loss(train, test, 2, 2) == pytest.approx(-np.log(after_1_0))


def test_probabilities_of_a_table_sum_to_1(step, rng):
    train = rng.integers(0, 3, 50)
    for n in range(3):
        p = [
            np.exp(-step.table_loss(train, np.array([2, 0, c])[2 - n :], n, 3))
            for c in range(3)
        ]
        assert sum(p) == pytest.approx(1)


def test_the_lstm_reads_from_the_start_each_time(step, rng):
    ids = rng.integers(0, 11, (2, 5))
    model = step.LSTMModel(11, width=6)
    y = model(ids)
    assert y.shape == (2, 5, 11)
    with no_grad():
        np.testing.assert_allclose(model(ids).data, y.data, rtol=1e-6)
        first = model(ids[:, :2]).data
    np.testing.assert_allclose(first, y.data[:, :2], rtol=1e-5)


def test_training_lowers_the_loss(step):
    class Text:
        """The same eight tokens again and again."""

        def batches(self, rng, N):
            x = np.arange(9) + rng.integers(0, 8, (N, 1))
            while True:
                yield x[:, :-1] % 8, x[:, 1:] % 8

    gpt = step.GPT(8, 8, width=16, depth=1, heads=2)
    x, t = next(Text().batches(np.random.default_rng(1), 4))
    before = float(step.loss_of(gpt, x, t).data)
    step.train(gpt, Text(), 80)
    assert float(step.loss_of(gpt, x, t).data) < before / 4


@pytest.mark.long
def test_what_is_printed(run_step):
    printed = run_step(81)
    found = re.findall(r"^  (\w[\w ]+?) {2,}([\d.]+) +([\d.]+)$", printed, re.M)
    losses = {name: float(loss) for name, loss, _ in found}
    nothing, bigram, trigram, lstm, gpt = losses.values()
    assert nothing > bigram > trigram > lstm
    assert gpt < bigram - 0.3
    for _, loss, perplexity in found:
        assert float(perplexity) == pytest.approx(np.exp(float(loss)), rel=0.02)
