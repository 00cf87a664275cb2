"""Fixtures that every test shares: steps as modules and as programs, random numbers."""

import importlib.util
import os
import shutil
import subprocess
import sys

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

# Another package of this name, or none: one sentence instead of a thousand errors.
if machine.untestable():
    sys.exit(machine.untestable())

import numpy as np


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def load_step():
    """Return a function that loads steps/stepNN.py as a fresh module, demo not run."""

    def load(number):
        path = ROOT / "steps" / f"step{number:02d}.py"
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
        path = ROOT / "steps" / f"step{number:02d}.py"
        special = arguments or simple_core or fresh or "DEZERO_CACHE" in os.environ
        known = None if special else first_runs.get(path)
        result = known or start(path, arguments, simple_core)
        assert result.returncode == 0, result.stderr
        assert result.stderr == "", result.stderr
        if not special:
            first_runs[path] = result
        return result.stdout

    def start(path, arguments, simple_core):
        env = {"DEZERO_CACHE": str(tmp_path / "cache"), **os.environ}
        if simple_core:
            env["PYTHONPATH"] = str(simple_package(tmp_path))
        return subprocess.run(
            [sys.executable, "-W", "error", str(path), *arguments],
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
