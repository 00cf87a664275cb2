"""What steps/hints.toml says about a step: hints, names to keep, goals of gaps."""

import functools
import tomllib

from book.reader import STEPS

HINTS = STEPS / "hints.toml"


@functools.lru_cache
def read_hints(path=HINTS):
    """Return {number of a step: {"idea": ..., "formula": ..., "kept": [...], ...}}."""
    with open(path, "rb") as file:
        return {int(name[4:]): hints for name, hints in tomllib.load(file).items()}


def kept(number):
    """Return the names that stay complete in the practice file of a step."""
    return set(read_hints().get(number, {}).get("kept", []))


def goals(number):
    """Return {name: what it must do} for gaps whose docstring does not say it."""
    return read_hints().get(number, {}).get("goals", {})
