"""Step 23: a package."""

import subprocess
import sys

import numpy as np
from conftest import simple_package

import dezero
from dezero import core_simple


def test_it_prints_the_table_of_step_22(run_step):
    table = run_step(22).splitlines()[:7]
    assert "\n".join(table) in run_step(23)
    assert "Variable comes from dezero.core_simple\n" in run_step(23)


def test_until_step_31_a_gradient_is_an_ndarray(load_step):
    x = load_step(23).Variable(np.array(2.0))
    (x**3).backward()
    assert type(x.grad) is np.ndarray
    assert x.grad == 12.0


def test_in_dezero_itself_a_gradient_is_a_variable():
    x = dezero.Variable(np.array(2.0))
    (x**3).backward()
    assert type(x.grad) is dezero.Variable
    assert x.grad.data == 12.0


def test_every_import_gives_the_same_class(load_step):
    assert load_step(23).Variable is load_step(23).Variable is core_simple.Variable


def test_is_simple_core_makes_dezero_core_simple(tmp_path):
    program = "import dezero; print(dezero.Variable.__module__)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=simple_package(tmp_path),
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "dezero.core_simple\n", done.stderr
