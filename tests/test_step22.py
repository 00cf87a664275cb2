"""Step 22: negation, subtraction, division and power, each with its gradient."""

import numpy as np
import pytest

import dezero

ONE_INPUT = {
    "-x": lambda x: -x,
    "x - 5": lambda x: x - 5,
    "5 - x": lambda x: 5 - x,
    "x - array": lambda x: x - np.array([1.0, 2.0]),
    "array - x": lambda x: np.array([1.0, 2.0]) - x,
    "x / 4": lambda x: x / 4,
    "4 / x": lambda x: 4 / x,
    "x / array": lambda x: x / np.array([1.0, 2.0]),
    "array / x": lambda x: np.array([1.0, 2.0]) / x,
    "x**3": lambda x: x**3,
    "x**2.5": lambda x: x**2.5,
    "x**-1": lambda x: x**-1,
    "x**0": lambda x: x**0,
    "x - x / x**2": lambda x: x - x / x**2,
}
TWO_INPUTS = {
    "a - b": lambda a, b: a - b,
    "a / b": lambda a, b: a / b,
    "(a - b) / (a + b)**2": lambda a, b: (a - b) / (a + b) ** 2,
    "-a * b - a / b": lambda a, b: -a * b - a / b,
}


def formulas(table):
    return pytest.mark.parametrize("f", table.values(), ids=table)


@pytest.fixture
def step(load_step):
    return load_step(22)


def slopes(f, data, h=1e-5):
    """Return the central differences of the sum of f at data."""
    slope = np.zeros_like(data)
    for i in np.ndindex(data.shape):
        shift = np.zeros_like(data)
        shift[i] = h
        slope[i] = np.sum(f(data + shift) - f(data - shift)) / (2 * h)
    return slope


@formulas(ONE_INPUT)
def test_one_input(step, rng, f):
    data = rng.uniform(0.5, 2.0, size=2)
    x, u = step.Variable(data), dezero.Variable(data)
    y, v = f(x), f(u)
    assert type(y) is step.Variable
    y.backward()
    v.backward()
    np.testing.assert_allclose(y.data, f(data))
    np.testing.assert_allclose(y.data, v.data)
    np.testing.assert_allclose(x.grad, slopes(f, data), rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(x.grad, u.grad.data)


@formulas(TWO_INPUTS)
def test_two_inputs(step, rng, f):
    p, q = rng.uniform(0.5, 2.0, size=(2, 3, 2))
    a, b = step.Variable(p), step.Variable(q)
    s, t = dezero.Variable(p), dezero.Variable(q)
    y, v = f(a, b), f(s, t)
    y.backward()
    v.backward()
    np.testing.assert_allclose(y.data, f(p, q))
    np.testing.assert_allclose(y.data, v.data)
    by_a, by_b = slopes(lambda x: f(x, q), p), slopes(lambda x: f(p, x), q)
    np.testing.assert_allclose(a.grad, by_a, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(b.grad, by_b, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(a.grad, s.grad.data)
    np.testing.assert_allclose(b.grad, t.grad.data)


def test_gradients_by_hand(step):
    a, b = step.Variable(np.array(6.0)), step.Variable(np.array(3.0))
    for y, ga, gb in (
        (a - b, 1.0, -1.0),
        (b - a, -1.0, 1.0),
        (a / b, 1 / 3, -6 / 9),
        (b / a, -3 / 36, 1 / 6),
    ):
        a.cleargrad()
        b.cleargrad()
        y.backward()
        np.testing.assert_allclose([a.grad, b.grad], [ga, gb])


def test_a_gradient_that_arrives_counts(step):
    x = step.Variable(np.array(2.0))
    for y, gx in ((-x, -10.0), (5 - x, -10.0), (4 / x, -10.0), (x**3, 120.0)):
        x.cleargrad()
        y.grad = np.array(10.0)
        y.backward()
        assert x.grad == gx


def test_plain_functions(step):
    assert step.neg(np.array(2.0)).data == -2.0
    assert step.sub(5, np.array(2.0)).data == 3.0
    assert step.div(1.0, np.array(2.0)).data == 0.5
    assert step.pow(np.array(2.0), 3).data == 8.0


def test_the_creators(step):
    x = step.Variable(np.array(2.0))
    for y, name in ((-x, "Neg"), (1 - x, "Sub"), (1 / x, "Div"), (x**2, "Pow")):
        assert type(y.creator).__name__ == name


def test_reflected_operands_stay_in_order(step):
    x = step.Variable(np.array(2.0))
    for y in (5 - x, 5 / x, np.array(5.0) - x, np.array(5.0) / x):
        left, right = y.creator.inputs
        assert (left.data, right) == (5, x)


def test_the_exponent_is_a_plain_number(step):
    x = step.Variable(np.array(2.0))
    for compute in (lambda: 2**x, lambda: x**x):
        with pytest.raises(TypeError, match="unsupported operand"):
            compute()


def test_the_question_of_the_exercise(step):
    x = step.Variable(np.array(0.0))
    y = x**0
    assert y.data == 1.0
    with np.errstate(all="ignore"):
        y.backward()
    assert np.isnan(x.grad)


def test_the_file_is_the_package_of_step_23(step):
    from dezero import core_simple

    data = np.array([1.0, 2.0])
    grads = []
    for module in (step, core_simple):
        x = module.Variable(data)
        y = (1 - x) / (x**2 + 3) - 2 / x
        y.backward()
        grads.append(x.grad)
    np.testing.assert_array_equal(*grads)


def test_the_numbers_printed(run_step):
    out = run_step(22)
    assert "x**3      8.0000   12.0000    12.0000" in out
    assert "gradients:  a -0.0093, b -0.0648" in out
    assert "measured:   a -0.0093, b -0.0648" in out
