"""Trace: f is followed once, and every call of NumPy that it makes is noted.

It is the handler (dezero.Config) of the thread that follows f: every Function that f
calls comes to call, every backward to backward, and who reads or sets the data or the
grad of a Variable asks read and write. So a Variable from outside has a Symbol for
data, and what would happen only once, while f is followed, is refused.

A Function computes on Symbols as on arrays, if it only asks NumPy to compute. Where
that cannot be followed it stays whole: see whole.py.
"""

import contextlib
import copy
import operator

import numpy as np

from dezero.core import Config, Variable, gradients_of, outside
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
    """One following of f.

    graph        what f calls, in order; its results and then the gradients of targets
    targets      those of the wanted Variables that get a gradient
    many         tuple or list, where f returns one
    hooks        how many hooks each of the wanted Variables has
    uses_grads   whether f calls backward, and would leave grads in its arguments
    """

    def __init__(self, f, sources, wanted):
        self.nodes = []
        self.open = True
        self.depth = 0  # of Functions that are being followed
        self.stand_ins = {}  # id of a Variable from outside: (that, ours)
        self.originals = {}  # Function as it was recorded: as it was called
        self.wholes = {}  # Function as it was recorded: Forward
        self.uses_grads = False
        if Config.handler is not None:
            raise TypeError(
                "compile: called while another f is followed; compile in front of f, "
                "or call the plain function there (see step 72)"
            )
        try:
            with switched(handler=self, enable_backprop=True):
                self.follow_all(f, sources, wanted)
        finally:
            self.open = False

    def follow_all(self, f, sources, wanted):
        """Follow f and, if some are wanted, its gradients."""
        xs = [Variable(self.add(node), node.label) for node in sources]
        result = f(*xs)
        self.many = type(result) if isinstance(result, (tuple, list)) else None
        ys = []
        for y in result if self.many else [result]:
            y = Variable(y) if type(y) is Symbol else y
            if not isinstance(y, Variable):
                raise TypeError(
                    "compile: f must return a Variable, or a tuple or list of "
                    f"them, got {type(y).__name__} (see step 72)"
                )
            ys.append(self.stand_in(y))
        self.uses_grads |= any(x._grad is not None for x in xs)
        self.check_variables(wanted)
        ours = dict(self.stand_ins.values())
        known = [x for x in wanted if x in ours]
        if wanted and not known:
            raise ValueError(
                "compile: f uses none of the Variables in gradients; it must use "
                "them as they are, not their arrays (see step 72)"
            )
        found = []
        if known:
            seed = Variable(self.add(constant(np.ones(ys[0].shape, ys[0].dtype))))
            found = gradients_of(ys[0], [ours[x] for x in known], seed, False)
        pairs = [(x, g) for x, g in zip(known, found) if g is not None]
        self.targets = [x for x, _ in pairs]
        outputs = [y._data.read() for y in (*ys, *(g for _, g in pairs))]
        self.graph = Graph(self.nodes, outputs)

    # --- what NumPy is asked for ---

    def add(self, node):
        """Note a Node; return its Symbol."""
        self.nodes.append(node)
        return Symbol(self, node)

    def note(self, function, args, kwargs=None):
        """Note a call of NumPy; return the Symbol of its result, or Symbols.

        The shape and dtype are those that the call has on samples.
        """
        kwargs, name = kwargs or {}, function.__name__
        if function in NEEDS_NO_NUMBERS:
            return function(*samples(args), **kwargs)
        first = leaves((*args, *kwargs.values()), Symbol)[0]
        if depends_on_numbers(function, args, kwargs):
            first.refuse(f"calls {name}, whose result has a shape only a run may know")
        if any(leaves(tuple(kwargs.values()), kind) for kind in (Symbol, np.ndarray)):
            first.refuse(f"passes an array to {name} by keyword")
        function, args, kwargs = plainest(function, args, kwargs)
        nodes = self.as_nodes(args, function)
        if function is np.matmul and all(0 < len(x.shape) <= 2 for x in nodes):
            function = np.dot  # half the time on small ones
        node = Node(function, nodes, kwargs, name=REDUCTIONS.get(function))
        arrays = [sample(x) for x in node.inputs]
        with whole.named(node.name, args, numpy=True):
            y = node.compute(arrays)
        result = self.record(node, y)
        parts = (result, y) if isinstance(y, (tuple, list)) else ([result], [y])
        for x in leaves(args, Symbol) if not node.is_elementwise else ():
            for one, part in zip(*parts):
                if np.may_share_memory(part, arrays[node.inputs.index(x._node)]):
                    one._views = x._views
                    x._views.append(one)
        return result

    def record(self, node, y):
        """Note a Node whose result is like y; return its Symbol, or Symbols."""
        self.nodes.append(node)
        if isinstance(y, (tuple, list)):
            ys = []
            for i, part in enumerate(y):
                one = Node(operator.getitem, (node, i), name=f"part {i}")
                one.pure = node.pure
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

        def change(x):
            if type(x) is Symbol:
                return x.read()
            is_number = isinstance(x, (bool, int, float, complex))
            if is_number and isinstance(function, np.ufunc):
                # A Python number takes the dtype of the arrays beside it.
                dtype = np.result_type(*dtypes)
                fits = dtype.kind in "fc" or (isinstance(x, int) and dtype.kind in "iu")
                x = np.asarray(x, dtype if fits and type(x) is not bool else None)
            if isinstance(x, (np.ndarray, np.generic)):
                # A mask or counts are fixed, as the shape is that follows from them.
                fixed = x.dtype == bool and function is operator.getitem
                fixed |= getattr(function, "__name__", "") in SHAPED_BY_THE_REST
                return self.add(constant(x.copy() if fixed else x))._node
            return x

        return mapped(tuple(args), change)

    def check(self, symbol):
        """Note that a run must find the same truth as samples give; return that."""
        node, known = symbol.read(), {}
        for x in prune(Graph(self.nodes, [node])).nodes:
            arrays = [known[z] for z in x.inputs]
            known[x] = x.compute(arrays) if x.pure else sample(x)
        truth = bool(known[node])
        self.nodes.append(Node(whole.Check(truth), (node,)))
        return truth

    # --- Variables ---

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
            shape, dtype = x._data.shape, x._data.dtype
            node = Node(None, (), {}, shape, dtype, "variable", x, label)
            ours = Variable(self.add(node), x.name, x.requires_grad)
            self.stand_ins[id(x)] = x, ours
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
        """Refuse what f left in Variables; note how many hooks those wanted have."""
        for x, ours in self.stand_ins.values():
            if ours._grad is not None:
                self.refuse(x, "calls backward, which leaves a gradient in {}")
            if x._hooks and wanted and not any(x is z for z in wanted):
                self.refuse(x, "uses {}, whose hooks nobody would call,")
        self.hooks = [len(x._hooks or ()) for x in wanted]

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
        given, inputs = inputs, outside.as_variables(inputs, type(func).__name__)
        for i, x in enumerate(inputs):
            if isinstance(given[i], Variable):
                inputs[i] = self.stand_in(x)
            elif x._data is not None and type(x._data) is not Symbol:
                inputs[i] = Variable(self.add(constant(x._data)), x.name, False)
        ys = self.follow(func, original, [x._data for x in inputs])
        ys = self.as_nodes(outside.results(func, ys))
        return func._record(inputs, [Symbol(self, y) for y in ys])

    def follow(self, func, original, xs):
        """Return func.forward on Symbols; where that cannot be, note it as a whole."""
        self.originals[func] = original
        with whole.generator_alone() as has_drawn, self.attempt():
            with whole.named(type(func).__name__, xs):
                y = func.forward(*xs)
            if not has_drawn() and not whole.remembers(func, original):
                return y
            raise CannotFollow
        vars(func).clear()
        vars(func).update(vars(original))
        return whole.keep(self, func, original, tuple(xs))

    def backward(self, func, gys):
        """Return what func.backward(*gys) does, noted: a tuple."""
        if func not in self.wholes:
            with self.attempt():
                return whole.gradients(func, gys)
            # Its forward could be followed, and is done once more, whole.
            original, xs = self.originals[func], [x._data for x in func._inputs]
            whole.keep(self, func, original, tuple(xs))
        return whole.back(self, func, gys)

    @contextlib.contextmanager
    def attempt(self):
        """Try to follow what is in a with block; where that cannot be, forget it."""
        count = len(self.nodes)
        self.depth += 1
        try:
            yield
        except CannotFollow:
            made = self.nodes[count:]
            self.nodes[count:] = [x for x in made if x.name == "variable"]
        finally:
            self.depth -= 1
