"""Small programs beside the steps: answers to the exercises, and milestones.

steps/answers/answer04.py answers the exercise of step 4, and milestones/chapter1.py
here closes chapter 1. Their docstrings have a title, a text, and `Output:`.
steps/answers/check04.py judges a reader's answer: START is what that begins with.
"""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from .reader import HEADER, STEPS, StepError, parse_step, read_output

ANSWERS = STEPS / "answers"
MILESTONES = STEPS / "book" / "milestones"


@dataclass
class Program:
    """A small program: its title, what it explains, its code, what it prints."""

    path: Path
    number: int  # of the step, or of the chapter
    title: str
    text: str
    code: str
    output: str
    rtol: float = 1e-9


def find_answers(folder=ANSWERS):
    """Return {number of the step: path} of the files answerNN.py, in order."""
    paths = sorted(Path(folder).glob("answer[0-9][0-9].py"))
    return {int(path.stem[6:]): path for path in paths}


def read_answer(path):
    """Return the answer in a file; raise StepError if its form is wrong."""
    number = int(path.stem[6:])
    return read_program(path, number, f"Answer to the exercise of step {number}.")


def find_checks(folder=ANSWERS):
    """Return {number of the step: path} of the files checkNN.py, in order."""
    paths = sorted(Path(folder).glob("check[0-9][0-9].py"))
    return {int(path.stem[5:]): path for path in paths}


def read_start(path):
    """Return START of a check, without running the file."""
    for node in parse_step(path).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "START":
            return ast.literal_eval(node.value).strip("\n")
    raise StepError(f"{path.name} has no START, the beginning of the reader's file")


def find_milestones(folder=MILESTONES):
    """Return {number of the chapter: path} of the files chapterN.py, in order."""
    paths = sorted(Path(folder).glob("chapter[0-9].py"))
    return {int(path.stem[7:]): path for path in paths}


def read_milestone(path):
    """Return the milestone in a file; raise StepError if its form is wrong."""
    return read_program(path, int(path.stem[7:]), "Milestone: ")


def read_program(path, number, title):
    """Return the Program in a file whose title begins like this."""
    tree = parse_step(path)
    heading, _, body = (ast.get_docstring(tree) or "").partition("\n\n")
    if not heading.startswith(title) or not heading.endswith("."):
        raise StepError(
            f"{path.stem}: the docstring must start with {title!r}, got {heading!r}"
        )
    mark = next((m for m in HEADER.finditer(body) if m[1].startswith("Output")), None)
    text = body[: mark.start()].strip() if mark else ""
    if not text:
        raise StepError(
            f"{path.stem}: the docstring needs a few sentences, and then 'Output:'"
        )
    lines = path.read_text(encoding="utf-8").splitlines()
    code = "\n".join(lines[tree.body[0].end_lineno :]).strip("\n")
    output = read_output(path, body[mark.end() :])
    rtol = re.search(r"rtol (.*)\)", mark[1])
    rtol = float(rtol[1]) if rtol else 1e-9
    return Program(path, number, heading.rstrip("."), text, code, output, rtol)
