import math
import random

import numpy as np
import pytest

from dezero import Variable
from dezero.gradcheck import numerical_grad


@pytest.fixture
def step(load_step):
    return load_step(63)


@pytest.fixture
def calculate(step):
    functions = {"sin": math.sin, "exp": math.exp}
    return lambda text, **names: step.evaluate(text, names, float, functions)


def python(text, **names):
    text = text.replace("^", "**")
    return eval(text, {"sin": math.sin, "exp": math.exp}, names)


@pytest.mark.parametrize(
    "text",
    [
        "1",
        " 1 + 2 * 3",
        "(1 + 2) * 3",
        "8 - 4 - 2",
        "8 - (4 - 2)",
        "16 / 4 / 2",
        "16 / 4 * 2",
        "2 ^ 3 ^ 2",
        "(2 ^ 3) ^ 2",
        "-2 ^ 2",
        "(-2) ^ 2",
        "2 ^ -1",
        "2 ^ -1 * 3",
        "2 ^ -3 ^ 2",
        "-2 ^ -3 ^ -1",
        "2 * -3",
        "2 - -3",
        "---2",
        "-(1 + 2) * 3",
        "-3 * -(2)",
        "1e3 + .5 - 2.",
        "1.5e-3*2E2",
        "sin(1)",
        "-sin(1) ^ 2",
        "exp (sin(0.5) - 1) * 2",
        "2 ^ sin(exp(0))",
        "((((3))))",
        "3*x - 2^(1+1)",
        "x_1 * y / -x",
    ],
)
def test_as_python_computes_it(calculate, text):
    names = {"x": 2.5, "y": -1.5, "x_1": 3.0}
    assert calculate(text, **names) == python(text, **names)


def random_expression(rng, depth):
    """Return the text of an expression, with parentheses only here and there."""
    if depth == 0 or rng.random() < 0.2:
        return rng.choice(["x", f"{rng.uniform(0.5, 2):.2f}", "3"])
    left, right = (random_expression(rng, depth - 1) for _ in range(2))
    kind = rng.randrange(8)
    if kind == 0:
        return f"({left} {rng.choice('+-*/')} {right})"
    if kind == 1:
        return f"-{left}"
    if kind == 2:
        return f"{rng.choice(['sin', 'exp'])}({left} / 9)"
    if kind == 3:
        return f"{rng.choice(['x', '2', '(x + 1)'])} ^ {rng.choice(['2', '-1', '0.5'])}"
    return f"{left} {rng.choice('+-*')} {right}"


def test_random_expressions_as_python_computes_them(calculate):
    rng = random.Random(0)
    for _ in range(500):
        text = random_expression(rng, 4)
        expected = python(text, x=1.7)
        assert calculate(text, x=1.7) == pytest.approx(expected, rel=1e-12), text


def test_published_every_literal_has_its_derivative(step):
    """Push nodes instead of numbers, and backward does the rest."""
    literals = []

    def literal(text):
        literals.append(Variable(np.array(float(text))))
        return literals[-1]

    y = step.evaluate("(1.5 + 2) * 3 - 4 / (2.5 ^ 1.2)", {}, literal)
    y.backward()

    def again(values):
        a, b, c, d, e, f = values.data
        return np.array((a + b) * c - d / (e**f))

    point = Variable(np.array([float(v) for v in literals]))
    assert float(y) == pytest.approx(again(point))
    np.testing.assert_allclose(
        [float(v.grad) for v in literals], numerical_grad(again, point), rtol=1e-6
    )


def test_names_are_part_of_the_graph(step):
    x = Variable(np.array(0.7))
    y = step.evaluate("x * sin(x) - exp(-x) ^ 2", {"x": x})
    y.backward()
    a = 0.7
    assert float(y) == pytest.approx(a * math.sin(a) - math.exp(-2 * a))
    slope = math.sin(a) + a * math.cos(a) + 2 * math.exp(-2 * a)
    assert float(x.grad) == pytest.approx(slope)


@pytest.mark.parametrize(
    "text, position, problem",
    [
        ("", 0, "expected a value, got the end"),
        ("1 +", 3, "expected a value, got the end"),
        ("2 * / 3", 4, "expected a value, got /"),
        ("+ 3", 0, r"expected a value, got \+"),
        ("()", 1, r"expected a value, got \)"),
        ("2 x", 2, "expected an operator, got x"),
        ("2 (3)", 2, r"expected an operator, got \("),
        ("3.4.5", 3, "expected an operator, got .5"),
        ("1 + (2 * 3", 4, r"this \( is never closed"),
        ("((1)", 0, r"this \( is never closed"),
        ("1 + 2) * 3", 5, r"this \) was never opened"),
        ("2 * z", 4, "unknown name z"),
        ("sin 3", 0, r"sin needs a \("),
        ("1 + exp", 4, r"exp needs a \("),
        ("2 $ 3", 2, r"expected an operator, got \$"),
        ("2 + ?", 4, r"expected a value, got \?"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(step, text, position, problem):
    with pytest.raises(SyntaxError, match=f"position {position}: {problem}"):
        step.evaluate(text)
