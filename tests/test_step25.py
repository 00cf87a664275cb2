"""Step 25. DOT text by hand."""

import subprocess
import sys

import numpy as np
import pytest

from dezero import Variable
from dezero.graph import get_dot_graph


def test_lines(load_step):
    step = load_step(25)
    look = "color=lightblue, style=filled, shape=box"
    assert step.function("f", "Square") == f'f [label="Square", {look}]'
    assert step.variable("x", "") == 'x [label="", color=orange, style=filled]'
    assert step.edge("x", "f") == "x -> f"
    assert step.edge("x", "f", "y") == "x -> f -> y"
    assert step.digraph(["x", "y"]) == "digraph g {\nx\ny\n}"


def test_the_lines_are_those_of_the_package(load_step):
    step = load_step(25)
    x = Variable(np.array(1.0), name='a "name" with \\')
    text = step.digraph([step.variable(id(x), x.name)])
    assert text == get_dot_graph(x, verbose=False)


@pytest.mark.parametrize("label", ['say "x"', "back\\slash", '\\"', "é", "a; b -> c"])
def test_any_label_can_be_drawn(load_step, tmp_path, label):
    step = load_step(25)
    text = step.digraph([step.variable("x", label)])
    picture = tmp_path / "label.svg"
    step.render_dot(text, picture)
    drawn = picture.read_text(encoding="utf-8").replace("&quot;", '"')
    drawn = drawn.replace("&#45;", "-").replace("&gt;", ">")
    assert label in drawn


def test_an_unescaped_quote_stops_graphviz(load_step, tmp_path):
    step = load_step(25)
    with pytest.raises(RuntimeError, match="step 25"):
        step.render_dot('digraph g {\nx [label="say "x""]\n}', tmp_path / "x.png")
    assert list(tmp_path.iterdir()) == []


def test_it_prints_the_diamond_of_step_15(run_step):
    """Five Variables, four Functions; x**2 is used twice, and D adds."""
    lines = run_step(25).splitlines()
    labels = [line.split('"')[1] for line in lines if "label" in line]
    assert labels[:5] == ["x = 2", "a = 4", "b = 16", "c = 16", "y = 32"]
    assert labels[5:] == ["Square", "Square", "Square", "Add"]
    edges = [line.split(" -> ") for line in lines if "->" in line]
    pairs = {(a, b) for names in edges for a, b in zip(names, names[1:])}
    assert pairs == {
        *(("x", "A"), ("A", "a"), ("a", "B"), ("a", "C"), ("B", "b"), ("C", "c")),
        *(("b", "D"), ("c", "D"), ("D", "y")),
    }


def test_the_exercise(load_step):
    """Of the line of y only: each quote of the label has a backslash before it."""
    step = load_step(25)
    assert step.variable("y", 'y = "big"').startswith('y [label="y = \\"big\\"", ')


def test_the_picture_is_a_png_beside_the_steps(load_step, run_step):
    path = load_step(25).FIGURES / "step25_by_hand.png"
    path.unlink(missing_ok=True)
    assert run_step(25, fresh=True).splitlines()[-1] == "figures/step25_by_hand.png"
    assert path.read_bytes().startswith(b"\x89PNG")


def test_importing_draws_nothing(load_step, tmp_path):
    program = f"import runpy; runpy.run_path({load_step(25).__file__!r})"
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
