"""The code of a step: its definitions, and which step each comes from."""

import ast
from dataclasses import dataclass, field

from .reader import MARKER, find_steps, read_step


@dataclass
class Definition:
    """A class, a function, a constant, or a member of a class.

    key is 'square', 'Variable' or 'Variable.backward'; origin is the number of the
    step it is carried over from, or None where it is new; header is True for a
    class some of whose members have a marker of their own.
    """

    key: str
    node: ast.AST
    source: str
    origin: int | None
    marked: bool = True
    header: bool = False

    @property
    def is_class(self):
        return isinstance(self.node, ast.ClassDef)


@dataclass
class Lesson:
    """A step: its docstring (a reader.Step), its tree, and its definitions."""

    step: object
    lines: list
    tree: ast.Module
    definitions: dict = field(default_factory=dict)

    @property
    def name(self):
        return self.step.path.stem

    @property
    def number(self):
        return int(self.name[4:])

    @property
    def main(self):
        """The statements under if __name__ == "__main__"."""
        return [x for node in self.tree.body if is_main(node) for x in node.body]

    @property
    def new(self):
        """The definitions that are new in this step."""
        return [d for d in self.definitions.values() if d.origin is None]


def read_lessons(folder):
    """Return {number: Lesson} of a folder of steps; raise StepError if one is bad."""
    return {n: read_lesson(path) for n, path in find_steps(folder).items()}


def read_lesson(path):
    """Return the Lesson in the file of a step."""
    text = path.read_text(encoding="utf-8")
    lesson = Lesson(read_step(path), text.splitlines(), ast.parse(text))
    markers = [  # (line number, indented?, origin)
        (at, line.startswith(" "), int(match[1]) if match[1] else None)
        for at, line in enumerate(lesson.lines, start=1)
        if (match := MARKER.fullmatch(line))
    ]

    def marker_above(first, last, indented):
        found = [m for m in markers if first < m[0] < last and m[1] == indented]
        return found[-1] if found else None

    for node in lesson.tree.body:
        keys = names_of(node)
        if not keys or is_main(node):
            continue
        marker = marker_above(0, first_line(node), indented=False)
        origin = marker[2] if marker else None
        inner = isinstance(node, ast.ClassDef) and any(
            node.lineno < at <= node.end_lineno for at, _, _ in markers
        )
        for key in keys:
            source = source_of(lesson.lines, node)
            found = Definition(key, node, source, origin, bool(marker), inner)
            lesson.definitions[key] = found
        if not isinstance(node, ast.ClassDef):
            continue
        for member in node.body:
            own = marker_above(node.lineno, first_line(member), indented=True)
            for name in names_of(member):
                lesson.definitions[f"{node.name}.{name}"] = Definition(
                    f"{node.name}.{name}",
                    member,
                    source_of(lesson.lines, member),
                    own[2] if own else origin,
                    bool(own or marker),
                )
    return lesson


def names_of(node):
    """Return the names that a statement defines: none, one, or several."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        # the setter of a property shares its name
        setter = [d for d in node.decorator_list if isinstance(d, ast.Attribute)]
        setter = [d.attr for d in setter if d.attr in ("setter", "deleter")]
        return [".".join([node.name, *setter])]
    targets = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    return [x.id for t in targets for x in ast.walk(t) if is_stored_name(x)]


def is_stored_name(node):
    """Say whether a node is a name that is given a value."""
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def is_main(node):
    """Say whether a statement is `if __name__ == "__main__":`."""
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def first_line(node):
    """Return the number of the first line of a statement: that of its decorator."""
    return min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])


def source_of(lines, node):
    """Return the text of a node; markers and empty lines do not count."""
    rows = lines[first_line(node) - 1 : node.end_lineno]
    rows = [row for row in rows if row.strip() and not MARKER.fullmatch(row)]
    return "\n".join(row[node.col_offset :].rstrip() for row in rows)


def dotted_path(node):
    """Return 'a.b.c' for such an expression, None for any other."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        head = dotted_path(node.value)
        return head and f"{head}.{node.attr}"
    return None
