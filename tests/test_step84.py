"""Step 84: what a cache holds, and texts that are the same with and without it."""

import re

import numpy as np
import pytest

from dezero import Config, Variable, layers, models, no_grad

# ruff: noqa: NPY002  (first weights are from the legacy generator)


@pytest.fixture
def step(load_step):
    return load_step(84)


def moved(model):
    """Return a GPT in float64 whose blocks do something."""
    rng = np.random.default_rng(0)
    model(np.zeros((1, 1), int))
    for p in model.params():
        p.data = rng.normal(0, 0.4, p.shape)
    return model


@pytest.fixture
def gpts(step):
    """Return the step's GPT and its cache, and those of the package."""
    np.random.seed(0)
    settings = {"width": 16, "heads": 2}
    theirs = moved(models.GPT(11, 8, **settings))
    ours = step.GPT(11, 8, **settings)
    for block in ours.blocks.layers:
        block.attention = step.MultiHeadAttention(16, 2, causal=True, rope=True)
    return [(moved(ours), step.KVCache), (theirs, layers.KVCache)]


def test_a_cache_by_hand(step):
    for kind in step.KVCache, layers.KVCache:
        cache, k = kind(), np.arange(24.0).reshape(1, 2, 3, 4)
        assert len(cache) == 0
        with no_grad():
            for part in k[:, :, :2], k[:, :, 2:]:
                ks, vs = cache.append(Variable(part), Variable(-part))
        assert len(cache) == 3
        np.testing.assert_array_equal(ks, k)
        np.testing.assert_array_equal(vs, -k)
        assert not isinstance(ks, Variable)


@pytest.mark.parametrize("rope", [False, True])
def test_a_layer_goes_on_where_it_stopped(step, rng, rope):
    x = rng.normal(size=(2, 6, 8))
    for kind, Cache in (
        (step.MultiHeadAttention, step.KVCache),
        (layers.MultiHeadAttention, layers.KVCache),
    ):
        layer = kind(8, 2, causal=True, rope=rope)
        y = layer(x).data
        for cuts in [3], [1, 2, 3, 4, 5], [4, 5]:
            cache = Cache()
            with no_grad():
                parts = [
                    layer(part, cache=cache).data for part in np.split(x, cuts, axis=1)
                ]
            np.testing.assert_allclose(np.concatenate(parts, 1), y, atol=1e-6)


@pytest.mark.parametrize("cuts", [[1, 2, 3, 4, 5, 6, 7], [5], [3, 4, 6]])
def test_scores_are_those_of_a_single_pass(gpts, rng, cuts):
    ids = rng.integers(11, size=(2, 8))
    for model, Cache in gpts:
        caches = [Cache() for _ in model.blocks.layers]
        with no_grad():
            whole = model(ids).data
            parts = [model(part, caches).data for part in np.split(ids, cuts, axis=1)]
        np.testing.assert_allclose(np.concatenate(parts, 1), whole, atol=1e-6)
        assert [len(cache) for cache in caches] == [8, 8]


def test_the_window_by_hand(step):
    """With room for 8 it begins at 0, 4, 8, ..., and is never longer than 8."""
    starts = [step.window_start(T, 8) for T in range(1, 18)]
    assert starts == [0] * 8 + [4] * 4 + [8] * 4 + [12]
    assert [step.window_start(T, 1) for T in (1, 2, 3)] == [0, 1, 2]
    for context in 2, 3, 5, 32:
        for T in range(1, 100):
            length = T - step.window_start(T, context)
            assert context / 2 <= length <= context or length == T < context


@pytest.mark.parametrize("prompt", [1, 3, 8, 9, 30])
@pytest.mark.parametrize(
    "settings", [{}, {"temperature": 0}, {"top_k": 3, "temperature": 2.0, "top_p": 0.9}]
)
def test_the_same_text_with_and_without(gpts, rng, prompt, settings):
    ids = rng.integers(11, size=prompt).tolist()
    for model, _ in gpts:
        texts = [
            model.generate(ids, 25, seed=3, cache=cache, **settings)
            for cache in (True, False)
        ]
        assert texts[0] == texts[1]
        assert texts[0][:prompt] == ids and len(texts[0]) == prompt + 25


def test_step_and_package_write_the_same(gpts):
    ours, theirs = (model.generate([1, 2], 30, seed=1) for model, _ in gpts)
    assert ours == theirs and all(type(token) is int for token in ours)


def test_a_seed_is_a_text(gpts):
    for model, _ in gpts:
        texts = [tuple(model.generate([1], 20, seed=seed)) for seed in (0, 0, 1, 2)]
        assert texts[0] == texts[1] and len(set(texts)) == 3
        assert model.generate([1, 2], 0) == [1, 2]


def test_the_likeliest_tokens_one_by_one(gpts):
    for model, _ in gpts:
        ids = [4, 2]
        with no_grad():
            for _ in range(6):
                ids.append(int(model(np.array([ids])).data[0, -1].argmax()))
        assert model.generate([4, 2], 6, temperature=0) == ids


def test_nothing_is_computed_twice(gpts):
    """Places that go through: the prompt, each new token, and windows that begin."""
    for model, _ in gpts:
        sizes = []

        def counted(ids, sizes=sizes, embed=model.embedding.forward):
            sizes.append(ids.shape[1])
            return embed(ids)

        model.embedding.forward = counted
        model.generate([1, 2, 3], 5)
        assert sizes == [3, 1, 1, 1, 1]
        sizes.clear()
        model.generate([1, 2, 3], 5, cache=False)
        assert sizes == [3, 4, 5, 6, 7]
        sizes.clear()
        model.generate(range(8), 6)
        assert sizes == [8, 5, 1, 1, 1, 5]


def test_writing_leaves_no_graph_and_all_switches(gpts):
    for model, _ in gpts:
        model.cleargrads()
        model.generate([1, 2], 3)
        assert Config.train and Config.enable_backprop
        assert all(p.grad is None for p in model.params())


def test_the_bytes_of_a_cache(step):
    assert step.cache_bytes(depth=3, T=5, width=7) == 840
    model = step.random_gpt(context=16, width=16)
    caches = [step.KVCache() for _ in model.blocks.layers]
    with no_grad():
        model(np.zeros((1, 9), int), caches)
    size = sum(cache.k.nbytes + cache.v.nbytes for cache in caches)
    assert size == step.cache_bytes(2, 9, 16)


def test_what_is_printed(run_step):
    printed = run_step(84)
    assert printed.count("True") == 5 and "False" not in printed
    assert len(re.findall(r"~\d+\.\d times faster", printed)) == 3
