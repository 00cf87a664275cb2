"""What is around each page: its head, the links on top, and those to its neighbours."""

from html import escape

from .code import plain

TITLE = "Deep learning, step by step"
LINKS = [
    ("index.html", "Steps"),
    ("glossary.html", "Glossary"),
    ("api.html", "API"),
    ("gallery.html", "Gallery"),
]
SEARCH = """\
<form class="search" action="search.html" role="search">
<input type="search" name="q" aria-label="Search" placeholder="Search" maxlength="80">
</form>"""


def page(file, title, body, before=None, after=None):
    """Return a page. before and after are (file, title) of its neighbours."""
    links = "\n".join(
        f'<a href="{to}"{current(file, to)}>{name}</a>' for to, name in LINKS
    )
    relations = "".join(
        f'<link rel="{kind}" href="{found[0]}">\n'
        for kind, found in (("prev", before), ("next", after))
        if found
    )
    full = TITLE if file == "index.html" else f"{plain(title)} - {TITLE}"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(full, quote=False)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="site.css">
{relations}</head>
<body>
<a class="skip" href="#main">Skip to the text</a>
<header><nav aria-label="Site">
{links}
{SEARCH}
</nav></header>
<main id="main">
{body}
</main>
{neighbours(before, after)}<script src="site.js" defer></script>
</body>
</html>
"""


def current(file, to):
    """Return the mark of the link that leads to the page itself."""
    return ' aria-current="page"' if file == to else ""


def neighbours(before, after):
    """Return the links to the page before and the page after."""
    if not before and not after:
        return ""
    parts = ['<footer><nav aria-label="Neighbours" class="neighbours">']
    for found, kind, arrow in ((before, "prev", "&larr; "), (after, "next", "")):
        if found:
            more = " &rarr;" if kind == "next" else ""
            name = escape(found[1], quote=False)
            parts.append(
                f'<a rel="{kind}" class="{kind}" href="{found[0]}">'
                f"{arrow}{name}{more}</a>"
            )
    return "\n".join([*parts, "</nav></footer>", ""])


def section(name, title, inside, kind=""):
    """Return a section of a page, with a heading that has an address."""
    kind = f' class="{kind}"' if kind else ""
    return f'<section{kind}>\n<h2 id="{name}">{title}</h2>\n{inside}\n</section>'


def folded(summary, inside, name="", kind=""):
    """Return something that is folded away under one line."""
    name = f' id="{name}"' if name else ""
    kind = f' class="{kind}"' if kind else ""
    return f"<details{name}{kind}><summary>{summary}</summary>\n{inside}\n</details>"
