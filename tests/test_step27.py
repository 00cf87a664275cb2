"""Step 27: sin as a Function and as a series, and what each costs in nodes."""

import math
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from book.code import read_lesson
from curriculum.places import ROOT

import dezero
import dezero.functions as F


@pytest.fixture
def step(load_step):
    return load_step(27)


def slope_of(f, data):
    """Return f(x).data and the gradient of its sum as an array."""
    x = dezero.Variable(data)
    y = f(x)
    y.backward()
    return y.data, x.grad.data


def test_sin_and_its_gradient(step, rng):
    data = rng.normal(size=(2, 3))
    y, gx = slope_of(step.sin, data)
    np.testing.assert_allclose(y, np.sin(data))
    h = 1e-5
    slopes = (np.sin(data + h) - np.sin(data - h)) / (2 * h)
    np.testing.assert_allclose(gx, slopes, rtol=1e-8, atol=1e-9)
    theirs = slope_of(F.sin, data)
    np.testing.assert_array_equal(y, theirs[0])
    np.testing.assert_allclose(gx, theirs[1])


def test_the_gradient_that_arrives_counts(step):
    x = dezero.Variable(np.array(0.0))
    y = 5 * step.sin(x)
    y.backward()
    assert x.grad.data == 5.0


def test_the_series_by_hand(step):
    """0.5 - 0.5**3 / 6 + 0.5**5 / 120: that term is 0.00026, the next 1.6e-6."""
    y, gx = slope_of(lambda x: step.taylor_sin(x, 1e-3), np.array(0.5))
    np.testing.assert_allclose(y, 0.5 - 0.125 / 6 + 0.03125 / 120, rtol=1e-14)
    np.testing.assert_allclose(gx, 1 - 0.25 / 2 + 0.0625 / 24, rtol=1e-14)


@pytest.mark.parametrize("threshold", [1e-1, 1e-3, 1e-6, 1e-9])
@pytest.mark.parametrize("data", [-3.0, -0.3, 0.0, 1.0, 2.5])
def test_the_series_is_as_near_as_promised(step, threshold, data):
    x = dezero.Variable(np.array(data))
    y = step.taylor_sin(x, threshold)
    y.backward()
    assert abs(y.data - np.sin(data)) <= threshold
    # the last power n that was used: its term is below the threshold, the one
    # before is not, and what is left out is below the next term
    powers = [n.c for n in step.graph_nodes(y) if type(n).__name__ == "Pow"]
    last = max(powers, default=1)
    term = abs(data) ** last / math.factorial(last)
    before = abs(data) ** (last - 2) / math.factorial(last - 2) if last > 1 else 1
    after = abs(data) ** (last + 2) / math.factorial(last + 2)
    assert term <= threshold < before
    assert abs(y.data - np.sin(data)) <= after + 1e-15
    assert sorted(powers) == list(range(3, last + 1, 2))
    # one order lower, the series of cos
    left_out = abs(data) ** (last + 1) / math.factorial(last + 1)
    assert abs(x.grad.data - np.cos(data)) <= left_out + 1e-15


def test_the_series_on_an_array(step, rng):
    """The largest element decides when to stop."""
    data = rng.uniform(-2, 2, size=(2, 2))
    y, gx = slope_of(lambda x: step.taylor_sin(x, 1e-12), data)
    np.testing.assert_allclose(y, np.sin(data), rtol=1e-12)
    np.testing.assert_allclose(gx, np.cos(data), rtol=0, atol=1e-11)


def test_small_x_and_no_threshold(step):
    x = dezero.Variable(np.array(1e-6))
    assert step.taylor_sin(x) is x
    y = step.taylor_sin(dezero.Variable(np.array(0.5)), threshold=0)
    np.testing.assert_allclose(y.data, np.sin(0.5), rtol=1e-15)


def test_seven_nodes_a_term(step):
    for threshold, terms in ((1e-2, 3), (1e-4, 4), (1e-6, 5), (1e-10, 7)):
        y = step.taylor_sin(dezero.Variable(np.array(np.pi / 4)), threshold)
        assert len(step.graph_nodes(y)) == 1 + 7 * (terms - 1)


def test_graph_nodes(step):
    x = dezero.Variable(np.array(2.0))
    assert step.graph_nodes(x) == {x}
    a = x**2
    y = a + a  # each node once, however often it is used
    assert step.graph_nodes(y) == {x, a.creator, a, y.creator, y}


def test_the_picture_holds_both_graphs(step, tmp_path):
    graphs = {}
    for name, f in (("own", step.sin), ("series", step.taylor_sin)):
        y = f(dezero.Variable(np.array(0.5), "x"))
        step.show_values(y)
        graphs[name] = y
    text = step.side_by_side(graphs)
    assert text.count("subgraph") == 2
    for name, y in graphs.items():
        nodes = step.graph_nodes(y)
        assert f'label="{name}"' in text
        for node in nodes:
            assert f"{id(node)} [label=" in text
    assert 'label="x = 0.5000"' in text
    assert 'label="0.4794"' in text  # sin(0.5)
    step.render_dot(text, tmp_path / "both.svg")
    drawn = (tmp_path / "both.svg").read_text(encoding="utf-8")
    assert drawn.count('class="node"') == sum(
        len(step.graph_nodes(y)) for y in graphs.values()
    )
    assert drawn.count('class="cluster"') == 2


def test_the_exercise(step):
    """At x = 30 a term is 8e11, and of its 16 digits 4 are behind the point."""
    x = dezero.Variable(np.array(30.0))
    errors = [
        abs(step.taylor_sin(x, threshold).data - np.sin(30.0))
        for threshold in (1e-6, 1e-9, 1e-12)
    ]
    assert min(errors) > 1e-6
    largest = max(30.0**n / math.factorial(n) for n in range(1, 99, 2))
    assert 1e11 < largest < 1e12
    small = dezero.Variable(np.array(30.0 - 5 * 2 * np.pi))
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


@pytest.mark.parametrize("number", range(27, 32))
def test_the_same_on_the_core_of_step_23(number, tmp_path):
    """Readers set is_simple_core = True; these steps print the same in that mode."""
    shutil.copytree(ROOT / "dezero", tmp_path / "dezero")
    init = tmp_path / "dezero" / "__init__.py"
    text = init.read_text(encoding="utf-8")
    assert "\nis_simple_core = False\n" in text
    text = text.replace("\nis_simple_core = False\n", "\nis_simple_core = True\n")
    init.write_text(text, encoding="utf-8")
    path = ROOT / "steps" / f"step{number}.py"
    check = (
        "import runpy, sys, dezero; "
        "assert dezero.is_simple_core and dezero.__file__.startswith(sys.argv[2]); "
        "runpy.run_path(sys.argv[1], run_name='__main__')"
    )
    simple = subprocess.run(
        [sys.executable, "-W", "error", "-c", check, str(path), str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert simple.returncode == 0, simple.stderr
    assert simple.stderr == ""
    assert simple.stdout.rstrip() == read_lesson(path).step.output
