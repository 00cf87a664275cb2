"""Lists of the steps: for the terminal, and for README.md."""

import re

from .reader import STEPS, StepError, by_chapter, read_steps

README = STEPS.parent / "README.md"
BEGIN, END = "<!-- steps -->", "<!-- /steps -->"


def list_steps(folder=STEPS):
    """Return the list of steps as text."""
    lines = []
    for heading, steps in by_chapter(read_steps(folder)):
        lines += ["", heading]
        lines += [f"  {s.number:02d}  {s.title}" for s in steps]
    return "\n".join(lines[1:])


def table(folder=STEPS):
    """Return the table of steps for README.md."""
    lines = []
    for heading, steps in by_chapter(read_steps(folder)):
        lines += ["", f"### {heading}", ""]
        number = heading.split()[1]
        notebook = f"notebooks/chapter{number}.ipynb"
        if (folder.parent / notebook).exists():
            lines += [f"As a notebook: [{notebook}]({notebook})", ""]
        lines += ["| | step | its one idea |", "|---|---|---|"]
        for step in steps:
            link = f"[{step.number:02d}](steps/{step.path.name})"
            words = [
                re.sub(r"([*_|<`])", r"\\\1", text)  # not as Markdown
                for text in (step.title, step.idea)
            ]
            lines.append(f"| {link} | {' | '.join(words)} |")
    return "\n".join(lines[1:])


def with_table(text, folder=STEPS):
    """Return the text of README.md with today's table of steps."""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise StepError(f"README.md needs the lines {BEGIN} and {END}")
    return f"{head}{BEGIN}\n\n{table(folder)}\n\n{END}{tail}"
