"""Check 2: what is carried over is code of an earlier step, to the letter."""

from book.output import difference
from book.reader import MARKER

LINES = "'# --- carried over ---' and '# --- new in this step ---'"


def check_markers(lessons):
    """What is carried over stands letter for letter in an earlier step, new code not.

    A step starts as new, and so does each of its classes. Two lines turn to the other
    and back. Comments do not count, docstrings do.
    """
    problems = []
    for lesson in lessons.values():
        problems += check_lines(lesson)
        for key, found in lesson.definitions.items():
            whole = lesson.definitions.get(key.rpartition(".")[0])
            if found.is_class and found.header:
                if found.carried:
                    problems.append(
                        f"{lesson.name}: {key} changes inside, so it stands under "
                        "'# --- new in this step ---'"
                    )
            elif not found.carried:
                problems += find_stale(lessons, lesson, found)
            elif not (whole and whole.carried):  # a class is compared as a whole
                problems += compare_carried(lessons, lesson, found)
    return problems


def check_lines(lesson):
    """Yield what is wrong with the marker lines themselves."""
    blocks = [(0, 0, len(lesson.lines) + 1)] + [  # (columns, first, last line)
        (4, d.node.lineno, d.node.end_lineno)
        for d in lesson.definitions.values()
        if d.is_class and "." not in d.key
    ]
    last = dict.fromkeys(blocks, "new in this step")
    for at, line in enumerate(lesson.lines, start=1):
        match = MARKER.fullmatch(line)
        if not match:
            if line.strip().startswith("# ---"):
                yield (
                    f"{lesson.name}, line {at}: {line.strip()!r} is no marker; there "
                    f"are only {LINES}"
                )
            continue
        columns = len(line) - len(line.lstrip())
        block = next((b for b in blocks if b[0] == columns and b[1] < at <= b[2]), None)
        if block is None:
            yield f"{lesson.name}, line {at}: this marker stands in no class"
        elif last[block] == match[1]:
            yield (
                f"{lesson.name}, line {at}: what follows is {match[1].split()[0]} "
                "already; take this marker out"
            )
        last[block] = match[1]


def compare_carried(lessons, lesson, found):
    """Say how a carried definition differs from all earlier ones of its name."""
    if found.origin is not None:
        return []
    where = f"{lesson.name}: {found.key} is carried over"
    number = latest(lessons, lesson, found)
    if number is None:
        return [f"{where}, but no earlier step has it"]
    text = difference(lessons[number].definitions[found.key].source, found.source)
    return [f"{where}, but not as it is in step {number}, {text}"]


def latest(lessons, lesson, found):
    """Return the number of the last earlier step that has a definition, or None."""
    numbers = [
        n for n in lessons if n < lesson.number and found.key in lessons[n].definitions
    ]
    return max(numbers, default=None)


def find_stale(lessons, lesson, found):
    """Report a definition that is called new but stands in an earlier step."""
    for number in sorted((n for n in lessons if n < lesson.number), reverse=True):
        earlier = lessons[number].definitions.get(found.key)
        if earlier is not None and earlier.source == found.source:
            return [
                f"{lesson.name}: {found.key} is new, but it stands letter for letter "
                f"in step {earlier.origin or number}: put it below "
                "'# --- carried over ---'"
            ]
    return []
