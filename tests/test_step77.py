"""Step 77: the causal mask, what leaks without it, and attention as one Function."""

import re

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable
from dezero.gradcheck import check_gradients


@pytest.fixture
def step(load_step):
    return load_step(77)


def drawn(rng, *before, T=3, S=3, D=4, M=2):
    """Return random arrays q, k and v."""
    return [rng.normal(size=(*before, *shape)) for shape in [(T, D), (S, D), (S, M)]]


BLIND = np.array([[True, False, True], [False, False, False], [True, True, False]])


def test_causal_by_hand(step):
    """Equal scores: place t gets the mean of the values 0 to t."""
    q, k, v = np.zeros((3, 2)), np.zeros((3, 2)), np.array([[6.0], [0.0], [3.0]])
    for attention in step.attention, F.attention:
        y = attention(q, k, v, causal=True)
        np.testing.assert_allclose(y.data, [[6], [3], [3]])
    for weights in step.attention_weights, F.attention_weights:
        p = weights(q, k, causal=True)
        third = 1 / 3
        np.testing.assert_allclose(p.data, [[1, 0, 0], [0.5, 0.5, 0], 3 * [third]])


def test_a_mask_by_hand(step):
    q, k, v = np.zeros((3, 2)), np.zeros((3, 2)), np.array([[6.0], [0.0], [3.0]])
    for attention in step.attention, F.attention:
        y = attention(q, k, v, BLIND)
        np.testing.assert_allclose(y.data, [[4.5], [0], [3]])
        y = attention(q, k, v, BLIND, causal=True)
        np.testing.assert_allclose(y.data, [[6], [0], [3]])


@pytest.mark.parametrize("mask", [None, BLIND])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("before", [(), (2,), (2, 2)])
def test_the_package_computes_the_same(step, rng, mask, causal, before):
    q, k, v = drawn(rng, *before)
    ours = step.attention(q, k, v, mask, causal)
    np.testing.assert_allclose(ours.data, F.attention(q, k, v, mask, causal).data)
    ours = step.attention_weights(q, k, mask, causal)
    theirs = F.attention_weights(q, k, mask, causal)
    np.testing.assert_allclose(ours.data, theirs.data)


def derivatives(f, arrays):
    """Return y, its gradients, and those of the sum of their squares."""
    inputs = [Variable(x) for x in arrays]
    y = f(*inputs)
    (y**2).sum().backward(create_graph=True)
    first = [x.grad for x in inputs]
    for x in inputs:
        x.cleargrad()
    sum((gx**2).sum() for gx in first).backward()
    return [x.data for x in (y, *first, *(x.grad for x in inputs))]


@pytest.mark.parametrize("options", [{}, {"mask": BLIND}, {"causal": True}])
def test_one_function_is_the_composed_one_to_second_order(step, rng, options):
    def one(*x):
        return step.attention(*x, **options)

    def many(*x):
        return step.composed(*x, **options)

    inputs = drawn(rng, 2)
    for a, b in zip(derivatives(one, inputs), derivatives(many, inputs)):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)
    check_gradients(one, *inputs)


@pytest.mark.parametrize("create_graph", [False, True])
def test_gradients_by_hand(step, create_graph):
    """Two keys of the same score: p = 1 / 2, and y = 1 is 1 away from each value."""
    q, k, v = (Variable(np.array(x)) for x in ([[3.0]], [[2.0], [2.0]], [[0.0], [2.0]]))
    step.attention(q, k, v).backward(create_graph=create_graph)
    np.testing.assert_allclose(v.grad.data, [[0.5], [0.5]])
    np.testing.assert_allclose(k.grad.data, [[-1.5], [1.5]])  # gs = -+1 / 2, times q
    np.testing.assert_allclose(q.grad.data, [[0]])


def test_no_gradient_comes_from_a_query_that_sees_nothing(step, rng):
    q, k, v = map(Variable, drawn(rng))
    y = step.attention(q, k, v, BLIND)
    y[1].sum().backward()
    for x in q, k, v:
        assert not x.grad.data.any()


def test_with_fewer_queries_than_keys_they_are_the_last(step, rng):
    """As when a text grows: the new places see all that was there."""
    q, k, v = drawn(rng, T=5, S=5)
    y = step.attention(q, k, v, causal=True).data
    for n in 1, 2, 4:
        last = step.attention(q[-n:], k, v, causal=True)
        np.testing.assert_allclose(last.data, y[-n:])


def test_with_more_queries_than_keys_the_first_see_nothing(step, rng):
    q, k, v = drawn(rng, T=4, S=2)
    y = step.attention(q, k, v, causal=True).data
    assert not y[:2].any() and y[2:].all()


def test_what_leaks(step, rng):
    """Bit for bit: the last token moves nothing before it, unless it is seen."""
    q, k, v = drawn(rng, T=6, S=6)
    assert not step.leaks(step.causal, q, k, v)
    assert step.leaks(step.attention, q, k, v)
    assert step.leaks(step.zeroed, q, k, v)


def test_training_without_a_mask(step):
    """The loss falls far below what can be known, and is useless in use."""
    p = np.array([0.75 + 0.25 / 8] + 7 * [0.25 / 8])
    least = -(p * np.log(p)).sum()
    train, use = step.learn(step.attention)
    assert train < least / 2 and use > 2 * np.log(8) / 2
    train, use = step.learn(step.causal)
    assert abs(train - least) < 0.03 and abs(use - least) < 0.02


def test_what_the_graph_holds(step, rng):
    """One table (T, S), the weights."""
    q, k, v = map(Variable, drawn(rng, T=128, S=128))
    table = 128 * 128 * 8 / 1e6
    assert table < step.megabytes(step.attention, q, k, v) < 1.5 * table
    assert step.megabytes(step.composed, q, k, v) > 2.9 * table


def test_what_is_printed(run_step):
    printed = run_step(77)
    assert "8 passes: True" in printed
    leaks = re.findall(r"^  (.+?) +(True|False)$", printed, re.M)
    assert leaks == [
        ("without a mask", "True"),
        ("scores of 0", "True"),
        ("scores of -inf", "False"),
    ]
    assert "equal True" in printed
