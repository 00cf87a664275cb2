"""Draw the graph of a computation: as a picture, as DOT text, or as a page to play.

    plot_dot_graph(y, to_file="y.png")    how y was computed, as a picture
    picture(y)                            the same in a notebook, without a file
    get_dot_graph(y)                      the same as DOT text
    play(y)                               y.backward(), frame by frame, in a page

render.py turns DOT text into a picture; you can import its render_dot from here too.

This file uses only what Variables and Functions have had since step 22, such as creator
and inputs, so it draws those of core, of core_simple and of the later steps alike.
"""

import re

from dezero.guards import flag, one_of, refusal, shown
from dezero.render import _draw, _show, render_dot

__all__ = ["get_dot_graph", "picture", "play", "plot_dot_graph", "render_dot"]


def plot_dot_graph(
    output, verbose=True, to_file="graph.png", show="constants", fold=()
):
    """Draw the graph that computed output into to_file; return the picture.

    A constant, a single number without a name such as the 2 in x * 2, is labelled with
    its value. See get_dot_graph for what else is drawn and render_dot for how.
    """
    text = _dot_graph("plot_dot_graph", output, verbose, True, show, fold)
    return render_dot(text, to_file)


def picture(output, verbose=False, show="constants", fold=()):
    """Return a picture of the graph that computed output; no file is written.

    It is an SVG, which a notebook shows if it is the last line of a cell.
    See get_dot_graph for the arguments.
    """
    text = _dot_graph("picture", output, verbose, True, show, fold)
    return _show("svg", _draw(text, "svg"))


def play(output, to_file="player.html", names=None, fold=(), title="", **options):
    """Run output.backward(**options) and record what it does, as a page to play.

    The page is one HTML file with the graph, a slider, and a frame for each event:
    which Function was visited and why, which gradient arrived, what the Function sent
    to which Variable, and each gradient before and after. Afterwards x.grad is what
    backward has written there.

    names     {name: Variable or Function}, for those without a name; names=locals()
              takes all names of the program
    fold      as in get_dot_graph. If there are more than 60 Functions, those farthest
              from the result are folded into one box
    to_file   None writes no file
    options   of backward, such as create_graph=True

    Returns a player that a notebook shows.
    """
    from dezero.player.graph import Box
    from dezero.player.page import checked_path, save
    from dezero.player.watch import trace

    _check_output("play", output)
    layers = _check_fold("play", fold)
    if output.creator is None:
        raise ValueError(
            "play: there is nothing to play: no Function computed this Variable, or "
            "it did so within no_grad(); play a result, such as x * x (see step 26)"
        )
    if not isinstance(names or {}, dict):
        expected = "a dict of {name: Variable or Function}"
        raise TypeError(refusal("play", "names", expected, names, 26))
    if not isinstance(title, str):
        raise TypeError(refusal("play", "title", "a text", title, 26))
    path = checked_path("play", to_file)
    boxes = [
        Box(label, list(_functions_of(layer).values()))
        for layer, label in layers.items()
    ]
    watched = trace(
        output, lambda see: output.backward(**options), names=names, boxes=boxes
    )
    title = title or f"Backward of {watched.graph.variable(output)}"
    return save([watched], title, path)


def get_dot_graph(output, verbose=True, stable=False, show=None, fold=()):
    """Return the DOT text of the graph that computed output.

    A Variable is an orange ellipse, a Function a blue box, and each argument an
    edge, so that x * x has two. verbose=True adds shape and dtype to the labels.

    stable    nodes are n0, n1, ... in order of appearance instead of their id():
              the text is the same on every run
    show      "constants": a constant, a single number without a name such as the 2
              in x * 2, is labelled with its value, as plot_dot_graph does
              "data": a line with the value under each label, "..." if it is long
              "grad": a line with the gradient as well
    fold      Layers, in a list or as {name: layer}: the Functions of a layer's last
              call become one gray box, without its parameters

    >>> import numpy as np
    >>> from dezero import Variable
    >>> print(get_dot_graph(Variable(np.array([1.0, 2.0]), "x"), stable=True))
    digraph g {
    n0 [label="x: (2,) float64", color=orange, style=filled]
    }
    """
    return _dot_graph("get_dot_graph", output, verbose, stable, show, fold)


def _dot_graph(who, output, verbose, stable, show, fold):
    """Return DOT text, for get_dot_graph and the functions that draw it."""
    _check_output(who, output)
    verbose = flag(who, "verbose", verbose, 26)
    stable = flag(who, "stable", stable, 26)
    if show is not None:
        one_of(who, "show", show, 26, ("constants", "data", "grad"))
    layers = _check_fold(who, fold)
    names = {}

    def name(node):
        new = f"n{len(names)}" if stable else id(node)
        return names.setdefault(id(node), new)

    funcs = _fold(_functions(output), output, layers)
    variables = {}  # a dict keeps its order and each Variable once
    for func in funcs:
        for v in [*func.inputs, *_outputs(func)]:
            variables[id(v)] = v
    variables[id(output)] = output
    text = "".join(_dot_var(v, verbose, name, show) for v in variables.values())
    text += "".join(_dot_func(func, name) for func in funcs)
    return "digraph g {\n" + text + "}"


def _check_output(who, output):
    """Raise TypeError unless output is a Variable: of core, core_simple or a step."""
    if hasattr(output, "creator") and not isinstance(output, type):
        return
    advice = "wrap an array or a number in as_variable(...)"
    if isinstance(output, (list, tuple)):
        advice = "draw its elements one by one, or their sum"
    elif callable(output):
        advice = "call it first, and draw what it returns"
    raise TypeError(
        f"{who}: expected a Variable, the result of a computation, got "
        f"{shown(output)}; {advice} (see step 26)"
    )


def _check_fold(who, fold):
    """Return fold as {layer: its label}; raise TypeError unless it holds Layers."""
    single = hasattr(fold, "params") or not hasattr(fold, "__iter__")
    single = single or getattr(fold, "ndim", 1) == 0
    if single or isinstance(fold, str):
        layers, wrong = {}, [fold]
    else:
        layers = fold if isinstance(fold, dict) else dict(enumerate(fold))
        wrong = [
            layer
            for layer in layers.values()
            if not hasattr(layer, "params") or isinstance(layer, type)
        ]
    if wrong:
        raise TypeError(
            f"{who}: fold must be Layers in a list or as {{name: layer}}, such as "
            f"fold=[model.l1], got {shown(wrong[0])} (see step 58)"
        )
    named = isinstance(fold, dict)
    return {
        layer: f"{name}: {type(layer).__name__}" if named else type(layer).__name__
        for name, layer in layers.items()
    }


def _functions(output):
    """Return the Functions that computed output, the earliest first."""
    found, waiting = {}, [output]
    while waiting:  # a list, not recursion: a graph can be deep (step 8)
        func = waiting.pop().creator
        if func is not None and id(func) not in found:
            found[id(func)] = func
            waiting += reversed(func.inputs)
    return sorted(found.values(), key=lambda func: func.generation)


def _outputs(func):
    """Return the outputs of func that still exist."""
    outputs = [reference() for reference in func.outputs]
    return [y for y in outputs if y is not None]


def _dot_var(v, verbose=False, name=id, show=None):
    """Return the line of one Variable: its node, labelled."""
    label = "" if v.name is None else str(v.name)
    if show == "constants" and _is_constant(v):
        label = _number(v.data)
    if verbose and v.data is not None:
        label += ": " if label else ""
        label += f"{v.data.shape} {v.data.dtype}"
    lines = [label] if label else []
    if show in ("data", "grad") and v.data is not None:
        lines.append(_value(v.data))
        if show == "grad":
            grad = v.grad.data if hasattr(v.grad, "creator") else v.grad
            lines.append("grad " + ("None" if grad is None else _value(grad)))
    label = "\n".join(lines)
    look = "color=orange, style=filled"
    return f'{name(v)} [label="{_escape(label)}", {look}]\n'


def _is_constant(v):
    """Tell whether v is a number from a formula, such as the 2 in x * 2."""
    return (
        v.name is None and v.creator is None and v.data is not None and v.data.ndim == 0
    )


def _number(array):
    """Return an array without axes as a number is written: 2, 0.166667, 1e-08."""
    value = array.item()
    return f"{value:.6g}" if isinstance(value, float) else str(value)


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
    """A box that replaces all Functions that a layer ran."""

    def __init__(self, label, members, params):
        self.label = label
        self.members = members  # {id(func): func}
        self.params = params  # ids of the layer's own parameters

    def connect(self, used):
        """Find the box's inputs and outputs; used: ids of inputs of other Functions."""
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
        """Tell whether x is a parameter, a constant or an absent bias, not an input."""
        return x.data is None or id(x) in self.params or not (x.creator or x.ndim)


def _fold(funcs, output, layers):
    """Return funcs, with the Functions of each layer replaced by one _Folded."""
    boxes = []
    for layer, label in layers.items():
        members = _functions_of(layer)
        if members:
            params = {id(param) for param in layer.params()}
            boxes.append(_Folded(label, members, params))
    # if one layer is inside another, the outer one wins: it ran more Functions
    boxes.sort(key=lambda box: len(box.members))
    box_of = {i: box for box in boxes for i in box.members}
    left = [func for func in funcs if id(func) not in box_of]
    boxes = [box for box in boxes if all(box_of[i] is box for i in box.members)]
    for box in boxes:
        others = [f for f in funcs if id(f) not in box.members]
        box.connect({id(x) for f in others for x in f.inputs} | {id(output)})
    return sorted(left + boxes, key=lambda func: func.generation)


def _functions_of(layer):
    """Return {id: Function} for the Functions that the last call of layer ran."""
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
    """Return label escaped, so that DOT draws it as it is within double quotes."""
    label = label.replace("\\", "\\\\").replace('"', '\\"')
    label = re.sub("&(?=#?[0-9A-Za-z]+;)", "&amp;", label)  # DOT reads &lt; as <
    label = re.sub("\r\n?|\n", r"\\n", label)
    return re.sub("[\x00-\x1f]", " ", label)
