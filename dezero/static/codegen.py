"""From a Graph to a Python function, line by line.

Each Node becomes a line. An array that no later line needs is the place where an
element-wise result is put, and a long chain goes through its arrays in pieces that stay
in the cache: tanh(x * y + b) * x on (1000, 1000) takes 0.6 of the time.
"""

import builtins
import keyword
import operator
import re

import numpy as np

from dezero.static.graph import Node, alike, leaves

PIECE = 2**14  # numbers that an element-wise chain handles at a time, to stay in cache

# Quicker than the functions, on NumPy's scalars by far.
_OPERATORS = dict(
    zip((np.add, np.subtract, np.multiply, np.divide, np.power), "+ - * / **".split())
)


class Writer:
    """Writes a graph as Python: source, and run, the function that it makes.

    space    what the names in the source stand for
    names    {node or function: its name}
    last     {node: the call that needs it last}; None: a result
    viewed   the nodes whose memory another one may show
    """

    def __init__(self, graph):
        self.space = {"run": None, "i": None, "asarray": np.asarray, "array": np.array}
        calls = [part for node in graph.nodes for part in node.body or [node]]
        self.last = {x: call for call in calls for x in call.inputs}
        self.last.update(dict.fromkeys(graph.outputs))
        self.viewed = {x for call in calls if not call.is_fresh for x in call.inputs}
        self.names, self.count = {}, 0
        self.lines = self.write(graph)
        self.source = "\n    ".join(self.lines) + "\n"
        exec(self.source, self.space)  # text of our own making, nobody else's
        self.run = self.space["run"]

    def free(self, node, body):
        """Return an input of node into whose memory its result may be put, or None.

        It has its shape and dtype, and nothing after body needs it.
        """
        for x in node.inputs:
            if x.is_fresh and x.shape and alike(x, node) and x not in self.viewed:
                if self.last[x] in body:
                    return x
        return None

    # --- names ---

    def bind(self, name, value=None):
        """Return a name for a value, or for a result: this one, if it is free."""
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
        self.count += 1
        return self.bind(f"v{self.count}")

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
        xs.sort(key=lambda node: node.value)
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
        results = []  # each in memory of its own
        for y in graph.outputs:
            own = y.is_fresh and graph.outputs.count(y) == 1
            results.append(f"{'asarray' if own else 'array'}({self.names[y]}),")
        return [*self.lines, f"return {' '.join(results)}"]

    def write_node(self, node):
        """Write the line of one Node; forget large arrays that are not needed more."""
        body = node.body or [node]
        if node.body or node.is_elementwise:
            self.write_chain(node, body)
        else:
            call = self.call(node)
            self.names[node] = self.result()
            self.lines.append(f"{self.names[node]} = {call}")
        dead = [x for x in node.inputs if x.size > PIECE and self.last[x] in body]
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
        if isinstance(getattr(function, "__self__", None), np.ufunc):
            name = f"{self.known(function.__self__)}.{name}"  # add.reduce
        else:
            name = self.known(function)
        return f"{name}({', '.join([first, *rest])})"

    def write_chain(self, node, body):
        """Write element-wise calls one after the other, in place where possible.

        A long chain goes through its arrays in pieces, some rows at a time.
        """
        whole, indent, goal = {}, "", None
        if len(body) > 1 and node.size > PIECE:
            length, free = node.shape[0], self.free(node, body)
            rows = max(1, PIECE * length // node.size)
            y = self.names[free] if free else self.result()
            if not free:
                empty, dtype = self.known(np.empty), self.bind("d", node.dtype)
                self.lines.append(f"{y} = {empty}({node.shape}, {dtype})")
            self.lines.append(f"for i in range(0, {length}, {rows}):")
            indent, goal = "    ", f"{y}[i : i + {rows}]"
            for x in node.inputs:
                if x.shape[:1] == (length,) != (1,) and len(x.shape) == len(node.shape):
                    whole[x] = self.names[x]
                    self.names[x] += f"[i : i + {rows}]"
        for part in body:
            args, place = [self.names[x] for x in part.args], None
            if goal and part is body[-1]:
                place = goal
            elif free := self.free(part, [part]):
                place = self.names[free]
            self.names[part] = place or self.result()
            sign, called = _OPERATORS.get(part.function), self.known(part.function)
            line = f"{self.names[part]} = {called}({', '.join(args)})"
            if sign and not place:
                line = f"{self.names[part]} = {args[0]} {sign} {args[1]}"
            elif sign and place == args[0]:
                line = f"{place} {sign}= {args[1]}"
            elif place:
                line = f"{called}({', '.join(args)}, out={place})"
            self.lines.append(indent + line)
        self.names.update(whole)
        self.names[node] = y if goal else self.names[part]


def _read(node):
    """Return the data of a Variable; refuse what f was not followed with."""
    x = node.value.data
    if x is None or x.shape != node.shape or x.dtype != node.dtype:
        now = f"{x.shape} {x.dtype}" if x is not None else "None"
        raise ValueError(
            f"Program: {node.label} was {node.shape} {node.dtype} when f was compiled, "
            f"and is {now} now; compile again (see step 72)"
        )
    return x
