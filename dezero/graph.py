"""Pictures of a computation: DOT text of any result, and a file from any DOT text.

    plot_dot_graph(y, to_file="y.png")    how y was computed, as a picture
    get_dot_graph(y)                      the same as DOT text
    render_dot(text, "y.svg")             any DOT text as PNG, SVG or PDF

A file named .dot gets the text itself.

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
import sys
from pathlib import Path

# --- from a Variable to DOT text ----------------------------------------------


def get_dot_graph(output, verbose=True, stable=False, show=None, fold=()):
    """Return the DOT text of the graph that output was computed by.

    A Variable is an orange ellipse, a Function a blue box, and each argument an
    edge, so that x * x has two. verbose=True adds shape and dtype to the labels.

    stable    nodes are n0, n1, ... in order of appearance instead of their id():
              the text is the same on every run
    show      "data": a line with the value under each label, where it is short;
              "grad": a line with the gradient as well
    fold      Layers, in a list or as {name: layer}: all that a layer did in its last
              call is one gray box, without its parameters

    >>> import numpy as np
    >>> from dezero import Variable
    >>> print(get_dot_graph(Variable(np.array([1.0, 2.0]), "x"), stable=True))
    digraph g {
    n0 [label="x: (2,) float64", color=orange, style=filled]
    }
    """
    if show not in (None, "data", "grad"):
        raise ValueError(
            f"get_dot_graph: expected show=None, 'data' or 'grad', got {show!r} "
            "(see step 26)"
        )
    names = {}

    def name(node):
        new = f"n{len(names)}" if stable else id(node)
        return names.setdefault(id(node), new)

    funcs = _fold(_functions(output), output, fold)
    variables = {}  # a dict keeps its order and each Variable once
    for func in funcs:
        for v in [*func.inputs, *_outputs(func)]:
            variables[id(v)] = v
    variables[id(output)] = output
    text = "".join(_dot_var(v, verbose, name, show) for v in variables.values())
    text += "".join(_dot_func(func, name) for func in funcs)
    return "digraph g {\n" + text + "}"


def _functions(output):
    """Return the Functions behind output, those that ran first first."""
    found, waiting = {}, [output]
    while waiting:  # a list, not recursion: a graph can be deep (step 8)
        func = waiting.pop().creator
        if func is not None and id(func) not in found:
            found[id(func)] = func
            waiting += reversed(func.inputs)
    return sorted(found.values(), key=lambda func: func.generation)


def _outputs(func):
    """Return the outputs of func that somebody still holds."""
    outputs = [reference() for reference in func.outputs]
    return [y for y in outputs if y is not None]


def _dot_var(v, verbose=False, name=id, show=None):
    """Return the line of one Variable: its node, labelled."""
    label = "" if v.name is None else str(v.name)
    if verbose and v.data is not None:
        label += ": " if label else ""
        label += f"{v.data.shape} {v.data.dtype}"
    lines = [label] if label else []
    if show and v.data is not None:
        lines.append(_value(v.data))
        if show == "grad":
            grad = v.grad.data if hasattr(v.grad, "creator") else v.grad
            lines.append("grad " + ("None" if grad is None else _value(grad)))
    label = "\n".join(lines)
    look = "color=orange, style=filled"
    return f'{name(v)} [label="{_escape(label)}", {look}]\n'


def _dot_func(func, name=id):
    """Return the lines of one Function: its node and all its edges."""
    folded = isinstance(func, _Folded)
    label = _escape(func.label if folded else type(func).__name__)
    color = "lightgray" if folded else "lightblue"
    look = f"color={color}, style=filled, shape=box"
    text = f'{name(func)} [label="{label}", {look}]\n'
    for x in func.inputs:
        text += f"{name(x)} -> {name(func)}\n"
    for y in _outputs(func):
        text += f"{name(func)} -> {name(y)}\n"
    return text


def _value(array):
    """Return a short array as text, four digits each, and ... for a long one."""
    if array.size > 6:
        return "..."
    return " ".join(str(array.round(4)).split())


class _Folded:
    """A box in the place of all Functions that a layer ran."""

    def __init__(self, label, members, params):
        self.label = label
        self.members = members  # {id(func): func}
        self.params = params  # ids of the layer's own parameters

    def connect(self, used):
        """Find what goes in and what comes out; used: ids of inputs elsewhere."""
        inside = {id(y) for func in self.members.values() for y in _outputs(func)}
        self.inputs, self.outputs, seen = [], [], set()
        for func in self.members.values():
            for x in func.inputs:
                if id(x) not in inside | seen and not self._is_own(x):
                    seen.add(id(x))
                    self.inputs.append(x)
            self.outputs += [r for r in func.outputs if id(r()) in used]
        self.generation = max(func.generation for func in self.members.values())

    def _is_own(self, x):
        """Tell parameters, constants and an absent bias from what flows in."""
        return x.data is None or id(x) in self.params or not (x.creator or x.ndim)


def _fold(funcs, output, layers):
    """Return funcs with those that each layer ran replaced by one _Folded."""
    if not isinstance(layers, dict):
        layers = {layer: type(layer).__name__ for layer in layers}
    else:
        layers = {
            layer: f"{name}: {type(layer).__name__}" for name, layer in layers.items()
        }
    boxes = []
    for layer, label in layers.items():
        members = _functions_of(layer)
        if members:
            params = {id(param) for param in layer.params()}
            boxes.append(_Folded(label, members, params))
    # of a layer and one within it the outer wins: the one that ran more
    boxes.sort(key=lambda box: len(box.members))
    box_of = {i: box for box in boxes for i in box.members}
    left = [func for func in funcs if id(func) not in box_of]
    boxes = [box for box in boxes if all(box_of[i] is box for i in box.members)]
    for box in boxes:
        others = [f for f in funcs if id(f) not in box.members]
        box.connect({id(x) for f in others for x in f.inputs} | {id(output)})
    return sorted(left + boxes, key=lambda func: func.generation)


def _functions_of(layer):
    """Return {id: Function} of those that the last call of layer ran."""
    stop = {id(x()) for x in layer.inputs}
    waiting = [y() for y in layer.outputs]
    members = {}
    while waiting:
        v = waiting.pop()
        if v is None or id(v) in stop or v.creator is None:
            continue
        if id(v.creator) not in members:
            members[id(v.creator)] = v.creator
            waiting += v.creator.inputs
    return members


def _escape(label):
    """Return label so that DOT draws it as it is, within double quotes."""
    label = label.replace("\\", "\\\\").replace('"', '\\"')
    label = re.sub("&(?=#?[0-9A-Za-z]+;)", "&amp;", label)  # DOT reads &lt; as <
    label = re.sub("\r\n?|\n", r"\\n", label)
    return re.sub("[\x00-\x1f]", " ", label)


# --- from DOT text to a picture -----------------------------------------------


def plot_dot_graph(output, verbose=True, to_file="graph.png", show=None, fold=()):
    """Draw the graph that output was computed by into to_file; return the picture.

    See get_dot_graph for what is drawn and render_dot for how.
    """
    return render_dot(get_dot_graph(output, verbose, True, show, fold), to_file)


def render_dot(text, to_file):
    """Draw DOT text into to_file, a .png, .svg or .pdf, and return the picture.

    A .dot gets the text as it is, for other programs; nothing is drawn.

    What is returned shows itself in a notebook: an IPython Image (SVG for an .svg)
    where IPython is installed, otherwise an object of our own that does the same.

    Attributes in the text win over the look that is set here. A PNG has 144 dots an
    inch, and fewer where it would grow beyond 16,000 pixels on a side or 32 million
    in all; an SVG has no such limit.

    Raises ValueError for another suffix, FileNotFoundError for a folder that is not
    there, and RuntimeError if text is not DOT or no Graphviz is installed.
    """
    path = Path(to_file)
    kind = path.suffix.lower()[1:]
    if kind not in (*_KINDS, "dot"):
        raise ValueError(
            "render_dot: expected a file name that ends in .png, .svg, .pdf or .dot, "
            f"got {str(to_file)!r} (see step 25)"
        )
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"render_dot: there is no folder {str(path.parent)!r} for "
            f"{path.name!r}; create it first"
        )
    from dezero.files import replacing  # the process below runs this file alone

    if kind == "dot":
        data = text.encode("utf-8", "replace")
    else:
        data = _draw(_insert(_straighten(text), _look(text, kind)), kind)
    with replacing(path) as temporary:
        temporary.write_bytes(data)
    return _show(_Picture(path, kind, data))


# The look is set here, when a picture is drawn, and is no part of the DOT text.
# ordering=in keeps the arguments of a Function in order, from left to right; nslimit
# ends the search for the last bit of beauty, which can take minutes.
_FONT = "DejaVu Sans,Verdana,sans-serif"  # the first that is there
_LOOK = f"""
graph [fontname="{_FONT}"]
graph [bgcolor=white, ranksep=0.3, nodesep=0.2, ordering=in, nslimit=2, nslimit1=2]
node [fontname="{_FONT}", height=0.4, margin="0.12,0.06"]
edge [fontname="{_FONT}", arrowsize=0.7]
"""
_KINDS = {
    "png": "",
    "svg": "",
    "pdf": 'graph [size="199,199"]\n',  # inches: PDF has no larger page
}


def _look(text, kind):
    """Return the statements that make DOT text look well in this kind of file."""
    look = _LOOK + _KINDS[kind]
    if _rows_passed(text) > 5000:
        # Where a Variable is used 100 times down a long chain, curves that keep
        # clear of all nodes take minutes and could not be told apart. Straight
        # lines behind the nodes take seconds.
        look += "graph [splines=line, outputorder=edgesfirst]\n"
        look += "graph [nslimit=0.05, mclimit=0.2]\n"
    return look


def _rows_passed(text):
    """Return how many rows of nodes the edges of a graph pass by: dot's hard work."""
    edges = re.findall(r"^(\w+) -> (\w+)$", text, re.MULTILINE)
    rows = {}
    for start, end in edges:  # in the order of computation: see get_dot_graph
        rows[end] = max(rows.get(end, 0), rows.get(start, 0) + 1)
    leaves = {}  # a leaf stands just above its first user
    for start, end in edges:
        if start not in rows:
            leaves[start] = min(rows[end] - 1, leaves.get(start, rows[end]))
    rows |= leaves
    return sum(rows[end] - rows[start] - 1 for start, end in edges)


def _straighten(text):
    """Return DOT text with more weight on the arrows from what was computed.

    A chain of operations then stands upright, with its constants beside it, where
    it would go down in a diagonal and leave most of the picture empty.
    """
    ends = set(re.findall(r"^\w+ -> (\w+)$", text, re.MULTILINE))
    quoted_or_edge = re.compile(r'"(?:\\.|[^"\\])*"|^(\w+) -> \w+$', re.MULTILINE)
    return quoted_or_edge.sub(
        lambda found: found[0] + " [weight=2]" * (found[1] in ends), text
    )


def _insert(text, statements):
    """Return DOT text with statements put first, just behind its opening brace.

    They go into the same line: a number of a line that Graphviz complains of stays
    that of the text.
    """
    # Names and comments in front of that brace may hold braces of their own.
    tokens = r'"(?:\\.|[^"\\])*"|/\*.*?\*/|//[^\n]*|\{'
    for token in re.finditer(tokens, text, re.DOTALL):
        if token[0] == "{":
            statements = statements.replace("\n", " ")
            return text[: token.end()] + statements + text[token.end() :]
    raise RuntimeError(
        "render_dot: expected DOT text such as 'digraph g { a -> b }', "
        f"got {text[:40]!r} (see step 25)"
    )


def _draw(text, kind):
    """Return the bytes of the picture.

    Graphviz runs in a process of its own, which is this file run as a program:
    what it prints is caught, a crash does not end this program, and the environment
    that is set for it holds for nothing else.
    """
    import subprocess  # here and below: `import dezero` need not wait for these
    import tempfile

    engine, folder = _engine()
    with tempfile.TemporaryDirectory(prefix="dezero-") as private:
        result = subprocess.run(
            [sys.executable, "-I", __file__, engine, folder, kind],
            input=text.encode("utf-8", "replace"),
            capture_output=True,
            env=os.environ | _fonts(text, private),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows
        )
    if result.returncode or not result.stdout:
        said = result.stderr.decode("utf-8", "replace").splitlines()
        errors = [line for line in said if line.startswith("Error")] or said[-1:]
        raise RuntimeError(
            f"render_dot: Graphviz (by way of {engine}) drew nothing, exit status "
            f"{result.returncode}: {' '.join(errors) or 'no message'} (see step 25)"
        )
    return result.stdout


def _engine():
    """Return the package to draw with, and the folder to import it from."""
    import shutil

    for package in ["graphviz"] * bool(shutil.which("dot")) + ["pygraphviz"]:
        folder = _folder(package)
        if folder:
            return package, str(folder.parent)
    raise RuntimeError(
        "render_dot: found no Graphviz: there is no program `dot` on the PATH, and "
        "the package pygraphviz, which brings its own, is not installed; "
        "pip install graphviz 'pygraphviz>=2' (see step 25)"
    )


def _folder(package):
    """Return the folder of an installed package, without importing it, or None."""
    try:
        spec = importlib.util.find_spec(package)
    except ImportError:
        return None
    return Path(spec.origin).parent if spec and spec.origin else None


def _fonts(text, folder):
    """Return the environment in which Graphviz finds the fonts of matplotlib.

    They come before the system's, so that the picture is the same everywhere, and
    the system's are not looked at unless a label may need them.
    """
    from html import escape

    matplotlib = _folder("matplotlib")
    if matplotlib is None:
        return {}
    fonts = matplotlib / "mpl-data" / "fonts" / "ttf"
    lines = ["<fontconfig>", f"<dir>{escape(str(fonts))}</dir>"]
    if not text.isascii():
        system = os.environ.get("FONTCONFIG_FILE") or "/etc/fonts/fonts.conf"
        lines += [
            # matplotlib's LastResort has a box for every letter there is
            "<selectfont><rejectfont><glob>*/LastResort*</glob></rejectfont></selectfont>",
            "<dir>WINDOWSFONTDIR</dir>",
            f'<include ignore_missing="yes">{escape(system)}</include>',
        ]
    lines += [f"<cachedir>{escape(folder)}</cachedir>", "</fontconfig>", ""]
    config = Path(folder) / "fonts.conf"
    config.write_text("\n".join(lines), encoding="utf-8")
    return {"FONTCONFIG_FILE": str(config)}


def _main(engine, folder, kind):
    """Draw stdin to stdout: the process that _draw starts."""
    sys.path.append(folder)
    text = sys.stdin.buffer.read().decode()
    if kind == "png":
        _, _, width, height = _run(engine, "plain", text).split(maxsplit=4)[:4]
        width, height = float(width), float(height)  # inches
        dpi = min(144, 15_900 / max(width, height), (32e6 / width / height) ** 0.5)
        text = _insert(text, f" graph [dpi={dpi:.4g}] ")
    sys.stdout.buffer.write(_run(engine, kind, text))


def _run(engine, kind, text):
    """Return what Graphviz makes of DOT text: the bytes of a format."""
    if engine == "graphviz":
        import graphviz

        return graphviz.pipe("dot", kind, text.encode())
    import pygraphviz

    return pygraphviz.AGraph(string=text).draw(format=kind, prog="dot")


class _Picture:
    """A picture in a file; a notebook shows it by itself."""

    def __init__(self, path, kind, data):
        self.path, self.kind, self.data = path, kind, data

    def __repr__(self):
        return f"<picture {str(self.path)!r}>"

    def _repr_png_(self):
        return self.data if self.kind == "png" else None

    def _repr_svg_(self):
        return self.data.decode("utf-8") if self.kind == "svg" else None

    def _repr_pdf_(self):
        return self.data if self.kind == "pdf" else None


def _show(picture):
    """Return picture, or IPython's own kind of picture if IPython is installed."""
    try:
        from IPython.display import SVG, Image
    except ImportError:
        return picture
    if picture.kind == "png":
        return Image(data=picture.data)
    if picture.kind == "svg":
        return SVG(data=picture.data.decode("utf-8"))
    return picture


if __name__ == "__main__":
    _main(*sys.argv[1:])
