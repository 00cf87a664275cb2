"""How the code of two steps differs, definition by definition."""

import difflib
import os

from .code import first_line, names_of, read_lesson
from .reader import MARKER


def diff_steps(old, new, context=3):
    """Return how two steps differ as a list of lines.

    Imports first, then each definition that is new or has changed, in the order of the
    new step, then what is gone, in one line, and the demo last. What has only moved, or
    has other comments, is not shown. Without an old path everything is new.
    """
    before = read_lesson(old) if old else None
    return diff_lessons(before, read_lesson(new), context)


def diff_lessons(before, after, context=3):
    """Return how two steps that were read differ, as diff_steps does."""
    name = after.step.path.name
    lines = ["--- " + (before.step.path.name if before else "nothing"), f"+++ {name}"]
    for title, at, a, b in parts(before, after):
        where = f", {name} line {at}" if at else ""
        rows = list(difflib.unified_diff(a, b, n=context, lineterm=""))[2:]
        if rows and not a:  # new: as it is
            rows = ["+" + line for line in b]
        rows = [" ..." if row.startswith("@@") else row for row in rows]
        if rows[:1] == [" ..."]:
            del rows[0]
        if rows:
            lines += [f"@@ {title}{where} @@", *rows]
    return lines


def parts(before, after):
    """Yield (title, line in the new file, old lines, new lines) of what may differ."""
    old = before.definitions if before else {}
    new = after.definitions
    yield "imports", 0, imports(before), imports(after)
    for key, found in new.items():
        owner = key.rpartition(".")[0]
        if owner and owner not in old or owner in new and is_whole(owner, old, new):
            continue  # its class is shown, or is as it was
        if key in old and old[key].source == found.source:
            continue
        at = first_line(found.node)
        if found.is_class and key in old and old[key].is_class:
            yield f"class {key}", at, head(before, old[key]), head(after, found)
        else:
            a = rows_of(before, old[key]) if key in old else []
            what = "changed" if a else "new"
            yield f"{key}: {what}", at, a, rows_of(after, found)
    gone = [
        key
        for key in old
        if key not in new and (key.count(".") == 0 or key.split(".")[0] in new)
    ]
    if gone:
        yield "gone", 0, [", ".join(gone)], []
    yield "the demo", 0, demo(before), demo(after)


def is_whole(key, old, new):
    """Say whether a class is the same in both steps, or not a class in the old one."""
    return key not in old or old[key].source == new[key].source or not old[key].is_class


def imports(lesson):
    """Return the lines of the imports at the top of a step."""
    rows = []
    for node in lesson.tree.body if lesson else []:
        if type(node).__name__ in ("Import", "ImportFrom"):
            rows += lesson.lines[node.lineno - 1 : node.end_lineno]
    return rows


def rows_of(lesson, found):
    """Return the lines of a definition, and those of the comment above it."""
    node = found.node
    first = first_line(node)
    while is_comment(lesson.lines[first - 2], node.col_offset):
        first -= 1
    rows = lesson.lines[first - 1 : node.end_lineno]
    rows = [row for row in rows if not MARKER.fullmatch(row)]
    return [row[node.col_offset :] for row in rows]


def is_comment(line, columns):
    """Say whether a line is a comment that belongs to the code below it."""
    text = line[columns:]
    return (
        text.startswith("#")
        and not MARKER.fullmatch(line)
        and not line[:columns].strip()
    )


def head(lesson, found):
    """Return the lines of a class above its first member that has a name."""
    body = found.node.body
    named = [first_line(node) for node in body if names_of(node)]
    rows = lesson.lines[first_line(found.node) - 1 : min(named, default=0) - 1]
    return [row for row in rows if row.strip() and not row.strip().startswith("#")]


def demo(lesson):
    """Return the lines under if __name__ == "__main__"."""
    if not lesson or not lesson.main:
        return []
    first, last = lesson.main[0].lineno, lesson.main[-1].end_lineno
    return [line[4:] for line in lesson.lines[first - 1 : last]]


def coloured(lines):
    """Return the lines of a diff with terminal colours."""
    colours = {"@": 36, "-": 31, "+": 32}  # cyan, red, green
    result = [f"\x1b[1m{line}\x1b[0m" for line in lines[:2]]  # bold
    for line in lines[2:]:
        code = colours.get(line[:1])
        result.append(f"\x1b[{code}m{line}\x1b[0m" if code else line)
    return result


def wants_colour(stream):
    """Say yes to colours on a terminal, unless NO_COLOR is set."""
    return stream.isatty() and not os.environ.get("NO_COLOR")
