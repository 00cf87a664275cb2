"""Activations and softmax: PyTorch's numbers, extremes, and finite differences."""

import math

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable
from dezero.gradcheck import check_gradients

RNG = np.random.default_rng(0)
both_dtypes = pytest.mark.parametrize("dtype", [np.float64, np.float32])
both_passes = pytest.mark.parametrize("create_graph", [False, True])

# PyTorch 2.13, float64, at X: values, and gradient of their sum.
X = [-4.0, -1.5, -0.25, 0.0, 0.5, 2.0]
TORCH = {
    "sigmoid": (
        F.sigmoid,
        [0.0179862099621, 0.182425523806, 0.437823499114, 0.5, 0.622459331202]
        + [0.880797077978],
        [0.0176627062133, 0.14914645207, 0.246134082738, 0.25, 0.235003712202]
        + [0.104993585404],
    ),
    "softplus": (
        F.softplus,
        [0.0181499279178, 0.201413277983, 0.575939419879, 0.69314718056, 0.97407698418]
        + [2.12692801104],
        [0.0179862099621, 0.182425523806, 0.437823499114, 0.5, 0.622459331202]
        + [0.880797077978],
    ),
    "silu": (
        F.silu,
        [-0.0719448398484, -0.27363828571, -0.109455874779, 0.0, 0.311229665601]
        + [1.76159415596],
        [-0.0526646148911, -0.0412941542991, 0.37628997843, 0.5, 0.739961187303]
        + [1.09078424878],
    ),
    "gelu(approximate='tanh')": (
        F.gelu,
        [-7.02459481923e-05, -0.10042842302, -0.100324649298, 0.0, 0.345714009825]
        + [1.95459769409],
        [-0.000335123197122, -0.127710793151, 0.304645904849, 0.5, 0.867369903535]
        + [1.08609925662],
    ),
    "relu": (F.relu, [0.0, 0.0, 0.0, 0.0, 0.5, 2.0], [0.0, 0.0, 0.0, 0.0, 1.0, 1.0]),
    "leaky_relu(negative_slope=0.2)": (
        F.leaky_relu,
        [-0.8, -0.3, -0.05, 0.0, 0.5, 2.0],
        [0.2, 0.2, 0.2, 0.2, 1.0, 1.0],
    ),
    "elu": (
        F.elu,
        [-0.981684361111, -0.776869839852, -0.221199216929, 0.0, 0.5, 2.0],
        [0.0183156388887, 0.223130160148, 0.778800783071, 1.0, 1.0, 1.0],
    ),
    "elu(alpha=0.5)": (
        lambda x: F.elu(x, 0.5),
        [-0.490842180556, -0.388434919926, -0.110599608464, 0.0, 0.5, 2.0],
        [0.00915781944437, 0.111565080074, 0.389400391536, 0.5, 1.0, 1.0],
    ),
}


@both_passes
@pytest.mark.parametrize("name", TORCH)
def test_values_and_gradients_of_torch(name, create_graph):
    f, values, gradient = TORCH[name]
    x = Variable(np.array(X))
    y = f(x)
    np.testing.assert_allclose(y.data, values, rtol=1e-11)
    y.backward(create_graph=create_graph)
    np.testing.assert_allclose(x.grad.data, gradient, rtol=1e-11)


# --- element by element ---

SMOOTH = {
    "sigmoid": F.sigmoid,
    "sigmoid_simple": F.sigmoid_simple,
    "softplus": F.softplus,
    "silu": F.silu,
    "gelu": F.gelu,
}
BENT = {  # at 0
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "leaky_relu, 3": lambda x: F.leaky_relu(x, slope=3),
    "leaky_relu, -0.5": lambda x: F.leaky_relu(x, slope=-0.5),
    "elu": F.elu,
    "elu, 0.5": lambda x: F.elu(x, alpha=0.5),
}
ELEMENTWISE = {**SMOOTH, **BENT}


def sample(*shape):
    """Both signs, and nothing near 0."""
    signs = RNG.choice([-1.0, 1.0], size=shape)
    return np.asarray(RNG.uniform(0.3, 2.0, size=shape) * signs)


@both_dtypes
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_gradients(name, dtype):
    f = ELEMENTWISE[name]
    order = 3 if dtype == np.float64 else 2
    for shape in (), (3,), (2, 1, 2), (0,), (0, 3):
        check_gradients(f, sample(*shape), order=order, dtype=dtype)
    for x in sample(3, 2).T, sample(4, 9)[::2, ::3], sample(2, 3)[::-1, ::-1]:
        check_gradients(f, x, dtype=dtype)


@pytest.mark.parametrize("shape", [(), (3,)])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_float32_stays(name, shape):
    x = Variable(np.full(shape, -0.7, np.float32))
    for create_graph in False, True:
        x.cleargrad()
        y = ELEMENTWISE[name](x)
        y.backward(create_graph=create_graph)
        assert y.dtype == x.grad.dtype == np.float32


@both_passes
@pytest.mark.parametrize("dtype", [int, np.int8, np.uint8])
@pytest.mark.parametrize("name", [n for n in ELEMENTWISE if n != "sigmoid_simple"])
def test_integers_are_promoted(name, dtype, create_graph):
    numbers = [0, 1, 2, 100]
    x, same = Variable(np.array(numbers, dtype)), Variable(np.array(numbers, float))
    for v in x, same:
        ELEMENTWISE[name](v).backward(create_graph=create_graph)
    y = ELEMENTWISE[name](x)
    assert y.dtype == (dtype if name == "relu" else np.float64)
    np.testing.assert_allclose(x.grad.data, same.grad.data, atol=1e-12)
    np.testing.assert_allclose(ELEMENTWISE[name](same).data, y.data, atol=1e-12)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_an_array_will_do(name):
    x = sample(2, 3)
    y = ELEMENTWISE[name](x)
    assert not y.requires_grad
    np.testing.assert_array_equal(y.data, ELEMENTWISE[name](Variable(x)).data)


@both_passes
def test_sigmoid_does_not_overflow(create_graph):
    x = Variable(np.array([-1e4, -800.0, -40.0, 0.0, 40.0, 800.0, 1e4]))
    y = F.sigmoid(x)
    y.backward(create_graph=create_graph)
    np.testing.assert_allclose(
        y.data, [0.0, 0.0, math.exp(-40), 0.5, 1.0, 1.0, 1.0], rtol=1e-15
    )
    assert x.grad.data[3] == 0.25
    assert np.all(np.isfinite(x.grad.data))


def test_sigmoid_is_as_precise_below_0_as_above():
    x = np.linspace(-80, 80, 1001)
    exact = np.array([float(1 / (1 + np.exp(-np.longdouble(v)))) for v in x])
    np.testing.assert_allclose(F.sigmoid(x).data, exact, rtol=1e-15)
    narrow = x.astype(np.float32)
    exact = 1 / (1 + np.exp(-narrow.astype(np.float64)))
    np.testing.assert_allclose(F.sigmoid(narrow).data, exact, rtol=1e-6)


def test_the_simple_sigmoid_is_the_same_until_exp_overflows():
    x = np.linspace(-700, 700, 101)
    np.testing.assert_allclose(F.sigmoid_simple(x).data, F.sigmoid(x).data, rtol=1e-14)
    with pytest.warns(RuntimeWarning, match="overflow"):
        assert F.sigmoid_simple(np.array([-1000.0])).data == 0


@both_passes
@pytest.mark.parametrize("f", [F.softplus, F.silu, F.gelu, F.elu])
def test_the_others_do_not_overflow_either(f, create_graph):
    x = Variable(np.array([-1e4, -800.0, 800.0, 1e4]))
    y = f(x)
    y.backward(create_graph=create_graph)
    below = -1.0 if f is F.elu else 0.0
    np.testing.assert_allclose(y.data, [below, below, 800, 1e4], atol=1e-300)
    np.testing.assert_allclose(x.grad.data, [0, 0, 1, 1], atol=1e-300)


def test_small_values_are_not_lost():
    x = np.array([-40.0, -20.0, -1e-12])
    np.testing.assert_allclose(F.softplus(x).data, np.log1p(np.exp(x)), rtol=1e-15)
    np.testing.assert_allclose(F.elu(x).data, np.expm1(x), rtol=1e-15)


def test_gelu_is_near_the_normal_probability():
    x = np.linspace(-5, 5, 201)
    exact = [v * (1 + math.erf(v / math.sqrt(2))) / 2 for v in x]
    assert 0.0004 < np.abs(F.gelu(x).data - exact).max() < 0.0005


def test_relu_of_extremes():
    y = F.relu(np.array([-np.inf, -0.0, np.inf, np.nan]))
    np.testing.assert_array_equal(y.data, [0.0, 0.0, np.inf, np.nan])


# --- softmax ---

SOFTMAXES = {
    "softmax": F.softmax,
    "softmax_simple": F.softmax_simple,
    "log_softmax": F.log_softmax,
}
SCORES = [[1.0, -2.0, 0.5, 3.0], [0.0, 0.0, 1.0, -1.0], [2.0, 4.0, -3.0, 0.5]]
TORCH_OF_SCORES = {  # PyTorch 2.13, float64: part of the values, gradient of its sum
    "softmax(1)[:, 0]": (
        lambda x: F.softmax(x)[:, 0],
        [0.110553750362, 0.196611933241, 0.116023760749],
        [
            [0.0983316186427, -0.000608504107497, -0.00741309761465, -0.0903100169205],
            [0.157955680949, -0.038656252293, -0.105078588164, -0.0142208404913],
            [0.102562247691, -0.0994678751646, -9.07029615146e-05, -0.00300366956455],
        ],
    ),
    "log_softmax(1)[:, 1]": (
        lambda x: F.log_softmax(x)[:, 1],
        [-5.20225344768, -1.62652337504, -0.153960274808],
        [
            [-0.110553750362, 0.994495852872, -0.0670542391406, -0.81688786337],
            [-0.196611933241, 0.803388066759, -0.534446645389, -0.0723294881285],
            [-0.116023760749, 0.142693923017, -0.000781761950562, -0.025888400317],
        ],
    ),
    "log_softmax(0)[0]": (
        lambda x: F.log_softmax(x, axis=0)[0],
        [-1.40760596444, -6.02058113895, -0.985413225832, -0.0956743294144],
        [
            [0.755271528945, 0.99757174197, 0.62671505592, 0.0912400757415],
            [-0.0900305731704, -0.0179425348033, -0.615442827337, -0.0166445186093],
            [-0.665240955775, -0.979629207167, -0.0112722285822, -0.0745955571322],
        ],
    ),
}


@both_passes
@pytest.mark.parametrize("name", TORCH_OF_SCORES)
def test_softmaxes_of_torch(name, create_graph):
    f, values, gradient = TORCH_OF_SCORES[name]
    x = Variable(np.array(SCORES))
    y = f(x)
    np.testing.assert_allclose(y.data, values, rtol=1e-11)
    y.backward(create_graph=create_graph)
    np.testing.assert_allclose(x.grad.data, gradient, rtol=1e-9)


@both_dtypes
@pytest.mark.parametrize(
    "shape, axis",
    [
        ((3,), 0),
        ((3,), -1),
        ((2, 3), 1),
        ((2, 3), 0),
        ((2, 3), -2),
        ((2, 3), (0, 1)),
        ((2, 2, 3), 1),
        ((2, 2, 3), -1),
        ((2, 1), 1),
        ((0, 3), 1),
    ],
)
@pytest.mark.parametrize("name", SOFTMAXES)
def test_gradients_of_softmaxes(name, shape, axis, dtype):
    f = SOFTMAXES[name]
    x = RNG.normal(size=shape)
    check_gradients(lambda x: f(x, axis), x, dtype=dtype)
    if len(shape) == 2 and 0 not in shape:
        check_gradients(lambda x: f(x.T, axis), x[::-1, ::-1], dtype=dtype)


@pytest.mark.parametrize("name", SOFTMAXES)
def test_softmax_to_third_order(name):
    check_gradients(SOFTMAXES[name], RNG.normal(size=(2, 3)), order=3)


@pytest.mark.parametrize("f", [F.softmax, F.softmax_simple])
def test_softmax_by_hand(f):
    y = f(np.array([[0.0, math.log(3)], [5.0, 5.0]]))
    np.testing.assert_allclose(y.data, [[0.25, 0.75], [0.5, 0.5]])
    y = f(np.array([[0.0, math.log(3)], [5.0, 5.0]]), axis=0)
    np.testing.assert_allclose(y.data.sum(axis=0), [1, 1])


@both_passes
@pytest.mark.parametrize("f", [F.softmax, F.softmax_simple])
def test_softmax_at_1000(f, create_graph):
    x = Variable(np.array([[1000.0, 0.0], [-1000.0, -1000.0]]))
    y = f(x)
    assert y.data.tolist() == [[1.0, 0.0], [0.5, 0.5]]
    y[:, 0].backward(create_graph=create_graph)
    assert x.grad.data.tolist() == [[0.0, 0.0], [0.25, -0.25]]


@both_passes
def test_log_softmax_at_1000(create_graph):
    x = Variable(np.array([[1000.0, 0.0]]))
    y = F.log_softmax(x)
    assert y.data.tolist() == [[0.0, -1000.0]]
    y[:, 1].backward(create_graph=create_graph)
    assert x.grad.data.tolist() == [[-1.0, 1.0]]


def test_a_class_that_is_ruled_out():
    """-inf among the scores, as in masked attention: probability 0."""
    x = Variable(np.array([[0.0, -np.inf, 0.0]]))
    y = F.softmax(x)
    assert y.data.tolist() == [[0.5, 0.0, 0.5]]
    (y * [[1.0, 2.0, 3.0]]).backward()
    assert x.grad.data.tolist() == [[-0.5, 0.0, 0.5]]


@both_passes
@pytest.mark.parametrize("name", SOFTMAXES)
def test_softmax_of_integers(name, create_graph):
    x, same = Variable(np.array([[1, 2, -3]])), Variable(np.array([[1.0, 2.0, -3.0]]))
    weights = np.array([[1.0, 2.0, 3.0]])
    for v in x, same:
        (SOFTMAXES[name](v) * weights).backward(create_graph=create_graph)
    y = SOFTMAXES[name](x)
    np.testing.assert_allclose(y.data, SOFTMAXES[name](same).data)
    np.testing.assert_allclose(x.grad.data, same.grad.data)


@pytest.mark.parametrize("name", SOFTMAXES)
def test_softmax_of_float32_stays(name):
    x = Variable(RNG.normal(size=(2, 3)).astype(np.float32))
    for create_graph in False, True:
        x.cleargrad()
        y = SOFTMAXES[name](x)
        y.backward(create_graph=create_graph)
        assert y.dtype == x.grad.dtype == np.float32


@pytest.mark.parametrize("name", SOFTMAXES)
def test_softmax_needs_the_axis(name):
    for x in np.zeros(3), np.array(1.0):
        with pytest.raises(
            ValueError, match=rf"{name}: expected x with an axis 1, got shape .*step 47"
        ):
            SOFTMAXES[name](x)


# --- sigmoid: as exact far below 0 as near 0, and quiet ---


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "dtype, rtol", [("float16", 1e-3), ("float32", 3e-7), ("float64", 1e-15)]
)
def test_sigmoid_is_exact_to_the_last_digits(dtype, rtol):
    """Against float64 from below: exp(x) / (1 + exp(x)) has no overflow below 0."""
    x = np.linspace(-9, 0, 901).astype(dtype)
    e = np.exp(x.astype(np.float64))
    y = F.sigmoid(x)
    assert y.dtype == dtype
    np.testing.assert_allclose(y.data, e / (1 + e), rtol=rtol)
    np.testing.assert_allclose(F.sigmoid(-x).data, 1 / (1 + e), rtol=rtol)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sigmoid_far_from_zero(dtype):
    x = np.array([-50, -1e4, 1e4, -np.inf, np.inf], dtype)
    expected = [1.9287498479639178e-22, 0, 1, 0, 1]
    np.testing.assert_allclose(F.sigmoid(x).data, expected, rtol=3e-7)


def test_sigmoid_below_zero_in_float16():
    """exp(12) is no float16, 1 / (1 + exp(12)) is one."""
    y = F.sigmoid(np.array([-12.0], np.float16))
    np.testing.assert_allclose(y.data, [6.14e-6], rtol=1e-2)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sigmoid_has_its_second_derivative(dtype):
    check_gradients(F.sigmoid, np.array([-2.0, 0.0, 3.0]), dtype=dtype)


@pytest.mark.parametrize("f", [F.elu, F.leaky_relu])
def test_what_lets_nothing_through_lets_no_infinity_through(f):
    x = Variable(np.array([-1.0, 2.0]))
    f(x, 0.0).backward(gradient=np.array([np.inf, np.inf]))
    np.testing.assert_array_equal(x.grad.data, [0.0, np.inf])
