"""Writing the site: a folder of files that needs no network and no server."""

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import machine

from .. import plays
from ..prose import prose
from ..reader import STEPS, StepError
from . import api, chapters
from .code import lexer, plain
from .course import course_page
from .frame import page
from .lesson import Page
from .markup import inline
from .material import Material
from .notebook import notebook_page
from .terms import slug

HERE = Path(__file__).parent
MARK = ".made-by-steps-site"  # in a folder that may be overwritten


def build(to, folder=STEPS, numbers=None, players=True):
    """Write the site into a folder; return {file: bytes} of what was written.

    numbers chooses steps, None is all of them.
    """
    to = Path(to)
    check_folder(to)
    lexer()  # says so if Pygments is missing
    material = Material(folder, numbers)
    with playing(material, players) as made:
        files = pages(material)
        files |= made()
    files[MARK] = b""
    for name in sorted(files):
        path = to / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[name])
    for path in to.rglob("*"):  # what an earlier call wrote, and this one did not
        if path.is_file() and path.relative_to(to).as_posix() not in files:
            path.unlink()
    return files


def check_folder(to):
    """Raise StepError for a folder with files that this did not write."""
    if to.exists() and not to.is_dir():
        raise StepError(f"{to} is a file; site --to needs a folder")
    if to.is_dir() and any(to.iterdir()) and not (to / MARK).exists():
        raise StepError(
            f"the folder {to} has files that site did not write; choose an empty "
            "one, or a new one: site --to FOLDER"
        )


@contextlib.contextmanager
def playing(material, wanted=True):
    """Make the players in a process of their own; yield what returns {file: bytes}.

    Without what the steps need there are none, and the pages show the command.
    """
    numbers = [n for n in sorted(plays.PLAYS) if wanted and n in material.order]
    possible = not machine.lacking("run")
    for number in numbers:
        name = f"play{number:02d}.html" if possible else ""
        material.players[number] = (name, plays.PLAYS[number][0])
    if not numbers or not possible:
        yield dict
        return
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["--to", folder, *map(str, numbers)]
        program = subprocess.Popen(
            [sys.executable, plays.__file__, *arguments],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

        def made():
            said = program.communicate()[1].decode(errors="replace").strip()
            if program.returncode:
                last = said.splitlines()[-1]
                raise StepError(f"the players could not be made: {last}")
            return {path.name: path.read_bytes() for path in Path(folder).iterdir()}

        with program:
            try:
                yield made
            finally:
                program.kill()


def pages(material):
    """Return {file: bytes} of all files but the players."""
    files, index = {}, []
    around = chapters.neighbours_of(material)

    def add(file, title, body, kind=None):
        files[file] = page(file, title, body, *around.get(file, (None, None))).encode()
        if kind:
            index.append([kind, plain(title), file, ""])

    add("index.html", "Steps", chapters.first_page(material))
    for n in material.order:
        made = Page(material, n)
        step = made.step
        body = made.body()
        name = f"Step {n}. {plain(inline(prose(step.title)))}"
        add(material.link(n), name, body)
        text = plain(f"{inline(prose(step.idea))}. {made.text(step.prose)}")
        index.append(["Step", name, material.link(n), text])
        for key in re.findall(r'id="def-(\w+)"', body):
            where = f"{material.link(n)}#def-{key}"
            index.append(["Code", f"{key} in step {n}", where, ""])
    for n in chapters.chapters(material):
        name = chapters.CHAPTER.format(n, chapters.CHAPTERS[n - 1][1])
        add(f"chapter{n}.html", name, chapters.chapter_page(material, n), "Chapter")
    add("glossary.html", "Glossary", chapters.glossary_page(material))
    for word in material.words:
        names, where = ", ".join(word.names), f"glossary.html#{slug(word.term)}"
        index.append(["Word", names, where, word.meaning])
    add("api.html", "API", api.index_page(material))
    for label, names in material.names.modules.items():
        prefix = "dezero." * (label != "dezero")
        add(f"api-{label}.html", prefix + label, api.module_page(material, label))
        for name in names:
            for found in (name, *name.members):
                where = f"api-{label}.html#{found.key}"
                index.append(["API", found.full, where, ""])
    gallery(material, files, add)
    add("search.html", "Search", chapters.search_page())
    css = (HERE / "site.css").read_text(encoding="utf-8")
    files["course.html"] = course_page(material, css).encode()
    files["site.css"] = css.encode()
    files["site.js"] = (HERE / "site.js").read_bytes()
    data = json.dumps(index, ensure_ascii=False, separators=(",", ":"))
    files["search-index.js"] = f"const INDEX = {data};\n".encode()
    text = b"".join(files.values())
    for name in {m.decode() for m in re.findall(rb'src="figures/([\w.-]+)"', text)}:
        if name in material.pictures:
            files[f"figures/{name}"] = material.pictures[name]
    return files


def gallery(material, files, add):
    """Add the notebooks of the gallery, and the list of them."""
    found = []
    folder = material.folder.parent / "notebooks" / "gallery"
    for path in sorted(folder.glob("*.ipynb")):
        file = f"gallery-{path.stem}.html"
        title, about, body, pictures = notebook_page(path, material.target)
        files.update(pictures)
        add(file, title, body, "Gallery")
        found.append((file, title, about))
    add("gallery.html", "Gallery", chapters.gallery_page(found))


def write(to):
    """Write the site into a folder; return what was written, in a line."""
    start = time.perf_counter()
    files = build(to)
    size = sum(map(len, files.values())) / 1e6
    seconds = time.perf_counter() - start
    said = (
        f"{Path(to) / 'index.html'}: {len(files) - 1} files, {size:.1f} MB, in "
        f"{seconds:.0f} s; open it in a browser"
    )
    if lacking := machine.lacking("run"):
        said += f"\nwithout the players: this Python lacks {machine.listed(lacking)}"
        said += f"\nfor a site with them, type:\n{with_players(to)}"
    return said


def with_players(to):
    """Return the commands that write the site by .venv's Python, a line each."""
    venv = machine.venv_python()
    if os.path.realpath(os.getcwd()) == os.path.realpath(machine.ROOT):
        venv = os.path.relpath(venv, machine.ROOT)
    python, folder = map(machine.quoted, (venv, to))
    usual = os.path.join(machine.ROOT, "site")
    typed = "site" if str(to) == usual else f"site --to {folder}"
    _, _, site = machine.command(typed).partition(" ")
    lines = [f"{python} -m pip install pygments", f"{python} {site}"]
    whole = machine.state() != "unfinished" and machine.asked(venv, "run") == []
    if not whole:  # a run makes or repairs it
        lines.insert(0, machine.command("run 1"))
    return "\n".join(f"    {line}" for line in lines)
