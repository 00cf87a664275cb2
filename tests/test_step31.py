"""Step 31: the gradient of sin as a graph, built by hand and differentiated."""

import re

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero.core_simple import Function, Variable


@pytest.fixture
def step(load_step):
    return load_step(31)


def test_cos_and_its_gradient(step, rng):
    data = rng.normal(size=(2, 3))
    x = Variable(data)
    y = step.cos(x)
    y.backward()
    np.testing.assert_array_equal(y.data, np.cos(data))
    h = 1e-5
    slopes = (np.cos(data + h) - np.cos(data - h)) / (2 * h)
    np.testing.assert_allclose(x.grad, slopes, rtol=1e-8, atol=1e-9)
    z = dezero.Variable(data)
    F.cos(z).backward()
    np.testing.assert_allclose(x.grad, z.grad.data)


def test_second_and_third_derivative_by_hand(step, rng):
    """Built of Variables, and equal to what the package finds by itself."""
    data = rng.normal(size=4)
    x, gy = Variable(data), Variable(np.ones(4))
    second = step.derivative(gy * step.cos(x), x)
    third = step.derivative(gy * -step.sin(x), x)
    np.testing.assert_allclose(second, -np.sin(data))
    np.testing.assert_allclose(third, -np.cos(data))

    z = dezero.Variable(data)
    y = F.sin(z)
    orders = []
    for _ in range(3):
        z.cleargrad()
        y.backward(create_graph=True)
        y = z.grad
        orders.append(y.data)
    np.testing.assert_allclose([second, third], orders[1:])


def test_the_gradient_that_is_built_is_the_gradient(step):
    x, gy = Variable(np.array(1.0)), Variable(np.array(3.0))
    gx = gy * step.cos(x)
    y = step.sin(x)
    y.grad = gy.data
    y.backward()
    np.testing.assert_allclose(gx.data, x.grad)
    assert step.derivative(gx, x) == pytest.approx(-3 * np.sin(1.0))
    assert gy.grad == np.cos(1.0)  # it has a derivative by gy, too


def test_a_gradient_that_is_an_array_has_no_graph(step):
    x = Variable(np.array(1.0), "x")
    step.sin(x).backward()
    assert type(x.grad) is np.ndarray
    gx = step.as_variable(x.grad)
    assert step.arrows(gx) == set()
    assert step.derivative(gx, x) is None


def test_begun_with_a_variable_half_the_graph_is_there(step):
    x, gy = Variable(np.array(1.0), "x"), Variable(np.array(1.0), "gy")
    y = step.sin(x)
    y.grad = gy
    y.backward()
    gx = x.grad
    gx.name = "gx"
    assert type(gx) is Variable
    assert step.arrows(gx) == {"gy -> Mul", "None -> Mul", "Mul -> gx"}
    assert step.derivative(gx, x) is None
    assert gy.grad == np.cos(1.0)


def test_the_exercise(step):
    """x as a Variable is not enough: np.cos must be our cos as well."""

    class Sin(Function):
        def forward(self, x):
            return np.sin(x)

        def backward(self, gy):
            return gy * step.cos(self.inputs[0])

    x = Variable(np.array(1.0))
    y = Sin()(x)
    y.grad = Variable(np.array(1.0))
    y.backward()
    assert step.derivative(x.grad, x) == pytest.approx(-np.sin(1.0))

    class NotYet(Sin):
        def backward(self, gy):
            return gy * np.cos(self.inputs[0])

    y = NotYet()(x)
    with pytest.raises(TypeError, match="cos"):
        y.backward()


def test_arrows(step):
    x, b = Variable(np.array(1.0), "x"), Variable(np.array(2.0), "b")
    y = x * b
    y.name = "y"
    z = step.sin(y)
    z.name = "z"
    behind_y = {"x -> Mul", "b -> Mul", "Mul -> y"}
    assert step.arrows(x) == set()
    assert step.arrows(y) == behind_y
    assert step.arrows(z) == behind_y | {"y -> Sin", "Sin -> z"}
    assert step.arrows(x, y) == behind_y


def test_the_drawing_is_the_graph(step):
    """GRAPH is what is built; a forgotten arrow would be seen."""
    x, gy = Variable(np.array(1.0), "x"), Variable(np.array(1.0), "gy")
    y, c = step.sin(x), step.cos(x)
    gx = gy * c
    y.name, c.name, gx.name = "y", "c", "gx"
    drawn = step.GRAPH.strip().splitlines()
    assert len(drawn) == len(set(drawn)) == 7
    assert set(drawn) == step.arrows(y, gx)


def test_the_picture_is_the_drawing(step, tmp_path):
    step.render_dot(step.draw(step.GRAPH), tmp_path / "graph.svg")
    svg = (tmp_path / "graph.svg").read_text(encoding="utf-8")
    titles = re.findall(r"<title>([^<]*)</title>", svg)
    links = {t.replace("&#45;&gt;", " -> ") for t in titles if "gt;" in t}
    held = {"x -> gx", "y -> gy"}  # dashed: x.grad is gx, y.grad is gy
    assert links == set(step.GRAPH.strip().splitlines()) | held
    assert svg.count("stroke-dasharray") == 2
    labels = re.findall("<text[^>]*>([^<]*)</text>", svg)
    assert {"the gradient", "x.grad", "y.grad", "gx = gy * c"} <= set(labels)


def test_the_numbers_printed(run_step):
    lines = run_step(31).splitlines()
    assert lines[1].split()[-4:] == ["0.5403", "0", "0", "None"]
    assert lines[2].split()[-4:] == ["0.5403", "3", "0", "None"]
    assert lines[3].split()[-4:] == ["0.5403", "5", "1", "-0.8415"]
    assert lines[6] == "drawn as it was built: True"
