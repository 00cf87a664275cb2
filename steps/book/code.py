"""The code of a step: its definitions, and which step each comes from."""

import ast
import io
import tokenize
from dataclasses import dataclass, field

from .reader import MARKER, find_steps, read_ledger, read_step


@dataclass
class Definition:
    """A class, a function, a constant, or a member of a class.

    key is 'square', 'Variable' or 'Variable.backward'; source is its text without
    comments; carried says whether it comes under '# --- carried over ---', and origin
    is then the number of the step where this very source was new (find_origins). header
    is True for a class some of whose members have a marker of their own.
    """

    key: str
    node: ast.AST
    source: str
    carried: bool
    origin: int | None = None
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
        return [d for d in self.definitions.values() if not d.carried]


def read_lessons(folder):
    """Return {number: Lesson} of a folder of steps; raise StepError if one is bad."""
    ledger = read_ledger(folder)
    lessons = {n: read_lesson(path, ledger) for n, path in find_steps(folder).items()}
    find_origins(lessons)
    return lessons


def find_origins(lessons):
    """Set the origin of all that is carried over, as far as an earlier step has it."""
    seen = {}  # (key, source) -> the step in which it was new
    for number, lesson in sorted(lessons.items()):
        for key, found in lesson.definitions.items():
            found.origin = seen.get((key, found.source)) if found.carried else None
        for key, found in lesson.definitions.items():
            if not found.carried:
                seen[key, found.source] = number


def read_lesson(path, ledger=None):
    """Return the Lesson in the file of a step; it does not know the others' code."""
    text = path.read_text(encoding="utf-8")
    lesson = Lesson(read_step(path, ledger), text.splitlines(), ast.parse(text))
    lines = without_comments(text)
    markers = [  # (line number, indented?, carried over?)
        (at, line.startswith(" "), match[1] == "carried over")
        for at, line in enumerate(lesson.lines, start=1)
        if (match := MARKER.fullmatch(line))
    ]

    def is_carried(node, indented, start=0):
        """Say what the last marker above a node says; without one it is new."""
        above = [m for m in markers if start < m[0] < first_line(node)]
        above = [
            carried for _, is_indented, carried in above if is_indented == indented
        ]
        return bool(above) and above[-1]

    for node in lesson.tree.body:
        keys = names_of(node)
        if not keys or is_main(node):
            continue
        carried = is_carried(node, indented=False)
        inner = isinstance(node, ast.ClassDef) and any(
            node.lineno < at <= node.end_lineno for at, _, _ in markers
        )
        for key in keys:
            source = source_of(lines, node)
            lesson.definitions[key] = Definition(
                key, node, source, carried, header=inner
            )
        for member in node.body if isinstance(node, ast.ClassDef) else []:
            for name in names_of(member):
                lesson.definitions[f"{node.name}.{name}"] = Definition(
                    f"{node.name}.{name}",
                    member,
                    source_of(lines, member),
                    carried or is_carried(member, indented=True, start=node.lineno),
                )
    return lesson


def without_comments(text):
    """Return the lines of a program, its comments left out."""
    lines = text.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    return lines


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
    """Return the text of a node in lines without comments; empty ones do not count."""
    rows = lines[first_line(node) - 1 : node.end_lineno]
    return "\n".join(row[node.col_offset :].rstrip() for row in rows if row.strip())


def dotted_path(node):
    """Return 'a.b.c' for such an expression, None for any other."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        head = dotted_path(node.value)
        return head and f"{head}.{node.attr}"
    return None
