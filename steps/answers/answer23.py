"""Answer to the exercise of step 23.

The program needs no change. It imports a name from the package
tiny, and __init__.py still provides that name. Where the function
itself stands is the package's own business. (Here Python writes the
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


def run(folder):
    """Run the program in folder; return what it prints."""
    done = subprocess.run(
        [sys.executable, "program.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tiny = folder / "tiny"
        tiny.mkdir()
        (folder / "program.py").write_text(PROGRAM, encoding="utf-8")

        init = tiny / "__init__.py"
        init.write_text(FUNCTION, encoding="utf-8")
        print("defined in tiny/__init__.py:", run(folder))

        (tiny / "core.py").write_text(FUNCTION, encoding="utf-8")
        init.write_text("from tiny.core import hello\n")
        print("moved into tiny/core.py:    ", run(folder))
