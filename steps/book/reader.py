"""Which steps there are, and what the docstring of a step says."""

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path

STEPS = Path(__file__).resolve().parents[1]

CHAPTERS = [  # first step, title
    (1, "Automatic differentiation"),
    (11, "Writing it naturally"),
    (25, "Higher-order derivatives"),
    (37, "Neural networks"),
    (52, "Convolution, recurrence, GPU"),
    (61, "Inside other frameworks"),
]

MARKER = re.compile(r" *# --- (?:new in this step|carried over from step (\d+)) ---")
HEADER = re.compile(
    r"(?:^|(?<=\.) +)"  # at the start of a line, or after a full stop
    r"(New|(?:Carried over from|From) step \d+|Teaches|Family|Extends"
    r"|Exercise|Output(?: \(rtol [^)]*\))?):",
    re.MULTILINE,
)
NAME = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*")


class StepError(ValueError):
    """A step that is not there, or whose docstring cannot be read."""


@dataclass
class Step:
    """What the docstring of a step says.

    prose is the text above the headers, and headers are those as they stand,
    (header, text), without Exercise and Output. teaches, family and extends are lists
    of names. new, and carried for the number of an earlier step, are lists of words,
    since "most of Variable" is allowed there. output is None without Output:, and rtol
    is that of its numbers.
    """

    path: Path
    number: int
    title: str
    idea: str
    new: list = field(default_factory=list)
    carried: dict = field(default_factory=dict)
    teaches: list = field(default_factory=list)
    family: list = field(default_factory=list)
    extends: list = field(default_factory=list)
    exercise: str = ""
    output: str | None = None
    rtol: float = 1e-9
    prose: str = ""
    headers: list = field(default_factory=list)


def find_steps(folder=STEPS):
    """Return {number: path} of the files stepNN.py, in order."""
    paths = sorted(Path(folder).glob("step[0-9][0-9].py"))
    return {int(path.stem[4:]): path for path in paths}


def parse_step(path):
    """Return the syntax tree of a step."""
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        where = f"{path.stem}, line {error.lineno}"
        raise StepError(f"{where}: {error.msg}") from error


def read_step(path):
    """Return the Step that the docstring of this file describes."""
    doc = ast.get_docstring(parse_step(path))
    heading, _, body = (doc or "").partition("\n\n")
    match = re.fullmatch(r"Step (\d+)\. (.+)\.", " ".join(heading.split()))
    if not match or ": " not in match[2]:
        raise StepError(
            f"{path.stem}: the docstring must start with a line like "
            f"'Step {int(path.stem[4:])}. Short title: the idea.', "
            f"got {heading!r}"
        )
    title, _, idea = match[2].partition(": ")
    step = Step(path, int(match[1]), title, idea)

    marks = list(HEADER.finditer(body))
    step.prose = body[: marks[0].start()] if marks else body
    for mark, following in zip(marks, marks[1:] + [None]):
        header, text = mark[1], body[mark.end() :]
        if header.startswith("Output"):
            step.output = read_output(path, text)
            if "rtol" in header:
                step.rtol = float(header[len("Output (rtol ") : -1])
            break
        if following:
            text = body[mark.end() : following.start()]
        if header != "Exercise":
            step.headers.append((header, text.strip()))
        if header == "New":
            step.new += NAME.findall(text)
        elif "step" in header:
            words = step.carried.setdefault(int(header.split()[-1]), [])
            words += NAME.findall(text)
        elif header == "Exercise":
            step.exercise = " ".join(text.split())
        else:
            getattr(step, header.lower()).extend(read_names(path, header, text))
    return step


def read_names(path, header, text):
    """Return the names of a list with commas, a full stop optional."""
    names = " ".join(text.split()).rstrip(".").split(", ")
    for name in names:
        if not NAME.fullmatch(name):
            raise StepError(
                f"{path.stem}: '{header}:' must be names separated by "
                f"commas, got {name!r}"
            )
    return names


def read_output(path, text):
    """Return the block under Output: without its indentation."""
    lines = [line.rstrip() for line in text.split("\n")]
    for line in lines:
        if line and not line.startswith("    "):
            raise StepError(
                f"{path.stem}: what follows 'Output:' must be indented "
                f"by 4, got {line!r}"
            )
    return "\n".join(line[4:] for line in lines).strip("\n")


def chapter_of(number):
    """Return (number, title) of the chapter that a step belongs to."""
    chapter = sum(first <= number for first, _ in CHAPTERS)
    return chapter, CHAPTERS[chapter - 1][1]


def by_chapter(steps):
    """Yield (chapter heading, its Steps)."""
    chapters = {}
    for step in steps:
        chapters.setdefault(chapter_of(step.number), []).append(step)
    for (number, title), steps in chapters.items():
        yield f"Chapter {number} - {title}", steps


def read_steps(folder=STEPS):
    """Return the Steps of a folder, in order."""
    return [read_step(path) for path in find_steps(folder).values()]


WORD = re.compile(r"(?:step)?(\d+)(?:\.py)?")


def looks_like_a_step(argument):
    """Say whether this word is meant to name a step: 'step16.py'."""
    return bool(WORD.fullmatch(re.split(r"[/\\]", argument)[-1]))


def pick(argument, folder=STEPS):
    """Return the number of the step that an argument names.

    '16', 'step16', 'step16.py' and the path of the file all do.
    """
    steps = find_steps(folder)
    *folders, name = re.split(r"[/\\]", argument)
    match = WORD.fullmatch(name)
    if match and int(match[1]) in steps:
        path = Path(argument)
        if not folders or not path.exists():
            if folders[-1:] in ([], [Path(folder).name]):
                return int(match[1])
        elif path.samefile(steps[int(match[1])]):
            return int(match[1])
        else:
            raise StepError(
                f"{argument} is not one of the steps in {folder}: run "
                f"it with python {argument}"
            )
    raise StepError(
        f"there is no step {argument!r}; there are steps "
        f"{ranges(steps)} (python -m steps list)"
    )


def ranges(numbers):
    """Write numbers briefly: [1, 2, 3, 5] as '1-3, 5'."""
    runs = []
    for n in sorted(numbers):
        if runs and runs[-1][1] == n - 1:
            runs[-1][1] = n
        else:
            runs.append([n, n])
    return ", ".join(f"{a}-{b}" if a < b else f"{a}" for a, b in runs)
