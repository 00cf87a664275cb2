"""Generate a Python function from a Graph, one line for each call.

A result reuses the name of an array that is no longer needed, which frees that array. A
long element-wise chain works through its arrays in pieces small enough to stay in the
cache: a polynomial of two (2000, 2000) arrays then takes 0.6 of the time.
"""

import builtins
import keyword
import operator
import re

import numpy as np

from dezero.static.graph import Node, leaves

PIECE = 2**14  # numbers that an element-wise chain handles at a time, to stay in cache

# Operators are faster than the functions, by far on NumPy's scalars.
_OPERATORS = dict(
    zip((np.add, np.subtract, np.multiply, np.divide, np.power), "+ - * / **".split())
)


class Writer:
    """Writes a graph as Python: the text is source, the function it defines is run.

    space    {name in the source: its value}
    names    {node or function: its name}
    last     {node: the last call that needs it}; None for a result of the graph
    spare    names of arrays that are no longer needed, reused for later results
    """

    def __init__(self, graph):
        self.space = {"run": None, "i": None, "asarray": np.asarray, "array": np.array}
        self.names, self.spare, self.count = {}, [], 0
        calls = [call for node in graph.nodes for call in node.body or [node]]
        self.last = {x: call for call in calls for x in call.inputs}
        self.last.update(dict.fromkeys(graph.outputs))
        self.lines = self.write(graph)
        self.source = "\n    ".join(self.lines) + "\n"
        exec(self.source, self.space)  # only text that we generated
        self.run = self.space["run"]

    # --- names ---

    def bind(self, name, value=None):
        """Return a name for a value or a result: the given name if it is free."""
        name = re.sub(r"\W", "_", name)
        if not name.isidentifier() or keyword.iskeyword(name) or name in self.space:
            name = f"_{name}_{len(self.space)}"
        elif hasattr(builtins, name):
            name = f"{name}_{len(self.space)}"
        self.space[name] = value
        return name

    def known(self, function):
        """Return the name of a function."""
        if function not in self.names:
            self.names[function] = self.bind(function.__name__, function)
        return self.names[function]

    def result(self):
        """Return a name for a result."""
        if self.spare:
            return self.spare.pop()
        self.count += 1
        return self.bind(f"v{self.count}")

    def forget(self, xs, calls):
        """Free the names of those xs that no later call needs, and so their memory."""
        for x in dict.fromkeys(xs):
            if x.function and self.last[x] in calls:
                self.spare.append(self.names[x])

    def text(self, x):
        """Return an argument as source."""
        if isinstance(x, Node):
            return self.names[x]
        if {type(None), bool, int, str}.issuperset(map(type, leaves(x))):
            return repr(x)
        if isinstance(x, (tuple, list)) and leaves(x, Node):
            parts = "".join(f"{self.text(part)}, " for part in x).strip()
            return f"({parts})" if isinstance(x, tuple) else f"[{parts}]"
        return self.bind("a", x)

    # --- lines ---

    def write(self, graph):
        """Return the lines of the function run."""
        read = self.bind("read", _read)
        xs = [node for node in graph.nodes if node.name == "placeholder"]
        self.names.update((x, self.bind(x.label)) for x in xs)
        self.lines = [f"def run({', '.join(self.names[x] for x in xs)}):"]
        for node in graph.nodes:
            if node.name == "variable":
                name = self.names[node] = self.bind(node.label)
                self.lines.append(f"{name} = {read}({self.bind('V', node)})")
            elif node.function is None and node not in self.names:
                is_number = node.is_constant and node.shape == ()
                value = node.value[()] if is_number else node.value
                self.names[node] = self.bind("c", value)
        for node in graph.nodes:
            if node.function is not None:
                self.write_node(node)
        results = []  # each in its own memory
        for y in graph.outputs:
            own = y.is_fresh and graph.outputs.count(y) == 1
            results.append(f"{'asarray' if own else 'array'}({self.names[y]}),")
        return [*self.lines, f"return {' '.join(results)}"]

    def write_node(self, node):
        """Write the lines of one Node."""
        if node.body and node.size > PIECE:
            self.write_in_pieces(node)
            return
        for call in node.body or [node]:
            text = self.call(call)
            self.forget(call.inputs, [call])
            self.names[call] = self.names[node] = self.result()
            self.lines.append(f"{self.names[call]} = {text}")

    def write_in_pieces(self, node):
        """Write an element-wise chain as a loop over pieces, a few rows at a time."""
        length, y = node.shape[0], self.result()
        whole = {x: self.names[x] for x in node.inputs}
        rows = max(1, PIECE * length // node.size)
        empty, dtype = self.known(np.empty), self.bind("d", node.dtype)
        for x in node.inputs:
            if x.shape[:1] == (length,) != (1,) and len(x.shape) == len(node.shape):
                self.names[x] += f"[i : i + {rows}]"
        self.lines.append(f"{y} = {empty}({node.shape}, {dtype})")
        self.lines.append(f"for i in range(0, {length}, {rows}):")
        for call in node.body[:-1]:
            text = self.call(call)
            self.forget(set(call.inputs) - set(node.inputs), [call])
            self.names[call] = self.result()
            self.lines.append(f"    {self.names[call]} = {text}")
        args = ", ".join(map(self.text, node.body[-1].args))
        last = self.known(node.body[-1].function)
        self.lines.append(f"    {last}({args}, out={y}[i : i + {rows}])")
        self.names.update(whole)
        self.names[node] = y
        self.forget(node.inputs, node.body)

    def call(self, node):
        """Return the source of a call: operator, method or function."""
        function, (first, *rest) = node.function, [self.text(x) for x in node.args]
        if function in _OPERATORS:
            return f"{first} {_OPERATORS[function]} {rest[0]}"
        if function is operator.getitem:
            return f"{first}[{rest[0]}]"
        rest += [f"{k}={self.text(v)}" for k, v in node.kwargs.items()]
        name = getattr(function, "__name__", "")
        is_method = function in (np.dot, getattr(np.ndarray, name, None))
        if is_method and isinstance(node.args[0], Node):
            return f"{first}.{name}({', '.join(rest)})"
        if isinstance(getattr(function, "__self__", None), np.ufunc):
            name = f"{self.known(function.__self__)}.{name}"  # add.reduce
        else:
            name = self.known(function)
        return f"{name}({', '.join([first, *rest])})"


def _read(node):
    """Return a Variable's data; refuse a shape or dtype that f was not traced with."""
    x = node.value.data
    if x is None or x.shape != node.shape or x.dtype != node.dtype:
        now = f"{x.shape} {x.dtype}" if x is not None else "None"
        raise ValueError(
            f"Program: {node.label} was {node.shape} {node.dtype} when f was compiled, "
            f"and is {now} now; compile again (see step 72)"
        )
    return x
