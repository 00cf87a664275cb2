"""Check 4: each public name is taught in one step, and used in none before."""

import ast
import re
from collections import defaultdict

from book.code import dotted_path
from book.reader import LISTS

from .package import imports, package_aliases

NAME = re.compile(r"[A-Za-z_]\w*(?:\.\w+)+")


def ledger(lessons):
    """Return {name: [numbers of the steps that have it in teaches or family]}."""
    places = defaultdict(list)
    for number, lesson in lessons.items():
        for name in lesson.step.teaches + lesson.step.family:
            places[name].append(number)
    return places


def check_ledger(lessons, package, not_yet_taught):
    """Every public name of the package is taught once, and extended only then.

    not_yet_taught maps names to the step, not written yet, that is going to.
    """
    problems, places = [], ledger(lessons)
    for name in package.public():
        if name in not_yet_taught and name in places:
            problems.append(
                f"NOT_YET_TAUGHT: {name} is taught in step {places[name][0]}: "
                "take it out"
            )
        elif name not in places and name not in not_yet_taught:
            problems.append(
                f"{name} is in the package, but in no step's teaches or family in the "
                "ledger"
            )
    for name, number in not_yet_taught.items():
        if name not in package.public():
            problems.append(
                f"NOT_YET_TAUGHT: {name} is not in the package: take it out"
            )
        elif number in lessons and name not in places:
            problems.append(f"NOT_YET_TAUGHT: step {number} exists, without {name}")
    for name, numbers in places.items():
        if len(numbers) > 1:
            problems.append(f"{name} is taught more than once: in steps {numbers}")
        if not package.knows(name):
            problems.append(
                f"step{numbers[0]:02d}: teaches or family names {name}, which the "
                "package does not define"
            )
    for number, lesson in lessons.items():
        new = {found.key for found in lesson.new}
        for name in lesson.step.teaches:
            key = name.partition(".")[2]
            if key not in new:
                problems.append(
                    f"{lesson.name}: teaches names {name}, but {key} is not new there; "
                    "name it where its code is new, or in family"
                )
        for name in lesson.step.extends:
            if not any(n < number for n in places.get(name, [])):
                problems.append(
                    f"{lesson.name}: extends names {name}, which no earlier step "
                    "teaches"
                )
    return problems


def check_tables(lessons, tables):
    """The ledger has one table for each step, in order, and only what is read there.

    tables is the ledger as it was read: {"step01": {"teaches": [...], ...}, ...}.
    """
    names = [lesson.name for lesson in lessons.values()]
    problems = [f"the ledger has no table [{n}]" for n in names if n not in tables]
    problems += [
        f"the ledger has [{n}], but no such step" for n in tables if n not in names
    ]
    if not problems and list(tables) != names:
        late = next(a for a, b in zip(tables, names) if a != b)
        problems.append(f"the ledger has [{late}] out of order")
    for name, table in tables.items():
        for key, value in table.items():
            if key not in (*LISTS, "words", "pictures"):
                problems.append(
                    f"the ledger has {key!r} in [{name}]; there are {', '.join(LISTS)}"
                    ", words and pictures"
                )
            elif key in LISTS and not is_names(value):
                problems.append(f"the ledger: {key} of [{name}] is no list of names")
    return problems


def is_names(value):
    """Say whether a value of the ledger is a list of dotted names, each once."""
    return (
        isinstance(value, list)
        and all(isinstance(x, str) and NAME.fullmatch(x) for x in value)
        and len(set(value)) == len(value)
    )


def check_uses(lessons, package, runs=()):
    """No step uses a name of the package before a step teaches it.

    Uses are read off the code (imports, attributes of modules) and, given runs,
    seen while it runs (methods, properties, operators).
    """
    problems, places = [], ledger(lessons)
    listed = set(places) | set(package.public())
    functions = package.at_line()
    for number, lesson in lessons.items():
        uses = {}  # name in the ledger -> how it was used
        for written in written_uses(lesson):
            name = package.resolve(written)
            if name is None:
                problems.append(f"{lesson.name}: dezero has no {written}")
            elif name:
                uses[name] = f"uses {written}"
        for place in sorted(runs[number].calls) if number in runs else []:
            name = functions.get(tuple(place))
            if name:
                uses.setdefault(name, f"calls {name}")
        for name, how in uses.items():
            if name.startswith("core_simple."):
                continue
            parts = name.split(".")
            prefixes = [".".join(parts[:i]) for i in range(len(parts), 1, -1)]
            entry = next((p for p in prefixes if p in listed), None)
            if entry is None:
                if how.startswith("uses"):
                    problems.append(f"{lesson.name}: {how}, which is not public")
            elif not any(n <= number for n in places.get(entry, [])):
                when = places.get(entry)
                when = f"only step {when[0]} teaches" if when else "no step teaches"
                problems.append(f"{lesson.name}: {how}, but {when} {entry}")
    return problems


def written_uses(lesson):
    """Return the dotted paths into dezero that stand in a step's code."""
    aliases, uses = package_aliases(lesson.tree), set()
    for node in ast.walk(lesson.tree):
        if isinstance(node, ast.ImportFrom):
            uses |= {target for _, target in imports(node)}
        for child in ast.iter_child_nodes(node):
            path = dotted_path(child)
            # the whole of a.b.c, not its part a.b
            if path and not (isinstance(node, ast.Attribute) and dotted_path(node)):
                head, dot, rest = path.partition(".")
                if head in aliases:
                    uses.add(aliases[head] + dot + rest)
    return uses
