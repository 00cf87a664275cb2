"""The whole course as one file: for an e-reader, or for reading offline."""

import base64
import re
from html import escape

from ..reader import CHAPTERS
from .chapters import CHAPTER, chapter_page, chapters, glossary_page, of_chapter
from .frame import TITLE
from .lesson import Page


def course_page(material, css):
    """Return all steps, chapter by chapter, and the glossary as one page.

    Pictures are inside. What a step carries over, its diff and its tests are left out.
    """
    parts, files = [f"<h1>{TITLE}</h1>", contents(material)], set()
    for chapter in chapters(material):
        files.add(f"chapter{chapter}")
        files |= {f"step{n:02d}" for n in of_chapter(material, chapter)}
    files.add("glossary")
    for chapter in chapters(material):
        body = chapter_page(material, chapter, short=True)
        parts.append(inside(body, f"chapter{chapter}", files, 1))
        for n in of_chapter(material, chapter):
            body = Page(material, n, short=True).body()
            body = with_pictures(body, material.pictures)
            parts.append(inside(body, f"step{n:02d}", files, 2))
    parts.append(inside(glossary_page(material), "glossary", files, 1))
    body = "\n".join(parts)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(TITLE)}: the whole course</title>
<link rel="icon" href="data:,">
<style>
{css}</style>
</head>
<body class="course">
<main>
{body}
</main>
</body>
</html>
"""


def contents(material):
    """Return the list of chapters, as links within the file."""
    names = [
        f'<li><a href="#chapter{n}">{CHAPTER.format(n, CHAPTERS[n - 1][1])}</a></li>'
        for n in chapters(material)
    ]
    names.append('<li><a href="#glossary">Glossary</a></li>')
    return f'<nav aria-label="Contents"><ul>{"".join(names)}</ul></nav>'


def inside(body, name, files, deeper):
    """Return the body of a page as an article of a larger one.

    Its addresses begin with its name, and its headings are that much deeper; links to
    pages that are not there become text.
    """
    body = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', body)

    def link(match):
        file, _, at = match[1].partition("#")
        stem = file.removesuffix(".html") or name
        if re.match(r"https?:", match[1]):
            return match[0]
        if stem not in files:
            return match[3]
        to = f"{stem}-{at}" if at else stem
        return f'<a href="#{to}"{match[2]}>{match[3]}</a>'

    body = re.sub(
        r'<a (?:class="[\w ]+" )?href="([^"]*)"([^>]*)>(.*?)</a>',
        link,
        body,
        flags=re.S,
    )
    body = re.sub(
        r"<(/?)h([1-6])\b",
        lambda m: f"<{m[1]}h{min(int(m[2]) + deeper, 6)}",
        body,
    )
    return f'<article id="{name}">\n{body}\n</article>'


def with_pictures(body, pictures):
    """Return a page with its pictures inside."""

    def data(match):
        text = base64.b64encode(pictures[match[1]]).decode()
        return f'src="data:image/png;base64,{text}"'

    return re.sub(r'src="figures/([\w.-]+)"', data, body)
