"""The worked answers to the exercises, in steps/answers."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from .reader import HEADER, STEPS, StepError, parse_step, read_output

ANSWERS = STEPS / "answers"
TITLE = re.compile(r"Answer to the exercise of step (\d+)\.")


@dataclass
class Answer:
    """What an answer explains, and what it prints."""

    path: Path
    number: int
    text: str
    output: str
    rtol: float = 1e-9


def find_answers(folder=ANSWERS):
    """Return {number of the step: path} of the files answerNN.py, in order."""
    paths = sorted(Path(folder).glob("answer[0-9][0-9].py"))
    return {int(path.stem[6:]): path for path in paths}


def read_answer(path):
    """Return the Answer in a file; raise StepError where it has not its form."""
    doc = ast.get_docstring(parse_step(path)) or ""
    heading, _, body = doc.partition("\n\n")
    match = TITLE.fullmatch(heading)
    if not match or int(match[1]) != int(path.stem[6:]):
        raise StepError(
            f"{path.stem}: the docstring must start with 'Answer to the exercise of "
            f"step {int(path.stem[6:])}.', got {heading!r}"
        )
    mark = next((m for m in HEADER.finditer(body) if m[1].startswith("Output")), None)
    text = body[: mark.start()].strip() if mark else body.strip()
    if not mark or not text:
        raise StepError(
            f"{path.stem}: the docstring needs a few sentences that say what was "
            "found, and an 'Output:' block"
        )
    answer = Answer(path, int(match[1]), text, read_output(path, body[mark.end() :]))
    if "rtol" in mark[1]:
        answer.rtol = float(mark[1][len("Output (rtol ") : -1])
    return answer
