"""try: the exercise of a step as a small file, judged if a program can judge it.

steps/answers/checkNN.py has START, the beginning of the reader's file, and
check(mine), which yields (what, expected, got) for the reader's module. If there is no
such file, the exercise is a question with a written answer.
"""

import json
import subprocess
import tempfile
import textwrap
from pathlib import Path

import machine
from book.answers import find_answers, find_checks, read_answer, read_start
from book.reader import STEPS, find_steps, read_step

from . import child, places

LIMIT = 60  # seconds of work; a loop without end stops there

# Runs check(mine) in a process of its own.
COMPARE = Path(__file__).with_name("compare.py")


def check_of(number):
    """Return the file that judges an exercise, or None if no program can."""
    return find_checks().get(number)


def mine(number):
    """Return where the reader's file of an exercise is, or will be."""
    return places.folder() / f"exercise{number:02d}.py"


def begin(number):
    """Return the text of the reader's file of an exercise."""
    exercise = read_step(find_steps()[number]).exercise
    text = f'"""Exercise of step {number}: {exercise}'.replace("\\", "\\\\")
    text = textwrap.fill(text, 72)
    if check_of(number):
        code = read_start(check_of(number))
        end = f"When you have written it: python -m steps try {number}"
    else:
        code = "# Try it here.\n"
        end = (
            "No program can judge this one. When you have an answer of your\n"
            f"own: python -m steps try {number} --answer"
        )
    return f'{text}\n\n{end}\n"""\n\n{code.strip()}\n'


def judge(number, path=None, limit=LIMIT, python=None):
    """Return the lines of JSON that a check wrote about the reader's file."""
    path = Path(path or mine(number)).resolve()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.jsonl"
        command = [python or machine.python("test"), str(COMPARE)]
        command += [str(STEPS), str(path), str(check_of(number)), str(report)]
        try:
            run = child.run(command, folder, limit)
            printed = run.stdout
        except subprocess.TimeoutExpired:
            text = f"stopped after {limit} s: is there a loop that never ends?"
            return [{"error": text, "line": None}], ""
        lines = []
        if report.exists():
            lines = report.read_text(encoding="utf-8").splitlines()
        if not lines:  # os._exit, for one
            text = run.stderr.strip()[-800:] or "Python ended before the check did"
            return [{"error": text, "line": None}], printed
        return [json.loads(line) for line in lines], printed


def passes(found):
    """Say whether a check ran to its end and found everything right."""
    return found[-1:] == [{"done": True}] and all(x.get("ok", True) for x in found)


def shown_answer(number):
    """Return where the worked answer is, as the reader would type it."""
    return places.shown(find_answers()[number])


def answer(number):
    """Return the worked answer as lines: where it is, and what it explains."""
    text = read_answer(find_answers()[number]).text
    return [f"The answer ({shown_answer(number)}):", "", text]
