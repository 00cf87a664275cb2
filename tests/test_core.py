"""The engine's promises, one a test: what backward does, keeps, frees and refuses."""

import copy
import gc
import os
import pickle
import platform
import re
import subprocess
import sys
import threading
import weakref

import fake_cupy
import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero import Config, Function, Parameter, Variable, core
from dezero.core import as_array, as_variable, no_grad, test_mode, using_config
from dezero.optimizers import SGD, Optimizer
from dezero.static import compile


def V(value, **options):
    return Variable(np.array(value), **options)


class Split(Function):
    """Two outputs: 2 x and 3 x."""

    def forward(self, x):
        return 2 * x, 3 * x

    def backward(self, gy0, gy1):
        return 2 * gy0 + 3 * gy1


class Square(Function):
    """A Function as a reader writes it: outside the package."""

    def forward(self, x):
        return x**2

    def backward(self, gy):
        (x,) = self.inputs
        assert isinstance(gy, Variable) and isinstance(x, Variable)
        return 2 * x * gy


# --- Variable -----------------------------------------------------------------


@pytest.mark.parametrize("data", [1, 1.0, [1.0], (1.0,), "a", np.float64(1.0)])
def test_only_arrays_are_accepted(data):
    with pytest.raises(TypeError, match=f"{type(data).__name__} is not supported"):
        Variable(data)


def test_a_variable_looks_like_its_array():
    x = Variable(np.zeros((2, 3), np.float32), name="x")
    assert (x.shape, x.ndim, x.size, x.dtype, len(x)) == ((2, 3), 2, 6, "float32", 2)
    assert (x.name, x.grad, x.creator, x.generation) == ("x", None, None, 0)
    assert x.T.shape == (3, 2)


@pytest.mark.parametrize(
    "data, text",
    [
        (np.array(2.0), "variable(2.0)"),
        (np.array([1, 2, 3]), "variable([1 2 3])"),
        (
            np.array([[1, 2, 3], [4, 5, 6]]),
            "variable([[1 2 3]\n          [4 5 6]])",
        ),
        (None, "variable(None)"),
    ],
)
def test_printed_form(data, text):
    assert repr(Variable(data)) == str(Variable(data, "name")) == text
    assert repr(Parameter(data)) == text


def test_equality_is_identity_and_hash_follows():
    x = V([1.0, 2.0])
    assert x == x and not x == V([1.0, 2.0])
    assert x in {x} and {x: 1}[x] == 1


@pytest.mark.parametrize("other", [np.ones(2), np.float64(1.0), np.array(1.0), 1.0])
def test_equality_with_arrays_is_identity_too(other):
    x = V([1.0, 1.0])
    assert (x == other) is (other == x) is (x in [other]) is (other in [x]) is False
    assert (x != other) is (other != x) is True


def test_order_compares_values():
    x = V([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(x > 2, [False, False, True])
    np.testing.assert_array_equal(x >= V(2.0), [False, True, True])
    np.testing.assert_array_equal(2 > x, [True, False, False])
    np.testing.assert_array_equal(np.array([3.0, 2.0, 1.0]) <= x, [False, True, True])


def test_truth_float_and_int_are_those_of_the_value():
    assert V(1.0) and not V(0.0)
    assert float(V(1.5)) == 1.5 and int(V([7])[0]) == 7
    with pytest.raises(ValueError, match="ambiguous"):
        bool(V([1.0, 2.0]))


def test_iteration_yields_variables_and_refuses_0d():
    x = V([[1.0, 2.0], [3.0, 4.0]])
    rows = list(x)
    assert [type(row) for row in rows] == [Variable, Variable]
    rows[1].backward()
    np.testing.assert_array_equal(x.grad.data, [[0, 0], [1, 1]])
    with pytest.raises(TypeError, match="0-d"):
        iter(V(1.0))


def test_assignment_to_elements_says_what_to_do():
    with pytest.raises(TypeError, match=r"x\.data\[\.\.\.\] = value"):
        V([1.0, 2.0])[0] = 1.0


@pytest.mark.parametrize("f", [np.arctan, np.add.reduce, lambda x: np.exp(x, where=x)])
def test_numpy_functions_that_we_do_not_have_are_refused(f):
    with pytest.raises(TypeError, match=r"would lose the graph; use .*x\.data"):
        f(V([1.0]))


def test_conversion_to_an_array_is_by_name_only():
    with pytest.raises(TypeError, match=r"x\.data"):
        np.asarray(V([1.0]))


def test_text_is_no_number():
    for f in (lambda: "a" + V(1.0), lambda: V(1.0) * "a", lambda: V(1.0) / b"a"):
        with pytest.raises(TypeError, match="is not supported.*step 21"):
            f()


def test_helpers():
    x = V(1.0)
    assert as_variable(x) is x
    array = np.ones(2)
    assert as_array(array) is array and as_variable(array).data is array
    assert isinstance(as_array(1.0), np.ndarray)
    assert isinstance(as_array(np.float32(1)), np.ndarray)
    assert as_array(np.float32(1)).dtype == np.float32
    np.testing.assert_array_equal(as_array([1.0, 2.0]), np.array([1.0, 2.0]))
    with pytest.raises(TypeError, match="float is not supported"):
        as_variable(1.0)
    assert dezero.setup_variable() is None


def test_array_types_know_cupy_where_it_was_imported(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    assert core.array_types == (np.ndarray,)
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy)
    assert core.array_types == (np.ndarray, fake_cupy.ndarray)
    with pytest.raises(AttributeError, match="'dezero.core' has no attribute 'arrays'"):
        print(core.arrays)


# --- operators ----------------------------------------------------------------


def test_mixing_with_arrays_and_numbers_on_either_side():
    x = V([1.0, 2.0])
    a = np.array([3.0, 4.0])
    for y, expected in [
        (a + x, [4, 6]),
        (x + a, [4, 6]),
        (a - x, [2, 2]),
        (a * x, [3, 8]),
        (a / x, [3, 2]),
        (a**x, [3, 16]),
        (a @ x, 11),
        (2 - x, [1, 0]),
        (2 / x, [2, 1]),
        (2**x, [2, 4]),
        (np.float64(2) * x, [2, 4]),
        (np.int64(2) + x, [3, 4]),
        (True + x, [2, 3]),
        (core.add(2.0, x), [3, 4]),
        (core.sub(2.0, x), [1, 0]),
        (core.rsub(x, 2.0), [1, 0]),
        (core.mul(2.0, x), [2, 4]),
        (core.div(2.0, x), [2, 1]),
        (core.rdiv(x, 2.0), [2, 1]),
    ]:
        assert type(y) is Variable
        np.testing.assert_allclose(y.data, expected)


def test_augmented_assignment_rebinds():
    x = a = V(1.0)
    a += 1
    assert a is not x and x.data == 1.0
    array = before = np.array([1.0])
    array += x
    assert type(array) is Variable and before[0] == 1.0


def test_results_stay_arrays():
    for y in (V(2.0) ** 2, V(2.0) + 1, V([1.0, 2.0])[0], V([1.0, 2.0]).sum()):
        assert type(y.data) is np.ndarray and y.shape == ()


@pytest.mark.parametrize("shape", [(), (2,), (2, 3)])
@pytest.mark.parametrize(
    "f",
    [
        lambda x: x * 2.0,
        lambda x: 2 + x,
        lambda x: 1.5 - x,
        lambda x: x / np.float64(3),
        lambda x: 1 / x,
        lambda x: x**2,
        lambda x: x**0.5,
        lambda x: x**-1,
        lambda x: 2.0**x,
        lambda x: x**x,
        lambda x: x.sum() * 0.1,
        lambda x: x.max() - x.min(),
    ],
)
def test_float32_stays_float32(f, shape):
    x = Variable(np.full(shape, 2, np.float32))
    y = f(x)
    assert y.dtype == np.float32
    y.backward(create_graph=True)
    assert x.grad.dtype == np.float32
    gx = x.grad
    x.cleargrad()
    gx.backward()
    assert x.grad is None or x.grad.dtype == np.float32


def test_integers_stay_integers():
    x = V([[1, 2, 3], [4, 5, 6]])
    c = V([[10, 20, 30], [40, 50, 60]])
    t = x + c
    y = t.sum()
    y.backward(retain_grad=True)
    assert repr(y.grad) == "variable(1)"
    for v in (t, x, c):
        assert repr(v.grad) == "variable([[1 1 1]\n          [1 1 1]])"


def test_power_by_hand():
    x = V(0.0)
    (x**0).backward()
    assert x.grad.data == 0.0
    x = V([0.0, 2.0])
    (x ** np.array([0, 3])).backward()
    np.testing.assert_array_equal(x.grad.data, [0, 12])
    x, c = V([0.0, 2.0]), V([2.0, 3.0])
    (x**c).backward()
    np.testing.assert_allclose(x.grad.data, [0, 12])
    np.testing.assert_allclose(c.grad.data, [0, 8 * np.log(2)])


def test_powers_of_truths():
    for shape in (), (2,):
        x = Variable(np.ones(shape, bool))
        np.testing.assert_array_equal((x**1).data, x.data)


@pytest.mark.parametrize(
    "left, right, result",
    [
        ((2, 3), (3, 4), (2, 4)),
        ((3,), (3, 4), (4,)),
        ((2, 3), (3,), (2,)),
        ((3,), (3,), ()),
        ((5, 2, 3), (5, 3, 4), (5, 2, 4)),
        ((5, 2, 3), (3, 4), (5, 2, 4)),
        ((2, 3), (5, 3, 4), (5, 2, 4)),
        ((6, 1, 2, 3), (5, 3, 4), (6, 5, 2, 4)),
    ],
)
def test_matmul_shapes(rng, left, right, result):
    x, W = Variable(rng.normal(size=left)), Variable(rng.normal(size=right))
    y = x @ W
    np.testing.assert_allclose(y.data, x.data @ W.data)
    assert y.shape == result == x.dot(W).shape == x.matmul(W).shape
    y.backward()
    assert (x.grad.shape, W.grad.shape) == (left, right)


@pytest.mark.parametrize("left, right", [((2, 3), (2, 3)), ((), (2,)), ((2,), (3, 2))])
def test_matmul_refuses_what_does_not_fit(left, right):
    with pytest.raises(ValueError, match="matmul: .*step 41"):
        Variable(np.ones(left)) @ Variable(np.ones(right))


def test_ties_share_the_gradient():
    x = Variable(np.ones((2, 5)))
    x.max().backward()
    np.testing.assert_array_equal(x.grad.data, np.full((2, 5), 0.1))
    x.cleargrad()
    x.min(axis=0).backward()
    np.testing.assert_array_equal(x.grad.data, np.full((2, 5), 0.5))
    x = V([1, 1, 0])
    x.max().backward()
    np.testing.assert_array_equal(x.grad.data, [0.5, 0.5, 0])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("reduce", [Variable.max, Variable.min])
def test_nans_share_the_gradient(reduce):
    x = V([[np.nan, 5.0, np.nan, 0.0], [1.0, 1.0, 1.0, 1.0]])
    y = reduce(x, axis=1)
    np.testing.assert_array_equal(y.data, [np.nan, 1])
    y.backward()
    np.testing.assert_array_equal(x.grad.data, [[0.5, 0, 0.5, 0], [0.25] * 4])


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), (-1, 1)])
@pytest.mark.parametrize("keepdims", [True, False])
@pytest.mark.parametrize("name", ["sum", "max", "min"])
def test_reductions_agree_with_numpy(rng, name, axis, keepdims):
    x = Variable(rng.normal(size=(2, 3, 4)))
    y = getattr(x, name)(axis=axis, keepdims=keepdims)
    expected = getattr(x.data, name)(axis=axis, keepdims=keepdims)
    np.testing.assert_array_equal(y.data, expected)
    y.backward()
    count = x.size if name == "sum" else y.size
    np.testing.assert_allclose(x.grad.data.sum(), count)


def test_reshape_and_transpose_take_every_spelling():
    x = Variable(np.arange(24.0).reshape(2, 3, 4))
    for y in (x.reshape(6, 4), x.reshape((6, 4)), x.reshape([6, -1])):
        assert y.shape == (6, 4)
    assert x.reshape(2, 3, 4) is x
    for y in (x.transpose(), x.transpose(None), x.T):
        assert y.shape == (4, 3, 2)
    for y in (x.transpose(2, 0, 1), x.transpose((2, 0, 1)), x.transpose([-1, 0, 1])):
        assert y.shape == (4, 2, 3)
        np.testing.assert_array_equal(y.data, x.data.transpose(2, 0, 1))
        weights = np.arange(24.0).reshape(4, 2, 3)
        x.cleargrad()
        (y * weights).backward()
        np.testing.assert_array_equal(x.grad.data, weights.transpose(1, 2, 0))


def test_broadcast_gradients_are_summed_back():
    x0, x1 = V([1.0, 2.0, 3.0]), V([10.0])
    y = x0 + x1
    np.testing.assert_array_equal(y.data, [11, 12, 13])
    y.backward()
    np.testing.assert_array_equal(x0.grad.data, [1, 1, 1])
    np.testing.assert_array_equal(x1.grad.data, [3])


def test_sum_to_and_broadcast_to():
    x = V([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert core.sum_to(x, (2, 3)) is x and core.broadcast_to(x, (2, 3)) is x
    np.testing.assert_array_equal(core.sum_to(x, (1, 3)).data, [[5, 7, 9]])
    np.testing.assert_array_equal(core.sum_to(x, (3,)).data, [5, 7, 9])
    np.testing.assert_array_equal(core.sum_to(x, (2, 1)).data, [[6], [15]])
    assert core.sum_to(x, ()).data == 21
    with pytest.raises(ValueError, match=r"sum_to: \(2,\) does not broadcast"):
        core.sum_to(x, (2,))


@pytest.mark.parametrize(
    "index",
    [
        1,
        -1,
        slice(None, None, 2),
        (slice(None), 1),
        (..., 0),
        (None, 0),
        [0, 0, 2],
        np.array([[0, -3], [1, 2]]),
        (np.array([0, 0, 1]), np.array([1, 1, -1])),
        (slice(1, None), np.array([0, 0])),
        np.array([True, False, True]),
        np.array([], dtype=int),
        (0, [1, 1]),
        Variable(np.array([2, 2])),
        (0, np.array([1, 1], np.uint8)),
    ],
)
def test_get_item_agrees_with_numpy(rng, index):
    x = Variable(rng.normal(size=(3, 4)))
    y = x[index]
    index = index.data if isinstance(index, Variable) else index
    np.testing.assert_array_equal(y.data, x.data[index])
    weights = rng.normal(size=y.shape)
    (y * weights).backward()
    expected = np.zeros((3, 4))
    np.add.at(expected, index, weights)
    np.testing.assert_allclose(x.grad.data, expected)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint64])
def test_small_indices_into_a_large_table(dtype):
    W = Variable(np.zeros((300, 2)))
    W[np.array([1, 127, 1], dtype)].backward()
    np.testing.assert_array_equal(W.grad.data[[1, 127]], [[2, 2], [1, 1]])
    assert W.grad.data.sum() == 6


# --- switches -----------------------------------------------------------------


def test_switches_come_back_after_an_exception():
    with pytest.raises(KeyError), no_grad(), test_mode():
        assert not Config.enable_backprop and not Config.train
        raise KeyError
    assert Config.enable_backprop and Config.train


def test_a_misspelt_switch_is_refused():
    with pytest.raises(AttributeError, match="enable_backpropp.*step 18"):
        with using_config("enable_backpropp", False):
            pass


def test_switches_belong_to_a_thread():
    seen = []
    with no_grad():
        thread = threading.Thread(target=lambda: seen.append(Config.enable_backprop))
        thread.start()
        thread.join()
    assert seen == [True]


def test_no_grad_records_nothing_and_says_so():
    x = V(2.0)
    with no_grad():
        y = x**2
    assert y.creator is None and y.generation == 0
    with pytest.raises(RuntimeError, match=r"no_grad\(\).*step 18"):
        y.backward()
    z = y * 3  # as an input it is a leaf like any other
    z.backward()
    assert y.grad.data == 3.0 and x.grad is None


def test_a_gradient_without_a_graph_says_so():
    x = V(2.0)
    t = x**3
    y = t * 2
    seed = y.grad = V(1.0)
    y.backward(retain_grad=True)
    gx = x.grad
    x.cleargrad()
    x.backward(gradient=V(1.0))
    for gradient in gx, t.grad, x.grad:
        with pytest.raises(RuntimeError, match="without create_graph=True.*step 32"):
            gradient.backward()
    x.cleargrad()
    z = gx * 2  # as an input it is a leaf like any other
    z.backward()
    assert gx.grad.data == 2.0 and x.grad is None
    seed.backward()  # it is the caller's
    x.grad = V(5.0)
    x.grad.backward()
    assert x.grad.grad.data == seed.grad.data == 1.0


def test_the_switches_are_independent():
    with test_mode():
        assert (V(1.0) + 1).creator is not None
    with no_grad():
        assert Config.train


# --- Function -----------------------------------------------------------------


def test_a_call_records_a_node():
    x0, x1 = V(1.0), V(2.0)
    f = core.Add()
    y = f(x0, x1)
    assert f.inputs == [x0, x1] and f.generation == 0
    assert f.outputs[0]() is y and y.creator is f and y.generation == 1
    assert isinstance(f.outputs, list)


def test_several_outputs_come_as_a_list():
    assert [y.data for y in Split()(V(1.0))] == [2.0, 3.0]
    with no_grad():
        assert isinstance(Split()(V(1.0)), list)


@pytest.mark.parametrize("result", [None, [1.0], "a", V(1.0), (np.ones(1), None)])
def test_forward_returns_arrays(result):
    class Odd(Function):
        def forward(self, x):
            return result

    for mode in (True, False):
        with using_config("enable_backprop", mode):
            with pytest.raises(TypeError, match="Odd.forward: expected an ndarray"):
                Odd()(V(1.0))


def test_none_travels_as_an_absent_input():
    class Ignore(Function):
        def forward(self, x, b):
            assert b is None
            return x

        def backward(self, gy):
            return gy, None

    x = V(1.0)
    f = Ignore()
    f(x, None).backward()
    assert x.grad.data == 1.0 and f.inputs[1].data is None


def test_the_base_class_says_what_to_write():
    with pytest.raises(NotImplementedError, match="write forward"):
        Function()(V(1.0))

    class Half(Function):
        def forward(self, x):
            return x / 2

    with pytest.raises(NotImplementedError, match="Half: write backward"):
        Half()(V(1.0)).backward()


def test_a_wrong_gradient_is_refused_and_nothing_changes():
    class Wrong(Function):
        def __init__(self, gradients):
            self.gradients = gradients

        def forward(self, x0, x1):
            return x0 + x1

        def backward(self, gy):
            return self.gradients

    for gradients, message in [
        (Variable(np.ones(2)), "expected 2 gradients.*got 1"),
        ((np.ones(2),) * 3, "expected 2 gradients.*got 3"),
        ((np.ones(2), np.ones(3)), r"input 1 must have .* shape \(2,\), got \(3,\)"),
    ]:
        x0, x1 = V([1.0, 2.0]), V([3.0, 4.0])
        y = Wrong(gradients)(x0 * 2, x1)
        with pytest.raises(ValueError, match=message):
            y.backward()
        assert x0.grad is x1.grad is y.grad is None
        assert Config.enable_backprop and Config.wrap


def test_gradients_that_nobody_needs_may_be_missing():
    class Loss(Function):
        def forward(self, x, t, scale):
            return scale * (x - t) ** 2

        def backward(self, gy):
            x, t, scale = self.inputs
            return gy * 2 * scale * (x - t)

    x, t = V([1.0, 2.0]), np.array([0.0, 5.0])
    for create_graph in False, True:
        x.cleargrad()
        Loss()(x, t, 3.0).backward(create_graph=create_graph)
        np.testing.assert_array_equal(x.grad.data, [6, -18])
    with pytest.raises(ValueError, match="expected 3 gradients.*got 1"):
        Loss()(x, t, V(3.0)).backward()


class Root(Function):
    """Two outputs, sqrt(x) and -sqrt(x); keeps the root on itself."""

    def forward(self, x):
        self.y = np.sqrt(x)
        return self.y, -self.y

    def backward(self, gy0, gy1):
        return (gy0 - gy1) / (2 * self.y)


def test_one_instance_called_twice_keeps_two_records():
    x0, x1 = V(3.0), V(5.0)
    f = Square()
    y0, y1 = f(x0), f(x1)
    assert f.inputs == [x0] and f.outputs[0]() is y0 and y0.creator is f
    assert y1.creator is not f and y1.creator.inputs == [x1]
    y0.backward()
    y1.backward()
    assert (x0.grad.data, x1.grad.data) == (6.0, 10.0)


def test_each_record_has_what_forward_kept():
    x0, x1 = V(4.0), V(16.0)
    f = Root()
    (y0, z0), (_, z1) = f(x0), f(x1 + 0)
    assert y0.creator is z0.creator is f and z1.creator is not f
    assert (f.generation, z1.creator.generation) == (0, 1)
    with no_grad():
        f(V(1.0))
    (y0 - z0).backward()
    z1.backward()
    assert (x0.grad.data, x1.grad.data) == (0.5, -0.125)


def test_an_instance_may_be_called_by_a_backward():
    class Sine(Function):
        def forward(self, x):
            return np.sin(x)

        def backward(self, gy):
            return gy * cos(self.inputs[0])

    class Cosine(Function):
        def forward(self, x):
            return np.cos(x)

        def backward(self, gy):
            return gy * -sin(self.inputs[0])

    class Turned(Function):
        def forward(self, x):
            return x[::-1]

        def backward(self, gy):
            return self(gy)

    sin, cos, turned = Sine(), Cosine(), Turned()
    x = V([1.0, 2.0])
    w = np.array([3.0, 5.0])
    y = turned(sin(cos(x))) * w
    y.backward(create_graph=True)
    gx = x.grad
    expected = -w[::-1] * np.cos(np.cos(x.data)) * np.sin(x.data)
    np.testing.assert_allclose(gx.data, expected)
    x.cleargrad()
    gx.backward()
    slope = -np.sin(np.cos(x.data)) * np.sin(x.data) ** 2
    slope -= np.cos(np.cos(x.data)) * np.cos(x.data)
    np.testing.assert_allclose(x.grad.data, w[::-1] * slope)


def test_an_instance_called_twice_can_be_compiled():
    f = core.Mul()
    x, c = V(3.0), V(5.0)
    compile(lambda x: f(f(x, c), x) + c, x.data, gradients=[c])(x.data)
    assert c.grad.data == 10.0


def test_functions_from_outside_see_variables_those_of_the_package_arrays():
    seen = []

    class Spy(core.Mul):
        def backward(self, gy):
            seen.append(type(gy))
            return super().backward(gy)

    x = V(3.0)
    (Spy()(x, x) * 2).backward()
    assert seen == [Variable] and x.grad.data == 12.0


def test_a_method_from_a_class_outside_is_from_outside():
    seen = []

    class Mixin:
        def forward(self, x0, x1):
            seen.append(type(x0))
            return super().forward(x0, x1)

        def backward(self, gy):
            seen.append(type(gy))
            return super().backward(gy)

    class Spy(Mixin, core.Mul):
        pass

    x = V(3.0)
    Spy()(x, x).backward()
    assert seen == [np.ndarray, Variable] and x.grad.data == 6.0


def test_a_readers_function_may_ask_for_arrays():
    seen = []

    class Cube(Function):
        takes_arrays = True

        def forward(self, x):
            seen.append(type(x))
            return x**3

        def backward(self, gy):
            (x,) = self.inputs
            seen.append([isinstance(v, Variable) for v in (gy, x, F.exp(x))])
            return gy * 3 * x * x

    for value, kind in (2.0, np.float64), ([1.0, 2.0], np.ndarray):
        x = V(value)
        Cube()(x).backward()
        np.testing.assert_allclose(x.grad.data, 3 * x.data**2)
        assert seen == [kind, [False] * 3]
        seen.clear()
    x = V(2.0)
    Cube()(x).backward(create_graph=True)  # the formula serves Variables, too
    assert seen[1] == [True] * 3
    gx = x.grad
    x.cleargrad()
    gx.backward()
    assert x.grad.data == 12.0

    class Heir(Cube):
        pass

    seen.clear()
    Heir()(V([1.0])).backward()
    assert seen[1] == [True] * 3  # each class says so for itself


def test_the_shortcut_can_be_left_out():
    code = """
import sys
import numpy as np
from dezero import Function, Variable
x = Variable(np.array(2.0))
y = x**3 + x * 4
y.backward()
print(y, x.grad, "dezero.core.fast" in sys.modules, Function.__call__.__name__)
"""
    for plain, expected in ("1", "False __call__"), ("", "True call"):
        environment = os.environ | {"DEZERO_PLAIN": plain}
        run = [sys.executable, "-c", code]
        printed = subprocess.check_output(run, env=environment, text=True)
        assert printed == f"variable(16.0) variable(16.0) {expected}\n"


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc does this")
def test_freed_memory_stays_with_the_process():
    code = """
import resource
import numpy as np
import dezero
def train():
    return [np.ones(2**17) for _ in range(8)]  # 8 MB, all freed at the end
train()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    train()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
    pages = {}  # that the system had to make
    for plain in "", "1":
        environment = os.environ | {"DEZERO_PLAIN": plain}
        run = [sys.executable, "-c", code]
        pages[plain] = int(subprocess.check_output(run, env=environment, text=True))
    assert pages[""] < 2000  # of 20480 if each array got new ones
    assert pages["1"] > 10000


def test_a_backward_may_mix_in_arrays():
    class Cube(Function):
        def forward(self, x):
            return x**3

        def backward(self, gy):
            x = self.inputs[0].data
            return gy * (3 * x**2)

    x = V([1.0, 2.0])
    Cube()(x).backward()
    np.testing.assert_array_equal(x.grad.data, [3, 12])


# --- backward -----------------------------------------------------------------


def test_backward_on_a_leaf_is_one():
    x = V([1.0, 2.0])
    x.backward()
    np.testing.assert_array_equal(x.grad.data, [1, 1])


def test_the_seed_is_ones_or_what_the_caller_set():
    x = V([1.0, 2.0])
    y = x * 3
    y.grad = V([1.0, 10.0])
    y.backward()
    np.testing.assert_array_equal(x.grad.data, [3, 30])
    assert y.grad is None


def test_a_seed_of_another_shape_is_refused():
    y = V([1.0, 2.0]) * 3
    y.grad = V(1.0)
    with pytest.raises(ValueError, match=r"shape of the data \(2,\), got \(\)"):
        y.backward()


def test_gradients_accumulate_into_new_objects():
    x = V(3.0)
    y = x**2
    y.backward()
    first = x.grad
    y.backward()
    assert first.data == 6.0 and x.grad.data == 12.0
    x.cleargrad()
    assert x.grad is None


def test_only_leaves_keep_gradients_unless_asked():
    x = V(3.0)
    t = x**2
    y = t * 2
    y.backward()
    assert y.grad is None and t.grad is None and x.grad.data == 12.0
    y.backward(retain_grad=True)
    assert y.grad.data == 1.0 and t.grad.data == 2.0 and x.grad.data == 24.0


def test_retained_gradients_are_not_propagated_again():
    x = V(3.0)
    y = (x**2) * 2
    y.backward(retain_grad=True)
    y.backward(retain_grad=True)
    assert x.grad.data == 24.0


def test_diamond():
    x = V(2.0)
    a = x**2
    y = a**2 + a**2
    y.backward()
    assert y.data == 32.0 and x.grad.data == 64.0


def memory_is_shared(*variables):
    arrays = [v.data for v in variables]
    return any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("retain_grad", [False, True])
@pytest.mark.parametrize(
    "f",
    [
        lambda a, b: a + b,
        lambda a, b: a + b.reshape(2, 3),
        lambda a, b: a.T + b.T,
        lambda a, b: (a + b).sum(),
        lambda a, b: (a.sum() + b.sum()) * 2,
        lambda a, b: a[:, :2] + b[:, 1:],
    ],
)
def test_gradients_share_no_memory_and_can_be_written(f, create_graph, retain_grad):
    a, b = Variable(np.ones((2, 3))), Variable(np.ones((2, 3)))
    y = f(a, b)
    seed = y.grad = Variable(np.ones(y.shape))
    y.backward(retain_grad=retain_grad, create_graph=create_graph)
    assert a.grad is not b.grad
    assert not memory_is_shared(a.grad, b.grad, seed)
    a.grad.data += 1
    b.grad.data += 1


def test_separate_gradients_stay_in_the_graph():
    a, b, w = V(2.0), V(3.0), V(5.0)
    y = a + b
    y.grad = w
    y.backward(create_graph=True)
    (a.grad * b.grad).backward()  # w**2
    assert w.grad.data == 10.0


def test_a_dropped_or_unused_output_counts_as_zero():
    x = V([1.0, 2.0])
    y0, y1 = Split()(x)
    del y1
    y0.backward()
    np.testing.assert_array_equal(x.grad.data, [2, 2])
    x.cleargrad()
    y0, y1 = Split()(x)
    y1.backward(create_graph=True)
    np.testing.assert_array_equal(x.grad.data, [3, 3])


def test_second_derivative():
    x = V(2.0)
    y = x**4 - 2 * x**2
    y.backward(create_graph=True)
    assert x.grad.data == 24.0
    gx = x.grad
    x.cleargrad()
    gx.backward()
    assert x.grad.data == 44.0
    assert gx.creator is not None and x.grad.creator is None


def test_double_backprop_inside_a_loss():
    x = V(2.0)
    y = x**2
    y.backward(create_graph=True)
    gx = x.grad
    x.cleargrad()
    z = gx**3 + y
    z.backward()
    assert x.grad.data == 100.0


def test_nothing_is_computed_for_inputs_without_requires_grad():
    counted = []

    class Counting(Function):
        def forward(self, x):
            return x * 1.0

        def backward(self, gy):
            counted.append(gy)
            return gy

    x, c = V(2.0), V(3.0, requires_grad=False)
    (Counting()(c) * x + Counting()(np.array(1.0))).backward()
    assert counted == [] and c.grad is None and x.grad.data == 3.0
    f = core.MatMul()
    f(Variable(np.ones((2, 3))), np.ones((3, 4)))
    assert f.needs_grad(0) and not f.needs_grad(1)


def test_backward_where_nothing_requires_a_gradient_does_nothing():
    x = V(2.0, requires_grad=False)
    y = x**2
    y.backward()
    assert x.grad is None and y.grad is None
    core.add(np.ones(2), 1.0).backward()


def test_the_derivative_of_a_constant_slope_leaves_no_gradient():
    x = V(2.0)
    (3 * x).backward(create_graph=True)
    gx = x.grad
    x.cleargrad()
    gx.backward()
    assert gx.data == 3.0 and x.grad is None


def test_unchain_backward_cuts_everything_upstream():
    x = V(1.0)
    a = x * 2
    b = a * 3
    y = b * 4
    y.unchain_backward()
    assert y.creator is not None and a.creator is b.creator is None
    y.backward()
    assert b.grad.data == 4.0 and x.grad is None
    b.unchain_backward()  # nothing left to cut


@pytest.mark.parametrize("copies", [copy.deepcopy, copy.copy])
def test_a_copy_is_a_leaf(copies):
    x = V(2.0, name="x")
    y = x**2
    y.backward(create_graph=True)
    for v in (y, x):
        new = copies(v)
        assert (new.name, new.data, new.creator) == (v.name, v.data, None)
        assert new.generation == 0
    assert y.creator is not None
    same = pickle.loads(pickle.dumps(x))
    assert same.grad.data == 4.0 and same.grad.creator is None
    same.extra = "a program's own attribute"
    assert copies(same).extra == same.extra


# --- size ---------------------------------------------------------------------


@pytest.mark.parametrize("n", [20_000, pytest.param(200_000, marks=pytest.mark.slow)])
def test_a_chain_of_many_operations(n):
    x = V(0.0)
    y = x
    for _ in range(n):
        y = y + 1.0
    y.backward()
    assert y.data == n and x.grad.data == 1.0
    first = weakref.ref(y)
    del y
    assert first() is None


def test_a_long_chain_can_be_cut():
    x = V(0.0)
    y = x
    for _ in range(20_000):
        y = y + 1.0
    y.unchain_backward()
    assert y.creator.inputs[0].creator is None


@pytest.mark.parametrize("retain_grad", [False, True])
def test_without_create_graph_nothing_waits_for_the_collector(retain_grad):
    gc.collect()
    gc.disable()
    try:
        x = Variable(np.ones((3, 3)))
        t = x @ x
        y = (t * 2 + Square()(x)).sum()
        references = [weakref.ref(v) for v in (x, t, y, y.creator, t.creator)]
        y.backward(retain_grad=retain_grad)
        del x, t, y
        assert [r() for r in references] == [None] * len(references)
    finally:
        gc.enable()


def test_every_function_is_visited_once():
    visited = []

    class Sum(Function):
        def forward(self, a, b):
            return a + b

        def backward(self, gy):
            visited.append(self)
            return gy, gy

    level = [V(1.0) for _ in range(1024)]
    while len(level) > 1:
        level = [Sum()(a, b) for a, b in zip(level[::2], level[1::2], strict=True)]
    y = level[0]
    (y * y + y).backward()
    assert len(visited) == len(set(visited)) == 1023


def test_deep_sharing_is_not_exponential():
    x = V(1.0)
    y = x
    for _ in range(60):
        y = y + y
    y.backward()
    assert x.grad.data == 2.0**60


# --- products that are added up later -------------------------------------------


def unrolled(steps, W, h, x, dtype):
    """Return c after some steps of an LSTM, a sum in which W has other uses too."""
    c = np.zeros((2, 2), dtype)
    total = (W * W).sum()
    for _ in range(steps):
        h, c = F.lstm_cell(x, h, c, W)
    return total + (h * c).sum() + (W**3).sum()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("steps", [1, 3, 130])  # 260 rows: more than wait at once
@pytest.mark.parametrize("leaf", [True, False])
@pytest.mark.parametrize("retain_grad", [True, False])
def test_products_summed_later_equal_those_of_a_graph(dtype, steps, leaf, retain_grad):
    rng = np.random.default_rng(0)
    x, h = (Variable(rng.normal(size=s).astype(dtype)) for s in [(2, 1), (2, 2)])
    start = rng.normal(size=(4, 8)).astype(dtype)
    found = []
    for create_graph in False, True:
        base = Variable(start)
        W = base if leaf else base * 1.5
        seen = []
        W.register_hook(lambda g, seen=seen: seen.append(g.data.copy()))
        y = unrolled(steps, W, h, x, dtype)
        y.backward(retain_grad=retain_grad, create_graph=create_graph)
        assert base.grad.dtype == seen[0].dtype == dtype
        assert (W.grad is not None) == (leaf or retain_grad)
        if W.grad is not None:
            np.testing.assert_array_equal(W.grad.data, seen[0])
        found.append((base.grad.data, seen[0]))
    rtol = 1e-10 if dtype is np.float64 else 1e-4
    np.testing.assert_allclose(*found, rtol=rtol, atol=rtol)


# --- mistakes are told where they happen --------------------------------------


def test_a_gradient_to_start_from_is_given_by_name():
    x = V([1.0, 2.0])
    y = x * 3
    for value in (np.array(2.0), np.array(1.0), V(1.0), 1, None, "yes"):
        with pytest.raises(
            TypeError, match="backward: retain_grad .*gradient=.*step 66"
        ):
            y.backward(value)
        with pytest.raises(TypeError, match="backward: create_graph must be True or"):
            y.backward(create_graph=value)
    assert x.grad is None
    y.backward(gradient=np.array([1.0, 10.0]))
    np.testing.assert_array_equal(x.grad.data, [3, 30])
    for value, kind in [("a", "str"), ({}, "dict"), (np.array([1j, 0]), "complex128")]:
        with pytest.raises(TypeError, match=f"backward: .*{kind}.* is not supported"):
            y.backward(gradient=value)


def test_data_that_becomes_a_variable_is_told_in_that_line():
    x = V([1.0, 2.0], name="x")
    (x**2).sum().backward()
    with pytest.raises(
        TypeError, match=r"data .*\(x\).*got a Variable.*lr \* x.grad.data"
    ):
        x.data -= 0.1 * x.grad
    assert type(x.data) is np.ndarray
    x.data -= 0.5 * x.grad.data
    np.testing.assert_array_equal(x.data, [0, 0])


@pytest.mark.parametrize("value", [5.0, 1, [1.0], (1.0,), "a", True, {}])
def test_data_is_an_array(value):
    x = V(1.0)
    with pytest.raises(
        TypeError, match="data of a Variable: expected an ndarray or No"
    ):
        x.data = value
    assert x.data == 1.0


def test_data_takes_what_numpy_makes_of_a_single_number():
    x = V(2.0)
    x.data = x.data * 3  # NumPy makes a scalar of it
    assert type(x.data) is np.ndarray and x.data == 6.0
    with pytest.raises(TypeError, match="complex128 is not supported"):
        x.data = np.complex128(1j)


@pytest.mark.parametrize("value", [0, 1.0, np.ones(2), [1.0, 1.0], "a"])
def test_grad_is_a_variable_or_none(value):
    for p in (V([1.0, 2.0], name="p"), Parameter(np.ones(2), name="p")):
        with pytest.raises(
            TypeError, match=r"grad \(p\): expected a Variable or None.*32"
        ):
            p.grad = value
        assert p.grad is None
        p.grad = ones = V([1.0, 1.0])
        assert p.grad is ones


def test_a_gradient_of_another_shape_is_not_added_to():
    x = V([1.0, 2.0], name="x")
    for create_graph in False, True:
        x.grad = V(1.0)
        with pytest.raises(
            ValueError, match=r"leaf \(x\).*\(2,\), got \(\).*cleargrad"
        ):
            (x * 2).backward(create_graph=create_graph)
        assert x.grad.shape == ()


NO_NUMBERS = [1j, [1j, 2], [None, 1.0], ["a"], [b"a"], ["2020-01-01"]]


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_what_is_no_real_number_is_refused(value):
    array = np.array(value)
    if value == ["2020-01-01"]:
        array = array.astype("datetime64[D]")
    with pytest.raises(TypeError, match="Variable: .* is not supported, expected real"):
        Variable(array)
    x = V([1.0, 2.0], name="x")
    with pytest.raises(
        TypeError, match=r"data \(x\): .* is not supported, expected real"
    ):
        x.data = array
    message = re.escape(f"{array.dtype} is not supported")
    for f in (lambda: x + array, lambda: array * x, lambda: Square()(array)):
        with pytest.raises(TypeError, match=message):
            f()
        with no_grad(), pytest.raises(TypeError, match=message):
            f()
    with pytest.raises(TypeError, match="exp: x must be .* real numbers"):
        F.exp(array)


@pytest.mark.parametrize(
    "dtype", "bool int8 uint8 int64 float16 float32 longdouble".split()
)
def test_real_numbers_are_accepted(dtype):
    array = np.ones(2, dtype)
    assert Variable(array).dtype == dtype
    x = V([1.0])
    x.data = array
    assert x.dtype == dtype


@pytest.mark.parametrize("value", ["a", b"a", ["a"], 1j, {}, [[1], [1, 2]], len])
def test_a_function_names_itself_and_the_input_it_cannot_take(value):
    with pytest.raises(
        TypeError, match="Add: .* is not supported, .*as input 1.*step 21"
    ):
        V(1.0) + value
    with pytest.raises(TypeError, match="Square: .* is not supported.*input 0"):
        Square()(value)
    with no_grad(), pytest.raises(TypeError, match="Square: .* is not supported"):
        Square()(value)


def test_a_list_of_variables_is_no_input():
    with pytest.raises(TypeError, match="Square: list is not supported"):
        Square()([V(1.0), V(2.0)])


@pytest.mark.parametrize("f", [F.Exp(), F.Sin(), F.Tanh(), core.Log(), Square()])
def test_a_function_of_a_variable_without_data_names_itself(f):
    message = rf"{type(f).__name__}: input 0 \(x\) has no data \(it is None\).*step 9"
    for x in (Variable(None, "x"), Parameter(None, name="x")):
        with pytest.raises(ValueError, match=message):
            f(x)
        with no_grad(), pytest.raises(ValueError, match=message):
            f(x)
    with pytest.raises(ValueError, match="Square: input 0 has no data"):
        Square()(None)
    for who, f in [("exp", F.exp), ("sum", F.sum), ("relu", F.relu)]:
        with pytest.raises(TypeError, match=f"{who}: x is a Variable without data"):
            f(Variable(None))


@pytest.mark.parametrize("ask", ["shape", "ndim", "size", "dtype"])
def test_a_variable_without_data_has_no_shape(ask):
    with pytest.raises(ValueError, match=rf"{ask}: .*\(W\) has no data yet.*step.* 44"):
        getattr(Variable(None, "W"), ask)
    for f in (float, int, bool, len, lambda x: x.backward()):
        with pytest.raises(ValueError, match="has no data yet"):
            f(Variable(None))
    assert repr(Variable(None)) == "variable(None)"


def test_switches_are_judged():
    with pytest.raises(
        AttributeError, match="'enable_backprop' or 'train', got 'trian'"
    ):
        Config.trian = False
    with pytest.raises(
        TypeError, match="Config: train must be True or False, got 'no'"
    ):
        Config.train = "no"
    with pytest.raises(
        TypeError, match="enable_backprop must be True or False, got 'no'"
    ):
        with using_config("enable_backprop", "no"):
            raise AssertionError("not reached")
    for name in ("trian", "wrap", "handler", "__class__"):
        with pytest.raises(
            AttributeError, match="using_config: expected 'enable_backpr"
        ):
            with using_config(name, False):
                raise AssertionError("not reached")
    assert Config.train is True and Config.enable_backprop is True


def test_other_arguments_are_judged():
    x = V(1.0)
    with pytest.raises(TypeError, match="requires_grad_: .*True or False, got 'no'"):
        x.requires_grad_("no")
    with pytest.raises(
        TypeError, match="requires_grad must be True or False, got 'no'"
    ):
        V(1.0, requires_grad="no")
    assert x.requires_grad is True
    with pytest.raises(TypeError, match="set_creator: expected the Function.*got None"):
        x.set_creator(None)
    with pytest.raises(TypeError, match="register_hook: expected a function.*got 3"):
        x.register_hook(3)


def test_one_element_is_a_number_on_any_number_of_axes(recwarn):
    for value in (2.5, [2.5], [[[2.5]]]):
        assert float(V(value)) == 2.5 and int(V(value)) == 2 and bool(V(value))
    assert type(float(V([3]))) is float and type(int(V([3.0]))) is int
    assert not recwarn.list
    for f, error in [(float, TypeError), (int, TypeError), (bool, ValueError)]:
        for shape in [(2,), (0,), (1, 3)]:
            with pytest.raises(error, match=rf"{f.__name__}: expected .* one element"):
                f(Variable(np.zeros(shape)))
    with pytest.raises(TypeError, match="len: .* single number"):
        len(V(1.0))


def test_repr_shows_a_name_and_print_does_not():
    x = V([1.0, 2.0], name="x")
    assert repr(x) == "variable([1. 2.], name='x')" and str(x) == "variable([1. 2.])"
    assert (
        repr([V(1.0), V(1.0, name="loss")])
        == "[variable(1.0), variable(1.0, name='loss')]"
    )
    W = Parameter(np.eye(2), name="W")
    assert repr(W) == "variable([[1. 0.]\n          [0. 1.]], name='W')"
    assert f"{W}" == "variable([[1. 0.]\n          [0. 1.]])"


def test_a_copy_takes_data_grad_and_name_along():
    x = V([1.0, 2.0], name="x")
    (x * 3).backward()
    for twin in (copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert (twin.name, twin.creator) == ("x", None)
        np.testing.assert_array_equal(twin.data, [1, 2])
        np.testing.assert_array_equal(twin.grad.data, [3, 3])
        (twin * twin).backward()
        np.testing.assert_array_equal(twin.grad.data, [5, 7])


# --- a reader's own Function --------------------------------------------------


class Own(Function):
    def forward(self, x):
        return x * 2

    def backward(self, gy):
        return gy * 2


def own(**methods):
    return type("Mine", (Own,), methods)()


@pytest.mark.parametrize(
    "forward, message",
    [
        (lambda self, x: None, "got NoneType; is a return missing.*step 11"),
        (lambda self, x: (x, None), "got NoneType; is a return missing"),
        (lambda self, x: [x], "an ndarray, or a tuple of them, got list"),
        (lambda self, x: (), "got an empty tuple"),
        (lambda self, x: F.exp(x), "got Variable; forward must compute with NumPy"),
        (lambda self, x: x.data * 2, "ndarrays, not Variables.* x.data; .*step 2"),
        (lambda self, x: -x.data, "ndarrays, not Variables.* x.data; "),
        (lambda self, x: x.grad, "ndarrays, not Variables.* x.grad; "),
        (lambda self, x: x.creator, "ndarrays, not Variables.* x.creator; "),
    ],
)
@pytest.mark.parametrize("record", [True, False])
def test_a_forward_that_goes_wrong(forward, message, record):
    with using_config("enable_backprop", record):
        with pytest.raises(TypeError, match=f"Mine.forward: .*{message}"):
            own(forward=forward)(V([1.0, 2.0]))


def test_an_error_of_the_readers_own_stays_what_it_is():
    def forward(self, x):
        return self.missing

    with pytest.raises(AttributeError, match="has no attribute 'missing'"):
        own(forward=forward)(V(1.0))


def test_a_backward_that_returns_a_list():
    x = V(1.0)
    for create_graph in False, True:
        y = own(backward=lambda self, gy: [gy * 2])(x)
        with pytest.raises(TypeError, match="Mine.backward: .* a tuple .*got a list"):
            y.backward(create_graph=create_graph)
    assert x.grad is None


def test_a_backward_without_a_return():
    class Forgot(Own):
        def backward(self, gy):
            gy * 2

    class NoGradient(Own):
        def backward(self, gy):
            return None

    x = V(1.0)
    with pytest.raises(TypeError, match="Forgot.backward: .* is a return missing"):
        Forgot()(x).backward()
    NoGradient()(x).backward()  # None for "no gradient", the contract says
    assert x.grad is None


def test_a_function_is_made_first_and_called_then():
    with pytest.raises(TypeError, match=r"Own: takes no arguments.*Own\(\)\(x\)"):
        Own(V(1.0))

    class Scale(Own):
        def __init__(self, c):
            super().__init__()
            self.c = c

    assert Scale(3.0).c == 3.0


# --- what has changed since forward -------------------------------------------


class Product(dezero.Layer):
    """y = a * a * x, with a Parameter a = 2."""

    def __init__(self):
        super().__init__()
        self.a = Parameter(np.array(2.0), name="a")

    def forward(self, x):
        return self.a * self.a * x


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("by_hand", [False, True])
def test_a_step_between_two_losses_is_an_error_that_names_the_parameter(
    by_hand, create_graph
):
    model = Product()
    optimizer = SGD(0.1).setup(model)
    first, second = model(V(3.0)), model(V(1.0))
    first.backward()
    assert model.a.grad.data == 12.0
    if by_hand:
        model.a.data -= 0.1 * model.a.grad.data
    else:
        optimizer.update()
    model.cleargrads()
    with pytest.raises(
        RuntimeError, match=r"Mul: input .* Parameter \(a\).*changed.*46"
    ):
        second.backward(create_graph=create_graph)
    assert model.a.grad is None
    model(V(1.0)).backward(create_graph=create_graph)  # computed anew
    np.testing.assert_allclose(model.a.grad.data, 2 * model.a.data)


def test_an_own_optimizer_and_an_own_function_are_told_as_well():
    class Slow(Optimizer):
        def update_one(self, param):
            param.data -= 0.1 * param.grad.data

    class Twice(Function):
        def forward(self, a, x):
            return 2 * a * x

        def backward(self, gy):
            a, x = self.inputs
            return gy * 2 * x.data, gy * 2 * a.data

    model = Product()
    optimizer = Slow().setup(model)
    y = Twice()(model.a, V(3.0))
    model(V(1.0)).backward()
    optimizer.update()
    with pytest.raises(RuntimeError, match=r"Twice: input 0, the Parameter \(a\)"):
        y.backward()


def test_a_change_that_backward_need_not_know_is_none():
    a, x = V([1.0, 2.0], name="a"), V([3.0, 4.0])
    ys = [a + x, x - a, -a, a.sum(), a.reshape(2, 1), a[1], F.concatenate([a, a])]
    ys += [F.exp(a), F.broadcast_to(a, (3, 2)), a * 3]
    gradients = [[1, 1], [-1, -1], [-1, -1], [1, 1], [1, 1], [0, 1], [2, 2]]
    gradients += [np.exp([1, 2]), [3, 3], [3, 3]]
    a.data = a.data + 1
    for y, gradient in zip(ys, gradients):
        a.cleargrad()
        y.backward()
        np.testing.assert_allclose(a.grad.data, gradient)
    y = a * x
    x.data = x.data - 1  # what a's gradient needs
    x.requires_grad = False
    with pytest.raises(RuntimeError, match="Mul: input 1, the Variable of shape"):
        y.backward()


def test_two_backwards_through_one_graph_are_no_change():
    a = V(3.0)
    y = a * a
    y.backward()
    y.backward()
    assert a.grad.data == 12.0
    a.data -= 1  # in place, and before forward
    a.cleargrad()
    (a * a).backward()
    assert a.grad.data == 4.0


def test_the_last_change_counts_in_every_thread():
    a, other = V(3.0), V(0.0)
    y = a * a
    thread = threading.Thread(target=setattr, args=(other, "data", np.array(1.0)))
    thread.start()
    thread.join()
    y.backward()  # another Variable's change is none of a's
    assert a.grad.data == 6.0


def test_a_changed_output_is_told():
    a = V([1.0, 2.0], name="a")
    y = F.exp(a)
    z = y.sum()
    y.data = np.zeros(2)
    with pytest.raises(
        RuntimeError, match="Exp: its output, .*was changed after forward"
    ):
        z.backward()


def test_another_shape_is_told_even_where_no_number_is_needed():
    a = V([1.0, 2.0], name="a")
    y = a + 1
    a.data = np.ones(3)
    with pytest.raises(
        RuntimeError, match=r"Add: input 0, the Variable \(a\).*changed"
    ):
        y.backward()
    (a + 1).backward()
    np.testing.assert_array_equal(a.grad.data, [1, 1, 1])


def test_two_networks_that_train_against_each_other():
    """As GANs do: each update is followed by a forward of its own."""
    G, D = Product(), Product()
    step_G, step_D = SGD(0.01).setup(G), SGD(0.01).setup(D)
    for _ in range(3):
        fake = G(V(1.0))
        D.cleargrads()
        D(V(fake.data)).backward()
        step_D.update()
        G.cleargrads()
        D(fake).backward()
        step_G.update()
    assert G.a.data != 2.0 and D.a.data != 2.0


# --- arrays that were let go --------------------------------------------------

KEEP_NO_NUMBERS = [
    lambda t: t + 1,
    lambda t: t + np.ones((4, 2, 3)),
    lambda t: 1 - t,
    lambda t: -t,
    lambda t: t * 3,
    lambda t: t / 3,
    lambda t: t.reshape(6),
    lambda t: t.T,
    lambda t: t.sum(),
    lambda t: t.sum(axis=0),
    lambda t: t[0],
    lambda t: t[[0, 0, 1]],
    lambda t: F.average(t, axis=1),
    lambda t: F.broadcast_to(t, (4, 2, 3)),
    lambda t: F.sum_to(t, (1, 3)),
    lambda t: F.exp(t),
    lambda t: F.sigmoid(t),
    lambda t: F.tanh(t),
    lambda t: F.softmax(t),
    lambda t: F.log_softmax(t),
    lambda t: F.concatenate([t, t]),
    lambda t: F.expand_dims(t, 0),
    lambda t: F.flatten(t),
    lambda t: F.matmul(t, np.ones((3, 2))),
]
NEED_NUMBERS = [
    ("Mul", lambda t: t * t),
    ("Pow", lambda t: t**2),
    ("Div", lambda t: 1 / t),
    ("Log", F.log),
    ("Sin", F.sin),
    ("MatMul", lambda t: F.matmul(t, V(np.ones((3, 2))))),
]


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("f", KEEP_NO_NUMBERS)
def test_backward_of_what_needs_no_numbers_once_they_are_let_go(f, create_graph):
    x = V(np.arange(1.0, 7.0).reshape(2, 3))
    f(x * 2).backward()
    expected = x.grad.data
    x.cleargrad()
    t = x * 2
    y = f(t)
    t.data = None
    assert t.data is None and t.shape == (2, 3)
    y.backward(create_graph=create_graph)
    np.testing.assert_allclose(x.grad.data, expected)


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("name, f", NEED_NUMBERS)
def test_numbers_that_were_let_go_and_are_needed(name, f, create_graph):
    x = V(np.arange(1.0, 7.0).reshape(2, 3))
    t = x * 2
    t.name = "t"
    y = f(t)
    t.data = None
    message = rf"{name}: input \d, the Variable \(t\) .*set to None after forward"
    with pytest.raises(RuntimeError, match=message):
        y.backward(create_graph=create_graph)
    assert x.grad is None
    with pytest.raises(RuntimeError, match=r"exp: x \(t\) no longer has data"):
        F.exp(t)
    with pytest.raises(RuntimeError, match="set to None"):
        Square()(x * 2 + t)


def test_an_output_that_was_let_go():
    x = V([0.0, 0.0])
    y = F.tanh(x)
    z = y + 1
    y.data = None
    with pytest.raises(RuntimeError, match="Tanh: its output, .*None after forward"):
        z.backward()
    y = x + 1
    z = F.exp(y)
    y.data = None
    z.backward()  # Add does not need its output
    np.testing.assert_allclose(x.grad.data, np.exp([1, 1]))


def test_a_bias_that_was_let_go_still_gets_its_gradient():
    x, W, b = np.ones((2, 3)), V(np.ones((3, 2))), V([1.0, 2.0])
    t = b * 2
    y = F.linear(x, W, t)
    t.data = None
    y.backward()
    np.testing.assert_array_equal(b.grad.data, [4, 4])


def test_memory_that_is_let_go_is_free():
    t = V(np.zeros(10)) + 1
    reference = weakref.ref(t.data)
    y = t + 1
    t.data = None
    assert reference() is None and y.creator.inputs[0] is t


def test_an_array_edited_in_place_is_nobodys_business_but_a_parameters_is():
    """As in PyTorch, where x.data *= 100 is a way around the check (step 66)."""
    x, p = V(10.0), Parameter(np.array(10.0), name="p")
    for y in (x * x, p * p):
        x.data /= 10
        p.data /= 10
        if y.creator.inputs[0] is x:
            y.backward()
            assert x.grad.data == 2.0
            continue
        with pytest.raises(RuntimeError, match=r"Mul: input 1, the Parameter \(p\)"):
            y.backward()


@pytest.mark.parametrize("f", [F.pooling, F.average_pooling])
def test_pooling_sees_that_its_images_were_edited(f):
    p = Parameter(np.arange(4.0).reshape(1, 1, 2, 2))
    y = f(p, 2)
    p.data -= np.array([[0.0, 0.0], [0.0, 9.0]])
    if f is F.average_pooling:  # which needs the shape only
        y.backward()
        np.testing.assert_array_equal(p.grad.data, np.full((1, 1, 2, 2), 0.25))
        return
    with pytest.raises(RuntimeError, match="Pooling: input 0, the Parameter"):
        y.backward()


# --- what has no derivative says what it takes, too ---


def test_lists_of_rows_of_different_lengths_make_no_array():
    with pytest.raises(ValueError, match=r"as_array: .*inhomogeneous .*step 9"):
        as_array([[1.0, 2.0], [3.0]])


def test_a_retained_gradient_has_the_dtype_of_its_variable():
    x = Variable(np.array([1.0, 2.0], np.float32))
    h = x * 2.0
    (h * np.array([1.0, 3.0])).sum().backward(retain_grad=True)  # a float64 factor
    assert (h.grad.dtype, x.grad.dtype) == (np.float32, np.float32)
    np.testing.assert_array_equal(h.grad.data, [1, 3])


def test_what_comes_as_an_array_leaves_as_one_that_wants_no_gradient():
    x = np.ones((2, 3))
    for y in F.reshape(x, (2, 3)), F.broadcast_to(x, (2, 3)), F.reshape(x, (3, 2)):
        assert not y.requires_grad
    for y in F.sum_to(x, (2, 3)), F.sum_to(x, (1, 3)), F.transpose(x):
        assert not y.requires_grad
    assert not F.dropout(x).requires_grad
