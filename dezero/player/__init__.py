"""A player of backward: what the engine did, frame by frame, as one HTML file.

    dezero.graph.play(y, to_file="player.html")     the way in

watch.py records what happens, tell.py says it, draw.py and page.py show it.
"""

from pathlib import Path

from dezero.files import replacing
from dezero.player.graph import Box
from dezero.player.page import Player, checked_path, page
from dezero.player.watch import Trace, trace

__all__ = ["Box", "Player", "Trace", "checked_path", "page", "play", "save", "trace"]


def play(output, to_file, boxes, names, title, options):
    """Run output.backward(**options), watched; for graph.py, which checks."""
    watched = trace(
        output, lambda see: output.backward(**options), names=names, boxes=boxes
    )
    graph = watched.graph
    title = title or f"Backward of {graph.variable(output)}"
    return save([watched], title, to_file)


def save(traces, title, to_file=None, intro=""):
    """Write traces as a page, and return a Player of it."""
    if not intro:
        intro = _about(traces[0])
    html = page(traces, title, intro)
    path = None if to_file is None else Path(to_file)
    if path is not None:
        with replacing(path) as temporary:
            temporary.write_bytes(html.encode("utf-8", "replace"))
    return Player(html, traces, path)


def _about(watched):
    """Return a sentence on what is shown, and what is not."""
    graph = watched.graph
    text = "Orange: Variables. Blue: Functions. What you see is what the engine did."
    boxes = {id(box): box for box in graph.box_of.values()}
    if boxes:
        inside = len(graph.box_of)
        text += f" Gray: {inside} of the {len(graph.functions)} Functions, folded"
        rest = [box for box in boxes.values() if box.is_rest]
        text += " into the box farthest from the result" if rest else " into layers"
        text += "; what happens within is not shown."
    return text
