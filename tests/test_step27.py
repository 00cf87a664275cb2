"""Step 27: sin as a Function and as a series, and what each costs in nodes."""

import gc
import math
import weakref

import numpy as np
import pytest
from graphs import functions_behind

import dezero
import dezero.functions as F
from dezero import core_simple
from dezero.graph import get_dot_graph


@pytest.fixture
def step(load_step):
    return load_step(27)


def slope_of(f, data, module=core_simple):
    """Return f(x).data and the gradient of its sum as an array."""
    x = module.Variable(data)
    y = f(x)
    y.backward()
    return y.data, np.array(getattr(x.grad, "data", x.grad))


def nodes(y):
    """Return how many Variables and Functions led to y, y included."""
    return get_dot_graph(y).count("label=")


def exponents(y):
    """Return the exponents of all powers that led to y."""
    return [f.c for f in functions_behind(y) if type(f).__name__ == "Pow"]


def test_sin_and_its_gradient(step, rng):
    data = rng.normal(size=(2, 3))
    y, gx = slope_of(step.sin, data)
    np.testing.assert_allclose(y, np.sin(data))
    h = 1e-5
    slopes = (np.sin(data + h) - np.sin(data - h)) / (2 * h)
    np.testing.assert_allclose(gx, slopes, rtol=1e-8, atol=1e-9)
    theirs = slope_of(F.sin, data, dezero)
    np.testing.assert_array_equal(y, theirs[0])
    np.testing.assert_allclose(gx, theirs[1])


def test_the_gradient_that_arrives_counts(step):
    x = core_simple.Variable(np.array(0.0))
    y = 5 * step.sin(x)
    y.backward()
    assert x.grad == 5.0


def test_the_series_by_hand(step):
    """0.5 - 0.5**3 / 6 + 0.5**5 / 120: that term is 0.00026, the next 1.6e-6."""
    y, gx = slope_of(lambda x: step.taylor_sin(x, 1e-3), np.array(0.5))
    np.testing.assert_allclose(y, 0.5 - 0.125 / 6 + 0.03125 / 120, rtol=1e-14)
    np.testing.assert_allclose(gx, 1 - 0.25 / 2 + 0.0625 / 24, rtol=1e-14)


@pytest.mark.parametrize("threshold", [1e-1, 1e-3, 1e-6, 1e-9])
@pytest.mark.parametrize("data", [-3.0, -0.3, 0.0, 1.0, 2.5])
def test_the_series_is_as_near_as_promised(step, threshold, data):
    x = core_simple.Variable(np.array(data))
    y = step.taylor_sin(x, threshold)
    y.backward()
    assert abs(y.data - np.sin(data)) <= threshold
    # the last power n that was used: its term is below the threshold, the one
    # before is not, and what is left out is below the next term
    powers = exponents(y)
    last = max(powers, default=1)
    term = abs(data) ** last / math.factorial(last)
    before = abs(data) ** (last - 2) / math.factorial(last - 2) if last > 1 else 1
    after = abs(data) ** (last + 2) / math.factorial(last + 2)
    assert term <= threshold < before
    assert abs(y.data - np.sin(data)) <= after + 1e-15
    assert sorted(powers) == list(range(3, last + 1, 2))
    # one order lower, the series of cos
    left_out = abs(data) ** (last + 1) / math.factorial(last + 1)
    assert abs(x.grad - np.cos(data)) <= left_out + 1e-15


def test_the_series_on_an_array(step, rng):
    """The largest element decides when to stop."""
    data = rng.uniform(-2, 2, size=(2, 2))
    y, gx = slope_of(lambda x: step.taylor_sin(x, 1e-12), data)
    np.testing.assert_allclose(y, np.sin(data), rtol=1e-12)
    np.testing.assert_allclose(gx, np.cos(data), rtol=0, atol=1e-11)


def test_small_x_and_no_threshold(step):
    x = core_simple.Variable(np.array(1e-6))
    assert step.taylor_sin(x) is x
    y = step.taylor_sin(core_simple.Variable(np.array(0.5)), threshold=0)
    np.testing.assert_allclose(y.data, np.sin(0.5), rtol=1e-15)


def test_seven_nodes_a_term(step):
    for threshold, terms in ((1e-2, 3), (1e-4, 4), (1e-6, 5), (1e-10, 7)):
        y = step.taylor_sin(core_simple.Variable(np.array(np.pi / 4)), threshold)
        assert nodes(y) == 1 + 7 * (terms - 1)


def test_the_nodes_stay_as_long_as_y(step):
    """backward frees none of them; they go with y."""
    y = step.taylor_sin(core_simple.Variable(np.array(np.pi / 4)), 1e-4)
    before = nodes(y)
    y.backward()
    assert nodes(y) == before == 22
    last_sum = weakref.ref(y.creator)
    gc.disable()
    try:
        del y
        assert last_sum() is None
    finally:
        gc.enable()


def test_the_picture_holds_both_graphs(step, tmp_path):
    graphs = {}
    for name, f in (("own", step.sin), ("series", step.taylor_sin)):
        graphs[name] = f(core_simple.Variable(np.array(0.5), "x"))
    step.draw_graphs(graphs, tmp_path / "both.svg")
    drawn = (tmp_path / "both.svg").read_text(encoding="utf-8")
    assert drawn.count('class="node"') == sum(map(nodes, graphs.values()))
    assert drawn.count('class="cluster"') == 2
    assert ">own<" in drawn and ">series<" in drawn
    assert drawn.count(">0.4794<") >= 2  # sin(0.5), by both


def test_what_two_graphs_share_is_drawn_once(step, tmp_path):
    x = core_simple.Variable(np.array(0.5), "x")
    step.draw_graphs({"a": x * x, "b": step.sin(x)}, tmp_path / "both.svg")
    drawn = (tmp_path / "both.svg").read_text(encoding="utf-8")
    assert drawn.count(">x<") == 1
    assert drawn.count('class="node"') == 5  # x, two Functions, two results
    assert drawn.count('class="edge"') == 5  # x * x has two


def test_the_exercise(step):
    """At x = 30 a term is 8e11, and of its 16 digits 4 are behind the point."""
    x = core_simple.Variable(np.array(30.0))
    errors = [
        abs(step.taylor_sin(x, threshold).data - np.sin(30.0))
        for threshold in (1e-6, 1e-9, 1e-12)
    ]
    assert min(errors) > 1e-6
    largest = max(30.0**n / math.factorial(n) for n in range(1, 99, 2))
    assert 1e11 < largest < 1e12
    small = core_simple.Variable(np.array(30.0 - 5 * 2 * np.pi))
    assert abs(step.taylor_sin(small, 1e-12).data - np.sin(30.0)) < 1e-12


def test_the_numbers_printed(run_step):
    lines = run_step(27).splitlines()
    assert lines[0] == "sin(pi / 4) is 0.707107, its slope 0.707107"
    assert lines[1] == "a Function: 3 nodes"
    rows = [line.split() for line in lines[3:8]]
    assert [row[1:3] for row in rows] == [
        ["3", "15"],
        ["4", "22"],
        ["5", "29"],
        ["6", "36"],
        ["7", "43"],
    ]
    errors = np.array([[float(text) for text in row[3:]] for row in rows])
    assert (np.diff(errors, axis=0) < 0).all()
    assert lines[-1] == "figures/step27_sin.png"
