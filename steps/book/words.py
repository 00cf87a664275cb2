"""The words of the course: what each means, and which step introduces it."""

import difflib
import re
import textwrap
from dataclasses import dataclass, field

from .reader import STEPS, StepError, read_steps

WIDTH = 72
# *gradient descent*, and neither a * b nor *args.
ITALICS = re.compile(
    r"(?<![\w*)\]`])\*([A-Za-z](?:[\w' -]|\n){0,48}?)(?<=\w)\*(?![\w*`])"
)


@dataclass
class Word:
    """A term: what it is, its other names, its paper, and the step that has it."""

    term: str
    step: int
    meaning: str = ""
    also: list = field(default_factory=list)
    paper: str = ""
    match: str = ""  # a regular expression: what counts as a use of plain English

    @property
    def names(self):
        return [self.term, *self.also]

    @property
    def uses(self):
        """The pattern of a use: the term or another name, also in the plural."""
        text = self.match or "|".join(map(forms, self.names))
        return re.compile(text, re.IGNORECASE)

    def is_called(self, text):
        """Say whether a text is one of its names, also in the plural."""
        return any(re.fullmatch(forms(x), text, re.IGNORECASE) for x in self.names)


def forms(term):
    """Return the pattern of a term in a text: not in a.b, and not in a call of it.

    Blanks and hyphens are the same, and so are singular and plural.
    """
    words = [re.escape(word) for word in re.split(r"[-\s]+", term)]
    last = words[-1]
    words[-1] = rf"{last[:-1]}(?:y|ies)" if last[-1:] == "y" else rf"{last}(?:e?s)?"
    return r"(?<![\w.`])" + r"[-\s]+".join(words) + r"(?![\w(`]|\.\w)"


def words_of(steps):
    """Return the Words of Steps, in alphabetical order."""
    found = [
        Word(
            term,
            step.number,
            entry.get("is", ""),
            entry.get("also", []),
            entry.get("paper", ""),
            entry.get("match", ""),
        )
        for step in steps
        for term, entry in step.words.items()
    ]
    return sorted(found, key=lambda word: (word.term.casefold(), word.step))


def entry(word):
    """Return the lines of a word in the glossary."""
    also = f" ({', '.join(word.also)})" if word.also else ""
    rest = f" {word.paper}." if word.paper else ""
    meaning = word.meaning.rstrip(".")
    text = textwrap.fill(
        f"{meaning}.{rest} Step {word.step}.",
        WIDTH,
        initial_indent="    ",
        subsequent_indent="    ",
    )
    return f"{word.term}{also}\n{text}"


def glossary(name="", folder=STEPS):
    """Return the glossary as text, or the entry of one word."""
    words = words_of(read_steps(folder))
    if name:
        words = [look_up(name, words)]
    return "\n\n".join(map(entry, words))


def look_up(name, words):
    """Return the Word of this name; raise StepError if there is none."""
    name = " ".join(name.split())
    for word in words:
        if word.is_called(name):
            return word
    near = suggestions(name, names(words), related(name, words))
    raise StepError(f"the glossary has no {name!r}{near}")


def related(name, words):
    """Return the terms that begin like a name, or whose meaning has it, by step."""
    name = name.casefold()
    if len(name) < 4:
        return []
    start = name[: max(4, len(name) // 2)]
    inside = re.compile(rf"\b{re.escape(name)}", re.IGNORECASE)
    return [
        word.term
        for word in sorted(words, key=lambda word: word.step)
        if word.term.casefold().startswith(start) or inside.search(word.meaning)
    ]


def names(words):
    """Return all names of all words."""
    return [name for word in words for name in word.names]


def suggestions(name, known, more=()):
    """Return '; did you mean ...?' with the nearest known names, or ''.

    more are names that are near in another way: they follow if there is room.
    """
    lower = {}
    for text in known:
        lower.setdefault(text.casefold(), text)
    near = difflib.get_close_matches(name.casefold(), lower, n=3, cutoff=0.6)
    near += [x for x in lower if name.casefold() in x]
    near += [x.casefold() for x in more]
    near = list(dict.fromkeys(near))[:3]
    return f"; did you mean {' or '.join(lower[x] for x in near)}?" if near else ""
