"""Trace: call f once on Symbols, and record every NumPy call that it makes.

While f runs, the Trace is Config.handler in its thread: its call and backward replace
every Function's, and its read and write are called whenever the data or grad of a
Variable is read or set. So f sees a Symbol as the data of a Variable from outside f,
and whatever would happen only once, during the trace, is refused.

A Function that only calls NumPy computes on Symbols as it does on arrays. One that
cannot be traced stays whole: see whole.py.
"""

import copy
import operator
from contextlib import nullcontext, suppress
from functools import partial

import numpy as np

from dezero.core import Config, Variable, gradients_of, outside
from dezero.core.config import switched
from dezero.static import whole
from dezero.static.graph import Graph, Node, constant, leaves, mapped, sample, source
from dezero.static.passes import stay_in_place
from dezero.static.same import form
from dezero.static.symbol import NEEDS_NO_NUMBERS, CannotFollow, Symbol, shaping


class Trace:
    """One trace of f.

    graph        the calls in order; its outputs are f's results, then gradients
    targets      the wanted Variables that get a gradient
    many         tuple or list if f returns one, else None
    uses_grads   whether f calls backward, and would leave grads in its arguments
    forms        {Node: its form}, to be compared with another trace: see same.py
    edits        (Symbol, its Node before) for each x += y
    """

    def __init__(self, f, sources, wanted):
        self.nodes, self.forms, self.edits, self.open = [], {}, [], True
        self.stand_ins = {}  # id of a Variable from outside: (the Variable, ours)
        # by recorded Function: the Function that f called, the Node of its whole call
        self.originals, self.wholes, self.uses_grads = {}, {}, False
        try:
            with switched(handler=self, enable_backprop=True):
                self.follow_all(f, sources, wanted)
        finally:
            self.open = False
        calls = [node.function for node in self.wholes.values()]
        self.written = [x for call in calls for x in call.written.values()]
        stay_in_place(self.nodes, self.written)
        for node in self.wholes.values():
            node.value = None  # its outputs on samples

    def follow_all(self, f, sources, wanted):
        """Trace f and, if gradients are wanted, its backward pass."""
        xs = [Variable(self.add(node), node.label) for node in sources]
        result = f(*xs)
        self.many = type(result) if isinstance(result, (tuple, list)) else None
        ys = list(result) if self.many else [result]
        for i, y in enumerate(ys):
            if not isinstance(y, Variable) and type(y) is not Symbol:
                raise TypeError(
                    "compile: f must return a Variable, or a tuple or list of "
                    f"them, got {type(y).__name__} (see step 72)"
                )
            ys[i] = Variable(y) if type(y) is Symbol else self.stand_in(y)
        self.uses_grads |= any(x._grad is not None for x in xs)
        self.check_variables(wanted)
        ours = dict(self.stand_ins.values())
        known = [x for x in wanted if x in ours]
        if wanted and not known:
            raise ValueError(
                "compile: f uses none of the Variables in gradients; it must use "
                "the Variables themselves, not their arrays (see step 72)"
            )
        grads = []
        if known:
            seed = Variable(self.add(constant(np.ones(ys[0].shape, ys[0].dtype))))
            grads = gradients_of(ys[0], [ours[x] for x in known], seed, False)
        self.targets = [x for x, gx in zip(known, grads) if gx is not None]
        results = ys + [gx for gx in grads if gx is not None]
        self.graph = Graph(self.nodes, [y._data.read() for y in results])

    # --- calls of NumPy ---

    def add(self, node):
        """Record a Node; return its Symbol."""
        self.forms[node] = len(self.forms), form(node, self.forms)
        self.nodes.append(node)
        return Symbol(self, node)

    def note(self, function, args, kwargs=None, name=None):
        """Record a call of NumPy; return the Symbol of its result, or several.

        Its shape and dtype are found by making the call on samples.
        """
        kwargs, name = kwargs or {}, name or function.__name__
        if function in NEEDS_NO_NUMBERS:
            return function(*mapped(args, lambda x: sample(x.read()), Symbol), **kwargs)
        values, symbols = shaping(function, args, kwargs), leaves(args, Symbol)
        if values is None:
            symbols[0].refuse(f"calls {name}, whose shape only a run knows")
        if any(leaves((*kwargs.values(),), kind) for kind in (Symbol, np.ndarray)):
            symbols[0].refuse(f"passes an array to {name} by keyword")
        nodes = self.as_nodes(values, function)
        nodes += self.as_nodes(args[len(values) :], function, fixed=True)
        if function is np.matmul and all(0 < len(x.shape) <= 2 for x in nodes):
            function = np.dot  # half the time on small arrays
        node = Node(function, nodes, kwargs, name=name)
        arrays = [sample(x) for x in node.inputs]
        alone = nullcontext() if node.pure else whole.generator_alone()
        with alone, whole.named(function, args):
            y = node.compute(arrays)
        result, node.is_fresh = self.record(node, y), node.pure
        for symbol in () if node.pure else symbols:
            symbol.lend()
        given = {x._node: x for x in symbols}
        for one, part in zip(leaves(result), leaves(y)) if node.pure else ():
            for x, array in zip(node.inputs, arrays):
                if np.may_share_memory(part, array):
                    node.is_fresh = False
                    if x in given:  # a view
                        one._views = given[x]._views
                        one._views.append(one)
        if node.is_fresh and type(result) is Symbol:
            result._views = [result]
        return result

    def record(self, node, y):
        """Record a Node with a result like y; return its Symbol, or several."""
        symbol = self.add(node)
        if isinstance(y, (tuple, list)):
            node.value, parts = y, []
            for i in range(len(y)):
                one = Node(whole.part, (node, i), name=f"part {i}")
                array = whole.part(y, i)
                parts.append(None if array is None else self.record(one, array))
            return type(y)(parts)
        y = np.asarray(y)
        if y.dtype.kind not in "biufc":
            raise CannotFollow(f"compile: {node.name} returns {y.dtype} (see step 72)")
        node.shape, node.dtype = y.shape, y.dtype
        return symbol

    def as_nodes(self, args, function=None, fixed=False):
        """Return arguments with Nodes for Symbols and arrays.

        fixed: an array is taken as it is now. So are masks and counts, because shapes
        depend on their numbers.
        """
        dtypes = {s.dtype for s in leaves(args, Symbol)}
        is_ufunc = isinstance(function, np.ufunc)

        def change(x):
            if type(x) is Symbol:
                return x.read()
            if is_ufunc and isinstance(x, (bool, int, float, complex)):
                # A Python number takes the dtype of the arrays beside it.
                x = np.asarray(x, np.result_type(*dtypes, x))
            if isinstance(x, (np.ndarray, np.generic)):
                is_mask = function is operator.getitem and x.dtype == bool
                return self.add(constant(x.copy() if fixed or is_mask else x))._node
            return x

        return mapped(tuple(args), change)

    def check(self, check, args):
        """Record that every run must call check(*args), which refuses wrong numbers."""
        if not leaves(args, Symbol):
            check(*args)
        node = Node(check, self.as_nodes(args))
        node.pure, node.stays = False, True
        self.add(node)

    # --- Variables ---

    def stand_in(self, x):
        """Return the Variable that stands for x in the graph.

        A Variable with numbers comes from outside f, so every run reads it.
        """
        if x._data is None or type(x._data) is Symbol:
            return x
        if id(x) not in self.stand_ins:
            if type(x._data) is not np.ndarray:
                self.refuse(x, "uses {}, which is not on the CPU (see step 52)")
            if x.creator is not None and x.requires_grad:
                self.refuse(x, "uses {}, computed outside of f")
            label = x.name or f"variable {len(self.stand_ins)}"
            node = source("variable", x.shape, x.dtype, x, label)
            ours = Variable(self.add(node), x.name, x.requires_grad)
            self.stand_ins[id(x)] = x, ours
        return self.stand_ins[id(x)][1]

    def read(self, x, name):
        """Return x.data or x.grad as f must see it."""
        with switched(handler=None):
            value = getattr(x, name)
        if name == "data":
            return value if value is None else self.stand_in(x)._data
        node = getattr(x._data, "_node", None) or self.refuse(x, "reads the grad of {}")
        self.uses_grads |= node.name == "placeholder"
        return value

    def write(self, x, name, value):
        """Refuse to set x.data or x.grad where every run would have to do it."""
        if name == "grad" and type(x._data) is not Symbol:
            self.refuse(x, "sets the grad of {}")
        if name == "data" and x._data is not None and value is not None:
            self.refuse(x, "changes the data of {}")  # None: a layer's call has failed

    def check_variables(self, wanted):
        """Refuse gradients that f left in Variables, and hooks that no run calls."""
        for x, ours in self.stand_ins.values():
            if ours._grad is not None:
                self.refuse(x, "calls backward, which leaves a gradient in {}")
            if x._hooks and wanted and not any(x is z for z in wanted):
                self.refuse(x, "uses {}, whose hooks no run would call")
        self.forms["hooks"] = [len(x._hooks) for x in wanted]

    def refuse(self, x, what):
        """Raise TypeError: what f does to x would not happen in every run."""
        x = f"a Variable {x.name or ''} of shape {np.shape(x._data)}".replace("  ", " ")
        raise TypeError(
            f"compile: f {what.format(x)}, so a run would not do the same as this "
            "call: compute in f what changes, or pass it as an argument; list in "
            "gradients=... the Variables that need gradients, and call cleargrads() "
            "and optimizer.update() outside of f (see step 72)"
        )

    # --- Functions ---

    def call(self, original, inputs):
        """Return the result of original(*inputs), and record its calls."""
        func = copy.copy(original)  # a node is one call
        self.originals[func] = original
        if Config.wrap:
            inputs = outside.as_variables(inputs, type(func).__name__)
            inputs = [self.stand_in(x) for x in inputs]
        elif not leaves((*inputs, *vars(func).values()), Symbol):
            return func.forward(*inputs)
        found = self.attempt(func, func.forward, _arrays(inputs))
        ys = found[0] if found else self.keep(func, inputs)
        if not Config.wrap:
            return ys
        ys = outside.results(func, ys)
        ys = [y if type(y) is Symbol else self.add(constant(y)) for y in ys]
        for y in ys:
            y.lend()
        return func._record(inputs, ys)

    def attempt(self, func, method, xs):
        """Return [method(*xs)] if it can be traced, else None and no calls recorded."""
        count, edits, before = len(self.nodes), len(self.edits), dict(vars(func))
        with suppress(CannotFollow), whole.generator_alone() as has_drawn:
            with whole.named(type(func), xs):
                ys = method(*xs)
            if not has_drawn() and not whole.changed(before, vars(func)):
                return [ys]
        self.nodes[count:] = [x for x in self.nodes[count:] if x.name == "variable"]
        while len(self.edits) > edits:
            symbol, symbol._node = self.edits.pop()
        return None

    def keep(self, func, inputs):
        """Record a Function as a single call; return the Symbols of its results."""
        original = self.originals[func]
        hidden = {k: x for k, x in vars(original).items() if leaves((x,), Symbol)}
        flags = [getattr(x, "requires_grad", False) for x in inputs]
        forward = whole.Forward(original, list(hidden), flags)
        ys = self.note(forward, (tuple(hidden.values()), tuple(_arrays(inputs))))
        self.wholes[func] = ys[0]._node.args[0]
        for name in forward.written.keys() & hidden.keys():
            if hidden[name]._node.name != "variable":
                hidden[name].refuse(f"lets {forward.__name__} write into an array")
        return tuple(ys) if len(ys) > 1 else ys[0]

    def backward(self, func, gys):
        """Return func.backward(*gys) as a tuple, and record its calls."""
        if func not in self.wholes:
            if found := self.attempt(func, partial(whole.gradients, func), [gys]):
                return found[0]
            # Only its forward could be traced: call it once more, as a whole.
            self.keep(func, func._inputs)
        call = self.wholes[func]
        gxs = self.note(whole.back, (call, _arrays(gys)), name=f"{call.name} back")
        if not Config.enable_backprop:
            return gxs
        outputs = [y() for y in func._outputs if y() is not None]
        inputs = [*gys, *func._inputs, *outputs]
        for i, gx in enumerate(gxs := list(gxs)):
            if gx is not None:
                gxs[i] = whole.Recorded(call.name)._record(inputs, [gx])
        return tuple(gxs)


def _arrays(xs):
    """Return the data of Variables; arrays as they are."""
    return [x._data if isinstance(x, Variable) else x for x in xs]
