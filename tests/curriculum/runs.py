"""Running the steps: what each prints, writes, leaves behind and calls.

One run of a step answers all of these, and is shared by all tests of a session: see
FirstRuns. A second one, as `python stepNN.py`, is for the slow tests.
"""

import hashlib
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

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
    """What a step did when it was imported and then run, from another directory."""

    returncode: int
    stdout: str
    stderr: str
    imported: str  # what it printed when it was imported
    calls: list  # [file, first line] of the package's functions that it called
    left: list  # files it left in the current directory


def run_lessons(lessons, package, scratch, pythonpath=None, first_runs=None):
    """Return {number: Run}, a few at a time; what is in first_runs is not run again."""

    def run(number):
        path = lessons[number].step.path.resolve()
        folder = scratch / f"{number}"
        if first_runs is None:
            return run_watched(path, package.folder, folder, pythonpath)
        return first_runs.get(path, package.folder, folder)

    return _each(lessons, run)


def run_plainly(lessons, scratch, pythonpath=None):
    """Return {number: CompletedProcess}: each step run as `python stepNN.py`."""

    def run(number):
        elsewhere = scratch / f"{number}" / "plain"
        words = [lessons[number].step.path]
        return _python(words, elsewhere, pythonpath, seed="1")

    return _each(lessons, run)


def _each(lessons, run):
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        return dict(zip(lessons, pool.map(run, lessons)))


def run_watched(path, package, scratch, pythonpath=None):
    """Return the Run of a step; package is the folder whose functions are watched."""
    elsewhere, record = scratch / "elsewhere", scratch / "record.json"
    folder = str(package.resolve()) + os.sep
    watch = "1" if "dezero" in path.read_text(encoding="utf-8") else ""
    words = ["-c", WATCHER, path, folder, record, watch]
    done = _python(words, elsewhere, pythonpath, seed="0")
    seen = {"imported": "", "calls": []}
    if record.exists():
        seen = json.loads(record.read_text())
    left = sorted(p.name for p in elsewhere.iterdir())
    return Run(done.returncode, done.stdout, done.stderr, **seen, left=left)


def _python(words, elsewhere, pythonpath, seed):
    """Run `python -W error WORDS` in a new folder, on another package if need be."""
    elsewhere.mkdir(parents=True)
    environment = {k: v for k, v in os.environ.items() if k != "MPLBACKEND"}
    # Nobody's own data: what a step prints does not depend on what was fetched.
    environment["DEZERO_CACHE"] = str(elsewhere.parent / "cache")
    # Several steps run at once; BLAS threads that wait for each other's cores make
    # step 51 five times as slow.
    environment["OPENBLAS_NUM_THREADS"] = "1"
    if pythonpath:
        environment["PYTHONPATH"] = str(pythonpath)
    return subprocess.run(
        [sys.executable, "-W", "error", *map(str, words)],
        cwd=elsewhere,
        env={**environment, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=ENDLESS,
    )


class FirstRuns:
    """The Run of each step in this session, so that none is run once more.

    They stand in a folder, which the processes of pytest-xdist share. Whoever comes
    first leaves a file that says so, and runs the step; the others wait.
    """

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def get(self, path, package, scratch):
        """Return the Run of a step, of this process or another."""
        where = hashlib.sha256(str(path).encode()).hexdigest()[:16]
        kept = self.folder / f"{path.stem}-{where}.json"
        try:
            kept.with_suffix(".begun").touch(exist_ok=False)
        except FileExistsError:
            known = self._wait_for(kept)
            return Run(**known) if known else run_watched(path, package, scratch)
        run = None
        try:
            run = run_watched(path, package, scratch)
        finally:  # also where it was interrupted: nobody is to wait for it
            new = kept.with_suffix(".new")
            new.write_text(json.dumps(run and asdict(run)), encoding="utf-8")
            new.replace(kept)  # the file is whole or not there at all
        return run

    def _wait_for(self, kept):
        until = time.monotonic() + ENDLESS
        while not kept.exists() and time.monotonic() < until:
            time.sleep(0.05)
        return json.loads(kept.read_text(encoding="utf-8"))
