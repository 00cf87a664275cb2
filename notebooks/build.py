"""Write the notebooks from the steps, and run them.

    python notebooks/build.py              all chapters
    python notebooks/build.py 3 4          chapters 3 and 4
    python notebooks/build.py --check      are they what the steps say?
    DEZERO_CACHE=data python notebooks/build.py --gallery
                                           run the notebooks of gallery/ again, with
                                           the data files in the folder data
    python notebooks/build.py --gallery vae --check
                                           does vae.ipynb run without data files?

A chapter has one source, the files of steps/; whoever wants to change it edits a step
and runs this. The docstring becomes prose with its formulas typeset, each definition
a cell, what stands under `if __name__ == "__main__":` the cells after them, and each
picture a cell that shows it. Then the notebook is run: offline, each warning an
error, and what it prints must be the step's `Output:`. How all this is done stands in
steps/book/.

The notebooks of gallery/ are their own source. What is stored in them was computed from
real data: MNIST's test images and a text by Shakespeare. Without these files the same
cells generate data, and print other numbers. So --check always runs them without, and
compares what must be the same: each cell prints and draws where the stored one does.

Needs `pip install -e ".[test]"`. With --to FOLDER the result goes there.
"""

import argparse
import os
import sys
import time
from pathlib import Path

# Last: numpy.py and dezero.py in steps/ are not the packages.
sys.path.append(str(Path(__file__).resolve().parents[1] / "steps"))

from book.chapter import COMMAND, NOTEBOOKS, chapters, notebook, path_of
from book.checks import check_chapter, check_clean, check_kinds, check_outputs
from book.code import read_lessons
from book.execute import BuildError, execute
from book.ipynb import save
from book.reader import STEPS

GALLERY = NOTEBOOKS / "gallery"


def report(path, start):
    """Print how long a notebook took, and its size."""
    took, size = time.perf_counter() - start, path.stat().st_size / 1e6
    print(f"{path.name}: {took:.0f} s, {size:.2f} MB", flush=True)


def build(chapter, lessons, folder):
    """Write the notebook of a chapter, run."""
    start = time.perf_counter()
    book = execute(notebook(chapter, lessons), NOTEBOOKS)
    problems = check_outputs(book, lessons)
    if problems:
        raise BuildError("\n".join(problems))
    save(book, path_of(chapter, folder))
    report(path_of(chapter, folder), start)


def run_gallery(path, folder):
    """Run a notebook of the gallery; write it to folder, or only check it for None."""
    import nbformat

    start = time.perf_counter()
    stored = nbformat.read(path, as_version=4)
    nbformat.validate(stored)
    cache = os.environ.get("DEZERO_CACHE") if folder else None
    book = execute(stored, path.parent, cache=cache and Path(cache).resolve())
    problems = check_clean(book)
    if not folder:
        problems += check_kinds(book, stored)
    if problems:
        raise BuildError("\n".join(problems))
    if folder:
        save(book, folder / path.name)
    report(path, start)


def main(arguments):
    """Do what the command line says; return the exit code."""
    usage = argparse.ArgumentParser(prog=COMMAND, description=__doc__.split("\n")[0])
    usage.add_argument("names", nargs="*", help="chapters, or notebooks of the gallery")
    usage.add_argument("--check", action="store_true", help="write nothing")
    usage.add_argument("--gallery", action="store_true", help="run gallery/ again")
    usage.add_argument("--to", type=Path, help="write into another folder")
    options = usage.parse_args(arguments)
    problems = []
    if options.gallery:
        paths = {path.stem: path for path in sorted(GALLERY.glob("*.ipynb"))}
        if unknown := set(options.names) - paths.keys():
            usage.error(f"gallery has {sorted(paths)}, not {sorted(unknown)}")
        folder = None if options.check else options.to or GALLERY
        tasks = {
            name: lambda path=paths[name]: run_gallery(path, folder)
            for name in options.names or paths
        }
    else:
        lessons = read_lessons(STEPS)
        known = [str(n) for n in chapters(lessons)]
        if unknown := set(options.names) - set(known):
            usage.error(f"there are chapters {known}, not {sorted(unknown)}")
        numbers = [int(n) for n in options.names or known]
        if options.check:
            for number in numbers:
                problems += check_chapter(number, lessons)
        folder = options.to or NOTEBOOKS
        tasks = {
            f"chapter {n}": lambda n=n: build(n, lessons, folder)
            for n in numbers
            if not options.check
        }
    for name, task in tasks.items():
        try:
            task()
        except BuildError as error:
            problems.append(f"{name}: {error}")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
