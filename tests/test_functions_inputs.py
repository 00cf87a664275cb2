"""What functions take, lists and numbers included, and what they say about the rest."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable
from dezero.core import scatter_add
from dezero.gradcheck import check_gradients

# --- an index, whatever it is written with ---

X = np.arange(12.0).reshape(3, 4)
REPEATED = [
    ((0, 0, 1), slice(None)),
    (slice(None), (0, 0)),
    (slice(None), [0, 0]),
    ([0, -3],),  # -3 of 3 is 0 again
    ((0, -3), (1, 1)),
    ([[0, 0], [1, 0]],),
    (((0, 0), (1, 0)), 2),
    ([(0, 1), [0, 1]], slice(1, 3)),
    (range(2), range(2)),
    (np.array([True, False, True]), [0, 0]),
    ([True, False, True], slice(None)),
    (Variable(np.array([0, 0])),),
    ([Variable(np.array(1)), 1],),
    (np.array(1), [2, 2]),
    (np.int64(1), np.array([2, 2], np.uint8)),
    (None, [0, 0], Ellipsis, [1, 1]),
    (slice(None, None, 2), None, [3, 3, -1]),
]


def plain(index):
    """Return index as NumPy takes it: Variables as their arrays, tuples as lists."""
    if isinstance(index, Variable):
        return index.data
    if isinstance(index, (list, tuple, range)):
        return [plain(i) for i in index]
    return index


@pytest.mark.parametrize("index", REPEATED, ids=str)
def test_what_is_picked_repeatedly_gets_all_its_gradients(index):
    numpys = tuple(plain(i) for i in index)
    x = Variable(X)
    y = x[index]
    np.testing.assert_array_equal(y.data, X[numpys])
    gy = np.arange(1.0, y.size + 1).reshape(y.shape)
    y.backward(gradient=gy)
    expected = np.zeros_like(X)
    np.add.at(expected, numpys, gy)
    np.testing.assert_array_equal(x.grad.data, expected)
    check_gradients(lambda x: x[index] ** 3, X)


@pytest.mark.parametrize("index", REPEATED, ids=str)
def test_scatter_add_takes_what_numpy_takes(index):
    index = tuple(plain(i) for i in index)
    gy = np.ones(X[index].shape)
    expected = np.zeros_like(X)
    np.add.at(expected, index, gy)
    np.testing.assert_array_equal(scatter_add(gy, index, X.shape), expected)
    gx = F.GetItemGrad(index, X.shape)(gy)
    np.testing.assert_array_equal(gx.data, expected)


def test_an_inner_tuple_by_hand():
    for index in (
        ((0, 0, 1), slice(None)),
        ([0, 0, 1],),
        (Variable(np.array([0, 0, 1])),),
    ):
        x = Variable(np.array([[1.0, 2.0], [3.0, 4.0]]))
        x[index].backward()
        assert x.grad.data.tolist() == [[2, 2], [1, 1]]
    assert scatter_add(np.ones(3), [0, 0, 1], (2,)).tolist() == [2, 1]


def test_an_index_that_changes_later():
    index = np.array([0, 0])
    x = Variable(np.array([1.0, 2.0]))
    y = x[index]
    index[:] = 1
    y.backward()
    assert x.grad.data.tolist() == [2, 0]


def test_words_named_in_two_ways():
    """0 and -3 are the same word of three."""
    for words in [0, -3, 1], (0, 0, 1), np.array([0, 0, 1], np.uint8):
        W = Variable(np.ones((3, 2)))
        F.embed_id(words, W).backward()
        assert W.grad.data.tolist() == [[2, 2], [1, 1], [0, 0]]


@pytest.mark.parametrize(
    "index", [5, (0, 9), [7], "a", 1.5, [0.5], [[1], [2, 3]], (0, 0, 0), {}, [None]]
)
def test_an_index_that_is_none(index):
    with pytest.raises(IndexError, match=r"^get_item: .*\(see step 47\)"):
        Variable(X)[index]


# --- lists where neighbours take lists ---


def image(x):
    """Return x, what F takes, as one image; a list stays a list."""
    if isinstance(x, (list, tuple)):
        return [[x]]
    return x.reshape(1, 1, 2, 2)


TWO = [[1.0, 2.0], [3.0, 4.0]]
TAKE_LISTS = {
    "mean": (F.mean, 2.5),
    "var": (F.var, 1.25),
    "std": (F.std, 1.25**0.5),
    "sum": (F.sum, 10),
    "max": (F.max, 4),
    "cumsum": (F.cumsum, [1, 3, 6, 10]),
    "reshape": (lambda x: F.reshape(x, 4), [1, 2, 3, 4]),
    "transpose": (F.transpose, [[1, 3], [2, 4]]),
    "expand_dims": (lambda x: F.expand_dims(x, 0), [TWO]),
    "squeeze": (F.squeeze, TWO),
    "flatten": (F.flatten, TWO),
    "broadcast_to": (lambda x: F.broadcast_to(x, (1, 2, 2)), [TWO]),
    "sum_to": (lambda x: F.sum_to(x, (1, 2)), [[4, 6]]),
    "get_item": (lambda x: F.get_item(x, 1), [3, 4]),
    "gather": (lambda x: F.gather(x, [[0], [1]]), [[1], [4]]),
    "concatenate": (lambda x: F.concatenate([x, x]), TWO + TWO),
    "stack": (lambda x: F.stack([x, x]), [TWO, TWO]),
    "split": (lambda x: F.split(x, 2)[1], [[3, 4]]),
    "where": (lambda x: F.where([[True, False]], x, [0.0, 9.0]), [[1, 9], [3, 9]]),
    "linear": (lambda x: F.linear(x, [[1.0], [1.0]], [1.0]), [[4], [8]]),
    "matmul": (lambda x: F.matmul(x, [1.0, 1.0]), [3, 7]),
    "einsum": (lambda x: F.einsum("ii", x), 5),
    "clip": (lambda x: F.clip(x, 2, 3), [[2, 2], [3, 3]]),
    "relu": (F.relu, TWO),
    "pooling": (lambda x: F.pooling(image(x), 2), [[[[4]]]]),
    "average_pooling": (lambda x: F.average_pooling(image(x), 2), [[[[2.5]]]]),
    "conv2d": (lambda x: F.conv2d(image(x), [[[[2.0]]]]), [[[[2, 4], [6, 8]]]]),
    "mean_squared_error": (lambda x: F.mean_squared_error(x, [[1.0, 2.0]]), 4),
    "accuracy": (lambda x: F.accuracy(x, [1, 0]), 0.5),
    "embed_id": (lambda x: F.embed_id([1, 0], x), TWO[::-1]),
    "layer_norm": (lambda x: F.layer_norm(x, [1, 1], [0, 0], eps=0), [[-1, 1]] * 2),
}


@pytest.mark.parametrize("name", TAKE_LISTS)
def test_lists_tuples_arrays_and_variables_are_the_same(name):
    f, expected = TAKE_LISTS[name]
    for x in TWO, tuple(map(tuple, TWO)), np.array(TWO), Variable(np.array(TWO)):
        y = f(x)
        assert isinstance(y, Variable)
        np.testing.assert_allclose(y.data, expected)


def test_numbers():
    assert F.mean(3).data == 3 and F.var(3.0).data == 0
    assert F.mean_squared_error(Variable(np.float32([3])), 1).dtype == np.float32


# --- what is refused, and in which words ---

NAMES = "abs average clip cos cumsum elu exp expand_dims flatten gather gelu get_item "
NAMES += "leaky_relu log log_softmax max mean min relu reshape sigmoid silu sin "
NAMES += "softmax softplus split sqrt squeeze std sum sum_to tanh transpose var "
NAMES += "broadcast_to dropout sigmoid_simple softmax_simple im2col pooling "
NAMES += "average_pooling pooling_simple"
REST = {
    "clip": (0, 1),
    "expand_dims": (0,),
    "gather": ([[0]],),
    "get_item": (0,),
    "reshape": (1,),
    "split": (1,),
    "sum_to": (1,),
    "broadcast_to": (1,),
    "im2col": (1,),
    "pooling": (1,),
    "average_pooling": (1,),
    "pooling_simple": (1,),
}


@pytest.mark.parametrize(
    "x",
    [
        None,
        "text",
        Variable(None),
        {},
        [[1], [2, 3]],
        np.array(["a"]),
        np.array([None]),
    ],
    ids=lambda x: type(x).__name__,
)
@pytest.mark.parametrize("name", NAMES.split())
def test_what_is_no_array_of_numbers(name, x):
    f = getattr(F, name)
    who = "mean" if f is F.mean else f.__name__
    with pytest.raises(TypeError, match=rf"(?i)^{who}: .*\(see step \d+\)"):
        f(x, *REST.get(name, ()))


@pytest.mark.parametrize("f", [F.sum, F.mean, F.max, F.min, F.var, F.std])
def test_axes_that_cannot_be(f):
    who = "mean" if f is F.mean else f.__name__
    for axis, kind, message in [
        (2, ValueError, "expected an axis from -2 to 1, got 2"),
        ((0, -2), ValueError, r"axis must not name an axis twice, got \(0, -2\)"),
        ("rows", TypeError, "axis must be an int, got 'rows'"),
        (1.0, TypeError, "axis must be an int, got 1.0"),
        ((0, None), TypeError, "axis must be an int, got None"),
    ]:
        with pytest.raises(kind, match=rf"^{who}: {message}.*\(see step 39\)"):
            f(X, axis=axis)
        if hasattr(Variable, f.__name__):  # the method is the same
            with pytest.raises(kind, match=message):
                getattr(Variable(X), f.__name__)(axis=axis)
    assert f(X, axis=[0, 1]).shape == ()


@pytest.mark.parametrize(
    "call, kind, message",
    [
        (
            lambda: F.add(X, np.ones(3)),
            ValueError,
            r"add: the shapes \(3, 4\) and \(3,",
        ),
        (lambda: Variable(X) * np.ones(3), ValueError, r"mul: the shapes .* step 40"),
        (lambda: X - Variable(np.ones(3)), ValueError, "sub: the shapes .* step 40"),
        (lambda: F.div(X, "a"), TypeError, "str is not supported"),
        (lambda: -Variable(np.array([True])), TypeError, "neg: not defined for bool"),
        (lambda: F.pow(np.array([2]), -1), ValueError, "pow: .*negative.*step 21"),
        (lambda: F.pow(X, None), TypeError, "pow: x must be .*got None"),
        (lambda: F.reshape(X, 5), ValueError, r"12 elements .*\(5,\).*step 38"),
        (lambda: F.reshape(X, "a"), TypeError, "shape must be an int or a tuple"),
        (lambda: F.transpose(X, (0, 0)), ValueError, "each of the 2 axes of x once"),
        (lambda: F.broadcast_to(X, (3, 5)), ValueError, "cannot be repeated.*step 40"),
        (lambda: F.matmul(X, None), ValueError, "MatMul: input 1 .*None.*step 9"),
        (lambda: F.linear(X, "W"), TypeError, "linear: W must be .*got 'W'"),
        (lambda: F.einsum(5, X), TypeError, "einsum: subscripts must be a string"),
        (lambda: F.split(X, "a"), TypeError, "indices_or_sections must be"),
        (lambda: F.where("a", X, X), TypeError, "where: condition must be"),
        (
            lambda: F.clip(X, None, 1),
            TypeError,
            "x_min must be a number, got None",
        ),
        (lambda: F.leaky_relu(X, "a"), TypeError, "slope must be a number, got 'a'"),
        (lambda: F.huber_loss(X, X, 0), ValueError, "delta must be a number above 0"),
        (
            lambda: F.gather(X, [[4]] * 3),
            IndexError,
            "gather: index 4 is out of",
        ),
        (lambda: F.softmax([1.0, 2.0]), ValueError, "for a single row of scores"),
        (lambda: F.softmax(X, axis=(0, 0)), ValueError, "not name an axis twice"),
        (lambda: F.cross_entropy(X, [0, 1]), ValueError, r"got \(3, 4\) and \(2,\)"),
        (lambda: F.cross_entropy(X, [0.0] * 3), TypeError, "class numbers as ints"),
        (lambda: F.cross_entropy(X, [0, 1, 4]), ValueError, "from 0 to 3"),
        (lambda: F.cross_entropy(X, None), TypeError, "cross_entropy: t must be"),
        (lambda: F.dropout(X, "half"), ValueError, "from 0 to 1, got 'half'"),
        (lambda: F.layer_norm(X, None, None), ValueError, "gamma must be an array"),
        (lambda: F.pooling([[X]], 0), ValueError, "kernel_size must be .*at least 1"),
        (lambda: F.pooling([[X]], True), ValueError, "kernel_size must be .*got True"),
        (lambda: F.conv2d([[X]], [[X]], pad=-1), ValueError, "pad must be .*got -1"),
        (
            lambda: F.conv2d([[X]], [[X]], stride="2"),
            ValueError,
            "stride: expected an int",
        ),
        (lambda: F.im2col_array(None, 2, 1, 0), TypeError, "im2col: img must be"),
        (lambda: F.col2im_array("a", (1, 1, 2, 2), 2, 1, 0), TypeError, "col must be"),
        (lambda: F.col2im(X, (1, 2), 2), ValueError, "col2im: images have the shape"),
        (lambda: F.join_gates([], [], []), TypeError, "join_gates: Wxs must be a list"),
        (lambda: F.lstm_cell(X, None, X, X), TypeError, "lstm_cell: h must be"),
        (lambda: F.var(X, ddof=-1), TypeError, "ddof must be a number, at least 0"),
    ],
)
def test_mistakes_are_named(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


# --- who gets the gradient of a tie ---


def test_a_tie_is_shared_by_max_and_goes_to_the_first_place_in_pooling():
    x = Variable(np.array([[[[1.0, 3.0], [3.0, 3.0]]]]))
    F.pooling(x, 2).backward()
    assert x.grad.data.tolist() == [[[[0, 1], [0, 0]]]]
    for f, y in (F.max, 3.0), (lambda x: -F.min(-x), 3.0):
        x.cleargrad()
        z = f(x)
        z.backward()
        assert z.data == y
        np.testing.assert_allclose(x.grad.data, [[[[0, 1 / 3], [1 / 3, 1 / 3]]]])
    x.cleargrad()
    F.pooling_simple(x, 2).backward()  # which is made of max
    np.testing.assert_allclose(x.grad.data, [[[[0, 1 / 3], [1 / 3, 1 / 3]]]])
