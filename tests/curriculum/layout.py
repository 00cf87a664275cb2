"""Check 7: a step reads from top to bottom, also on a phone, and names its place."""

import ast
import re

from book.code import names_of

TEXT = 42  # lines of docstring before Output:
BLOCK = 60  # columns of a drawing, a table, a formula, or of output

RULE = (
    "write 'In the package: dezero/core/shape.py, BroadcastTo and SumTo': a file, then "
    "names that it defines; ';' before the next file, or before a remark. A step that "
    "adds nothing there begins with 'nothing;' and a remark"
)


def check_layout(lessons, package, later=()):
    """The text is short and narrow, new code stands first, its place is named.

    later has the names of the steps that may still differ; it only shrinks.
    """
    problems = []
    for lesson in lessons.values():
        found = [
            *long_text(lesson),
            *wide_blocks(lesson),
            *carried_first(lesson),
            *place(lesson, package),
        ]
        if lesson.name not in later:
            problems += [f"{lesson.name}: {text}" for text in found]
        elif not found:
            problems.append(f"LATER_FORM: {lesson.name} has its form now: take it out")
    return problems


def docstring(lesson):
    """Return the lines of the docstring as they stand in the file."""
    return lesson.lines[: lesson.tree.body[0].end_lineno]


def long_text(lesson):
    lines = docstring(lesson)
    before = [at for at, line in enumerate(lines) if line.startswith("Output")]
    count = before[-1] if before else len(lines)
    if count > TEXT:
        yield f"{count} lines of docstring before Output:, more than {TEXT}"


def wide_blocks(lesson):
    for at, line in enumerate(docstring(lesson), start=1):
        columns = len(line) - 4
        if line.startswith("    ") and columns > BLOCK:
            yield (
                f"line {at}: a block {columns} columns wide, its indentation not "
                f"counted, more than {BLOCK}"
            )


def carried_first(lesson):
    """Yield what is carried over above new code that can do without it."""
    yield from sections(lesson, lesson.tree.body, 0, "")
    for node in lesson.tree.body:
        if isinstance(node, ast.ClassDef):
            yield from sections(lesson, node.body, 4, f"{node.name}.")


def sections(lesson, body, columns, prefix):
    """Compare each carried section of a file, or of a class, with what is new below."""
    carried, waiting = [], None  # (names, line) of the sections, closed by a new one
    for node in body:
        keys = [prefix + name for name in names_of(node)]
        found = [lesson.definitions[key] for key in keys if key in lesson.definitions]
        if not found:
            continue
        if found[0].carried:
            waiting = waiting or (set(), node.lineno)
            waiting[0].update(names_of(node))
        elif waiting:
            carried.append(waiting)
            waiting = None
    for names, line in carried:
        below = [
            node
            for node in body
            if node.lineno > line
            and any(
                not lesson.definitions[prefix + name].carried
                for name in names_of(node)
                if prefix + name in lesson.definitions
            )
        ]
        if not any(needed_at_once(node) & names for node in below):
            what = prefix + sorted(names)[0]
            yield (
                f"line {line}: {what} is carried over, but stands above new code that "
                "needs nothing of it as a base class or decorator: put it last, below "
                "'# --- carried over ---'"
            )


def needed_at_once(node):
    """Return the names that Python looks up when it reads a statement.

    Bases, decorators, defaults and values, and what stands in the body of a class, but
    not what stands in a function.
    """
    names = set()
    parts = [node]
    while parts:
        part = parts.pop()
        if isinstance(part, ast.Name):
            names.add(part.id)
        if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)):
            parts += part.decorator_list + part.args.defaults
            parts += [d for d in part.args.kw_defaults if d]
        elif isinstance(part, ast.Lambda):
            parts += part.args.defaults
        else:
            parts += ast.iter_child_nodes(part)
    return names


def place(lesson, package):
    """Yield what is wrong with 'In the package:'."""
    text = lesson.step.in_package
    if not text:
        yield f"the docstring has no 'In the package:' before Output:; {RULE}"
        return
    parts = [part.strip().rstrip(".") for part in text.split(";")]
    if not (parts[0].startswith("nothing") or parts[0].startswith("dezero/")):
        yield f"'In the package: {text}' begins with no file; {RULE}"
    for part in parts:
        if not part.startswith("dezero/"):
            continue
        file, *names = re.split(r", | and ", part)
        defined = package.defined_in(file)
        if defined is None:
            yield f"In the package: there is no {file}; {RULE}"
            continue
        for name in names:
            if name not in defined:
                yield f"In the package: {file} does not define {name!r}; {RULE}"
