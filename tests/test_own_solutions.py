"""A correct step passes its tests, however it is written."""

import ast
import os
import subprocess
import sys
import textwrap
from xml.etree import ElementTree

import own_solutions
import own_solutions_later
import pytest
from book.output import match_lines
from curriculum.course import course
from curriculum.places import ROOT
from practice.stubs import YOURS, stub, tasks

LESSONS = course()
ALL = own_solutions.SOLUTIONS | own_solutions_later.SOLUTIONS

# Those that the suite runs; tests/proof.py runs them all.
SOLUTIONS = {number: ALL[number] for number in (*own_solutions.SOLUTIONS, 40, 67)}


def filled(number):
    """Return the practice file of a step with a reader's own bodies in its gaps."""
    text = stub(LESSONS[number], earlier=[LESSONS[n] for n in range(1, number)])
    lines, bodies = text.split("\n"), ALL[number]
    gaps = {}
    for node in ast.parse(text).body:
        owner = node.name + "." if isinstance(node, ast.ClassDef) else ""
        for found in node.body if owner else [node]:
            if isinstance(found, ast.FunctionDef) and YOURS in ast.unparse(found):
                gaps[owner + found.name] = found.body[-1]
    assert set(gaps) == set(bodies) == {x.key for x in tasks(LESSONS[number])}
    for key, gap in sorted(gaps.items(), key=lambda x: -x[1].lineno):
        body = textwrap.indent(bodies[key].strip("\n"), " " * gap.col_offset)
        lines[gap.lineno - 1 : gap.end_lineno] = body.split("\n")
    return "\n".join(lines)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("my_steps")
    for number in SOLUTIONS:
        text = filled(number)
        (path / f"step{number:02d}.py").write_text(text, encoding="utf-8")
    return path


@pytest.mark.slow
def test_their_tests_pass(folder):
    report = folder / "report.xml"
    tests = [f"tests/test_step{number:02d}.py" for number in SOLUTIONS]
    options = ["-q", "--tb=short", "-p", "no:cacheprovider", f"--junitxml={report}"]
    mine = [f"{number}={folder}/step{number:02d}.py" for number in SOLUTIONS]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=ROOT,
        env={
            **os.environ,
            "STEPS_MINE": "\n".join(mine),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
    cases = ElementTree.parse(report).iter("testcase")
    ran = {int(x.get("classname")[-2:]) for x in cases if x.find("skipped") is None}
    assert ran == set(SOLUTIONS)


@pytest.mark.parametrize("number", [n for n in SOLUTIONS if n < 10])
def test_they_print_their_output(number, folder):
    done = subprocess.run(
        [sys.executable, "-W", "error", str(folder / f"step{number:02d}.py")],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    step = LESSONS[number].step
    assert match_lines(step.output, done.stdout, step.rtol)[1] == []
