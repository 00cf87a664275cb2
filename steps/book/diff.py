"""How the code of two steps differs."""

import ast
import difflib
import os

from .reader import MARKER, parse_step


def code_lines(path):
    """Return [(number, line)] without module docstring and markers."""
    first = parse_step(path).body[0]
    start = first.end_lineno if isinstance(first, ast.Expr) else 0
    text = path.read_text(encoding="utf-8")
    lines = list(enumerate(text.splitlines(), start=1))[start:]
    while lines and not lines[0][1].strip():
        lines = lines[1:]
    return [row for row in lines if not MARKER.fullmatch(row[1])]


def diff_steps(old, new, context=3):
    """Return the unified diff of two steps' code as a list of lines.

    Module docstrings and markers are left out: they differ in every step. The line
    numbers are those of the files. Without an old path everything is added.
    """
    before, after = code_lines(old) if old else [], code_lines(new)
    texts = [[line for _, line in rows] for rows in (before, after)]
    matcher = difflib.SequenceMatcher(None, *texts, autojunk=False)
    lines = ["--- " + (old.name if old else "nothing"), f"+++ {new.name}"]
    for group in matcher.get_grouped_opcodes(context):
        old_rows = before[group[0][1] : group[-1][2]]
        new_rows = after[group[0][3] : group[-1][4]]
        lines.append(f"@@ -{span(old_rows)} +{span(new_rows)} @@")
        for tag, i, i_end, j, j_end in group:
            if tag == "equal":
                lines += [" " + line for _, line in before[i:i_end]]
            else:
                lines += ["-" + line for _, line in before[i:i_end]]
                lines += ["+" + line for _, line in after[j:j_end]]
    return lines


def span(rows):
    """Return 'first line,count' of rows, as a unified diff does."""
    if not rows:
        return "0,0"
    first, last = rows[0][0], rows[-1][0]
    return f"{first},{last - first + 1}"


def coloured(lines):
    """Return the lines of a diff with terminal colours."""
    colours = {"@": 36, "-": 31, "+": 32}  # cyan, red, green
    result = [f"\x1b[1m{line}\x1b[0m" for line in lines[:2]]  # bold
    for line in lines[2:]:
        code = colours.get(line[0])
        result.append(f"\x1b[{code}m{line}\x1b[0m" if code else line)
    return result


def wants_colour(stream):
    """Say yes to colours on a terminal, unless NO_COLOR is set."""
    return stream.isatty() and not os.environ.get("NO_COLOR")
