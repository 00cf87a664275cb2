"""The player's picture: Graphviz places the nodes, and we write a small SVG.

Graphviz never sees a name: it gets the width that the text will need. So no
name can spoil the picture, and the SVG is a third as long.
"""

import re
import unicodedata
from html import escape
from xml.etree import ElementTree

from dezero.player.graph import Box, generation
from dezero.player.values import array_of, short
from dezero.render import _draw

MOST = 22  # letters on a line


def svg(trace, prefix):
    """Return (SVG text, width, height): the graph as it is in the last frame."""
    graph, grads = trace.graph, {}
    longest = {}
    for frame in trace.frames:
        for key, text in frame["put"].items():
            grads[key] = text
            if text is not None:
                longest[key] = max(longest.get(key, 0), wide(text))
    texts = {}
    for v in graph.variables:
        key = graph.keys[id(v)]
        texts[key] = [variable_text(graph, v)]
        if key in longest:
            texts[key].append("0" * (longest[key] + 5))
    for func in graph.functions:
        node = graph.place(func)
        number = None if isinstance(node, Box) else generation(node)
        lines = [cut(graph.labels[id(node)])]
        texts[graph.keys[id(node)]] = lines + [f"generation {number}"] * (
            number is not None
        )
    places, paths, size = lay_out(texts, graph.edges)
    out = []
    for i, d in enumerate(paths):
        out.append(f'<path id="{prefix}e{i}" d="{d}"/>')
    boxes = {graph.keys[id(b)] for b in graph.box_of.values() if id(b) in graph.keys}
    for key, lines in texts.items():
        x, y, w, h = places[key]
        kind = "b" if key in boxes else key[0]
        radius = f' rx="{min(h / 2, 16):.0f}"' if kind == "v" else ' rx="3"'
        out.append(f'<g id="{prefix}{key}" class="{kind}">')
        out.append(f'<rect x="{x}" y="{y}" width="{w}" height="{h}"{radius}/>')
        middle = x + w / 2
        first = y + h / 2 + (5 if len(lines) == 1 else -4)
        out.append(f'<text x="{middle:g}" y="{first:g}">{clean(lines[0])}</text>')
        if len(lines) > 1:
            text, name = lines[1], ""
            if key[0] == "v":
                grad = grads.get(key)
                text, name = f"grad {grad}" if grad is not None else "", ' class="g"'
            out.append(
                f'<text x="{middle:g}" y="{first + 17:g}"{name}>{clean(text)}</text>'
            )
        out.append("</g>")
    width, height = size
    marker = (  # one is enough for all pictures of a page
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="1" refY="4" '
        'markerWidth="7" markerHeight="7" orient="auto" markerUnits="userSpaceOnUse">'
        '<path d="M0 0L8 4L0 8z"/></marker></defs>'
    )
    return marker * (prefix == "t0") + "".join(out), width, height


def variable_text(graph, v):
    """Return the first line of a Variable: x = 2.0, 16.0 or W (3, 2)."""
    name = graph.labels.get(id(v))
    array = array_of(v)
    if array is None:
        return cut(name or "None")
    value = short(array)
    if name is None:
        return cut(value)
    return f"{cut(name)} {'= ' if array.ndim == 0 or value[0] == '[' else ''}{value}"


def cut(text):
    """Return text, cut to the letters that fit on a line."""
    return text if len(text) <= MOST else text[: MOST - 1] + "…"


def clean(text):
    """Return text escaped for HTML, without characters that a page may not hold."""
    text = "".join(c if c.isprintable() else " " for c in text)
    return escape(text).encode("utf-8", "replace").decode()


def wide(text):
    """Return how many digits are as wide as text; CJK letters count double."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def lay_out(texts, edges):
    """Return {key: (x, y, width, height)}, the paths of the edges, and the size."""
    lines = ["digraph g {", "ranksep=0.34; node [shape=box]; edge [arrowsize=0.8]"]
    for key, (first, *more) in texts.items():
        label = "\\n".join("0" * max(wide(line), 1) for line in (first, *more))
        lines.append(f'{key} [label="{label}"]')
    lines += [f"{start} -> {end}" for start, end in edges]
    root = ElementTree.fromstring(_draw("\n".join([*lines, "}"]), "svg"))
    tag = root.tag.removesuffix("svg")
    page = root.find(f"{tag}g")
    moved = re.search(r"translate\(([-\d.]+)[ ,]+([-\d.]+)\)", page.get("transform"))
    dx, dy = float(moved[1]), float(moved[2])
    places, found = {}, {}
    for group in page.iter(f"{tag}g"):
        title = group.findtext(f"{tag}title")
        if group.get("class") == "node":
            points = re.findall(
                r"([-\d.]+),([-\d.]+)", group.find(f"{tag}polygon").get("points")
            )
            xs = [float(x) + dx for x, _ in points]
            ys = [float(y) + dy for _, y in points]
            left, top = round(min(xs)), round(min(ys))
            places[title] = left, top, round(max(xs)) - left, round(max(ys)) - top
        elif group.get("class") == "edge":
            d = re.sub(
                r"([-\d.]+),([-\d.]+)",
                lambda p: f"{float(p[1]) + dx:.0f},{float(p[2]) + dy:.0f}",
                group.find(f"{tag}path").get("d"),
            )
            found.setdefault(tuple(title.split("->")), []).append(d)
    paths = [found[edge].pop(0) for edge in edges]
    box = [float(number) for number in root.get("viewBox").split()]
    return places, paths, (round(box[2]), round(box[3]))
