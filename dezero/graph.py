"""Pictures of a computation: DOT text of any result, and a file from any DOT text.

    plot_dot_graph(y, to_file="y.png")    how y was computed, as a picture
    get_dot_graph(y)                      the same as DOT text
    render_dot(text, "y.svg")             any DOT text as PNG, SVG or PDF

Nothing needs to be installed by hand: a `dot` on the PATH does the drawing, and
where there is none the Graphviz engine inside the pygraphviz wheel does. Both are
told the same font, the one that matplotlib carries along, so that the picture is
the same and its labels can be read on a machine without any fonts.

This file looks only at creator, inputs, outputs and generation, so it draws the
Variables of core, of core_simple and of the steps alike.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path
from xml.sax.saxutils import escape

# --- from a Variable to DOT text ----------------------------------------------


def get_dot_graph(output, verbose=True, stable=False):
    """Return the DOT text of the graph that output was computed by.

    A Variable is an orange ellipse, a Function a blue box, and each argument an
    edge, so that x * x has two. verbose=True adds shape and dtype to the labels.

    Nodes are called by their id(); with stable=True they are n0, n1, ... in order
    of appearance, and the text is the same on every run.

    >>> print(get_dot_graph(Variable(np.array([1.0, 2.0]), "x"), stable=True))
    digraph g {
    n0 [label="x: (2,) float64", color=orange, style=filled]
    }
    """
    names = {}

    def name(node):
        new = f"n{len(names)}" if stable else id(node)
        return names.setdefault(id(node), new)

    funcs = _functions(output)
    variables = {}  # a dict keeps its order and each Variable once
    for func in funcs:
        for v in [*func.inputs, *_outputs(func)]:
            variables[id(v)] = v
    variables[id(output)] = output
    text = "".join(_dot_var(v, verbose, name) for v in variables.values())
    text += "".join(_dot_func(func, name) for func in funcs)
    return "digraph g {\n" + text + "}"


def _functions(output):
    """Return the Functions behind output, those that ran first first."""
    found, waiting = {}, [output]
    while waiting:  # a list, not recursion: a graph can be deep (step 8)
        func = waiting.pop().creator
        if func is not None and id(func) not in found:
            found[id(func)] = func
            waiting += func.inputs
    return sorted(found.values(), key=lambda func: func.generation)


def _outputs(func):
    """Return the outputs of func that somebody still holds."""
    outputs = [reference() for reference in func.outputs]
    return [y for y in outputs if y is not None]


def _dot_var(v, verbose=False, name=id):
    """Return the line of one Variable: its node, labelled."""
    label = "" if v.name is None else str(v.name)
    if verbose and v.data is not None:
        label += ": " if label else ""
        label += f"{v.data.shape} {v.data.dtype}"
    look = "color=orange, style=filled"
    return f'{name(v)} [label="{_escape(label)}", {look}]\n'


def _dot_func(func, name=id):
    """Return the lines of one Function: its node and all its edges."""
    label = _escape(type(func).__name__)
    look = "color=lightblue, style=filled, shape=box"
    text = f'{name(func)} [label="{label}", {look}]\n'
    for x in func.inputs:
        text += f"{name(x)} -> {name(func)}\n"
    for y in _outputs(func):
        text += f"{name(func)} -> {name(y)}\n"
    return text


def _escape(label):
    """Return label so that DOT draws it as it is, within double quotes."""
    label = label.replace("\\", "\\\\").replace('"', '\\"')
    label = re.sub("&(?=#?[0-9A-Za-z]+;)", "&amp;", label)  # DOT reads &lt; as <
    label = re.sub("\r\n?|\n", r"\\n", label)
    return re.sub("[\x00-\x1f]", " ", label)


# --- from DOT text to a picture -----------------------------------------------


def plot_dot_graph(output, verbose=True, to_file="graph.png"):
    """Draw the graph that output was computed by into to_file.

    The suffix decides: .png, .svg or .pdf. Returns a picture that a notebook
    shows: an IPython Image (or SVG) where IPython is installed, and otherwise an
    object of our own that does the same. Errors are those of render_dot.
    """
    return _show(render_dot(get_dot_graph(output, verbose), to_file))


def render_dot(text, to_file):
    """Draw DOT text into to_file, a .png, .svg or .pdf, and return the picture.

    In a notebook the picture shows itself. Attributes in text win over the look
    that is set here. A PNG is drawn at 144 dots an inch, and smaller where a side
    would exceed 16,000 pixels; beyond about 1,000 nodes in a row use SVG or PDF.

    Raises ValueError for another suffix, FileNotFoundError for a folder that is
    not there, and RuntimeError if text is not DOT or no engine is installed.
    """
    path = Path(to_file)
    kind = path.suffix.lower().removeprefix(".")
    if kind not in _LOOKS:
        raise ValueError(
            f"render_dot: expected a file name that ends with .png, .svg or .pdf, "
            f"got {str(to_file)!r} (see step 25)"
        )
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"render_dot: there is no folder {str(path.parent)!r} to put "
            f"{path.name!r} into; create it first"
        )
    data = _draw(_with_look(text, kind), kind)
    _write(path, data)
    return _Picture(path, kind, data)


# The look is set when a picture is drawn and is no part of the DOT text. Sizes are
# in inches; size= only ever shrinks. PDF knows no page longer than 200 inches.
_LOOK = (
    'graph [ranksep=0.3, nodesep=0.2, bgcolor=white, fontname="{font}"{more}]\n'
    'node [height=0.4, margin="0.12,0.06", fontname="{font}"]\n'
    'edge [arrowsize=0.7, fontname="{font}"]\n'
)
_LOOKS = {
    "png": ', dpi=144, size="111,111"',  # at most 16,000 x 16,000 pixels
    "svg": "",
    "pdf": ', size="199,199"',
}
_FONT = "DejaVu Sans"

# Everything up to the brace that opens the graph; the name of the graph and a
# comment before it may hold braces of their own.
_HEAD = re.compile(r'(?:"(?:\\.|[^"\\])*"|/\*.*?\*/|//[^\n]*|[^"{])*\{', re.DOTALL)


def _with_look(text, kind):
    """Return DOT text with the defaults of the look put first."""
    head = _HEAD.match(text)
    if head is None:
        raise RuntimeError(
            "render_dot: expected DOT text such as 'digraph g { a -> b }', "
            f"got {text[:40]!r} (see step 25)"
        )
    look = _LOOK.format(font=_FONT, more=_LOOKS[kind])
    return text[: head.end()] + "\n" + look + text[head.end() :]


# The engine runs in a process of its own, one of these two programs: what it
# writes to stderr is caught, a crash hits only itself, and the environment set for
# it is set for nothing else.
_PROGRAMS = {
    "graphviz": """
import sys
sys.path[:0] = sys.argv[2:]
import graphviz
text = sys.stdin.buffer.read()
sys.stdout.buffer.write(graphviz.pipe("dot", sys.argv[1], text))
""",
    "pygraphviz": """
import sys
sys.path[:0] = sys.argv[2:]
import pygraphviz
graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode())
sys.stdout.buffer.write(graph.draw(format=sys.argv[1], prog="dot"))
""",
}


def _draw(text, kind):
    """Return the bytes of the picture, drawn by whichever engine is there."""
    engine, folder = _engine()
    with tempfile.TemporaryDirectory(prefix="dezero-") as private:
        run = subprocess.run(
            [sys.executable, "-I", "-c", _PROGRAMS[engine], kind, folder],
            input=text.encode("utf-8", "replace"),
            capture_output=True,
            env=os.environ | _fonts(text, private),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows
        )
    if run.returncode or not run.stdout:
        said = run.stderr.decode("utf-8", "replace").strip().splitlines()
        errors = [line for line in said if line.startswith("Error")] or said[-1:]
        raise RuntimeError(
            f"render_dot: Graphviz could not draw this text (by way of {engine}, "
            f"exit status {run.returncode}): {'; '.join(errors)} (see step 25)"
        )
    return run.stdout


def _engine():
    """Return the Python package to draw with and the folder it lies in."""
    wanted = ["graphviz", "pygraphviz"] if shutil.which("dot") else ["pygraphviz"]
    for name in wanted:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            return name, str(Path(spec.origin).parents[1])
    raise RuntimeError(
        "render_dot: Graphviz is not installed: there is no program `dot` on the "
        "PATH and no package pygraphviz 2 with its own engine; "
        "pip install graphviz 'pygraphviz>=2' (see step 25)"
    )


def _fonts(text, folder):
    """Return the environment that makes the fonts of matplotlib known."""
    spec = importlib.util.find_spec("matplotlib")
    if spec is None or spec.origin is None:
        return {}
    folders = [Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"]
    include = ""
    if not text.isascii():  # a script that DejaVu lacks: ask the system as well
        system = os.environ.get("FONTCONFIG_FILE") or "/etc/fonts/fonts.conf"
        include = f'<include ignore_missing="yes">{escape(system)}</include>\n'
        folders.append("WINDOWSFONTDIR")
    config = Path(folder) / "fonts.conf"
    config.write_text(
        "<fontconfig>\n"
        + "".join(f"<dir>{escape(str(folder))}</dir>\n" for folder in folders)
        + include
        + f"<cachedir>{escape(folder)}</cachedir>\n"
        + "</fontconfig>\n",
        encoding="utf-8",
    )
    return {"FONTCONFIG_FILE": str(config)}


def _write(path, data):
    """Write data to path, all of it or nothing."""
    path = path.resolve()
    new = path.with_name(f".{uuid.uuid4().hex}{path.suffix}")
    try:
        new.write_bytes(data)
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)


class _Picture:
    """A picture in a file; a notebook shows it by itself."""

    def __init__(self, path, kind, data):
        self.path, self.kind, self.data = path, kind, data

    def __repr__(self):
        return f"<picture {self.path}>"

    def _repr_png_(self):
        return self.data if self.kind == "png" else None

    def _repr_svg_(self):
        return self.data.decode("utf-8") if self.kind == "svg" else None

    def _repr_pdf_(self):
        return self.data if self.kind == "pdf" else None


def _show(picture):
    """Return picture as IPython's own kind of object, if IPython is installed."""
    try:
        from IPython.display import SVG, Image
    except ImportError:
        return picture
    if picture.kind == "png":
        return Image(data=picture.data, format="png")
    if picture.kind == "svg":
        return SVG(data=picture.data.decode("utf-8"))
    return picture
