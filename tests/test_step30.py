"""Step 30: y can be computed again, its gradient cannot."""

import re

import numpy as np
import pytest

import dezero
from dezero import core_simple


@pytest.fixture
def step(load_step):
    return load_step(30)


def quartic(x):
    return x**4 - 2 * x**2


def test_functions_behind(step):
    x = core_simple.Variable(np.array(2.0))
    a = x**2
    y = a + a * 3
    found = step.functions_behind(y)
    assert [type(func).__name__ for func in found] == ["Pow", "Mul", "Add"]
    assert found[0] is a.creator
    generations = [f.generation for f in step.functions_behind(quartic(x))]
    assert generations == sorted(generations) == [0, 0, 1, 2]


def test_nothing_is_behind_a_leaf_or_an_array(step):
    x = core_simple.Variable(np.array(2.0))
    y = quartic(x)
    y.backward()
    for thing in (x, x.grad, np.array(1.0), None):
        assert step.functions_behind(thing) == []
    assert len(step.functions_behind(y)) == 4


def test_the_gradient_of_the_package_forgets_as_well(step):
    """A Variable since step 32, but without create_graph it has no creator."""
    x = dezero.Variable(np.array(2.0))
    quartic(x).backward()
    assert type(x.grad) is dezero.Variable
    assert step.functions_behind(x.grad) == []


def test_replay(step, rng):
    x = core_simple.Variable(rng.normal(size=3))
    b = core_simple.Variable(rng.normal(size=3))
    y = quartic(x) / (b + 3) - x
    y.backward()
    before = x.grad.copy()
    x.data, b.data = rng.normal(size=(2, 3))
    step.replay(y)
    np.testing.assert_array_equal(y.data, (quartic(x) / (b + 3) - x).data)
    np.testing.assert_array_equal(x.grad, before)
    x.cleargrad()
    y.backward()  # the graph is whole: the next gradient is right again
    slope = (4 * x.data**3 - 4 * x.data) / (b.data + 3) - 1
    np.testing.assert_allclose(x.grad, slope)


def test_replay_keeps_an_array_of_no_axes(step):
    x = core_simple.Variable(np.array(2.0))
    y = quartic(x)
    x.data = np.array(3.0)
    step.replay(y)
    assert type(y.data) is np.ndarray
    assert y.data == 63.0


def test_no_arrow_leads_to_a_gradient(step, tmp_path):
    x = core_simple.Variable(np.array(2.0), "x")
    y = quartic(x)
    y.backward(retain_grad=True)
    step.draw_gradients(y, tmp_path / "graph.svg")
    drawn = (tmp_path / "graph.svg").read_text(encoding="utf-8")
    assert drawn.count('class="node"') == 4 + 6 + 6  # x, 2, x**2, x**4, 2 * x**2, y
    gradients = re.findall(r">grad (-?\d+)<", drawn.replace("&#45;", "-"))
    assert sorted(map(int, gradients)) == [-4, -2, -1, 1, 1, 24]
    # the 10 arrows of y's graph have a head, the 6 dashed lines have none
    edges = drawn.split('class="edge"')[1:]
    dashed = ["stroke-dasharray" in edge for edge in edges]
    heads = ["<polygon" in edge.split("</g>")[0] for edge in edges]
    assert (sum(dashed), sum(heads)) == (6, 10)
    assert not any(a and b for a, b in zip(dashed, heads))


def test_the_exercise(step):
    """g remembers: 96 at x = 3, and its slope is f'' = 12 * x**2 - 4."""
    x = core_simple.Variable(np.array(2.0))
    g = 4 * x**3 - 4 * x
    assert g.data == 24.0
    x.data = np.array(3.0)
    step.replay(g)
    assert g.data == 96.0
    g.backward()
    assert x.grad == 104.0


def test_the_numbers_printed(run_step):
    lines = run_step(30).splitlines()
    assert lines[:6] == [
        "x is 2: y is 8, x.grad is 24",
        "x.grad is of type ndarray",
        "behind y: Pow Pow Mul Sub",
        "behind x.grad: nothing",
        "x is 3: y, replayed, is 63",
        "x.grad is still 24, the slope at 3 is 96",
    ]
