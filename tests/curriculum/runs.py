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
import contextlib, importlib.util, io, json, os, runpy, sys

path, package, record, watch = sys.argv[1:]
calls, real = set(), {}

def offline(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise RuntimeError(f"this step asked for the network: {arguments[-1]}")

def watch_calls(frame, event, argument):  # for a call only: half the time of a profile
    caller = frame.f_back
    while caller and caller.f_code.co_filename.endswith(("advice.py", "inputs.py")):
        caller = caller.f_back  # a decorator, as named_arguments, stands between
    if caller and caller.f_code.co_filename == path:
        name = frame.f_code.co_filename
        if name not in real:
            real[name] = os.path.realpath(name)
        if real[name].startswith(package):
            calls.add((real[name], frame.f_code.co_firstlineno))

sys.addaudithook(offline)
sys.argv, sys.path[0] = [path], os.path.dirname(path)
printed = io.StringIO()
with contextlib.redirect_stdout(printed):
    spec = importlib.util.spec_from_file_location("imported", path)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
try:
    if watch:
        sys.settrace(watch_calls)
    runpy.run_path(path, run_name="__main__")
finally:
    sys.settrace(None)
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
