"""GPT: PyTorch's numbers, no leak, texts with and without a cache, mistakes."""

import copy

import numpy as np
import pytest

import dezero.functions as F
from dezero import Config, Variable, no_grad
from dezero.layers import KVCache, Layer
from dezero.models import GPT, token_probabilities
from dezero.static import compile

# ruff: noqa: NPY002  (first weights are from the legacy generator)

IDS = np.array([[1, 5, 5, 0, 2], [6, 3, 4, 1, 1]])
SIZES = {"vocab": 7, "context": 8, "width": 4, "heads": 2}

# PyTorch 2.13, float64, by the script below: the scores after the last token of each
# text; the loss; for each parameter the sum of wave(7) times its first gradient, and
# times its second one, that of the sum over all first gradients times wave(6).
#
#     P = {name: wave(start=i, *shape) for i, (name, shape) in enumerate(sorted(...))}
#     rms = lambda x, gamma: F.rms_norm(x, (4,), gamma, 1e-5)
#     turn = torch.polar(ones(4, 1), torch.arange(4.0)[:, None])      # D = 2: w = 1
#     def rope(x):                                                    # (N, H, T, 2)
#         y = torch.complex(x[..., :1], x[..., 1:]) * turn
#         return torch.cat((y.real, y.imag), -1)
#     h = P["embedding.W"][ids[:, :-1]]
#     for p in blocks:
#         x = rms(h, p["norm1.gamma"]) @ p["attention.qkv.W"] + p["attention.qkv.b"]
#         q, k, v = (a.unflatten(-1, (2, 2)).transpose(1, 2) for a in x.chunk(3, -1))
#         s = rope(q) @ rope(k).mT / 2**0.5
#         s = s.masked_fill(~torch.ones_like(s, dtype=bool).tril(), -torch.inf)
#         x = (s.softmax(-1) @ v).transpose(1, 2).flatten(2)
#         h = h + x @ p["attention.out.W"] + p["attention.out.b"]
#         x = rms(h, p["norm2.gamma"])
#         gate = F.silu(x @ p["gate.W"] + p["gate.b"])
#         h = h + gate * (x @ p["up.W"] + p["up.b"]) @ p["down.W"] + p["down.b"]
#     y = rms(h, P["norm.gamma"]) @ P["embedding.W"].T
#     loss = F.cross_entropy(y.flatten(0, 1), ids[:, 1:].flatten())
#     first = torch.autograd.grad(loss, P.values(), create_graph=True)
#     total = sum((g * wave(*g.shape, start=6)).sum() for g in first)
#     second = torch.autograd.grad(total, P.values())
SCORES = [
    [
        0.420913058,
        0.455182033,
        0.370555176,
        0.189137447,
        -0.0416839322,
        -0.261617259,
        -0.413214845,
    ],
    [
        0.344534856,
        0.408888149,
        0.366437804,
        0.228272066,
        0.0304805186,
        -0.175272693,
        -0.335243798,
    ],
]
LOSS = 1.937747656221514
GRADIENTS = {
    "blocks.0.attention.out.W": (0.0183093401, -0.0380704761),
    "blocks.0.attention.out.b": (-0.00614410002, 0.00726347878),
    "blocks.0.attention.qkv.W": (0.0100845817, 0.0330473027),
    "blocks.0.attention.qkv.b": (-0.00725719419, 0.0112590406),
    "blocks.0.down.W": (-0.00372000288, 4.43056005e-05),
    "blocks.0.down.b": (-0.00388944968, -0.0155256663),
    "blocks.0.gate.W": (0.00309751293, 0.00194992675),
    "blocks.0.gate.b": (0.00828648613, 0.0153841256),
    "blocks.0.norm1.gamma": (0.000558472306, 0.00192969359),
    "blocks.0.norm2.gamma": (-0.00636116807, -0.0144803005),
    "blocks.0.up.W": (-0.00293742821, -0.00662465094),
    "blocks.0.up.b": (-0.00397281086, -0.00703113886),
    "blocks.1.attention.out.W": (0.0155515712, 0.0224695415),
    "blocks.1.attention.out.b": (-0.00346639057, -0.00605418442),
    "blocks.1.attention.qkv.W": (0.00512494705, 0.0321816317),
    "blocks.1.attention.qkv.b": (-0.00303570754, -0.000750570324),
    "blocks.1.down.W": (-0.000176535573, 0.013597329),
    "blocks.1.down.b": (-0.00436477784, -0.0036408342),
    "blocks.1.gate.W": (-0.00657731041, 0.0123649449),
    "blocks.1.gate.b": (-0.00415365636, 0.00677013208),
    "blocks.1.norm1.gamma": (0.00259738504, 0.0148537306),
    "blocks.1.norm2.gamma": (0.00261653371, 0.000509741479),
    "blocks.1.up.W": (0.00258390704, -0.0006882482),
    "blocks.1.up.b": (0.00220878826, 0.00808950811),
    "embedding.W": (0.0393772337, 0.0858680209),
    "norm.gamma": (0.0369806908, 0.0179216577),
}


def wave(*shape, start):
    """Return sin(start + 1.7 * n): numbers that anybody can make again."""
    return np.sin(start + 1.7 * np.arange(np.prod(shape))).reshape(shape)


def named(model):
    """Return the parameters by the names that they have above, in their order."""
    params = model._named_params().items()
    return dict(sorted((k.replace("/l", "/").replace("/", "."), p) for k, p in params))


def filled(**settings):
    """Return the GPT whose numbers PyTorch was given, or a larger one."""
    model = GPT(**{**SIZES, **settings})
    model(IDS[:, :1])
    for i, param in enumerate(named(model).values()):
        param.data = wave(*param.shape, start=i)
    return model


def loss_of(model, ids=IDS):
    y = model(ids[:, :-1])
    return F.softmax_cross_entropy(y.reshape(-1, y.shape[-1]), ids[:, 1:].ravel())


def test_like_torch_in_value_first_and_second_gradient():
    model = filled()
    params = named(model)
    assert params.keys() == GRADIENTS.keys()
    np.testing.assert_allclose(model(IDS[:, :-1]).data[:, -1], SCORES, rtol=1e-6)
    loss = loss_of(model)
    assert float(loss.data) == pytest.approx(LOSS, rel=1e-9)
    loss.backward(create_graph=True)
    first = {name: param.grad for name, param in params.items()}
    model.cleargrads()
    sum((g * wave(*g.shape, start=6)).sum() for g in first.values()).backward()
    for name, expected in GRADIENTS.items():
        weights = wave(*params[name].shape, start=7)
        found = [(g.data * weights).sum() for g in (first[name], params[name].grad)]
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9, err_msg=name)


def test_a_later_token_changes_no_earlier_score(rng):
    """Bit for bit, through all blocks, and no gradient comes back from there."""
    model = GPT(11, 16, width=16, depth=3, heads=4)
    model(np.zeros((1, 1), int))
    for param in model.params():
        param.data = rng.normal(0, 0.5, param.shape).astype(np.float32)
    ids = rng.integers(0, 11, (2, 16))
    y = model(ids).data
    for t in 1, 7, 15:
        other = ids.copy()
        other[:, t:] = (other[:, t:] + 1 + rng.integers(0, 10)) % 11
        z = model(other).data
        assert np.array_equal(z[:, :t], y[:, :t])
        assert (z[:, t] != y[:, t]).any()


def in_pieces(model, ids, cuts):
    """Return the scores of ids, given to the model with a cache, and the caches."""
    caches = [KVCache() for _ in model.blocks.layers]
    with no_grad():
        parts = [model(part, caches).data for part in np.split(ids, cuts, axis=1)]
    return np.concatenate(parts, axis=1), caches


@pytest.mark.parametrize("cuts", [[1, 2, 3, 4, 5, 6, 7], [5], [2, 6], []])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_scores_with_a_cache(rng, cuts, dtype):
    model = filled(width=16, depth=3)
    for param in model.params():
        param.data = (0.3 * param.data).astype(dtype)
    ids = rng.integers(0, 7, (2, 8))
    y, caches = in_pieces(model, ids, cuts)
    expected = model(ids).data
    tolerance = 1e-13 if dtype is np.float64 else 1e-6
    np.testing.assert_allclose(y, expected, rtol=0, atol=tolerance)
    assert {len(cache) for cache in caches} == {8} and y.dtype == dtype
    assert {cache.k.shape for cache in caches} == {(2, 2, 8, 8)}
    assert {cache.v.dtype for cache in caches} == {np.dtype(dtype)}


@pytest.mark.parametrize("context", [1, 2, 3, 8])
@pytest.mark.parametrize("length", [1, 2, 8, 9, 23])
def test_texts_with_and_without_a_cache_are_the_same(rng, context, length):
    """The same tokens, from the same scores, in the context and beyond it."""
    model, prompt = filled(context=context, width=16), rng.integers(0, 7, length)
    texts, scores = [], []
    for cache in True, False:
        seen = []

        def forward(ids, cache=None, seen=seen):
            y = GPT.forward(model, ids, cache)
            seen.append(y.data[0, -1])
            return y

        model.forward = forward
        texts.append(model.generate(prompt, 20, seed=length, cache=cache))
        scores.append(seen)
    assert texts[0] == texts[1] and texts[0][:length] == prompt.tolist()
    np.testing.assert_allclose(*scores, rtol=1e-10, atol=1e-10)


def test_a_text_is_drawn_from_the_scores_of_what_the_model_sees(rng):
    """By hand: softmax, one draw of the generator for each token."""
    model, rng = filled(context=20), np.random.default_rng(5)
    expected = [2, 3]
    for _ in range(10):
        p = token_probabilities(model([expected]).data[0, -1], 0.8, 4, 0.9)
        expected.append(int(rng.choice(7, p=p)))
    assert model.generate([2, 3], 10, 0.8, 4, 0.9, seed=5) == expected
    assert model.generate([2, 3], 10, 0.8, 4, 0.9, np.random.default_rng(5)) == expected


def test_prompts_of_all_kinds():
    model = filled()
    expected = model.generate([1, 2, 3], 5, seed=0)
    for prompt in (
        *((1, 2, 3), range(1, 4), np.array([1, 2, 3]), np.array([1, 2, 3], np.uint8)),
        *([np.int64(1), 2, 3], Variable(np.array([1, 2, 3]))),
    ):
        assert model.generate(prompt, np.int32(5), seed=np.int64(0)) == expected
    assert all(type(token) is int for token in model.generate(np.array([1]), 3))
    prompt = [1, 2]
    assert model.generate(prompt, 0) == [1, 2] and model.generate(prompt, 2)
    assert prompt == [1, 2]


def test_writing_changes_nothing_of_the_model():
    model = filled(dropout=0.5)
    loss_of(model).backward()
    before = [(p.data.copy(), p.grad.data.copy()) for p in model.params()]
    first, second = (model.generate([1, 2], 12, seed=0) for _ in range(2))
    assert first == second  # no dropout
    assert Config.train and Config.enable_backprop
    for p, (data, grad) in zip(model.params(), before):
        assert np.array_equal(p.data, data) and np.array_equal(p.grad.data, grad)
    with pytest.raises(ValueError):
        model.generate([1, 2], 3, temperature=-1)
    assert Config.train and Config.enable_backprop
    assert model.generate([1, 2], 12, seed=0) == copy.deepcopy(model).generate(
        [1, 2], 12, seed=0
    )


def test_a_new_model_writes():
    np.random.seed(0)
    model = GPT(7, 4, width=8, heads=2, dropout=0.1)
    text = model.generate([3], 200, seed=0)
    counts = np.bincount(text, minlength=7)
    assert len(text) == 201 and counts.min() > 10  # all are nearly equally likely


def test_bytes_of_the_cache():
    """2 * depth * T * E numbers for each text, whatever was between two passes."""
    model = filled(width=16, depth=3)
    _, caches = in_pieces(model, np.zeros((5, 6), int), [4, 5])
    size = sum(cache.k.nbytes + cache.v.nbytes for cache in caches)
    assert size == 8 * 5 * 2 * 3 * 6 * 16


def test_compiled():
    model = filled()
    params = list(model.params())
    program = compile(lambda ids: loss_of(model, ids), IDS, gradients=params)
    loss, found = program(IDS), [param.grad.data.copy() for param in params]
    model.cleargrads()
    expected = loss_of(model)
    expected.backward()
    np.testing.assert_allclose(loss.data, expected.data)
    for param, gradient in zip(params, found):
        np.testing.assert_allclose(gradient, param.grad.data, atol=1e-12)


def test_float32_stays(rng):
    model, ids = GPT(**SIZES), rng.integers(0, 7, (2, 5))
    loss = loss_of(model, ids)
    loss.backward()
    assert {loss.dtype, *(p.grad.dtype for p in model.params())} == {np.dtype("f4")}


def test_shown():
    text = str(GPT(**SIZES, depth=1))
    assert "TransformerBlock" in text and "RMSNorm" in text


@pytest.mark.parametrize(
    "prompt, error, text",
    [
        ([], ValueError, r"with T at least 1, got shape \(0,\).*step 84"),
        ("abc", TypeError, r"prompt must be the ids .*as encode returns.*'abc'"),
        ([1.0], TypeError, r"prompt must be the ids of a text, each from 0 to 6"),
        ([True], TypeError, r"prompt must be the ids"),
        ([1, 7], ValueError, r"each from 0 to 6, .*got 7 \(see step 84\)"),
        ([1, -1], ValueError, r"got -1"),
        ([[1, 2]], ValueError, r"got shape \(1, 2\)"),
        (3, ValueError, r"got shape \(\)"),
        (None, TypeError, r"got None"),
        ([[1], [1, 2]], TypeError, r"prompt must be the ids"),
    ],
)
def test_prompts_that_are_none(prompt, error, text):
    for n in 0, 2:
        with pytest.raises(error, match="GPT.generate: .*" + text):
            filled().generate(prompt, n)


@pytest.mark.parametrize(
    "settings, error, text",
    [
        ({"n": -1}, ValueError, r"GPT.generate: n must be .*at least 0, got -1"),
        ({"n": 2.0}, TypeError, r"GPT.generate: n must be a whole number"),
        ({"cache": None}, TypeError, r"GPT.generate: cache must be True or False"),
        ({"cache": [KVCache()]}, TypeError, r"cache must be True or False"),
        ({"temperature": -1}, ValueError, r"temperature must be .*at least 0.*step 83"),
        ({"temperature": "hot"}, TypeError, r"temperature must be a number"),
        ({"top_k": 0}, ValueError, r"top_k must be a whole number of at least 1"),
        ({"top_p": 0}, ValueError, r"top_p must be above 0 and at most 1"),
        ({"top_p": 1.5}, ValueError, r"top_p must be above 0 and at most 1"),
        ({"seed": "x"}, TypeError, r"GPT.generate: seed must be .*step 84"),
        ({"seed": -1}, ValueError, r"GPT.generate: seed must be .*step 84"),
    ],
)
def test_settings_that_do_not_fit(settings, error, text):
    for n in 0, 3:
        with pytest.raises(error, match=text):
            filled().generate([1], **{"n": n, **settings})


def test_ids_that_do_not_fit():
    model = filled()
    with pytest.raises(ValueError, match=r"texts of 1 to context=8 tokens, got 9"):
        model(np.zeros((1, 9), int))
    with pytest.raises(ValueError, match=r"texts of 1 to context=8 tokens, got 0"):
        model(np.zeros((1, 0), int))
    expected = r"GPT: ids must be texts \(N, T\) of ints, .*\[ids\], a batch of one.*81"
    with pytest.raises(ValueError, match=expected):
        model([1, 2])
    with pytest.raises(ValueError, match=r"GPT: ids must be below vocab=7, got 7.*81"):
        model([[1, 7]])
    for wrong in np.ones((1, 2)), Variable(np.ones((1, 2))), np.ones((1, 2), bool):
        expected = rf"GPT: ids must be .* got an array of {wrong.dtype} \(see step 81"
        with pytest.raises(TypeError, match=expected):
            model(wrong)
    with pytest.raises(TypeError, match=r"GPT: ids must be texts .* got 'no'.*81"):
        model("no")


@pytest.mark.parametrize("name", ["vocab", "context", "width", "depth", "heads"])
@pytest.mark.parametrize("value", [0, -1, None, 2.0, "2", [2], float("nan"), True])
def test_settings_are_refused_in_the_models_own_name(name, value):
    settings = {"vocab": 7, "context": 8, "width": 8, "depth": 1, "heads": 2}
    expected = rf"GPT: {name} must be a whole number of at least 1, got .*\(see step"
    before = np.random.get_state()[2]
    with pytest.raises((TypeError, ValueError), match=expected):
        GPT(**{**settings, name: value})
    assert np.random.get_state()[2] == before  # and nothing was drawn


def test_settings_that_do_not_fit_each_other():
    class Mine(GPT):
        pass

    with pytest.raises(ValueError, match=r"Mine: width must be a multiple of heads"):
        Mine(7, 8, width=10, heads=4)
    with pytest.raises(ValueError, match=r"GPT: rope turns pairs .* 6 / 2 = 3 .*79"):
        GPT(7, 8, width=6, heads=2)
    with pytest.raises(ValueError, match=r"GPT: dropout must be at least 0 .* got 2"):
        GPT(7, 8, dropout=2)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_model_whose_training_diverged(value):
    model = filled()
    model.norm.gamma.data[0] = value
    expected = rf"^GPT.generate: the model's scores .* got {value}; .*diverged.*step 82"
    with np.errstate(all="ignore"), pytest.raises(ValueError, match=expected):
        model.generate([1, 2], 3)


def test_an_error_leaves_no_keys_in_a_cache():
    """Neither those of the block that fails, nor those of the blocks before it."""
    model, caches = filled(), [KVCache(), KVCache()]

    def fail(x):
        raise KeyboardInterrupt

    with no_grad():
        expected = model(IDS[:, :3], [KVCache(), KVCache()]).data
        last, model.blocks.layers[1].up = model.blocks.layers[1].up, Layer()
        model.blocks.layers[1].up.forward = fail
        with pytest.raises(KeyboardInterrupt):
            model(IDS[:, :3], caches)
        assert [len(cache) for cache in caches] == [0, 0]
        model.blocks.layers[1].up = last
        assert np.array_equal(model(IDS[:, :3], caches).data, expected)


def test_caches_that_do_not_fit():
    model, other = filled(), filled(depth=3)
    one, caches = KVCache(), [KVCache() for _ in range(2)]
    with pytest.raises(RuntimeError, match=r"KVCache: expected .*no_grad.*step 84"):
        model(IDS, caches)
    assert [len(cache) for cache in caches] == [0, 0]
    with no_grad():
        for wrong in caches[0], [None, None], {0: caches[0]}, "no":
            with pytest.raises(
                TypeError, match=r"a list with a KVCache for each block"
            ):
                model(IDS, wrong)
        for wrong in [], [one], caches * 2:
            with pytest.raises(ValueError, match=r"for each of the 2 blocks, got \d"):
                model(IDS, wrong)
        with pytest.raises(ValueError, match=r"separate KVCache for each"):
            model(IDS, [one, one])
        with pytest.raises(ValueError, match=r"for each of the 3 blocks, got 2"):
            other(IDS, caches)
        model(IDS, caches)
        with pytest.raises(ValueError, match=r"context=8 tokens, got 4 after 5"):
            model(IDS[:, :4], caches)
        with pytest.raises(ValueError, match=r"N, H, D = 2, 2, 2 as before"):
            model(IDS[:1, :1], caches)
        with pytest.raises(ValueError, match=r"the same number of tokens, got 0 to 5"):
            model(IDS[:, :1], [caches[0], one])
        assert [len(cache) for cache in caches] == [5, 5]


# --- token_probabilities ---


def test_scores_of_all_kinds():
    expected = token_probabilities(np.array([1.0, 3.0, 2.0]))
    assert expected.dtype == np.float64
    for scores in (
        *([1, 3, 2], np.array([1, 3, 2]), np.array([1, 3, 2], np.uint8)),
        *(Variable(np.array([1.0, 3.0, 2.0])), np.array([1, 3, 2], np.float16)),
    ):
        np.testing.assert_allclose(token_probabilities(scores), expected)
    p = token_probabilities([0.0, -np.inf, 0.0], 2.0, 3, 1.0)
    np.testing.assert_array_equal(p, [0.5, 0, 0.5])


@pytest.mark.parametrize("temperature", [1e-300, 1e-12, 1e300, np.float32(0.5)])
def test_temperatures_at_the_borders(temperature):
    p = token_probabilities(np.array([1.0, 500.0, -700.0]), temperature)
    assert np.isfinite(p).all() and p.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    "scores, error, text",
    [
        ("abc", TypeError, r"scores must be an array \(V,\) of floats.*step 83"),
        (None, TypeError, r"scores must be an array"),
        (
            [[1.0, 2.0]],
            ValueError,
            r"got \(1, 2\); for the last place .*scores\[0, -1\]",
        ),
        ([], ValueError, r"scores must be \(V,\).*got \(0,\)"),
        ([1.0, np.nan], ValueError, r"scores must be finite"),
        ([1.0, np.inf], ValueError, r"scores must be finite.*inf"),
        ([-np.inf, -np.inf], ValueError, r"one of them finite"),
    ],
)
def test_what_is_no_row_of_scores(scores, error, text):
    with pytest.raises(error, match="token_probabilities: .*" + text):
        token_probabilities(scores)


@pytest.mark.parametrize("kind", [np.array, Variable])
def test_a_negative_id_is_no_token_from_the_end(kind):
    model = GPT(10, 8, 8, 1, 2)
    ids = kind(np.array([[1, -1]]))
    with pytest.raises(ValueError, match=r"GPT: ids must be at least 0, got -1.*81"):
        model(ids)
