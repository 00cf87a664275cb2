"""What the reader sees after a check: the first thing that is wrong, and what to do."""

import re
import textwrap

from .places import shown
from .stubs import YOURS

WIDTH = 72

# What pytest says, and what a program does, where input() finds nobody who types.
ASKED = ("pytest: reading from stdin", "EOFError: EOF when reading a line")
NO_KEYS = (
    "input() waits until somebody types, and a check cannot type anything. Write the "
    "value into the code instead."
)


def report(verdict, tries=0, command=None):
    """Return what to say about a Verdict, as a list of lines."""
    lines = [f"{shown(verdict.path)}"]
    if verdict.empty:
        lines += ["", "This file is empty. To make it again, with its gaps:"]
        lines += [f"    python -m steps start {verdict.number} --force"]
    elif verdict.broken:
        lines += ["", "Python cannot run this file:"]
        lines += indented(verdict.broken)
    elif verdict.endless:
        where = f" It was {verdict.stack}." if verdict.stack else ""
        lines += [
            "",
            *wrapped(
                f"{sentence(verdict.endless)}: stopped after {verdict.limit:g} "
                f"seconds. Is there a loop that never ends?{where}"
            ),
        ]
    elif verdict.failures:
        lines += count(verdict) + failure(verdict)
    elif verdict.output is not None:
        lines += count(verdict)
        lines += ["", "All tests pass, but this line is not printed:"]
        lines += indented(without_input(verdict.output))
    else:
        return [*lines, *count(verdict), *left_out(verdict)]
    lines += ["", *whats_next(verdict, tries, command)]
    return lines


def count(verdict):
    """Say how many tests pass."""
    total = len([x for x in verdict.tests if x["passed"] is not None])
    left = (
        f", {verdict.gaps} gap{'s' * (verdict.gaps != 1)} left" if verdict.gaps else ""
    )
    return [f"{verdict.passed} of {total} tests of step {verdict.number} pass{left}."]


def left_out(verdict):
    """Say what a check left out because it takes long."""
    if not verdict.short:
        return []
    more = f"python -m steps check {verdict.number} --full"
    return [
        "",
        *wrapped(
            "Its program trains for a while, so it was not run. To check that it "
            "prints its Output:"
        ),
        f"    {more}",
        "",
    ]


def failure(verdict):
    """Say what the first failing test did, expected and got."""
    first = verdict.failures[0]
    task, line = gap(first)
    if task:
        place = f"in line {line}" if line else "that says"
        untouched = verdict.gaps >= verdict.tasks
        begin = "Nothing is broken: the gaps in this file are your task. " * untouched
        return [
            "",
            *wrapped(f"{begin}A test stopped at the gap {place}:"),
            *indented("\n".join(textwrap.wrap(task, WIDTH - 2))),
        ]
    lines = ["", f"First: {sentence(first['test'])}"]
    if first["did"]:
        lines += ["", "  the test", *indented(without_fixtures(first["did"]), 4)]
    if first["expected"] is not None:
        lines += ["  expected", *indented(first["expected"], 4)]
        lines += ["  got", *indented(first["got"], 4)]
    elif first["error"] == "AssertionError" or first["error"] == "Failed":
        lines += [
            "  but",
            *indented(
                without_places(without_input(first["said"])) or "that is not the case",
                4,
            ),
        ]
    else:
        error = f"{first['error']}: {first['said']}"
        lines += ["  error", *indented(without_input(error), 4)]
    if first["inside"]:
        at, text = first["inside"]
        lines += [f"  in your file, line {at}", *indented(text, 4)]
    if first["printed"]:
        lines += ["  you printed", *indented(first["printed"], 4)]
    return lines


def without_fixtures(code):
    """Return the code of a test as a reader would write it, without load_step."""

    def importing(match):
        return f"import step{int(match[2]):02d} as {match[1]}"

    code = re.sub(r"(?m)^(\w+) = load_step\((\d+)\)$", importing, code)
    return re.sub(r"\bload_step\(\d+\)\.", "", code)


def without_input(said):
    """Return an error message, or what to do about it if input() is the reason.

    Of a program, the line that called input() stays.
    """
    if not any(sign in said for sign in ASKED):
        return said
    calls = re.findall(r", (line \d+), in .*\n(.*)", said)
    place = [f"{calls[-1][0]}: {calls[-1][1].strip()}"] if calls else []
    return "\n".join([*place, *textwrap.wrap(NO_KEYS, WIDTH - 4)])


def without_places(said):
    """Return pytest's text on an assert, without the places of modules and classes."""
    lines = [
        line
        for line in said.strip().split("\n")
        if not re.match(r"\s*\+\s+(where|and) +<(class|function|module|bound)", line)
    ]
    return "\n".join(lines)


def gap(failure):
    """Return the task of the gap that a test ran into, and its line; else None, None.

    The test may have called it, or run the program that stopped there.
    """
    said, inside = failure["said"], failure["inside"]
    if failure["error"] == "NotImplementedError" and said.startswith(YOURS):
        return said.removeprefix(YOURS), inside and inside[0]
    task = re.search(f"NotImplementedError: {YOURS}(.*)", said)
    lines = re.findall(r", line (\d+), in ", said)
    return (task[1], lines[-1] if lines else None) if task else (None, None)


def whats_next(verdict, tries, command):
    """Say which command to type next."""
    again = f"Then: python -m steps {command or f'check {verdict.number}'}"
    lines = [again]
    if tries >= 2:
        lines.append(f"Stuck? python -m steps hint {verdict.number}")
    return lines


def sentence(name):
    """Return the name of a test as words: test_value_by_hand[3] as value by hand."""
    name, _, case = name.removeprefix("test_").partition("[")
    return name.replace("_", " ") + (f" ({case.rstrip(']')})" if case else "")


def exercise_report(found, printed, place="file"):
    """Return the lines on an exercise: what agrees, and the first difference.

    place is where the reader wrote it: in a file, or in the cell of a notebook.
    """
    lines = []
    you_printed = ["    you printed", *indented(printed, 6)] if printed else []
    for entry in found:
        if "error" in entry:
            at = f"line {entry['line']} of your {place}" if entry["line"] else ""
            if "your turn" in entry["error"]:
                return [*lines, f"  not written yet{at and ', '}{at}"]
            lines += [f"  stopped{at and f' ({at})'}:", *indented(entry["error"], 6)]
            return lines + you_printed
        if "what" in entry:
            if not entry["ok"]:
                lines += [f"  not yet: {entry['what']}"]
                lines += ["    expected", *indented(entry["expected"], 6)]
                lines += ["    got", *indented(entry["got"], 6)]
                return lines + you_printed
            lines.append(f"  right: {entry['what']}")
    return lines


def indented(text, blanks=2):
    """Return the lines of a text, indented; long ones are cut."""
    lines = []
    for line in str(text).strip("\n").split("\n")[:12]:
        room = WIDTH - blanks
        lines.append(
            " " * blanks + (line if len(line) <= room else line[: room - 4] + " ...")
        )
    return lines


def wrapped(text):
    """Return a sentence as lines of at most WIDTH columns."""
    return textwrap.wrap(text, WIDTH)
