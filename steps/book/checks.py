"""Is a notebook what the steps say, and what a run of it prints?"""

import itertools
import json
import os
import re
import tempfile
from pathlib import Path

from .answers import find_milestones, read_milestone
from .chapter import COMMAND, NOTEBOOKS, notebook, path_of
from .ipynb import source_of, text_of, whole
from .output import difference
from .reader import STEPS, chapter_of


def check_outputs(book, lessons):
    """Return what is wrong with the outputs of a notebook, as sentences."""
    problems = check_clean(book)
    for lesson in lessons.values():
        if any_of(book, lesson.name):
            step = lesson.step
            text = printed(book, lesson.name)
            found = difference(step.output, text, step.rtol)
            if found:
                problems.append(f"{lesson.name} prints something else, {found}")
    if any_of(book, "milestone"):
        last = max(n for n in lessons if any_of(book, f"step{n:02d}"))
        found = read_milestone(find_milestones()[chapter_of(last)[0]])
        text = difference(found.output, printed(book, "milestone"), found.rtol)
        if text:
            problems.append(f"the milestone prints something else, {text}")
    return problems


def any_of(book, name):
    """Say whether a notebook has cells of 'step16', or of 'milestone'."""
    return any(x["id"].startswith(f"{name}-") for x in book["cells"])


def check_clean(book):
    """Return which cells print what they should not: errors, paths, addresses."""
    problems = []
    places = [str(STEPS.parent)]
    places += [str(Path.home()) + os.sep, tempfile.gettempdir() + os.sep]
    for found in written(book):
        where = f"cell {found['id']}"
        for output in found.get("outputs", []):
            text = text_of(output)
            kind = output["output_type"]
            if kind == "error" or output.get("name") == "stderr":
                problems.append(f"{where}: {kind} {text or output.get('evalue')}")
            if any(place in text for place in places):
                problems.append(f"{where}: a path of this computer in {text!r}")
            if re.search(r"0x[0-9a-f]{6,}", text):
                problems.append(f"{where}: an address in memory in {text!r}")
        if found["cell_type"] == "code" and not found["execution_count"]:
            problems.append(f"{where}: was not run")
    return problems


def check_kinds(fresh, stored):
    """Return which cells print or draw and the stored ones do not, or the reverse.

    What they print and draw is not compared: it depends on the data at hand.
    """
    pairs = zip(written(fresh), written(stored), strict=True)
    return [
        f"cell {new['id']}: expected {kinds(old)} as in the file, got {kinds(new)}"
        for new, old in pairs
        if kinds(new) != kinds(old)
    ]


def kinds(found):
    """Return what a cell left, such as ['stdout', 'image/png, text/plain']."""
    return [
        output.get("name") or ", ".join(sorted(output.get("data", {})))
        for output in whole(found.get("outputs", []))
    ]


def written(book):
    """Return the cells that are the steps', without a reader's own.

    A reader's own are the cells for the exercises, their checks, and the empty cell
    that Jupyter adds below the last.
    """
    return [
        found
        for found in book["cells"]
        if source_of(found).strip()
        and not found["id"].endswith(("-exercise", "-check"))
    ]


def printed(book, name):
    """Return what the cells of a step, 'step16', have printed."""
    return "".join(
        text_of(output)
        for found in written(book)
        if found["id"].startswith(f"{name}-")
        for output in found.get("outputs", [])
        if output["output_type"] == "stream"
    )


def check_sources(committed, generated):
    """Return how a notebook differs from what the steps generate, or [].

    Only the text of the cells counts: Jupyter writes the rest as it likes.
    """
    pairs = itertools.zip_longest(written(committed), written(generated))
    for a, b in pairs:
        if a is None or b is None:
            name = (a or b)["id"]
            what = "is missing" if a is None else "is one too many"
            return [f"cell {name} {what}"]
        for key in ("id", "cell_type"):
            if a[key] != b[key]:
                return [f"cell {b['id']}: {key} is {a[key]!r}, expected {b[key]!r}"]
        text = difference(source_of(b), source_of(a))
        if text:
            return [f"cell {b['id']}, {text}"]
    return []


def check_chapter(chapter, lessons, folder=NOTEBOOKS):
    """Return how the file of a chapter differs from the steps, as sentences."""
    path = path_of(chapter, folder)
    mend = f"run: {COMMAND} {chapter}"
    if not path.exists():
        return [f"{path.name} does not exist; {mend}"]
    book = json.loads(path.read_text(encoding="utf-8"))
    problems = check_sources(book, notebook(chapter, lessons))
    problems += check_outputs(book, lessons)
    return [f"{path.name}: {problem}; {mend}" for problem in problems]
