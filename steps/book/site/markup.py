"""Markdown as HTML: what prose.py makes, and what the notebooks of the gallery use."""

import re
from html import escape

from .code import block
from .mathml import UnknownTex, mathml
from .terms import NoTerms

INLINE = re.compile(
    r"(?P<literal>\\[^\w\s])"
    r"|(?P<code>`[^`]+`)"
    r"|(?P<math>\$[^$\n]+\$)"
    r"|\*\*(?P<strong>[^*\n]+)\*\*"
    r"|\*(?P<em>(?:\\.|[^*\\])+)\*"
    r"|!\[(?P<alt>[^\]]*)\]\((?P<src>[^)\s]+)\)"
    r"|\[(?P<label>(?:\\.|`[^`]*`|[^\]\\])+)\]\((?P<url>[^)\s]+)\)",
    re.DOTALL,
)
LITERAL = re.compile(r"\\([^\w\s])")
PLAIN = NoTerms()


def inline(text, terms=PLAIN, target=None):
    """Return a line of Markdown as HTML; nothing in it is taken for HTML.

    target(url) returns the address of a link on the site, or None if there is none.

    >>> inline("`a < b` and *c* \\\\< d")
    '<code>a &lt; b</code> and <em>c</em> &lt; d'
    """
    parts, plain, at = [], "", 0

    def flush():
        nonlocal plain
        if plain:
            parts.append(terms.link(plain))
        plain = ""

    for match in INLINE.finditer(text):
        plain += text[at : match.start()]
        at = match.end()
        if match["literal"]:
            plain += match["literal"][1]
            continue
        flush()
        parts.append(piece(match, terms, target))
    plain += text[at:]
    flush()
    return "".join(parts)


def piece(match, terms, target):
    """Return the HTML of a piece that is more than plain text."""
    if match["code"]:
        return f"<code>{escape(match['code'][1:-1], quote=False)}</code>"
    if match["math"]:
        return formula(match["math"][1:-1], block=False)
    if match["strong"]:
        return f"<strong>{inline(match['strong'])}</strong>"
    if match["em"]:
        words = LITERAL.sub(r"\1", match["em"])
        return terms.emphasis(words, escape(words, quote=False))
    if match["src"]:
        return f"<span>{escape(match['alt'], quote=False)}</span>"
    label = inline(match["label"])
    url = target(match["url"]) if target else match["url"]
    if not url or re.match(r"(?!https?:|mailto:)[\w+.-]+:", url):
        return label
    return f'<a href="{escape(url, quote=True)}">{label}</a>'


def formula(tex, block=True):
    """Return a formula as MathML, or as it is written if that is impossible."""
    try:
        made = mathml(tex, block)
    except UnknownTex:
        return f"<code>{escape(tex, quote=False)}</code>"
    return f'<div class="formula">{made}</div>' if block else made


def html(markdown, terms=PLAIN, target=None, level=2):
    """Return Markdown as HTML; '#' becomes a heading of a level."""
    parts = re.split(r"^(```.*?^```|\$\$\n.*?\n\$\$)$", markdown, flags=re.S | re.M)
    result = []
    for i, part in enumerate(parts):
        if i % 2 and part.startswith("$$"):
            result.append(formula(part[3:-3]))
        elif i % 2:
            first, _, rest = part.partition("\n")
            language = first[3:].strip() or "text"
            result.append(block(rest.removesuffix("```").rstrip("\n"), language))
        else:
            for paragraph in re.split(r"\n\s*\n", part.strip("\n")):
                if paragraph.strip():
                    result.append(paragraph_html(paragraph, terms, target, level))
    return "\n".join(result)


def paragraph_html(text, terms, target, level):
    """Return a paragraph, a list, a table or a heading as HTML."""
    lines = text.split("\n")
    if match := re.match(r"(#+) (.+)", text):
        n = min(level + len(match[1]) - 1, 6)
        rest = text[match.end() :].strip()
        more = paragraph_html(rest, terms, target, level) if rest else ""
        return f"<h{n}>{inline(match[2], PLAIN, target)}</h{n}>{more}"
    if all(line.startswith("|") for line in lines) and len(lines) > 1:
        return table([cells(line) for line in lines], terms, target)
    for mark, tag in ((r"[-*] ", "ul"), (r"\d+\. ", "ol")):
        if re.match(mark, text):
            found = re.split(rf"^{mark}", text, flags=re.M)[1:]
            found = [inline(item.strip(), terms, target) for item in found]
            start = re.match(r"\d+", text)
            start = f' start="{start[0]}"' if start and start[0] != "1" else ""
            inside = "".join(f"<li>{item}</li>" for item in found)
            return f"<{tag}{start}>{inside}</{tag}>"
    if text.startswith("> "):
        text = re.sub(r"^> ?", "", text, flags=re.M)
        return f"<blockquote><p>{inline(text, terms, target)}</p></blockquote>"
    return f"<p>{inline(text.strip(), terms, target)}</p>"


def cells(line):
    """Return the cells of a row of a table."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("| "))]


def table(rows, terms, target):
    """Return a table whose second row is the line below its head."""
    head, *body = [row for row in rows if not all(set(c) <= set("-: ") for c in row)]
    if not any(head):
        head = []
    lines = ["<tr>" + "".join(f"<th>{inline(c)}</th>" for c in head) + "</tr>"]
    lines = [f"<thead>{lines[0]}</thead>"] if head else []
    for row in body:
        made = "".join(f"<td>{inline(c, terms, target)}</td>" for c in row)
        lines.append(f"<tr>{made}</tr>")
    return f'<div class="wide"><table>{"".join(lines)}</table></div>'
