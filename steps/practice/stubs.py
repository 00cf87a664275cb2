"""start: write the practice file of a step, with its new code taken out.

Text, signatures, docstrings, carried code and the program stay. In place of each new
body there is one line that says what it must do:

    def backward(self, gy):
        raise NotImplementedError("your turn: gx = 2 * x * gy")

With gaps=True only one line of each body is taken out, and the file shows how that
line begins:

    def backward(self, gy):
        x = self.input.data
        raise NotImplementedError("your turn: return ...")
"""

import ast
import difflib
import re
import textwrap

from book.code import dotted_path
from book.where import listed

from .notes import goals, kept

WIDTH = 72
YOURS = "your turn: "

# A function that draws is not a task: its code is about pictures, not about the step.
DRAWING = {
    "Figure",
    "figure",
    "savefig",
    "plot_dot_graph",
    "render_dot",
}


# What an operator means, for a gap that has no docstring.
OPERATORS = {
    "__add__": "self + other",
    "__radd__": "other + self",
    "__sub__": "self - other",
    "__rsub__": "other - self",
    "__mul__": "self * other",
    "__rmul__": "other * self",
    "__truediv__": "self / other",
    "__rtruediv__": "other / self",
    "__matmul__": "self @ other",
    "__rmatmul__": "other @ self",
    "__pow__": "self ** c",
    "__neg__": "-self",
}


def tasks(lesson):
    """Return the new functions and methods that the reader has to write."""
    names = kept(lesson.number)
    return [
        found
        for found in lesson.new
        if isinstance(found.node, ast.FunctionDef)
        and not draws(found.node)
        and not only_raises(found.node)
        and not {found.key, found.key.split(".")[0]} & names
    ]


def only_raises(node):
    """Say whether a body is an error message and nothing else, as in a base class."""
    body = body_of(node)
    return bool(body) and all(isinstance(x, ast.Raise) for x in body)


def draws(node):
    """Say whether a function makes a picture, or is called as if it did."""
    names = {(dotted_path(x) or "").split(".")[-1] for x in ast.walk(node)}
    names |= {argument.arg for argument in node.args.args}
    return node.name.startswith("draw") or bool(names & DRAWING)


def stub(lesson, gaps=False, earlier=()):
    """Return the text of the practice file of a step.

    earlier has the Lessons of the steps before. With gaps, the line that is taken out
    is, if possible, one that they do not have. Without gaps, a task can name the step
    whose form of the function is a good start.
    """
    lines = list(lesson.lines)
    for found in sorted(tasks(lesson), key=lambda x: x.node.lineno, reverse=True):
        if gaps:
            first, last, new = gap(lesson, found, known_lines(found.key, earlier))
        else:
            first, last, new = whole(lesson, found, began(found, earlier))
        lines[first - 1 : last] = new
    number = lesson.number
    title = [
        f'# Your step {number}. Fill each gap ("your turn"), then type:',
        f"#     python -m steps check {number}",
    ]
    return "\n".join(title + lines) + "\n"


def body_of(node):
    """Return the statements of a function without its docstring."""
    return node.body[1:] if ast.get_docstring(node) is not None else node.body


def began(found, earlier):
    """Return the number of the latest step that wrote an older form of a definition.

    None if that one shares only the name, or if there is no earlier one.
    """
    for lesson in reversed(earlier):
        older = lesson.definitions.get(found.key)
        if older and not older.carried:
            return lesson.number if alike(older.node, found.node) else None
    return None


# Shares of words that are the same, in the same order: of both texts, and of the older
# one. If only the name is the same, they are at most 0.43 and 0.72.
ALIKE, KEPT = 0.45, 0.85


def alike(older, newer):
    """Say whether one function is a good start for another of the same name.

    Many steps have a train or a predict of their own, for another model. An older form
    has the same arguments, or much of the same text, or it is kept in the newer one.
    """
    if ast.dump(older.args) == ast.dump(newer.args):
        return True
    words = [
        re.findall(r"\w+|[^\w\s]", "\n".join(map(ast.unparse, body_of(node))))
        for node in (older, newer)
    ]
    matcher = difflib.SequenceMatcher(None, *words, autojunk=False)
    kept = sum(block.size for block in matcher.get_matching_blocks())
    return matcher.ratio() >= ALIKE or kept >= KEPT * len(words[0]) > 0


def whole(lesson, found, begin=None):
    """Return the first and last line of a body, and the lines that replace it.

    begin is the step whose form of the function is a good start.
    """
    body = body_of(found.node)
    if not body:
        return found.node.end_lineno + 1, found.node.end_lineno, []
    blank = " " * body[0].col_offset
    first, last = body[0].lineno, found.node.end_lineno
    lines = lesson.lines
    before = found.node.body[0].end_lineno if body is not found.node.body else None
    while first - 1 > (before or found.node.lineno) and lines[
        first - 2
    ].strip().startswith("#"):
        first -= 1  # a comment above the first line would give it away
    text = goal(lesson, found)
    if begin and last - first > 1 and not re.search(r"\bstep \d", text):
        text += f" (start from yours of step {begin})"
    return first, last, raising(text, blank)


def known_lines(key, earlier):
    """Return the lines of a definition as the latest earlier step has it."""
    sources = [x.definitions[key].source for x in earlier if key in x.definitions]
    return {line.strip() for line in sources[-1].splitlines()} if sources else set()


def gap(lesson, found, known):
    """Return the line of a body that says most, and the lines that replace it.

    A line that is not among the known ones says more than one that is; then one that
    computes something more than one that does not; then a long one more than a short.
    """
    simple = [
        node
        for statement in body_of(found.node)
        for node in ast.walk(statement)
        if isinstance(node, SIMPLE) and not is_text(node)
    ]
    if not simple:
        return whole(lesson, found)

    def weight(node):
        line = lesson.lines[node.lineno - 1].strip()
        return line not in known, not is_plain(node), len(ast.unparse(node))

    node = max(simple, key=weight)
    text = beginning(node)
    if body_of(found.node) == [node]:
        whole_goal = goal(lesson, found)
        is_return = whole_goal.startswith("return ")
        text = whole_goal if is_return else f"{text}   ({whole_goal})"
    return node.lineno, node.end_lineno, raising(text, " " * node.col_offset)


SIMPLE = (ast.Return, ast.Assign, ast.AugAssign, ast.Expr, ast.Raise)


def is_text(node):
    """Say whether a statement has nothing to find: a docstring, a bare return."""
    return is_plain(node) and not isinstance(node, (ast.Assign, ast.AugAssign))


def is_plain(node):
    """Say whether a statement computes nothing, as self.generation = 0."""
    value = node.exc if isinstance(node, ast.Raise) else node.value
    return value is None or isinstance(value, ast.Constant)


def beginning(node):
    """Return how a line begins, without what the reader has to find."""
    if isinstance(node, ast.Return):
        return "return ..."
    if isinstance(node, ast.Assign):
        return " = ".join(ast.unparse(x) for x in node.targets) + " = ..."
    if isinstance(node, ast.AugAssign):
        return f"{ast.unparse(node.target)} ... (changed in place)"
    if isinstance(node, ast.Raise):
        return "raise " + ast.unparse(node.exc).split("(")[0] + "(...)"
    if isinstance(node.value, ast.Yield):
        return "yield ..."
    if isinstance(node.value, ast.YieldFrom):
        return "yield from ..."
    before = ast.unparse(node.value).split("(")[0]
    if not before and isinstance(node.value.func, ast.Attribute):
        before = f"(...).{node.value.func.attr}"  # a method of a longer expression
    return before + "(...)"


def goal(lesson, found):
    """Return in one line what a function must do."""
    name = found.key
    if name in goals(lesson.number):
        return goals(lesson.number)[name]
    if found.node.name in OPERATORS:
        return f"return {OPERATORS[found.node.name]}, as a Variable"
    doc = ast.get_docstring(found.node)
    if not doc and name.endswith(".__init__"):
        return f"keep {listed(attributes(found.node))}"
    if not doc and "." in found.key:
        owner = lesson.definitions[found.key.split(".")[0]].node
        method = found.node.name
        doc = ast.get_docstring(owner)
        doc = formula(doc, method) if doc else None
    if not doc:
        return f"{name}({ast.unparse(found.node.args)})"
    text = " ".join(doc.split("\n\n")[0].split()).rstrip(".")
    return re.sub(r"^Return\b", "return", text)


def attributes(node):
    """Return the attributes of self that a method gives a value: ["self.data"]."""
    stored = [
        ast.unparse(x)
        for x in ast.walk(node)
        if isinstance(x, ast.Attribute) and isinstance(x.ctx, ast.Store)
    ]
    return list(dict.fromkeys(stored)) or ["what the other methods need"]


def formula(doc, method):
    """Return the part of 'y = x**2, gx = 2 * x * gy' that a method computes."""
    first = " ".join(doc.split("\n\n")[0].split())
    match = re.search(
        r"(?:^|,? so |, |; |: )((?:the )?gradients? .*|g[a-z0-9]* = .*)", first
    )
    if match and method == "backward":
        single = not match[1].startswith(("the", "gradients"))
        return f"return the gradient: {match[1]}" if single else match[1]
    if method == "forward":
        return f"return the result: {first[: match.start()] if match else first}"
    return first


def raising(text, blank):
    """Return the lines of `raise NotImplementedError("your turn: ...")`."""
    text = YOURS + text
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    line = f"{blank}raise NotImplementedError({quoted})"
    if len(line) <= WIDTH:
        return [line]
    room = WIDTH - len(blank) - 4 - 3
    rows = textwrap.wrap(
        text.replace("\\", "\\\\").replace('"', '\\"'),
        room,
        break_long_words=False,
        drop_whitespace=True,
    )
    rows = [f'"{row} "' for row in rows[:-1]] + [f'"{rows[-1]}"']
    return [
        f"{blank}raise NotImplementedError(",
        *(f"{blank}    {row}" for row in rows),
        f"{blank})",
    ]
