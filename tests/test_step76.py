"""Step 76: a soft lookup, by hand and by finite differences, and why / sqrt(D)."""

import re

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable
from dezero.gradcheck import check_gradients


@pytest.fixture
def step(load_step):
    return load_step(76)


def drawn(rng, T=3, S=4, D=5, M=2):
    """Return random q, k and v, as Variables."""
    return [Variable(rng.normal(size=shape)) for shape in [(T, D), (S, D), (S, M)]]


def test_by_hand(step):
    """Scores 0 and 2 * ln 3 / sqrt(4), so weights 1 / 4 and 3 / 4."""
    q = Variable(np.array([[2.0, 0.0, 0.0, 0.0]]))
    k = Variable(np.array([[0.0, 5.0, 5.0, 5.0], [np.log(3), 9.0, 9.0, 9.0]]))
    v = Variable(np.array([[4.0, 0.0], [8.0, 4.0]]))
    np.testing.assert_allclose(step.weights(q, k).data, [[0.25, 0.75]])
    np.testing.assert_allclose(step.soft_lookup(q, k, v).data, [[7.0, 3.0]])


def test_every_query_gives_away_1(step, rng):
    q, k, v = drawn(rng)
    p = step.weights(q, k)
    assert p.shape == (3, 4) and (p.data > 0).all()
    np.testing.assert_allclose(p.data.sum(axis=1), 1)
    assert step.soft_lookup(q, k, v).shape == (3, 2)


def test_the_package_computes_the_same(step, rng):
    q, k, v = drawn(rng)
    np.testing.assert_allclose(step.weights(q, k).data, F.attention_weights(q, k).data)
    ours, theirs = step.soft_lookup(q, k, v), F.attention(q, k, v)
    np.testing.assert_allclose(ours.data, theirs.data)


def test_gradients_to_second_order(step, rng):
    check_gradients(step.soft_lookup, *(x.data for x in drawn(rng)))


def test_float32_stays(step, rng):
    q, k, v = (Variable(x.data.astype(np.float32)) for x in drawn(rng))
    assert step.soft_lookup(q, k, v).dtype == np.float32


def test_the_order_of_the_entries_does_not_matter(step, rng):
    """It is a lookup: who stands where in the dictionary changes nothing."""
    q, k, v = drawn(rng)
    order = [2, 0, 3, 1]
    y = step.soft_lookup(q, Variable(k.data[order]), Variable(v.data[order]))
    np.testing.assert_allclose(y.data, step.soft_lookup(q, k, v).data)


def test_equal_scores_give_the_mean(step, rng):
    _, k, v = drawn(rng)
    y = step.soft_lookup(Variable(np.zeros((1, 5))), k, v)
    np.testing.assert_allclose(y.data[0], v.data.mean(axis=0))


def test_a_query_that_is_learned(step):
    k, v = Variable(np.eye(3)), Variable(np.array([[0.0], [1.0], [5.0]]))
    q = step.learn_query(k, v, wish=4.5)
    assert q.shape == (1, 3)
    assert step.soft_lookup(q, k, v).data[0, 0] == pytest.approx(4.5, abs=0.05)
    assert step.weights(q, k).data[0].argmax() == 2


def test_the_two_largest_weights_in_words(step):
    text = step.finds(np.array([0.1, 0.6, 0.0, 0.3]), ["a", "b", "c", "d"])
    assert text == "0.60 from b and 0.30 from d"


def test_why_sqrt_of_D(step):
    """The spread is sqrt(D); divided by it, weights and gradients keep their size."""
    for D in 16, 256:
        spread, weight, gradient = step.steepness(D, 1)
        assert spread == pytest.approx(np.sqrt(D), rel=0.1)
        assert weight > 0.6 and gradient < 1e-3
        spread, weight, gradient = step.steepness(D, np.sqrt(D))
        assert spread == pytest.approx(1, rel=0.1)
        assert weight < 0.3 and gradient > 1e-2


def test_what_is_printed(run_step):
    printed = run_step(76)
    assert "kitten None" in printed
    assert float(re.search(r"kitten: ([\d.]+) legs", printed)[1]) == 4.0
    rows = re.findall(
        r"^ *(\d+) +([\d.]+) +[\d.]+ +(\S+) +[\d.]+ +(\S+)$", printed, re.M
    )
    assert [int(D) for D, *_ in rows] == [4, 16, 64, 256]
    for D, spread, plain, divided in rows:
        assert float(spread) == pytest.approx(np.sqrt(int(D)), rel=0.3)
        assert float(divided) > float(plain)
