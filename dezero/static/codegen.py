"""From a Graph to a Python function, line by line.

Each Node becomes a line. An array that no later line needs is the place where an
element-wise result is put, and a long chain goes through its arrays in pieces that stay
in the cache.
"""

import builtins
import keyword
import operator
import re
from itertools import count

import numpy as np

from dezero.static.graph import Node, alike
from dezero.static.symbol import REDUCTIONS
from dezero.static.whole import Backward, Forward

PIECE = 2**14  # numbers that an element-wise chain handles at a time, to stay in cache

_OPERATORS = {
    **{np.add: "+", np.subtract: "-", np.multiply: "*", np.divide: "/"},
    **{np.power: "**", np.greater: ">", np.greater_equal: ">=", np.less: "<"},
    np.less_equal: "<=",
}
_METHODS = {
    getattr(np.ndarray, name): name
    for name in "astype copy cumsum max mean min reshape squeeze sum transpose".split()
}
# Functions whose result is memory of its own, besides all ufuncs.
_FRESH = {
    *(getattr(np.ndarray, name) for name in "copy cumsum dot max mean min sum".split()),
    *(np.dot, np.matmul, np.concatenate, np.where, *REDUCTIONS),
}
_TAKEN = {*dir(builtins), *dir(np), *keyword.kwlist, "run", "own", "seen"}


class Writer:
    """Writes a graph as Python: source, and space, the values that it uses."""

    def __init__(self, graph):
        self.graph = graph
        self.space = {"asarray": np.asarray, "array": np.array, "empty": np.empty}
        self.names = {}  # of the arrays
        self.chains, self.lines, self.count = [], [], 0
        self.find_last_uses()
        self.write()
        self.source = "\n".join([*self.chains, *self.lines, ""])
        exec(self.source, self.space)  # text of our own making, nobody else's
        self.run = self.space["run"]

    # --- what is still needed, and whose memory it is ---

    def find_last_uses(self):
        """Set roots and last.

        roots    {node: the nodes whose memory it may show}
        last     {node: the last node that uses it, or a view of it}
        """
        end = object()
        self.roots, self.last = {}, {}
        for node in self.graph.nodes:
            used = {root for x in node.inputs for root in self.roots[x]}
            self.roots[node] = {node} if self.is_fresh(node) else {node} | used
            kept = isinstance(node.function, Forward)
            for root in used:
                if self.last.get(root) is not end:  # a whole Function may keep it
                    self.last[root] = end if kept else node
        for y in self.graph.outputs:
            self.last.update(dict.fromkeys(self.roots[y], end))

    def is_fresh(self, node):
        """Return whether the result lies in memory of its own."""
        return bool(node.body) or node.is_elementwise or node.function in _FRESH

    def may_take(self, x, node):
        """Return whether node may write its result into the memory of x."""
        own = self.is_fresh(x) and self.last.get(x) is node
        return own and x.shape != () and alike(x, node)

    # --- names ---

    def bind(self, letter, value):
        """Return a new name for a value that the source uses."""
        name = f"_{letter}{len(self.space)}"
        self.space[name] = value
        return name

    def ufunc(self, function):
        """Return the name of a ufunc: its own if it is NumPy's."""
        if getattr(np, function.__name__, None) is not function:
            return self.bind("f", function)
        self.space[function.__name__] = function
        return function.__name__

    def fresh_name(self):
        """Return a name for a result."""
        self.count += 1
        return f"v{self.count}"

    def label(self, node):
        """Return a name for a placeholder or a variable: its label, if that can be."""
        name = re.sub(r"\W", "_", node.label).strip("_")
        used = _TAKEN | set(self.names.values())
        if re.fullmatch(r"(?!(v|chain)\d)[A-Za-z]\w*", name) and name not in used:
            return name
        return next(x for i in count() if (x := f"x_{i}") not in used)

    def text(self, x):
        """Return an argument as source."""
        if isinstance(x, Node):
            return self.names[x]
        if isinstance(x, tuple):
            return "(" + "".join(f"{self.text(part)}, " for part in x).strip() + ")"
        if isinstance(x, list):
            return "[" + ", ".join(map(self.text, x)) + "]"
        if isinstance(x, slice):
            return f"slice({', '.join(map(self.text, (x.start, x.stop, x.step)))})"
        if x is None or type(x) in (bool, int, str):
            return repr(x)
        return "..." if x is Ellipsis else self.bind("a", x)

    # --- lines ---

    def write(self):
        """Write the function run."""
        nodes = self.graph.nodes
        for node in nodes:
            if node.is_constant or node.name == "array":
                scalar = node.is_constant and node.shape == ()
                self.names[node] = self.bind(
                    "c", node.value[()] if scalar else node.value
                )
            elif node.function is None:
                self.names[node] = self.label(node)
        xs = [node for node in nodes if node.name == "placeholder"]
        xs.sort(key=lambda node: node.value)
        self.lines = [f"def run({', '.join(self.names[x] for x in xs)}):"]
        for node in nodes:
            if node.name == "variable":
                self.write_variable(node)
        for node in nodes:
            if node.function is not None:
                self.write_node(node)
        self.write_return()

    def line(self, text):
        """Write one line of run."""
        self.lines.append("    " + text)

    def write_variable(self, node):
        """Write the lines that read a Variable's data."""
        name, variable = self.names[node], self.bind("V", node.value)
        dtype, complain = self.bind("d", node.dtype), self.bind("e", _complain)
        self.line(f"{name} = {variable}.data")
        self.line(f"if {name}.shape != {node.shape} or {name}.dtype != {dtype}:")
        self.line(f"    {complain}({variable}, {node.label!r}, {node.shape}, {dtype})")

    def write_node(self, node):
        """Write the line of one Node; forget large arrays that are not needed more."""
        if len(node.body) > 1 and node.size > PIECE:
            self.write_pieces(node)
        elif node.body or node.is_elementwise:
            self.write_chain(node, node.body or (node,))
        else:
            self.names[node] = self.fresh_name()
            self.line(f"{self.names[node]} = {self.call(node)}")
        dead = {x for x in node.inputs if self.last.get(x) is node and x.size > PIECE}
        dead = {self.names[x] for x in dead if x.function} - {self.names[node]}
        if dead:
            self.line(f"del {', '.join(sorted(dead))}")

    def call(self, node):
        """Return the source of a call: operator, method or function."""
        function, args = node.function, [self.text(x) for x in node.args]
        rest = args[1:] + [f"{k}={self.text(v)}" for k, v in node.kwargs.items()]
        if function is operator.getitem:
            return f"{args[0]}[{args[1]}]"
        name = "dot" if function is np.dot else _METHODS.get(function)
        if name and isinstance(node.args[0], Node):
            return f"{args[0]}.{name}({', '.join(rest)})"
        if function in REDUCTIONS:
            name = f"{self.ufunc(function.__self__)}.reduce"
        else:
            name = self.bind("f", function)
        return f"{name}({', '.join([args[0], *rest])})"

    def write_chain(self, node, body):
        """Write the calls of a chain one after the other, in place where possible."""
        names = self.names
        for at, part in enumerate(body):
            later = {x for other in body[at + 1 :] for x in other.inputs}
            shown = {root for x in later for root in self.roots.get(x, {x})}
            places = [x for x in part.inputs if x not in shown and alike(x, part)]
            places = [
                x for x in places if x.shape and (x in body or self.may_take(x, node))
            ]
            args, sign = [names[x] for x in part.args], _OPERATORS.get(part.function)
            if places:
                names[part] = names[places[0]]
                if sign in ("+", "-", "*", "/") and places[0] is part.args[0]:
                    self.line(f"{args[0]} {sign}= {args[1]}")
                else:
                    args.append(f"out={names[part]}")
                    self.line(f"{self.ufunc(part.function)}({', '.join(args)})")
                continue
            names[part] = self.fresh_name()
            call = f" {sign} ".join(args)
            if not sign:
                call = f"{self.ufunc(part.function)}({', '.join(args)})"
            self.line(f"{names[part]} = {call}")
        names[node] = names[body[-1]]

    def write_pieces(self, node):
        """Write a chain as a function that goes through its arrays in pieces."""
        rows = max(1, PIECE * node.shape[0] // node.size)
        length, body = node.shape[0], node.body
        names = {x: f"x{i}" for i, x in enumerate(node.inputs)}
        chain, pieces = f"chain{len(self.chains)}", ["yp = y[i:j]"]
        head = f"def {chain}({', '.join([*names.values(), 'y'])}):"
        for x, name in names.items():
            if len(x.shape) == len(node.shape) and x.shape[0] == length > 1:
                names[x] = f"{name}p"
                pieces.append(f"{name}p = {name}[i:j]")
        free, buffers = {}, []
        for at, part in enumerate(body):
            args = [names[x] for x in part.args]
            later = {x for other in body[at + 1 :] for x in other.inputs}
            for x in set(part.inputs) - later:
                if x in body:
                    free.setdefault(x.dtype, []).append(names[x])
            if part is body[-1]:
                names[part] = "yp"
            elif free.get(part.dtype):
                names[part] = free[part.dtype].pop()
            else:
                names[part] = f"b{len(buffers)}p"
                pieces.append(f"{names[part]} = b{len(buffers)}[: j - i]")
                shape = (min(rows, length), *node.shape[1:])
                dtype = self.bind("d", part.dtype)
                buffers.append(f"b{len(buffers)} = empty({shape}, {dtype})")
            args.append(f"out={names[part]}")
            pieces.append(f"{self.ufunc(part.function)}({', '.join(args)})")
        loop = [f"for i in range(0, {length}, {rows}):"]
        loop += [f"    {line}" for line in (f"j = min(i + {rows}, {length})", *pieces)]
        self.chains.append("\n    ".join([head, *buffers, *loop]) + "\n")
        roots = [root for x in node.inputs for root in self.roots[x]]
        places = [x for x in node.inputs if self.may_take(x, node)]
        places = [x for x in places if roots.count(x) == 1]  # no view of it is read
        args = [self.names[x] for x in node.inputs]
        self.names[node] = self.names[places[0]] if places else self.fresh_name()
        if not places:
            dtype = self.bind("d", node.dtype)
            self.line(f"{self.names[node]} = empty({node.shape}, {dtype})")
        self.line(f"{chain}({', '.join([*args, self.names[node]])})")

    def write_return(self):
        """Return the results, each in memory of its own."""
        outputs, texts = self.graph.outputs, []
        for i, y in enumerate(outputs):
            others = outputs[:i] + outputs[i + 1 :]
            own = self.is_fresh(y) and not any(y in self.roots[z] for z in others)
            call = "asarray({})" if own else "array({})"
            if _is_from_whole(y):
                call = "own({}, seen)"
            texts.append(call.format(self.names[y]))
        if any(_is_from_whole(y) for y in outputs):
            known = [x for x in self.graph.nodes if x.function is None]
            known += [y for y in outputs if not _is_from_whole(y)]
            names = sorted({self.names[x] for x in known})
            self.space["own"] = _own
            self.line(f"seen = set([{', '.join(f'id({name})' for name in names)}])")
        self.line(f"return {', '.join(texts)},")


def _is_from_whole(node):
    """Return whether a Function that stays whole made the result."""
    if node.function is operator.getitem:
        node = node.args[0]
    return isinstance(node.function, (Forward, Backward))


def _own(array, seen):
    """Return an array, or a copy where it may be somebody else's memory as well."""
    array = np.asarray(array)
    if array.base is not None or not array.flags.writeable or id(array) in seen:
        return array.copy()
    seen.add(id(array))
    return array


def _complain(variable, label, shape, dtype):
    """Raise ValueError: a Variable is not what it was when f was followed."""
    array = variable.data
    raise ValueError(
        f"Program: {label} was {shape} {dtype} when f was compiled, and is "
        f"{np.shape(array)} {getattr(array, 'dtype', None)} now; compile again (see "
        "step 72)"
    )
