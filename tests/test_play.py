"""dezero.graph.play and `python -m steps play`: what is shown is what happened."""

import functools
import json
import operator
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from book import plays
from graphs import functions_behind

import dezero
import dezero.functions as F
from dezero import Function, Variable, core_simple, no_grad
from dezero.graph import play
from dezero.layers import Linear
from dezero.models import MLP
from dezero.player.values import backward_formulas, full, short, worked
from dezero.player.watch import trace

HOSTILE = [
    "</script><script>alert(1)</script>",
    "\"'`${x}\\",
    "名前は長い",
    "<!--",
    "&lt;b&gt;",
    "a\x00b\nc\u2028d",
    "\ud800",
    "x" * 10_000,
]


@pytest.fixture
def step(load_step):
    return load_step


player_of = functools.cache(plays.player)  # Graphviz takes its time


def goldstein(x, y):
    """Goldstein and Price's function: 38 Functions."""
    a = 19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2
    b = 18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2
    return (1 + (x + y + 1) ** 2 * a) * (30 + (2 * x - 3 * y) ** 2 * b)


def scalar(value, name=None):
    return Variable(np.array(float(value)), name)


def visits(watched):
    return [event[1] for event in watched.events if event[0] == "visit"]


def grads(watched):
    return [event[1:] for event in watched.events if event[0] == "grad"]


# ------------------------------------------------------------------ the trace

EVENTS_14 = [  # y = x + x + x at x = 3
    ("forward", "Add 1"),
    ("forward", "Add 2"),
    ("set", "y", "None", "1.0"),
    ("visit", "Add 2"),
    ("grad", "t", "None", "1.0"),
    ("grad", "x", "None", "1.0"),
    ("visit", "Add 1"),
    ("grad", "x", "1.0", "2.0"),
    ("grad", "x", "2.0", "3.0"),
    ("end", ("x", "3.0")),
]


def test_the_events_of_step_14():
    right, wrong = plays.traces(14)
    assert right.events == EVENTS_14
    assert wrong.events[:7] == EVENTS_14[:7]
    assert wrong.events[7:] == [
        ("grad", "x", "1.0", "1.0"),
        ("grad", "x", "1.0", "1.0"),
        ("end", ("x", "1.0")),
    ]
    assert "replaced, and lost" in wrong.sentences[7]


def test_the_questions_that_a_player_must_answer():
    (diamond,) = plays.traces(16)
    third = next(s for s in diamond.sentences if s.startswith("Visit 3"))
    assert third.startswith("Visit 3: C (Square), of generation 1. A (generation 0)")
    assert "The latest generation goes first" in third
    right, _ = plays.traces(14)
    second = next(i for i, s in enumerate(right.sentences) if "Visit 2" in s)
    assert right.sentences[second + 2].endswith(
        "x.grad was 2.0 and is now 2.0 + 1.0 = 3.0."
    )


@pytest.mark.parametrize("engine", ["core", "core_simple", "step16", "step22"])
def test_order_is_the_engines(engine, step, monkeypatch):
    """A spy that knows nothing of the player notes the order of an untraced run."""
    modules = {"core": dezero, "core_simple": core_simple}
    module = modules.get(engine) or step(int(engine[4:]))
    square = getattr(module, "square", lambda x: x * x)
    add = getattr(module, "add", operator.add)

    def graph():
        x = module.Variable(np.array(2.0))
        a = square(x)
        b, c = square(a), square(add(a, a))
        return x, add(add(b, square(c)), add(a, c))

    def numbered(y):
        """Return {id of a Function: its number}, by a walk of our own."""
        return {id(func): n for n, func in enumerate(functions_behind(y))}

    x, y = graph()
    order, number = [], numbered(y)
    for cls in {type(f) for f in functions_behind(y)}:
        old = cls.backward

        def spy(self, *gys, old=old):
            order.append(number[id(self)])
            return old(self, *gys)

        monkeypatch.setattr(cls, "backward", spy)
    y.backward()
    monkeypatch.undo()
    expected = full(x.grad)

    x, y = graph()
    watched = trace(y, names={"x": x})
    number = numbered(y)
    labels = {watched.graph.labels[id(f)]: number[id(f)] for f in functions_behind(y)}
    assert [labels[name] for name in visits(watched)] == order
    assert full(x.grad) == expected
    assert expected in watched.sentences[-1]


def test_every_accumulation_follows_the_one_before():
    x, y = scalar(1, "x"), scalar(1, "y")
    watched = trace(goldstein(x, y))
    now = {}
    for name, before, after in grads(watched):
        assert now.get(name, "None") == before
        now[name] = after
    assert now["x"] == full(x.grad) == "-5376.0"
    assert now["y"] == full(y.grad) == "8064.0"


def test_last_frame_is_the_gradient():
    x = Variable(np.arange(6.0).reshape(2, 3), "x")
    W = Variable(np.ones((3, 2)), "W")
    watched = trace(F.sum(F.tanh(F.matmul(x, W))))
    assert ("W", full(W.grad)) in watched.events[-1]
    key = watched.graph.keys[id(W)]
    assert watched.frames[-1]["put"][key] == short(W.grad)
    assert "(3, 2) float64 [[" in watched.sentences[-1]


def test_gradients_add_up_over_passes():
    x = scalar(3, "x")
    trace(x * x)
    watched = trace(x * x)
    assert float(x.grad.data) == 12
    assert "x.grad was 6.0 and is now 12.0" in watched.sentences[-1]


def test_generation_decides_and_ties_are_told():
    (watched,) = plays.traces(16)
    asked = [
        frame["ask"] for frame in watched.frames if frame.get("ask", {}).get("pick")
    ]
    assert len(asked) == 2  # B or C; then C or A
    assert asked[0]["too"] and not asked[1]["too"]
    numbers = [f["ask"] for f in watched.frames if "a" in f.get("ask", {})]
    assert numbers[0] == {
        "q": "a.grad is 8.0, and C sends 8.0. What is a.grad next?",
        "a": "16.0",
    }


def test_in_place_addition_is_seen_to_change_another(step):
    module = step(14)
    x = module.Variable(np.array(3.0))
    y = module.add(x, x)
    watched = trace(
        y,
        lambda see: module.backward_with(module.add_in_place, y),
        names={"x": x, "y": y},
    )
    assert any("y.grad changes from 1.0 to 2.0" in s for s in watched.sentences)


def test_what_is_dropped_and_what_is_kept():
    dropping, keeping = plays.traces(18)
    dropped = [event for event in dropping.events if event[0] == "drop"]
    assert dropped == [("drop", "y", "1.0", "None"), ("drop", "a", "18.0", "None")]
    assert not any(event[0] == "drop" for event in keeping.events)


def test_second_order_nodes_appear():
    (watched,) = plays.traces(32)
    born = [key for frame in watched.frames for key in frame.get("born", ())]
    assert len(born) == len(set(born)) > 20
    first = watched.frames[0]
    assert not set(first["on"]) & set(born)
    assert any("Mul 2 and Mul 3 join the graph" in s for s in watched.sentences)
    assert watched.events[-1] == ("end", ("x", "24.0"))
    (watched,) = plays.traces(36)
    assert "x.grad was None and is now 100.0" in watched.sentences[-1]


def test_a_hook_is_seen():
    x = scalar(3, "x")
    x.register_hook(lambda g: g * 10)
    watched = trace(x * x)
    said = "would be 6.0; a hook has changed it to 60.0"
    assert any(said in s for s in watched.sentences)
    assert "is now 60.0" in watched.sentences[-1]


def test_two_outputs(step):
    module = step(13)
    r, angle = module.Variable(np.array(2.0)), module.Variable(np.array(0.5))
    z = module.sum_of_coordinates(r, angle)
    watched = trace(z, names={"r": r, "angle": angle, "z": z})
    assert visits(watched) == ["Add", "Polar", "Polar"]  # step 13 visits it twice
    assert any("result 2 of Polar" in s for s in watched.sentences)


class Cubed(Function):
    """y = x**3, gx = 3 * x**2 * gy."""

    def forward(self, x):
        return x**3

    def backward(self, gy):
        (x,) = self.inputs
        return 3 * x**2 * gy


class Broken(Cubed):
    def backward(self, gy):
        raise ZeroDivisionError("on purpose")


def test_a_function_of_the_readers_own():
    x = scalar(2, "x")
    watched = trace(Cubed()(x) + x)
    assert any(
        "gx = 3 * x**2 * gy = 3 * 2.0**2 * 1.0 = 12.0" in s for s in watched.sentences
    )
    assert float(x.grad.data) == 13


def test_nothing_stays_patched():
    classes = [
        Cubed,
        Broken,
        *{type(f) for f in functions_behind(goldstein(scalar(1), scalar(1)))},
    ]
    before = [dict(vars(cls)) for cls in classes]
    x = scalar(2, "x")
    with pytest.raises(ZeroDivisionError, match="on purpose"):
        trace(Broken()(x) * x + Cubed()(x))
    trace(goldstein(scalar(1), scalar(1)))
    assert [dict(vars(cls)) for cls in classes] == before
    assert x.grad is None  # no pass leaves half of its gradients
    x.cleargrad()
    (x * x).backward()
    assert float(x.grad.data) == 4


def test_an_error_is_the_last_frame_where_it_is_the_point():
    right, wrong = plays.traces(40)
    assert wrong.events[-1] == ("error", "ValueError")
    assert "shape (1,), got (3,)" in wrong.sentences[-1]
    under_no_grad = plays.traces(66)[2]
    assert "computed under no_grad()" in under_no_grad.sentences[-1]


# ------------------------------------------------------------------- formulas


def test_formulas_come_from_the_docstring_or_the_table():
    assert backward_formulas(Cubed(), 1) == [("gx", "3 * x**2 * gy")]
    assert backward_formulas(Broken(), 1) == [("gx", "3 * x**2 * gy")]  # its base class
    y = scalar(2) * scalar(3)
    assert backward_formulas(y.creator, 2) == [("gx0", "gy * x1"), ("gx1", "gy * x0")]


def test_a_formula_that_errs_is_not_shown():
    known = {"gy": np.array(2.0), "x": np.array(3.0)}
    assert (
        worked("gx", "gy * x", known, np.array(6.0)) == "gx = gy * x = 2.0 * 3.0 = 6.0"
    )
    assert worked("gx", "gy + x", known, np.array(6.0)) == "gx = 6.0"
    assert worked("gx", "__import__('os')", known, np.array(6.0)).endswith("= 6.0")


def test_tensors_show_shape_dtype_and_a_corner():
    assert full(np.ones((3, 4), np.float32)) == "(3, 4) float32 [[1 1 1 …] [1 1 1 …] …]"
    assert full(np.arange(2.0)) == "(2,) float64 [0 1]"
    assert full(np.array(0.1)) == "0.1"
    assert full(np.zeros((0, 3))) == "(0, 3) float64 []"
    assert full(None) == "None"


# ------------------------------------------------------------------- the page


class Page(HTMLParser):
    """What a browser would make of the file, as far as we ask."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.items, self.open = [], [], []
        self.data = {}
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open.append((tag, dict(attrs)))
        if tag == "li":
            self.items.append("")

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        tag, attrs = self.open[-1] if self.open else ("", {})
        if any(name == "li" for name, _ in self.open):
            self.items[-1] += data
        if tag == "script":
            self.data[attrs.get("type")] = data


def frames(page):
    return json.loads(page.data["application/json"])


@pytest.mark.parametrize("number", sorted(plays.PLAYS))
def test_each_recipe_makes_a_sound_page(number):
    made = player_of(number)
    html = made.html
    assert len(html.encode()) < 100_000
    assert "http" not in html.lower()  # no request, not even a namespace
    assert not re.search(r"(?:src|href)=|@import|url\((?!#)", html)
    page = Page(html)
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    tracks = frames(page)
    assert len(page.items) == sum(len(track["frames"]) for track in tracks)
    for i, (track, watched) in enumerate(zip(tracks, made.traces)):
        keys = {key for f in track["frames"] for key in (*f.get("on", ()), *f["put"])}
        assert {f"t{i}{key}" for key in keys} <= set(ids)
        for sentence in watched.sentences:
            assert re.search(r"\d|None|error|False", sentence), sentence
        for frame in watched.frames:
            if frame["kind"] in ("visit", "grad", "drop", "forward"):
                assert frame["event"][1] in frame["say"]
                for value in frame["event"][2:]:
                    assert value in frame["say"]
            for key in frame.get("wait", ()):
                name = track["names"][key].partition(",")[0]
                assert name in frame["say"] or "more" in frame["say"]


def test_without_javascript_the_last_frame_stands_there():
    (watched,), html = plays.traces(16), player_of(16).html
    picture = re.search(r"<svg.*?</svg>", html, re.DOTALL)[0]
    assert ">grad 64.0</text>" in picture
    said = re.search(r'id="t0said"[^>]*>(.*?)</p>', html)[1]
    assert said == watched.sentences[-1]
    assert 'aria-live="polite"' in html


def test_hostile_names_do_no_harm(tmp_path):
    y = scalar(1, "<b>")
    for name in HOSTILE:
        y = y * scalar(2, name)
        y.name = name + "y"
    title = "".join(HOSTILE)
    made = play(y, tmp_path / "player.html", title=title)
    text = (tmp_path / "player.html").read_text(encoding="utf-8")
    page = Page(text)
    assert [tag for tag, _ in page.tags].count("script") == 2
    assert "<script>alert" not in text and "\x00" not in text
    assert len(text.encode()) < 80_000
    assert len(page.items) == len(made.traces[0].frames)
    assert len(frames(page)[0]["frames"]) == len(page.items)
    made._repr_html_().encode()


def test_names_may_be_those_of_the_program(tmp_path):
    x = scalar(3)
    a = x * x
    y = a + x
    made = play(y, None, names=locals())
    assert made.path is None
    assert any("sends 6.0 to x" in s or "to a" in s for s in made.traces[0].sentences)


def test_large_graphs_are_folded_and_say_so():
    y = x = scalar(1, "x")
    for _ in range(2000):
        y = y * 1.001
    made = play(y, None)
    assert "the box farthest from the result" in made.html
    assert len(made.html.encode()) < 150_000
    assert len(visits(made.traces[0])) == 61  # and one of them is the box
    assert full(x.grad) in made.traces[0].sentences[-1]
    x, y = scalar(1, "x"), scalar(1, "y")
    assert len(play(goldstein(x, y), None).html.encode()) < 100_000


def test_wide_and_deep_graphs_stay_small(rng):
    y = sum(x * x for x in [scalar(i, f"x{i}") for i in range(70)])
    assert len(play(y, None).html.encode()) < 150_000
    model = MLP((10,) * 40, activation=F.sigmoid)
    loss = F.sum(model(rng.normal(size=(5, 4))))
    assert len(play(loss, None).html.encode()) < 150_000


def test_the_graph_of_a_gradient_may_be_large():
    x = scalar(1, "x")
    y = F.tanh(x)
    for _ in range(4):
        y.backward(create_graph=True)
        y = x.grad
        x.cleargrad()
    html = play(y, None, create_graph=True).html
    assert "the box of those that joined the graph last" in html
    assert len(html.encode()) < 150_000


def test_layers_fold(rng):
    first, second = Linear(4), Linear(2)
    x = Variable(rng.normal(size=(3, 5)), "x")
    y = F.sum(second(F.tanh(first(x))))
    made = play(y, None, fold={"l1": first, "l2": second})
    watched = made.traces[0]
    assert visits(watched) == ["Sum", "l2: Linear", "Tanh", "l1: Linear"]
    assert "2 of the 4 Functions, folded into layers" in made.html
    assert "4 leaves have received theirs" in watched.sentences[-1]
    assert first.W.grad is not None


def test_the_last_path_wins_over_nothing(tmp_path):
    """Errors teach; and nothing ran when one is raised."""
    x = scalar(2, "x")
    y = x * x
    with pytest.raises(
        ValueError, match=r"play: expected a file name that ends in .html"
    ):
        play(y, tmp_path / "player.png")
    with pytest.raises(FileNotFoundError, match="play: there is no folder"):
        play(y, tmp_path / "no" / "player.html")
    with pytest.raises(IsADirectoryError, match="play: .* is a folder"):
        (tmp_path / "f.html").mkdir()
        play(y, tmp_path / "f.html")
    with pytest.raises(TypeError, match="play: expected a Variable"):
        play([y], None)
    with pytest.raises(TypeError, match="play: names must be a dict"):
        play(y, None, names=["x"])
    with pytest.raises(TypeError, match="play: title must be a text"):
        play(y, None, title=3)
    with pytest.raises(ValueError, match="play: there is nothing to play"):
        play(x, None)
    with no_grad(), pytest.raises(ValueError, match=r"or it did so within no_grad\(\)"):
        play(x * x, None)
    assert x.grad is None


def test_a_notebook_shows_it_in_place():
    x = scalar(3, "x")
    shown = play(x * x, None)._repr_html_()
    (tag, attrs), *others = Page(shown).tags
    assert tag == "iframe" and not others
    assert attrs["srcdoc"].startswith("<!DOCTYPE html>")
    assert attrs["sandbox"] == "allow-scripts"
    assert repr(play(x * x, None)) == "<player>"


def test_options_go_to_backward():
    x = scalar(2, "x")
    play(x**3, None, create_graph=True)
    x.grad.backward()
    x = scalar(2, "x")
    y = x * x
    play(y, None, gradient=scalar(10))
    assert float(x.grad.data) == 40


# ---------------------------------------------------------------- the command


def test_the_command_knows_its_steps():
    with pytest.raises(Exception, match="step 17 has no player; steps 6, 7, 8, 13"):
        plays.check(17)
    assert {
        6,
        7,
        8,
        13,
        14,
        15,
        16,
        18,
        32,
        35,
        36,
        40,
        43,
        54,
        61,
        65,
        66,
        71,
        76,
        80,
    } <= set(plays.PLAYS)


def test_no_file_is_long():
    folder = Path(plays.__file__).parents[2] / "dezero" / "player"
    for path in folder.iterdir():
        if path.is_file():
            assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
