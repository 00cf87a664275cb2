"""hint: the idea in other words, then the formula, then the first line."""

import ast
import textwrap

from book.reader import StepError

from .notes import read_hints
from .places import my_step
from .stubs import YOURS, body_of, tasks


def hint(lesson, level, name=None):
    """Return the lines of a hint: level 1, 2 or 3, for one definition of a step."""
    hints = read_hints().get(lesson.number, {})
    if level == 1 and "idea" in hints:
        idea = " ".join(hints["idea"].split())
        return ["The idea, in other words:", *indented(idea)]
    if level == 2 and "formula" in hints:
        return ["More precisely:", *indented(hints["formula"])]
    found = wanted(lesson, name)
    if found is None:
        return ["There is no gap in this step: its program is complete."]
    first = ast.unparse(body_of(found.node)[0]).split("\n")[0]
    return [f"{found.key} begins like this:", *indented(first)]


def wanted(lesson, name=None):
    """Return the definition that a hint is about: the one named, or the first gap.

    None if a step has no gap.
    """
    todo = tasks(lesson)
    if name:
        matches = [x for x in todo if x.key == name or x.key.endswith("." + name)]
        if not matches:
            names = ", ".join(x.key for x in todo)
            raise StepError(
                f"step {lesson.number} has no gap {name!r}; its gaps are {names}"
            )
        return matches[0]
    return next((x for x in todo if is_gap(lesson, x)), next(iter(todo), None))


def is_gap(lesson, found):
    """Say whether a definition is still a gap in the reader's file."""
    path = my_step(lesson.number)
    if not path.exists():
        return True
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError:
        return False
    *owner, name = found.key.split(".")
    body = tree.body
    for word in owner:
        body = next((x.body for x in body if getattr(x, "name", "") == word), [])
    node = next((x for x in body if getattr(x, "name", "") == name), None)
    return node is None or YOURS in ast.unparse(node)


def indented(text):
    """Return the lines of a text, indented; a text of one line is wrapped."""
    text = text.strip("\n")
    if "\n" not in text:
        text = textwrap.fill(text, 68)
    return textwrap.indent(text, "    ").split("\n")
