"""Turn DOT text into a picture, drawn by Graphviz.

    render_dot(text, "y.svg")             any DOT text as PNG, SVG or PDF

Nothing needs to be installed by hand: a `dot` on the PATH does the drawing, and if
there is none, or a broken one, the Graphviz engine inside the pygraphviz wheel does.
Both use the same font, the one that comes with matplotlib, so that the picture is the
same and its labels can be read on a machine without fonts.
"""

import functools
import importlib.util
import os
import re
import sys
from pathlib import Path

__all__ = ["render_dot"]


def render_dot(text, to_file):
    """Draw DOT text into to_file, a .png, .svg or .pdf, and return the picture.

    A .dot file gets the text as it is, for other programs; nothing is drawn.

    A notebook shows the object that is returned: an IPython Image (SVG for an .svg) if
    IPython is installed, otherwise an object of our own that does the same.

    Attributes in the text override the look that is set here. A PNG has 144 dots per
    inch, or fewer if it would grow beyond 16,000 pixels on a side or 32 million in all;
    an SVG has no such limit.

    Raises ValueError for another suffix, FileNotFoundError for a folder that is not
    there, and RuntimeError if text is not DOT or no Graphviz is installed.
    """
    # not at the top: the process that draws runs this file alone
    from dezero.files import replacing
    from dezero.guards import refusal

    if not isinstance(text, str):
        expected = "DOT text such as 'digraph g { a -> b }'"
        raise TypeError(refusal("render_dot", "text", expected, text, 25))
    if not isinstance(to_file, (str, os.PathLike)):
        expected = "the name of a file such as 'graph.png'"
        raise TypeError(refusal("render_dot", "to_file", expected, to_file, 25))
    path = Path(to_file)
    kind = path.suffix.lower()[1:]
    if kind not in (*_KINDS, "dot"):
        raise ValueError(
            "render_dot: expected a file name that ends in .png, .svg, .pdf or .dot, "
            f"got {str(to_file)!r} (see step 25)"
        )
    if path.is_dir():
        raise IsADirectoryError(
            f"render_dot: {str(path)!r} is a folder; give the name of a file in it, "
            "such as 'graph.png' (see step 25)"
        )
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"render_dot: there is no folder {str(path.parent)!r} for "
            f"{path.name!r}; create it first (see step 25)"
        )
    if kind == "dot":
        data = text.encode("utf-8", "replace")
    else:
        data = _draw(text, kind)
    with replacing(path) as temporary:
        temporary.write_bytes(data)
    return _show(kind, data, path)


# --- the look -----------------------------------------------------------------

# The look is set here, when a picture is drawn, and is no part of the DOT text.
# ordering=in keeps the arguments of a Function in order, from left to right; nslimit
# ends the search for a slightly nicer layout, which can take minutes; a node without
# a label shows its name, \N, but one whose label is empty stays empty.
_FONT = "DejaVu Sans,Verdana,sans-serif"  # the first that is there
_LOOK = f"""
graph [fontname="{_FONT}"]
graph [bgcolor=white, ranksep=0.3, nodesep=0.2, ordering=in, nslimit=2, nslimit1=2]
node [fontname="{_FONT}", height=0.4, margin="0.12,0.06", label="\\N"]
edge [fontname="{_FONT}", arrowsize=0.7]
"""
_KINDS = {
    "png": "",
    "svg": "",
    "pdf": 'graph [size="199,199"]\n',  # inches: PDF has no larger page
}
_EDGE = re.compile(r"^(\w+) -> (\w+)$", re.MULTILINE)  # as get_dot_graph writes it
_QUOTED_OR_EDGE = re.compile(rf'"(?:\\.|[^"\\])*"|{_EDGE.pattern}', re.MULTILINE)


def _paint(run, text, kind):
    """Return the bytes of a picture of DOT text.

    run(text, layout, format) is Graphviz: "dot" finds places for nodes and arrows,
    which takes most of the time, and "nop2" draws them where they are. So a PNG, whose
    size must be known before it is drawn, is laid out only once.
    """
    text, far = _without_far_edges(text)
    look = _LOOK + _KINDS[kind]
    if far:
        look += "graph [outputorder=edgesfirst]\n"  # the straight lines behind
    text = _insert(_straighten(text), look)
    if kind != "png" and not far:
        return run(text, "dot", kind)
    placed = run(text, "dot", "dot").decode("utf-8", "replace")
    last = ""
    if kind == "png":
        last += f" graph [dpi={_resolution(placed):.4g}]"
    if far:
        last += " graph [splines=line]"
        end = placed.rindex("}")
        placed = placed[:end] + "\n".join(far) + "\n}"
    return run(_insert(placed, last), "nop2", kind)


def _resolution(placed):
    """Return the dots per inch for a graph whose nodes have their places."""
    box = re.search(r'\bbb="([-+.\de]+),([-+.\de]+),([-+.\de]+),([-+.\de]+)"', placed)
    if box is None:
        return 144
    left, low, right, high = map(float, box.groups())  # in 1/72 inch
    width, height = max(right - left, 1) / 72, max(high - low, 1) / 72
    return min(144, 15_900 / max(width, height), (32e6 / width / height) ** 0.5)


def _without_far_edges(text):
    """Return DOT text without arrows that pass many rows of nodes, and these arrows.

    An arrow that avoids all the nodes on its way takes a place in every row. If a
    Variable is used 100 times down a long chain, the layout would take minutes, and the
    arrows could not be told apart. Straight lines are drawn at once.
    """
    edges = _EDGE.findall(text)
    rows = {}  # {node: how many rows it is above the last}
    for start, end in reversed(edges):  # against the order of computation
        rows[start] = max(rows.get(start, 0), rows.get(end, 0) + 1)
    for start, end in edges:  # an unused result is placed below its Function
        rows.setdefault(end, rows[start] - 1)
    passed = {(a, b): rows[a] - rows[b] - 1 for a, b in edges}
    if sum(passed[edge] for edge in edges) <= 5000:
        return text, []
    far = []

    def cut(found):
        if found[1] is None or passed[found[1], found[2]] <= 10:
            return found[0]
        far.append(found[0])
        return ""

    return _QUOTED_OR_EDGE.sub(cut, text), far


def _straighten(text):
    """Return DOT text with more weight on the arrows from computed nodes.

    A chain of operations then runs straight down, with its constants beside it, instead
    of along a diagonal that leaves most of the picture empty. The weight 3 is more than
    the 1 + 1 of W and b. A weight of 2 takes three times as long for 1,000 Functions of
    an MLP, and leaves their picture so wide that a PNG has half as many dots per inch.
    """
    ends = {end for _, end in _EDGE.findall(text)}
    return _QUOTED_OR_EDGE.sub(
        lambda found: found[0] + " [weight=3]" * (found[1] in ends), text
    )


def _insert(text, statements):
    """Return DOT text with statements put first, right after its opening brace.

    They are put on the same line, so that the line numbers in Graphviz's errors stay
    those of the text.
    """
    at = _opening(text)
    return text[:at] + statements.replace("\n", " ") + text[at:]


def _opening(text):
    """Return the position right after DOT text's opening brace, or None."""
    # Names and comments before that brace may contain braces of their own.
    tokens = r'"(?:\\.|[^"\\])*"|/\*.*?\*/|//[^\n]*|\{'
    for token in re.finditer(tokens, text, re.DOTALL):
        if token[0] == "{":
            return token.end()
    return None


# --- Graphviz, in a process of its own ----------------------------------------
# Its output is captured, a crash does not end this program, and the environment that
# is set for it affects nothing else.


class _Failure(Exception):
    """An engine could not draw; the message is what it said."""


def _draw(text, kind):
    """Return the bytes of the picture, from the first engine that can draw it."""
    import tempfile  # here and below: `import dezero` need not wait for these

    if _opening(text) is None:
        raise RuntimeError(
            "render_dot: expected DOT text such as 'digraph g { a -> b }', "
            f"got {text[:40]!r} (see step 25)"
        )
    said = []
    with tempfile.TemporaryDirectory(prefix="dezero-") as private:
        environment = os.environ | _fonts(text, private)
        for draw in (_by_dot, _by_pygraphviz):
            try:
                data = draw(text, kind, environment)
                _check(data, kind)
                return data
            except _Failure as failure:
                said.append(str(failure))
    raise RuntimeError(
        f"render_dot: nothing was drawn: {'; '.join(said)} (see step 25)"
    )


def _by_dot(text, kind, environment):
    """Draw with the program `dot` on the PATH."""
    import shutil

    program = shutil.which("dot")
    if program is None:
        raise _Failure("there is no program `dot` on the PATH")
    who = f"the program {program}"
    problem = _problem(program, kind)
    if problem:
        raise _Failure(f"{who} {problem}")

    def run(text, layout, kind):
        return _output([program, f"-K{layout}", f"-T{kind}"], text, environment)

    try:
        return _paint(run, text, kind)
    except _Failure as failure:
        raise _Failure(f"{who} {failure}") from None


@functools.cache
def _problem(program, kind):
    """Return what is wrong with a `dot` that cannot draw a single node, or ''."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="dezero-") as private:
        environment = os.environ | _fonts("", private)
        try:
            command = [program, "-Kdot", f"-T{kind}"]
            _check(_output(command, "digraph { a }", environment, limit=10), kind)
        except _Failure as failure:
            return str(failure)
    return ""


def _by_pygraphviz(text, kind, environment):
    """Draw with the engine inside the pygraphviz wheel: _main in another process."""
    folder = _folder("pygraphviz")
    if folder is None:
        raise _Failure(
            "the package pygraphviz, which brings an engine of its own, is not "
            "installed: pip install 'pygraphviz>=2'"
        )
    command = [sys.executable, "-I", __file__, str(folder.parent), kind]
    try:
        return _output(command, text, environment)
    except _Failure as failure:
        raise _Failure(f"the engine of pygraphviz {failure}") from None


def _output(command, text, environment, limit=None):
    """Return what a program prints, given text; raise _Failure with its error."""
    import subprocess

    try:
        result = subprocess.run(
            command,
            input=text.encode("utf-8", "replace"),
            capture_output=True,
            env=environment,
            timeout=limit,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows
        )
    except subprocess.TimeoutExpired:
        raise _Failure(f"drew nothing in {limit} seconds") from None
    except OSError as error:
        raise _Failure(f"could not be started: {error}") from None
    if result.returncode or not result.stdout:
        said = result.stderr.decode("utf-8", "replace").splitlines()
        errors = [line for line in said if line.startswith("Error")] or said[-1:]
        raise _Failure(
            f"ended with exit status {result.returncode} and said: "
            f"{' '.join(errors) or 'nothing'}"
        )
    return result.stdout


def _check(data, kind):
    """Raise _Failure unless data is a whole picture of its kind."""
    start, end = {
        "png": (b"\x89PNG\r\n\x1a\n", b"IEND"),
        "svg": (b"<", b"</svg>"),
        "pdf": (b"%PDF", b"%%EOF"),
    }[kind]
    if not data.startswith(start) or end not in data[-1024:]:
        raise _Failure(f"drew something that is not {kind.upper()} data: {data[:20]!r}")


def _folder(package):
    """Return the folder of an installed package, without importing it, or None."""
    try:
        spec = importlib.util.find_spec(package)
    except ImportError:
        return None
    return Path(spec.origin).parent if spec and spec.origin else None


def _fonts(text, folder):
    """Return the environment variables with which Graphviz finds matplotlib's fonts.

    These fonts come before the system's, so that the picture is the same everywhere.
    The system's are searched only if a label may need them.
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


def _main(folder, kind):
    """Draw stdin to stdout with pygraphviz: the process of _by_pygraphviz."""
    sys.path.append(folder)
    import pygraphviz

    def run(text, layout, kind):
        return pygraphviz.AGraph(string=text).draw(format=kind, prog=layout)

    text = sys.stdin.buffer.read().decode()
    sys.stdout.buffer.write(_paint(run, text, kind))


# --- in a notebook ------------------------------------------------------------


class _Picture:
    """A picture, with or without a file, that a notebook shows."""

    def __init__(self, kind, data, path=None):
        self.kind, self.data, self.path = kind, data, path

    def __repr__(self):
        return f"<picture {self.kind if self.path is None else repr(str(self.path))}>"

    def _repr_png_(self):
        return self.data if self.kind == "png" else None

    def _repr_svg_(self):
        return self.data.decode("utf-8") if self.kind == "svg" else None

    def _repr_pdf_(self):
        return self.data if self.kind == "pdf" else None


def _show(kind, data, path=None):
    """Return an object that a notebook shows: IPython's, if it is installed."""
    try:
        from IPython.display import SVG, Image
    except ImportError:
        return _Picture(kind, data, path)
    if kind == "png":
        return Image(data=data)
    if kind == "svg":
        return SVG(data=data.decode("utf-8"))
    return _Picture(kind, data, path)


if __name__ == "__main__":
    _main(*sys.argv[1:])
