"""Where things are, and the one reader of docstrings."""

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STEPS = ROOT / "steps"
PACKAGE = ROOT / "dezero"


def load(name, file=None):
    """Return a file of steps/ as a module, and let others there import it."""
    path = STEPS / (file or f"{name}.py")
    spec = importlib.util.spec_from_file_location(name, path)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


reader = load("reader")  # the one reader of docstrings
machine = load("machine")
