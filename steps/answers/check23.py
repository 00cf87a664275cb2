"""Check of the exercise of step 23: a package, rearranged."""

import subprocess
import sys
import tempfile
from pathlib import Path

START = """
# Try it in a folder of your own first. Then write here what was in
# your files, a text each. At first, with the function in __init__.py:
first = {
    "tiny/__init__.py": "",  # your turn
    "program.py": "",
}

# And with the function in core.py:
moved = {
    "tiny/__init__.py": "",
    "tiny/core.py": "",
    "program.py": "",
}

# Did program.py need a change? True or False
needs_a_change = None
"""


def printed(files):
    """Return what program.py prints in a folder with these files."""
    with tempfile.TemporaryDirectory() as name:
        for path, text in files.items():
            path = Path(name) / path
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        run = subprocess.run(
            [sys.executable, "program.py"],
            cwd=name,
            capture_output=True,
            text=True,
        )
    if run.returncode:
        last = run.stderr.strip().split("\n")[-1]
        return f"(the program stopped: {last})"
    return run.stdout.strip() or "(nothing)"


def has_def(text):
    """Say whether a file defines a function."""
    return any(row.startswith("def ") for row in text.split("\n"))


def check(mine):
    """Yield (what, expected, got)."""
    first, moved = mine.first, mine.moved
    init, core = "tiny/__init__.py", "tiny/core.py"
    names = ["program.py", init]
    yield "the files at first", names, sorted(first)
    yield "the files then", [*names, core], sorted(moved)
    yield (
        "a function in __init__.py at first",
        True,
        has_def(first[init]),
    )
    yield (
        "a function in __init__.py then, and in core.py",
        (False, True),
        (has_def(moved[init]), has_def(moved[core])),
    )
    said = printed(first)
    runs = not said.startswith("(")
    yield f"program.py prints at first {said}", True, runs
    # without the package it must fail: it does use it
    alone = {"program.py": first["program.py"]}
    uses = printed(alone).startswith("(the program stopped")
    yield "program.py imports it from tiny", True, uses
    yield "program.py then prints", said, printed(moved)
    changed = moved["program.py"] != first["program.py"]
    yield "did you change program.py?", False, changed
    yield "did it need a change?", False, mine.needs_a_change
