"""The graph that is played: its Functions and Variables, and their names.

It reads inputs, outputs, creator, generation and name where they exist, so it works
with the Variables of core, of core_simple and of the steps (from step 6 on) alike.
"""

import collections
import itertools
import weakref

from dezero.player.values import array_of, clip, is_variable, short

LIMIT = 60  # at most this many Functions are shown one by one, ...
BUDGET = 3 * LIMIT  # ... and fewer if there is more to say about each


class Box:
    """One box for several Functions: those that a layer ran, or the rest."""

    def __init__(self, label, members, is_rest=False):
        self.label = label
        self.members = members
        self.is_rest = is_rest


class Graph:
    """The nodes that are shown, in the order in which they were computed.

    names    {name: Variable or Function}, for those without a name of their own
    links    [(Function, inputs, outputs)] if the Functions do not keep them (step 6)
    boxes    Boxes, each of which replaces its members
    """

    def __init__(self, names=None, links=(), boxes=()):
        self.names = {
            id(node): clip(name)
            for name, node in (names or {}).items()
            if not str(name).startswith("_")
        }
        self.functions = []  # all of them, folded or not
        self.inputs, self.outputs = {}, {}  # {id of a Function: Variables}
        self.box_of = {}  # {id of a Function: the Box that it is in}
        self.keys = {}  # {id: "f3" or "v5"}
        self.variables = []  # those that are shown
        self.labels = {}  # {id: name}
        self.edges = []  # (from key, to key)
        self._kept = []  # nodes must not be freed: their ids are our keys
        self._counts = {}
        self._owners = {}  # {label: id of its Variable}
        self._made = {}  # {id of a result: (Function, which of its outputs)}
        self._boxes = list(boxes)
        self._linked = list(links)
        self._more = Box("more Functions of the gradient", [], is_rest=True)
        for func, inputs, outputs in links:
            self.inputs[id(func)], self.outputs[id(func)] = inputs, outputs

    # --- finding the nodes ---

    def grow(self, roots):
        """Add the graph that computed the roots; return the keys that are new."""
        found = self._behind(roots)
        for v in roots:
            self._label(v)
        if not found and all(id(v) in self.keys for v in roots):
            return []
        self._fold(found)
        self.functions += found
        for func in found:
            for i, y in enumerate(self.outputs[id(func)]):
                if y is not None:
                    self._made[id(y)] = func, i
        old = len(self.keys)
        first_edge = len(self.edges)
        kinds = collections.Counter(type(f).__name__ for f in self.functions)
        for func in found:
            self._name(func, kinds)
        users = self._users()
        hidden = self._hidden(users)
        for func in found:
            self._show(func, users, hidden, roots)
        for v in roots:
            self._show_variable(v)
        new = list(self.keys.values())[old:]
        return new + [f"e{i}" for i in range(first_edge, len(self.edges))]

    def knows(self, func):
        """Tell whether a Function is part of the graph."""
        return id(func) in self.inputs

    def _behind(self, roots):
        """Return the new Functions that computed roots, inputs before outputs."""
        linked = {id(y): func for func, _, outputs in self._linked for y in outputs}
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

    # --- folding ---

    def _fold(self, funcs):
        """Put Functions into boxes: those of each layer, and the rest if too many."""
        if self.functions:  # this is the graph of a gradient
            shown = len({id(self.place(func)) for func in self.functions})
            for func in funcs[max(LIMIT + 5 - shown, 0) :]:
                self._more.members.append(func)
                self.box_of[id(func)] = self._more
            return
        known = {id(func) for func in funcs}
        for box in sorted(self._boxes, key=lambda box: len(box.members)):
            for func in box.members:
                if id(func) in known:
                    self.box_of[id(func)] = box  # the outer of two wins
        single = [func for func in funcs if id(func) not in self.box_of]
        left = BUDGET - 8 * len({id(box) for box in self.box_of.values()})
        for i in range(len(single) - 1, -1, -1):  # those nearest to the result first
            left -= self._cost(single[i])
            if left < 0 and i > 0:
                box = Box(f"{i + 1} Functions", single[: i + 1], is_rest=True)
                self.box_of.update((id(func), box) for func in box.members)
                break

    def _cost(self, func):
        """Return how much a Function lengthens the page: at least 3, arrays more."""
        wanted = [x for x in self.inputs[id(func)] if getattr(x, "requires_grad", True)]
        tensors = any(array_of(x) is not None and array_of(x).ndim for x in wanted)
        return max(3, (2 + len(wanted)) * (1.5 if tensors else 0.9))

    def _users(self):
        """Return {id of a Variable: (the Variable, the places that use it)}."""
        users = {}
        for func in self.functions:
            for v in self.inputs[id(func)]:
                users.setdefault(id(v), (v, {}))[1][id(self.place(func))] = func
        return users

    def _hidden(self, users):
        """Return the ids of Variables to leave out, because only one box uses them."""
        hidden, leaves = set(), []
        for key, (v, places) in users.items():
            box = self.box_of.get(id(next(iter(places.values()))))
            if len(places) > 1 or box is None:
                continue
            if key in self._made:
                hide = self.place(self._made[key][0]) is box
            else:
                parameter = getattr(v, "_is_parameter", False)
                constant = v.data is None or v.data.ndim == 0 or box.is_rest
                hide = parameter or (constant and self._is_unnamed(v))
                if box.is_rest and not hide:
                    leaves.append(key)
            if hide:
                hidden.add(key)
        return hidden.union(leaves) if len(leaves) > 10 else hidden

    def _is_unnamed(self, v):
        return id(v) not in self.names and getattr(v, "name", None) is None

    def place(self, func):
        """Return what represents a Function in the picture: itself or its Box."""
        return self.box_of.get(id(func), func)

    # --- keys, names and edges ---

    def _show(self, func, users, hidden, roots):
        node = self.place(func)
        folded = isinstance(node, Box)
        if id(node) not in self.keys:
            self.keys[id(node)] = f"f{len(self.keys)}"
            self._kept.append(node)
            if folded:
                self.labels[id(node)] = clip(node.label)
        key = self.keys[id(node)]
        for x in self.inputs[id(func)]:
            if id(x) not in hidden:
                self._edge(self._show_variable(x), key, folded)
        for y in self.outputs[id(func)]:
            if y is None or id(y) in hidden:
                continue
            if folded and id(y) not in users and not any(y is v for v in roots):
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
            self._label(v)
        return self.keys[id(v)]

    def _label(self, v):
        name = self.names.get(id(v), getattr(v, "name", None))
        if name is None:
            return
        name = clip(name)
        if self._owners.setdefault(name, id(v)) != id(v):  # W of each layer
            numbers = (f"{name} {i}" for i in itertools.count(2))
            name = next(
                n for n in numbers if self._owners.setdefault(n, id(v)) == id(v)
            )
        self.labels[id(v)] = name

    def _name(self, func, kinds):
        """Give a Function its name: B (Square), or Square 2 if there are several."""
        kind = clip(type(func).__name__)
        given = self.names.get(id(func))
        self._counts.setdefault(kind, itertools.count(1))
        if given is None:
            number = next(self._counts[kind])
            many = kinds[type(func).__name__] > 1 or number > 1
            given = f"{kind} {number}" if many else kind
        self.labels[id(func)] = given

    def name_gradients(self):
        """Name the gradient of x "x.grad", if it is itself a node of the graph."""
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
        if id(v) in self._made:
            func, i = self._made[id(v)]
            many = len(self.outputs[id(func)]) > 1
            which = f"result {i + 1}" if many else "the result"
            return f"{which} of {self.labels[id(self.place(func))]}"
        if v.data is None:
            return "the absent input"
        if getattr(v.data, "ndim", 0) == 0:
            return f"the constant {short(v.data)}"
        return f"the unnamed leaf {short(v.data)}"

    def leaves(self):
        """Return the leaves worth reporting: those with a name or with axes."""
        return [
            v
            for v in self.variables
            if id(v) not in self._made and (id(v) in self.labels or array_of(v).ndim)
        ]

    def folded_leaves(self):
        """Return how many leaves inside boxes have a gradient."""
        found = {
            id(x)
            for func in self.functions
            if id(func) in self.box_of
            for x in self.inputs[id(func)]
            if id(x) not in self.keys and id(x) not in self._made
            if getattr(x, "grad", None) is not None
        }
        return len(found)


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
