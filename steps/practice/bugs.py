"""bug: the museum of bugs, each a real one, hidden in a step for the reader to find.

steps/bugs.toml lists them in order: the step, the right line and the wrong one, the
symptom that its discoverers saw, and the story that is told afterwards.
"""

import textwrap
import tomllib
from dataclasses import dataclass

from book.reader import STEPS, StepError, find_steps

from . import places

BUGS = STEPS / "bugs.toml"


@dataclass
class Bug:
    """A bug of the museum."""

    number: int
    title: str
    step: int
    right: str
    wrong: str
    symptom: str
    story: str

    @property
    def path(self):
        return places.folder() / f"bug{self.number:02d}.py"

    def text(self):
        """Return the step with the bug in it."""
        text = find_steps()[self.step].read_text(encoding="utf-8")
        if text.count(self.right) != 1:
            raise StepError(
                f"bug {self.number}: step {self.step} has {self.right!r} "
                f"{text.count(self.right)} times, not once"
            )
        about = textwrap.wrap(" ".join(self.symptom.split()), 70)
        head = [
            f"# Bug {self.number} of the museum: a line of step {self.step} is wrong.",
            "#",
            *(f"# {line}" for line in about),
            "#",
            f"# Fix it here, then type: python -m steps bug {self.number}",
        ]
        return "\n".join(head) + "\n" + text.replace(self.right, self.wrong)


def read_bugs(path=BUGS):
    """Return {number: Bug}."""
    with open(path, "rb") as file:
        bugs = tomllib.load(file)["bug"]
    return {n: Bug(n, **entry) for n, entry in enumerate(bugs, start=1)}
