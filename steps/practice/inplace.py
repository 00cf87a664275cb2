"""check(46) in a notebook: judge the answer to an exercise where it was written.

It uses the check and the messages of `python -m steps try 46`. If the reader has not
written something yet, one line says so; our own code never takes its place.
"""

import ast
import contextlib
import io
import textwrap
import types

from book.answers import read_start
from book.reader import StepError, pick

from . import exercises
from .compare import compare_in
from .report import WIDTH, exercise_report


def verdict(number, mine):
    """Return the verdict on an exercise as lines; mine is the notebook's __main__."""
    try:
        number = pick(str(number))
    except StepError as error:
        return [str(error)]
    check = exercises.check_of(number)
    if check is None:
        ours = exercises.shown_answer(number)
        return [f"No program can judge this exercise. Our answer: {ours}"]
    asked = asked_for(check)
    missing = [name for name in asked if not hasattr(mine, name)]
    if missing:
        return left("Not there yet", missing, "Write and run the cell above.")
    if untouched(read_start(check), mine):
        return left("Not written yet", asked, "Your turn, in the cell above.")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        found = list(compare_in(behind_imports(read_start(check), mine, asked), check))
    lines = exercise_report(found, printed.getvalue(), "cell")
    if exercises.passes(found):
        return [*lines, "", *exercises.answer(number)]
    return [*lines, "", "Then run that cell again, and this one."]


def left(title, names, what):
    """Return what is left to do, in a line if it fits."""
    return textwrap.wrap(f"{title}: {', '.join(names)}. {what}", WIDTH)


def asked_for(check):
    """Return the names that a check uses in the reader's module, in START's order."""
    tree = ast.parse(check.read_text(encoding="utf-8"))
    asked = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "mine"
    }
    start = [name for name in definitions(read_start(check)) if name in asked]
    return start or sorted(asked)


def definitions(source):
    """Return {name: its code} for the definitions in a source."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            found[node.name] = ast.dump(node)
        elif isinstance(node, ast.Assign):
            names = [x.id for x in node.targets if isinstance(x, ast.Name)]
            found |= dict.fromkeys(names, ast.dump(node))
    return found


def behind_imports(start, mine, asked):
    """Return a module in which START's imports come before the reader's cells.

    It is mine itself if these names are still what START has imported. But a later cell
    may have defined another Variable, or the reader may have deleted the imports, since
    the notebook has a Variable of its own. The check knows only the step's Variable.
    """
    imports = [
        node
        for node in ast.parse(start).body
        if isinstance(node, ast.ImportFrom) and node.module.startswith("step")
    ]
    known = {}
    exec(compile(ast.Module(imports, []), "start", "exec"), known)
    del known["__builtins__"]
    if all(getattr(mine, name, thing) is thing for name, thing in known.items()):
        return mine
    last = {}  # where each name was defined last
    for i, cell in enumerate(getattr(mine, "In", [])):
        with contextlib.suppress(SyntaxError):
            last |= {name: i for name in definitions(cell) if name in asked}
    again = types.ModuleType(mine.__name__)
    vars(again).update(vars(mine) | known)
    try:
        for i in sorted({*last.values()}):
            exec(compile(mine.In[i], "cell", "exec"), vars(again))
    except Exception:  # a cell needs what the notebook had when it ran
        return mine
    return again


def untouched(start, mine):
    """Say whether a notebook's latest code for an exercise is still its START."""
    written = {}
    for cell in getattr(mine, "In", []):  # IPython keeps each cell that was run
        with contextlib.suppress(SyntaxError):
            written |= definitions(cell)
    begun = definitions(start)
    return all(written.get(name) == text for name, text in begun.items())
