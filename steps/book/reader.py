"""Which steps there are, and what the docstring of a step says."""

import ast
import re
import tomllib
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
    (73, "Modern networks"),
]

MARKER = re.compile(r" *# --- (new in this step|carried over) ---")
HEADER = re.compile(
    r"^(Exercise|In the package|Output(?: \(rtol [^)]*\))?):", re.MULTILINE
)
LEDGER = "ledger.toml"  # beside the steps
LISTS = ("teaches", "family", "extends")


class StepError(ValueError):
    """A step that is not there, or whose docstring cannot be read."""


@dataclass
class Step:
    """What the docstring of a step says, and the ledger about it.

    prose is the text above the headers; in_package says where in dezero the code of
    the step lives. output is None without Output:, and rtol is that of its numbers.
    teaches, family and extends are lists of names; words maps a term to what the ledger
    says about it, and pictures the name of a picture to a description of it.
    """

    path: Path
    number: int
    title: str
    idea: str
    prose: str = ""
    exercise: str = ""
    in_package: str = ""
    output: str | None = None
    rtol: float = 1e-9
    teaches: list = field(default_factory=list)
    family: list = field(default_factory=list)
    extends: list = field(default_factory=list)
    words: dict = field(default_factory=dict)
    pictures: dict = field(default_factory=dict)


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


def read_ledger(folder=STEPS):
    """Return {"step01": what the ledger says about it} of a folder of steps."""
    path = Path(folder) / LEDGER
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        raise StepError(f"{path.name}: {error}") from error


def read_step(path, ledger=None):
    """Return the Step that this file and its table in the ledger describe."""
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
    table = (read_ledger(path.parent) if ledger is None else ledger).get(path.stem, {})
    for key in LISTS:
        getattr(step, key).extend(table.get(key, []))
    step.words = table.get("words", {})
    step.pictures = table.get("pictures", {})

    marks = list(HEADER.finditer(body))
    step.prose = body[: marks[0].start()] if marks else body
    for mark, following in zip(marks, marks[1:] + [None]):
        text = body[mark.end() : following.start() if following else None]
        if mark[1].startswith("Output"):
            step.output = read_output(path, body[mark.end() :])
            if "rtol" in mark[1]:
                step.rtol = float(mark[1][len("Output (rtol ") : -1])
            break
        key = "exercise" if mark[1] == "Exercise" else "in_package"
        setattr(step, key, " ".join(text.split()))
    return step


def read_output(path, text):
    """Return the block under Output: without its indentation."""
    lines = [line.rstrip() for line in text.split("\n")]
    for line in lines:
        if line and not line.startswith("    "):
            raise StepError(
                f"{path.stem}: what follows 'Output:' must be indented "
                f"by 4 blanks, got {line!r}"
            )
    return "\n".join(line[4:] for line in lines).strip("\n")


def options(path):
    """Return the options, such as '--full', that the program of a step looks for."""
    found = [getattr(node, "value", None) for node in ast.walk(parse_step(path))]
    found = [x for x in found if isinstance(x, str)]
    return sorted({x for x in found if re.fullmatch(r"--[a-z][\w-]*", x)})


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
    ledger = read_ledger(folder)
    return [read_step(path, ledger) for path in find_steps(folder).values()]


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
