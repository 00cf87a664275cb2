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
from dezero import Function, Variable, core_simple, graph, render
from dezero.graph import get_dot_graph, picture, plot_dot_graph, render_dot
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
    monkeypatch.setenv("PATH", str(tmp_path))  # no Graphviz is needed
    without_pygraphviz(monkeypatch)
    y = V(1.0, "é") * 2
    picture = plot_dot_graph(y, to_file=tmp_path / "y.DOT")
    text = (tmp_path / "y.DOT").read_text(encoding="utf-8")
    assert text == get_dot_graph(y, stable=True, show="constants")
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


def fake_dot(folder, monkeypatch, body):
    """Put a program `dot` with these shell commands first on the PATH."""
    folder.mkdir()
    program = folder / "dot"
    program.write_text(body)
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return program


def without_pygraphviz(monkeypatch):
    """Let the package pygraphviz look as if it were not installed."""
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


def test_no_graphviz_at_all_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    without_pygraphviz(monkeypatch)
    with pytest.raises(RuntimeError, match="no program `dot`.*pip install 'pygraphviz"):
        plot_dot_graph(V(1.0), to_file=tmp_path / "x.png")


shell = pytest.mark.skipif(os.name == "nt", reason="a stand-in is a shell script")


@shell
def test_a_dot_on_the_path_is_used(tmp_path, monkeypatch):
    fake_dot(
        tmp_path / "bin",
        monkeypatch,
        "#!/bin/sh\ncat > /dev/null\necho '<svg>from dot</svg>'\n",
    )
    plot_dot_graph(V(1.0), to_file=tmp_path / "x.svg")
    assert "from dot" in (tmp_path / "x.svg").read_text()


BROKEN = {
    "exits": ("#!/bin/sh\necho 'dot: no plugins' >&2\nexit 3\n", "3 .*no plugins"),
    "crashes": ("#!/bin/sh\nkill -SEGV $$\n", "exit status -11"),
    "is silent": ("#!/bin/sh\ncat > /dev/null\n", "exit status 0 and said: nothing"),
    "talks": ("#!/bin/sh\ncat\necho garbage\n", "drew something that is not"),
    "does not read": ("#!/bin/sh\necho garbage\n", "drew something that is not"),
    "half a picture": (
        "#!/bin/sh\nprintf '\\211PNG\\r\\n\\032\\n'\n",
        "drew something that is not PNG",
    ),
    "is no program": ("\0\1\2", "could not be started"),
    "is of nobody": ("#!/nowhere/sh\n", "could not be started"),
    "speaks XML": ("#!/bin/sh\necho '<html></html>'\n", "drew something that is not"),
}


@shell
@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
@pytest.mark.parametrize("body", [body for body, _ in BROKEN.values()], ids=BROKEN)
def test_a_broken_dot_is_replaced(tmp_path, monkeypatch, capfd, body, kind):
    fake_dot(tmp_path / "bin", monkeypatch, body)
    plot_dot_graph(V(1.0) * 2, to_file=tmp_path / f"x.{kind}")
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[kind]
    assert (tmp_path / f"x.{kind}").read_bytes().startswith(start)
    assert capfd.readouterr() == ("", "")


@shell
@pytest.mark.parametrize("body, said", BROKEN.values(), ids=BROKEN)
def test_where_both_fail_the_error_names_both(tmp_path, monkeypatch, body, said):
    program = fake_dot(tmp_path / "bin", monkeypatch, body)
    without_pygraphviz(monkeypatch)
    with pytest.raises(RuntimeError, match=f"(?s){said}.*pygraphviz.*step 25") as error:
        plot_dot_graph(V(1.0), to_file=tmp_path / "x.png")
    assert str(program) in str(error.value)
    assert not (tmp_path / "x.png").exists()


@shell
def test_both_engines_say_what_is_wrong_with_the_text(tmp_path, monkeypatch):
    fake_dot(tmp_path / "bin", monkeypatch, "#!/bin/sh\necho no >&2; exit 1\n")
    with pytest.raises(RuntimeError, match="said: no; the engine of .*syntax error"):
        render_dot("digraph g { a -> ", tmp_path / "x.svg")


@pytest.mark.slow
@shell
def test_a_dot_that_hangs_is_asked_once(tmp_path, monkeypatch):
    calls = tmp_path / "calls"
    body = f"#!/bin/sh\necho call >> '{calls}'\nexec sleep 600\n"
    fake_dot(tmp_path / "bin", monkeypatch, body)
    for name in ("x.svg", "y.svg"):
        plot_dot_graph(V(1.0), to_file=tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(b"<?xml")
    assert calls.read_text() == "call\n"


def test_a_folder_called_dot_is_no_program(tmp_path, monkeypatch):
    (tmp_path / "bin" / "dot").mkdir(parents=True)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    plot_dot_graph(V(1.0), to_file=tmp_path / "x.svg")
    assert (tmp_path / "x.svg").read_bytes().startswith(b"<?xml")


@shell
def test_a_png_is_laid_out_once(tmp_path, monkeypatch):
    # A stand-in that counts, and leaves the work to the engine of pygraphviz.
    calls = tmp_path / "calls"
    program = tmp_path / "count.py"
    text = f"""
import sys, pygraphviz
options = dict((option[1], option[2:]) for option in sys.argv[1:])
open({str(calls)!r}, "a").write(options["K"] + " " + options["T"] + "\\n")
graph = pygraphviz.AGraph(string=sys.stdin.read())
sys.stdout.buffer.write(graph.draw(format=options["T"], prog=options["K"]))
"""
    program.write_text(text, encoding="utf-8")
    # Not Python in its first line: the path of an environment may have blanks.
    body = f'#!/bin/sh\nexec "{sys.executable}" "{program}" "$@"\n'
    fake_dot(tmp_path / "bin", monkeypatch, body)
    plot_dot_graph(V(1.0), to_file=tmp_path / "trial.png")
    calls.write_text("")
    plot_dot_graph(V(1.0, "x") * 2, to_file=tmp_path / "x.png")
    assert calls.read_text() == "dot dot\nnop2 png\n"
    assert size(tmp_path / "x.png")[0] > 200


# --- what is given instead of a Variable, a file, a setting --------------------


@pytest.mark.parametrize(
    "thing, said",
    [
        (
            np.ones(3),
            "got an object of type ndarray; wrap an array or a number in as_variable",
        ),
        (3.0, "got 3.0; wrap an array or a number in as_variable"),
        (None, "got None; wrap an array or a number in as_variable"),
        ("x", "got 'x'; wrap an array or a number in as_variable"),
        ([V(1.0), V(2.0)], "type list; draw its elements one by one"),
        ((), "type tuple; draw its elements one by one"),
        (MLP((3,)), "type MLP; call it first"),
        (F.sin, "type function; call it first"),
        (Variable, "type type; call it first"),
    ],
)
@pytest.mark.parametrize("draw", [get_dot_graph, plot_dot_graph, picture])
def test_what_is_no_variable_is_refused(draw, thing, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TypeError, match=f"^{draw.__name__}: .*{said}.*step 26"):
        draw(thing)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "setting, error, said",
    [
        ({"show": "nonsense"}, ValueError, "'grad', got 'nonsense'.*step 26"),
        ({"show": 3}, ValueError, "show must be 'constants' or .* got 3"),
        ({"verbose": "x.png"}, TypeError, "verbose must be True or False, got 'x.png'"),
        ({"fold": MLP((3,))}, TypeError, "in a list.*got an object of type MLP"),
        ({"fold": [Linear]}, TypeError, "fold must be Layers.*type.*step 58"),
        ({"fold": "l1"}, TypeError, "got 'l1'"),
        ({"fold": ["l1"]}, TypeError, "got 'l1'"),
        ({"fold": {"l1": None}}, TypeError, "got None"),
        ({"fold": None}, TypeError, "got None"),
        ({"fold": 3}, TypeError, "got 3"),
    ],
)
@pytest.mark.parametrize("draw", [get_dot_graph, plot_dot_graph, picture])
def test_wrong_settings_are_refused(draw, setting, error, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=f"^{draw.__name__}: .*{said}"):
        draw(V(1.0) * 2, **setting)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("to_file", [None, 3, b"x.png", ["x.png"]])
def test_what_is_no_file_name_is_refused(to_file):
    with pytest.raises(TypeError, match="render_dot: to_file must be the name"):
        plot_dot_graph(V(1.0), to_file=to_file)


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "x.png").mkdir()
    with pytest.raises(IsADirectoryError, match="is a folder; give .*step 25"):
        plot_dot_graph(V(1.0), to_file=tmp_path / "x.png")


def test_stable_is_true_or_false():
    with pytest.raises(TypeError, match="get_dot_graph: stable must be True or False"):
        get_dot_graph(V(1.0), stable="data")


def test_what_is_no_text_is_refused(tmp_path):
    with pytest.raises(TypeError, match="render_dot: text must be DOT text.*Variable"):
        render_dot(V(1.0), tmp_path / "x.png")


@pytest.mark.parametrize(
    "name", ['"', "a\nb", "\\", "漢字", "é\t\0", "\ud800", "x" * 10_000, "<b>", "", 5]
)
def test_no_name_does_harm(name, tmp_path):
    y = V(1.0, name) * 2
    for kind in ("png", "svg", "pdf"):
        plot_dot_graph(y, to_file=tmp_path / f"y.{kind}")
    assert max(size(tmp_path / "y.png")) <= 16_000


# --- constants -----------------------------------------------------------------


def drawn(path):
    """Return the labels in an SVG picture, sorted."""
    return sorted(re.findall(r">([^<]+)</text>", path.read_text(encoding="utf-8")))


def test_a_picture_calls_constants_by_their_value(tmp_path):
    x = V(1.0, "x")
    z = 19 - 14 * x + 3 * x**2
    plot_dot_graph(z, verbose=False, to_file=tmp_path / "z.svg")
    functions = ["Add", "Mul", "Mul", "Pow", "Sub"]
    assert drawn(tmp_path / "z.svg") == ["14", "19", "3", *functions, "x"]
    plot_dot_graph(x * 2, to_file=tmp_path / "y.svg")
    assert drawn(tmp_path / "y.svg") == sorted(
        ["2: () float64", "Mul", "() float64", "x: () float64"]
    )
    plot_dot_graph(z, verbose=False, to_file=tmp_path / "z.svg", show=None)
    assert drawn(tmp_path / "z.svg") == [*functions, "x"]


@pytest.mark.parametrize(
    "number, label",
    [
        (-0.5, "-0.5"),
        (1 / 3, "0.333333"),
        (1e-8, "1e-08"),
        (1e100, "1e+100"),
        (np.nan, "nan"),
        (7, "7"),
        (True, "True"),
        (np.float32(0.1), "0.1"),
    ],
)
def test_a_constant_as_one_writes_it(number, label):
    text = get_dot_graph(V(number), verbose=False, show="constants")
    assert f'label="{label}"' in text


def test_only_constants_are_called_by_their_value():
    row, named, result = V([2.0]), V(3.0, "c"), V(1.0) * 1
    text = get_dot_graph(row * named * result, verbose=False, show="constants")
    numbers = [label for label in labels(text) if label != "Mul"]
    assert numbers == ["", "", "", "", "1", "1", "c"]


def test_a_constant_has_value_and_gradient_with_show_grad():
    c = V(2.0)
    y = V(3.0, "x") * c
    y.backward()
    found = labels(get_dot_graph(y, verbose=False, show="grad"))
    assert c.grad.data == 3.0
    assert [label for label in found if label.startswith("2")] == [r"2.0\ngrad 3.0"]


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


def used_often(n):
    x = y = V(1.0, "x")
    for _ in range(n):
        y = y + x
    return y


def constant_used_often(n):
    c, y = V(2.0), V(1.0, "x")
    for _ in range(n):
        y = F.sin(y * c)
    return y


def fanned_out(n):
    x = V(1.0, "x")
    ys = [x * float(i) for i in range(n)]
    total = ys[0]
    for y in ys[1:]:
        total = total + y
    return total


def recurrent(n):
    W, U, h = (Variable(np.eye(2), name) for name in "WUh")
    for t in range(n):
        x = Variable(np.eye(2), f"x{t}")
        h = F.tanh(F.matmul(x, W) + F.matmul(h, U))
    return h


def derivative_of_tanh(n):
    x = V(1.0, "x")
    gx = F.tanh(x)
    for _ in range(n):
        x.cleargrad()
        gx.backward(create_graph=True)
        gx = x.grad
    return gx


@pytest.mark.parametrize(
    "build, n",
    [
        (used_often, 300),
        (used_often, 600),
        (constant_used_often, 300),
        (fanned_out, 300),
        (recurrent, 100),
        (derivative_of_tanh, 6),
    ],
)
def test_far_arrows_take_no_part_in_the_layout(build, n, tmp_path):
    """What takes the time is places for arrows in the rows that they pass."""
    y = build(n)
    text = get_dot_graph(y, verbose=False, stable=True)
    asked = []

    def run(text, layout, kind):
        asked.append(text)
        return b'digraph g { graph [bb="0,0,72,72"]; }'

    render._paint(run, text, "svg")
    placed, completed = asked
    assert placed.count(" -> ") + completed.count(" -> ") == text.count(" -> ")
    assert placed.count("label=") - 1 == text.count("label=")  # every node, and \N
    assert rows_passed(placed) < 5 * text.count("label=")
    plot_dot_graph(y, verbose=False, to_file=tmp_path / "y.svg")
    picture = (tmp_path / "y.svg").read_text()
    assert picture.count('class="edge"') == text.count(" -> ")
    assert picture.count('class="node"') == text.count("label=")


def rows_passed(text):
    """Return how many rows all arrows pass together, each node as low as it can."""
    edges = re.findall(r"^(\w+) -> (\w+)", text, re.MULTILINE)
    rows = {}
    for start, end in reversed(edges):
        rows[start] = max(rows.get(start, 0), rows.get(end, 0) + 1)
    return sum(rows[start] - rows.get(end, 0) - 1 for start, end in edges)


def test_a_leaf_used_20_times_keeps_its_curves(tmp_path):
    asked = []

    def run(text, layout, kind):
        asked.append((text, layout, kind))
        return b""

    render._paint(run, get_dot_graph(used_often(20), stable=True), "svg")
    ((text, layout, kind),) = asked
    assert (text.count(" -> "), layout, kind) == (60, "dot", "svg")


def test_a_deep_chain_is_drawn(tmp_path):
    y = V(1.0, "x")
    for _ in range(2000):
        y = -y
    plot_dot_graph(y, verbose=False, to_file=tmp_path / "y.png")
    assert 1000 < max(size(tmp_path / "y.png")) <= 16_000


def test_a_chain_of_operations_stands_upright(tmp_path):
    y = V(1.0, "x")
    for _ in range(30):
        y = y + 1.0
    plot_dot_graph(y, to_file=tmp_path / "y.png")
    width, height = size(tmp_path / "y.png")
    assert width < height / 5  # a diagonal is as wide as it is high


def test_a_deep_network_stands_upright_beside_its_parameters(tmp_path):
    widths = []
    for layers in 3, 20:
        model = MLP([4] * layers)
        model.plot(np.ones((2, 4)), to_file=tmp_path / "y.svg")
        found = re.search(r'<svg width="([\d.]+)pt"', (tmp_path / "y.svg").read_text())
        widths.append(float(found[1]))
    assert widths[1] < 1.2 * widths[0]


def test_a_label_that_looks_like_an_arrow_stays_one(tmp_path):
    render_dot('digraph g {\na [label="\nb -> c\n"]\n}', tmp_path / "x.svg")
    text = (tmp_path / "x.svg").read_text()
    assert "b &#45;&gt; c" in text and text.count('class="edge"') == 0


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


def test_a_picture_in_a_notebook_needs_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for missing in (False, True):  # with IPython and without
        if missing:
            monkeypatch.setitem(sys.modules, "IPython", None)
            monkeypatch.setitem(sys.modules, "IPython.display", None)
        shown = picture(V(3.0, "x") * 2)
        text = shown._repr_svg_()
        assert text.rstrip().endswith("</svg>")
        found = sorted(re.findall(r">([^<]+)</text>", text))
        assert found == ["2", "Mul", "x"]
    assert repr(shown) == "<picture svg>"
    assert list(tmp_path.iterdir()) == []


def test_a_variable_shows_its_value_and_draws_nothing():
    """Only who asks for a picture waits for one: no display hook of Variable draws."""
    y = V(3.0, "x") * 2
    assert not [name for name in dir(y) if name.startswith("_repr_")]
    assert "6" in repr(y)
