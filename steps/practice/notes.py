"""What steps/hints.toml says about a step: its hints, what is kept, what a gap must do."""

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
    """Return {name of a definition: what it must do}, where its docstring does not say."""
    return read_hints().get(number, {}).get("goals", {})
