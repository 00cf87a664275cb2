"""check: run a step's tests on the reader's own file, and compare its Output."""

import json
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import machine
from book.code import read_lesson
from book.output import match_lines
from book.reader import STEPS, StepError, find_steps, read_ledger

from . import child
from .places import ROOT, my_step, shown
from .stubs import YOURS, tasks

LIMIT = 60  # seconds of work for all tests of a step; a loop without end stops there


# Why a test of the whole program is left out, unless check is given --full.
LONG_PROGRAM = "the program takes long"

ENGINE = 22  # the step whose file is an engine, complete
ON_OWN_ENGINE = range(23, 30)  # the steps that import it, and nothing above it

# Runs a reader's program. The steps that it imports are ours, as in the tests, and
# their folder comes last: numpy.py there is not NumPy. If an engine is given, the
# reader's step 22, it takes the place of dezero.core_simple.
PROGRAM = """
def run(steps, engine, path, *arguments):
    import importlib.util, os, sys, types
    sys.argv = [path, *arguments]
    sys.path[0:1] = []
    sys.path.append(steps)
    if os.environ.get("STEPS_LIMIT"):
        from practice.clock import limit_work
        limit_work(float(os.environ["STEPS_LIMIT"]))
    if engine:
        import dezero
        spec = importlib.util.spec_from_file_location("dezero.core_simple", engine)
        module = importlib.util.module_from_spec(spec)
        sys.modules["dezero.core_simple"] = dezero.core_simple = module
        spec.loader.exec_module(module)
    main = types.ModuleType("__main__")
    main.__file__ = path
    with open(path, encoding="utf-8") as file:
        code = compile(file.read(), path, "exec")
    sys.modules["__main__"] = main
    exec(code, main.__dict__)

import sys
run(*sys.argv[1:])
"""


def program(path, engine=None):
    """Return the arguments of Python that run a reader's file as a program."""
    return ["-c", PROGRAM, str(STEPS), str(engine or ""), str(path)]


@dataclass
class Verdict:
    """The result of a check: of a step's tests, then of what the file prints."""

    number: int
    path: Path
    tests: list = field(default_factory=list)  # a dict each, as plugin wrote it
    empty: bool = False  # is there nothing in the file?
    broken: str = ""  # the file cannot even be read: why
    endless: str = ""  # the test that did not end
    stack: str = ""  # where it was at that moment: "at line 61", "in backward"
    output: str | None = None  # the first line that it should have printed
    stderr: str = ""
    gaps: int = 0  # how many are left in the file
    tasks: int = 0  # how many there were
    limit: float = LIMIT  # seconds
    short: bool = False  # was the program left out, because it takes long?

    @property
    def failures(self):
        """The tests that fail: what is wrong first, then what is not written yet."""
        failed = [x for x in self.tests if x["passed"] is False]
        return sorted(failed, key=lambda x: YOURS in x.get("said", ""))

    @property
    def passed(self):
        return sum(x["passed"] is True for x in self.tests)

    @property
    def ok(self):
        faults = self.broken or self.endless or self.failures or self.output
        return bool(self.passed) and not faults


def own_engine(number):
    """Return the reader's step 22, on which the reader's later steps can run."""
    path = my_step(ENGINE)
    if number not in ON_OWN_ENGINE:
        raise StepError(
            f"--mine runs a step on your own engine, which works for steps "
            f"{ON_OWN_ENGINE[0]} to {ON_OWN_ENGINE[-1]}"
        )
    if not path.exists() or not check(ENGINE).ok:
        raise StepError(
            f"your own engine is {shown(path)}, which does not pass yet: "
            f"python -m steps check {ENGINE}"
        )
    return path


def check(number, path=None, limit=LIMIT, python=None, engine=None, full=False):
    """Run the tests of a step on a file, the reader's own, and return a Verdict.

    engine is a file that takes the place of dezero.core_simple: the reader's step 22.
    Without full, tests marked long and a program that takes long are left out.
    """
    path = Path(path or my_step(number)).resolve()
    if not path.exists():
        raise StepError(
            f"there is no {shown(path)} yet; begin it with: "
            f"python -m steps start {number}"
        )
    verdict = Verdict(number, path, limit=limit)
    verdict.empty = not path.read_bytes().strip()
    verdict.broken = unreadable(path)
    if verdict.empty or verdict.broken:
        return verdict
    lesson = read_lesson(find_steps()[number], read_ledger())
    verdict.gaps = path.read_text(encoding="utf-8").count(f'"{YOURS}')
    verdict.tasks = len(tasks(lesson))
    python = python or machine.python("test")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.jsonl"
        run_tests(verdict, python, report, limit, engine, full)
        printed = Path(f"{report}.printed")  # by a test that ran the program
        whys = {x.get("why") for x in verdict.tests}
        verdict.short = LONG_PROGRAM in whys and not printed.exists()
        if verdict.failures or verdict.endless or verdict.broken or verdict.short:
            return verdict
        step = lesson.step
        if printed.exists():
            verdict.output = missing_line(step, printed.read_text(encoding="utf-8"))
        else:
            verdict.output = missing_output(step, path, python, folder, limit, engine)
    return verdict


def unreadable(path):
    """Return why Python cannot read a file, or an empty text."""
    try:
        compile(path.read_text(encoding="utf-8"), str(path), "exec")
    except SyntaxError as error:
        line = (error.text or "").rstrip("\n")
        mark = " " * max(0, (error.offset or 1) - 1) + "^"
        return f"line {error.lineno}: {error.msg}\n{line}\n{mark}"
    except UnicodeDecodeError as error:
        return f"it is not UTF-8 text: {error}"
    return ""


def run_tests(verdict, python, report, limit, engine, full):
    """Run pytest in a process of its own and read what plugin wrote down."""
    tests = ROOT / "tests" / f"test_step{verdict.number:02d}.py"
    environment = {
        **os.environ,
        "STEPS_MINE": f"{verdict.number}={verdict.path}",
        "STEPS_REPORT": str(report),
        "STEPS_ENGINE": str(engine or ""),
        "STEPS_SHORT": "" if full else "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # they cost a second
    }
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tests)]
    command += ["--no-header", "--tb=native"]
    try:
        run = child.run(command, ROOT, limit, environment)
        verdict.stderr = run.stderr[-2000:] + run.stdout[-2000:]
    except subprocess.TimeoutExpired:
        pass  # the plugin ends the process before; this is in case it cannot
    begun = ""
    if report.exists():
        for line in report.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            if "begin" in entry:
                begun = entry["begin"]
            else:
                begun = ""
                if verdict.tests and verdict.tests[-1]["test"] == entry["test"]:
                    continue  # its fixtures failed after it did
                verdict.tests.append(entry)
    if begun:
        verdict.endless = begun
        verdict.stack = where(Path(f"{report}.stack"), verdict.path)
    elif not verdict.tests:
        verdict.broken = f"its tests could not be run:\n{verdict.stderr}"


def where(stack, path):
    """Return the innermost place in the reader's file in a dumped stack.

    That is a line. For some instructions Python has none, and writes "line ???"; then
    it is the function.
    """
    if not stack.exists():
        return ""
    text = stack.read_text(encoding="utf-8", errors="replace")
    place = re.search(rf'{re.escape(path.name)}", line (\S+) in (.+)', text)
    if not place:
        return ""
    line, function = place.groups()
    if line.isdigit():
        return f"at line {line}"
    return "outside of any function" if function == "<module>" else f"in {function}"


def missing_output(step, path, python, folder, limit, engine):
    """Return the first line of Output: that the file does not print, or None.

    Other lines do no harm, so that readers may print what they want to look at; nor
    does another order, which may be as good as ours.
    """
    command = [python, "-W", "error", *program(path, engine)]
    try:
        run = child.run(command, folder, limit)
    except subprocess.TimeoutExpired:
        return f"(stopped after {limit:g} s: is there a loop that never ends?)"
    if run.returncode:
        return f"(the program stopped)\n{run.stderr.strip()[-1500:]}"
    return missing_line(step, run.stdout)


def missing_line(step, printed):
    """Return the first line of Output: that was not printed, or None."""
    _, missing = match_lines(step.output, printed, step.rtol)
    return missing[0] if missing else None
