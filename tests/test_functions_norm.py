"""Normalization, dropout and embed_id: PyTorch's numbers, moments, state, mistakes."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Parameter, Variable, no_grad, test_mode, using_config
from dezero.gradcheck import check_gradients

both_dtypes = pytest.mark.parametrize("dtype", [np.float64, np.float32])
both_passes = pytest.mark.parametrize("create_graph", [False, True])

X = np.array([[[1.0, -2.0], [0.5, 4.0]], [[3.0, 0.0], [-1.0, 2.5]]])
GY = np.array([[[1.0, 2.0], [-1.0, 0.5]], [[0.0, -2.0], [3.0, 1.0]]])
GAMMA, BETA = np.array([1.5, -0.5, 2.0, 1.0]), np.array([0.25, 1.0, 0.0, -1.0])


def averages(channels=2, dtype=np.float64):
    return np.zeros(channels, dtype), np.ones(channels, dtype)


# PyTorch 2.13, float64: shape of x, function; then y, and the gradients of x, gamma
# and beta for the gradient GY of y. PyTorch's momentum is 1 - decay.
TORCH = {
    "batch_norm(training=True)": (
        (2, 2, 2),
        lambda x, g, b: F.batch_norm(x, g, b, *averages()),
        [0.666023867, -1.83011934, 1.26261214, 0.343469647]
        + [2.33011934, -0.166023867, 1.65653035, 0.737387859],
        [0.736041537, 0.896054852, 0.569369864, -0.0939506958]
        + [0.352016749, -1.98411314, -0.365620551, -0.109798617],
        [-1.94144471, -2.2322032],
        [1.0, 3.5],
    ),
    "layer_norm": (
        (2, 4),
        F.layer_norm,
        [0.337931461, 1.6741412, -0.351725842, 0.465524343]
        + [1.93172595, 1.33634519, -2.54127477, -0.177822868],
        [0.803369259, 0.0467347453, -0.768720512, -0.0813834921]
        + [0.0567837842, -1.34955368, 0.97208652, 0.320683378],
        [0.0586209737, -1.35118403, -3.63604924, 1.5549393],
        [1.0, 0.0, 2.0, 1.5],
    ),
    "group_norm(num_groups=1)": (
        (2, 2, 2),
        lambda x, g, b: F.group_norm(x, 1, g, b),
        [0.337931461, -1.77242359, 1.08793146, 0.267237829]
        + [1.93172595, -0.759035571, 1.63531869, 0.588911434],
        [0.176870088, 0.152698091, -0.413368316, 0.0838001374]
        + [0.158675193, -0.693152121, 0.517772954, 0.016703974],
        [-1.29256306, -2.08110993],
        [1.0, 3.5],
    ),
    "group_norm(num_groups=2)": (
        (1, 4, 2),
        lambda x, g, b: F.group_norm(x, 2, g, b),
        [0.337931461, -1.77242359, 1.08793146, 0.267237829]
        + [2.24230127, -1.34538076, -2.27063739, -0.177822868],
        [0.176870088, 0.152698091, -0.413368316, 0.0838001374]
        + [0.0501071118, -2.42185229, 1.73705296, 0.634692221],
        [-2.63794382, 0.908625093, 1.34538076, -2.98973503],
        [3.0, -0.5, -2.0, 4.0],
    ),
}
TORCH_EVAL = (  # mean [0.5, -1], var [2, 0.25]
    [0.780327434, -2.40163717, -0.499940004, -3.99980001]
    + [2.90163717, -0.280327434, 1.0, -2.49986001],
    [1.06065487, 2.12130974, 0.999960002, -0.499980001]
    + [0.0, -2.12130974, -2.99988001, -0.999960002],
    [-2.47486136, 8.99964002],
    [1.0, 3.5],
)


def assert_like_torch(f, shape, expected, create_graph, dtype):
    size = len(expected[2])
    x, gamma, beta = (
        Variable(v.astype(dtype)) for v in (X.reshape(shape), GAMMA[:size], BETA[:size])
    )
    y = f(x, gamma, beta)
    y.grad = Variable(GY.reshape(shape).astype(dtype))
    y.backward(create_graph=create_graph)
    tolerance = {"rtol": 1e-7} if dtype == np.float64 else {"rtol": 1e-4, "atol": 1e-5}
    for got, numbers in zip((y, x.grad, gamma.grad, beta.grad), expected):
        assert got.dtype == dtype
        np.testing.assert_allclose(got.data.ravel(), numbers, **tolerance)
    assert x.grad.shape == shape
    assert gamma.grad.shape == beta.grad.shape == (size,)


@both_passes
@both_dtypes
@pytest.mark.parametrize("name", TORCH)
def test_like_torch(name, create_graph, dtype):
    shape, f, *expected = TORCH[name]
    assert_like_torch(f, shape, expected, create_graph, dtype)


@both_passes
@both_dtypes
def test_batch_norm_in_test_mode_like_torch(create_graph, dtype):
    mean, var = np.array([0.5, -1.0], dtype), np.array([2.0, 0.25], dtype)
    with test_mode():
        assert_like_torch(
            lambda x, g, b: F.batch_norm(x, g, b, mean, var),
            (2, 2, 2),
            TORCH_EVAL,
            create_graph,
            dtype,
        )
    assert mean.tolist() == [0.5, -1.0] and var.tolist() == [2.0, 0.25]


SHAPES = [(5, 4), (3, 4, 2), (2, 4, 2, 3)]


@pytest.mark.parametrize("shape", SHAPES)
@both_dtypes
def test_gradients(rng, shape, dtype):
    """To the second order, also float32; CASES in test_higher_order.py go further."""
    x, (gamma, beta) = rng.normal(size=shape), rng.normal(size=(2, 4))
    mean, var = rng.uniform(0.5, 2, size=(2, 4))
    tolerance = {"rtol": 1e-3, "atol": 1e-4, "dtype": dtype}

    def in_training(x, gamma, beta):
        return F.batch_norm(x, gamma, beta, *averages(4, dtype))

    def in_use(x, gamma, beta):
        with test_mode():
            return F.batch_norm(x, gamma, beta, mean, var)

    def in_groups(x, gamma, beta):
        return F.group_norm(x, 2, gamma, beta)

    for f in (in_training, in_use, in_groups):
        check_gradients(f, x, gamma, beta, **tolerance)


@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4)])
@both_dtypes
def test_gradients_of_layer_norm(rng, shape, dtype):
    x, (gamma, beta) = rng.normal(size=shape), rng.normal(size=(2, 4))
    check_gradients(F.layer_norm, x, gamma, beta, rtol=1e-3, atol=1e-4, dtype=dtype)


def moments(y, axes):
    return y.data.mean(axis=axes), y.data.std(axis=axes)


@pytest.mark.parametrize("size, spread", [(0, 1), (1e3, 1), (3, 1e-2), (-5, 1e3)])
@both_dtypes
def test_mean_and_deviation(rng, size, spread, dtype):
    """Also where the mean is large beside the deviation, in float32 too."""
    x = (size + spread * rng.normal(size=(16, 6, 5, 5))).astype(dtype)
    ones, zeros = np.ones(6, dtype), np.zeros(6, dtype)
    results = [
        (F.batch_norm(x, ones, zeros, *averages(6), eps=1e-12), (0, 2, 3)),
        (F.group_norm(x, 3, ones, zeros, eps=1e-12), ()),
        (F.layer_norm(x, np.ones(5, dtype), np.zeros(5, dtype), eps=1e-12), 3),
    ]
    for y, axes in results:
        assert y.dtype == dtype
        if axes == ():
            y, axes = y.reshape(16, 3, -1), 2
        mean, deviation = moments(y, axes)
        np.testing.assert_allclose(mean, 0, atol=2e-3)
        np.testing.assert_allclose(deviation, 1, rtol=2e-3)


def test_integers_are_taken_as_float64():
    x = np.arange(8).reshape(4, 2)
    y = F.batch_norm(x, np.ones(2), np.zeros(2), *averages())
    assert y.dtype == np.float64
    assert F.layer_norm(x, np.ones(2), np.zeros(2)).dtype == np.float64
    assert F.group_norm(x, 1, np.ones(2), np.zeros(2)).dtype == np.float64
    assert F.dropout(x).dtype == np.float64


def test_float32_stays_beside_float64_parameters():
    x = Variable(X.astype(np.float32))
    for y in (
        F.batch_norm(x, GAMMA[:2], BETA[:2], *averages()),
        F.layer_norm(x, GAMMA[:2], BETA[:2]),
        F.group_norm(x, 2, GAMMA[:2], BETA[:2]),
    ):
        assert y.dtype == np.float32


def test_a_gradient_that_nobody_wants_is_not_computed():
    gamma, beta = Variable(GAMMA[:2]), Variable(BETA[:2])
    for f in (
        lambda x: F.batch_norm(x, gamma, beta, *averages()),
        lambda x: F.layer_norm(x, gamma, beta),
        lambda x: F.group_norm(x, 2, gamma, beta),
    ):
        function = f(Variable(X, requires_grad=False)).creator
        with using_config("enable_backprop", False):
            gx, *others = function.backward(Variable(GY))
        assert gx is None and all(g is not None for g in others)


# --- the running averages ---


def test_averages_by_hand():
    mean, var = np.array([1.0, 0.0]), np.array([2.0, 1.0])
    F.batch_norm(X, np.ones(2), np.zeros(2), mean, var, decay=0.75)
    # channel 0 is 1, -2, 3, 0; channel 1 is 0.5, 4, -1, 2.5
    np.testing.assert_allclose(mean, [0.75 + 0.25 * 0.5, 0.25 * 1.5])
    np.testing.assert_allclose(var, [1.5 + 0.25 * 13 / 3, 0.75 + 0.25 * 14.5 / 3])


def test_averages_of_a_single_value():
    """One value has no variance: not 0 / 0, but 0."""
    mean, var = averages()
    y = F.batch_norm(np.array([[3.0, -1.0]]), np.ones(2), np.ones(2), mean, var)
    assert y.data.tolist() == [[1, 1]]
    np.testing.assert_allclose(mean, [0.3, -0.1])
    np.testing.assert_allclose(var, [0.9, 0.9])


@pytest.mark.parametrize("kind", [np.asarray, Variable, Parameter])
@both_dtypes
def test_averages_are_changed_in_place(kind, dtype):
    mean, var = averages(dtype=dtype)
    gamma = Variable(np.ones(2))
    given = kind(mean), kind(var)
    y = F.batch_norm(X.astype(np.float32), gamma, np.zeros(2), *given)
    y.backward()
    np.testing.assert_allclose(mean, [0.05, 0.15], rtol=1e-6)
    np.testing.assert_allclose(var, [1.33333333, 1.38333333], rtol=1e-6)
    assert mean.dtype == dtype
    if kind is not np.asarray:
        assert given[0].data is mean and given[0].grad is given[1].grad is None


def test_averages_move_under_no_grad():
    mean, var = averages()
    with no_grad():
        F.batch_norm(X, np.ones(2), np.zeros(2), mean, var)
    assert mean.tolist() != [0, 0]


def test_backward_after_further_training():
    """The graph made in test mode has the averages of that moment."""
    mean, var = averages()
    x = Variable(X)
    with test_mode():
        y = F.batch_norm(x, np.ones(2), np.zeros(2), mean, var, eps=0)
    F.batch_norm(100 * X, np.ones(2), np.zeros(2), mean, var)
    y.backward()
    np.testing.assert_allclose(x.grad.data, np.ones_like(X))


def test_both_spellings():
    assert F.batch_nrom is F.batch_norm


# --- dropout ---


@both_dtypes
@pytest.mark.parametrize("ratio", [0.0, 0.3, 0.5, 0.9])
def test_dropout_draws_what_the_contract_says(ratio, dtype):
    x = np.linspace(-1, 1, 12, dtype=dtype).reshape(3, 4)
    np.random.seed(0)  # noqa: NPY002
    y = F.dropout(x, ratio)
    np.random.seed(0)  # noqa: NPY002
    mask = np.random.rand(3, 4) > ratio  # noqa: NPY002
    assert y.dtype == dtype
    np.testing.assert_array_equal(y.data, x * mask / dtype(1 - ratio))


def test_dropout_keeps_the_mean(rng):
    np.random.seed(0)  # noqa: NPY002
    y = F.dropout(np.ones(100_000), 0.8)
    assert set(y.data.round(9)) == {0, 5}
    assert abs(y.data.mean() - 1) < 0.05


@both_passes
def test_dropout_gradient_passes_where_x_did(create_graph):
    x = Variable(np.ones((20, 10)))
    y = F.dropout(x, 0.25)
    y.backward(create_graph=create_graph)
    np.testing.assert_array_equal(x.grad.data, y.data)
    assert 0 < np.count_nonzero(y.data) < 200


def test_dropout_in_test_mode_is_x_itself():
    x = Variable(np.ones(3))
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    with test_mode():
        assert F.dropout(x) is x
        assert F.dropout(x.data).data is x.data
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002


def test_dropout_of_everything_and_of_a_number():
    x = Variable(np.array([1.0, -2.0]))
    y = F.dropout(x, 1.0)
    y.backward()
    assert y.data.tolist() == x.grad.data.tolist() == [0, 0]
    assert F.dropout(np.array(3.0, np.float32), 0.0).data == np.float32(3)
    assert F.dropout(np.array(3.0, np.float32)).dtype == np.float32


# --- embed_id ---


@pytest.mark.parametrize("kind", [np.array, list, lambda x: Variable(np.array(x))])
def test_embed_id(kind):
    W = Variable(np.arange(12.0).reshape(4, 3))
    y = F.embed_id(kind([2, 0, 2]), W)
    assert y.data.tolist() == [[6, 7, 8], [0, 1, 2], [6, 7, 8]]
    y.backward()
    assert W.grad.data.tolist() == [[1] * 3, [0] * 3, [2] * 3, [0] * 3]


def test_embed_id_of_any_shape(rng):
    W = rng.normal(size=(4, 3))
    x = np.array([[0, 1], [3, 1]], np.uint8)
    assert F.embed_id(x, W).shape == (2, 2, 3)
    assert F.embed_id(2, W).data.tolist() == W[2].tolist()
    assert F.embed_id(np.array([-1]), W).data.tolist() == [W[3].tolist()]
    assert F.embed_id(np.zeros((0,), int), W).shape == (0, 3)
    check_gradients(lambda W: F.embed_id(x, W), W)
    check_gradients(lambda W: F.embed_id(2, W), W)


def test_embed_id_gives_the_index_no_gradient():
    x = Variable(np.array([1, 1]))
    W = Variable(np.ones((2, 2), np.float32))
    F.embed_id(x, W).backward(create_graph=True)
    assert x.grad is None and W.grad.dtype == np.float32


# --- mistakes, and what they leave behind ---

ONES, ZEROS = np.ones(2), np.zeros(2)
READ_ONLY = np.ones(2)
READ_ONLY.flags.writeable = False


@pytest.mark.parametrize(
    "x, gamma, beta, other, message",
    [
        (X[0, 0], ONES, ZEROS, None, r"expected x of shape \(N, C\) .*got \(2,\)"),
        (X, np.ones(3), ZEROS, None, r"gamma must .*shape \(2,\), got \(3,\)"),
        (X, ONES, np.zeros((2, 1)), None, r"beta must .* \(2,\), got \(2, 1\)"),
        (X, None, ZEROS, None, r"gamma must .* \(2,\), got None"),
        (X, ONES, ZEROS, np.ones(1), r"var must .* \(2,\), got \(1,\)"),
        (X[:0], ONES, ZEROS, None, r"in training .*, got x of shape \(0, 2, 2\)"),
        (X, ONES, ZEROS, np.ones(2, int), "var is changed in place, .*got int"),
        (X, ONES, ZEROS, READ_ONLY, "var is changed .* writeable=False"),
        (X, ONES, ZEROS, [1.0, 1.0], "var is changed .*array or a Variable.*got list"),
        (X, ONES, ZEROS, Parameter(None), "var is changed .* that holds one, got None"),
    ],
)
def test_a_mistake_leaves_the_averages_alone(x, gamma, beta, other, message):
    mean, var = averages()
    with pytest.raises((ValueError, TypeError), match=f"batch_norm: {message}"):
        F.batch_norm(x, gamma, beta, mean, var if other is None else other)
    assert mean.tolist() == [0, 0] and var.tolist() == [1, 1]


def test_an_interrupted_call_leaves_the_averages_alone():
    mean, var = averages()
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        F.batch_norm(X * 1e300, ONES, ZEROS, mean, var)
    assert mean.tolist() == [0, 0] and var.tolist() == [1, 1]


def test_an_empty_batch_in_use():
    with test_mode():
        assert F.batch_norm(X[:0], ONES, ZEROS, *averages()).shape == (0, 2, 2)
    assert F.group_norm(X[:0], 2, ONES, ZEROS).shape == (0, 2, 2)
    assert F.layer_norm(X[:0], ONES, ZEROS).shape == (0, 2, 2)
    assert F.rms_norm(X[:0], ONES).shape == (0, 2, 2)


def test_rms_norm_by_hand():
    """3 and 4 have the mean square 12.5; in gx, gy loses what makes x longer."""
    x, gamma = Variable(np.array([3.0, 4.0])), Variable(np.array([2.0, 0.5]))
    y = F.rms_norm(x, gamma, eps=0)
    root = np.sqrt(12.5)
    np.testing.assert_allclose(y.data, [6 / root, 2 / root])
    y.backward()
    np.testing.assert_allclose(gamma.grad.data, [3 / root, 4 / root])
    # g = (2, 0.5), mean(g * x) = 4: g - x * 4 / 12.5 = (1.04, -0.78), across to x
    np.testing.assert_allclose(x.grad.data, [1.04 / root, -0.78 / root])


@both_dtypes
@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4), (3, 1)])
def test_gradients_of_rms_norm(rng, shape, dtype):
    x, gamma = rng.normal(size=shape), rng.normal(size=shape[-1])
    check_gradients(F.rms_norm, x, gamma, rtol=1e-3, atol=1e-4, dtype=dtype)


def test_rms_norm_is_layer_norm_of_what_has_mean_0(rng):
    x, gamma = rng.normal(size=(3, 4)), rng.normal(size=4)
    x -= x.mean(axis=-1, keepdims=True)
    y = F.layer_norm(x, gamma, np.zeros(4))
    np.testing.assert_allclose(F.rms_norm(x, gamma).data, y.data)
    half = F.rms_norm(np.array([[-300, 300]], np.float16), np.ones(2, np.float16))
    assert half.dtype == np.float16 and half.data.tolist() == [[-1, 1]]
    with test_mode():  # one mode only
        np.testing.assert_allclose(F.rms_norm(x, gamma).data, y.data)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: F.layer_norm(X, np.ones(3), ZEROS), r"\(2, 2, 2\) and \(3,\)"),
        (lambda: F.layer_norm(np.array(1.0), ONES, ZEROS), r"got \(\) and \(2,\)"),
        (lambda: F.layer_norm(X, ONES, np.zeros(1)), r"beta must .*\(2,\), got \(1,\)"),
        (lambda: F.rms_norm(X, np.ones(3)), r"\(2, 2, 2\) and \(3,\) .*step 73"),
        (lambda: F.rms_norm(X, None), r"gamma must be .*\(2,\), got None .*step 73"),
        (
            lambda: F.rms_norm(np.array(1.0), ONES),
            r"\(..., D\) with D at least 1, got \(\)",
        ),
        (lambda: F.rms_norm(X[..., :0], ONES[:0]), r"D at least 1, got \(2, 2, 0\)"),
        (lambda: F.rms_norm(X, ONES, -1), "rms_norm: eps must be .*-1.*step 73"),
        (lambda: F.group_norm(X[0, 0], 1, ONES, ZEROS), r"\(N, C\).*, got \(2,\)"),
        (lambda: F.group_norm(X, 3, ONES, ZEROS), r"3 equal groups, got .*\(2, 2, 2\)"),
        (lambda: F.group_norm(X, 0, ONES, ZEROS), "a whole number, at least 1, got 0"),
        (lambda: F.group_norm(X, ONES, ZEROS, 2), r"come after it \(see step 73\)"),
        (lambda: F.group_norm(X, 2, np.ones(1), ZEROS), r"gamma must .*got \(1,\)"),
        (lambda: F.dropout(X, 1.5), "dropout_ratio from 0 to 1, got 1.5"),
        (lambda: F.dropout(X, -0.1), "dropout_ratio from 0 to 1, got -0.1"),
        (lambda: F.dropout(X, np.nan), "dropout_ratio from 0 to 1, got nan"),
    ],
)
def test_clear_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("x", [[4], [-5], np.array([[0, 1], [2, 9]])])
def test_a_word_outside_the_vocabulary(x):
    with pytest.raises(IndexError, match="the vocabulary has 4 words, 0 to 3, got"):
        F.embed_id(x, np.ones((4, 2)))


@pytest.mark.parametrize("x", [[1.0], np.array([True, False])])
def test_words_are_ints(x):
    with pytest.raises(
        TypeError, match="embed_id: expected word numbers as ints, got (float|b)"
    ):
        F.embed_id(x, np.ones((4, 2)))


@pytest.mark.parametrize(
    "change, message",
    [
        ({"x": "pictures"}, "x must be .*got 'pictures'"),
        ({"x": Variable(None)}, "x is a Variable without data"),
        ({"x": np.array([["a", "b"]])}, "x must be .*of <U1"),
        ({"gamma": "wide"}, "gamma must be .*got 'wide'"),
        ({"beta": None}, "beta must be .*got None"),
        ({"decay": 2}, "decay must be at least 0 and at most 1, got 2"),
        ({"decay": None}, "decay must be .*got None"),
        ({"eps": -1.0}, "eps must be at least 0, got -1.0"),
        ({"eps": "small"}, "eps must be .*got 'small'"),
    ],
)
def test_what_cannot_be_normalised_leaves_the_averages_alone(change, message):
    mean, var = averages()
    settings = {"x": X, "gamma": ONES, "beta": ZEROS, "mean": mean, "var": var} | change
    with pytest.raises((TypeError, ValueError), match=f"^batch_norm: {message}"):
        F.batch_norm(**settings)
    assert mean.tolist() == [0, 0] and var.tolist() == [1, 1]
