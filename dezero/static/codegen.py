"""From a Graph to a Python function, line by line.

Each Node becomes a line. An array that no later line needs is the place where an
element-wise result is put, and a long chain goes through its arrays in pieces that stay
in the cache: tanh(x * y + b) * x on (1000, 1000) takes 0.6 of the time.
"""

import builtins
import keyword
import operator
import re
from itertools import count

import numpy as np

from dezero.static.graph import Node, alike
from dezero.static.symbol import REDUCTIONS
from dezero.static.whole import Forward

PIECE = 2**14  # numbers that an element-wise chain handles at a time, to stay in cache

# Quicker than the functions, on NumPy's scalars by far.
_OPERATORS = dict(
    zip((np.add, np.subtract, np.multiply, np.divide, np.power), "+ - * / **".split())
)
# Functions whose result is memory of its own, besides all ufuncs.
_FRESH = {
    *(getattr(np.ndarray, name) for name in "copy cumsum dot max mean min sum".split()),
    *(np.dot, np.matmul, np.concatenate, np.where, *REDUCTIONS),
}
_TAKEN = {*dir(builtins), *dir(np), *keyword.kwlist, "run", "i", "j"}


class Writer:
    """Writes a graph as Python: source, and run, the function that it makes."""

    def __init__(self, graph):
        self.space = {"asarray": np.asarray, "array": np.array, "empty": np.empty}
        self.names = {}  # of the arrays
        self.lines, self.count = [], 0
        self.find_last_uses(graph)
        self.write(graph)
        self.source = "\n    ".join(self.lines) + "\n"
        exec(self.source, self.space)  # text of our own making, nobody else's
        self.run = self.space["run"]

    # --- what is still needed, and whose memory it is ---

    def find_last_uses(self, graph):
        """Set roots and last.

        roots    {node: the nodes whose memory it may show}
        last     {node: the last node that uses it, or a view of it}
        """
        end = object()
        self.roots, self.last = {}, {}
        for node in graph.nodes:
            used = {root for x in node.inputs for root in self.roots[x]}
            self.roots[node] = {node} if self.is_fresh(node) else {node} | used
            kept = isinstance(node.function, Forward)
            for root in used:
                if self.last.get(root) is not end:  # a whole Function may keep it
                    self.last[root] = end if kept else node
        for y in graph.outputs:
            self.last.update(dict.fromkeys(self.roots[y], end))

    def is_fresh(self, node):
        """Return whether the result lies in memory of its own."""
        return bool(node.body) or node.is_elementwise or node.function in _FRESH

    def may_take(self, x, node):
        """Return whether node may write its result into the memory of x."""
        shown = [root for z in node.inputs for root in self.roots[z]]
        own = self.is_fresh(x) and self.last.get(x) is node and shown.count(x) == 1
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
        if re.fullmatch(r"(?!v\d)[A-Za-z]\w*", name) and name not in used:
            return name
        return next(x for i in count() if (x := f"x_{i}") not in used)

    def text(self, x):
        """Return an argument as source."""
        if isinstance(x, Node):
            return self.names[x]
        if isinstance(x, (tuple, list)):
            parts = "".join(f"{self.text(part)}, " for part in x).strip()
            return f"({parts})" if isinstance(x, tuple) else f"[{parts}]"
        if isinstance(x, slice):
            return f"slice{self.text((x.start, x.stop, x.step))}"
        if x is None or type(x) in (bool, int, str):
            return repr(x)
        return "..." if x is Ellipsis else self.bind("a", x)

    # --- lines ---

    def write(self, graph):
        """Write the function run."""
        for node in graph.nodes:
            if node.name in ("constant", "array"):
                scalar = node.is_constant and node.shape == ()
                value = node.value[()] if scalar else node.value
                self.names[node] = self.bind("c", value)
            elif node.function is None:
                self.names[node] = self.label(node)
        xs = [node for node in graph.nodes if node.name == "placeholder"]
        xs.sort(key=lambda node: node.value)
        self.lines = [f"def run({', '.join(self.names[x] for x in xs)}):"]
        for node in graph.nodes:
            if node.name == "variable":
                self.write_variable(node)
        for node in graph.nodes:
            if node.function is not None:
                self.write_node(node)
        texts = []  # of the results, each in memory of its own
        for i, y in enumerate(graph.outputs):
            others = graph.outputs[:i] + graph.outputs[i + 1 :]
            own = self.is_fresh(y) and not any(y in self.roots[z] for z in others)
            texts.append(f"{'asarray' if own else 'array'}({self.names[y]}),")
        self.lines.append(f"return {' '.join(texts)}")

    def write_variable(self, node):
        """Write the lines that read a Variable's data."""
        name, variable = self.names[node], self.bind("V", node.value)
        dtype, complain = self.bind("d", node.dtype), self.bind("e", _complain)
        differs = f"{name}.shape != {node.shape} or {name}.dtype != {dtype}"
        self.lines += [
            f"{name} = {variable}.data",
            f"if {name} is None or {differs}:",
            f"    {complain}({variable}, {node.label!r}, {node.shape}, {dtype})",
        ]

    def write_node(self, node):
        """Write the line of one Node; forget large arrays that are not needed more."""
        if node.body or node.is_elementwise:
            self.write_chain(node, node.body or [node])
        else:
            call = self.call(node)
            self.names[node] = self.fresh_name()
            self.lines.append(f"{self.names[node]} = {call}")
        dead = {x for x in node.inputs if self.last.get(x) is node and x.size > PIECE}
        dead = {self.names[x] for x in dead if x.function} - {self.names[node]}
        self.lines += [f"del {', '.join(sorted(dead))}"] if dead else []

    def call(self, node):
        """Return the source of a call: operator, method or function."""
        function, (first, *rest) = node.function, [self.text(x) for x in node.args]
        if function is operator.getitem:
            return f"{first}[{rest[0]}]"
        rest += [f"{k}={self.text(v)}" for k, v in node.kwargs.items()]
        name = getattr(function, "__name__", "")
        is_method = function in (np.dot, getattr(np.ndarray, name, None))
        if is_method and isinstance(node.args[0], Node):
            return f"{first}.{name}({', '.join(rest)})"
        if function in REDUCTIONS:
            name = f"{self.ufunc(function.__self__)}.reduce"
        else:
            name = self.bind("f", function)
        return f"{name}({', '.join([first, *rest])})"

    def write_chain(self, node, body):
        """Write the calls of a chain one after the other, in place where possible.

        A long one goes through its arrays in pieces, some rows at a time.
        """
        names, indent, goal = self.names, "", None
        free = [x for x in node.inputs if self.may_take(x, node)]
        if len(body) > 1 and node.size > PIECE:
            names, indent, length = dict(names), "    ", node.shape[0]
            rows = max(1, PIECE * length // node.size)
            y = names[free[0]] if free else self.fresh_name()
            if not free:
                dtype = self.bind("d", node.dtype)
                self.lines.append(f"{y} = empty({node.shape}, {dtype})")
            self.lines.append(f"for i in range(0, {length}, {rows}):")
            for x in node.inputs:
                if x.shape[:1] == (length,) != (1,) and len(x.shape) == len(node.shape):
                    names[x] += f"[i : i + {rows}]"
            self.names[node], goal, free = y, f"{y}[i : i + {rows}]", []
        for at, part in enumerate(body):
            later = {x for other in body[at + 1 :] for x in other.inputs}
            places = [x for x in part.inputs if x not in later and alike(x, part)]
            places = [names[x] for x in places if x.shape and x in [*body, *free]]
            place = goal if goal and part is body[-1] else (places or [None])[0]
            args, sign = [names[x] for x in part.args], _OPERATORS.get(part.function)
            names[part] = place or self.fresh_name()
            if sign and place == args[0]:
                line = f"{place} {sign}= {args[1]}"
            elif sign and not place:
                line = f"{names[part]} = {args[0]} {sign} {args[1]}"
            else:
                called = self.ufunc(part.function)
                line = f"{called}({', '.join(args)}"
                line = f"{line}, out={place})" if place else f"{names[part]} = {line})"
            self.lines.append(indent + line)
        if not goal:
            self.names[node] = names[body[-1]]


def _complain(variable, label, shape, dtype):
    """Raise ValueError: a Variable is not what it was when f was followed."""
    x = variable.data
    now = f"{x.shape} {x.dtype}" if x is not None else "None"
    raise ValueError(
        f"Program: {label} was {shape} {dtype} when f was compiled, and is {now} now; "
        "compile again (see step 72)"
    )
