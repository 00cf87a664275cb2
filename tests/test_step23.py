"""Step 23: a package."""

from pathlib import Path

import numpy as np
import pytest

import dezero
from dezero import core, core_simple

ROOT = Path(__file__).resolve().parents[1]


def test_origin_is_the_module_that_defines(load_step):
    step = load_step(23)
    assert step.origin(dezero.Variable) is core.variable
    assert step.origin(core_simple.Variable) is core_simple


def test_same_object(load_step, monkeypatch):
    step = load_step(23)
    assert step.same_object("Variable") and step.same_object("no_grad")

    def no_grad():
        """Pretend to be core's."""

    no_grad.__module__ = "dezero.core.config"
    monkeypatch.setattr(dezero, "no_grad", no_grad)
    assert not step.same_object("no_grad")


def test_defined_names(load_step, tmp_path):
    path = tmp_path / "program.py"
    path.write_text("import math\nclass A:\n    def f(self): pass\ndef g(): pass\n")
    assert load_step(23).defined_names(path) == {"A", "g"}
    assert "Variable" in load_step(23).defined_names(ROOT / "steps" / "step22.py")


def test_the_package_computes_what_step_22_does(load_step):
    results = []
    for Variable in (load_step(22).Variable, dezero.Variable):
        x = Variable(np.array(1.0))
        y = (x + 3) ** 2
        y.backward()
        results.append((float(y.data), float(x.grad)))
    assert results == [(16.0, 8.0), (16.0, 8.0)]


@pytest.mark.parametrize("number", range(23, 30))
def test_the_steps_print_the_same_on_the_simple_core(number, run_step):
    assert run_step(number, simple_core=True) == run_step(number)
