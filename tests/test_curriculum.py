"""Text, steps and package are one: each check on this repository, then on mistakes.

The checks are in curriculum/. Here are their verdict on the steps that exist, and, for
each of them, small made-up steps and packages with one mistake planted, to see that it
is reported and how.
"""

import ast
import copy
import re
import subprocess
import sys

import numpy as np
import pytest
from book.code import read_lessons
from book.output import difference, same_line
from book.reader import StepError, read_ledger
from curriculum import same
from curriculum.course import course
from curriculum.form import check_form, check_numbers, new_lines
from curriculum.layout import check_layout
from curriculum.ledger import check_ledger, check_tables, check_uses
from curriculum.markers import check_markers
from curriculum.output import check_again, check_output
from curriculum.package import Package
from curriculum.places import PACKAGE, ROOT, STEPS
from curriculum.readme import check_first_example, check_readme
from curriculum.runs import FirstRuns, run_lessons, run_plainly
from curriculum.same import check_package
from curriculum.tables import (
    DIFFERENCES,
    IMPORTS,
    LATER_FORM,
    LEGACY_SEEDS,
    LONG_PROGRAMS,
    NOT_YET_TAUGHT,
    PAPERS_UNSAID,
    PLAIN,
    REQUIRED_WORDS,
    WORDS_MISSING,
)
from curriculum.words import check_words

from dezero.core.arithmetic import _number_for
from dezero.core.indexing import _add_at, _select
from dezero.functions.activation import _sum_along
from dezero.functions.linalg import _sum_rows
from dezero.functions.loss import _rows_in
from dezero.optimizers.hooks import _sum_of_squares
from dezero.optimizers.methods import _root
from dezero.optimizers.states import _States

# ------------------------------------------------------------ this repository


@pytest.fixture(scope="session")
def lessons():
    return course()


@pytest.fixture(scope="session")
def package():
    return Package(PACKAGE)


@pytest.fixture(
    scope="session", params=["short", pytest.param("long", marks=pytest.mark.slow)]
)
def runs(request, lessons, package, tmp_path_factory, first_runs):
    """Return {number: Run} of the steps with short programs, or with long ones."""
    is_long = request.param == "long"
    chosen = {n: x for n, x in lessons.items() if (n in LONG_PROGRAMS) is is_long}
    scratch = tmp_path_factory.mktemp("steps")
    return run_lessons(chosen, package, scratch, first_runs=first_runs)


def assert_none(problems):
    assert not problems, "\n\n" + "\n".join(problems)


def test_numbers(lessons):
    assert_none(check_numbers(lessons))


def test_output(lessons, runs):
    assert_none(check_output(lessons, runs))


@pytest.mark.slow
def test_a_second_run_is_like_the_first(lessons, runs, tmp_path):
    chosen = {number: lessons[number] for number in runs}
    assert_none(check_again(lessons, runs, run_plainly(chosen, tmp_path)))


def test_markers(lessons):
    assert_none(check_markers(lessons))


def test_new_code_is_the_code_of_the_package(lessons, package):
    assert_none(check_package(lessons, package, DIFFERENCES))


def test_ledger(lessons, package):
    assert_none(check_ledger(lessons, package, NOT_YET_TAUGHT))


def test_ledger_tables(lessons):
    assert_none(check_tables(lessons, read_ledger(STEPS)))


def test_nothing_is_used_before_it_is_taught(lessons, package, runs):
    assert_none(check_uses(lessons, package, runs))


def test_no_run_is_forgotten(lessons):
    assert LONG_PROGRAMS < lessons.keys()


def test_uses_are_seen(runs):
    """The watcher is not blind: from step 23 on, steps call the package."""
    assert all(run.calls for number, run in runs.items() if number >= 23)


def test_form(lessons):
    assert_none(check_form(lessons, IMPORTS, LEGACY_SEEDS))


def test_layout(lessons, package):
    assert_none(check_layout(lessons, package, LATER_FORM))


def test_words(lessons):
    tables = REQUIRED_WORDS, WORDS_MISSING, LATER_FORM, PAPERS_UNSAID
    assert_none(check_words(lessons, *tables))


def test_readme():
    assert_none(check_readme(ROOT / "README.md", STEPS))


def test_readme_example(tmp_path):
    def run(code):
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    assert_none(check_first_example(ROOT / "README.md", run))
    # The picture below the example is what its last line drew; if not, run the
    # example in .github/ to draw it again.
    shown = labels(ROOT / ".github" / "graph.svg")
    assert labels(tmp_path / "graph.svg") == shown
    functions = ["Mul", "Pow", "Pow", "Sub"]
    assert shown == ["() float64"] * 4 + ["2: () float64", *functions, "x: () float64"]


def labels(picture):
    """Return the labels in an SVG picture, in alphabetical order."""
    text = picture.read_text(encoding="utf-8")
    return sorted(re.findall("<text[^>]*>([^<]*)</text>", text))


# ------------------------------------------------------ made-up steps: all is well

WORLD = {
    "steps/step21.py": '''"""Step 21. A box: it holds a number.

Numbers need a home.

Exercise: subtract.

In the package: dezero/core.py, Variable and add

Output:
    1 + 2 = 3, about 2.50
"""

from pathlib import Path

FIGURES = Path(__file__).resolve().parents[1] / "figures"


class Variable:
    """Hold data."""

    def __init__(self, data):
        self.data = data

    def __add__(self, other):
        return add(self, other)


def add(a, b):
    """Return the sum."""
    return Variable(a.data + b.data + 0)


if __name__ == "__main__":
    three = Variable(1) + Variable(2)
    print(f"1 + 2 = {three.data}, about {2.5:.2f}")
''',
    "steps/step22.py": '''"""Step 22. Faster: add without the zero.

Zero adds nothing. It can go. What is left is a *tally* (Abacus, 1202).

Exercise: multiply.

In the package: dezero/core.py, Variable.clear; add has no zero there.

Output (rtol 0.1):
    about 3.1
"""


class Variable:
    """Hold data."""

    def clear(self):
        """Forget the data."""
        self.data = None

    # --- carried over ---
    def __init__(self, data):
        self.data = data

    def __add__(self, other):  # of two boxes
        return add(self, other)


def add(a, b):
    """Return the sum."""
    return Variable(a.data + b.data)


if __name__ == "__main__":
    print("about", (Variable(1.0) + Variable(2.0)).data)
''',
    "steps/step23.py": '''"""Step 23. The package: scale a box.

What was built is imported, and one method added: an *anchor*.

Exercise: divide.

In the package: dezero/core.py, Variable.scale

Output:
    6 and 4
"""

import dezero
from dezero import add


class Variable(dezero.Variable):
    """Hold data, and scale it."""

    def scale(self, c: int) -> "Variable":
        """Return this times c."""
        total = self
        for _ in range(c - 1):
            total = dezero.add(total, self)
        return total


if __name__ == "__main__":
    two = Variable(2)
    print(two.scale(3).data, "and", (add(two, two)).data)
''',
    "steps/ledger.toml": """[step21]
teaches = ["core.Variable", "core.add", "core.Variable.__add__"]
family = ["core.Variable.double"]

[step22]
teaches = ["core.Variable.clear"]
extends = ["core.add"]

[step22.words]
tally = { is = "how many", also = ["count"], paper = "Abacus and others, 1202" }

[step23]
teaches = ["core.Variable.scale"]
family = ["core.Config"]

[step23.words]
anchor = { is = "what holds", match = "anchor of size(?! s,)" }
""",
    "dezero/__init__.py": '''"""Boxes."""

if True:
    from dezero.core import Config, Variable, add
else:
    from dezero.core_simple import Variable, add
''',
    "dezero/core.py": '''"""The engine."""


class Variable:
    """A box."""

    def __init__(self, data):
        self.data = data

    def __add__(self, other):
        return add(self, other)

    def clear(self):
        self.data = None

    def double(self):
        return self + self

    def scale(self, c):
        total = self
        for _ in range(c - 1):
            total = add(total, self)
        return total

    def _private(self):
        return 0


def add(a, b):
    return Variable(a.data + b.data)


class Config:
    on = True


def later():
    return 1


def _private():
    return 0
''',
    "dezero/core_simple.py": '''"""Step 22."""


class Variable:
    """Hold data."""

    def __init__(self, data):
        self.data = data

    def __add__(self, other):
        return add(self, other)

    def clear(self):
        """Forget the data."""
        self.data = None


def add(a, b):
    """Return the sum."""
    return Variable(a.data + b.data)
''',
}


@pytest.fixture
def world(tmp_path):
    """Return a function that writes the made-up world with some texts replaced.

    A change is (file, old text, new text). It returns the lessons, the package, and
    a function that runs lessons.
    """

    def write(*changes):
        texts = dict(WORLD)
        for file, old, new in changes:
            assert old in texts[file], f"{old!r} is not there, so nothing is planted"
            texts[file] = texts[file].replace(old, new, 1)
        for name, text in texts.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        lessons = read_lessons(tmp_path / "steps")
        package = Package(tmp_path / "dezero")

        def run(*numbers):
            chosen = {n: lessons[n] for n in numbers or lessons}
            return chosen, run_lessons(chosen, package, tmp_path / "runs", tmp_path)

        return lessons, package, run

    return write


LATER = {"core.later": 30}
S21, S22, S23 = (f"steps/step{n}.py" for n in (21, 22, 23))
CORE, SIMPLE = "dezero/core.py", "dezero/core_simple.py"
LEDGER = "steps/ledger.toml"


def assert_reports(problems, pattern):
    """Assert that one problem is reported, and that it says this."""
    assert len(problems) == 1, problems
    assert re.search(pattern, problems[0], re.DOTALL), problems[0]


def test_clean_world_passes(world):
    lessons, package, run = world()
    _, runs = run()
    assert_none(check_output(lessons, runs))
    assert_none(check_markers(lessons))
    assert_none(check_package(lessons, package, {}))
    assert_none(check_ledger(lessons, package, LATER))
    assert_none(check_tables(lessons, read_ledger(lessons[21].step.path.parent)))
    assert_none(check_layout(lessons, package))
    assert_none(check_uses(lessons, package, runs))
    assert_none(check_form(lessons, IMPORTS))


def planted(*cases):
    """Parametrize a test over (file, old, new, pattern of the problem reported)."""
    return pytest.mark.parametrize(
        "file, old, new, pattern", cases, ids=[case[-1] for case in cases]
    )


# ------------------------------------------------------------- planted: output

PRINT = "    print("


@planted(
    (S21, "2 = 3, about", "2 = 4, about", r"expected '1 .*4.* got '1 \+ 2 = 3"),
    (S21, "    1 + 2", "    1 plus 2", "step21: Output: is not what it prints, line 1"),
    (S21, "about 2.50\n", "about 2.501\n", "expected '.*2.501', got '.*2.50'"),
    (S21, "about 2.50\n", "about 2.50\n    more\n", "expected 'more', got None"),
    (S21, "about 2.50\n", "about \u00bd 2.50\n", "step21: Output must be ASCII"),
    (S21, "Output:\n    1", "Out:\n    1", "step21: the docstring has no 'Output:'"),
    (S22, "    about 3.1", "    about 3.5", "got 'about 3.0'"),
)
def test_planted_output(world, file, old, new, pattern):
    lessons, _, run = world((file, old, new))
    number = int(file[-5:-3])
    assert_reports(check_output(*run(number))[:1], pattern)


OFFLINE = """    import socket
    import sys

    try:
        socket.create_connection(("127.0.0.1", 9))
    except OSError:
        pass
"""


@pytest.mark.parametrize(
    "statement, pattern",
    [
        ("    1 / 0", "step21: exit code 1.*ZeroDivisionError"),
        ("    import warnings; warnings.warn('old')", "exit code 1.*UserWarning: old"),
        ("    import sys; sys.stderr.write('psst')", "step21: writes to stderr: psst"),
        ("    open('my.txt', 'w').close()", "step21: writes my.txt into the current"),
        (OFFLINE, "step21: exit code 1.*asked for the network"),
    ],
)
def test_planted_side_effect(world, statement, pattern):
    *_, run = world((S21, PRINT, f"{statement}\n{PRINT}"))
    assert_reports(check_output(*run(21)), pattern)


@pytest.mark.parametrize(
    "word, pattern",
    [
        ("hash('a')", "the second run is not like the first, line 1: expected"),
        ("'runpy' in __import__('sys').modules or 1 / 0", "fails as a program.*1 / 0"),
    ],
)
def test_planted_second_run(world, tmp_path, word, pattern):
    *_, run = world((S21, PRINT, f"{PRINT}{word}, "))
    lessons, runs = run(21)
    again = run_plainly(lessons, tmp_path / "again", tmp_path)
    assert_reports(check_again(lessons, runs, again), f"step21: {pattern}")


def test_a_step_runs_once_and_who_comes_later_hears_of_it(tmp_path):
    path = tmp_path / "step01.py"
    path.write_text(
        "if __name__ == '__main__':\n"
        f"    open({str(tmp_path / 'log')!r}, 'a').write('ran;')\n"
        "    print('one')\n"
    )
    ours, theirs = (FirstRuns(tmp_path / "runs") for _ in range(2))
    first = ours.get(path, PACKAGE, tmp_path / "ours")
    assert first.stdout == "one\n"
    assert theirs.get(path, PACKAGE, tmp_path / "theirs") == first
    assert (tmp_path / "log").read_text() == "ran;"


def test_nobody_waits_for_a_run_that_was_interrupted(tmp_path, monkeypatch):
    path = tmp_path / "step01.py"
    path.write_text("if __name__ == '__main__':\n    print('one')\n")
    first_runs = FirstRuns(tmp_path / "runs")
    with monkeypatch.context() as patch, pytest.raises(TypeError):
        patch.setattr("curriculum.runs.run_watched", None)
        first_runs.get(path, PACKAGE, tmp_path / "ours")
    assert first_runs.get(path, PACKAGE, tmp_path / "theirs").stdout == "one\n"


def test_planted_picture_that_is_not_there(world):
    *_, run = world((S21, PRINT, f"{PRINT}'figures/a.png', "))
    problems = check_output(*run(21))
    assert "Output: is not what it prints" in problems.pop(0)
    assert_reports(problems, "step21: prints figures/a.png but writes no such file")


def test_planted_print_on_import(world):
    *_, run = world((S21, "FIGURES =", "print(end='hi')\nFIGURES ="))
    problems = check_output(*run(21))
    assert_reports(problems[1:], "step21: importing it prints 'hi'")


@pytest.mark.parametrize(
    "expected, got, rtol, same",
    [
        ("x0 = 1.0", "x0 = 1.0", 1e-9, True),
        ("x0 = 1.0", "x1 = 1.0", 0.9, False),
        ("1.0000", "1.0001", 1e-9, False),
        ("1.0000", "1.0001", 1e-3, True),
        ("-1.0", "1.0", 0.1, False),
        ("10,000 ops", "10,100 ops", 0.02, True),
        ("10,000 ops", "10,300 ops", 0.02, False),
        ("1e-05", "1.1e-05", 0.2, True),
        ("1e-05", "1e-06", 0.2, False),
        (" 9.9 MB", "10.1 MB", 0.05, True),
        (" 9.9 MB", "10.1 MB", 1e-9, False),
        ("[1. 2.]", "[1. 2.]", 1e-9, True),
        ("0", "1e-12", 0.5, False),
        ("a  b", "a b", 1e-9, False),
        ("float64", "float63", 0.5, False),
        ("~200 times", "~41 times", None, True),
        ("~200 times", "~3 times", None, True),
        ("~0.25 ms", "~1.3 ms", 1e-9, True),
        ("~1,000", "~900", 1e-9, True),
        ("~200 times", "200 times", 0.5, False),
        ("~200 times", "~ times", 0.5, False),
        ("3 in ~5 s", "4 in ~5 s", 1e-9, False),
    ],
)
def test_same_line(expected, got, rtol, same):
    assert same_line(expected, got, rtol) is same


def test_difference_ignores_blanks_at_line_ends():
    assert difference("a  \nb\n\n", "a\nb") is None
    assert difference("a\nb", "a") == "line 2: expected 'b', got None"


# ------------------------------------------------------------ planted: markers

NEW = "# --- new in this step ---"
OLD = "# --- carried over ---"


@planted(
    (
        S22,
        "= data",
        "= [data]",
        r"__init__ is carried over, but not as .* in step 21, l",
    ),
    (
        S22,
        "def __init__",
        "def __first__",
        "__first__ is carried .*no earlier step has",
    ),
    (
        S22,
        f"    {OLD}\n",
        "",
        "step22: Variable.__init__ is new, .* in step 21: put it b",
    ),
    (
        S22,
        OLD,
        "# --- carried from 21",
        "line 21: '# --- carried from 21' is no marker",
    ),
    (
        S22,
        OLD,
        "# --- carried over from step 21 ---",
        "line 21: .* is no marker; there a",
    ),
    (S22, "class V", f"{OLD}\nclass V", "Variable changes inside, so it stands under"),
    (
        S22,
        "    def c",
        f"    {NEW}\n    def c",
        "line 17: what follows is new already; ",
    ),
    (S22, "def add", f"{NEW}\ndef add", "step22, line 29: what follows is new already"),
    (
        S22,
        "# of two",
        f"# of\n    {OLD}\n    # two",
        "line 26: .* carried already; take",
    ),
    (
        S21,
        "FIGURES =",
        f"    {OLD}\nFIGURES =",
        "step21, line 15: .* stands in no class",
    ),
)
def test_planted_marker(world, file, old, new, pattern):
    lessons, *_ = world((file, old, new))
    assert_reports(check_markers(lessons)[:1], pattern)


CARRIED = (
    WORLD[S21].replace("Step 21", "Step 22").replace("FIGURES =", f"{OLD}\nFIGURES =")
)


def test_planted_change_in_a_carried_class(world):
    lessons, *_ = world((S22, WORLD[S22], CARRIED))
    assert_none(check_markers(lessons))
    text = CARRIED.replace("add(self, other)", "add(other, self)")
    lessons, *_ = world((S22, WORLD[S22], text))
    pattern = "step22: Variable is carried over, but not as it is in step 21, "
    assert_reports(check_markers(lessons), pattern)


def test_comments_are_no_difference_and_docstrings_are(world):
    text = CARRIED.replace("= data", "= data  # any").replace(
        "    def", "    # a\n    def"
    )
    lessons, *_ = world((S22, WORLD[S22], text))
    assert_none(check_markers(lessons))
    lessons, *_ = world((S22, WORLD[S22], text.replace("the sum", "a sum")))
    assert_reports(
        check_markers(lessons), "add is carried over, but not as it is in st"
    )
    # new code is old code even where only a comment is new
    text = WORLD[S22].replace("a.data + b.data", "a.data + b.data + 0")
    text = text.replace("return V", "# nothing more\n    return V")
    lessons, *_ = world((S22, WORLD[S22], text))
    assert_reports(check_markers(lessons), "step22: add is new, but .* in step 21")


def test_where_it_was_new_is_found(world):
    lessons, *_ = world()
    found = lessons[22].definitions
    assert {key: d.origin for key, d in found.items() if d.carried} == {
        "Variable.__init__": 21,
        "Variable.__add__": 21,
    }
    # step 23 brings back what step 22 had replaced
    last = (
        WORLD[S21].replace("Step 21", "Step 23").replace("def add", f"{OLD}\ndef add")
    )
    lessons, *_ = world((S23, WORLD[S23], last))
    assert lessons[23].definitions["add"].origin == 21
    problems = check_markers(lessons)
    assert (
        "step23: FIGURES is new, but it stands letter for letter in step 21"
        in (problems[0])
    )


# ------------------------------------------------------------ planted: package


@planted(
    (CORE, "(c - 1)", "(1, c)", "step23: Variable.scale differs from dezero/core;"),
    (CORE, "def scale", "def grow", "step23: Variable.scale is not in dezero/core;"),
    (S23, "Variable(dezero.Variable)", "Variable(dict)", "step23: Variable differs"),
    (SIMPLE, "a.data +", "b.data +", "step22: add differs from dezero/core_simple"),
    (SIMPLE, "def clear", "def clean", "step22: Variable.clear is not in dezero/core"),
    (SIMPLE, "= None", "= 0", "step22: Variable.clear differs from dezero/core_simple"),
)
def test_planted_difference(world, file, old, new, pattern):
    lessons, package, _ = world((file, old, new))
    problems = check_package(lessons, package, {})
    assert_reports(problems, pattern)
    step, key = re.search(
        r'add to DIFFERENCES \("(.+)", "(.+)"\)', problems[0]
    ).groups()
    for entry in (step, key), (step, key.split(".")[0]):  # the method, or its class
        assert_none(check_package(lessons, package, {entry: "a reason"}))


@pytest.mark.parametrize(
    "step, core",
    [
        ("dezero.core.add(x)", "add(x)"),
        ("dezero.Variable.double(x)", "Variable.double(x)"),
        ("c.Config.on", "Config.on"),
        ("plus(x.data)", "add(x.data)"),
        ("dezero.core", "c"),
        ("np.exp(x)", "dezero.cuda.get_array_module(x).exp(x)"),
        ("y = np.exp(x)", "xp = c.get_array_module(x)\ny = xp.exp(x)"),
    ],
)
def test_how_a_name_came_is_no_difference(world, step, core):
    _, package, _ = world()
    aliases = {"dezero": "dezero", "c": "dezero.core", "plus": "dezero.core.add"}
    a = package.canonical(ast.parse(step), aliases)
    assert a == package.canonical(ast.parse(core), {"c": "dezero.core"})


@pytest.mark.parametrize(
    "step, core",
    [
        ("f(x)", "f(_as_input('f', x))"),
        ("f(x)", "x = _as_floats('f', x)\nf(x)"),
        ("f(x, axis)", "x, axis = c._as_scores(who, x, axis)\nf(x, axis)"),
        ("f(n)", "n = whole('f', 'n', n, 5)\nf(n)"),
        ("f(x)", "_check_axis('f', x)\nf(x)"),
        ("f(x)", "if not x:\n    raise ValueError\nf(x)"),
        ("f(x.sum(axis=1, keepdims=True))", "f(_sum_along(x, axis=1))"),
        ("def f(x):\n    return x", "@_in_float32(1)\ndef f(x) -> A:\n    return x"),
        ("gx = f(x)", "gx = f(x) if self.needs_grad(0) else None"),
        ("p, g = arrays(x)\np -= g", "for p, g in _pieces(x):\n    p -= g"),
    ],
)
def test_what_only_checks_is_no_difference(world, step, core):
    _, package, _ = world()
    a = package.canonical(ast.parse(step), {})
    assert a == package.canonical(ast.parse(core), {"c": "dezero.core"})


@pytest.mark.parametrize(
    "step, core",
    [
        ("f(x)", "x = _as_scores('f', t)\nf(x)"),  # another one
        ("f(x)", "x = as_variable(x)\nf(x)"),
        ("f(x)", "x = _as_floats(x, np)\nf(x)"),  # nobody asks
        ("f(x)", "if x:\n    x = 1\nf(x)"),
        ("f(x)", "f(_sum_along(x, 1))"),
        ("gx = f(x)", "gx = f(x) if self.needs_some(0) else None"),
        ("p, g = arrays(x)\np -= g", "for p, g in places(x):\n    p -= g"),
    ],
)
def test_what_computes_is_a_difference(world, step, core):
    _, package, _ = world()
    a = package.canonical(ast.parse(step), {})
    assert a != package.canonical(ast.parse(core), {})


def picks():
    """Yield what add_at gets: kinds of indices, some from behind, most twice."""
    for index in (
        *(np.array([0, 2, 0]), np.array([-1, 2, -3, 1]), np.array([[1, 1], [-1, 0]])),
        *(np.array([2, 2], np.uint8), np.array([], int), np.array(-2)),
        *([1, 1], ([0, 0], [1, 1]), (np.array([0, -3]), 1), (slice(None), [3, 3, -1])),
        *(slice(0, 2), -1, np.array([True, False, True]), (None, 0)),
    ):
        zeros = np.zeros((3, 4, 2))
        found = zeros[index]
        yield zeros, index, np.arange(1.0, 1 + found.size).reshape(found.shape)


HELPERS = {
    "add_at": (_add_at, [(np.zeros(2), [0, 1, 0], np.ones(3)), *picks()]),
    "sum_along": (_sum_along, [(np.ones((2, 3)), 1), (np.eye(3), 0)]),
    "sum_rows": (_sum_rows, [(np.arange(6.0).reshape(2, 3),)]),
    "rows_in": (_rows_in, [(np.ones((2, 3)),), (np.ones(4, int),)]),
    "select": (_select, [(np.arange(5) > 2, np.arange(5.0), 0)]),
    "root": (_root, [(np.array([0.0, 4.0]), 1e-8), (np.float32(9), 0.5)]),
    "number_for": (_number_for, [(np.ones(2), 0.5), (np.arange(2), 3)]),
    "sum_of_squares": (_sum_of_squares, [(np.arange(6.0).reshape(2, 3),)]),
    "States": (_States, [()]),
}


@pytest.mark.parametrize("name", PLAIN)
def test_a_helper_is_its_plain_form(name):
    helper, calls = HELPERS[name]
    for arguments in calls:
        left = copy.deepcopy(arguments)
        expected = eval(PLAIN[name], {"np": np})(*left)
        got = helper(*arguments)
        for a, e in zip((got, *arguments), (expected, *left)):
            np.testing.assert_equal(a, e)


def test_planted_needless_difference(world):
    lessons, package, _ = world()
    problems = check_package(lessons, package, {("step23", "Variable.scale"): "none"})
    assert_reports(
        problems, "'Variable.scale'.* is no difference any more: take it out"
    )


def test_only_the_last_form_of_a_definition_is_compared(world):
    lessons, package, _ = world()
    assert_none(check_package(lessons, package, {}))
    del lessons[22]  # it improves step 21's add
    assert_reports(check_package(lessons, package, {}), "step21: add differs")


@pytest.mark.parametrize("name, reported", [("Config", False), ("Variable", True)])
def test_another_engine_has_its_own_names(world, monkeypatch, name, reported):
    """Its Config is not the package's; but what it teaches is compared all the same."""
    own = f"\n\nclass {name}:\n    def scale(self):\n        return 1\n"
    lessons, package, _ = world((S23, "\n\nif __name__", f"{own}\n\nif __name__"))
    assert_reports(check_package(lessons, package, {}), f"step23: {name}")
    monkeypatch.setattr(same, "SECOND_ENGINE", [23])
    assert bool(check_package(lessons, package, {})) == reported


def test_another_engine_supersedes_nothing(monkeypatch):
    codes = {30: {"Linear": "a"}, 31: {"Linear": "b"}}
    assert same.superseded(codes, 30, "Linear")
    monkeypatch.setattr(same, "SECOND_ENGINE", [31])
    assert not same.superseded(codes, 30, "Linear")


# -------------------------------------------------------------- planted: ledger


@planted(
    (CORE, "def _private():", "def loud():", "core.loud is in the package, but in no"),
    (CORE, "def _private(s", "def loud(s", "core.Variable.loud is in the package, but"),
    (CORE, "class Config", "class Switch", "core.Switch is in the package, but in no"),
    (
        CORE,
        "    def clear",
        "    __sub__ = __add__\n\n    def clear",
        "core.Variable.__su",
    ),
    (
        "dezero/__init__.py",
        "if True",
        "on = True\nif on",
        "dezero.on is in the package",
    ),
    (
        LEDGER,
        '"core.Config"',
        "",
        "core.Config is in the package, but in no step's tea",
    ),
    (LEDGER, "Config", 'Config", "core.later', "NOT_YET_TAUGHT: core.later is taught"),
    (LEDGER, "Config", 'Config", "core.old', "step23: teaches or .* core.old, which"),
    (LEDGER, "Config", 'Config", "core.add', r"core.add is .* in steps \[21, 23\]"),
    (
        LEDGER,
        's = ["core.add',
        's = ["core.Config',
        "step22: extends names core.Config",
    ),
    (LEDGER, 's = ["core.add', 's = ["core.Variable.clear', "which no earlier step"),
)
def test_planted_ledger(world, file, old, new, pattern):
    lessons, package, _ = world((file, old, new))
    assert_reports(check_ledger(lessons, package, LATER)[:1], pattern)


@pytest.mark.parametrize(
    "name, number, pattern",
    [
        ("core.add", 30, "core.add is taught in step 21: take it out"),
        ("core.never", 30, "core.never is not in the package: take it out"),
        ("core.later", 23, "step 23 exists, without core.later"),
    ],
)
def test_planted_not_yet_taught(world, name, number, pattern):
    lessons, package, _ = world()
    problems = check_ledger(lessons, package, {**LATER, name: number})
    assert_reports(problems, f"NOT_YET_TAUGHT: {pattern}")


def test_planted_teaching_without_code(world):
    lessons, package, _ = world(
        (LEDGER, "Variable.clear", 'Variable.clear", "core.later')
    )
    problems = check_ledger(lessons, package, {})
    assert_reports(problems, "step22: teaches names core.later, but later is not new")


@pytest.mark.parametrize(
    "old, new, pattern",
    [
        ("[step21]", "[step20]", r"no table \[step21\]"),
        ("[step23]", "[step24]\n[step23]", r"has \[step24\], but no such step"),
        ("[step21]", "[step23]\n[step21]", r"\[step23\] out of order"),
        ("family", "familiar", r"has 'familiar' in \[step21\]; there are teaches, fam"),
        ('["core.Config"]', '"core.Config"', r"family of \[step23\] is no list of nam"),
        ('"core.Config"', '"Config"', r"family of \[step23\] is no list of names"),
        (
            '"core.Config"',
            '"core.A", "core.A"',
            r"family of \[step23\] is no list of n",
        ),
    ],
)
def test_planted_table(world, old, new, pattern):
    text = WORLD[LEDGER].replace(old, new, 1)
    if new.startswith("[step23]"):
        text = text.replace("\n[step23]", "\n")
        text = text.replace('teaches = ["core.Variable.scale"]', "")
        text = text.replace('family = ["core.Config"]', "")
    lessons, *_ = world((LEDGER, WORLD[LEDGER], text))
    problems = check_tables(lessons, read_ledger(lessons[21].step.path.parent))
    assert_reports(problems[:1], f"the ledger.*{pattern}")


def test_a_ledger_that_is_no_toml_is_refused(world):
    with pytest.raises(StepError, match="ledger.toml: .*line 1"):
        world((LEDGER, "[step21]", "[step21"))


DEMO = "    two = Variable(2)\n"


@pytest.mark.parametrize(
    "use, pattern",
    [
        ("dezero.core.later()", "step23: uses dezero.core.later, but no step teaches"),
        ("dezero.later()", "step23: dezero has no dezero.later"),
        (
            "from dezero.core import later",
            "uses dezero.core.later, but no step teaches",
        ),
        ("from dezero import core as c; c.later()", "uses dezero.core.later, but no"),
        ("dezero.core._private()", "uses dezero.core._private, which is not public"),
        ("dezero.core._private", "uses dezero.core._private, which is not public"),
    ],
)
def test_planted_use_in_the_code(world, use, pattern):
    lessons, package, _ = world((S23, DEMO, f"{DEMO}    {use}\n"))
    assert_reports(check_uses(lessons, package), pattern)


@pytest.mark.parametrize(
    "name, use",
    [
        ("__add__", "dezero.Variable(1) + dezero.Variable(2)"),
        ("double", "[box.double() for box in [dezero.Variable(1)]]"),
        ("clear", "f = dezero.Variable(1).clear; f()"),
    ],
)
def test_planted_use_seen_while_running(world, name, use):
    """The use is not to be read off the code, and taught too late by one step."""
    lessons, package, run = world(
        (LEDGER, f'"core.Variable.{name}"', ""), (S23, DEMO, f"{DEMO}    {use}\n")
    )
    assert_none(check_uses(lessons, package))
    _, runs = run()
    pattern = f"step23: calls core.Variable.{name}, but no step teaches"
    assert_reports(check_uses(lessons, package, runs), pattern)


def test_a_later_step_is_too_late(world):
    lessons, package, _ = world(
        (LEDGER, '"core.add", ', ""), (LEDGER, "Config", 'Config", "core.add')
    )
    text = WORLD[S22].replace("import", "") + "\n\nfrom dezero import add\n"
    path = lessons[22].step.path
    path.write_text(text)
    lessons = read_lessons(path.parent)
    pattern = "step22: uses dezero.add, but only step 23 teaches core.add"
    assert_reports(check_uses(lessons, package), pattern)


# ---------------------------------------------------------------- planted: form


@planted(
    (S21, "Exercise: subtract.\n", "", "step21: the docstring has no 'Exercise:'"),
    (S21, "Step 21", "Step 20", "step21: the docstring says step 20"),
    (S21, '    """Hold data."""\n', "", "step21: Variable has no docstring"),
    (S21, "Numbers", "Numbers " * 9, "step21: line 3 has 85 columns, more than 72"),
    (S21, "import Path", "import Path\nimport dezero", "step21: imports dezero; a ste"),
    (S21, "import Path", "import Path\nimport scipy.stats", "step21: imports scipy.s"),
    (S21, "import Path", "import Path\nprint()", "step21: line 14 runs on import; put"),
    (
        S21,
        "import Path",
        "import Path\nX = open('x')",
        "step21: line 14 runs on import",
    ),
    (S21, "import Path", "import Path\nfor x in []: y = 1", "line 14 runs on import"),
    (
        S21,
        PRINT,
        "    import sys; sys.path\n    print(",
        "line 35: no sys.path; pip inst",
    ),
    (
        S21,
        PRINT,
        "    np.random.seed(0)\n    print(",
        "np.random.seed is the global gen",
    ),
    (
        S21,
        PRINT,
        "    from random import random\n    print(",
        "random.random is the glo",
    ),
    (S21, "return Variable(a.data + b.data + 0)", "...", "step21: add is empty"),
    (S21, 'if __name__ == "__main__":', "if True:", "no code under if __name__"),
)
def test_planted_form(world, file, old, new, pattern):
    lessons, *_ = world((file, old, new))
    assert_reports(check_form(lessons, IMPORTS)[:1], pattern)


def test_a_listed_step_may_use_the_legacy_seed(world):
    lessons, *_ = world((S21, PRINT, f"    np.random.seed(0)\n{PRINT}"))
    assert_none(check_form(lessons, IMPORTS, {"step21"}))


def test_planted_empty_step(world):
    text = WORLD[S21].replace("FIGURES =", f"{OLD}\nFIGURES =")
    lessons, *_ = world((S21, WORLD[S21], text))
    assert_none(check_form(lessons, IMPORTS))  # it still computes
    text = text[: text.index("    three = ")] + "    print('All is well.')\n"
    lessons, *_ = world((S21, WORLD[S21], text))
    problems = check_form(lessons, IMPORTS)
    assert_reports(problems, "step21: it defines nothing and computes nothing")


def test_planted_long_step(world):
    text = "\n    # a comment\n    print(2)" * 110 + "\n"
    lessons, *_ = world((S21, PRINT, text + PRINT))
    assert_none(check_form(lessons, IMPORTS))
    lessons, *_ = world((S21, PRINT, text + text + PRINT))
    pattern = "step21: 230 lines of new code, more than 120"
    assert_reports(check_form(lessons, IMPORTS), pattern)


def test_new_lines_are_counted_without_what_is_carried(world):
    lessons, *_ = world()
    rows = [lessons[22].lines[at - 1].strip() for at in sorted(new_lines(lessons[22]))]
    assert rows == [
        "class Variable:",
        "def clear(self):",
        "self.data = None",
        "def add(a, b):",
        "return Variable(a.data + b.data)",
        'print("about", (Variable(1.0) + Variable(2.0)).data)',
    ]


def test_planted_gap_in_the_numbers(world):
    lessons, *_ = world()
    assert_reports(check_numbers(lessons), "numbered from 1 without gaps: 21-23")
    assert check_numbers({1: None, 2: None}) == []
    assert check_numbers({1: None, 3: None}) != []


# -------------------------------------------------------------- planted: layout

ADD = """class Variable(dezero.Variable):"""


@planted(
    (
        S21,
        "home.\n",
        "home.\n" * 40,
        "47 lines of docstring before Output:, more than 4",
    ),
    (S21, "home.\n", f"home.\n\n    {'x' * 61}\n", "line 5: a block 61 columns wide"),
    (S21, "2.50\n", f"2.50\n    {'x' * 61}\n", "line 11: a block 61 columns wide, its"),
    (
        S21,
        "In the package: dezero/core.py, Variable and add\n",
        "",
        "has no 'In the pac",
    ),
    (S21, "core.py, V", "cure.py, V", "there is no dezero/cure.py; write 'In the pack"),
    (
        S21,
        "dezero/core.py, V",
        "setup.py, V",
        "begins with no file; write 'In the pack",
    ),
    (
        S21,
        "Variable and add",
        "Box and add",
        "dezero/core.py does not define 'Box'; wr",
    ),
    (
        S22,
        "e.clear;",
        "e.clean;",
        "dezero/core.py does not define 'Variable.clean'; wri",
    ),
    (
        S22,
        "class Variable",
        f"{OLD}\ndef two():\n    return 2\n\n\n{NEW}\nclass Variable",
        "two is carried over, but stands above new code that needs nothing of it",
    ),
)
def test_planted_layout(world, file, old, new, pattern):
    lessons, package, _ = world((file, old, new))
    number = file[-5:-3]
    assert_reports(check_layout(lessons, package), f"step{number}: .*{pattern}")
    assert_none(
        check_layout({int(number): lessons[int(number)]}, package, {f"step{number}"})
    )


def test_planted_carried_method_above_a_new_one(world):
    text = WORLD[S22].replace(f"    {OLD}\n", "")
    text = text.replace("    def clear", f"    {OLD}\n    def clear")
    text = text.replace("    def __init__", f"    {NEW}\n    def __init__")
    lessons, package, _ = world((S22, WORLD[S22], text))
    pattern = (
        "step22: line 18: Variable.clear is carried over, but stands above new code"
    )
    assert_reports(check_layout(lessons, package), pattern)


@pytest.mark.parametrize("use", ["class B(A):", "@A\ndef b():", "def b(x=A):"])
def test_a_base_class_may_stand_above(world, use):
    text = (
        f"{OLD}\nclass A:\n    x = 1\n\n\n{NEW}\n{use}\n    x = 1\n\n\nclass Variable"
    )
    lessons, package, _ = world((S22, "class Variable", text))
    assert_none(check_layout(lessons, package))


@pytest.mark.parametrize(
    "text",
    [
        "dezero",
        "dezero/core.py",
        "dezero, Config; dezero/core_simple.py, add",
        "nothing",
        "nothing by itself; a box needs no class there.",
    ],
)
def test_ways_to_name_a_place(world, text):
    old = "dezero/core.py, Variable and add"
    lessons, package, _ = world((S21, old, text))
    if text == "dezero":
        assert_reports(check_layout(lessons, package), "begins with no file")
    elif text.startswith("dezero, "):
        assert_reports(check_layout(lessons, package), "begins with no file")
    else:
        assert_none(check_layout(lessons, package))


def test_planted_step_that_has_its_form(world):
    lessons, package, _ = world()
    problems = check_layout(lessons, package, {"step21"})
    assert_reports(problems, "LATER_FORM: step21 has its form now: take it out")


# --------------------------------------------------------------- planted: words


@planted(
    (
        S22,
        "*tally*",
        "tally",
        "step22: introduces 'tally', but it stands nowhere in its",
    ),
    (
        S22,
        "It can go",
        "A Tally, then. It can",
        "'tally', but line 3 uses it before it",
    ),
    (S22, "add without", "a tally without", "^$"),  # the title may
    (S22, "def clear", "def tally", "^$"),
    (
        S21,
        "a home",
        "tallies",
        "step21: line 3 uses 'tallies', which only step 22 intro",
    ),
    (
        S21,
        "a home",
        "a\ncount",
        "step21: line 4 uses 'count', which only step 22 intro",
    ),
    (
        S21,
        "subtract",
        "Tally",
        "step21: line 5 uses 'Tally', which only step 22 introdu",
    ),
    (
        S21,
        "the sum",
        "the tally",
        "step21: line 29 uses 'tally', which only step 22 int",
    ),
    (
        S21,
        "return add",
        "# a tally\n        return add",
        "step21: line 25 uses 'tally'",
    ),
    (
        S21,
        "= 3, about",
        "= 3, tally",
        "step21: line 10 uses 'tally', which only step 22",
    ),
    (
        S21,
        ".data}, about",
        ".data}, tally",
        "step21: line 35 uses 'tally', which only s",
    ),
    (S21, "a home", "x.count, count(x), `count` and recount", "^$"),
    (S21, "a home", "an anchor of size s, or 1", "^$"),
    (
        S21,
        "a home",
        "an anchor of size",
        "step21: line 3 uses 'anchor of size', which o",
    ),
    (
        S21,
        "a home",
        "a *home*",
        "step21: line 3 has 'home' in .*, but not in .step21.wo",
    ),
    (S21, "a home", "2 * a, b*c, *args or **options", "^$"),
    (
        S23,
        "What was",
        "*Tallies*: what",
        "step23: line 3 has 'Tallies' in .*, which step",
    ),
    (S22, "(Abacus, 1202)", "", "names? the paper: Abacus and others, 1202"),
    (
        LEDGER,
        'is = "how many"',
        'is = ""',
        "'tally' needs { is = \"its line in the glos",
    ),
    (LEDGER, 'is = "how many"', 'what = "how many"', "'tally' needs { is = "),
    (
        LEDGER,
        '["count"]',
        '"count"',
        "'tally' has also = 'count'; there are is, also, p",
    ),
    (
        LEDGER,
        "is = ",
        'was = "x", is = ',
        "'tally' has was = 'x'; there are is, also, pa",
    ),
    (
        LEDGER,
        "others, 1202",
        "others",
        "'tally': paper must be 'Author and others, 2014'",
    ),
    (
        LEDGER,
        "anchor =",
        "Count =",
        "'count' is introduced in steps 22 and 23: once is",
    ),
)
def test_planted_word(world, file, old, new, pattern):
    lessons, *_ = world((file, old, new))
    problems = check_words(lessons)
    if pattern == "^$":
        assert_none(problems)
    else:
        assert_reports(problems, pattern)


def test_what_is_not_written_anew_is_not_judged(world):
    lessons, *_ = world((S21, "a home", "a *home* and a tally"), (S22, "*tally*", "-"))
    assert len(check_words(lessons)) == 3
    assert_none(check_words(lessons, later={"step21", "step22"}))


def test_a_paper_may_stand_in_the_glossary_alone_where_it_is_listed(world):
    lessons, *_ = world((S22, "(Abacus, 1202)", ""))
    assert_none(check_words(lessons, unsaid=["tally"]))
    lessons, *_ = world()
    problems = check_words(lessons, unsaid=["tally"])
    assert_reports(problems, "PAPERS_UNSAID: step 22 names Abacus .*: take it out")


def test_planted_missing_word(world):
    lessons, *_ = world()
    problems = check_words(lessons, ["tally", "abacus"])
    assert_reports(problems, "no step introduces 'abacus': write it into the ledger")
    assert_none(check_words(lessons, ["tally", "abacus"], ["abacus"]))
    problems = check_words(lessons, ["tally"], ["Tally"])
    assert_reports(problems, "WORDS_MISSING: 'Tally' is not missing: take it out")
    problems = check_words(lessons, ["tally"], ["abacus"])
    assert_reports(problems, "WORDS_MISSING: 'abacus' is not missing: take it out")


# -------------------------------------------------------------- planted: README

README = """# Boxes

```python
box = 3
print(box + 1)  # 4
print(box * 2)  # 6  twice
```

[the license](LICENSE), [the web](https://example.org), <img src="a.svg">

<!-- steps -->

### Chapter 2 - Writing it naturally

| | step | its one idea |
|---|---|---|
| [21](steps/step21.py) | A box | it holds a number |
| [22](steps/step22.py) | Faster | add without the zero |
| [23](steps/step23.py) | The package | scale a box |

<!-- /steps -->
"""


@pytest.fixture
def readme(world, tmp_path):
    """Return a function that writes the README of the made-up world."""
    world()
    (tmp_path / "LICENSE").write_text("")
    (tmp_path / "a.svg").write_text("")

    def write(old="", new=""):
        assert old in README
        path = tmp_path / "README.md"
        path.write_text(README.replace(old, new, 1))
        return path

    return write


def test_clean_readme_passes(readme):
    path = readme()
    assert_none(check_readme(path, path.parent / "steps"))
    assert_none(check_first_example(path, lambda code: "4\n6\n"))


@pytest.mark.parametrize(
    "old, new, pattern",
    [
        (
            "A box",
            "A bag",
            "the table is not what the docstrings say; run: python -m st",
        ),
        (
            "| [22](steps/step22.py) | Faster | add without the zero |\n",
            "",
            "the table",
        ),
        ("(LICENSE)", "(COPYING)", "README.md: links to COPYING, which does not exist"),
        ("a.svg", "b.svg", "README.md: links to b.svg, which does not exist"),
    ],
)
def test_planted_readme(readme, old, new, pattern):
    path = readme(old, new)
    assert_reports(check_readme(path, path.parent / "steps"), pattern)


@pytest.mark.parametrize(
    "printed, pattern",
    [
        ("5\n6\n", "the example shows '4' and prints '5'"),
        ("4\n", "the example shows .* and prints .'4'."),
        ("", "the example shows"),
    ],
)
def test_planted_example(readme, printed, pattern):
    assert_reports(check_first_example(readme(), lambda code: printed), pattern)
    without = readme("```python", "```")
    problems = check_first_example(without, lambda code: printed)
    assert_reports(problems, "there is no ```python block")
