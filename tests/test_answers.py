"""Worked answers and milestones run, print what they say, and none is missing."""

import json
import os
import subprocess
import sys

import pytest
from book.answers import (
    ANSWERS,
    MILESTONES,
    find_answers,
    find_milestones,
    read_answer,
    read_milestone,
)
from book.execute import ENDLESS
from book.output import difference
from book.reader import CHAPTERS, StepError, find_steps
from curriculum.course import early
from curriculum.places import STEPS
from curriculum.tables import ANSWERS_MISSING

PATHS = find_answers()

# Runs answers one after the other, each with steps and a package of its own: some put
# other methods in place.
RUNNER = """
import contextlib, io, json, runpy, sys, traceback
import numpy

steps, *paths = sys.argv[1:]
sys.path[0:1] = []
sys.path.append(steps)
for path in paths:
    for name in list(sys.modules):
        if name.split(".")[0] == "dezero" or name.startswith("step"):
            del sys.modules[name]
    out, sys.argv, failure = io.StringIO(), [path], ""
    try:
        with contextlib.redirect_stdout(out):
            runpy.run_path(path, run_name="__main__")
    except BaseException:
        failure = traceback.format_exc()
    print(json.dumps([path, out.getvalue(), failure]))
"""


def run(paths, scratch):
    """Return {path: (what it printed, traceback)} of answers, run in one process."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", RUNNER, STEPS, *map(str, paths)],
        cwd=scratch,
        env={**os.environ, "DEZERO_CACHE": str(scratch / "cache")},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=ENDLESS,
    )
    assert done.returncode == 0 and not done.stderr, done.stderr
    rows = map(json.loads, done.stdout.splitlines())
    return {path: (printed, failure) for path, printed, failure in rows}


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """Return a function: what an answer printed; eight run in one process."""
    known = {}

    def result(number):
        if number not in known:
            near = [n for n in PATHS if n // 8 == number // 8]
            scratch = tmp_path_factory.mktemp("answers")
            runs = run([PATHS[n] for n in near], scratch)
            known.update((n, runs[str(PATHS[n])]) for n in near)
            left = [path.name for path in scratch.iterdir() if path.name != "cache"]
            assert not left, f"an answer of {near} left {left}"
        return known[number]

    return result


@pytest.mark.parametrize("number", early(PATHS, 22), ids=lambda n: PATHS[n].stem)
def test_an_answer_prints_what_it_says(number, printed):
    answer = read_answer(PATHS[number])
    text, failure = printed(number)
    assert not failure, failure
    assert answer.output.isascii()
    found = difference(answer.output, text, answer.rtol)
    assert not found, f"{PATHS[number].name}: Output: is not what it prints, {found}"


def test_each_exercise_has_an_answer():
    missing = [n for n in find_steps() if n not in PATHS]
    assert missing == sorted(ANSWERS_MISSING), "ANSWERS_MISSING only shrinks"
    assert all(n in find_steps() for n in PATHS)
    names = {path.name for path in ANSWERS.glob("*.py")}
    names -= {path.name for path in ANSWERS.glob("check[0-9][0-9].py")}
    assert names == {path.name for path in PATHS.values()}


@pytest.mark.parametrize("chapter", early(find_milestones(), 2))
def test_a_milestone_prints_what_it_says(chapter, tmp_path):
    path = find_milestones()[chapter]
    found = read_milestone(path)
    text, failure = run([path], tmp_path)[str(path)]
    assert not failure, failure
    assert found.output.isascii()
    assert difference(found.output, text, found.rtol) is None
    rows = [row for row in found.code.splitlines() if row and not row.startswith("#")]
    assert len(rows) < 50  # it is read in one go


def test_each_chapter_has_a_milestone():
    assert list(find_milestones()) == list(range(1, len(CHAPTERS) + 1))
    assert len(list(MILESTONES.glob("*.py"))) == len(CHAPTERS)


GOOD = '''"""Answer to the exercise of step 4.

Three is right.

Output (rtol 0.1):
    3.0
"""

if __name__ == "__main__":
    print(3.05)
'''


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("step 4", "step 5", "must start with 'Answer to the exercise of step 4.'"),
        ("Answer to the", "The", "must start with"),
        ("Three is right.\n\n", "", "needs a few sentences, and then"),
        ("Output", "Prints", "and then 'Output:'"),
        ("    3.0", "3.0", "must be indented by 4 blanks"),
    ],
)
def test_planted_answer(tmp_path, old, new, message):
    path = tmp_path / "answer04.py"
    path.write_text(GOOD)
    answer = read_answer(path)
    assert (answer.number, answer.text, answer.output) == (4, "Three is right.", "3.0")
    assert find_answers(tmp_path) == {4: path}
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(StepError, match=message):
        read_answer(path)


def test_what_an_answer_prints_is_seen(tmp_path):
    paths = [tmp_path / f"answer0{n}.py" for n in range(3)]
    for path, code in zip(paths, ["print(1)", "1 / 0", "from step01 import Variable"]):
        path.write_text(code)
    runs = run(paths, tmp_path)
    assert runs[str(paths[0])] == ("1\n", "")
    assert "ZeroDivisionError" in runs[str(paths[1])][1]
    assert runs[str(paths[2])] == ("", "")
