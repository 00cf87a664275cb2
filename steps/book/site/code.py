"""Code as HTML: highlighted, a class in pieces, a diff in colours."""

import functools
import os
import re
import sys
from html import escape

import machine

from ..reader import MARKER, StepError

MISSING = "the site needs Pygments, which colours the code, but {} lacks it: {}"
CLASSES = {  # the end of a token's name: the class in site.css
    "Keyword": "k",
    "Operator.Word": "k",
    "String": "s",
    "Number": "m",
    "Comment": "c",
    "Name.Function": "f",
    "Name.Decorator": "f",
    "Name.Class": "t",
    "Name.Exception": "t",
}


@functools.cache
def lexer():
    """Return what reads Python; raise StepError if Pygments is missing."""
    try:
        from pygments.lexers import PythonLexer
    except ImportError:
        raise StepError(MISSING.format(sys.executable, advice())) from None
    return PythonLexer(stripnl=False, ensurenl=False)


def advice():
    """Return what to type: pip may not change a system's Python, but .venv is ours."""
    python, first = sys.executable, ""
    if machine.lacking("run"):
        python = machine.venv_python()
        if not os.path.exists(python):
            first = f"type {machine.command('run 1')}, which makes .venv, then "
    return f"{first}{python} -m pip install pygments"


@functools.cache
def class_of(token):
    """Return the class of a token, or '' if it has no colour."""
    while token:  # the root of all tokens is an empty tuple
        for name, kind in CLASSES.items():
            if str(token).endswith(f".{name}"):
                return kind
        token = token.parent
    return ""


@functools.cache
def lines_of(source):
    """Return the coloured lines of a piece of Python, each HTML of its own."""
    parts = []
    for token, text in lexer().get_tokens(source):
        kind = class_of(token)
        text = escape(text, quote=False)
        if kind and text.strip():
            rows = [f'<span class="{kind}">{x}</span>' for x in text.split("\n")]
            text = "\n".join(rows).replace(f'<span class="{kind}"></span>', "")
        parts.append(text)
    return "".join(parts).split("\n")


def python(source, rows=None):
    """Return Python as HTML, or some of its rows, coloured as parts of the whole."""
    lines = lines_of(source)
    return pre("\n".join(lines if rows is None else [lines[i] for i in rows]), "code")


def pre(inside, kind):
    """Return a block of text whose lines and blanks count."""
    return f'<pre class="{kind}"><code>{inside}</code></pre>'


def block(text, language):
    """Return a block of a text: Python in colours, a drawing as it is."""
    if language == "python":
        return python(text)
    return pre(escape(text, quote=False), "drawing" if language == "text" else "code")


def pieces(source):
    """Yield (carried over?, rows) of a class whose marker lines say what is new."""
    carried, rows = False, []
    for i, line in enumerate(source.split("\n")):
        mark = MARKER.fullmatch(line) if line.startswith(" ") else None
        if mark:
            yield carried, rows
            carried, rows = mark[1] == "carried over", []
        else:
            rows.append(i)
    yield carried, rows


def coloured_diff(lines):
    """Return the lines of diff.py as HTML, a part for each definition."""
    parts, rows = [], []

    def close():
        if rows:
            parts.append(pre("".join(rows), "diff"))
            rows.clear()

    for line in lines[2:]:
        if line.startswith("@@"):
            close()
            title = line.strip("@ ")
            parts.append(f'<p class="difftitle">{escape(title, quote=False)}</p>')
            continue
        kind = {"+": "ins", "-": "del"}.get(line[:1])
        text = escape(line, quote=False)
        rows.append(f"<{kind}>{text}</{kind}>" if kind else text + "\n")
    close()
    return "\n".join(parts)


def trimmed(source, rows):
    """Return rows without the empty ones at both ends."""
    lines = source.split("\n")
    while rows and not lines[rows[-1]].strip():
        rows = rows[:-1]
    while rows and not lines[rows[0]].strip():
        rows = rows[1:]
    return rows


def listed_steps(numbers, link):
    """Return 'step 9' or 'steps 9 and 12', each a link."""
    *most, last = [f'<a href="{link(n)}">{n}</a>' for n in numbers]
    word = "steps" if most else "step"
    return f"{word} {', '.join(most)} and {last}" if most else f"{word} {last}"


def plain(markup):
    """Return the text of HTML, for titles and for the search."""
    text = re.sub(r"<(math|pre)\b.*?</\1>", " ", markup, flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", "", text)
    for code, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        text = text.replace(code, sign)
    return " ".join(text.split())
