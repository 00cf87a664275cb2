"""The notebooks are what the steps generate, run, and print what the steps print."""

import copy
import functools
import json
import os
import re
import subprocess
import sys

import pytest
from book import ipynb
from book.answers import find_answers, find_checks
from book.cells import capital, exercise, head, pictures
from book.chapter import COMMAND, NOTEBOOKS, SETUP, chapters, notebook, path_of
from book.checks import check_chapter, check_clean, check_kinds, written
from book.code import find_origins, is_main, read_lesson
from book.execute import ENDLESS, execute
from book.output import difference
from book.prose import prose
from book.reader import MARKER, chapter_of, read_ledger
from book.typeset import typeset
from curriculum.course import course
from curriculum.places import ROOT, STEPS
from practice import exercises
from practice.inplace import asked_for, definitions

BUILD = NOTEBOOKS / "build.py"


LESSONS = course()
CHAPTERS = chapters(LESSONS)
generated = functools.cache(lambda chapter: notebook(chapter, LESSONS))  # nobody edits
GALLERY = sorted((NOTEBOOKS / "gallery").glob("*.ipynb"))


def test_the_gallery_begins_with_the_same_two_lines():
    """Every notebook runs the setup of the chapters, one folder up."""
    setups = {setup_of(path) for path in GALLERY}
    (setup,) = setups
    assert len(GALLERY) == 10 and len(setup.split("\n")) == 2
    _, run = setup.split("\n")
    where = run.removeprefix("%run ").split()[0]
    assert (NOTEBOOKS / "gallery" / where).resolve() == NOTEBOOKS / "setup_course.py"
    assert "Colab" in setup


@pytest.mark.parametrize(
    "name, said",
    [
        ("mnist", "MNIST's test images: 8,000"),
        ("vae", "MNIST's test images: 8,000"),
        ("gan", "MNIST's test images: 8,000"),
        ("text", "First Citizen:"),
        ("gpt", "1,003,836 characters"),
    ],
)
def test_the_stored_gallery_comes_from_real_data(name, said):
    """And the text says so, and what happens without the files."""
    (path,) = [path for path in GALLERY if path.stem == name]
    cells = read(path)["cells"]
    printed = "".join(ipynb.text_of(y) for x in cells for y in x.get("outputs", []))
    assert said in printed
    text = ipynb.source_of(cells[0])
    assert "outputs stored here" in text and "ithout" in text


def test_a_chapter_begins_with_two_lines_of_setup():
    setups = {generated(n)["cells"][1]["source"] for n in CHAPTERS}
    (setup,) = setups
    assert len(setup.split("\n")) == 2
    assert "from setup_course import STEPS, Picture, check" in setup
    assert "Colab" in setup


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def cells_of(book, name):
    return [x for x in book["cells"] if x["id"].startswith(f"{name}-")]


def run(chapter, folder):
    """Return the chapter as a run of build.py writes it into a folder."""
    done = subprocess.run(
        [sys.executable, BUILD, str(chapter), "--to", folder],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=ENDLESS,
    )
    assert done.returncode == 0, done.stderr
    return read(path_of(chapter, folder))


# ------------------------------------------------------------ this repository


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_committed_notebook_is_what_the_steps_generate(chapter):
    problems = check_chapter(chapter, LESSONS)
    assert not problems, "\n".join(problems)


@pytest.mark.slow
@pytest.mark.parametrize("chapter", sorted(CHAPTERS, reverse=True))  # long ones first
def test_chapter_runs_and_prints_what_is_stored(tmp_path, chapter):
    fresh, stored = run(chapter, tmp_path), read(path_of(chapter))
    for new, old in zip(written(fresh), written(stored), strict=True):
        number = re.match(r"step(\d+)", new["id"])
        rtol = LESSONS[int(number[1])].step.rtol if number else None
        outputs = [ipynb.whole(c.get("outputs", [])) for c in (old, new)]
        kinds = [[x["output_type"] for x in c] for c in outputs]
        assert kinds[0] == kinds[1], new["id"]
        for a, b in zip(*outputs):
            text = difference(ipynb.text_of(a), ipynb.text_of(b), rtol)
            assert not text, f"{new['id']}: {text}; run: {COMMAND} {chapter}"
            assert a.get("data", {}).keys() == b.get("data", {}).keys()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_pictures_stand_in_the_notebook(chapter):
    shown = [
        (cell["id"], name)
        for cell in read(path_of(chapter))["cells"]
        for name in re.findall(r'Picture\("../figures/(.+)"\)', ipynb.source_of(cell))
        if any("image/png" in x.get("data", {}) for x in cell["outputs"])
    ]
    steps = [x for n, x in LESSONS.items() if chapter_of(n)[0] == chapter]
    promised = [(x.name, name) for x in steps for name in pictures(x.step)]
    assert [(name[:6], picture) for name, picture in shown] == promised


@pytest.mark.parametrize(
    "path", [*map(path_of, CHAPTERS), *GALLERY], ids=lambda path: path.stem
)
def test_notebook_is_valid_small_and_clean(path):
    import nbformat

    book = read(path)
    nbformat.validate(book)
    assert (book["nbformat"], book["nbformat_minor"]) >= (4, 5)
    assert min(path.stat().st_size, ipynb.size_of(path)) < 2e6
    assert check_clean(book) == []


def test_all_code_of_a_step_is_in_its_notebook_and_in_order():
    for chapter in CHAPTERS:
        book = generated(chapter)
        for lesson in LESSONS.values():
            sources = [
                ipynb.source_of(x)
                for x in cells_of(book, lesson.name)
                if x["cell_type"] == "code"
            ]
            shown = iter("\n".join(sources).split("\n"))
            rows = [
                (line.removeprefix("    ") if at > main_line(lesson) else line)
                for at, line in enumerate(lesson.lines, start=1)
                if at > lesson.tree.body[0].end_lineno and at != main_line(lesson)
                if line.strip() and not MARKER.fullmatch(line)
            ]
            if sources:
                comments = [row for row in rows if re.match("# ?(?! {4})", row)]
                rows = [row for row in rows if not row.startswith("#")]
                lost = [row for row in rows if row not in shown]
                assert not lost, (lesson.name, lost[0])
                said = letters(
                    "".join(map(ipynb.source_of, cells_of(book, lesson.name)))
                )
                lost = [row for row in comments if letters(row) not in said]
                assert not lost, (lesson.name, lost[0])


def letters(text):
    return re.sub(r"[\W_]", "", re.sub(r"\]\([^)]*\)", "", text))


def test_a_comment_above_a_definition_becomes_text(tmp_path):
    """So does one that begins a paragraph of the demo; others stay where they are."""
    path = tmp_path / "step01.py"
    path.write_text('''"""Step 1. A box: it holds a number.

A *box* holds x * y.

Exercise: open it.

In the package: dezero/core/variable.py, Variable; more

Output:
    1
"""


# A *cube* is a box with
# six faces, see step 2:
#
#     6 = 3 * 2
class Cube:
    """A box."""

    # Not above a definition of the file.
    def open(self):
        """Return 1."""
        return 1


# --- carried over ---
# An old comment.
def old():
    """Return 2."""
    return 2


if __name__ == "__main__":
    # First a cube.
    cube = Cube()

    one = cube.open()
    # and then
    print(one)
''')
    book = notebook(1, {1: read_lesson(path)})
    cells = [(x["cell_type"], x["source"]) for x in cells_of(book, "step01")]
    kinds = [kind for kind, _ in cells]
    assert kinds == ["markdown", "markdown"] + ["code"] * 2 + ["markdown"] + [
        "code",
        "code",
        "markdown",
        "code",
        "code",
    ]
    text = cells[0][1]
    assert "A *box* holds `x * y`." in text
    where = "[`dezero/core/variable.py`](../dezero/core/variable.py), `Variable`; more."
    assert text.endswith(f"In the package: {where}")
    assert (
        cells[1][1]
        == "A *cube* is a box with\nsix faces, see step 2:\n\n$$\n6 = 3 \\cdot 2\n$$"
    )
    assert cells[2][1].startswith("class Cube:")
    assert "# Not above a definition" in cells[2][1]
    assert cells[3][1].startswith("# Carried over from step")
    assert "# An old comment." in cells[3][1]
    assert cells[4:7] == [
        ("markdown", "First a cube."),
        ("code", "cube = Cube()"),
        ("code", "one = cube.open()\n# and then\nprint(one)"),
    ]
    assert "`python -m steps diff 1`" in cells[7][1]


@pytest.mark.parametrize(
    "text, shown",
    [
        ("print it.", "Print it."),
        ("max looks at all.", "max looks at all."),
        ("waiting is a list.", "waiting is a list."),
        ("x is one.", "x is one."),
        ("f(x) is one.", "f(x) is one."),
    ],
)
def test_a_sentence_begins_with_a_capital_and_a_name_does_not(text, shown):
    assert capital(text, {"waiting", "max"}) == shown


def test_carried_code_is_folded_and_names_its_steps():
    cells = [x for x in generated(2)["cells"] if "tags" in x["metadata"]]
    first = [x["source"].split("\n")[0] for x in cells]
    assert first and all(x["metadata"]["jupyter"]["source_hidden"] for x in cells)
    pattern = r"# Carried over from steps? \d+(, \d+)*( and \d+)?"
    assert all(re.fullmatch(pattern, line) for line in first)
    assert any(" and " in line for line in first)


def main_line(lesson):
    return next(x.lineno for x in lesson.tree.body if is_main(x))


def test_links_lead_somewhere():
    books = {path_of(n).name: generated(n) for n in CHAPTERS}
    anchors = {
        f"{name}#{anchor}"
        for name, book in books.items()
        for cell in book["cells"]
        for anchor in re.findall(r'<a id="(\w+)"></a>', cell["source"])
    }
    assert len(anchors) == len(LESSONS)
    for name, book in books.items():
        for cell in book["cells"]:
            if cell["cell_type"] != "markdown":
                continue
            for target in re.findall(r"\]\(([^)\s]+)\)", cell["source"]):
                target = name + target if target.startswith("#") else target
                there = target in anchors or (NOTEBOOKS / target).exists()
                assert there or target in books, (cell["id"], target)


def test_what_a_generated_line_uses_is_not_taken_by_a_step():
    for lesson in LESSONS.values():
        taken = set(lesson.definitions) | set(re.findall(r"\w+", head(lesson, {})))
        taken |= set(definitions(exercise(lesson.number)))
        assert not taken & {"STEPS", "Picture", "check"}, lesson.name


@pytest.mark.parametrize("number", find_checks())
def test_under_each_exercise_stands_what_try_begins_with_and_a_check(number):
    """The cell of an exercise defines what its check asks for; it has no program."""
    book = notebook(chapter_of(number)[0], LESSONS)
    text, yours, check = cells_of(book, f"step{number:02d}")[-3:]
    assert text["source"].startswith("### Exercise")
    assert (yours["id"], check["id"]) == tuple(
        f"step{number:02d}-{name}" for name in ("exercise", "check")
    )
    assert check["source"] == f"check({number})"
    source = yours["source"]
    assert source.startswith(f"# your code for step {number}\n")
    assert "__main__" not in source
    asked = asked_for(find_checks()[number])
    assert asked and set(asked) <= set(definitions(source))
    rows = [row for row in source.split("\n") if " had its own" not in row]
    assert "\n".join(rows[1:]).strip() in exercises.begin(number)


def test_an_exercise_gets_names_of_python_back_that_its_answer_uses():
    """Step 16's answer uses max, and an earlier step may have taken that name."""
    lines = exercise(16, {"max": 12, "pow": 12}).split("\n")
    assert lines[2] == "from builtins import max  # step 12 had its own"
    assert "builtins" not in exercise(16)
    cells = notebook(6, LESSONS)["cells"]
    later = [x["source"] for x in cells if x["id"].endswith("-exercise")]
    assert any("from builtins import max  # step 61 had its own" in x for x in later)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_exercises_stored_are_those_of_try_and_not_written_yet(chapter):
    stored, fresh = read(path_of(chapter)), notebook(chapter, LESSONS)
    mend = f"run: {COMMAND} {chapter}"
    for kind in "exercise", "check":
        pairs = [
            {
                x["id"]: ipynb.source_of(x)
                for x in book["cells"]
                if x["id"].endswith(f"-{kind}")
            }
            for book in (stored, fresh)
        ]
        assert pairs[0] == pairs[1], mend
    for found in stored["cells"]:
        if found["id"].endswith("-check"):
            said = "".join(map(ipynb.text_of, found["outputs"]))
            assert said.startswith("Not written yet: "), mend


def test_check_judges_what_a_notebook_has_defined(tmp_path):
    """In a kernel: nothing yet, not written, wrong, right, and a step that is none."""
    answer = find_answers()[13].read_text(encoding="utf-8").split("if __name__")[0]
    sources = [
        SETUP,
        "check(13)",
        exercise(13),
        "check(13)",
        answer.replace("return gy * x1, gy * x0", "print('oh')\n        return gy, gy"),
        "check(13)",
        answer.replace("return gy * x1, gy * x0", "return gy * self.x1, gy"),
        "check('13')",
        answer,
        "check(13)",
        "check(0)",
    ]
    cells = [ipynb.cell("code", f"c{i}", x) for i, x in enumerate(sources)]
    book = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    book = execute(book, NOTEBOOKS)
    said = ["".join(map(ipynb.text_of, x.outputs)) for x in book.cells][1::2]
    nothing, untouched, wrong, stopped, right = said
    assert nothing == "Not there yet: Mul. Write and run the cell above.\n"
    assert untouched == "Not written yet: Mul. Your turn, in the cell above.\n"
    assert "  not yet: d(x * y)/dx at x = 2, y = 3\n    expected\n      3.0" in wrong
    assert "    you printed\n      oh\n" in wrong
    assert wrong.endswith("Then run that cell again, and this one.\n")
    line = 1 + answer.split("\n").index("        return gy * x1, gy * x0")
    assert f"stopped (line {line} of your cell)" in stopped
    assert "AttributeError: 'Mul' object has no attribute 'x1'" in stopped
    assert "  right: d(x * y)/dx at x = 2, y = 3" in right and "not yet" not in right
    assert "The answer (../steps/answers/answer13.py)" in right
    assert "Each input\ngets the value of the other one." in right
    assert ipynb.text_of(book.cells[-1].outputs[0]).startswith("there is no step '0'")


# --------------------------------------------------------- planted changes


@pytest.fixture
def planted(tmp_path):
    """Return a function: what the check says when change(book) was made in a file."""

    def check(change):
        book = copy.deepcopy(read(path_of(1)))
        change(book)
        path = path_of(1, tmp_path)
        path.write_text(json.dumps(book), encoding="utf-8")
        return "\n".join(check_chapter(1, LESSONS, tmp_path))

    return check


def cell_with(book, text):
    return next(x for x in book["cells"] if text in ipynb.source_of(x))


def edit(old, new):
    def change(book):
        cell = cell_with(book, old)
        cell["source"] = ipynb.source_of(cell).replace(old, new)

    return change


def edit_output(old, new):
    def change(book):
        for cell in book["cells"]:
            for output in cell.get("outputs", []):
                if old in ipynb.text_of(output):
                    output["text"] = ipynb.text_of(output).replace(old, new)

    return change


def swap(book):
    cells = book["cells"]
    cells[5], cells[6] = cells[6], cells[5]


def warn(book):
    output = {"output_type": "stream", "name": "stderr", "text": "oh"}
    cell_with(book, "class Variable")["outputs"].append(output)


@pytest.mark.parametrize(
    "change, message",
    [
        (edit("return x**2", "return x * x"), r"cell step02-\d+, line \d+: expected"),
        (
            edit("neural network", "neural knot"),
            r"cell step01-01, line \d+: expected",
        ),
        (swap, "cell step01-04: id is 'step01-05'"),
        (lambda book: book["cells"].pop(), "cell closing is missing"),
        (
            lambda book: book["cells"].append(book["cells"][0]),
            "opening is one too many",
        ),
        (edit_output("replaced: 2.0", "replaced: 3.0"), "step01 prints something else"),
        (edit_output("replaced: 2.0", f"{ROOT}/x"), "path of this computer"),
        (edit_output("replaced: 2.0", "at 0x7f8e12345678"), "an address in memory"),
        (lambda book: book["cells"][2].update(id="x"), "cell step01-01: id is 'x'"),
        (warn, r"cell step01-\d+: stream oh"),
    ],
)
def test_a_change_is_reported_with_the_command_that_mends_it(planted, change, message):
    text = planted(change)
    assert re.search(message, text)
    assert text.endswith("; run: python notebooks/build.py 1")


def test_no_change_is_fine(planted):
    assert planted(lambda book: None) == ""


def forget_metadata(book):
    book["metadata"] = {"title": "mine"}
    for cell in book["cells"]:
        cell["metadata"] = {}


def run_all(book):
    """Note down what a run in JupyterLab, VS Code or nbconvert leaves behind."""
    book["nbformat_minor"] = 9
    book["metadata"] = {
        "kernelspec": {"display_name": "mine", "language": "python", "name": "mine"},
        "language_info": {"name": "python", "version": "3.99.0"},
        "vscode": {"interpreter": {"hash": "0"}},
        "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {}}},
    }
    for count, cell in enumerate(book["cells"], start=100):
        cell["metadata"] |= {"execution": {"iopub.status.busy": "2026"}, "id": "x"}
        cell["metadata"] |= {"collapsed": False, "scrolled": True}
        if cell["cell_type"] == "code":
            cell["execution_count"] = count


def solve(book):
    cell = cell_with(book, "# your code for step 1")
    cell["source"] = "print('mine', object())"
    text = "mine <object object at 0x7f8e12345678>"
    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": text}]
    check = cell_with(book, "check(1)")
    check["outputs"] = [{**cell["outputs"][0], "text": "  right: it is"}]


def go_on_below_the_last(book):
    cell = ipynb.cell("code", "b3a1f0", "")
    book["cells"].append(cell)


def cut_streams(book):
    for cell in book["cells"]:
        cut = []
        for output in cell.get("outputs", []):
            if output["output_type"] == "stream":
                for line in ipynb.text_of(output).splitlines(keepends=True):
                    cut.append({**output, "text": [line]})
            else:
                cut.append(output)
        if cut:
            cell["outputs"] = cut


@pytest.mark.parametrize(
    "change", [forget_metadata, run_all, solve, go_on_below_the_last, cut_streams]
)
def test_what_jupyter_and_a_reader_may_change(planted, change):
    assert planted(change) == ""


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_jupyter_saves_the_same_file(chapter, tmp_path):
    """Nothing but outputs and metadata differ after a notebook was run and saved."""
    import nbformat

    text = path_of(chapter).read_text(encoding="utf-8")
    saved = nbformat.writes(nbformat.reads(text, as_version=4)) + "\n"
    assert saved == text


def setup_of(path):
    return next(
        ipynb.source_of(x) for x in read(path)["cells"] if x["cell_type"] == "code"
    )


@pytest.mark.parametrize("program", ["the first cell", "setup_course.py"])
def test_another_dezero_is_named(program, tmp_path):
    """PyPI has a package of the same name: the first cell says so."""
    code = setup_of(path_of(1)) if program == "the first cell" else None
    call = ["-c", code] if code else ["../setup_course.py"]  # the gallery's %run
    package = tmp_path / "elsewhere" / "dezero"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("__version__ = '0.0.13'\n")
    (package / "core.py").write_text("")
    stub = tmp_path / "elsewhere" / "IPython"
    stub.mkdir()
    (stub / "__init__.py").write_text("")
    (stub / "display.py").write_text("Image = None")
    run = subprocess.run(
        [sys.executable, *call],
        cwd=NOTEBOOKS if code else NOTEBOOKS / "gallery",
        env={**os.environ, "PYTHONPATH": str(package.parent)},
        capture_output=True,
        text=True,
    )
    said = run.stderr.splitlines()[-1]
    assert said.startswith(f"ImportError: the package dezero in {package} is not")
    assert "%pip uninstall -y dezero" in said and "restart the kernel" in said


def test_another_kind_of_output_is_reported():
    """The gallery's --check compares no numbers, but what prints and what draws."""
    stored = read(next(path for path in GALLERY if path.stem == "spiral"))
    fresh = copy.deepcopy(stored)
    assert check_kinds(fresh, stored) == []
    cell = next(x for x in fresh["cells"] if "image/png" in str(x.get("outputs")))
    cell["outputs"][0]["data"]["image/png"] = "another picture"
    assert check_kinds(fresh, stored) == []
    cell["outputs"] = []
    (problem,) = check_kinds(fresh, stored)
    assert cell["id"] in problem and "image/png" in problem and "got []" in problem


def test_a_missing_notebook_is_reported(tmp_path):
    assert check_chapter(1, LESSONS, tmp_path) == [
        "chapter1.ipynb does not exist; run: python notebooks/build.py 1"
    ]


def test_a_changed_step_is_reported(tmp_path):
    path = tmp_path / "step01.py"
    text = LESSONS[1].step.path.read_text(encoding="utf-8")
    path.write_text(text.replace("x = Variable(", "w = Variable("), encoding="utf-8")
    lessons = {**LESSONS, 1: read_lesson(path)}
    (problem,) = check_chapter(1, lessons)
    assert re.search(r"cell step01-\d+, line 1: expected 'w = Variable\(", problem)


def test_a_name_of_the_family_changes_no_notebook():
    """So whoever adds an operation runs no chapter again."""
    ledger = read_ledger(STEPS)
    ledger["step37"]["family"].insert(0, "functions.new")
    lessons = {**LESSONS, 37: read_lesson(LESSONS[37].step.path, ledger)}
    find_origins(lessons)
    assert lessons[37].step.family[0] == "functions.new"
    for chapter in CHAPTERS:
        assert notebook(chapter, lessons) == generated(chapter)


@pytest.mark.slow
def test_a_run_is_offline_and_strict(tmp_path):
    program = f"""
import sys
sys.path.append({str(STEPS)!r})
from book import checks, execute, ipynb
cells = [
    "import warnings, socket, os, sys",
    "try:\\n    warnings.warn('x')\\nexcept UserWarning:\\n    print('an error')",
    "try:\\n    socket.create_connection(('192.0.2.1', 80))\\n"
    "except RuntimeError:\\n    print('offline')",
    "print(os.listdir('.'), os.path.exists(os.environ['DEZERO_CACHE']))",
    "print('oh', file=sys.stderr)",
]
book = {{"cells": [ipynb.cell("code", f"c{{i}}", x) for i, x in enumerate(cells)],
        "metadata": {{}}, "nbformat": 4, "nbformat_minor": 5}}
book = execute.execute(book, ".")
print([ipynb.text_of(y) for x in book.cells for y in x.outputs])
print([x.execution_count for x in book.cells], checks.check_clean(book))
book["cells"][1]["source"] = "1 / 0"
try:
    execute.execute(book, ".")
except execute.BuildError as error:
    print("ZeroDivisionError" in str(error))
"""
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == [
        r"['an error\n', 'offline\n', '[] False\n', 'oh\n']",
        "[1, 2, 3, 4, 5] ['cell c4: stream oh\\n']",
        "True",
    ]


def test_command_line_says_what_is_wrong():
    def run(*arguments):
        done = subprocess.run(
            [sys.executable, BUILD, *arguments], capture_output=True, text=True
        )
        return done.returncode, done.stderr

    code, text = run("9")
    assert code == 2 and "not ['9']" in text
    code, text = run("--gallery", "nothing")
    assert code == 2 and "not ['nothing']" in text
    assert run("1", "--check") == (0, "")


# ----------------------------------------------------------- formulas, prose


@pytest.mark.parametrize(
    "text, latex",
    [
        ("y = x**2", "y = x^{2}"),
        ("gx = 2 * x * gy", r"g_{x} = 2 \, x \cdot g_{y}"),
        (
            "gx1 = gy * (-x0 / x1**2)",
            r"g_{x_{1}} = g_{y} \cdot \frac{-x_{0}}{x_{1}^{2}}",
        ),
        ("dy/dx = 4 * x**3 - 4 * x", r"\frac{dy}{dx} = 4 \, x^{3} - 4 \, x"),
        ("a - (b - c) = a - b + c", "a - (b - c) = a - b + c"),
        ("y = (x + 1) * -x", r"y = (x + 1) \cdot (-x)"),
        ("y = (dy/dx)**2", r"y = \left(\frac{dy}{dx}\right)^{2}"),
        (
            "y = sqrt(var + eps) * rate",
            r"y = \sqrt{\mathrm{var} + \varepsilon} \cdot \mathrm{rate}",
        ),
        ("loss = sum((y - t)**2) / N", r"\mathrm{loss} = \frac{\sum (y - t)^{2}}{N}"),
        ("y = sum(a + b) * c", r"y = \sum (a + b) \cdot c"),
        ("y[n, k] = x[n, 0] + ...", r"y_{n, k} = x_{n, 0} + \dots"),
        ("gx[j] = gy[j] * f'(x[j])", r"(g_{x})_{j} = (g_{y})_{j} \cdot f'(x_{j})"),
        ("-log p[t] = -x[t]", r"-\log p_{t} = -x_{t}"),
        ("y = x**5 / 5!", r"y = \frac{x^{5}}{5!}"),
        (
            "OH = (H + 2 P - K) // S + 1",
            r"\mathrm{OH} = \left\lfloor \frac{H + 2 \, P - K}{S} \right\rfloor + 1",
        ),
        (
            "v = momentum * v - lr * g",
            r"v \leftarrow \mathrm{momentum} \cdot v - \mathrm{lr} \cdot g",
        ),
        ("p += v", r"p \mathrel{{+}{=}} v"),
        ("f(x) ~ f(a)", r"f(x) \approx f(a)"),
        ("x = x0 - lr * g", r"x = x_{0} - \mathrm{lr} \cdot g"),
        ("mean <- 0.9 * mean", r"\mathrm{mean} \leftarrow 0.9 \, \mathrm{mean}"),
        ("H @ step = g", r"H \mathbin{@} \mathrm{step} = g"),
    ],
)
def test_formula_becomes_latex(text, latex):
    assert typeset([text]) == latex


@pytest.mark.parametrize(
    "text",
    [
        "x ---> Square ---> y",
        "x (N, 784) -- linear --> (N, 200)",
        "y   (N, K)  =  x   (N, D)  @  W   (D, K)",
        "y.backward()",
        "optimizer = MomentumSGD(lr=0.01).setup(model)",
        "l1 = Linear(10)          10 results",
        "x.grad = gx if x.grad is None else x.grad + gx",
        "p = [0.66, 0.24, 0.10]",
        "x = r cos(angle)    gr = gx cos(angle) + gy sin(angle)",
        "SqueezeNet   squeezes C channels into few",
        "y = relu(x + f(x)),   dy/dx = 1 + f'(x)",
        "print('x')",
    ],
)
def test_what_is_no_formula_stays_as_it_is(text):
    assert typeset([text]) is None


def test_formulas_in_columns_are_aligned():
    lines = ["Square:  y = x**2      gx = 2 * x * gy", "Exp:     y = e**x"]
    assert typeset(lines).split("\n") == [
        r"\begin{aligned}",
        r"& \text{Square:} &\quad y & = x^{2} &\quad g_{x} & = 2 \, x \cdot g_{y} \\",
        r"& \text{Exp:} &\quad y & = e^{x}",
        r"\end{aligned}",
    ]


@pytest.mark.parametrize(
    "text, shown",
    [
        ("a < b, 5 $ and a|b", r"a \< b, 5 \$ and a\|b"),
        ("the * and the _", r"the \* and the \_"),
        ("x.grad, __init__ and as_array(y)", "`x.grad`, `__init__` and `as_array(y)`"),
        ("moves by 2 * x + 1, so", "moves by `2 * x + 1`, so"),
        ("what the * means", r"what the \* means"),
        ("as it had + rate / 2 * p**2", "as it had + `rate / 2 * p**2`"),
        ("a sum, -sum(q * log p), of", "a sum, `-sum(q * log p)`, of"),
        ("at H + 2 P - K, with lr=0.01", "at `H + 2 P - K`, with `lr=0.01`"),
        ("gy * f'(x), dy/dx and f' too", "`gy * f'(x)`, dy/dx and f' too"),
        ("f(x,\ny) and x *\ny", "`f(x, y)` and `x * y`"),
        ("as `class A(B)` says", "as `class A(B)` says"),
        ("e.g. 10,000 or (1, 1)", "e.g. 10,000 or (1, 1)"),
        ("a *chain rule*, *Newton's\nmethod*", "a *chain rule*, *Newton's method*"),
        ("a *variable* holds it", "a *variable* holds it"),
        ("(strictly *cross-correlation*)", "(strictly *cross-correlation*)"),
        ("as 2 * x * y, *args", r"as `2 * x * y`, \*args"),
        ("so dy[i]/dx[j] and dy/dx", "so `dy[i]/dx[j]` and dy/dx"),
        ("as d(x * y)/dx is y", "as `d(x * y)/dx` is y"),
        ("with e = 2.718..., or so", "with e = 2.718..., or so"),
        ("it is 8 * 2**3 = 64.", "it is `8 * 2**3 = 64`."),
        ("style=filled, shape=box", "`style=filled`, `shape=box`"),
        ("(see x.data, or not)", "(see `x.data`, or not)"),
        ("in dezero/core.py (step 3)", "in `dezero/core.py` ([step 3](#step03))"),
        (
            "# no heading\n- no list\n3. no item",
            "\\# no heading\n\\- no list\n3\\. no item",
        ),
    ],
)
def test_prose_shows_what_it_says(text, shown):
    assert prose(text, {3: "#step03"}) == shown
