"""Running the steps: what each prints, writes, leaves behind and calls."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from book.execute import ENDLESS

# Runs a step as `python stepNN.py` would, with other eyes open: importing it first,
# counting what it calls in the package, and without a network.
WATCHER = """
import contextlib, cProfile, importlib.util, io, json, os, runpy, sys

path, package, record, watch = sys.argv[1:]
calls, watcher = set(), cProfile.Profile()  # in C: a third of a trace's time

def offline(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise RuntimeError(f"this step asked for the network: {arguments[-1]}")

# A decorated function of the package looks like the one that it decorates.
def undress(owner, done):
    for thing in vars(owner).values():
        thing = getattr(thing, "fget", getattr(thing, "__func__", thing))
        if isinstance(thing, type) and thing not in done:
            done.add(thing)
            if thing.__module__.startswith("dezero."):
                undress(thing, done)
        inner = getattr(getattr(thing, "__wrapped__", None), "__code__", None)
        if inner and hasattr(thing, "__code__"):
            thing.__code__ = thing.__code__.replace(
                co_filename=inner.co_filename, co_firstlineno=inner.co_firstlineno
            )

sys.addaudithook(offline)
sys.argv, sys.path[0] = [path], os.path.dirname(path)
printed = io.StringIO()
with contextlib.redirect_stdout(printed):
    spec = importlib.util.spec_from_file_location("imported", path)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
try:
    if watch:
        for name in [name for name in sys.modules if name.split(".")[0] == "dezero"]:
            undress(sys.modules[name], set())
        watcher.enable(subcalls=True, builtins=False)
    runpy.run_path(path, run_name="__main__")
finally:
    watcher.disable()
    for entry in watcher.getstats():
        if getattr(entry.code, "co_filename", None) == path:
            for code in [called.code for called in entry.calls or ()]:
                name = os.path.realpath(code.co_filename)
                if name.startswith(package):
                    calls.add((name, code.co_firstlineno))
    with open(record, "w") as file:
        json.dump({"imported": printed.getvalue(), "calls": sorted(calls)}, file)
"""


@dataclass
class Run:
    """What a step did when it was run twice, in two ways, from another directory."""

    returncode: int
    stdout: str
    stderr: str
    again: str  # stdout of the second run
    failure: str  # stderr of the second run where that failed
    imported: str  # what it printed when it was imported
    calls: set  # (file, first line) of the package's functions that it called
    left: list  # files it left in the current directory


def run_lessons(lessons, package, scratch, pythonpath=None):
    """Return {number: Run}; every step runs twice, a few at a time."""

    def run(number):
        return run_lesson(lessons[number], package, scratch / f"{number}", pythonpath)

    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        return dict(zip(lessons, pool.map(run, lessons)))


def run_lesson(lesson, package, scratch, pythonpath=None):
    path, record = str(lesson.step.path.resolve()), scratch / "record.json"
    elsewhere = scratch / "elsewhere"
    elsewhere.mkdir(parents=True)
    environment = {k: v for k, v in os.environ.items() if k != "MPLBACKEND"}
    # Nobody's own data: what a step prints does not depend on what was fetched.
    environment["DEZERO_CACHE"] = str(scratch / "cache")
    # Several steps run at once; BLAS threads that wait for each other's cores make
    # step 51 five times as slow.
    environment["OPENBLAS_NUM_THREADS"] = "1"
    if pythonpath:
        environment["PYTHONPATH"] = str(pythonpath)

    def python(*arguments, seed):
        return subprocess.run(
            [sys.executable, "-W", "error", *arguments],
            cwd=elsewhere,
            env={**environment, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=ENDLESS,
        )

    first = python(path, seed="0")
    left = sorted(p.name for p in elsewhere.iterdir())
    folder = str(package.folder.resolve()) + os.sep
    watch = "1" if "dezero" in "\n".join(lesson.lines) else ""
    second = python("-c", WATCHER, path, folder, str(record), watch, seed="1")
    seen = {"imported": "", "calls": []}
    if record.exists():
        seen = json.loads(record.read_text())
    return Run(
        first.returncode,
        first.stdout,
        first.stderr,
        second.stdout,
        second.stderr if second.returncode else "",
        seen["imported"],
        {(name, line) for name, line in seen["calls"]},
        left,
    )
