"""Step 26. The graph of any result."""

import re

import numpy as np
import pytest

from dezero import Function, Variable, core_simple, graph


def V(value, name=None):
    return Variable(np.array(value), name=name)


def lines(text):
    """Return what a DOT text states, in any order."""
    return sorted(text.splitlines()), text.startswith("digraph g {\n")


def statements(text):
    """Return what a DOT text states, in any order, and so are the looks of a node."""
    found = []
    for row in text.splitlines()[1:-1]:
        node, _, looks = row.strip(" ;").partition(" [")
        pairs = re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|\w+)', looks)
        found.append((node, sorted(pairs)))
    return sorted(found)


def test_a_small_graph_by_hand(load_step):
    x, c = V(1.0, "x"), V(2.0)
    y = x + c
    f = y.creator
    expected = [
        f'{id(x)} [label="x: () float64", color=orange, style=filled]',
        f'{id(c)} [label="() float64", color=orange, style=filled]',
        f'{id(y)} [label="() float64", color=orange, style=filled]',
        f'{id(f)} [label="Add", color=lightblue, style=filled, shape=box]',
        f"{id(x)} -> {id(f)}",
        f"{id(c)} -> {id(f)}",
        f"{id(f)} -> {id(y)}",
    ]
    text = load_step(26).get_dot_graph(y)
    assert statements(text) == statements("\n".join(["digraph g {", *expected, "}"]))
    assert text.startswith("digraph g {\n") and text.endswith("\n}")


def test_a_variable_used_twice_has_one_line(load_step):
    x = V(3.0)
    y = x * x
    text = load_step(26).get_dot_graph(y)
    assert text.count(f"{id(x)} [") == 1
    assert text.count(f"{id(y.creator)} [") == 1


verbose = pytest.mark.parametrize("verbose", [True, False])
formulas = pytest.mark.parametrize(
    "f",
    [
        lambda x: x,
        lambda x: x * x,
        lambda x: (x + 1) * (x + 1) - x**2,
        lambda x: x.reshape(1, 2).sum(axis=0, keepdims=True),
    ],
)


@verbose
@formulas
def test_the_package_draws_the_same(load_step, f, verbose):
    y = f(V([1.0, 2.0], 'the "x"'))
    text = load_step(26).get_dot_graph(y, verbose)
    assert statements(text) == statements(graph.get_dot_graph(y, verbose))


@pytest.mark.ours  # a reader may write color before label
@verbose
@formulas
def test_the_text_is_that_of_the_package(load_step, f, verbose):
    y = f(V([1.0, 2.0], 'the "x"'))
    text = load_step(26).get_dot_graph(y, verbose)
    assert lines(text) == lines(graph.get_dot_graph(y, verbose))


def test_goldstein_draws_the_same(load_step):
    step = load_step(26)
    z = step.goldstein(V(1.0, "x"), V(1.0, "y"))
    text = step.get_dot_graph(z)
    assert statements(text) == statements(graph.get_dot_graph(z))


def test_the_engine_of_step_22_is_drawn_as_well(load_step):
    x = core_simple.Variable(np.array(1.0), "x")
    y = 2 * x + x**2
    text = load_step(26).get_dot_graph(y)
    assert statements(text) == statements(graph.get_dot_graph(y))


def test_a_constant_shows_its_value(load_step):
    """The 2 and the 0.5 of the formula; x has a name, and a product a creator."""
    step, x = load_step(26), V(3.0, "x")
    text = step.get_dot_graph(2 * x + 0.5, verbose=False, constants=True)
    labels = re.findall(r'label="([^"]*)"', text)
    assert sorted(labels) == ["", "", "0.5", "2", "Add", "Mul", "x"]


def test_the_formula_can_be_read_off_the_picture(load_step, tmp_path):
    step = load_step(26)
    z = step.goldstein(V(1.0, "x"), V(1.0, "y"))
    step.plot_dot_graph(z, verbose=False, to_file=tmp_path / "z.svg")
    drawn = (tmp_path / "z.svg").read_text(encoding="utf-8")
    numbers = sorted(int(n) for n in re.findall(r"<text[^>]*>(\d+)<", drawn))
    written = [19, 14, 3, 14, 6, 3, 18, 32, 12, 48, 36, 27, 1, 1, 30, 2, 3]
    assert numbers == sorted(written)


def test_the_exercise(load_step):
    """x + y + 1 is 0, so the first factor is 1; 30 + 3**2 * -3 is 3."""
    z = load_step(26).goldstein(V(0.0), V(-1.0))
    first, second = z.creator.inputs
    assert (z.data, first.data, second.data) == (3.0, 1.0, 3.0)
    thirty, product = second.creator.inputs
    square, b = product.creator.inputs
    assert (square.data, b.data) == (9.0, -3.0)


def test_an_argument_used_twice_has_two_arrows(load_step):
    x = V(3.0)
    y = x * x
    text = load_step(26).get_dot_graph(y)
    assert text.count(f"{id(x)} -> {id(y.creator)}") == 2


def test_a_dropped_output_is_left_out(load_step):
    class Split(Function):
        def forward(self, x):
            return x, x + 1

    y0, y1 = Split()(V(1.0))
    del y1
    text = load_step(26).get_dot_graph(y0)
    assert text.count("color=orange") == 2 and str(id(None)) not in text


def test_shared_work_is_walked_once(load_step):
    x = V(1.0)
    y = x
    for _ in range(60):  # 2**60 paths lead back
        y = y + y
    text = load_step(26).get_dot_graph(y)
    assert load_step(26).summary(text) == "61 variables, 60 functions, 180 edges"


def test_a_deep_graph_needs_no_recursion(load_step):
    y = V(1.0)
    for _ in range(5000):
        y = -y
    assert load_step(26).get_dot_graph(y).count("Neg") == 5000


def test_the_picture(load_step, run_step, tmp_path):
    step = load_step(26)
    path = step.FIGURES / "step26_goldstein.png"
    path.unlink(missing_ok=True)
    printed = run_step(26, fresh=True).splitlines()
    assert printed[-1] == "figures/step26_goldstein.png"
    assert path.read_bytes().startswith(b"\x89PNG")
    step.plot_dot_graph(V(1.0, "x") * 2, to_file=tmp_path / "y.svg")
    drawn = (tmp_path / "y.svg").read_text(encoding="utf-8")
    assert re.search(r">x: \(\) float64<", drawn) and ">Mul<" in drawn
