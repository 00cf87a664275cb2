"""The exercises: each check passes our answer, and no START passes it."""

import ast
import json
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest
from book.answers import find_answers, find_checks, read_start
from book.cells import exercise
from book.reader import find_steps, read_step
from curriculum.course import early
from curriculum.places import STEPS
from practice import exercises, hints, inplace
from practice.compare import same, shown
from practice.report import exercise_report

CHECKS = find_checks()

LAST = 22  # what comes later is judged by the slow tests

# Exercises that no program can judge, {step: the reason}: there are none.
QUESTIONS = {}
# Steps whose checks and hints are not written yet. They only shrink.
CHECKS_MISSING = set()
HINTS_MISSING = set()

# Judges files one after the other, each with steps of its own.
RUNNER = """
import json, os, sys
steps, *pairs = sys.argv[1:]
sys.path.append(steps)
import numpy
from practice.compare import compare

for path, check in zip(pairs[::2], pairs[1::2]):
    for name in list(sys.modules):
        if name.startswith("step"):
            del sys.modules[name]
    out = sys.stdout
    sys.stdout = open(os.devnull, "w")
    found = list(compare(path, check))
    sys.stdout = out
    print(json.dumps([path, found]))
"""


def judged(pairs, scratch):
    """Return {path of a file: what its check says}, all in one process."""
    words = [str(word) for pair in pairs for word in pair]
    done = subprocess.run(
        [sys.executable, "-c", RUNNER, STEPS, *words],
        cwd=scratch,
        env={**os.environ, "DEZERO_CACHE": str(scratch / "cache")},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return dict(map(json.loads, done.stdout.splitlines()))


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Return a function: {"answer" or "start" or "empty": what a check says of it}.

    Those of a chapter or two are judged in one process.
    """
    known = {}

    def result(number):
        if number not in known:
            near = {n: x for n, x in CHECKS.items() if (n > LAST) is (number > LAST)}
            found = results_of(near, tmp_path_factory.mktemp("exercises"))
            for (n, kind), said in found.items():
                known.setdefault(n, {})[kind] = said
        return known[number]

    return result


def results_of(checks, scratch):
    """Return {(number, "answer" or "start" or "empty"): what its check says}."""
    answers, files, pairs = find_answers(), {}, []
    for number, check in checks.items():
        start = scratch / f"exercise{number:02d}.py"
        start.write_text(exercises.begin(number), encoding="utf-8")
        empty = scratch / f"empty{number:02d}.py"
        empty.write_text("")
        for kind, path in [
            ("answer", answers[number]),
            ("start", start),
            ("empty", empty),
        ]:
            files[number, kind] = str(path)
            pairs.append((path, check))
    found = judged(pairs, scratch)
    return {key: found[path] for key, path in files.items()}


@pytest.mark.parametrize("number", early(CHECKS, LAST))
def test_our_answer_passes(number, results):
    found = results(number)["answer"]
    assert exercises.passes(found), found
    assert len(found) > 2  # a single comparison could be right by chance


@pytest.mark.parametrize("number", early(CHECKS, LAST))
@pytest.mark.parametrize("kind", ["start", "empty"])
def test_what_nobody_wrote_fails(number, kind, results):
    found = results(number)[kind]
    assert not exercises.passes(found), found
    # what went wrong is the task, and no mistake of the check
    if kind == "start" and "error" in found[-1]:
        words = ("your turn", "NoneType", "Error: forward", "needs a")
        assert any(word in found[-1]["error"] for word in words), found


@pytest.mark.parametrize("number", CHECKS)
def test_the_start_is_readable(number):
    text = exercises.begin(number)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 72, max(lines, key=len)
    asked = " ".join(read_step(find_steps()[number]).exercise.split())
    assert asked[:40] in " ".join(text.split()).replace("\\\\", "\\")
    assert f"python -m steps try {number}" in text
    compile(text, f"exercise{number:02d}.py", "exec")


def notebook_with(source):
    """Return a module that has run a cell, as the __main__ of a notebook."""
    mine = types.ModuleType("__main__")
    mine.In = ["", source]
    exec(compile(source, "cell", "exec"), vars(mine))
    return mine


def test_a_notebook_is_told_the_same_as_a_file(tmp_path):
    """check(13) in a notebook, and try 13: the same lines."""
    source = find_answers()[13].read_text(encoding="utf-8")
    wrong = source.replace("return gy * x1, gy * x0", "return gy, gy")
    for text in source, wrong:
        path = tmp_path / "exercise13.py"
        path.write_text(text, encoding="utf-8")
        said = exercise_report(*exercises.judge(13, path))
        assert inplace.verdict(13, notebook_with(text))[: len(said)] == said
    answer = inplace.verdict(13, notebook_with(source))[len(said) - 1 :]
    assert any("Each input" in line for line in answer)


@pytest.mark.parametrize("number", CHECKS)
def test_an_untouched_cell_is_told_so(number):
    """Whether it leaves a gap or only a name, Run All passes it."""
    said = inplace.verdict(number, notebook_with(exercise(number)))
    assert said[0].startswith("Not written yet: "), said
    assert len(said) <= 2


def test_one_line_says_what_is_not_written():
    empty = notebook_with("")
    said = ["Not there yet: AdaGrad, RMSprop. Write and run the cell above."]
    assert inplace.verdict(46, empty) == said
    start = read_start(CHECKS[22])
    said = ["Not written yet: RepairedPow. Your turn, in the cell above."]
    mine = notebook_with(start.split("if __name__")[0])
    assert inplace.verdict(22, mine) == said
    mine.In.append("class RepairedPow(Pow):\n    pass")  # a beginning: it is judged
    assert "  not yet: the slopes of x**0 at [0.0, 2.0]" in inplace.verdict(22, mine)


def without_imports(source):
    """Return the source of a cell from which `from step22 import ...` was deleted."""
    tree = ast.parse(source)
    tree.body = [
        node
        for node in tree.body
        if not (isinstance(node, ast.ImportFrom) and node.module.startswith("step"))
    ]
    return ast.unparse(tree)


@pytest.mark.parametrize(
    "number, later",
    [(n, later) for n in (13, 18, 22, 38, 44, 45) for later in (False, True)]
    + [(49, False)],  # step 49 has a Records of its own, as the exercise
)
def test_a_notebook_has_a_variable_of_its_own(number, later):
    """That of a step's cells: with START's imports deleted, or if they ran later."""
    step = find_steps()[number].read_text(encoding="utf-8")
    source = find_answers()[number].read_text(encoding="utf-8")
    cells = [step, without_imports(source)]
    cells = [source, step] if later else cells
    for text in cells, [*cells, "unrelated = 1", "no Python"]:
        mine = types.ModuleType("notebook")
        mine.__file__ = str(find_steps()[number])
        for cell in cells:
            exec(compile(cell, "cell", "exec"), vars(mine))
        mine.In = ["", *text]
        before = dict(vars(mine))
        said = inplace.verdict(number, mine)
        assert not [line for line in said if line.startswith("  not yet")], said
        assert not any("Then run that cell again" in line for line in said)
        assert vars(mine) == before  # the notebook is as it was
    wrong = without_imports(read_start(CHECKS[number]).split("if __name__")[0])
    wrong = wrong.replace('"""', '"""A beginning. ', 1)
    exec(compile(wrong, "cell", "exec"), vars(mine))
    mine.In = ["", step, wrong + "\n1"]
    said = inplace.verdict(number, mine)
    assert "Then run that cell again" in said[-1] or "Not written" in said[0]


def test_an_exercise_without_a_check_names_our_answer(monkeypatch):
    monkeypatch.setattr(exercises, "check_of", lambda number: None)
    monkeypatch.chdir(STEPS)
    ours = str(Path("answers") / "answer46.py")
    said = [f"No program can judge this exercise. Our answer: {ours}"]
    assert inplace.verdict(46, notebook_with("")) == said


def test_each_exercise_has_a_check_or_a_reason():
    known = set(CHECKS) | set(QUESTIONS) | CHECKS_MISSING
    assert known == set(find_steps())
    assert not set(CHECKS) & (set(QUESTIONS) | CHECKS_MISSING), "the list only shrinks"


def test_each_step_has_hints():
    found = hints.read_hints()
    assert set(found) | HINTS_MISSING == set(find_steps())
    assert not set(found) & HINTS_MISSING, "the list only shrinks"
    for number, hint in found.items():
        assert 1 <= hint["idea"].count(".") + hint["idea"].count("?") <= 8, number
        width = max(map(len, hint["formula"].strip("\n").split("\n")))
        assert width <= 68, (number, width)


@pytest.mark.parametrize(
    "expected, got, is_same",
    [
        (1.0, 1.0 + 1e-9, True),
        (1.0, 1.1, False),
        ([1.0, 2.0], (1, 2), True),
        ([1.0, 2.0], [1.0], False),
        (3, "3", False),
        (True, 1, False),
        (None, 0.0, False),
        (False, None, False),
        (2.0, None, False),
        ("a", "b", False),
        (["a"], ["a"], True),
    ],
)
def test_same(expected, got, is_same):
    assert same(expected, got) is is_same


def test_shown_as_the_reader_writes_it():
    import numpy as np

    assert shown(np.float64(2.5)) == "2.5"
    assert shown((np.float64(1.0), 2)) == "(1.0, 2)"
    assert shown(["a"]) == "['a']"


def test_a_question_has_a_file_without_a_task(monkeypatch):
    monkeypatch.setattr(exercises, "check_of", lambda number: None)
    text = exercises.begin(23)
    assert "No program can judge this one" in text
    assert Path(exercises.mine(23)).name == "exercise23.py"


@pytest.mark.parametrize(
    "old, new, what",
    [
        ("return", "return 1 +", "program.py prints at first"),
        ("from tiny import hello", "def hello(): return 2", "imports it from tiny"),
        ("from tiny.core import hello", "", "program.py then prints"),
        ("needs_a_change = False", "needs_a_change = True", "did it need a change?"),
        ("from tiny.core import hello", "def hello(): return 2", "in __init__.py then"),
    ],
)
def test_what_is_wrong_with_a_package(tmp_path, old, new, what):
    source = find_answers()[23].read_text(encoding="utf-8").replace(old, new)
    path = tmp_path / "exercise23.py"
    path.write_text(source, encoding="utf-8")
    wrong = [x for x in exercises.judge(23, path)[0] if not x.get("ok", True)]
    assert what in wrong[0]["what"]
