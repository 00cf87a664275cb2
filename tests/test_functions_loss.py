"""Losses: by hand, PyTorch's numbers, labels that do not fit, finite differences."""

import math

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, core
from dezero.gradcheck import check_gradients

RNG = np.random.default_rng(0)
both_dtypes = pytest.mark.parametrize("dtype", [np.float64, np.float32])
both_passes = pytest.mark.parametrize("create_graph", [False, True])


def normal(*shape):
    return np.asarray(RNG.normal(size=shape))


def loss_and_gradient(f, x, create_graph=False):
    x = Variable(np.array(x, float))
    y = f(x)
    assert y.shape == ()
    y.backward(create_graph=create_graph)
    return float(y), x.grad.data


# --- mean squared error ---

MSES = {
    "mean_squared_error": F.mean_squared_error,
    "mean_squared_error_simple": F.mean_squared_error_simple,
}
both_mses = pytest.mark.parametrize("mse", MSES.values(), ids=MSES)


@both_mses
@both_passes
def test_mean_squared_error_by_hand(mse, create_graph):
    """Divided by the 2 rows, not the 4 elements."""
    x0 = Variable(np.array([[1.0, 2.0], [3.0, 4.0]]))
    x1 = Variable(np.array([[0.0, 2.0], [5.0, 1.0]]))
    y = mse(x0, x1)
    assert y.data == (1 + 0 + 4 + 9) / 2
    (3 * y).backward(create_graph=create_graph)
    assert x0.grad.data.tolist() == [[3.0, 0.0], [-6.0, 9.0]]
    assert x1.grad.data.tolist() == [[-3.0, 0.0], [6.0, -9.0]]


@both_mses
@both_dtypes
@pytest.mark.parametrize(
    "a, b",
    [
        ((), ()),
        ((3,), (3,)),
        ((2, 3), (2, 3)),
        ((2, 3), ()),
        ((), (2, 3)),
        ((1, 1), (1,)),
        ((2, 3), (3,)),
        ((2, 1, 2), (2, 3, 2)),
    ],
)
def test_gradients_of_mean_squared_error(a, b, mse, dtype):
    check_gradients(mse, normal(*a), normal(*b), order=3, dtype=dtype)


@both_mses
def test_gradients_of_mean_squared_error_in_other_layouts(mse):
    check_gradients(mse, normal(3, 2).T, normal(4, 6)[::2, ::2])
    check_gradients(mse, normal(2, 3)[::-1, ::-1], normal(3))


@both_mses
def test_a_table_of_all_pairs_is_refused(mse):
    for a, b in ((3, 1), (3,)), ((3,), (3, 1)), ((2, 3), (2,)), ((2, 1), (1, 2)):
        with pytest.raises(
            ValueError, match="squared_error.*: expected equal shapes"
        ) as e:
            mse(normal(*a), normal(*b))
        assert f"got {a} and {b}; reshape one of them (see step 42)" in str(e.value)


@both_mses
def test_mean_squared_error_of_integers(mse):
    x0, x1 = Variable(np.array([1, 2])), Variable(np.array([2, 4]))
    y = mse(x0, x1)
    assert y.data == 2.5
    y.backward()
    assert x0.grad.data.tolist() == [-1.0, -2.0]


def test_the_function_keeps_no_differences():
    """What a graph holds on to: two inputs and the result, against eight arrays."""
    x0, x1 = Variable(normal(4, 3)), Variable(normal(4, 3))

    def held(y):
        arrays, waiting = {}, [y]
        while waiting:
            v = waiting.pop()
            arrays[id(v.data)] = v.size
            if v.creator is not None:
                waiting += v.creator.inputs
                kept = vars(v.creator).values()
                arrays |= {id(a): a.size for a in kept if isinstance(a, np.ndarray)}
        return sum(arrays.values())

    assert held(F.mean_squared_error(x0, x1)) == 2 * 12 + 1
    assert held(F.mean_squared_error_simple(x0, x1)) > 4 * 12


# --- huber ---


@both_passes
def test_huber_by_hand(create_graph):
    """d = 0.5, -1, 3: 0.125, 0.5, and 3 - 0.5 on the line."""
    y, gx = loss_and_gradient(
        lambda x: F.huber_loss(x, [1.0, 1.0, 1.0]), [1.5, 0.0, 4.0], create_graph
    )
    assert y == pytest.approx((0.125 + 0.5 + 2.5) / 3, rel=1e-15)
    np.testing.assert_allclose(gx, [0.5 / 3, -1 / 3, 1 / 3])


@both_dtypes
def test_gradients_of_huber(dtype):
    for x, t in ((2, 3), (2, 3)), ((3,), ()), ((), ()), ((1, 1), (1,)):
        x, t = 2 * normal(*x), normal(*t)
        check_gradients(lambda x, t: F.huber_loss(x, t, 0.7), x, t, dtype=dtype)
        check_gradients(lambda x: F.huber_loss(x, 0.5), x, dtype=dtype)


def test_huber_refuses_a_table_of_all_pairs():
    with pytest.raises(ValueError, match="huber_loss: expected equal shapes"):
        F.huber_loss(normal(3, 1), normal(3))


# --- PyTorch ---

# PyTorch 2.13, float64: the loss and its gradient.
X = [[1.0, -2.0, 0.5, 3.0], [0.0, 0.0, 1.0, -1.0], [2.0, 4.0, -3.0, 0.5]]
T = [3, 0, 1]
CROSS_ENTROPY = (
    0.660912365841,
    [
        [0.0368512501206, 0.00183471570919, 0.0223514130469, -0.0610373788766],
        [-0.267796022253, 0.0655373110805, 0.178148881796, 0.0241098293762],
        [0.0386745869163, -0.0475646410055, 0.000260587316854, 0.00862946677232],
    ],
)
TORCH = {
    "cross_entropy, fused": (lambda x: F.softmax_cross_entropy(x, T), *CROSS_ENTROPY),
    "cross_entropy, simple": (
        lambda x: F.softmax_cross_entropy_simple(x, T),
        *CROSS_ENTROPY,
    ),
    "cross_entropy": (lambda x: F.cross_entropy(x, T), *CROSS_ENTROPY),
    "nll_loss(log_softmax)": (
        lambda x: F.nll_loss(F.log_softmax(x), T),
        *CROSS_ENTROPY,
    ),
    "cross_entropy(label_smoothing=0.1)": (
        lambda x: F.cross_entropy(x, T, label_smoothing=0.1),
        0.844245699175,
        [
            [0.0285179167872, -0.00649861762414, 0.0140180797135, -0.0360373788766],
            [-0.242796022253, 0.0572039777472, 0.169815548463, 0.0157764960428],
            [0.030341253583, -0.0225646410055, -0.00807274601648, 0.000296133438984],
        ],
    ),
    "cross_entropy, one row ignored": (
        lambda x: F.cross_entropy(x, [3, -100, 1], ignore_index=-100),
        0.178106861244,
        [
            [0.0552768751809, 0.00275207356379, 0.0335271195703, -0.091556068315],
            [0.0, 0.0, 0.0, 0.0],
            [0.0580118803745, -0.0713469615083, 0.000390880975281, 0.0129442001585],
        ],
    ),
    "cross_entropy(label_smoothing=0.2), one row ignored": (
        lambda x: F.cross_entropy(x, [3, -100, 1], 0.2, -100),
        0.728106861244,
        [
            [0.0302768751809, -0.0222479264362, 0.00852711957031, -0.016556068315],
            [0.0, 0.0, 0.0, 0.0],
            [0.0330118803745, 0.00365303849173, -0.0246091190247, -0.0120557998415],
        ],
    ),
    "binary_cross_entropy_with_logits(reduction='sum') / 3": (
        lambda x: F.sigmoid_cross_entropy(
            x, np.array([[1, 0, 1, 0], [0, 1, 1, 0], [1, 1, 0, 0]])
        ),
        2.38113801506,
        [
            [-0.0896471404567, 0.0397343073407, -0.125846889599, 0.317524708941],
            [0.166666666667, -0.166666666667, -0.0896471404567, 0.0896471404567],
            [-0.0397343073407, -0.0059954033207, 0.0158086243925, 0.207486443734],
        ],
    ),
    "huber_loss": (
        lambda x: F.huber_loss(x, np.full((3, 4), 0.5)),
        1.04166666667,
        [
            [0.0416666666667, -0.0833333333333, 0.0, 0.0833333333333],
            [-0.0416666666667, -0.0416666666667, 0.0416666666667, -0.0833333333333],
            [0.0833333333333, 0.0833333333333, -0.0833333333333, 0.0],
        ],
    ),
    "huber_loss(delta=2)": (
        lambda x: F.huber_loss(x, np.full((3, 4), 0.5), delta=2.0),
        1.5625,
        [
            [0.0416666666667, -0.166666666667, 0.0, 0.166666666667],
            [-0.0416666666667, -0.0416666666667, 0.0416666666667, -0.125],
            [0.125, 0.166666666667, -0.166666666667, 0.0],
        ],
    ),
}


@both_passes
@pytest.mark.parametrize("name", TORCH)
def test_losses_and_gradients_of_torch(name, create_graph):
    f, loss, gradient = TORCH[name]
    y, gx = loss_and_gradient(f, X, create_graph)
    assert y == pytest.approx(loss, rel=1e-11)
    np.testing.assert_allclose(gx, gradient, rtol=1e-9, atol=1e-15)


# --- one class of many ---

CLASSIFIERS = {
    "softmax_cross_entropy": F.softmax_cross_entropy,
    "softmax_cross_entropy_simple": F.softmax_cross_entropy_simple,
    "cross_entropy": F.cross_entropy,
    "nll_loss": F.nll_loss,
}
classifiers = pytest.mark.parametrize("name", CLASSIFIERS)


def test_the_published_cross_entropy():  # D6
    """Of the probabilities 0.66, 0.24, 0.10, with class 0 true."""
    scores = np.log([[0.66, 0.24, 0.10]])
    for name in CLASSIFIERS:
        y = CLASSIFIERS[name](scores, [0])
        assert float(y) == pytest.approx(-math.log(0.66), rel=1e-14)
        assert int(100 * float(y)) == 41  # 0.4155: to two places cut off, 0.41


@both_dtypes
@classifiers
def test_gradients_of_classifiers(name, dtype):
    f = CLASSIFIERS[name]
    for n, k in (3, 4), (1, 1), (1, 3), (4, 2):
        x, t = normal(n, k), RNG.integers(k, size=n)
        check_gradients(f, x, t, dtype=dtype)
        check_gradients(lambda x, t: f(x.T, t), np.asfortranarray(x.T), t, dtype=dtype)
    check_gradients(f, normal(4, 6)[::2, ::2], np.array([0, 2]), dtype=dtype)


@classifiers
def test_classifiers_to_third_order(name):
    check_gradients(CLASSIFIERS[name], normal(2, 3), np.array([2, 0]), order=3)


@both_dtypes
def test_gradients_of_smoothed_and_ignored(dtype):
    x = normal(4, 3)
    for options in (
        {"label_smoothing": 0.1},
        {"label_smoothing": 1},
        {"ignore_index": 0},
        {"ignore_index": 0, "label_smoothing": 0.3},
        {"ignore_index": -1},
        {"ignore_index": 5},
    ):
        t = np.array([0, options.get("ignore_index", 1), 2, 1])
        check_gradients(
            lambda x, t=t, o=options: F.cross_entropy(x, t, **o), x, dtype=dtype
        )


@both_passes
def test_if_no_row_counts_the_loss_is_0(create_graph):
    y, gx = loss_and_gradient(
        lambda x: F.cross_entropy(x, [9, 9], ignore_index=9), normal(2, 3), create_graph
    )
    assert y == 0
    np.testing.assert_array_equal(gx, np.zeros((2, 3)))


def test_what_a_row_that_is_ignored_holds_does_not_matter():
    x = normal(3, 4)
    x[1] = np.nan
    y = F.cross_entropy(x, [3, 7, 1], ignore_index=7)
    expected = F.softmax_cross_entropy(x[[0, 2]], [3, 1])
    np.testing.assert_allclose(y.data, expected.data)


@classifiers
@both_passes
def test_every_form_of_labels(name, create_graph):
    f, x = CLASSIFIERS[name], normal(3, 4)
    labels = np.array([2, 0, 3])
    expected = loss_and_gradient(lambda x: f(x, labels), x)
    for t in (
        labels.tolist(),
        labels.astype(np.uint8),
        labels.astype(np.int32),
        labels.reshape(3, 1),
        Variable(labels),
        Variable(labels.reshape(3, 1)),
    ):
        y, gx = loss_and_gradient(lambda x, t=t: f(x, t), x, create_graph)
        assert y == expected[0]
        np.testing.assert_allclose(gx, expected[1])
        assert not isinstance(t, Variable) or t.grad is None


@classifiers
@pytest.mark.parametrize(
    "shape, t, error, message",
    [
        (
            (3,),
            [0],
            ValueError,
            r"expected rows \(N, K\) and class .* got \(3,\) and \(1,",
        ),
        (
            (2, 4, 3),
            np.zeros((2, 4), int),
            ValueError,
            r"pass x.reshape\(-1, 3\) and t.reshape\(-1\)",
        ),
        ((2, 3), [0, 1, 2], ValueError, r"got \(2, 3\) and \(3,\); each row needs one"),
        (
            (2, 3),
            np.eye(2, 3, dtype=int),
            ValueError,
            r"for one-hot rows pass t.argmax\(axis=1\)",
        ),
        ((2, 3), [0.0, 1.0], TypeError, "expected class numbers as ints, got float64"),
        ((2, 3), [0, 3], ValueError, "from 0 to 2, one for each column, got 0 to 3"),
        ((2, 3), [-1, 2], ValueError, "class numbers from 0 to 2, .* got -1 to 2"),
    ],
)
def test_labels_that_do_not_fit(name, shape, t, error, message):
    with pytest.raises(error, match=f"{name}: .*{message}.*see step 47"):
        CLASSIFIERS[name](normal(*shape), t)


def test_smoothing_that_is_no_share():
    with pytest.raises(ValueError, match="label_smoothing from 0 to 1, got 1.5"):
        F.cross_entropy(normal(2, 3), [0, 1], label_smoothing=1.5)


@pytest.mark.parametrize("shift", [0.0, 1000.0, -1000.0])
def test_large_scores(shift):
    x = np.array([[0.0, 0.0], [5.0, 0.0]]) + shift
    y, gx = loss_and_gradient(lambda x: F.softmax_cross_entropy(x, [0, 0]), x)
    assert y == pytest.approx((math.log(2) + math.log1p(math.exp(-5))) / 2, rel=1e-12)
    assert np.all(np.isfinite(gx))


def test_a_hopeless_row_still_learns():
    """p rounds to 0; the simple form stops at 1e-15 and gives up, the fused goes on."""
    x = [[1000.0, 0.0]]
    y, gx = loss_and_gradient(lambda x: F.softmax_cross_entropy(x, [1]), x)
    assert y == 1000
    assert gx.tolist() == [[1.0, -1.0]]
    y, gx = loss_and_gradient(lambda x: F.softmax_cross_entropy_simple(x, [1]), x)
    assert y == pytest.approx(-math.log(1e-15))
    assert gx.tolist() == [[0.0, 0.0]]


@both_passes
@classifiers
def test_float32_stays(name, create_graph):
    x = Variable(normal(3, 4).astype(np.float32))
    y = CLASSIFIERS[name](x, [0, 1, 2])
    y.backward(create_graph=create_graph)
    assert y.dtype == x.grad.dtype == np.float32
    if name == "cross_entropy":
        y = F.cross_entropy(x, [0, 1, 2], 0.1, ignore_index=1)
        assert y.dtype == np.float32


@classifiers
def test_integers_are_promoted(name):
    scores = [[1, 2, 3], [0, -4, 0]]
    t = [0, 1]
    x, same = Variable(np.array(scores)), Variable(np.array(scores, float))
    for v in x, same:
        CLASSIFIERS[name](v, t).backward()
    expected = CLASSIFIERS[name](same, t).data
    np.testing.assert_allclose(CLASSIFIERS[name](x, t).data, expected)
    np.testing.assert_allclose(x.grad.data, same.grad.data)


def test_nothing_is_recorded_for_arrays():
    for f in CLASSIFIERS.values():
        assert not f(normal(2, 3), [0, 1]).requires_grad


def test_the_graph_is_one_node():
    x, t = Variable(normal(2, 3)), Variable(np.array([0, 1]))
    y = F.softmax_cross_entropy(x, t)
    assert type(y.creator) is F.SoftmaxCrossEntropy
    assert y.creator.inputs == [x, t]


def test_one_backward_keeps_to_plain_arrays(monkeypatch):
    """softmax is computed anew only where the gradient is recorded."""
    calls = []
    forward = F.Softmax.forward
    monkeypatch.setattr(
        F.Softmax, "forward", lambda self, x: calls.append(x) or forward(self, x)
    )
    x = Variable(normal(2, 3))
    F.softmax_cross_entropy(x, [0, 1]).backward()
    assert calls == []
    F.softmax_cross_entropy(x, [0, 1]).backward(create_graph=True)
    assert len(calls) == 1


# --- yes or no ---


@both_passes
def test_sigmoid_cross_entropy_by_hand(create_graph):
    x = [[0.0], [math.log(3)]]  # p = 0.5, 0.75
    for t in [1, 0], np.array([[1], [0]]), Variable(np.array([1.0, 0.0])):
        y, gx = loss_and_gradient(
            lambda x, t=t: F.sigmoid_cross_entropy(x, t), x, create_graph
        )
        assert y == pytest.approx((math.log(2) + math.log(4)) / 2, rel=1e-14)
        np.testing.assert_allclose(gx, [[-0.25], [0.375]])


@both_passes
def test_binary_cross_entropy_by_hand(create_graph):
    p = [[0.5], [0.75]]
    for t in [1, 0], np.array([[1], [0]]), Variable(np.array([1.0, 0.0])):
        y, gx = loss_and_gradient(
            lambda p, t=t: F.binary_cross_entropy(p, t), p, create_graph
        )
        assert y == pytest.approx((math.log(2) + math.log(4)) / 2, rel=1e-14)
        np.testing.assert_allclose(gx, [[-1], [2]])


@both_dtypes
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 1, 2)])
def test_gradients_of_yes_or_no(shape, dtype):
    t = RNG.integers(2, size=shape)
    soft = np.asarray(RNG.uniform(size=shape))
    p = np.asarray(RNG.uniform(0.1, 0.9, size=shape))
    for truth in t, soft:
        check_gradients(
            lambda x, t=truth: F.sigmoid_cross_entropy(x, t),
            normal(*shape),
            dtype=dtype,
        )
        check_gradients(lambda p, t=truth: F.binary_cross_entropy(p, t), p, dtype=dtype)


@both_dtypes
@pytest.mark.parametrize("f", [F.sigmoid_cross_entropy, F.binary_cross_entropy])
@pytest.mark.parametrize("shape, shape_of_t", [((2, 3), (2, 3)), ((3, 1), (3,))])
def test_gradients_of_the_truth(f, shape, shape_of_t, dtype):
    p, t = RNG.uniform(0.1, 0.9, size=shape), RNG.uniform(size=shape_of_t)
    check_gradients(f, p, t, dtype=dtype)  # to second order


def test_the_two_agree_where_nothing_is_clipped():
    x, t = normal(5, 2), RNG.integers(2, size=(5, 2))
    direct = F.sigmoid_cross_entropy(x, t)
    in_two_steps = F.binary_cross_entropy(F.sigmoid(x), t)
    np.testing.assert_allclose(direct.data, in_two_steps.data, rtol=1e-13)


@both_passes
def test_sigmoid_cross_entropy_of_large_scores(create_graph):
    """p counts as 1e-15 at least: its logarithm stops there, and so does learning."""
    limit = -math.log(1e-15)
    for x, t, loss, slope in (
        (-1000.0, 1, limit, 0.0),
        (-35.0, 1, limit, 0.0),
        (-34.0, 1, 34.0, -1.0),
        (1000.0, 0, 1000.0, 1.0),
        (1000.0, 1, 0.0, 0.0),
        (-1000.0, 0, 0.0, 0.0),
    ):
        y, gx = loss_and_gradient(
            lambda x, t=t: F.sigmoid_cross_entropy(x, [[t]]), [[x]], create_graph
        )
        assert y == pytest.approx(loss, rel=1e-14)
        assert gx[0, 0] == pytest.approx(slope, rel=1e-14)


@both_passes
def test_binary_cross_entropy_clips_at_0_999(create_graph):
    for p, loss, slope in (
        (0.9995, -math.log(0.999), 0.0),
        (0.999, -math.log(0.999), -1 / 0.999),
        (0.0, -math.log(1e-15), 0.0),
    ):
        y, gx = loss_and_gradient(
            lambda p: F.binary_cross_entropy(p, [1]), [p], create_graph
        )
        assert y == pytest.approx(loss, rel=1e-14)
        assert gx[0] == pytest.approx(slope, rel=1e-14)


@pytest.mark.parametrize("f", [F.sigmoid_cross_entropy, F.binary_cross_entropy])
def test_truths(f):
    x = Variable(np.full((2, 1), 0.5, np.float32))
    t = Variable(np.array([1, 0]))
    y = f(x, t)
    y.backward()
    assert y.dtype == x.grad.dtype == np.float32
    assert x.grad.shape == (2, 1)
    assert t.grad is None  # labels; floats get one
    for wrong in np.zeros(3), np.zeros((1, 2)):
        with pytest.raises(
            ValueError, match=f"{f.__name__}: expected a t for each element"
        ):
            f(x, wrong)


# --- accuracy ---


def test_accuracy():
    y = np.array([[0.1, 0.8, 0.1], [0.9, 0.0, 0.1], [0.2, 0.2, 0.6], [0.0, 1.0, 0.0]])
    for t in (
        [1, 0, 2, 2],
        np.array([[1], [0], [2], [2]]),
        Variable(np.array([1, 0, 2, 2])),
    ):
        for scores in y, Variable(y), y.astype(np.float32):
            share = F.accuracy(scores, t)
            assert isinstance(share, Variable)
            assert share.shape == ()
            assert share.data == 0.75
            assert share.creator is None
            assert not share.requires_grad


def test_accuracy_refuses():
    with pytest.raises(ValueError, match=r"accuracy: .* got \(2, 3\) and \(3,\)"):
        F.accuracy(normal(2, 3), [0, 1, 2])


def test_log_is_that_of_core():
    assert F.log is core.log


@pytest.mark.parametrize("loss", [F.mean_squared_error, F.huber_loss, F.l1_loss])
def test_targets_that_are_arrays_are_no_leaves(loss):
    x, t = Variable(np.array([1.0, 4.0])), np.array([0.0, 0.0])
    inputs = loss(x, t).creator.inputs
    seen = set()
    while inputs:
        y = inputs.pop()
        seen.add(y)
        inputs += y.creator.inputs if y.creator else []
    assert [y for y in seen if y.creator is None and y.requires_grad] == [x]
