"""Fixtures that every test shares: steps as modules and as programs, random numbers."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

# Before NumPy is there: matrices as small as those of the tests gain nothing from a
# second BLAS thread, and lose much where the cores are busy.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Tests draw without a window; set before anything imports matplotlib.
os.environ["MPLBACKEND"] = "Agg"

import pytest
from curriculum.places import PACKAGE, ROOT, STEPS

# So that tests can import machine and book, the reader of steps. Last, since numpy.py
# and dezero.py there are not the packages.
sys.path.append(str(STEPS))

import machine
from book.output import match_lines
from book.reader import find_steps, read_step
from curriculum.runs import FirstRuns
from curriculum.tables import LONG_PROGRAMS
from practice.judge import LONG_PROGRAM, program

# Another package of this name, or none: one sentence instead of a thousand errors.
if machine.untestable():
    sys.exit(machine.untestable())

import numpy as np


def pytest_configure(config):
    """`python -m steps check` wants to hear what happens in the reader's file."""
    config.addinivalue_line(
        "markers", "ours: is about our own file of a step; no task of a reader's"
    )
    config.addinivalue_line(
        "markers", "long: slow, and `python -m steps check` leaves it out"
    )
    report, mine = os.environ.get("STEPS_REPORT"), own_steps()
    if report and mine:
        from practice.plugin import Reporter

        limit = float(os.environ["STEPS_LIMIT"])
        (path,) = mine.values()
        config.pluginmanager.register(Reporter(report, path, limit))
    if os.environ.get("STEPS_ENGINE"):
        use_engine(os.environ["STEPS_ENGINE"])


@pytest.hookimpl(tryfirst=True)  # before -m looks at the markers
def pytest_collection_modifyitems(items):
    """Leave out what does not look at a reader's own file, or asks too much of it.

    With STEPS_SHORT that is a test marked long, too. Of our own steps, it is a slow
    test, and so is one that runs a long program.
    """
    short = os.environ.get("STEPS_SHORT")
    if not own_steps():
        names = {f"test_step{number:02d}" for number in LONG_PROGRAMS}
        for item in items:
            runs = item.path.stem in names and "run_step" in item.fixturenames
            if runs or item.get_closest_marker("long"):
                item.add_marker(pytest.mark.slow)
    else:
        for item in items:
            looks = {"load_step", "run_step", "step_path"} & set(item.fixturenames)
            if not looks or item.get_closest_marker("ours"):
                item.add_marker(pytest.mark.skip("this is about our own file"))
            elif short and item.get_closest_marker("long"):
                whole = "run_step" in item.fixturenames
                item.add_marker(pytest.mark.skip(LONG_PROGRAM if whole else "long"))


def use_engine(path):
    """Put a reader's own step 22 in the place of dezero.core_simple."""
    import dezero

    spec = importlib.util.spec_from_file_location("dezero.core_simple", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["dezero.core_simple"] = dezero.core_simple = module
    spec.loader.exec_module(module)


def own_steps():
    """Return {number: file} of the steps that a reader has written.

    STEPS_MINE="16=/home/ann/my_steps/step16.py" runs the tests of step 16 on that file.
    Several stand on lines of their own.
    """
    pairs = [x.partition("=") for x in os.environ.get("STEPS_MINE", "").splitlines()]
    return {int(number): path for number, _, path in pairs}


def path_of(number):
    """Return the file of a step: ours, or the reader's own."""
    return Path(own_steps().get(number, STEPS / f"step{number:02d}.py"))


@pytest.fixture
def step_path():
    """Return a function that says where the file of a step is."""
    return path_of


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def load_step():
    """Return a function that loads steps/stepNN.py as a fresh module, demo not run."""

    def load(number):
        path = path_of(number)
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        before = sys.dont_write_bytecode
        if number in own_steps():  # it changes more often than Python looks
            sys.dont_write_bytecode = True
        try:
            spec.loader.exec_module(module)
        finally:
            sys.dont_write_bytecode = before
        return module

    return load


@pytest.fixture(scope="session")
def first_runs(request, tmp_path_factory):
    base = tmp_path_factory.getbasetemp()
    # Not by the environment: a pytest that a test starts inherits it from the worker.
    worker = hasattr(request.config, "workerinput")
    return FirstRuns((base.parent if worker else base) / "first_runs")


@pytest.fixture
def run_step(tmp_path, first_runs):
    """Return a function that runs steps/stepNN.py elsewhere and returns its output.

    simple_core=True runs it on a copy of the package whose is_simple_core a reader
    has set to True. Our own step runs once in a session, for all tests, if nothing is
    special and fresh is not True.
    """

    def run(number, *arguments, simple_core=False, fresh=False):
        path = path_of(number)
        special = arguments or simple_core or fresh or "DEZERO_CACHE" in os.environ
        if special or path.parent != STEPS:
            result = start(path, arguments, simple_core)
        else:
            result = first_runs.get(path, PACKAGE, tmp_path / f"run_{number}")
        if result.returncode:  # said without comparing codes: a reader may see it
            last = result.stderr.splitlines()[-10:]
            raise AssertionError("\n".join(["the program stopped:", *last]))
        assert result.stderr == "", result.stderr
        if number in own_steps() and not arguments:
            keep_for_judge(result.stdout)
            return asked_for(number, result.stdout)
        return result.stdout

    def start(path, arguments, simple_core):
        env = {"DEZERO_CACHE": str(tmp_path / "cache"), **os.environ}
        engine = os.environ.get("STEPS_ENGINE")
        words = [str(path)]
        if engine or path.parent != STEPS:  # a reader's own
            words = program(path, engine)
        if simple_core:
            env["PYTHONPATH"] = str(simple_package(tmp_path))
        return subprocess.run(
            [sys.executable, "-W", "error", *words, *arguments],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )

    return run


def keep_for_judge(printed):
    """Write down what a reader's file printed, so that check need not run it again."""
    if os.environ.get("STEPS_REPORT"):
        path = Path(os.environ["STEPS_REPORT"] + ".printed")
        path.write_text(printed, encoding="utf-8")


def asked_for(number, printed):
    """Return what the text of a step asks for of what a reader's file prints."""
    step = read_step(find_steps()[number])
    found, missing = match_lines(step.output, printed, step.rtol)
    return printed if missing else "\n".join([*found, ""])


def simple_package(folder):
    """Copy the package into folder with is_simple_core edited; return folder."""
    copy = folder / "dezero"
    shutil.copytree(
        ROOT / "dezero",
        copy,
        ignore=shutil.ignore_patterns("__pycache__"),
        dirs_exist_ok=True,
    )
    init = copy / "__init__.py"
    text = init.read_text(encoding="utf-8")
    assert "\nis_simple_core = False\n" in text
    text = text.replace("\nis_simple_core = False\n", "\nis_simple_core = True\n")
    init.write_text(text, encoding="utf-8")
    return folder
