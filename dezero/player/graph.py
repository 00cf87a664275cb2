"""What is played: the Functions and Variables of a graph, and what they are called.

It reads inputs, outputs, creator, generation and name where they are there, so it
takes the Variables of core, of core_simple and of the steps (from step 6 on) alike.
"""

import itertools
import weakref

from dezero.player.values import array_of, clip, is_variable, short

LIMIT = 60  # so many Functions are shown one by one


class Box:
    """One box in the place of several Functions: what a layer ran, or the rest."""

    def __init__(self, label, members, is_rest=False):
        self.label = label
        self.members = members
        self.is_rest = is_rest


class Graph:
    """The nodes that are shown, in the order in which they were computed.

    names    {name: Variable or Function}, for those without a name of their own
    links    [(Function, inputs, outputs)] where the Functions do not know (step 6)
    boxes    Boxes, each in the place of its members
    """

    def __init__(self, names=None, links=(), boxes=()):
        self.names = {
            id(node): clip(name)
            for name, node in (names or {}).items()
            if not str(name).startswith("_")
        }
        self.functions = []  # all of them, folded or not
        self.inputs, self.outputs = {}, {}  # of a Function's id: Variables
        self.box_of = {}  # of a Function's id: the Box that it is in
        self.keys = {}  # of an id: "f3", "v5"
        self.variables = []  # those that are shown
        self.labels = {}  # of an id: what it is called
        self.edges = []  # (from key, to key)
        self._kept = []  # nodes must not be freed: their ids are our keys
        self._counts = {}
        self._boxes = list(boxes)
        for func, inputs, outputs in links:
            self.inputs[id(func)], self.outputs[id(func)] = inputs, outputs

    # --- finding the nodes ---

    def grow(self, roots):
        """Take in what the roots were computed by; return the keys that are new."""
        found = self._behind(roots)
        if not self.functions:
            self._fold(found)
        self.functions += found
        old = set(self.keys.values())
        first_edge = len(self.edges)
        for func in found:
            self._name(func)
        hidden = self._hidden()
        for func in found:
            self._show(func, hidden)
        for v in roots:
            self._show_variable(v)
        new = [key for key in self.keys.values() if key not in old]
        return new + [f"e{i}" for i in range(first_edge, len(self.edges))]

    def knows(self, func):
        """Tell whether a Function is part of the graph."""
        return id(func) in self.inputs

    def _behind(self, roots):
        """Return the Functions behind roots that are new, inputs before outputs."""
        linked = {id(y): f for f, _, outs in self._links() for y in outs}
        known = {id(func) for func in self.functions}
        order, waiting = [], [creator(v, linked) for v in reversed(roots)]
        opened = set()
        while waiting:  # a list, not recursion: a graph can be deep (step 8)
            func = waiting[-1]
            if func is None or id(func) in known:
                waiting.pop()
            elif id(func) in opened:
                waiting.pop()
                known.add(id(func))
                order.append(func)
            else:
                opened.add(id(func))
                self._kept.append(func)
                if id(func) not in self.inputs:
                    self.inputs[id(func)], self.outputs[id(func)] = links_of(func)
                waiting += [creator(x, linked) for x in reversed(self.inputs[id(func)])]
        if all(generation(func) is not None for func in order):
            order.sort(key=generation)
        return order

    def _links(self):
        by_id = {id(func): func for func in self._kept}
        for key, outputs in self.outputs.items():
            yield by_id.get(key), self.inputs[key], outputs

    # --- folding ---

    def _fold(self, funcs):
        """Put Functions into boxes: those of layers, and where too many are left."""
        known = {id(func) for func in funcs}
        for box in sorted(self._boxes, key=lambda box: len(box.members)):
            for func in box.members:
                if id(func) in known:
                    self.box_of[id(func)] = box  # the outer of two wins
        single = [func for func in funcs if id(func) not in self.box_of]
        boxes = len({id(box) for box in self.box_of.values()})
        if len(single) + boxes > LIMIT:
            rest = single[: len(single) + boxes - LIMIT + 1]
            box = Box(f"{len(rest)} Functions", rest, is_rest=True)
            self.box_of.update((id(func), box) for func in rest)

    def _hidden(self):
        """Return the ids of Variables that only one box uses, and nobody asks for."""
        users = {}
        for func in self.functions:
            place = id(self.box_of.get(id(func), func))
            for v in self.inputs[id(func)]:
                users.setdefault(id(v), (v, set(), []))[1].add(place)
        made = {}
        for func in self.functions:
            box = self.box_of.get(id(func))
            for y in self.outputs[id(func)]:
                if y is not None:
                    made[id(y)] = box
        hidden = set()
        for key, (v, places, _) in users.items():
            if len(places) != 1 or not any(
                id(box) in places for box in set(self.box_of.values())
            ):
                continue
            (box,) = [b for b in set(self.box_of.values()) if id(b) in places]
            inside = made.get(key) is box
            leaf = key not in made
            own = getattr(v, "_is_parameter", False) or self._is_unnamed(v)
            constant = v.data is None or v.data.ndim == 0
            if inside or (leaf and own and (constant or box.is_rest or v.name)):
                hidden.add(key)
        return hidden

    def _is_unnamed(self, v):
        return id(v) not in self.names and getattr(v, "name", None) is None

    def place(self, func):
        """Return what stands for a Function in the picture: itself or its Box."""
        return self.box_of.get(id(func), func)

    # --- keys, names and edges ---

    def _show(self, func, hidden):
        node = self.place(func)
        if id(node) not in self.keys:
            self.keys[id(node)] = f"f{len(self.keys)}"
            self._kept.append(node)
            if isinstance(node, Box):
                self.labels[id(node)] = clip(node.label)
        key = self.keys[id(node)]
        for x in self.inputs[id(func)]:
            if id(x) not in hidden:
                self._edge(self._show_variable(x), key, isinstance(node, Box))
        used = (
            {id(x) for f in self.functions for x in self.inputs[id(f)]}
            if isinstance(node, Box)
            else ()
        )
        for y in self.outputs[id(func)]:
            if y is None or id(y) in hidden:
                continue
            if (
                isinstance(node, Box)
                and id(y) not in used
                and func is not (self.functions[-1])
            ):
                continue
            self._edge(key, self._show_variable(y), False)

    def _edge(self, start, end, once):
        if not (once and (start, end) in self.edges):
            self.edges.append((start, end))

    def _show_variable(self, v):
        if id(v) not in self.keys:
            self.keys[id(v)] = f"v{len(self.keys)}"
            self.variables.append(v)
            self._kept.append(v)
            name = self.names.get(id(v), getattr(v, "name", None))
            if name is not None:
                self.labels[id(v)] = clip(name)
        return self.keys[id(v)]

    def _name(self, func):
        """Give a Function its name: B (Square), or Square 2 where there are more."""
        kind = clip(type(func).__name__)
        given = self.names.get(id(func))
        self._counts.setdefault(kind, itertools.count(1))
        if given is None:
            same = [f for f in self.functions if type(f).__name__ == kind]
            number = next(self._counts[kind])
            given = f"{kind} {number}" if len(same) > 1 or number > 1 else kind
        self.labels[id(func)] = given

    def name_gradients(self):
        """Call the gradient of x, where it is in the graph itself, x.grad."""
        for v in list(self.variables):
            gradient = getattr(v, "grad", None)
            if id(gradient) in self.keys and id(v) in self.labels:
                self.labels.setdefault(id(gradient), f"{self.labels[id(v)]}.grad")

    def edges_between(self, start, end):
        """Return the keys of the edges from one node to another."""
        return [f"e{i}" for i, e in enumerate(self.edges) if e == (start, end)]

    def function(self, func):
        """Return what a Function is called in a sentence."""
        label, kind = self.labels[id(func)], clip(type(func).__name__)
        return label if label.startswith(kind) else f"{label} ({kind})"

    def variable(self, v):
        """Return what a Variable is called in a sentence."""
        if id(v) in self.labels:
            return self.labels[id(v)]
        for func in self.functions:
            outputs = self.outputs[id(func)]
            for i, y in enumerate(outputs):
                if y is v:
                    which = "the result" if len(outputs) == 1 else f"result {i + 1}"
                    return f"{which} of {self.labels[id(func)]}"
        if v.data is None:
            return "the absent input"
        if getattr(v.data, "ndim", 0) == 0:
            return f"the constant {short(v.data)}"
        return f"the unnamed leaf {short(v.data)}"

    def leaves(self):
        """Return the Variables that nobody computed and that somebody may ask for."""
        made = {
            id(y) for outputs in self.outputs.values() for y in outputs if y is not None
        }
        return [
            v
            for v in self.variables
            if id(v) not in made and (id(v) in self.labels or array_of(v).ndim)
        ]


def creator(v, linked=None):
    """Return the Function that computed v, or None."""
    found = getattr(v, "creator", None)
    return found if found is not None else (linked or {}).get(id(v))


def generation(func):
    """Return the generation of a Function, or None before step 16."""
    return getattr(func, "generation", None)


def links_of(func):
    """Return the inputs and outputs of a Function that was called, two lists."""
    inputs = getattr(func, "_inputs", None)  # core's inputs may be arrays
    if inputs is None:
        inputs = getattr(func, "inputs", None)
    if inputs is None:
        inputs = [func.input]
    outputs = getattr(func, "outputs", None)
    if outputs is None:
        outputs = [func.output] if hasattr(func, "output") else []
    outputs = [y() if isinstance(y, weakref.ref) else y for y in outputs]
    return [x for x in inputs if is_variable(x)], outputs
