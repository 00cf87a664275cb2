"""The museum of bugs: its form, and a sample of it; proof.py judges all of it."""

import ast
import os
import re
import subprocess
import sys
from dataclasses import replace

import proof
import pytest
from book.reader import CHAPTERS, chapter_of, find_steps
from curriculum.places import ROOT
from practice.bugs import read_bugs

MUSEUM = read_bugs()
SAMPLE = [4, 12, 18]  # of cheap steps: a value, an operator, a shape
each = pytest.mark.parametrize("bug", MUSEUM.values(), ids=lambda bug: bug.title)


def text_of(bug):
    return find_steps()[bug.step].read_text(encoding="utf-8")


def test_there_are_enough_in_the_order_of_the_steps():
    steps = [bug.step for bug in MUSEUM.values()]
    assert len(MUSEUM) >= 28
    assert steps == sorted(steps)
    starts = [first for first, _ in CHAPTERS]
    chapters = {sum(first <= step for first in starts) for step in steps}
    assert chapters == set(range(1, len(CHAPTERS) + 1))
    titles = [bug.title for bug in MUSEUM.values()]
    assert len(set(titles)) == len(titles)


@each
def test_one_place_is_wrong(bug):
    text = text_of(bug)
    assert text.count(bug.right) == 1
    assert bug.wrong != bug.right
    assert len(bug.right.splitlines()) <= 4 and len(bug.wrong.splitlines()) <= 4
    assert not {"raise", "assert"} & set(re.findall(r"\w+", bug.wrong))
    ast.parse(bug.text())
    assert max(map(len, bug.text().splitlines())) <= 72


@each
def test_who_mends_it_has_our_step(bug):
    head = [line for line in bug.text().splitlines() if line.startswith("# ")]
    assert head[0].startswith(f"# Bug {bug.number} of the museum")
    mended = bug.text().replace(bug.wrong, bug.right, 1)
    if bug.text().count(bug.wrong) == 1:  # else the reader has to look which one
        assert mended.endswith(text_of(bug))


@each
def test_the_words(bug):
    assert re.fullmatch(r"[a-z0-9][^.]{5,50}", bug.title)
    symptom, story = (" ".join(x.split()) for x in (bug.symptom, bug.story))
    ends = r"[.?](?= |$)"
    assert 1 <= len(re.findall(ends, symptom)) <= 4, symptom
    assert 2 <= len(re.findall(ends, story)) <= 7, story
    for line in (bug.right + "\n" + bug.wrong).splitlines():
        assert len(line.strip()) < 8 or line.strip() not in symptom
    assert symptom.isascii() and story.isascii()


@pytest.mark.parametrize("number", SAMPLE)
def test_the_tests_of_the_step_catch_it(number, tmp_path):
    bug = MUSEUM[number]
    case = proof.Case(bug.step, "bug", f"bug {number}", bug.text())
    verdict, wrong, _ = proof.judged(case, tmp_path)
    assert not wrong
    assert verdict.failures
    assert verdict.passed  # not all of it is broken


def steps(*words, folder, code=0):
    """Run python -m steps; return what it prints."""
    run = subprocess.run(
        [sys.executable, "-m", "steps", *words],
        cwd=ROOT,
        env={**os.environ, "STEPS_FOLDER": str(folder)},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert run.returncode == code, run.stdout + run.stderr
    return run.stdout


def test_a_bug_is_given_found_and_mended(tmp_path):
    bug = MUSEUM[4]
    given = steps("bug", "4", folder=tmp_path)
    assert "float64 is not supported" in " ".join(given.split())
    told = steps("bug", "4", folder=tmp_path, code=1)
    assert "First: " in told and "Then: python -m steps bug 4" in told
    bug_file = tmp_path / "bug04.py"
    text = bug_file.read_text(encoding="utf-8")
    bug_file.write_text(text.replace(bug.wrong, bug.right), encoding="utf-8")
    story = steps("bug", "4", folder=tmp_path)
    assert f"Fixed: {bug.title}" in story
    assert " ".join(bug.story.split())[:60] in " ".join(story.split())
    assert re.search(r" 4  fixed  step  9", steps("bug", "--list", folder=tmp_path))
    assert "bug 1 of" in steps("bug", folder=tmp_path)


def test_a_program_imports_our_steps_and_not_numpy_there(tmp_path):
    mine = tmp_path / "step99.py"
    mine.write_text("import numpy, step67, sys\nprint(numpy.__file__, step67.Tensor)")
    run = subprocess.run(
        [sys.executable, *proof.judge.program(mine)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert run.returncode == 0, run.stderr
    assert str(proof.STEPS) not in run.stdout.split()[0]


def test_the_quick_proof_takes_a_step_of_each_chapter(monkeypatch):
    steps, kinds = proof.QUICK
    assert [chapter_of(number)[0] for number in steps] == [*range(1, len(CHAPTERS) + 1)]
    judged = []

    def all_well(case, folder):
        judged.append((case.number, case.kind))
        return proof.judge.Verdict(case.number, folder), "", 0.0

    monkeypatch.setattr(proof, "judged", all_well)
    assert proof.main(["quick"]) == 0
    # Two are judged at a time, so either may be the first.
    assert sorted(judged) == sorted((n, kind) for n in steps for kind in kinds)


def test_a_line_of_a_bug_that_is_gone_is_noticed(monkeypatch):
    bug = replace(MUSEUM[1], right="what no step has")
    monkeypatch.setattr(proof, "read_bugs", lambda: {1: bug})
    with pytest.raises(proof.StepError, match="bug 1: step .* 0 times, not once"):
        proof.main(["quick"])


def test_proof_says_which_files_it_does_not_know():
    with pytest.raises(proof.StepError, match="'99', 'stubs'"):
        proof.main(["99", "stubs"])
