"""Where the reader's files are: my_steps/ in the repository, which git ignores."""

import os
from pathlib import Path

import machine
from book.reader import StepError

ROOT = Path(machine.ROOT)


def folder():
    """Return the folder of the reader's files; STEPS_FOLDER names another one."""
    return Path(os.environ.get("STEPS_FOLDER") or ROOT / "my_steps")


def my_step(number):
    """Return where the reader's own file of a step is, or will be."""
    return folder() / f"step{number:02d}.py"


def my_steps():
    """Return {number: path} of the steps that the reader has begun."""
    found = sorted(folder().glob("step[0-9][0-9].py"))
    return {int(path.stem[4:]): path for path in found}


def own_file(name):
    """Return the path of a Python file in the reader's folder, None for any other."""
    path = Path(name)
    is_there = path.suffix == ".py" and path.is_file()
    return path if is_there and path.resolve().parent == folder().resolve() else None


def shown(path):
    """Return a path as the reader would type it: from here, in the repository."""
    full, here = Path(path).resolve(), Path.cwd()
    both = full.is_relative_to(ROOT) and here.is_relative_to(ROOT)
    return os.path.relpath(full, here) if both or here in full.parents else str(path)


def write_new(path, text, force=False):
    """Write a file that the reader will work in; replace one only if forced.

    The old file is kept beside it as step16.py.bak. The new file is there whole or not
    at all: it is written under another name and then renamed.
    """
    if path.exists() and not force:
        raise StepError(
            f"{shown(path)} exists already, and stays as it is; to start "
            "over, add --force (the old file is kept as "
            f"{path.name}.bak)"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    new.write_text(text, encoding="utf-8", newline="\n")
    if path.exists():
        os.replace(path, path.with_name(path.name + ".bak"))
    os.replace(new, path)
