"""What the pages are made of, read once."""

import base64
import json
import re
from dataclasses import dataclass, field
from functools import cached_property

from ..answers import find_answers, find_milestones, read_answer, read_milestone
from ..code import read_lessons
from ..prose import markdown
from ..reader import STEPS, read_ledger
from ..words import words_of
from .api import Names

ROOT = STEPS.parent
SHOWN = re.compile(r'Picture\("\.\./figures/([\w.-]+)"\)')


@dataclass
class Material:
    """The steps and what comes with them; numbers chooses steps, None is all."""

    folder: object = STEPS
    numbers: object = None
    players: dict = field(default_factory=dict)  # number: (file, title)
    drafts: dict = field(default_factory=dict)

    def __post_init__(self):
        self.lessons = read_lessons(self.folder)
        self.words = words_of([lesson.step for lesson in self.lessons.values()])
        self.names = Names(self.folder.parent / "dezero", read_ledger(self.folder))
        self.order = [
            n for n in self.lessons if self.numbers is None or n in self.numbers
        ]

    def draft(self, text, number):
        """Return prose of a step as Markdown; its page and the course share it."""
        key = text, number
        if key not in self.drafts:
            self.drafts[key] = markdown(text, {**self.links, number: None})
        return self.drafts[key]

    @cached_property
    def answers(self):
        """The answers, {number of the step: Program}."""
        found = find_answers(self.folder / "answers")
        return {n: read_answer(path) for n, path in found.items() if n in self.order}

    @cached_property
    def milestones(self):
        """The milestones, {number of the chapter: Program}."""
        found = find_milestones(self.folder / "book" / "milestones")
        return {n: read_milestone(path) for n, path in found.items()}

    @cached_property
    def pictures(self):
        """The pictures of the steps, {name: bytes}.

        They come from the executed notebooks; what those lack comes from figures/.
        """
        root, found = self.folder.parent, {}
        for path in sorted((root / "notebooks").glob("chapter*.ipynb")):
            for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
                match = SHOWN.search("".join(cell["source"]))
                for output in cell.get("outputs", []) if match else []:
                    png = output.get("data", {}).get("image/png")
                    if png:
                        found[match[1]] = base64.b64decode("".join(png))
        for path in sorted((root / "figures").glob("*.png")):
            found.setdefault(path.name, path.read_bytes())
        return found

    def link(self, number):
        """Return the file of a step's page."""
        return f"step{number:02d}.html"

    @cached_property
    def links(self):
        """The files of all pages of steps, for prose.py."""
        return {n: self.link(n) for n in self.order}

    def target(self, url):
        """Return where a link of the repository leads on the site, or None."""
        if match := re.match(r"(?:\.\./)*dezero/(\w+)", url):
            return self.names.file(match[1])
        if match := re.match(r"(?:\.\./)*steps/step(\d\d)\.py", url):
            return self.links.get(int(match[1]))
        if match := re.match(r"(?:\.\./)*(?:notebooks/)?chapter(\d)\.ipynb", url):
            return f"chapter{match[1]}.html"
        return url if re.match(r"[\w-]+\.html|#|https?:", url) else None
