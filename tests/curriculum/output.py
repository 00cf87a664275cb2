"""Check 1: a step prints what its docstring says, to the digits that it says."""

import re

from book.output import difference


def check_output(lessons, runs):
    """Every step prints what its Output: says, offline, and leaves nothing behind."""
    problems = []
    for number, run in runs.items():
        step, name = lessons[number].step, lessons[number].name
        if step.output is None:
            problems.append(f"{name}: the docstring has no 'Output:' block")
        elif not step.output.isascii():
            problems.append(f"{name}: Output must be ASCII, to be the same on any OS")
        if run.returncode != 0:
            problems.append(f"{name}: exit code {run.returncode}\n{run.stderr.strip()}")
            continue
        if run.stderr:
            problems.append(f"{name}: writes to stderr: {run.stderr.strip()}")
        if step.output is not None:
            text = difference(step.output, run.stdout, step.rtol)
            if text:
                problems.append(f"{name}: Output: is not what it prints, {text}")
        if run.imported:
            problems.append(f"{name}: importing it prints {run.imported!r}")
        if run.left:
            problems.append(
                f"{name}: writes {', '.join(run.left)} into the current directory; "
                "pictures go to figures/"
            )
        for picture in re.findall(r"figures/\S+\.\w+", run.stdout):
            if not (step.path.resolve().parents[1] / picture).is_file():
                problems.append(f"{name}: prints {picture} but writes no such file")
    return problems


def check_again(lessons, runs, again):
    """Run as `python stepNN.py`, with other hashes, a step prints the same."""
    problems = []
    for number, run in again.items():
        name = lessons[number].name
        text = difference(runs[number].stdout, run.stdout)
        if run.returncode or run.stderr:
            problems.append(f"{name}: fails as a program\n{run.stderr.strip()}")
        elif text:
            problems.append(f"{name}: the second run is not like the first, {text}")
    return problems
