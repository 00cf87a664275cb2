"""MultiHeadAttention: PyTorch's numbers, masks, compiled, saved, shown, mistakes."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, no_grad, test_mode
from dezero.gradcheck import check_gradients
from dezero.layers import GroupNorm, KVCache, Layer, MultiHeadAttention
from dezero.static import compile

# ruff: noqa: NPY002  (first weights are from the legacy generator)


def waves(*shape, start):
    """Return sin(start + 1.7 * n): numbers that anybody can make again."""
    return np.sin(start + 1.7 * np.arange(np.prod(shape))).reshape(shape)


X, GY = waves(2, 3, 4, start=0), waves(2, 3, 4, start=5)

# PyTorch 2.13, float64, MultiheadAttention(4, 2, batch_first=True) of X, with the
# weights of layer(): y; the weights of each head; the gradients of X and of every fifth
# column of in_proj_weight.T for sum(y * GY); and that of X for the sum of squares of
# its gradient.
TORCH = {
    "plain": [
        """
        -0.78466922 0.13345422 0.75027954 -0.32679299 -0.76472142 0.11823032
        0.73425477 -0.30743969 -0.7497862 0.10573325 0.7225399 -0.29192383
        -0.21088804 -0.36706466 0.30547656 0.28834671 -0.19614654 -0.3821739
        0.29462855 0.30625137 -0.18508964 -0.39275851 0.28629918 0.31898236
        """,
        """
        0.30465829 0.36484078 0.33050093 0.25799942 0.35713589 0.38486469
        0.22674775 0.34213116 0.43112109 0.29462373 0.36385379 0.34152249
        0.2481521 0.35560816 0.39623974 0.21861998 0.34077454 0.44060548
        0.3737446 0.3529916 0.27326379 0.31768493 0.35363385 0.32868122
        0.28161723 0.34486523 0.37351754 0.3796201 0.35347211 0.26690778
        0.32438717 0.35419552 0.32141731 0.28718126 0.34529098 0.36752776
        """,
        """
        0.064066821 0.56421739 -0.041102221 -0.56589032 -0.067311822 0.6575129
        0.094073706 -0.65368395 -0.34140336 0.55724061 0.36408399 -0.54242178
        0.054604008 -0.031563665 -0.055888702 0.029288901 0.04613556
        -0.098062859 -0.050126883 0.09602261 0.034997285 -0.14429413
        -0.0408703 0.14263064
        """,
        """
        -0.0087108675 0.16899558 -1.7757786 -0.1914848 0.0098641862 1.5983496
        0.058054393 -0.17153747 1.3639015 0.17652483 0.034339132 -1.949812
        """,
        """
        0.085312425 0.3656153 -0.070431266 -0.36848198 0.050472138 0.26049663
        -0.039869486 -0.26211938 -0.01497941 -0.54001312 -0.0070000346
        0.5397282 0.00045952367 0.039267025 0.0011387105 -0.039220677
        -0.0030478855 -0.0022410425 0.0029566713 0.0023613841 -0.00064071561
        -0.042377244 -0.0010841097 0.042333119
        """,
    ],
    "causal": [
        """
        -0.97493363 0.26998925 0.90536037 -0.50329065 -0.88139919 0.20530775
        0.82849365 -0.41880144 -0.7497862 0.10573325 0.7225399 -0.29192383
        -0.34783579 -0.23177654 0.40756205 0.12675229 -0.25113122 -0.32347417
        0.33448695 0.23728056 -0.18508964 -0.39275851 0.28629918 0.31898236
        """,
        """
        1 0 0 0.41941897 0.58058103 0 0.22674775 0.34213116 0.43112109 1 0 0
        0.41101099 0.58898901 0 0.21861998 0.34077454 0.44060548 1 0 0
        0.47322515 0.52677485 0 0.28161723 0.34486523 0.37351754 1 0 0
        0.47803631 0.52196369 0 0.28718126 0.34529098 0.36752776
        """,
        """
        -0.043104645 1.0204184 0.084637395 -1.0169735 -0.099530026 0.5202018
        0.12070312 -0.51528898 -0.11913242 0.21531714 0.12789619 -0.21011155
        0.041533863 0.088021375 -0.037951244 -0.089566055 0.062980639
        -0.19513507 -0.070922965 0.19224839 0.03019708 -0.1859944 -0.037767366
        0.18445721
        """,
        """
        -0.057490645 0.058038289 -2.3093894 -0.098949695 0.036481297 1.3625001
        0.082988892 -0.067439118 1.9582882 0.077564371 -0.019102979 -1.8671294
        """,
        """
        0.28254941 0.28939903 -0.27077038 -0.30041984 -0.22899402 -0.17032817
        0.22206138 0.17936644 -0.21300453 -0.0085275762 0.21265744 0.017183093
        -0.024596669 0.078554089 0.027793953 -0.077422828 0.019570085
        -0.041471022 -0.021258025 0.040605784 0.0056439939 -0.076210502
        -0.0087458898 0.07585453
        """,
    ],
}


def layer(**options):
    """Return the layer whose numbers PyTorch was given."""
    made = MultiHeadAttention(4, 2, **options)
    made.qkv.W.data, made.qkv.b.data = waves(4, 12, start=1) / 2, waves(12, start=2) / 2
    made.out.W.data, made.out.b.data = waves(4, 4, start=3) / 2, waves(4, start=4) / 2
    return made


@pytest.mark.parametrize("name", TORCH)
def test_like_torch(name):
    attend, x = layer(causal=name == "causal"), Variable(X)
    y, p = attend(x), attend.weights(x)
    (y * GY).sum().backward(create_graph=True)
    gx, gW = x.grad, attend.qkv.W.grad.data[:, ::5]
    x.cleargrad()
    (gx**2).sum().backward()
    for ours, text in zip((y.data, p.data, gx.data, gW, x.grad.data), TORCH[name]):
        theirs = np.array(text.split(), float).reshape(ours.shape)
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-7)


def test_a_gradient_on_bare_arrays_is_the_same():
    attend, x = layer(causal=True), Variable(X)
    (attend(x) * GY).sum().backward()
    theirs = np.array(TORCH["causal"][2].split(), float).reshape(X.shape)
    np.testing.assert_allclose(x.grad.data, theirs, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("options", [{}, {"causal": True}, {"rope": True}])
def test_gradients_to_second_order(options):
    attend = layer(**options)
    check_gradients(attend, X)
    check_gradients(lambda x: F.tanh(attend.weights(x)), X)


@pytest.mark.parametrize("rope", [False, True])
def test_a_later_place_changes_nothing_before_it(rng, rope):
    """Bit for bit."""
    attend = MultiHeadAttention(8, 4, causal=True, rope=rope)
    x = rng.normal(size=(3, 9, 8)).astype(np.float32)
    y = attend(x).data
    for change in 1, 1000:
        x[:, 5:] += change
        assert (attend(x).data[:, :5] == y[:, :5]).all()


def test_masks(rng):
    attend, there = layer(), np.array([[True, True, True], [True, True, False]])
    for mask in there[:, None, None], there[:, None, None].repeat(2, axis=1):
        y, p = attend(X, mask).data, attend.weights(X, mask).data
        np.testing.assert_allclose(y[0], attend(X[:1]).data[0])
        np.testing.assert_allclose(y[1, :2], attend(X[1:, :2]).data[0])
        assert not p[1, :, :, 2].any()
    causal = np.tri(3, dtype=bool)
    np.testing.assert_allclose(attend(X, causal).data, layer(causal=True)(X).data)


def test_a_text_that_is_not_there_gives_the_bias_of_out():
    y = layer()(X, np.zeros((3, 3), bool)).data
    np.testing.assert_allclose(y, np.broadcast_to(layer().out.b.data, y.shape))


@pytest.mark.parametrize("rope", [False, True])
def test_place_after_place_with_a_cache(rope):
    """The same as all at once, however the text is cut."""
    attend = layer(causal=True, rope=rope)
    y = attend(X).data
    for cuts in [1, 2], [2], [1]:
        cache = KVCache()
        with no_grad():
            parts = [attend(x, cache=cache).data for x in np.split(X, cuts, axis=1)]
        np.testing.assert_allclose(np.concatenate(parts, axis=1), y, atol=1e-12)
        assert len(cache) == 3


def test_dropout_in_training_only():
    attend = MultiHeadAttention(4, 2, dropout=0.5)
    np.random.seed(0)
    y = attend(X).data
    assert 0 < (y == 0).sum() < y.size
    with test_mode():
        assert (attend(X).data != 0).all()


def test_compiled():
    attend = layer(causal=True)
    program = compile(lambda x: (attend(x) * GY).sum(), X, gradients=attend.params())
    loss, found = program(X), [param.grad.data for param in attend.params()]
    attend.cleargrads()
    expected = (attend(X) * GY).sum()
    expected.backward()
    np.testing.assert_allclose(loss.data, expected.data)
    for param, gradient in zip(attend.params(), found):
        np.testing.assert_allclose(param.grad.data, gradient, atol=1e-12)


def test_float32_stays():
    attend, x = MultiHeadAttention(4, 2), Variable(X.astype(np.float32))
    attend(x).sum().backward()
    assert {v.dtype for v in (attend(x), x.grad, attend.qkv.W.grad)} == {x.dtype}


def test_what_is_saved_comes_back(tmp_path):
    first, second = MultiHeadAttention(4, 2), MultiHeadAttention(4, 2)
    first.save_weights(tmp_path / "w.npz")
    second.load_weights(tmp_path / "w.npz")
    with no_grad():
        assert (first(X).data == second(X).data).all()


@pytest.mark.parametrize(
    "name, make, other, values",
    [
        ("heads", lambda: layer(), lambda: MultiHeadAttention(4, 4), "4 here and 2"),
        ("causal", lambda: layer(causal=True), lambda: layer(), "False here and True"),
        ("rope", lambda: layer(), lambda: layer(rope=True), "True here and False"),
        ("norms/0/groups", lambda: norms(4), lambda: norms(2), "2 here and 4"),
    ],
)
def test_weights_of_another_network_with_the_same_shapes(
    tmp_path, name, make, other, values
):
    path, other = tmp_path / "w.npz", other()
    make().save_weights(path)
    before = [param.data.copy() for param in other.params()]
    error = rf"load_weights: {name} is {values} in .*w.npz.*\(see step 53\)"
    with pytest.raises(ValueError, match=error):
        other.load_weights(path)
    for param, array in zip(other.params(), before):
        assert (param.data == array).all()
    make().load_weights(path)


def norms(groups):
    """Return a layer with a GroupNorm in a list."""
    outer = Layer()
    outer.norms = [GroupNorm(groups)]
    outer.norms[0](np.ones((2, 4, 3)))
    return outer


def test_files_that_do_not_name_the_settings_are_read(tmp_path):
    """Those of former versions, and of other programs."""
    first, second = MultiHeadAttention(4, 4), MultiHeadAttention(4, 2)
    arrays = {key: param.data for key, param in first._named_params().items()}
    np.savez(tmp_path / "w.npz", **arrays)
    second.load_weights(tmp_path / "w.npz")
    assert (first.qkv.W.data == second.qkv.W.data).all()
    first.save_weights(tmp_path / "w.npz")
    with np.load(tmp_path / "w.npz") as saved:  # and others read ours
        assert {*saved} == {*arrays, "heads", "causal", "rope"}
        assert all((saved[key] == array).all() for key, array in arrays.items())


@pytest.mark.parametrize("heads", [2.0, [2, 2], "2"])
def test_settings_of_a_damaged_file(tmp_path, heads):
    path, attend = tmp_path / "w.npz", layer()
    arrays = {key: param.data for key, param in attend._named_params().items()}
    np.savez(path, **arrays, heads=np.array(heads))
    with pytest.raises(ValueError, match="heads is 2 here and .* in "):
        attend.load_weights(path)


@pytest.mark.parametrize(
    "mask, error, text",
    [
        ("causal", TypeError, "got 'causal'; causal=True makes the causal one"),
        (np.ones((3, 3)), TypeError, "must hold bools, .* got float64"),
        (np.ones((5, 5), bool), ValueError, r"must broadcast .* got \(5, 5\)"),
    ],
)
def test_masks_that_do_not_fit(mask, error, text):
    attend, cache = layer(causal=True), KVCache()
    for call in attend, attend.weights, lambda x, mask: attend(x, mask, cache):
        with no_grad():
            expected = rf"^MultiHeadAttention: mask .*{text}.*\(see step 77\)"
            with pytest.raises(error, match=expected):
                call(X, mask)
    assert len(cache) == 0  # the keys of a call that failed are gone again
    with no_grad():
        attend(X, cache=cache)
        with pytest.raises(error):
            attend(X, mask, cache)
    assert len(cache) == 3


@pytest.mark.parametrize("wrong", [None, "k", Variable(None), [[1], [1, 2]], {}])
def test_what_no_cache_keeps(wrong):
    cache, good = KVCache(), np.zeros((1, 2, 3, 4))
    with no_grad():
        cache.append(good, good)
        with pytest.raises(TypeError, match="^KVCache: k .*see step"):
            cache.append(wrong, good)
        with pytest.raises(TypeError, match="^KVCache: v .*see step"):
            cache.append(good, wrong)
    assert len(cache) == 3


def test_shown():
    assert "MultiHeadAttention(8, 2, causal=True)" in str(
        MultiHeadAttention(8, 2, True)
    )


@pytest.mark.parametrize(
    "arguments, error, text",
    [
        ((10, 3), ValueError, r"width must be a multiple of heads.*10 and 3 .*step 78"),
        ((6, 2, True, True), ValueError, r"rope turns pairs.*6 / 2 = 3 .*step 79"),
        ((8, 0), ValueError, r"heads must be a whole number"),
        ((8.0, 2), TypeError, r"width must be a whole number"),
        ((8, 2, "yes"), TypeError, r"causal must be True or False.*step 77"),
        ((8, 2, True, False, 1.5), ValueError, r"dropout must be .*step 54"),
    ],
)
def test_settings_that_do_not_fit(arguments, error, text):
    with pytest.raises(error, match="MultiHeadAttention: " + text):
        MultiHeadAttention(*arguments)


def test_what_is_no_text():
    with pytest.raises(
        ValueError, match=r"x must be texts .*pass a single text as x\[None\]"
    ):
        layer()(X[0])
    with pytest.raises(ValueError, match=r"with width = 4, .* got \(2, 3, 2\)"):
        layer()(X[..., :2])
    with pytest.raises(TypeError, match=r"mask must hold bools"):
        layer()(X, np.ones((3, 3)))
    with pytest.raises(TypeError, match=r"cache must be a KVCache or None.*step 84"):
        layer()(X, cache=[])


def test_a_cache_refuses_what_would_be_wrong():
    attend, cache = layer(causal=True), KVCache()
    with pytest.raises(RuntimeError, match=r"KVCache: .* within no_grad.*step 84"):
        attend(X, cache=cache)  # the gradient would end there, in silence
    assert len(cache) == 0
    with no_grad():
        with pytest.raises(ValueError, match=r"a cache needs causal=True.*step 84"):
            layer()(X, cache=cache)
        attend(X, cache=cache)
        with pytest.raises(
            ValueError, match=r"N, H, D = 2, 2, 2 .*\(1, 2, 3, 2\).*new"
        ):
            attend(X[:1], cache=cache)
        with pytest.raises(ValueError, match=r"must be \(N, H, T, D\), got \(2, 3\)"):
            KVCache().append(X[0, :2, :3], X[0, :2, :3])
    assert len(cache) == 3
