"""Step 30: backward watched; y can be computed again, its gradient cannot."""

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


def test_watch_by_hand(step):
    x = core_simple.Variable(np.array(2.0))
    y = quartic(x)
    lines = step.watch(y)
    assert lines == []
    y.backward()
    seen = [(type(func).__name__, *map(list, gs)) for func, *gs in lines]
    assert seen == [
        ("Sub", [1], [1, -1]),
        ("Mul", [-1], [-4, -2]),
        ("Pow", [1], [32]),
        ("Pow", [-2], [-8]),
    ]
    gradients = [g for _, gys, gxs in lines for g in (*gys, *gxs)]
    assert len(gradients) == 10
    assert not any(isinstance(g, core_simple.Variable) for g in gradients)


def test_watching_changes_nothing(step, rng):
    data = rng.normal(size=3)
    grads = []
    for watched in (False, True):
        x = core_simple.Variable(data)
        y = quartic(x) / (x * x + 1)
        if watched:
            step.watch(y)
        y.backward()
        grads.append(x.grad)
    np.testing.assert_array_equal(*grads)
    z = dezero.Variable(data)
    (quartic(z) / (z * z + 1)).backward()
    np.testing.assert_allclose(grads[0], z.grad.data)


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
    y.name = "y"
    y.backward(retain_grad=True)
    text = step.draw_gradients(y)
    gray = set(re.findall(r"^(g\d+) \[label", text, re.MULTILINE))
    assert len(gray) == 6  # x, 2, x**2, x**4, 2 * x**2, y
    links = re.findall(r"(\w+) -> (\w+)(.*)", text)
    to_gray = [look for _, end, look in links if end in gray]
    assert len(to_gray) == 6
    assert all("arrowhead=none" in look for look in to_gray)
    assert not any(begin in gray for begin, _, _ in links)
    labels = re.findall(r'label="([^"]+)"', text)
    numbers = ["1", "-1", "-2", "-4", "2", "4", "8", "16"]
    named = ["x = 2", "x.grad = 24", "y = 8", "y.grad = 1"]
    assert sorted(labels) == sorted([*numbers, *named, "Pow", "Pow", "Mul", "Sub"])
    step.render_dot(text, tmp_path / "graph.svg")
    drawn = (tmp_path / "graph.svg").read_text(encoding="utf-8")
    assert drawn.count('class="node"') == 16


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
    assert lines[0] == "Sub: got 1, gave 1, -1"
    assert "x.grad is 24, of type ndarray" in lines
    assert "Functions behind x.grad: 0" in lines
    assert "now x is 3, and y, replayed, 63; x.grad is 24, not 96" in lines
