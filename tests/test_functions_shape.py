"""Functions that move elements: where each one goes, and its gradient back."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, core
from dezero.gradcheck import check_gradients

RNG = np.random.default_rng(0)
both_dtypes = pytest.mark.parametrize("dtype", [np.float64, np.float32])
both_passes = pytest.mark.parametrize("create_graph", [False, True])


def normal(*shape):
    return RNG.normal(size=shape)


def squared(ys):
    """Return y * y for each: the gradients then depend on what went where."""
    return [y * y for y in ys] if isinstance(ys, list) else ys * ys


def test_the_functions_that_core_has_too_are_the_same_objects():
    for name in "reshape", "transpose", "broadcast_to", "get_item":
        assert getattr(F, name) is getattr(core, name)
    for name in "Reshape", "Transpose", "BroadcastTo", "GetItem", "GetItemGrad":
        assert getattr(F, name) is getattr(core, name)


# --- reshape and transpose: the published examples A5 to A7 ---


@both_passes
def test_reshape_keeps_the_shape_of_the_gradient(create_graph):  # A6
    x = Variable(normal(4, 6))
    F.reshape(x, (3, 8)).backward(create_graph=create_graph)
    np.testing.assert_array_equal(x.grad.data, np.ones((4, 6)))


@both_passes
def test_transpose_goes_back_by_the_inverse_permutation(create_graph):  # A7
    x = Variable(np.arange(24.0).reshape(2, 3, 4))
    y = F.transpose(x, (2, 0, 1))
    assert y.shape == (4, 2, 3)
    np.testing.assert_array_equal(F.transpose(y, (1, 2, 0)).data, x.data)
    w = np.arange(24.0).reshape(4, 2, 3)
    (y * w).backward(create_graph=create_graph)
    np.testing.assert_array_equal(x.grad.data, w.transpose(1, 2, 0))


@both_passes
def test_get_item_gives_a_gradient_where_it_took(create_graph):  # A5
    x = Variable(np.arange(20.0).reshape(4, 5))
    F.get_item(x, (2, slice(None))).backward(create_graph=create_graph)
    expected = np.zeros((4, 5))
    expected[2] = 1
    np.testing.assert_array_equal(x.grad.data, expected)


# --- expand_dims, squeeze, flatten ---


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3, np.int64(1)])
def test_expand_dims_as_numpy(axis):
    x = normal(2, 3)
    y = F.expand_dims(x, axis)
    np.testing.assert_array_equal(y.data, np.expand_dims(x, axis))


@pytest.mark.parametrize(
    "axis, shape", [(3, (2, 3, 1)), (9, (2, 3, 1)), (-4, (1, 2, 3))]
)
def test_expand_dims_beyond_an_end_is_that_end(axis, shape):
    """Programs for DeZero rely on it: the original's list.insert has no other end."""
    assert F.expand_dims(normal(2, 3), axis).shape == shape


@pytest.mark.parametrize("axis", [None, 0, 2, -1, (0, 2), (0, -1), [0]])
def test_squeeze_as_numpy(axis):
    x = normal(1, 3, 1)
    y = F.squeeze(x, axis)
    axis = tuple(axis) if isinstance(axis, list) else axis
    np.testing.assert_array_equal(y.data, np.squeeze(x, axis))


def test_squeeze_refuses_a_longer_axis():
    with pytest.raises(
        ValueError, match=r"axis 1 must have length 1.*\(1, 3\).*step 38"
    ):
        F.squeeze(normal(1, 3), 1)
    with pytest.raises(
        ValueError, match="squeeze: expected an axis from -2 to 1, got 2"
    ):
        F.squeeze(normal(1, 3), 2)


@pytest.mark.parametrize(
    "shape, flat",
    [((4,), (4, 1)), ((2, 3, 4), (2, 12)), ((0, 3), (0, 3)), ((2, 0), (2, 0))],
)
def test_flatten(shape, flat):
    assert F.flatten(normal(*shape)).shape == flat


def test_flatten_needs_samples():
    with pytest.raises(ValueError, match="flatten: x must have a first axis"):
        F.flatten(np.array(1.0))


@both_dtypes
def test_gradients_of_reshapes(dtype):
    for x in normal(2, 3, 2), normal(2, 3, 2).T, normal(0, 2), normal(4, 6)[::2, ::3]:
        check_gradients(lambda x: squared(F.expand_dims(x, -1)), x, dtype=dtype)
        check_gradients(lambda x: squared(F.flatten(x)), x, dtype=dtype)
        check_gradients(
            lambda x: squared(F.squeeze(F.expand_dims(x, 1), 1)), x, dtype=dtype
        )
    check_gradients(lambda x: squared(F.expand_dims(x, 0)), normal(), dtype=dtype)


# --- concatenate, stack, split ---


def test_concatenate_by_hand():
    x, y = Variable(np.array([[1.0, 2.0]])), Variable(np.array([[3.0]]))
    z = F.concatenate([x, y], axis=1)
    assert z.data.tolist() == [[1.0, 2.0, 3.0]]
    z.grad = Variable(np.array([[10.0, 20.0, 30.0]]))
    z.backward()
    assert x.grad.data.tolist() == [[10.0, 20.0]]
    assert y.grad.data.tolist() == [[30.0]]


@both_dtypes
@pytest.mark.parametrize(
    "shapes, axis",
    [
        ([(2, 3)], 0),
        ([(2, 3), (1, 3)], 0),
        ([(2, 3), (2, 1), (2, 2)], 1),
        ([(2, 3), (2, 2)], -1),
        ([(2,), (0,), (1,)], 0),
        ([(0, 2), (0, 2)], 1),
        ([(2, 1, 2), (2, 3, 2)], -2),
    ],
)
def test_gradients_of_concatenate(shapes, axis, dtype):
    xs = [normal(*shape) for shape in shapes]
    np.testing.assert_array_equal(
        F.concatenate(xs, axis).data, np.concatenate(xs, axis)
    )
    check_gradients(
        lambda *xs: squared(F.concatenate(list(xs), axis)), *xs, dtype=dtype
    )


@both_dtypes
@pytest.mark.parametrize(
    "shape, axes", [((), (0, -1)), ((2, 3), (0, 1, 2, -1)), ((0,), (1,))]
)
def test_gradients_of_stack(shape, axes, dtype):
    xs = [np.asarray(normal(*shape)) for _ in range(3)]
    for axis in axes:
        np.testing.assert_array_equal(F.stack(xs, axis).data, np.stack(xs, axis))
        check_gradients(lambda *xs, a=axis: squared(F.stack(xs, a)), *xs, dtype=dtype)


@both_dtypes
@pytest.mark.parametrize(
    "shape, at, axis",
    [
        ((4, 2), 1, 0),
        ((4, 2), 2, 0),
        ((2, 6), 3, 1),
        ((2, 6), np.int64(3), -1),
        ((5,), [2, 3], 0),
        ((5,), (0, 2, 2, 5), 0),
        ((2, 5), np.array([4]), 1),
        ((5,), [], 0),
        ((0, 2), 2, 0),
    ],
)
def test_gradients_of_split(shape, at, axis, dtype):
    x = normal(*shape)
    for got, expected in zip(F.split(x, at, axis), np.split(x, at, axis), strict=True):
        np.testing.assert_array_equal(got.data, expected)
    check_gradients(lambda x: squared(F.split(x, at, axis)), x, dtype=dtype)


@both_passes
def test_a_part_that_is_not_used_has_a_gradient_of_0(create_graph):
    x = Variable(np.arange(6.0))
    first, _, last = F.split(x, 3)
    (first + 2 * last).backward(create_graph=create_graph)
    assert x.grad.data.tolist() == [1.0, 1.0, 0.0, 0.0, 2.0, 2.0]


@both_passes
def test_split_and_concatenate_undo_each_other(create_graph):
    x = Variable(normal(3, 5))
    y = F.concatenate(F.split(x, [1, 3], axis=1), axis=1)
    np.testing.assert_array_equal(y.data, x.data)
    y.backward(create_graph=create_graph)
    np.testing.assert_array_equal(x.grad.data, np.ones((3, 5)))


def test_gradients_of_a_list_share_no_memory():
    xs = [Variable(normal(2)) for _ in range(3)]
    F.concatenate(xs).backward()
    xs[0].grad.data[:] = 7
    assert xs[1].grad.data.tolist() == xs[2].grad.data.tolist() == [1.0, 1.0]


def test_lists_that_cannot_be_joined():
    for f in F.concatenate, F.stack:
        with pytest.raises(
            TypeError, match=f"{f.__name__}: expected a list.*got Variable"
        ):
            f(Variable(normal(2, 3)))
        with pytest.raises(TypeError, match="got an empty one .see step 38"):
            f([])
    with pytest.raises(ValueError, match=r"along axis 0 only, got \(2, 3\), \(2, 2\)"):
        F.concatenate([normal(2, 3), normal(2, 2)])
    with pytest.raises(ValueError, match="concatenate: the shapes may differ"):
        F.concatenate([normal(2, 3), normal(2)])
    with pytest.raises(ValueError, match="concatenate: 0-d .*; stack gives"):
        F.concatenate([np.array(1.0), np.array(2.0)])
    with pytest.raises(
        ValueError, match=r"stack: expected equal shapes, got \(2,\), \(3"
    ):
        F.stack([normal(2), normal(3)])


def test_splits_that_cannot_be():
    with pytest.raises(
        ValueError, match="5 elements along axis 0 cannot make 2 equal parts"
    ):
        F.split(normal(5), 2)
    with pytest.raises(ValueError, match="cannot make 0 equal parts.*step 38"):
        F.split(normal(4), 0)
    for at in [3, 1], [-1]:
        with pytest.raises(
            ValueError, match="places to cut at must ascend from 0, got"
        ):
            F.split(normal(4), at)
    with pytest.raises(ValueError, match="split: expected an axis from -1 to 0, got 1"):
        F.split(normal(4), 2, axis=1)


# --- where and gather ---


@both_passes
def test_where_by_hand(create_graph):
    x, y = Variable(np.array([1.0, -2.0, 3.0])), Variable(np.array([10.0, 20.0, 30.0]))
    z = F.where(x > 0, x, y)
    assert z.data.tolist() == [1.0, 20.0, 3.0]
    (2 * z).backward(create_graph=create_graph)
    assert x.grad.data.tolist() == [2.0, 0.0, 2.0]
    assert y.grad.data.tolist() == [0.0, 2.0, 0.0]


@both_dtypes
@pytest.mark.parametrize(
    "condition, a, b",
    [
        ((2, 3), (2, 3), (2, 3)),
        ((2, 3), (3,), (2, 1)),
        ((3,), (2, 3), ()),
        ((2, 1), (), (1, 3)),
        ((), (2,), (2,)),
        ((), (), ()),
        ((0, 3), (3,), (1,)),
    ],
)
def test_gradients_of_where(condition, a, b, dtype):
    condition = RNG.normal(size=condition) > 0
    a, b = np.asarray(normal(*a)), np.asarray(normal(*b))
    check_gradients(lambda a, b: squared(F.where(condition, a, b)), a, b, dtype=dtype)
    check_gradients(lambda a: squared(F.where(condition, a, 2)), a, dtype=dtype)
    check_gradients(lambda b: squared(F.where(condition, 0.5, b)), b, dtype=dtype)


def test_the_condition_may_be_anything_with_a_truth():
    for condition in ([1, 0], np.array([2.0, 0.0]), Variable(np.array([3, 0]))):
        assert F.where(condition, 1.0, 2.0).data.tolist() == [1.0, 2.0]
    assert F.where(True, 1.0, 2.0).data == 1.0


def test_the_condition_has_no_gradient():
    condition = Variable(np.array([1.0, 0.0]))
    F.where(condition, Variable(normal(2)), 0.0).backward()
    assert condition.grad is None


@both_passes
def test_gather_adds_up_what_was_picked_repeatedly(create_graph):
    x = Variable(np.array([[1.0, 2.0], [3.0, 4.0]]))
    y = F.gather(x, [[1, 1, 0], [-1, 1, 1]])
    assert y.data.tolist() == [[2.0, 2.0, 1.0], [4.0, 4.0, 4.0]]
    y.backward(create_graph=create_graph)
    assert x.grad.data.tolist() == [[1.0, 2.0], [0.0, 3.0]]


def test_gather_as_torch():
    """PyTorch 2.13: x.gather(1, index) ** 2, summed; its values and gradient."""
    x = Variable(np.array([[1, -2, 0.5, 3], [0, 0, 1, -1], [2, 4, -3, 0.5]]))
    y = F.gather(x, np.array([[0, 0], [3, 1], [2, 2]])) ** 2
    y.backward()
    assert y.data.tolist() == [[1.0, 1.0], [1.0, 0.0], [9.0, 9.0]]
    assert x.grad.data.tolist() == [[4, 0, 0, 0], [0, 0, 0, -2], [0, 0, -12, 0]]


@both_dtypes
def test_gradients_of_gather(dtype):
    for shape, axis, length in [
        ((3,), 0, 5),
        ((2, 3), 1, 2),
        ((3, 2), 0, 4),
        ((2, 3, 2), -2, 1),
    ]:
        x = normal(*shape)
        indexed = list(shape)
        indexed[axis] = length
        index = RNG.integers(shape[axis], size=indexed)
        for given in index, Variable(index):
            y = F.gather(x, given, axis)
            np.testing.assert_array_equal(y.data, np.take_along_axis(x, index, axis))
        check_gradients(
            lambda x, i=index, a=axis: squared(F.gather(x, i, a)), x, dtype=dtype
        )


def test_gather_refuses():
    x = normal(2, 3)
    with pytest.raises(
        ValueError, match=r"as long as x along every axis but 1, got \(3, 1"
    ):
        F.gather(x, np.zeros((3, 1), int))
    with pytest.raises(
        ValueError, match=r"gather: index must .* got \(2,\) and \(2, 3\)"
    ):
        F.gather(x, [0, 1])
    with pytest.raises(
        TypeError, match="gather: expected an index of ints, got float64"
    ):
        F.gather(x, np.zeros((2, 1)))
    with pytest.raises(IndexError, match="index 3 is out of bounds"):
        F.gather(x, [[3], [0]])


@pytest.mark.parametrize("shape", [(), (2, 2)])
def test_float32_stays(shape):
    x = Variable(np.ones(shape, np.float32))
    for f in (
        lambda x: F.expand_dims(x, 0),
        lambda x: F.stack([x, 2 * x]),
        lambda x: F.where(x > 0, x, 0.5),
        lambda x: F.where(x > 0, 1, x),
        F.squeeze,
    ):
        x.cleargrad()
        y = f(x)
        y.backward(create_graph=True)
        assert y.dtype == np.float32
        assert x.grad.dtype == np.float32
