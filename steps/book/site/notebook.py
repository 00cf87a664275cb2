"""A notebook as a page: its text, its code, and what it printed and drew."""

import base64
import json
import re
from html import escape

from ..ipynb import source_of, text_of
from .code import plain, pre, python
from .markup import html


def notebook_page(path, target):
    """Return (title, first text, body, {file: bytes}) of a notebook, as HTML."""
    book = json.loads(path.read_text(encoding="utf-8"))
    parts, files, heading = [], {}, path.stem
    for found in book["cells"]:
        source = source_of(found)
        if found["cell_type"] == "markdown":
            parts.append(html(source, target=target, level=1))
            heading = last_heading(parts[-1]) or heading
            continue
        if found["cell_type"] != "code" or not source.strip():
            continue
        parts.append(python(source))
        told = iter(found["metadata"].get("alt", []))  # of each picture, in words
        for output in found.get("outputs", []):
            parts.append(shown(output, path.stem, files, told, heading))
    body = "\n".join(part for part in parts if part)
    title = re.search(r"<h1>(.*?)</h1>", body, re.DOTALL)
    about = re.search(r"<p>.*?</p>", body, re.DOTALL)
    title = title[1] if title else path.stem
    return title, about[0] if about else "", body, files


def last_heading(part):
    """Return the text of the last heading in HTML, or None."""
    found = re.findall(r"<h\d>(.*?)</h\d>", part, re.DOTALL)
    return plain(found[-1]) if found else None


def shown(output, stem, files, told, heading):
    """Return what a cell printed or drew; a picture becomes a file.

    told has descriptions of the next pictures of the cell.
    """
    data = output.get("data", {})
    for kind, ending in (("image/png", "png"), ("image/svg+xml", "svg")):
        if kind in data:
            text = "".join(data[kind])
            made = base64.b64decode(text) if ending == "png" else text.encode()
            name = f"figures/gallery_{stem}{len(files) + 1}.{ending}"
            files[name] = made
            said = next(told, f"Picture of the section: {heading}")
            alt = escape(said, quote=True)
            return f'<figure><img src="{name}" alt="{alt}" loading="lazy"></figure>'
    text = text_of(output).rstrip("\n")
    return pre(escape(text, quote=False), "output") if text else ""
