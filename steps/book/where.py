"""Where a name was new, where it changed, and where it is in the package."""

import ast
import re

from .code import first_line, names_of, read_lessons
from .reader import STEPS, StepError
from .words import entry, names, suggestions, words_of

# Parts of Variable are in files of their own, as classes that Variable inherits from.
# A step has everything in one class, and the ledger knows core.Variable.reshape.
PARTS = {"ArrayLike": "Variable", "Extras": "Variable"}
FEW = 3  # up to 3 names get an answer each; more get a line each


def where(name, folder=STEPS, package=None):
    """Return what steps, package and glossary have under this name, as text."""
    lessons = read_lessons(folder)
    package = package or folder.parent / "dezero"
    words = words_of([lesson.step for lesson in lessons.values()])
    name = " ".join(name.removeprefix("dezero.").split())
    found = find(name, lessons, package)
    answers = [answer(key, label, lessons, package) for key, label in found]
    if len(found) > FEW:
        answers = ["\n".join(in_a_line(key, lessons) for key, _ in found)]
    for word in words:
        if word.is_called(name):
            line = line_in_italics(word, lessons[word.step])
            file = f"steps/{lessons[word.step].name}.py"
            answers.append(f"{entry(word)}\n    introduced in {file}, line {line}")
    if not answers:
        known = {key for lesson in lessons.values() for key in lesson.definitions}
        known |= {key.rpartition(".")[2] for key in known}
        known |= set(in_ledger(lessons)) | set(names(words))
        raise StepError(
            f"neither a step nor the glossary has {name!r}"
            f"{suggestions(name, sorted(known))}"
        )
    return "\n\n".join(answers)


def in_ledger(lessons):
    """Return {name in the ledger: number of the step that has it}."""
    return {
        name: number
        for number, lesson in lessons.items()
        for name in lesson.step.teaches + lesson.step.family
    }


def find(name, lessons, package):
    """Return [(key, label)] of all that a name may mean; label may be None.

    'functions.conv2d' is conv2d in dezero/functions; '__len__' is that of any class.
    """
    ledger = in_ledger(lessons)
    keys = {}  # in the order of the steps
    for lesson in lessons.values():
        keys |= dict.fromkeys(lesson.definitions)
    head, _, rest = name.partition(".")
    if rest and head in labels(package) and head not in keys:
        return [(rest, head)] if rest in keys or name in ledger else []
    if name in keys:  # and the method of this name, as with backward and sum
        return [(key, None) for key in keys if key in (name, f"Variable.{name}")]
    found = [(key, None) for key in keys if key.rpartition(".")[2] == name]
    for known in ledger:
        label, _, key = known.partition(".")
        if name in (key, key.rpartition(".")[2]) and (key, None) not in found:
            found.append((key, label))
    return found


def labels(package):
    """Return the words before the dot in the ledger: the modules of the package."""
    return {path.stem for path in package.iterdir() if path.name[0] not in "_."}


def answer(key, label, lessons, package):
    """Return what there is to say about a name, in a few lines."""
    ledger, lines = in_ledger(lessons), [key]
    fresh = [
        lesson.number
        for lesson in lessons.values()
        if key in lesson.definitions and not lesson.definitions[key].carried
    ]
    known = [full for full in ledger if full.partition(".")[2] == key]
    if label:
        known = [full for full in known if full.split(".")[0] == label]
    if fresh:
        lines.append(f"new in step {place(key, lessons[fresh[0]])}")
    for full in known if not fresh else []:
        step = lessons[ledger[full]].step
        how = "taught in" if full in step.teaches else "a variant of what is taught in"
        lines.append(f"{how} step {step.number}: {step.title}")
    if later := fresh[1:]:
        lines.append(f"changed in step {place(key, lessons[later[0]])}")
        if more := later[1:]:
            word = "steps" if more[1:] else "step"
            lines.append(f"and in {word} {listed(more)}")
    head = key.split(".")[0]
    wanted = {full.split(".")[0] for full in known}
    wanted = wanted or {x.split(".")[0] for x in ledger if x.split(".")[1] == head}
    for path, line in in_package(key, {label} if label else wanted, package):
        lines.append(f"in the package: {path}, line {line}")
    return "\n    ".join(lines)


def listed(numbers):
    """Return '8, 9 and 13'."""
    *most, last = map(str, numbers)
    return f"{', '.join(most)} and {last}" if most else last


def place(key, lesson):
    """Return '7: steps/step07.py, line 30'."""
    line = first_line(lesson.definitions[key].node)
    return f"{lesson.number}: steps/{lesson.name}.py, line {line}"


def in_a_line(key, lessons):
    """Return where a name was new, in one line."""
    for lesson in lessons.values():
        if key in lesson.definitions:
            return f"{key:32} step {place(key, lesson)}"
    return key


def in_package(key, wanted, package):
    """Return [(file, line)] of the definitions of a key in modules of the package.

    Those in a part of a class come last.
    """
    head, _, member = key.partition(".")
    found, parts = [], []
    for path in sorted(package.rglob("*.py")):
        inside = path.relative_to(package)
        if inside.with_suffix("").parts[0] not in wanted:
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            called = names_of(node)
            is_part = head in [PARTS.get(name) for name in called]
            if head not in called and not is_part:
                continue
            inner = getattr(node, "body", []) if member else [node]
            (parts if is_part else found).extend(
                (f"{package.name}/{inside.as_posix()}", first_line(x))
                for x in inner
                if not member or member in names_of(x)
            )
    return found + parts


def line_in_italics(word, lesson):
    """Return the number of the line in which a step introduces a word."""
    text = "\n".join(lesson.lines)
    for match in re.finditer(r"\*([\w' -]+(?:\n#? ?[\w' -]+)?)\*", text):
        if word.is_called(" ".join(match[1].replace("#", " ").split())):
            return text.count("\n", 0, match.start()) + 1
    return 1
