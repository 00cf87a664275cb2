"""Answer to the exercise of step 23.

The program needs no change. It imports a name from the package
tiny, and __init__.py still provides that name. Where the function
itself is defined is the package's own business. (Here Python writes the
files into a folder that is removed at the end.)

Output:
    defined in tiny/__init__.py: hello from tiny
    moved into tiny/core.py:     hello from tiny
"""

import subprocess
import sys
import tempfile
from pathlib import Path

FUNCTION = 'def hello():\n    return "hello from tiny"\n'
PROGRAM = "from tiny import hello\nprint(hello())\n"

first = {"tiny/__init__.py": FUNCTION, "program.py": PROGRAM}
moved = {
    "tiny/__init__.py": "from tiny.core import hello\n",
    "tiny/core.py": FUNCTION,
    "program.py": PROGRAM,
}
needs_a_change = False


def run(files):
    """Write the files into a folder; return what program.py prints."""
    with tempfile.TemporaryDirectory() as name:
        for path, text in files.items():
            path = Path(name) / path
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "program.py"],
            cwd=name,
            capture_output=True,
            text=True,
            check=True,
        )
    return done.stdout.strip()


if __name__ == "__main__":
    print("defined in tiny/__init__.py:", run(first))
    print("moved into tiny/core.py:    ", run(moved))
