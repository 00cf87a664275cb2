"""python -m steps doctor: what this machine has, and what to do.

It looks and reports; it installs nothing, changes nothing, and needs
nothing but Python. What might end in an error of another package is
tried in a process of its own.
"""

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import machine

GOOD, MISSING, OPTIONAL = "ok", "MISSING", "-"
NOT_INSTALLED = "not installed for this Python"

# A picture of one node, drawn by whichever engine the package finds.
DRAW = """
import sys, tempfile, os
from dezero import graph
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "x.svg")
    graph.render_dot("digraph g { x }", path)
    assert "<svg" in open(path, encoding="utf-8").read()
"""

CUPY = """
import cupy
count = cupy.cuda.runtime.getDeviceCount()
name = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()
cupy.arange(3).sum()
print(f"CuPy {cupy.__version__}, {count} x {name}")
"""

KERNELS = """
import jupyter_client.kernelspec as kernels
for name, path in kernels.find_kernel_specs().items():
    argv = kernels.get_kernel_spec(name).argv
    print(name, argv[0], sep="\\t")
"""

CACHE = """
import os
from dezero import utils
print(utils.cache_dir)
for name, entry in sorted(getattr(utils, "DOWNLOADS", {}).items()):
    if utils.find_file(name):
        print(name, "ok", sep="\\t")
    elif os.path.exists(os.path.join(utils.cache_dir, name)):
        print(name, "damaged", sep="\\t")
    else:
        print(name, "not there", sep="\\t")
"""


class Report:
    """Lines with a mark each, and what to do about what is missing."""

    def __init__(self):
        self.lines = []
        self.advice = {}  # what to do: the subjects that need it
        self.essential = True

    def add(self, subject, mark, text, advice=None):
        """Add a line; MISSING marks something that every step needs."""
        self.lines.append(f"{mark:7}  {subject:10}  {text}")
        if advice:
            self.advice.setdefault(advice, []).append(subject)
        if mark == MISSING:
            self.essential = False

    def __str__(self):
        lines = list(self.lines)
        if self.advice:
            lines += ["", "What to do:"]
            lines += [
                f"  {', '.join(subjects)}: {text}"
                for text, subjects in self.advice.items()
            ]
        elif self.essential:
            lines += ["", "Nothing is missing."]
        return "\n".join(lines)


def program(code):
    """Run a program: (what it prints, None), or (None, its error)."""
    try:
        result = subprocess.run(
            [sys.executable, "-c", code],
            cwd=machine.STEPS,  # where a step looks for packages, too
            capture_output=True,
            text=True,
            errors="replace",
        )
    except OSError as error:
        return None, str(error)
    if result.returncode:
        said = result.stderr.strip().splitlines() or ["no message"]
        return None, said[-1]
    return result.stdout.strip(), None


def version(name):
    """Return the version of an installed package, or None."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def look_at_python(report):
    """Which Python is this, and is there the environment .venv?"""
    where = "in .venv, " * machine.inside_venv() + sys.executable
    number = platform.python_version()
    report.add("Python", GOOD, f"{number}, {where}")
    report.add("system", GOOD, f"{platform.platform()}")
    if machine.inside_venv():
        return
    if not os.path.lexists(machine.VENV):
        text = "not there; made if this Python lacks something"
        for module in ("venv", "ensurepip"):
            if machine.find(module) is None:
                mark = MISSING if machine.lacking("run") else OPTIONAL
                report.add(".venv", mark, text, machine.no_venv())
                return
        report.add(".venv", OPTIONAL, text)
    elif machine.state() == "unfinished":
        report.add(
            ".venv", OPTIONAL, "half made; the next run repairs it"
        )
    elif machine.asked(machine.venv_python(), "run") is None:
        text = "broken; the next run repairs it"
        report.add(".venv", OPTIONAL, text)
    else:
        report.add(".venv", GOOD, f"there: {machine.VENV}")


def install_advice():
    """Return the command that installs what the steps need."""
    typed = machine.command("run 26")
    return f"{typed} installs what is missing into .venv"


def look_at_packages(report):
    """NumPy, dezero, and what draws and tests."""
    what = install_advice()
    for name in ("numpy", "matplotlib"):
        title = {"numpy": "NumPy"}.get(name, name)
        spec = machine.find(name)
        if spec is None:
            report.add(title, MISSING, NOT_INSTALLED, what)
        else:
            folder = machine.folder_of(spec)
            report.add(title, GOOD, f"{version(name)}, {folder}")
    spec = machine.find("dezero")
    if spec is None:
        report.add("dezero", MISSING, NOT_INSTALLED, what)
        return
    problem = machine.foreign(spec)
    if problem:
        report.add("dezero", MISSING, problem, what)
        return
    number = machine.version_in(spec.origin)
    folder = machine.folder_of(spec)
    text = f"{number}, ours: {folder}"
    here = os.path.join(machine.ROOT, "dezero")
    if os.path.realpath(folder) != os.path.realpath(here):
        report.add(
            "dezero",
            GOOD,
            f"{text} (not the one in this folder)",
            "the steps do not use the dezero in this folder; to make "
            f"them use it: python -m pip install -e {machine.ROOT}",
        )
    else:
        report.add("dezero", GOOD, text)


def look_at_graphviz(report):
    """The engine that draws graphs, and the fonts of its labels."""
    dot = shutil.which("dot")
    found = []
    if dot:
        try:
            result = subprocess.run(
                [dot, "-V"],
                capture_output=True,
                text=True,
                errors="replace",
            )
            said = (result.stderr + result.stdout).strip().splitlines()
            state = (
                said[0] if said else f"exit status {result.returncode}"
            )
            if result.returncode:
                state = f"broken: {state}"
        except OSError as error:
            state = f"broken: {error}"
        found.append(f"the program {dot} ({state})")
    if machine.find("pygraphviz"):
        found.append(
            f"the engine in pygraphviz {version('pygraphviz')}"
        )
    text = ", ".join(found)
    if not found:
        report.add(
            "Graphviz",
            MISSING,
            "neither the program dot nor the package pygraphviz",
            install_advice(),
        )
    elif machine.lacking("run"):
        report.add(
            "Graphviz", OPTIONAL, text + "; needs dezero to be tried"
        )
    else:
        _, problem = program(DRAW)
        if problem:
            report.add(
                "Graphviz",
                MISSING,
                f"{text}; drawing fails: {problem}",
                "pip install --force-reinstall pygraphviz",
            )
        else:
            report.add("Graphviz", GOOD, f"draws; {text}")
    spec = machine.find("matplotlib")
    if spec is not None:
        fonts = Path(
            machine.folder_of(spec), "mpl-data", "fonts", "ttf"
        )
        count = len(list(fonts.glob("*.ttf")))
        mark = GOOD if count else OPTIONAL
        report.add("fonts", mark, f"{count} that come with matplotlib")


def look_at_data(report):
    """The folder of downloads, and which files are there."""
    setting = os.environ.get("DEZERO_CACHE")
    if machine.lacking("run"):
        folder = setting or os.path.join("~", ".dezero")
        folder = os.path.expanduser(folder)
        there = "there" if os.path.isdir(folder) else "not there yet"
        report.add("data", OPTIONAL, f"{folder}: {there}")
        return
    said, problem = program(CACHE)
    if problem:
        report.add("data", OPTIONAL, f"cannot be checked: {problem}")
        return
    folder, *rows = said.splitlines()
    by = " (DEZERO_CACHE)" if setting else ""
    states = {}
    for row in rows:
        name, _, state = row.partition("\t")
        states.setdefault(state, []).append(name)
    there = ", ".join(states.get("ok", [])) or "no files yet"
    report.add("data", OPTIONAL, f"{folder}{by}: {there}")
    if "not there" in states:
        names = ", ".join(states["not there"])
        report.add("", "", f"downloaded when asked for: {names}")
    if "damaged" in states:
        report.add(
            "data",
            OPTIONAL,
            "damaged: " + ", ".join(states["damaged"]),
            "a damaged file is downloaded again when a program asks "
            f"for it; or delete it in {folder}",
        )


def look_at_gpu(report):
    """CuPy and a GPU: no step needs them, step 52 uses them."""
    smi = shutil.which("nvidia-smi")
    if machine.find("cupy") is None:
        text = "no CuPy; everything runs on NumPy"
        advice = None
        if smi:
            text = "nvidia-smi is there, CuPy is not"
            advice = 'pip install -e ".[gpu]" installs it (step 52)'
        report.add("GPU", OPTIONAL, text, advice)
        return
    said, problem = program(CUPY)
    if problem:
        text = f"CuPy is there, but finds no usable GPU: {problem}"
        report.add("GPU", OPTIONAL, text)
    else:
        report.add("GPU", GOOD, said)


def pip():
    """Return how to call the pip of this Python."""
    if not machine.inside_venv():
        return "pip"
    return f'"{sys.executable}" -m pip'


def look_at_jupyter(report):
    """The kernel in which the notebooks run."""
    install = f'{pip()} install -e ".[notebooks]" installs it all'
    if machine.find("ipykernel") is None:
        text = "no kernel (ipykernel) in this Python"
        report.add("Jupyter", OPTIONAL, text, install)
        return
    text = f"ipykernel {version('ipykernel')}"
    said, problem = program(KERNELS)
    if problem:
        report.add("Jupyter", OPTIONAL, f"{text}; {problem}", install)
        return
    for row in said.splitlines():
        name, _, path = row.partition("\t")
        if name == "python3":
            same = not os.path.isabs(path) or os.path.realpath(
                os.path.dirname(path)
            ) == os.path.realpath(os.path.dirname(sys.executable))
            text += f", kernel python3: {path}"
            if not same:
                report.add(
                    "Jupyter",
                    OPTIONAL,
                    text,
                    "the notebooks would run in that other Python; to "
                    "use this one: python -m ipykernel install "
                    "--sys-prefix",
                )
                return
    lab = version("jupyterlab")
    text += f", JupyterLab {lab}" if lab else ", no JupyterLab"
    report.add("Jupyter", GOOD, text, None if lab else install)


def look_at_pygments(report):
    """What colours the code on the pages that `site` writes."""
    number = version("pygments")
    if number and machine.find("pygments"):
        report.add("Pygments", GOOD, number)
        return
    from book.site.code import advice

    text = f"{NOT_INSTALLED}; the command site needs it"
    report.add("Pygments", OPTIONAL, text, advice())


def look_at_tools(report):
    """What you need only if you change the course itself."""
    words = []
    for name in ("pytest", "ruff", "mypy"):
        number = version(name)
        words.append(f"{name} {number}" if number else f"no {name}")
    words.append("git" if shutil.which("git") else "no git")
    report.add("tools", OPTIONAL, ", ".join(words))


LOOKS = [
    look_at_python,
    look_at_packages,
    look_at_graphviz,
    look_at_data,
    look_at_gpu,
    look_at_jupyter,
    look_at_pygments,
    look_at_tools,
]


def examine():
    """Return the Report of this Python."""
    report = Report()
    for look in LOOKS:
        try:
            look(report)
        except Exception as error:  # report it, and continue
            name = look.__name__.rpartition("_")[2]
            text = f"cannot be checked: {type(error).__name__}: {error}"
            report.add(name, OPTIONAL, text)
    return report


def main(arguments):
    """Report on the Python that would run the steps."""
    if machine.lacking("run") and not machine.inside_venv():
        other = machine.venv_python()
        if (
            machine.state() != "unfinished"
            and machine.asked(other, "run") == []
        ):
            lacks = machine.listed(machine.lacking("run"))
            print(f"{sys.executable} lacks {lacks}; .venv has it all:")
            sys.stdout.flush()
            return subprocess.call([other, machine.STEPS, "doctor"])
    report = examine()
    print(report)
    return 0 if report.essential else 1
