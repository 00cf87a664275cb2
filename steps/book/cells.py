"""The cells of a step: its text, its definitions, its demo, its pictures."""

import ast
import builtins
import itertools
import re

from .answers import ANSWERS, find_checks, read_start
from .code import dotted_path, first_line, is_main, is_stored_name, names_of
from .ipynb import cell
from .prose import markdown, prose
from .reader import MARKER


def step_cells(lesson, links, shadowed):
    """Return the cells of a step.

    shadowed maps Python's own names to the step of this chapter that has used one
    for something else, as step 39 uses sum.
    """
    step, name = lesson.step, lesson.name
    numbers = itertools.count(1)
    cells = []

    def add(kind, source, **metadata):
        cells.append(cell(kind, f"{name}-{next(numbers):02d}", source, **metadata))

    add("markdown", step_text(lesson, links))
    if context := missing(lesson):
        add("code", context)
    if found := head(lesson, shadowed):
        add("code", found)
    for carried, origins, text, source in definitions(lesson):
        if carried:
            *most, last = map(str, origins or ["?"])
            names = f"s {', '.join(most)} and {last}" if most else f" {last}"
            title = f"# Carried over from step{names}"
            hidden = {"jupyter": {"source_hidden": True}, "tags": ["carried-over"]}
            add("code", f"{title}\n\n{source}", **hidden)
            continue
        if text:
            add("markdown", markdown(text, links))
        add("code", source)
    shown = pictures(step)
    parts = demos(lesson)
    sources = [source for _, source in parts]
    last = {  # a picture follows the last cell that names it
        picture: max((i for i, x in enumerate(sources) if picture in x), default=-1)
        for picture in shown
    }
    for i, (text, source) in enumerate(parts):
        if text:
            add("markdown", markdown(text, links))
        add("code", source)
        for picture, at in last.items():
            if at % len(parts) == i:
                add("code", f'Picture("../figures/{picture}")')
    if step.exercise:
        words = prose(capital(step.exercise, names_used(lesson)), links)
        add("markdown", f"### Exercise\n\n{words}\n\n{commands(step.number)}")
        source = exercise(step.number, shadowed)
        cells.append(cell("code", f"{name}-exercise", source))
        cells.append(cell("code", f"{name}-check", f"check({step.number})"))
        shadowed |= dict.fromkeys(own_builtins(ast.parse(source)), step.number)
    shadowed |= dict.fromkeys(own_builtins(lesson.tree), step.number)
    return cells


def exercise(number, shadowed=()):
    """Return the cell of an exercise: what the reader's file begins with in `try`.

    Its program is left out, because it needs what is not written yet.
    """
    yours = f"# your code for step {number}"
    if number not in find_checks():
        return yours
    start = read_start(find_checks()[number])
    body = ast.parse(start).body
    if is_main(body[-1]):
        start = "\n".join(start.split("\n")[: body[-1].lineno - 1])
    answer = ANSWERS / f"answer{number:02d}.py"
    if shadowed and answer.exists():
        used = ast.parse(answer.read_text(encoding="utf-8"))
        start = "\n\n".join(filter(None, [back(used, shadowed), start]))
    return f"{yours}\n\n{start.strip()}"


def capital(text, code=()):
    """Return a sentence with a capital letter, unless it begins with a name."""
    word = re.match(r"([a-z]+) ", text)
    if not word or len(word[1]) == 1 or word[1] in code:
        return text
    return text[0].upper() + text[1:]


def names_used(lesson):
    """Return the names that a sentence about a step may begin with."""
    return {*lesson.definitions, "max", "min", "sum", "len", "repr"}


def commands(number):
    """Return what a reader can do about the exercise of a step, and about the step."""
    answer = f"answer{number:02d}.py"
    judged = "No program can judge this one."
    if number in find_checks():
        judged = (
            "Write your answer in the first cell below and run it; the second says "
            f"what is right. In a terminal, `python -m steps try {number}` does the "
            "same with a file."
        )
    ours = f" [Our answer](../steps/answers/{answer}) explains what we found."
    ours *= (ANSWERS / answer).exists()
    return (
        f"{judged}{ours}\n\n"
        f"`python -m steps diff {number}` shows what this step adds, "
        f"`python -m steps start {number}` gives it to you with gaps to fill, and "
        "`python -m steps where NAME` says which step explains a name."
    )


def step_text(lesson, links):
    """Return the text of a step: heading, prose, and where its code lives."""
    step, links = lesson.step, {**links, lesson.number: None}
    heading = f"## Step {step.number}. {prose(step.title)}: {prose(step.idea)}"
    line = f"> File: [steps/{step.path.name}](../steps/{step.path.name})."
    if step.in_package:
        line += f" In the package: {place(step.in_package)}."
    # an anchor of our own: each program makes another one of a heading
    top = f'<a id="{lesson.name}"></a>\n\n{heading}'
    return f"{top}\n\n{markdown(step.prose, links)}\n\n{line}"


def place(text):
    """Return what follows 'In the package:' as Markdown, its files as links."""
    parts = []
    for part in text.rstrip(".").split("; "):
        if not part.startswith("dezero/"):
            parts.append(prose(part))
            continue
        file, *names = re.split(r"(, | and )", part)
        names = [f"`{x}`" if i % 2 else x for i, x in enumerate(names)]
        parts.append(f"[`{file}`](../{file}){''.join(names)}")
    return "; ".join(parts)


def missing(lesson):
    """Return a cell that sets what Python gives a program but not a notebook."""
    used = {
        dotted_path(node)
        for node in ast.walk(lesson.tree)
        if isinstance(node, (ast.Name, ast.Attribute))
    }
    lines = []
    if used & {"__file__", "sys.argv"}:
        lines = [
            "# A program knows its file; a notebook has to be told.",
            f'__file__ = str(STEPS / "{lesson.name}.py")',
        ]
    if "sys.argv" in used:
        long = any("--full" in line for line in lesson.lines)
        more = '  # or [__file__, "--full"], which takes longer' * long
        lines = ["import sys", "", *lines, f"sys.argv = [__file__]{more}"]
    return "\n".join(lines)


def head(lesson, shadowed):
    """Return the imports of a step in one cell."""
    nodes = [n for n in lesson.tree.body if isinstance(n, (ast.Import, ast.ImportFrom))]
    lines = []
    if nodes:
        lines = lesson.lines[nodes[0].lineno - 1 : nodes[-1].end_lineno]
    if taken := back(lesson.tree, shadowed):
        lines = [taken, ""] + lines
    return "\n".join(lines).strip("\n")


def back(tree, shadowed):
    """Return the line that gives a program back Python's own names, if needed."""
    used = {x.id for x in ast.walk(tree) if isinstance(x, ast.Name)}
    names = sorted(used & set(shadowed) - own_builtins(tree))
    steps = " and ".join(str(n) for n in sorted({shadowed[x] for x in names}))
    note = f"# step {steps} had its own"
    return f"from builtins import {', '.join(names)}  {note}" if names else ""


def own_builtins(tree):
    """Return the names of Python's own that a program uses for something else."""
    stored = {x.id for x in ast.walk(tree) if is_stored_name(x)}
    top = {node.name for node in tree.body if hasattr(node, "name")}
    imported = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    return (stored | top | imported) & vars(builtins).keys()


def statements(lines, nodes):
    """Yield (node, first line, last line), the comments above it included."""
    end = 0
    for node in nodes:
        first = first_line(node)
        while first - 1 > end and is_comment(lines[first - 2]):
            first -= 1
        end = node.end_lineno
        yield node, first, end


def is_comment(line):
    """Say whether a line is a comment that belongs to the code below it."""
    return line.strip().startswith("#") and not MARKER.fullmatch(line)


def definitions(lesson):
    """Yield (carried over?, from which steps, text, source) of cells of definitions.

    Definitions that are carried over share a cell if they are next to each other. The
    text of any other cell is the comment above its first definition.
    """
    nodes = [
        node
        for node in lesson.tree.body[1:]
        if not isinstance(node, (ast.Import, ast.ImportFrom)) and not is_main(node)
    ]
    parts = []  # (carried over?, origins, first line, last line, is a constant?)
    for node, first, last in statements(lesson.lines, nodes):
        found = lesson.definitions[names_of(node)[0]]
        origins = {found.origin} - {None}
        constant = isinstance(node, (ast.Assign, ast.AnnAssign))
        old = parts[-1] if parts else None
        if found.carried and old and old[0]:
            parts[-1] = (True, old[1] | origins, old[2], last, False)
        elif constant and old and old[4] and not found.carried and old[3] + 1 == first:
            parts[-1] = (*old[:3], last, True)
        else:
            parts.append((found.carried, origins, first, last, constant))
    for carried, origins, first, last, _ in parts:
        rows = lesson.lines[first - 1 : last]
        text, rows = ("", rows) if carried else comment_above(rows)
        yield carried, sorted(origins), text, "\n".join(rows)


def comment_above(rows):
    """Return the text of the comment that code begins with, and the rest of it."""
    at = next((i for i, row in enumerate(rows) if not row.startswith("#")), len(rows))
    text = [row.lstrip("#").removeprefix(" ") for row in rows[:at]]
    return "\n".join(text), rows[at:]


def demos(lesson):
    """Return (text, source) of what is under if __name__ == "__main__".

    Lines without a gap between them are a cell; a comment at its start is its text.
    """
    cells, end = [], None
    for _, first, last in statements(lesson.lines, lesson.main):
        lines = [line.removeprefix("    ") for line in lesson.lines[first - 1 : last]]
        if cells and not any(not line for line in lesson.lines[end : first - 1]):
            cells[-1] += lesson.lines[end : first - 1] + lines
        else:
            cells.append(lines)
        end = last
    parts = map(comment_above, cells)
    return [(text, "\n".join(rows)) for text, rows in parts]


def pictures(step):
    """Return the names of the pictures in figures/ that a step prints."""
    name = r"figures/([\w-]+?)(\d*)\.png"
    found = {}
    for match in re.finditer(rf"{name}(?: to {name})?", step.output or ""):
        stem, first, other, last = match.groups()
        if other == stem:
            numbers = range(int(first), int(last) + 1)
            found |= {f"{stem}{n}.png": None for n in numbers}
        else:
            found[f"{stem}{first}.png"] = None
    return list(found)
