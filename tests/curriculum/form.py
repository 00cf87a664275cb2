"""Check 5: no step is empty, too long, or does anything when it is imported."""

import ast
import re
import sys

from book.code import dotted_path, first_line, is_main, names_of
from book.reader import ranges

NEW_LINES = 120
WIDTH = 72


def check_form(lessons, allowed, legacy_seeds=frozenset()):
    """No step is empty, long or wide; none does more on import than define names.

    allowed maps a step number to the packages that steps from there on may import.
    """
    problems = []
    for lesson in lessons.values():
        found = [
            *empty(lesson),
            *too_long(lesson),
            *on_import(lesson),
            *wrong_imports(lesson, allowed),
            *global_state(lesson, legacy_seeds),
        ]
        if lesson.step.number != lesson.number:
            found.append(f"the docstring says step {lesson.step.number}")
        if not lesson.step.exercise:
            found.append("the docstring has no 'Exercise:'")
        for key, d in lesson.definitions.items():
            public = not key.split(".")[-1].startswith("_") and key.count(".") == 0
            if public and not isinstance(d.node, (ast.Assign, ast.AnnAssign)):
                if not ast.get_docstring(d.node):
                    found.append(f"{key} has no docstring")
        problems += [f"{lesson.name}: {text}" for text in found]
    return problems


def check_numbers(lessons):
    """The steps are numbered 1, 2, 3 and so on."""
    numbers = list(lessons)
    if numbers == list(range(1, len(numbers) + 1)):
        return []
    return [f"steps must be numbered from 1 without gaps: {ranges(numbers)}"]


def empty(lesson):
    new = [found for found in lesson.new if isinstance(found.node, ast.FunctionDef)]
    for found in new:
        if all(is_filler(node) for node in found.node.body):
            yield f"{found.key} is empty"
    if not lesson.main:
        yield 'there is no code under if __name__ == "__main__"'
    work = (
        node
        for statement in lesson.main
        for node in ast.walk(statement)
        if isinstance(node, (ast.Call, ast.For, ast.While, ast.BinOp))
    )
    if not new and all(is_print(node) for node in work):
        yield "it defines nothing and computes nothing: it only prints"


def is_filler(node):
    """Say whether a statement does nothing: pass, ..., or a docstring."""
    return isinstance(node, ast.Pass) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    )


def is_print(node):
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "print"


def too_long(lesson):
    for at, line in enumerate(lesson.lines, start=1):
        if len(line) > WIDTH:
            yield f"line {at} has {len(line)} columns, more than {WIDTH}"
    count = len(new_lines(lesson))
    if count > NEW_LINES:
        yield f"{count} lines of new code, more than {NEW_LINES}"


def new_lines(lesson):
    """Return the numbers of the lines of new code.

    Definitions and the demo count; docstrings, comments and empty lines do not.
    """
    rows, drop = set(), set()
    for found in lesson.definitions.values():
        span = range(first_line(found.node), found.node.end_lineno + 1)
        (drop if found.carried else rows).update(span)
    for node in lesson.main:
        rows.update(range(node.lineno, node.end_lineno + 1))
    for node in ast.walk(lesson.tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            if ast.get_docstring(node, clean=False) is not None:
                drop.update(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return {
        at
        for at in rows - drop
        if (text := lesson.lines[at - 1].strip()) and not text.startswith("#")
    }


QUIET = {"Path", "resolve"}  # calls that may give a constant its value


def on_import(lesson):
    for node in lesson.tree.body[1:]:
        if isinstance(node, (ast.Import, ast.ImportFrom)) or is_main(node):
            continue
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            continue
        calls = [x.func for x in ast.walk(node) if isinstance(x, ast.Call)]
        names = {getattr(f, "attr", getattr(f, "id", "")) for f in calls}
        if not names_of(node) or names - QUIET:
            yield (
                f"line {node.lineno} runs on import; put it under "
                'if __name__ == "__main__"'
            )


def wrong_imports(lesson, allowed):
    packages = {
        p for first, ps in allowed.items() if lesson.number >= first for p in ps
    }
    for node in ast.walk(lesson.tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "."]
        for name in names:
            top = name.split(".")[0]
            if top not in packages and top not in sys.stdlib_module_names:
                yield f"imports {name}; a step here may import {sorted(packages)}"


LOCAL_RANDOM = {"default_rng", "Generator", "SeedSequence", "PCG64", "Random"}


def global_state(lesson, legacy_seeds):
    for node in ast.walk(lesson.tree):
        paths = [dotted_path(node) or ""]
        if isinstance(node, ast.ImportFrom):
            paths = [f"{node.module}.{alias.name}" for alias in node.names]
        for path in paths:
            if path == "sys.path":
                yield f"line {node.lineno}: no sys.path; pip install -e . once does it"
            match = re.fullmatch(r"(?:np\.|numpy\.)?random\.(\w+)", path)
            if match and not (match[1] in LOCAL_RANDOM or lesson.name in legacy_seeds):
                yield (
                    f"line {node.lineno}: {path} is the global generator; "
                    "use rng = np.random.default_rng(0)"
                )
