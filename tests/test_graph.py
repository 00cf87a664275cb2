"""DOT text and its picture: what is stated, how it is drawn, what is refused."""

import os
import re
import stat
import struct
import subprocess
import sys

import numpy as np
import pytest

import dezero.functions as F
from dezero import Function, Variable, core_simple, graph
from dezero.graph import get_dot_graph, plot_dot_graph, render_dot
from dezero.layers import Layer, Linear
from dezero.models import MLP


def V(value, name=None):
    return Variable(np.array(value), name=name)


class Split(Function):
    def forward(self, x):
        return x, x + 1

    def backward(self, gy0, gy1):
        return gy0 + gy1


# --- the text -----------------------------------------------------------------


def test_text_of_a_small_graph():
    x = Variable(np.zeros((2, 3), np.float32), "x")
    y = x + 1.0
    f, one = y.creator, y.creator.inputs[1]
    orange, blue = "color=orange, style=filled", "color=lightblue, style=filled"
    lines = get_dot_graph(y).splitlines()
    assert lines[0] == "digraph g {" and lines[-1] == "}"
    assert sorted(lines[1:-1]) == sorted(
        [
            f'{id(x)} [label="x: (2, 3) float32", {orange}]',
            f'{id(one)} [label="() float32", {orange}]',
            f'{id(y)} [label="(2, 3) float32", {orange}]',
            f'{id(f)} [label="Add", {blue}, shape=box]',
            f"{id(x)} -> {id(f)}",
            f"{id(one)} -> {id(f)}",
            f"{id(f)} -> {id(y)}",
        ]
    )


def test_labels_without_verbose_are_names():
    text = get_dot_graph(V(1.0, "x") * 2, verbose=False)
    assert 'label="x"' in text and 'label=""' in text and "float64" not in text


def test_a_leaf_is_a_graph_of_one_node():
    text = get_dot_graph(V(1.0, "x"), stable=True)
    node = 'n0 [label="x: () float64", color=orange, style=filled]'
    assert text == "digraph g {\n" + node + "\n}"


def test_one_line_functions_of_the_contract():
    x = V(1.0, "x")
    y = x * x
    look = "color=orange, style=filled"
    assert graph._dot_var(x) == f'{id(x)} [label="x", {look}]\n'
    assert (
        graph._dot_var(x, verbose=True) == f'{id(x)} [label="x: () float64", {look}]\n'
    )
    f = y.creator
    assert graph._dot_func(f).splitlines()[1:] == [
        f"{id(x)} -> {id(f)}",
        f"{id(x)} -> {id(f)}",  # an argument twice has two arrows
        f"{id(f)} -> {id(y)}",
    ]


def test_a_dropped_output_is_left_out():
    y0, y1 = Split()(V(1.0))
    del y1
    text = get_dot_graph(y0)
    assert text.count("color=orange") == 2 and text.count("->") == 2


def test_an_absent_input_is_drawn():
    x, W = Variable(np.ones((2, 3)), "x"), Variable(np.ones((3, 4)), "W")
    text = get_dot_graph(F.linear(x, W), stable=True)
    assert text.count("color=orange") == 4
    assert 'label="", color=orange' in text  # Variable(None), the bias


@pytest.mark.parametrize(
    "name, label",
    [
        ('say "x"', r"say \"x\""),
        ("back\\slash", r"back\\slash"),
        ("two\nlines", r"two\nlines"),
        ("a -> b; c", "a -> b; c"),
        ("&lt;", "&amp;lt;"),
    ],
)
def test_names_are_escaped(name, label, tmp_path):
    x = V(1.0, name)
    assert f'label="{label}"' in get_dot_graph(x, verbose=False)
    plot_dot_graph(x, verbose=False, to_file=tmp_path / "x.svg")
    drawn = (tmp_path / "x.svg").read_text(encoding="utf-8")
    assert drawn.count("<text") == 1 + name.count("\n")


def test_deep_and_shared_graphs():
    y = V(1.0)
    for _ in range(20_000):
        y = -y
    assert get_dot_graph(y).count('"Neg"') == 20_000
    y = V(1.0)
    for _ in range(60):  # 2**60 paths
        y = y + y
    assert get_dot_graph(y).count('"Add"') == 60


def test_the_simple_core_is_drawn_the_same():
    texts = []
    for cls in (Variable, core_simple.Variable):
        x = cls(np.array(1.0), "x")
        texts.append(get_dot_graph((x * x + 1.0) ** 2, stable=True))
    assert texts[0] == texts[1] and '"Mul"' in texts[0]


PROGRAM = """
import numpy as np
from dezero import Variable
from dezero.graph import get_dot_graph
x, y = Variable(np.array(1.0), "x"), Variable(np.array(2.0), "y")
print(get_dot_graph((x * y + x) ** 2 / (x - y), stable=True))
"""


def test_stable_text_is_the_same_on_every_run():
    texts = set()
    for seed in "123":
        env = {**os.environ, "PYTHONHASHSEED": seed}
        run = [sys.executable, "-c", PROGRAM]
        texts.add(subprocess.run(run, env=env, capture_output=True, text=True).stdout)
    (text,) = texts
    assert text.startswith('digraph g {\nn0 [label="') and "n1 -> " in text


# --- values, gradients, folded layers -----------------------------------------


def test_show_puts_value_and_gradient_under_the_label():
    x = V(3.0, "x")
    y = x**2
    y.backward()
    assert r'label="x\n3.0"' in get_dot_graph(y, verbose=False, show="data")
    text = get_dot_graph(y, verbose=False, show="grad")
    assert r'label="x\n3.0\ngrad 6.0"' in text
    assert r'label="9.0\ngrad None"' in text
    long = Variable(np.arange(7.0))
    assert r'label="(7,) float64\n..."' in get_dot_graph(long, show="data")
    x = core_simple.Variable(np.array(3.0), "x")
    y = x**2
    y.backward()
    assert r"3.0\ngrad 6.0" in get_dot_graph(y, show="grad")
    with pytest.raises(ValueError, match="'grad', got 'gradient'"):
        get_dot_graph(y, show="gradient")


def labels(text):
    lines = [line for line in text.splitlines() if "label=" in line]
    return sorted(line.split('"')[1] for line in lines)


def small_network():
    model = MLP((4, 3, 2))
    x = Variable(np.ones((1, 5), np.float32), "x")
    y = model(x)
    y.name = "y"
    return model, y


def test_layers_fold_into_boxes():
    model, y = small_network()
    named = {"l0": model.l0, "l2": model.l2}
    text = get_dot_graph(y, verbose=False, stable=True, fold=named)
    assert labels(text) == sorted(
        ["x", "l0: Linear", "", "Sigmoid", "", "W", "b", "Linear", "", "Sigmoid", ""]
        + ["l2: Linear", "y"]
    )
    assert text.count("->") == 16 - 4  # without the arrows of two W and two b


@pytest.mark.parametrize("inner_first", [True, False])
def test_of_two_nested_layers_the_outer_is_drawn(inner_first):
    model, y = small_network()
    fold = [model.l1, model] if inner_first else [model, model.l1]
    text = get_dot_graph(y, verbose=False, fold=fold)
    assert labels(text) == ["MLP", "x", "y"] and text.count("->") == 2
    assert "color=lightgray" in text


def test_what_is_used_outside_a_folded_layer_is_drawn():
    class Both(Layer):
        def __init__(self):
            super().__init__()
            self.l1 = Linear(2)

        def forward(self, x):
            return self.l1(x * 2.0), x

    layer = Both()
    x = Variable(np.ones((1, 3), np.float32), "x")
    y, same = layer(x)
    y.name = "y"
    text = get_dot_graph(y + 0 * same.sum(), verbose=False, fold=[layer])
    assert labels(text).count("Both") == 1 and "Sum" in labels(text)
    assert "W" not in labels(text) and "y" in labels(text)


def test_a_layer_that_was_not_called_folds_nothing():
    model, y = small_network()
    assert get_dot_graph(y, fold=[Linear(3)]) == get_dot_graph(y)


# --- the picture --------------------------------------------------------------


def size(path):
    """Return width and height of a PNG in pixels."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", data[16:24])


@pytest.mark.parametrize(
    "suffix, start", [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")]
)
def test_the_suffix_decides(tmp_path, suffix, start):
    path = tmp_path / f"y.{suffix}"
    plot_dot_graph(V(1.0, "x") * 2, to_file=path)
    assert path.read_bytes().startswith(start)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_dot_is_the_text(tmp_path, monkeypatch):
    monkeypatch.setattr(graph, "_draw", None)  # no Graphviz is needed
    y = V(1.0, "é") * 2
    picture = plot_dot_graph(y, to_file=tmp_path / "y.DOT")
    text = (tmp_path / "y.DOT").read_text(encoding="utf-8")
    assert text == get_dot_graph(y, stable=True)
    assert repr(picture) == f"<picture {str(tmp_path / 'y.DOT')!r}>"
    render_dot(text, tmp_path / "again.dot")
    assert (tmp_path / "again.dot").read_text(encoding="utf-8") == text


@pytest.mark.parametrize("name", ["x.jpg", "x", "x.gv", "x.png;touch pwned"])
def test_another_suffix_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match=r"\.png, \.svg, \.pdf or \.dot.*step 25"):
        plot_dot_graph(V(1.0), to_file=str(tmp_path / name))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a b.png", "it's.png", "x;touch pwned;.png", "é.PNG"])
def test_any_file_name_is_a_file_name(tmp_path, name):
    plot_dot_graph(V(1.0, "x"), to_file=str(tmp_path / name))
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder .*nowhere.*create it first"):
        plot_dot_graph(V(1.0), to_file=tmp_path / "nowhere" / "x.png")


@pytest.mark.parametrize("text", ["digraph g { a -> ", 'digraph g { a [label="x"x"] }'])
def test_wrong_dot_text_is_an_error_and_the_old_picture_stays(tmp_path, text):
    path = tmp_path / "x.png"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError, match="render_dot: .*step 25"):
        render_dot(text, path)
    assert path.read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1


def test_the_number_of_the_wrong_line_is_that_of_the_text(tmp_path):
    with pytest.raises(RuntimeError, match="line 3 near '}'"):
        render_dot("digraph g {\na ->\n}", tmp_path / "x.png")


def test_no_braces_is_not_dot(tmp_path):
    with pytest.raises(RuntimeError, match="expected DOT text"):
        render_dot("a -> b", tmp_path / "x.png")


def test_nothing_is_printed(tmp_path, capfd):
    plot_dot_graph(V(1.0, "ÿ 漢") * 2, to_file=tmp_path / "x.png")
    assert capfd.readouterr() == ("", "")


def test_no_graphviz_at_all_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(graph, "_folder", lambda package: None)
    with pytest.raises(RuntimeError, match="pip install graphviz 'pygraphviz>=2'"):
        plot_dot_graph(V(1.0), to_file=tmp_path / "x.png")


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for dot is a shell script")
def test_a_dot_on_the_path_is_used(tmp_path, monkeypatch):
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "dot"
    program.write_text("#!/bin/sh\ncat > /dev/null\necho '<svg>from dot</svg>'\n")
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    plot_dot_graph(V(1.0), to_file=tmp_path / "x.svg")
    assert "from dot" in (tmp_path / "x.svg").read_text()


def test_a_small_graph_does_not_look_empty(tmp_path):
    plot_dot_graph(V(1.0, "x") * 2, to_file=tmp_path / "x.png")
    width, height = size(tmp_path / "x.png")
    assert width > 200 and height > 200


def test_a_graph_of_400_nodes_opens(tmp_path):
    w, y = V(0.5, "w"), V(1.0, "h")
    for _ in range(60):  # a recurrent network: w is used in every step
        y = F.tanh(y * w + 1.0)
    assert get_dot_graph(y).count("label=") > 400
    plot_dot_graph(y, to_file=tmp_path / "y.png")
    width, height = size(tmp_path / "y.png")
    assert 1000 < max(width, height) <= 16_000 and width * height <= 33e6


@pytest.mark.parametrize(
    "text",
    [
        "digraph { " + " -> ".join(f"a{i}" for i in range(1000)) + " }",  # high
        'digraph { a [label="' + "long " * 1000 + '"] }',  # wide
        "digraph { " + " ".join(f"a{i}" for i in range(1000)) + " }",
    ],
)
def test_no_picture_grows_beyond_what_opens(tmp_path, text):
    render_dot(text, tmp_path / "x.png")
    assert 1000 < max(size(tmp_path / "x.png")) <= 16_000


def test_a_variable_used_at_200_places_is_drawn_in_seconds(tmp_path):
    x = y = V(1.0, "x")
    for _ in range(200):
        y = y + x
    text = get_dot_graph(y, stable=True)
    assert "splines=line" in graph._look(text, "png")  # curves take minutes
    render_dot(text, tmp_path / "x.png")
    assert max(size(tmp_path / "x.png")) <= 16_000


def test_a_chain_of_operations_stands_upright(tmp_path):
    x = y = V(1.0, "x")
    for _ in range(30):
        y = y + 1.0
    plot_dot_graph(y, to_file=tmp_path / "y.png")
    width, height = size(tmp_path / "y.png")
    assert width < height / 5  # a diagonal is as wide as it is high
    graph_text = get_dot_graph(x + 1.0, verbose=False, stable=True)
    assert graph._straighten(graph_text).count("weight") == 1  # Add -> its result
    assert graph._straighten('a [label="\nb -> c\n"]\n') == 'a [label="\nb -> c\n"]\n'


def test_arguments_stand_in_order_from_left_to_right(tmp_path):
    a, b, c = V(1.0, "a"), V(2.0, "b"), V(3.0, "c")
    plot_dot_graph(a - b * c, verbose=False, to_file=tmp_path / "x.svg")
    drawn = (tmp_path / "x.svg").read_text(encoding="utf-8")
    nodes = re.findall(r'<text[^>]* x="([-\d.]+)"[^>]*>(\w+)</text>', drawn)
    at = {label: float(x) for x, label in nodes}
    assert at["a"] < at["Mul"] and at["b"] < at["c"]


def test_the_picture_shows_itself(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", None)
    monkeypatch.setitem(sys.modules, "IPython.display", None)
    picture = plot_dot_graph(V(1.0), to_file=tmp_path / "x.png")
    assert picture._repr_png_() == (tmp_path / "x.png").read_bytes()
    assert picture._repr_svg_() is None and "x.png" in repr(picture)
    picture = plot_dot_graph(V(1.0), to_file=tmp_path / "x.svg")
    assert picture._repr_svg_().startswith("<?xml") and picture._repr_png_() is None
