"""The exercises: each check passes our answer, and no START passes it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from book.answers import ANSWERS, find_answers
from book.reader import find_steps, read_step
from curriculum.course import early
from curriculum.places import STEPS
from practice import exercises, hints
from practice.compare import same, shown

CHECKS = {int(path.stem[5:]): path for path in sorted(ANSWERS.glob("check*.py"))}

LAST = 22  # what comes later is judged by the slow tests

# Exercises that no program can judge, with the reason.
QUESTIONS = {
    23: "files in a folder beside the program, and one word as the answer",
}
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


def passes(found):
    """Say whether a check went through, and all that it compared was right."""
    return found[-1] == {"done": True} and all(x.get("ok", True) for x in found)


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
    assert passes(found), found
    assert len(found) > 2  # a single comparison could be right by chance


@pytest.mark.parametrize("number", early(CHECKS, LAST))
@pytest.mark.parametrize("kind", ["start", "empty"])
def test_what_nobody_wrote_fails(number, kind, results):
    found = results(number)[kind]
    assert not passes(found), found
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


def test_a_question_has_a_file_without_a_task():
    text = exercises.begin(23)
    assert "No program can judge this one" in text
    assert Path(exercises.mine(23)).name == "exercise23.py"
