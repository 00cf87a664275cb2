"""The gradient checks, checked: right backwards pass, planted wrong ones do not."""

import doctest

import numpy as np
import pytest

import dezero.functions as F
from dezero import Function, Variable, gradcheck, no_grad
from dezero.gradcheck import (
    array_allclose,
    array_equal,
    check_gradients,
    gradient_check,
    numerical_grad,
)


class Cube(Function):
    """y = x**3, gx = 3 * x**2 * gy; the right one."""

    def forward(self, x):
        return x * x * x

    def backward(self, gy):
        (x,) = self.inputs
        return 3 * x * x * gy


class WrongFactor(Cube):
    def backward(self, gy):
        (x,) = self.inputs
        return 2 * x * x * gy


class WrongSign(Cube):
    def backward(self, gy):
        (x,) = self.inputs
        return -3 * x * x * gy


class AlmostRight(Cube):
    """One part in ten thousand too much."""

    def backward(self, gy):
        (x,) = self.inputs
        return 3.0003 * x * x * gy


class OneEntryWrong(Cube):
    """Right but for gx[1, 2], which is 100 too large."""

    def backward(self, gy):
        (x,) = self.inputs
        error = np.zeros(x.shape, x.dtype)
        error[1, 2] = 100.0
        return 3 * x * x * gy + error * gy


class LostGraph(Cube):
    """The first derivative is right; raw arrays leave no graph for the second."""

    def backward(self, gy):
        x = self.inputs[0].data
        return gy * (3 * x * x)


class LostGraphOfX(Cube):
    """The second derivative keeps one of its two factors x: 3 * x, not 6 * x."""

    def backward(self, gy):
        (x,) = self.inputs
        return gy * (3 * x.data) * x


class LostThird(Cube):
    """The first two derivatives are right, 3 x**2 and 6 x; the third is not 6."""

    def backward(self, gy):
        (x,) = self.inputs
        return gy * LostGraphSquare()(x) * 3


class LostGraphSquare(Function):
    def forward(self, x):
        return x * x

    def backward(self, gy):
        return gy * (2 * self.inputs[0].data)


class Nothing(Cube):
    def backward(self, gy):
        return None


class NotANumber(Cube):
    def backward(self, gy):
        (x,) = self.inputs
        return gy * x * np.nan


class Float32Gradient(Cube):
    """Right to seven digits, and float32 whatever came in."""

    def backward(self, gy):
        (x,) = self.inputs
        return Narrow()(3 * x * x * gy)


class Narrow(Function):
    def forward(self, x):
        return x.astype(np.float32)

    def backward(self, gy):
        return gy


class Float64Gradient(Cube):
    def backward(self, gy):
        (x,) = self.inputs
        return 3 * x * x * gy * np.ones(x.shape)


class Softmax(Function):
    """The outputs add up to 1: their sum has gradient 0, one by one they do not."""

    def forward(self, x):
        y = np.exp(x - x.max())
        return y / y.sum()

    def backward(self, gy):
        y = self.outputs[0]()
        gx = y * gy
        return gx - y * gx.sum()


class SoftmaxZeros(Softmax):
    """Wrong, and right for the plain sum of the outputs."""

    def backward(self, gy):
        return gy * 0


class Scaled(Function):
    """y = x * x.T: the gradient wants a transpose that TransposeForgotten lacks."""

    def forward(self, x):
        return x.T * 2.0

    def backward(self, gy):
        return gy.T * 2.0


class TransposeForgotten(Scaled):
    def backward(self, gy):
        return gy * 2.0


class Product(Function):
    """y = x0**2 * x1, a different gradient for each."""

    def forward(self, x0, x1):
        return x0 * x0 * x1

    def backward(self, gy):
        x0, x1 = self.inputs
        return gy * 2 * x0 * x1, gy * x0 * x0


class Swapped(Product):
    def backward(self, gy):
        return super().backward(gy)[::-1]


class SecondForgotten(Product):
    def backward(self, gy):
        return super().backward(gy)[0], None


class WrongMixedSecond(Product):
    """Right but for the second derivative by x0 and then x1."""

    def backward(self, gy):
        x0, x1 = self.inputs
        return gy * 2 * x0 * x1.data, gy * x0 * x0


class SinCos(Function):
    """Two outputs from one call."""

    def forward(self, x):
        return np.sin(x), np.cos(x)

    def backward(self, gsin, gcos):
        (x,) = self.inputs
        sin, cos = SinCos()(x)
        return gsin * cos - gcos * sin


class SinCosSwapped(SinCos):
    def backward(self, gsin, gcos):
        return super().backward(gcos, gsin)


class SecondOutputForgotten(SinCos):
    def backward(self, gsin, gcos):
        return super().backward(gsin, gcos * 0)


class TwoWays(Function):
    """Right on arrays, wrong on Variables: only the recorded pass is off.

    The package's own Functions get arrays while no graph is wanted; the name of
    the module makes this one of them.
    """

    __module__ = "dezero.planted"

    def forward(self, x):
        return x * x

    def backward(self, gy):
        (x,) = self.inputs
        return gy * x * (2 if isinstance(gy, np.ndarray) else 3)


class RightSizeWrongShape(Function):
    """Inside the package nobody but the check looks at the shape of a gradient."""

    __module__ = "dezero.planted"

    def forward(self, x):
        return x * 2.0

    def backward(self, gy):
        return gy.T * 2.0


class Overwrites(Function):
    """Saves an array by squaring its input in place."""

    def forward(self, x):
        x *= x
        return x

    def backward(self, gy):
        (x,) = self.inputs
        return 2 * x * gy


def apply(cls):
    return lambda *xs: cls()(*xs)


@pytest.fixture
def x(rng):
    return rng.normal(size=(3, 4)) + 3.0  # off zero: an error must show everywhere


# --- array_equal, array_allclose ---


def test_array_equal():
    a = np.array([1.0, 2.0])
    assert array_equal(Variable(a), a.copy()) is True
    assert array_equal(a, Variable(np.array([1.0, 2.5]))) is False
    assert array_equal(a, a.reshape(2, 1)) is False
    assert array_equal(Variable(np.array(2.0)), 2.0) is True


def test_array_allclose():
    a = np.array([1.0, 1000.0])
    assert array_allclose(Variable(a), a + [0.0, 0.05]) is True
    assert array_allclose(a, Variable(a + [0.05, 0.0])) is False
    assert array_allclose(a, a + 0.5, atol=1.0) is True
    assert array_allclose(a, a + [0.0, 0.05], rtol=1e-9) is False


# --- numerical_grad ---


@pytest.mark.parametrize("wrap", [np.array, lambda x: Variable(np.array(x))])
def test_numerical_grad_by_hand(wrap):
    grad = numerical_grad(lambda x: x**3, wrap([1.0, -2.0]))
    np.testing.assert_allclose(grad, [3.0, 12.0], rtol=1e-7)


def test_numerical_grad_hands_f_what_it_was_given():
    seen = []

    def f(x):
        seen.append(type(x))
        return x * x

    numerical_grad(f, np.array([1.0]))
    numerical_grad(f, Variable(np.array([1.0])))
    assert seen == [np.ndarray] * 2 + [Variable] * 2


@pytest.mark.parametrize("f", [np.square, np.sum, np.linalg.norm])
def test_numerical_grad_hands_arrays_to_functions_of_numpy(f):
    x = np.array([3.0, 4.0])
    np.testing.assert_array_equal(numerical_grad(f, Variable(x)), numerical_grad(f, x))


def test_numerical_grad_works_for_the_variables_of_the_first_steps():
    class Box:
        def __init__(self, data):
            self.data = data

    grad = numerical_grad(lambda box: Box(box.data**2), Box(np.array(3.0)))
    assert grad.shape == ()
    np.testing.assert_allclose(grad, 6.0)


def test_numerical_grad_sums_many_outputs():
    x = np.array([1.0, 2.0, 4.0])
    np.testing.assert_allclose(
        numerical_grad(lambda x: np.outer(x, x), x), 2 * x.sum() * np.ones(3)
    )
    np.testing.assert_allclose(
        numerical_grad(lambda x: (x * 2, [x.sum()][0]), x), [3.0, 3.0, 3.0]
    )


def test_numerical_grad_passes_the_other_arguments_on():
    grad = numerical_grad(lambda x, a, b=0.0: a * x**b, np.array(2.0), 5.0, b=3)
    np.testing.assert_allclose(grad, 60.0)


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.float32, bool])
def test_numerical_grad_computes_in_float64(dtype):
    seen = []

    def f(x):
        seen.append(x.dtype)
        return x * x

    grad = numerical_grad(f, np.array([1, 0, 1], dtype))
    assert set(seen) == {np.dtype(np.float64)}
    assert grad.dtype == np.float64
    np.testing.assert_allclose(grad, [2.0, 0.0, 2.0], atol=1e-9)


@pytest.mark.parametrize(
    "x",
    [
        np.array(2.0),
        np.zeros((0, 3)),
        np.arange(6.0).reshape(2, 3).T,
        np.arange(12.0).reshape(3, 4)[::-1, ::2],
        np.broadcast_to(np.array([1.0, 2.0]), (3, 2)),
    ],
    ids=["0-d", "empty", "transposed", "reversed", "broadcast"],
)
def test_numerical_grad_of_any_layout(x):
    before = x.copy()
    grad = numerical_grad(lambda x: x**2, x)
    assert grad.shape == x.shape
    np.testing.assert_allclose(grad, 2 * x, atol=1e-8)
    np.testing.assert_array_equal(x, before)


def test_numerical_grad_when_the_output_is_a_view_of_the_input():
    grad = numerical_grad(lambda x: x.reshape(3, 2).T[::-1], np.ones((2, 3)))
    np.testing.assert_allclose(grad, np.ones((2, 3)))


def test_numerical_grad_is_precise(rng):
    x = rng.uniform(-3.0, 3.0, size=20)
    np.testing.assert_allclose(numerical_grad(np.sin, x), np.cos(x), atol=1e-8)


def test_a_large_term_without_x_does_not_drown_the_slope():
    grad = numerical_grad(lambda x: (x, np.array([1e15])), np.array([1.0]))
    np.testing.assert_allclose(grad, [1.0], rtol=1e-9)


# --- gradient_check ---


def test_gradient_check_of_a_right_backward(x, capsys):
    assert gradient_check(apply(Cube), Variable(x)) is True
    assert gradient_check(apply(Cube), x) is True
    assert gradient_check(apply(Softmax), Variable(x)) is True
    assert capsys.readouterr().out == ""


def test_gradient_check_twice_is_the_same(x):
    v = Variable(x)
    assert gradient_check(apply(Cube), v)
    assert gradient_check(apply(Cube), v)


def test_gradient_check_report(capsys):
    x = np.full((2, 3), 2.0)
    assert gradient_check(apply(OneEntryWrong), Variable(x)) is False
    report = capsys.readouterr().out
    assert "(see step 10)" in report
    assert "worst entry: [1, 2] of shape (2, 3)" in report
    assert "wrong:       1 of 6 entries" in report
    lines = [line.split(":") for line in report.splitlines() if "worst" not in line]
    numbers = {line[0].strip(): line[1] for line in lines if len(line) == 2}
    # d/dx = 3 * 2**2 = 12, and 100 too much, both times the weight of that output
    weight = float(numbers["expected"]) / 12
    assert 0.5 <= weight <= 1.5
    assert float(numbers["got"]) == pytest.approx(112 * weight)


@pytest.mark.parametrize(
    "wrong",
    [WrongFactor, WrongSign, Nothing, NotANumber, SoftmaxZeros],
)
def test_gradient_check_catches(wrong, x, capsys):
    assert gradient_check(apply(wrong), Variable(x)) is False
    assert "worst entry" in capsys.readouterr().out


def test_gradient_check_names_a_gradient_that_never_came(x, capsys):
    assert gradient_check(apply(Nothing), x) is False
    assert "no gradient came through" in capsys.readouterr().out


def test_gradient_check_converts_to_float64():
    for dtype in (np.int64, np.float32):
        v = Variable(np.array([[1, 2, 3]], dtype))
        assert gradient_check(apply(Cube), v)
        assert v.dtype == dtype


def test_gradient_check_hands_on_arguments_and_leaves_them_alone(x):
    v, w = Variable(x, name="v"), Variable(x + 1.0, name="w")
    v.grad = Variable(np.ones(3))
    before = v.grad

    def f(x, w, scale=None):
        return Product()(x, w) * scale

    assert gradient_check(f, v, w, scale=Variable(np.array(2.0)))
    assert (v.name, w.name) == ("v", "w")
    assert v.data is x and v.grad is before
    assert w.grad is None


def test_gradient_check_tolerances(x):
    assert not gradient_check(apply(AlmostRight), x, rtol=1e-6)
    assert gradient_check(apply(AlmostRight), x, rtol=1e-3)


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (1,)])
def test_gradient_check_of_any_shape(shape):
    assert gradient_check(apply(Cube), Variable(np.full(shape, 2.0)))


# --- check_gradients: the right ones pass ---


LAYOUTS = {
    "0-d": np.array(2.0),
    "one": np.array([2.0]),
    "empty": np.zeros((0, 3)),
    "matrix": np.arange(6.0).reshape(2, 3) / 4 - 1.0,
    "transposed": (np.arange(6.0).reshape(2, 3) / 4 - 1.0).T,
    "gaps": (np.arange(24.0).reshape(4, 6) / 10 - 1.0)[::2, ::3],
    "reversed": (np.arange(4.0) / 4 - 1.0)[::-1],
    "broadcast": np.broadcast_to(np.array([1.0, 2.0]), (3, 2)),
}


@pytest.mark.parametrize("x", LAYOUTS.values(), ids=LAYOUTS.keys())
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_right_gradients_pass(x, dtype):
    for given in x, Variable(x), x.astype(np.float32):
        check_gradients(apply(Cube), given, order=3, dtype=dtype)
        check_gradients(apply(SinCos), given, dtype=dtype)
        check_gradients(lambda x: (x * 2).T, given, dtype=dtype)


@pytest.mark.parametrize("shapes", [((2, 3), (3,)), ((), (2, 1)), ((0, 1), (1, 4))])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_right_gradients_pass_with_broadcasting(rng, shapes, dtype):
    a, b = (rng.normal(size=shape) for shape in shapes)
    check_gradients(lambda a, b: a * a * b, a, b, dtype=dtype)


def test_right_gradients_pass_where_outputs_cancel_in_a_sum(x):
    check_gradients(apply(Softmax), x, order=3)


def test_f_may_return_its_input_or_ignore_it(x):
    check_gradients(lambda x: x, x)
    check_gradients(lambda x, c: x * x, x, np.ones(2))
    check_gradients(lambda x, c: (x, c), x, np.ones(2))


def test_inputs_keep_their_layout(x):
    strides = set()

    def f(x):
        strides.add(x.data.strides)
        return x * x

    check_gradients(f, x.T[::2], order=1)
    assert x.T[::2].strides in strides


def test_inputs_that_are_not_floating_are_handed_on():
    seen = []

    def f(x, index, n, name):
        seen.append((type(index), n, name))
        return x[index] * n

    index = np.array([0, 2, 2])
    check_gradients(f, np.arange(3.0), index, 2, "name")
    check_gradients(f, np.arange(3.0), Variable(index), 2, "name")
    assert set(seen) == {(np.ndarray, 2, "name"), (Variable, 2, "name")}


def test_the_given_variables_are_left_alone(x):
    v, w = Variable(x, name="v"), Variable(np.array([1, 2]), name="w")
    grad = v.grad = Variable(np.ones(3))
    before = x.copy()
    check_gradients(lambda v, w: Cube()(v), v, w)
    assert v.data is x and v.grad is grad and v.name == "v"
    assert w.grad is None and w.name == "w"
    assert v.creator is None
    assert x.flags.writeable
    np.testing.assert_array_equal(x, before)


def test_checks_are_repeatable(x):
    messages = []
    for _ in range(2):
        with pytest.raises(AssertionError) as error:
            check_gradients(apply(WrongFactor), x)
        messages.append(str(error.value))
    assert messages[0] == messages[1]


# --- check_gradients: the wrong ones do not ---


FIRST = "derivative of order 1 with respect to input 0: backward and finite differences"
SECOND = (
    "derivative of order 2 with respect to input 0: backward and finite differences"
)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    "wrong, message",
    [
        (WrongFactor, FIRST),
        (WrongSign, FIRST),
        (OneEntryWrong, FIRST),
        (Nothing, FIRST),
        (NotANumber, FIRST),
        (SoftmaxZeros, FIRST),
        (SinCosSwapped, FIRST),
        (SecondOutputForgotten, FIRST),
        (LostGraph, SECOND),
        (LostGraphOfX, SECOND),
    ],
)
def test_wrong_gradients_are_caught(wrong, message, x, dtype):
    with pytest.raises(AssertionError, match=message):
        check_gradients(apply(wrong), x, dtype=dtype)


def test_a_small_error_is_caught(x):
    with pytest.raises(AssertionError, match=FIRST):
        check_gradients(apply(AlmostRight), x)
    check_gradients(apply(AlmostRight), x, rtol=1e-3)


def test_the_message_names_the_worst_entry_and_both_numbers():
    x = np.full((2, 3), 2.0)
    with pytest.raises(AssertionError) as error:
        check_gradients(apply(OneEntryWrong), x)
    message = str(error.value)
    assert "worst entry: [1, 2] of shape (2, 3)" in message
    assert "wrong:       1 of 6 entries" in message
    assert "expected:" in message and "got:" in message


def test_a_lost_second_derivative_is_explained_and_order_1_does_not_ask(x):
    with pytest.raises(AssertionError, match=r"all zeros.*\n.*\(see step 32\)"):
        check_gradients(apply(LostGraph), x)
    check_gradients(apply(LostGraph), x, order=1)


def test_a_wrong_third_derivative_needs_order_3(x):
    check_gradients(apply(LostThird), x, order=2)
    with pytest.raises(
        AssertionError, match="derivative of order 3 with respect to input 0"
    ):
        check_gradients(apply(LostThird), x, order=3)


def test_swapped_gradients_are_caught(rng):
    a, b = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    check_gradients(apply(Product), a, b)
    with pytest.raises(AssertionError, match=FIRST):
        check_gradients(apply(Swapped), a, b)


def test_the_input_that_is_wrong_is_named(rng):
    a, b = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    with pytest.raises(AssertionError, match="order 1 with respect to input 1"):
        check_gradients(apply(SecondForgotten), a, b)
    index = np.array([0, 1])  # not differentiated, but counted
    with pytest.raises(AssertionError, match="order 1 with respect to input 2"):
        check_gradients(lambda i, a, b: SecondForgotten()(a, b), index, a, b)


def test_a_wrong_mixed_derivative_is_caught(rng):
    a, b = rng.normal(size=3), rng.normal(size=3)
    check_gradients(apply(WrongMixedSecond), a, b, order=1)
    with pytest.raises(
        AssertionError, match="derivative of order 2 with respect to input 1"
    ):
        check_gradients(apply(WrongMixedSecond), a, b)


def test_a_transposed_gradient_of_the_right_size_is_caught(rng):
    check_gradients(apply(Scaled), rng.normal(size=(3, 2)))
    square = rng.normal(size=(3, 3))  # here even the shape is right
    with pytest.raises(AssertionError, match=FIRST):
        check_gradients(apply(TransposeForgotten), square)
    with pytest.raises(
        AssertionError, match=r"of input 0, \(3, 2\) float64, got \(2, 3\)"
    ):
        check_gradients(apply(RightSizeWrongShape), rng.normal(size=(3, 2)))


@pytest.mark.parametrize(
    "wrong, dtype, got",
    [
        (Float32Gradient, np.float64, "float32"),
        (Float64Gradient, np.float32, "float64"),
    ],
)
def test_a_gradient_of_another_dtype_is_caught(wrong, dtype, got, x):
    with pytest.raises(
        AssertionError, match=rf"of input 0, .* {np.dtype(dtype)}, got .* {got}"
    ):
        check_gradients(apply(wrong), x, dtype=dtype)


def test_an_output_of_another_dtype_is_caught(x):
    with pytest.raises(AssertionError, match="return float32 .*, got float64"):
        check_gradients(lambda x: x * np.ones(4), x, dtype=np.float32)


def test_a_recorded_pass_that_differs_from_the_plain_one_is_caught(x):
    with pytest.raises(AssertionError, match=r"create_graph=True\) \(got\) disagrees"):
        check_gradients(apply(TwoWays), x)


def test_a_forward_that_overwrites_its_input_is_caught(x):
    before = x.copy()
    with pytest.raises(ValueError, match="read-only"):
        check_gradients(apply(Overwrites), x)
    np.testing.assert_array_equal(x, before)


# --- check_gradients: wrong questions ---


def test_f_must_return_variables(x):
    with pytest.raises(TypeError, match="return a Variable .*, got ndarray"):
        check_gradients(lambda x: x.data, x)


def test_f_must_record_a_graph(x):
    def f(x):
        with no_grad():
            return Cube()(x)

    with pytest.raises(AssertionError, match="no gradient came through"):
        check_gradients(f, x)


def test_there_must_be_something_to_check(x):
    with pytest.raises(ValueError, match="of a floating dtype .*, got int64"):
        check_gradients(apply(Cube), np.arange(3, dtype=np.int64))
    with pytest.raises(ValueError, match="got no inputs"):
        check_gradients(lambda: Variable(np.array(1.0)))
    with pytest.raises(ValueError, match="order 1 or more, got 0"):
        check_gradients(apply(Cube), x, order=0)


def test_only_two_dtypes_are_known(x):
    with pytest.raises(ValueError, match="float64 or float32, got float16"):
        check_gradients(apply(Cube), x, dtype=np.float16)


def test_docstring_examples():
    result = doctest.testmod(gradcheck, extraglobs={"np": np})
    assert result.attempted > 0 and result.failed == 0


# --- what is given ---


@pytest.mark.parametrize("check", [gradient_check, numerical_grad])
@pytest.mark.parametrize(
    "x", [None, "x", Variable(None), np.array([1j]), [[1], [1, 2]]]
)
def test_what_is_not_made_of_numbers(check, x):
    with pytest.raises(
        TypeError, match=rf"{check.__name__}: expected an array .*step 10"
    ):
        check(F.sin, x)


@pytest.mark.parametrize("check", [gradient_check, numerical_grad, check_gradients])
@pytest.mark.parametrize("f", [None, 3])
def test_what_is_no_function(check, f):
    with pytest.raises(TypeError, match=rf"{check.__name__}: expected a function, got"):
        check(f, np.ones(2))


@pytest.mark.parametrize("check", [gradient_check, check_gradients])
@pytest.mark.parametrize("name", ["rtol", "atol"])
@pytest.mark.parametrize("value", [-1, float("nan"), "0.1"])
def test_tolerances(check, name, value):
    expected = rf"{name} must be (a (finite )?number of )?at least 0, got .*10"
    with pytest.raises((TypeError, ValueError), match=expected):
        check(F.sin, np.ones(2), **{name: value})


@pytest.mark.parametrize("order", [1.5, "2", None, 10**18])
def test_orders(order):
    with pytest.raises((TypeError, ValueError), match="check_gradients: .*order.*got"):
        check_gradients(F.sin, np.ones(2), order=order)


def test_f_that_returns_nothing():
    with pytest.raises(TypeError, match="got NoneType; is a return missing"):
        gradient_check(lambda x: None, np.ones(2))
    with pytest.raises(TypeError, match="expected f to return a Variable .* got none"):
        gradient_check(lambda x: [], np.ones(2))
    with pytest.raises(TypeError, match="numerical_grad: the result of f: .* got None"):
        numerical_grad(lambda x: None, np.ones(2))


def test_numbers_of_other_kinds_and_none_at_all():
    np.testing.assert_allclose(numerical_grad(lambda x: x**2, np.array([1, 3])), [2, 6])
    np.testing.assert_allclose(numerical_grad(lambda x: x**2, [1.0, 3.0]), [2, 6])
    assert numerical_grad(np.sin, np.zeros((0, 2))).shape == (0, 2)
    assert gradient_check(F.sin, np.array([1, 2])) and gradient_check(F.sin, [1.0, 2.0])
    assert gradient_check(F.sin, np.zeros(0))
    check_gradients(F.sin, np.zeros((0, 3)))
