"""The proof of check: what must pass passes, and what must fail fails.

    python tests/proof.py              all steps and all bugs, half an hour
    python tests/proof.py quick        a step of each chapter, a minute or two
    python tests/proof.py 16 17        these steps, and the bugs hidden in them
    python tests/proof.py stub bug     these kinds of files only, of all steps

Each file is judged as `python -m steps check` does, in processes of its own, two at a
time. For each step:

    reference  our file passes
    own        so does one that was written another way, where we have one
    stub       what `start` writes fails, and the reader is told that this is the task
    empty      an empty file fails
    printed    a file that only prints what stands under Output: fails
    before     the file of the step before fails
    bug        each bug of the museum in this step is caught by its tests

Not a test of the suite, since it takes a process or two for each of 400 files. quick
judges four kinds of files of a few cheap steps, and looks whether the line that each
bug of the museum changes is still there.
"""

import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

# Last, since numpy.py there is not NumPy.
sys.path.append(str(Path(__file__).resolve().parents[1] / "steps"))

import test_own_solutions as own
from book.code import read_lessons
from book.reader import STEPS, StepError, find_steps
from practice import judge
from practice.bugs import read_bugs
from practice.report import gap, report
from practice.stubs import YOURS, stub, tasks

KINDS = ["reference", "own", "stub", "empty", "printed", "before", "bug"]
QUICK = [6, 16, 32, 41, 52, 62, 73], ["reference", "stub", "empty", "printed"]
LIMIT = 300  # seconds for one file: CI's machines are slow

# Steps whose file of before may pass, with the reason.
BEFORE_MAY_PASS = {}


@dataclass
class Case:
    """A file to be judged by the tests of a step, and whether it must pass."""

    number: int
    kind: str
    name: str
    text: str

    @property
    def title(self):
        return f"step {self.number}, {self.name}"


def cases_of(number, lessons, museum):
    """Yield the Cases of a step; those that cannot be are left out."""
    lesson = lessons[number]
    text = "\n".join(lesson.lines) + "\n"
    yield Case(number, "reference", "reference", text)
    if number in own.ALL:
        yield Case(number, "own", "own", own.filled(number))
    if tasks(lesson):
        earlier = [lessons[n] for n in sorted(lessons) if n < number]
        yield Case(number, "stub", "stub", stub(lesson, False, earlier))
    yield Case(number, "empty", "empty", "")
    printed = f"if __name__ == '__main__':\n    print({lesson.step.output!r})\n"
    yield Case(number, "printed", "printed", printed)
    if number - 1 in lessons and number not in BEFORE_MAY_PASS:
        before = "\n".join(lessons[number - 1].lines) + "\n"
        yield Case(number, "before", "before", before)
    for bug in museum.values():
        if bug.step == number:
            yield Case(number, "bug", f"bug {bug.number}", bug.text())


def judged(case, folder):
    """Return the Verdict on a Case, the problem with it (or ""), and the seconds."""
    path = Path(folder) / case.name.replace(" ", "") / f"step{case.number:02d}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(case.text, encoding="utf-8")
    begin = time.perf_counter()
    verdict = judge.check(case.number, path, LIMIT)
    return verdict, problem(case, verdict), time.perf_counter() - begin


def problem(case, verdict):
    """Return what is wrong with a Verdict, or an empty text."""
    if case.kind in ("reference", "own"):
        return "" if verdict.ok else "does not pass:\n" + "\n".join(report(verdict))
    if verdict.ok:
        return "passes, and must not"
    if case.kind == "stub" and not says_task(verdict):
        return "does not say what the task is:\n" + "\n".join(report(verdict))
    if case.kind == "bug" and (verdict.broken or verdict.endless):
        return "does not run:\n" + "\n".join(report(verdict))
    return ""


def says_task(verdict):
    """Say whether the first thing that a reader is told is a gap to be filled."""
    if verdict.failures:
        return gap(verdict.failures[0]) != (None, None)
    return YOURS in (verdict.broken or verdict.output or "")


def caught_by(verdict):
    """Return what noticed that a file is wrong, in a few words."""
    names = [failure["test"] for failure in verdict.failures]
    return names[0] if names else "Output" if verdict.output else "-"


def main(words):
    """Judge what the words name, print a table, and return the exit code."""
    lessons, museum = read_lessons(STEPS), read_bugs()
    if words == ["quick"]:
        words = [*map(str, QUICK[0]), *QUICK[1]]
    for bug in museum.values():
        bug.text()  # or a StepError: its line is gone
    numbers = [int(word) for word in words if word.isdigit()] or sorted(lessons)
    kinds = [word for word in words if not word.isdigit()] or KINDS
    unknown = set(kinds) - set(KINDS) | set(numbers) - set(find_steps())
    if unknown:
        raise StepError(f"no such step or kind: {sorted(map(str, unknown))}")
    cases = [
        case
        for number in numbers
        for case in cases_of(number, lessons, museum)
        if case.kind in kinds
    ]
    problems, begin = [], time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda case: judged(case, folder), cases)
        for case, (verdict, wrong, seconds) in zip(cases, results):
            sign = "WRONG" if wrong else "ok"
            by = "" if verdict.ok else caught_by(verdict)
            print(f"{case.number:4}  {case.name:9} {sign:5} {seconds:6.1f} s  {by}")
            sys.stdout.flush()
            if wrong:
                problems.append(f"{case.title}: {wrong}")
    for text in problems:
        print(f"\n{text}")
    total = time.perf_counter() - begin
    print(f"\n{len(cases)} files, {len(problems)} wrong, {total:.0f} s")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
