"""The page: one HTML file that loads nothing else.

Without JavaScript it shows the last frame and the list of sentences. With it, the
sentences are read from that list, and the rest of the frames from JSON beside it.
"""

import json
import os
from html import escape
from pathlib import Path

from dezero.files import replacing
from dezero.guards import refusal
from dezero.player.draw import clean, svg
from dezero.player.graph import generation

HERE = Path(__file__).parent


def save(traces, title, to_file=None, intro=""):
    """Write traces side by side on one page; return a Player of it."""
    path = checked_path("save", to_file)
    html = html_of(traces, title, intro or _about(traces[0]))
    if path is not None:
        with replacing(path) as temporary:
            temporary.write_bytes(html.encode("utf-8", "replace"))
    return Player(html, traces, path)


def _about(watched):
    """Return a sentence on what is shown, and what is not."""
    graph = watched.graph
    text = "Orange: Variables. Blue: Functions; dashed while they wait, dotted after "
    text += "their visit. What you see is what the engine did."
    boxes = {id(box): box for box in graph.box_of.values()}
    if boxes:
        inside = len(graph.box_of)
        text += f" Gray: {inside} of the {len(graph.functions)} Functions, folded"
        labels = " ".join(box.label for box in boxes.values() if box.is_rest)
        where = " into layers"
        if labels:
            where = " into the box farthest from the result"
        if "more" in labels:
            where = " into the box of those that joined the graph last"
        text += where
        text += "; what happens inside is not shown."
    return text


def html_of(traces, title, intro=""):
    """Return the HTML of one trace, or of several side by side."""
    sections, data = [], []
    for i, trace in enumerate(traces):
        sections.append(_section(trace, f"t{i}"))
        frames = [_frame(frame, not i) for frame in trace.frames]
        data.append({"names": _names(trace.graph), "frames": frames})
    script = json.dumps(data, separators=(",", ":"))
    for letter in "<>&":  # so that nothing in it ends the script
        script = script.replace(letter, f"\\u{ord(letter):04x}")
    several = "two" if len(traces) > 1 else "one"
    title = clean(title)
    css = (HERE / "player.css").read_text(encoding="utf-8")
    code = (HERE / "player.js").read_text(encoding="utf-8")
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{css}</style></head>
<body><main>
<h1>{title}</h1>
<p class="intro">{clean(intro)}</p>
<div class="tracks {several}">
{"".join(sections)}</div>
<div class="ask js-only" id="ask" aria-live="polite"></div>
<div class="bar js-only" role="group" aria-label="Frames">
<button type="button" id="back" aria-label="Previous frame">&#9664;</button>
<input type="range" id="slider" min="0" max="1" value="0" aria-label="Frame">
<button type="button" id="next" aria-label="Next frame">&#9654;</button>
<span class="count" id="count"></span>
<button type="button" id="start">Skip to backward</button>
<button type="button" id="quiz" aria-pressed="false">Ask me first</button>
<button type="button" id="whole" aria-pressed="false">Close-up</button>
</div>
{"".join(_log(trace, f"t{i}") for i, trace in enumerate(traces))}</main>
<script type="application/json" id="frames">{script}</script>
<script>
{code}</script>
</body></html>
"""


def _section(trace, prefix):
    """Return the HTML of one trace: its picture, and the sentence below it."""
    picture, width, height = svg(trace, prefix)
    last = trace.frames[-1]
    heading = f"<h2>{clean(trace.title)}</h2>" if trace.title else ""
    wrong = " wrong" if trace.wrong else ""
    tall = min(height * 1.4, max(height, 420)) + 16
    label = clean(f"The graph. {last['say']}")
    return f"""<section class="track{wrong}">{heading}
<div class="view" style="--h:{tall:.0f}px"><svg id="{prefix}svg" role="img"
 aria-label="{label}" viewBox="0 0 {width} {height}" data-w="{width}"
 data-h="{height}" style="max-width:{width * 1.5:.0f}px">{picture}</svg></div>
<div class="said"><p id="{prefix}said" aria-live="polite">{_marked(last)}</p>
<p class="wait" id="{prefix}wait"></p></div>
</section>
"""


def _log(trace, prefix):
    """Return the list of sentences of a trace."""
    name = f"Everything that happened{': ' * bool(trace.title)}{trace.title}"
    items = "\n".join(f"<li>{_marked(frame)}</li>" for frame in trace.frames)
    return f"""<details open class="sentences"><summary>{clean(name)}</summary>
<ol class="log" id="{prefix}log" start="0">
{items}
</ol></details>
"""


def _marked(frame):
    """Return the sentence of a frame as HTML, its formulas marked."""
    html = clean(frame["say"])
    if "math" not in frame:
        return html
    lines = [clean(line) for line in frame["math"]]
    codes = [f"<code>{line}</code>" for line in lines]
    return html.replace("; ".join(lines) + ".", "<i>; </i>".join(codes) + "<i>.</i>")


def _names(graph):
    """Return {key: "B, generation 1"} of the Functions."""
    names = {}
    for func in graph.functions:
        node = graph.place(func)
        number = None if node is not func else generation(func)
        text = graph.labels[id(node)]
        text += "" if number is None else f", generation {number}"
        names[graph.keys[id(node)]] = text
    return names


def _frame(frame, asks):
    """Return the part of a frame that the JSON needs."""
    left_out = {"say", "event", "math"} | (set() if asks else {"ask"})
    return {key: value for key, value in frame.items() if key not in left_out}


class Player:
    """A page that a notebook shows: JupyterLab, VS Code, exported HTML."""

    def __init__(self, html, traces, path=None):
        self.html, self.traces, self.path = html, traces, path

    def __repr__(self):
        return f"<player {str(self.path)!r}>" if self.path else "<player>"

    def _repr_html_(self):
        tall = 720 if len(self.traces) == 1 else 820
        return (
            f'<iframe srcdoc="{escape(self.html)}" sandbox="allow-scripts" '
            f'title="Backward, played" style="width: 100%; height: {tall}px; '
            'border: 1px solid #8888; border-radius: 8px"></iframe>'
        )


def checked_path(who, to_file):
    """Return to_file as a Path; raise if no page can be written to it."""
    if to_file is None:
        return None
    if not isinstance(to_file, (str, os.PathLike)):
        expected = "the name of a file such as 'player.html'"
        raise TypeError(refusal(who, "to_file", expected, to_file, 26))
    path = Path(to_file)
    if path.suffix.lower() not in (".html", ".htm"):
        raise ValueError(
            f"{who}: expected a file name that ends in .html, got {str(to_file)!r} "
            "(see step 26)"
        )
    if path.is_dir():
        raise IsADirectoryError(
            f"{who}: {str(path)!r} is a folder; give the name of a file in it, such as "
            "'player.html' (see step 26)"
        )
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"{who}: there is no folder {str(path.parent)!r} for {path.name!r}; create "
            "it first (see step 26)"
        )
    return path
