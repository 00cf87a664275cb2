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
from curriculum.places import ROOT, STEPS

# So that tests can import machine and book, the reader of steps. Last, since numpy.py
# and dezero.py there are not the packages.
sys.path.append(str(STEPS))

import machine
from practice.judge import program

# Another package of this name, or none: one sentence instead of a thousand errors.
if machine.untestable():
    sys.exit(machine.untestable())

import numpy as np


def pytest_configure(config):
    """`python -m steps check` wants to hear what happens in the reader's file."""
    report, (_, mine) = os.environ.get("STEPS_REPORT"), own_step()
    if report and mine:
        from practice.plugin import Reporter

        limit = float(os.environ["STEPS_LIMIT"])
        config.pluginmanager.register(Reporter(report, mine, limit))
    if os.environ.get("STEPS_ENGINE"):
        use_engine(os.environ["STEPS_ENGINE"])


def use_engine(path):
    """Put a reader's own step 22 in the place of dezero.core_simple."""
    import dezero

    spec = importlib.util.spec_from_file_location("dezero.core_simple", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["dezero.core_simple"] = dezero.core_simple = module
    spec.loader.exec_module(module)


def own_step():
    """Return the number and the file of the step that a reader has written.

    STEPS_MINE="16=/home/ann/my_steps/step16.py" runs the tests of step 16 on that file.
    """
    number, _, path = os.environ.get("STEPS_MINE", "").partition("=")
    return (int(number), path) if number else (None, None)


def path_of(number):
    """Return the file of a step: ours, or the reader's own."""
    mine, path = own_step()
    return Path(path) if number == mine else STEPS / f"step{number:02d}.py"


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
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def first_runs():
    """{path: what a step printed in this session}, so that none runs once more."""
    return {}


@pytest.fixture
def run_step(tmp_path, first_runs):
    """Return a function that runs steps/stepNN.py elsewhere and returns its output.

    simple_core=True runs it on a copy of the package whose is_simple_core a reader
    has set to True. What it printed before in this session is returned again, if
    nothing is special and fresh is not True.
    """

    def run(number, *arguments, simple_core=False, fresh=False):
        path = path_of(number)
        special = arguments or simple_core or fresh or "DEZERO_CACHE" in os.environ
        known = None if special else first_runs.get(path)
        result = known or start(path, arguments, simple_core)
        if result.returncode:  # said without comparing codes: a reader may see it
            last = result.stderr.splitlines()[-10:]
            raise AssertionError("\n".join(["the program stopped:", *last]))
        assert result.stderr == "", result.stderr
        if not special:
            first_runs[path] = result
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
