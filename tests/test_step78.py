"""Step 78: attention of many heads, as a loop over them, and what each looks at."""

import re

import numpy as np
import pytest

import dezero.functions as F
from dezero import layers
from dezero.gradcheck import check_gradients

# ruff: noqa: NPY002  (first weights are from the legacy generator)


@pytest.fixture
def step(load_step):
    return load_step(78)


@pytest.fixture(autouse=True)
def seed():
    np.random.seed(0)


KINDS = [(12, 3, False), (12, 3, True), (4, 1, True), (4, 4, False)]


def filled(layer, rng):
    """Give a layer weights and biases of float64, none of them 0."""
    for param in layer.params():
        param.data = rng.normal(size=param.shape)
    return layer


def test_in_heads_and_merged_by_hand(step):
    """Head h has the numbers h * D to (h + 1) * D of each place."""
    x = np.arange(12).reshape(1, 2, 6)
    y = step.in_heads(x, 3)
    assert y.tolist() == [[[[0, 1], [6, 7]], [[2, 3], [8, 9]], [[4, 5], [10, 11]]]]
    assert step.merged(y).tolist() == x.tolist()


def test_by_hand(step):
    """Equal scores: each head gets the mean of its part of v, and out adds 1."""
    layer = step.MultiHeadAttention(2, 2)
    layer.qkv.W.data = np.hstack([np.zeros((2, 4)), np.eye(2)])
    layer.out.W.data, layer.out.b.data = np.array([[0.0, 1], [1, 0]]), np.ones(2)
    y = layer(np.array([[[2.0, 10.0], [4.0, 30.0]]]))
    np.testing.assert_allclose(y.data, [[[21, 4], [21, 4]]])


@pytest.mark.parametrize("width, heads, causal", KINDS)
def test_equal_to_a_loop_over_the_heads(step, rng, width, heads, causal):
    layer = filled(step.MultiHeadAttention(width, heads, causal), rng)
    x = rng.normal(size=(2, 5, width))
    np.testing.assert_allclose(layer(x).data, step.by_loop(layer, x).data)
    q, k, v = np.split(x @ layer.qkv.W.data + layer.qkv.b.data, 3, axis=-1)
    found, D = [], width // heads
    for h in range(heads):
        own = np.s_[..., h * D : (h + 1) * D]
        found.append(F.attention(q[own], k[own], v[own], causal=causal).data)
    y = np.concatenate(found, axis=-1) @ layer.out.W.data + layer.out.b.data
    np.testing.assert_allclose(layer(x).data, y)


@pytest.mark.parametrize("width, heads, causal", KINDS)
def test_the_layer_is_that_of_the_package(step, rng, width, heads, causal):
    found = []
    for kind in step.MultiHeadAttention, layers.MultiHeadAttention:
        np.random.seed(1)
        layer = kind(width, heads, causal)
        x = np.random.randn(2, 5, width).astype(np.float32)
        found.append([layer(x).data, layer.weights(x).data])
        assert layer(x).dtype == np.float32
    for ours, theirs in zip(*found):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_weights_are_those_of_each_head(step, rng):
    layer = filled(step.MultiHeadAttention(12, 3, causal=True), rng)
    x = rng.normal(size=(2, 5, 12))
    p = layer.weights(x).data
    assert p.shape == (2, 3, 5, 5)
    np.testing.assert_allclose(p.sum(axis=-1), 1)
    assert not np.triu(p, 1).any()
    v = (x @ layer.qkv.W.data + layer.qkv.b.data)[..., 24:]
    y = step.merged(p @ step.in_heads(v, 3)) @ layer.out.W.data + layer.out.b.data
    np.testing.assert_allclose(layer(x).data, y)


def test_a_mask_hides_places(step, rng):
    layer = filled(step.MultiHeadAttention(4, 2), rng)
    x = rng.normal(size=(2, 5, 4))
    there = np.arange(5) < np.array([[5], [3]])  # the second text has 3 places
    y = layer(x, there[:, None, None, :]).data
    np.testing.assert_allclose(y[1, :3], layer(x[1:, :3]).data[0])
    p = layer.weights(x, there[:, None, None, :]).data
    assert not p[1, :, :, 3:].any() and p[0].all()


def test_a_later_place_changes_nothing_before_it(step, rng):
    layer = step.MultiHeadAttention(12, 3, causal=True)
    x = rng.normal(size=(2, 6, 12)).astype(np.float32)
    y = layer(x).data
    x[:, 4:] += 100
    assert (layer(x).data[:, :4] == y[:, :4]).all()


def test_gradients_to_second_order(step, rng):
    layer = filled(step.MultiHeadAttention(4, 2, causal=True), rng)
    check_gradients(layer, rng.normal(size=(2, 3, 4)))


def test_as_many_parameters_for_any_number_of_heads(step):
    for heads in 1, 2, 6:
        params = step.MultiHeadAttention(12, heads).params()
        assert sum(param.size for param in params) == 4 * 12**2 + 4 * 12


def test_two_heads_see_what_one_cannot(step):
    """Both tokens before a place, in their order."""
    rng = np.random.default_rng(5)
    right = {}
    for heads in 1, 2:
        layer = step.learn(heads)
        ids, x = step.texts(rng, 500)
        scores, t = step.scores_and_answers(layer, ids, x)
        assert t[0, 0].tolist() == ids[0, [1, 0]].tolist()
        right[heads] = (scores.data.argmax(-1) == t).mean(axis=(0, 1))
    assert right[1].min() < 0.7 and right[2].min() > 0.99
    p = layer.weights(x).data.mean(axis=0)[:, np.arange(2, 8)]
    seen = {int((np.arange(2, 8) - head.argmax(axis=1)).max()) for head in p}
    assert seen == {1, 2}


def test_what_is_printed(run_step):
    printed = run_step(78)
    assert "loop over its heads: True" in printed and "width of 12: 624" in printed
    assert re.search(r"heads: 2 +100 % +100 %", printed)
