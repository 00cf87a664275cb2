"""Terms of the glossary in a text: the first use of each on a page is a link."""

import functools
import re
from html import escape


def slug(text):
    """Return a text as an id: 'mean squared error' as mean-squared-error."""
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-") or "x"


@functools.cache
def pattern(name, text):
    """Return (beginnings of words, pattern) of a term, made once."""
    return re.compile(text, re.IGNORECASE)


class Terms:
    """The terms that a page may link; each is linked once.

    number is that of the step: a term of a later step is not linked.
    """

    def __init__(self, words, number=10**6, file="glossary.html"):
        self.file = file
        self.here = {word.term: word for word in words if word.step == number}
        self.left = {}
        for word in words:
            if word.step <= number:
                keys = [name.split()[0][:4].casefold() for name in word.names]
                self.left[word.term] = (word, keys)

    def href(self, word):
        """Return the address of a term."""
        return f"{self.file}#{slug(word.term)}"

    def anchor(self, word, inside):
        """Return a link to a term."""
        meaning = escape(f"{word.term}: {word.meaning}", quote=True)
        return (
            f'<a class="term" href="{self.href(word)}" title="{meaning}">{inside}</a>'
        )

    def link(self, text):
        """Return a plain text as HTML, its terms linked where they first occur."""
        lower, found = text.casefold(), []
        for term, (word, keys) in self.left.items():
            if any(key in lower for key in keys):
                match = pattern(term, word.uses.pattern).search(text)
                if match:
                    found.append((match.start(), -match.end(), term))
        parts, at = [], 0
        for start, end, term in sorted(found):
            if start >= at:
                parts.append(escape(text[at:start], quote=False))
                inside = escape(text[start:-end], quote=False)
                parts.append(self.anchor(self.left.pop(term)[0], inside))
                at = -end
        return "".join(parts) + escape(text[at:], quote=False)

    def emphasis(self, text, inside):
        """Return *text*: a new term is a link, and counts as linked."""
        for term, (word, _) in list(self.left.items()):
            if word.is_called(text):
                del self.left[term]
                return f"<em>{self.anchor(word, inside)}</em>"
        return f"<em>{inside}</em>"


class NoTerms:
    """Links nothing: for headings, and for pages that are not about terms."""

    def link(self, text):
        """Return a plain text as HTML."""
        return escape(text, quote=False)

    def emphasis(self, text, inside):
        """Return *text*."""
        return f"<em>{inside}</em>"
