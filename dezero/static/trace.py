"""Trace: f is followed once, and every call of NumPy that it makes is noted.

It is the handler (dezero.Config) of the thread that follows f: every Function that f
calls comes to call, every backward to backward, and who reads or sets the data or the
grad of a Variable asks read and write. So a Variable from outside has a Symbol for
data, and what would happen only once, while f is followed, is refused.

A Function computes on Symbols as on arrays, if it only asks NumPy to compute. Where it
wants numbers, writes into arrays or draws random numbers, it stays whole: a Forward,
which calls it in every run, and a Backward.
"""

import contextlib
import copy
import operator

import numpy as np

from dezero.core import Config, Variable, guards
from dezero.core.config import switched
from dezero.static import whole
from dezero.static.graph import Graph, Node, constant, leaves, mapped
from dezero.static.passes import prune
from dezero.static.symbol import (
    NEEDS_NO_NUMBERS,
    REDUCTIONS,
    SHAPED_BY_THE_REST,
    CannotFollow,
    Symbol,
    depends_on_numbers,
    has_symbols,
    plainest,
    sample,
    samples,
)


class Trace:
    """One following of f: the Nodes that it made, in order."""

    def __init__(self):
        self.nodes = []
        self.open = True
        self.depth = 0  # of Functions that are being followed
        self.stand_ins = {}  # id of a Variable from outside: (that, ours)
        self.wholes = {}  # Function: (Forward, a copy that saw samples, results)
        self.uses_grads = False  # of the arguments

    @contextlib.contextmanager
    def following(self):
        """Be the handler of this thread, inside a with block."""
        if Config.handler is not None:
            raise TypeError(
                "compile: called while another f is followed; compile in front of f, "
                "or call the plain function there (see step 72)"
            )
        try:
            with switched(handler=self, enable_backprop=True):
                yield
        finally:
            self.open = False

    # --- what NumPy is asked for ---

    def add(self, node):
        """Note a Node; return its Symbol."""
        self.nodes.append(node)
        return Symbol(self, node)

    def forget(self, count):
        """Forget all Nodes but the first so many, and Variables."""
        self.nodes[count:] = [x for x in self.nodes[count:] if x.name == "variable"]

    def note(self, function, args, kwargs=None):
        """Note a call of NumPy; return the Symbol of its result, or Symbols.

        The shape and dtype are those that the call has on samples.
        """
        kwargs, name = kwargs or {}, function.__name__
        if function in NEEDS_NO_NUMBERS:
            return function(*samples(args), **kwargs)
        first = next(leaves((*args, *kwargs.values()), Symbol))
        if depends_on_numbers(function, args, kwargs):
            first.refuse(f"calls {name}, whose result has a shape only a run may know")
        if has_symbols(tuple(kwargs.values())):
            first.refuse(f"passes a value to {name} by keyword")
        function, args, kwargs = plainest(function, args, kwargs)
        nodes = self.as_nodes(args, function)
        if function is np.matmul and all(0 < len(x.shape) <= 2 for x in nodes):
            function = np.dot  # half the time on small ones
        node = Node(function, nodes, kwargs, name=REDUCTIONS.get(function))
        arrays = [sample(x) for x in node.inputs]
        with whole.named(node, args):
            y = node.compute(arrays)
        result = self.record(node, y)
        for x in leaves(args, Symbol) if not node.is_elementwise else ():
            many = isinstance(y, (tuple, list))
            for one, part in zip(result, y) if many else [(result, y)]:
                if np.may_share_memory(part, arrays[node.inputs.index(x._node)]):
                    one._root = x._root
                    x._root._views.append(one)
        return result

    def record(self, node, y):
        """Note a Node whose result is like y; return its Symbol, or Symbols."""
        self.nodes.append(node)
        if isinstance(y, (tuple, list)):
            node.sample = y
            get, ys = operator.getitem, []
            for i, part in enumerate(y):
                one = Node(get, (node, i), name=f"part {i}")
                ys.append(None if part is None else self.record(one, part))
            return type(y)(ys)
        y = np.asarray(y)
        if y.dtype.kind not in "biufc":
            raise CannotFollow(f"compile: {node.name} returns {y.dtype} (see step 72)")
        node.shape, node.dtype = y.shape, y.dtype
        return Symbol(self, node)

    def as_nodes(self, args, function=None):
        """Return arguments with Nodes for Symbols and arrays."""
        dtypes = {s.dtype for s in leaves(args, Symbol)}
        name, for_ufunc = (
            getattr(function, "__name__", ""),
            isinstance(function, np.ufunc),
        )

        def change(x):
            if type(x) is Symbol:
                return x.read()
            if for_ufunc and isinstance(x, (bool, int, float, complex)):
                # A Python number takes the dtype of the arrays beside it.
                dtype = np.result_type(*dtypes)
                fits = dtype.kind in "fc" or (isinstance(x, int) and dtype.kind in "iu")
                x = np.asarray(x, dtype if fits and type(x) is not bool else None)
            if isinstance(x, (np.ndarray, np.generic)):
                # A mask or counts are fixed, as the shape is that follows from them.
                shapes = x.dtype == bool and function is operator.getitem
                fixed = shapes or name in SHAPED_BY_THE_REST
                return self.add(constant(x.copy() if fixed else x))._node
            return x

        return mapped(tuple(args), change)

    def check(self, symbol):
        """Note that a run must find the same truth as samples give; return that."""
        node, known = symbol.read(), {}
        for x in prune(Graph(self.nodes, [node])).nodes:
            can = x.function is not None and x.pure
            known[x] = x.compute([known[z] for z in x.inputs]) if can else sample(x)
        truth = bool(known[node])
        self.record(Node(whole.Check(truth), (node,), pure=False), truth)
        return truth

    # --- what f asks Variables for ---

    def stand_in(self, x):
        """Return the Variable that stands for x in the graph.

        One with numbers comes from outside: it is read in every run.
        """
        if x._data is None or type(x._data) is Symbol:
            return x
        if id(x) not in self.stand_ins:
            if type(x._data) is not np.ndarray:
                raise TypeError(
                    f"compile: expected ndarrays of NumPy, got {type(x._data)} in a "
                    "Variable that f uses; call to_cpu() first (see steps 52, 72)"
                )
            if x.creator is not None and x.requires_grad:
                self.refuse(x, "uses {}, computed outside of f,")
            label = x.name or f"variable {len(self.stand_ins)}"
            kind = {"shape": x._data.shape, "dtype": x._data.dtype, "label": label}
            node = self.add(Node(None, **kind, value=x, name="variable"))
            self.stand_ins[id(x)] = x, Variable(node, x.name, x.requires_grad)
        return self.stand_ins[id(x)][1]

    def read(self, x, name):
        """Return x.data or x.grad, as f sees them."""
        with switched(handler=None):
            value = getattr(x, name)
        if name == "data":
            return value if value is None else self.stand_in(x)._data
        node = getattr(x._data, "_node", None) or self.refuse(x, "reads the grad of {}")
        self.uses_grads |= node.name == "placeholder"
        return value

    def write(self, x, name, value):
        """Refuse to set x.data or x.grad where that belongs into every run."""
        node = getattr(x._data, "_node", None)
        if name == "grad":
            return node or self.refuse(x, "sets the grad of {}")
        new = x._data is None or value is None  # a layer makes its weights, or fails
        if not new and (not node or node.function is None):
            self.refuse(x, "changes the data of {}")

    def check_variables(self, wanted):
        """Refuse what f left in Variables; return how many hooks those wanted have."""
        for x, ours in self.stand_ins.values():
            if ours._grad is not None:
                self.refuse(x, "calls backward, which leaves a gradient in {}")
            if x._hooks and wanted and not any(x is z for z in wanted):
                self.refuse(x, "uses {}, whose hooks nobody would call,")
        return [len(x._hooks or ()) for x in wanted]

    def refuse(self, x, what):
        """Raise TypeError: what f does to x would not happen in every run."""
        x = f"a Variable {x.name or ''} of shape {np.shape(x._data)}".replace("  ", " ")
        raise TypeError(
            f"compile: f {what.format(x)} while it is followed, which is not the same "
            "as in every run: compute in f what changes, or hand it over as an "
            "argument; name in gradients=... who wants a gradient, and around f call "
            "cleargrads() and optimizer.update() (see step 72)"
        )

    # --- Functions ---

    def call(self, original, inputs):
        """Return what original(*inputs) does, noted."""
        func = copy.copy(original)  # a node is one call
        if not Config.wrap:
            if not has_symbols((*inputs, *vars(func).values())):
                return func.forward(*inputs)
            return self.follow(func, original, inputs)
        given, inputs = inputs, guards.as_variables(inputs, type(func).__name__)
        for i, x in enumerate(inputs):
            if isinstance(given[i], Variable):
                inputs[i] = self.stand_in(x)
            elif x._data is not None and type(x._data) is not Symbol:
                inputs[i] = Variable(self.add(constant(x._data)), x.name, False)
        ys = self.follow(func, original, [x._data for x in inputs])
        ys = self.as_nodes(guards.results(func, ys))
        return func._record(inputs, [Symbol(self, y) for y in ys])

    def follow(self, func, original, xs):
        """Return func.forward on Symbols; where that cannot be, note it as a whole."""
        before, count = dict(vars(func)), len(self.nodes)
        with whole.generator_alone() as has_drawn:
            self.depth += 1
            try:
                with whole.named(func, xs):
                    y = func.forward(*xs)
                if not has_drawn() and not _remembers(func, before):
                    return y
            except CannotFollow:
                pass
            finally:
                self.depth -= 1
        vars(func).clear()
        vars(func).update(before)
        self.forget(count)
        return whole.keep(self, func, original, tuple(xs))

    def backward(self, func, gys):
        """Return what func.backward(*gys) does, noted: a tuple."""
        if func in self.wholes:
            return whole.back(self, func, *self.wholes[func], gys)
        count = len(self.nodes)
        self.depth += 1
        try:
            return tuple(whole.gradients(func, gys))
        except CannotFollow:
            self.forget(count)
        finally:
            self.depth -= 1
        return whole.back(self, func, *whole.after(func), gys)


def _remembers(func, before):
    """Return whether forward has changed what func had before: a state."""
    return any(
        before[name] is not None and value is not before[name] and has_symbols((value,))
        for name, value in vars(func).items()
        if name in before and not name.startswith("_")
    )
