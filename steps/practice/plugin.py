"""A plugin by which pytest reports to judge: JSON lines for each test, as it happens.

tests/conftest.py registers it when STEPS_REPORT names a file. The first line of a test
says that it begins, so that a test that never ends is named, too.
"""

import ast
import json
import os
import re
import textwrap
import traceback

from .clock import limit_work


class Reporter:
    """A pytest plugin that writes down what happened in the reader's file."""

    def __init__(self, path, mine, limit):
        self.file = open(path, "a", encoding="utf-8")
        self.mine = os.path.realpath(mine)
        self.compared = None
        self.limit = limit
        self.stacks = open(path + ".stack", "w", encoding="utf-8")

    def write(self, **entry):
        self.file.write(json.dumps(entry) + "\n")
        self.file.flush()

    def pytest_runtestloop(self):
        """Start the clock: what Python and pytest need to begin does not count."""
        limit_work(self.limit, self.stacks)

    def pytest_runtest_logstart(self, nodeid, location):
        self.write(begin=location[2])

    def pytest_assertrepr_compare(self, op, left, right):
        self.compared = (op, *briefly(left, right))

    def pytest_runtest_makereport(self, item, call):
        if call.excinfo is None:
            if call.when == "call":
                self.write(test=item.name, passed=True)
            return
        if call.excinfo.errisinstance(self.skipped()):
            if call.when != "teardown":
                why = str(call.excinfo.value)
                self.write(test=item.name, passed=None, why=why)
            return
        self.write(
            test=item.name,
            passed=False,
            **self.failure(item, call.excinfo),
        )
        self.compared = None

    @staticmethod
    def skipped():
        import pytest

        return pytest.skip.Exception

    def failure(self, item, excinfo):
        """Return what a reader wants to know about an exception."""
        line, inside, expected, got = None, None, None, None
        for entry in excinfo.traceback:
            path = os.path.realpath(str(entry.path))
            if path == os.path.realpath(str(item.path)):
                if "<locals>" not in entry.frame.code.raw.co_qualname:
                    line = entry.lineno + 1  # of a test, or of a helper beside it
            elif path == self.mine:
                inside = entry
            names = entry.frame.f_locals
            if "numpy" in path and "testing" in path:
                got = names.get("actual", names.get("x", got))
                expected = names.get("desired", names.get("y", expected))
        test = ""
        if line:
            test = lines_until(item.path.read_text(encoding="utf-8"), line)
            test = "\n".join([*parameters(item, test), test])
        # Only for the last: a thousand calls deep, parsing every statement is slow.
        if inside:
            inside = inside.lineno + 1, str(inside.statement).strip()
        said = str(excinfo.value)
        if self.compared and excinfo.errisinstance(AssertionError) and got is None:
            op, got, expected = self.compared
            if op not in ("==", "is"):
                expected = f"{op} {expected}"
        elif got is not None or expected is not None:
            got, expected = briefly(got, expected)
        printed = "".join(
            text
            for _, key, text in getattr(item, "_report_sections", [])
            if key == "stdout"
        )
        return {
            "error": excinfo.typename,
            "said": said[:2000],
            "did": test,
            "inside": inside,
            "expected": expected,
            "got": got,
            "printed": printed,
            "trace": "".join(traceback.format_exception_only(excinfo.value)),
        }


def lines_until(source, line, most=10):
    """Return what a test, or a helper beside it, did before it failed in a line.

    These are the lines of its body, without the docstring: the last ones, at most.
    """
    nodes = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.stmt) and node.lineno <= line <= node.end_lineno
    ]  # from the outermost to the innermost
    function = next((x for x in nodes if isinstance(x, ast.FunctionDef)), None)
    if function is None:
        return ""
    body = function.body
    if ast.get_docstring(function) is not None:
        body = body[1:]
    first, last = body[0].lineno, nodes[-1].end_lineno
    if isinstance(nodes[-1], (ast.If, ast.For, ast.While)):
        last = nodes[-1].body[0].lineno - 1  # its head; what stands below did not run
    lines = source.splitlines()[first - 1 : last]
    lines = textwrap.dedent("\n".join(lines)).splitlines()
    return "\n".join(lines if len(lines) <= most else ["...", *lines[1 - most :]])


def parameters(item, text, most=2):
    """Return what a text does not say: "uses = 3", if a test has such a parameter."""
    values = getattr(getattr(item, "callspec", None), "params", {})
    lines = [
        f"{name} = {text_of(value)}"
        for name, value in values.items()
        if re.search(rf"\b{name}\b", text)
    ]
    # neither <function f at 0x7f...> nor a large array
    return [x for x in lines if "<" not in x and "\n" not in x and len(x) <= 60][:most]


def briefly(one, other, room=300, before=20):
    """Return two values as texts: cut, and starting just before they differ."""
    texts = [text_of(one), text_of(other)]
    same = len(os.path.commonprefix(texts))
    if same > 2 * before and not any("\n" in text for text in texts):
        texts = ["... " + text[same - before :] for text in texts]
    return [text if len(text) <= room else text[: room - 4] + " ..." for text in texts]


def text_of(value):
    """Return a value as text."""
    try:
        return repr(value)
    except Exception as error:  # a reader's own __repr__ may be broken
        return f"<{type(value).__name__}, whose repr raises {type(error).__name__}>"
