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
import threading
from types import SimpleNamespace

import numpy as np

from dezero.core import Config, Function, Variable, guards
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
        with _named(node, args):
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
        ys = self.as_nodes(ys if isinstance(ys, tuple) else (ys,))
        ys = tuple(Symbol(self, y) if type(y) is Node else y for y in ys)
        return func._record(inputs, ys)

    def follow(self, func, original, xs):
        """Return func.forward on Symbols; where that cannot be, note it as a whole."""
        before, count = dict(vars(func)), len(self.nodes)
        with _generator_alone() as has_drawn:
            self.depth += 1
            try:
                with _named(func, xs):
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
        return self.keep_whole(func, original, tuple(xs))

    def keep_whole(self, func, original, xs):
        """Note a Function as one call; return the Symbols of its results."""
        names, hidden = _hidden(func)
        sampled, arrays = _sampled(func), samples(xs)
        with switched(handler=None), _generator_alone(), _named(func, xs):
            y = sampled.forward(*arrays)
        forward = whole.Forward(original, names, whole.kinds_of(y))
        node = Node(forward, self.as_nodes((hidden, xs)), pure=False)
        ys = self.record(node, y)
        known = dict(zip(map(id, arrays), xs))

        def noted(x):  # a layer may look at what a Function noted
            if not isinstance(x, (np.ndarray, np.generic)) or id(x) in known:
                return known.get(id(x), x)
            node = Node(None, shape=x.shape, dtype=x.dtype, name="note")
            return Symbol(self, node, "uses what a Function notes in a run")

        new = {k: v for k, v in vars(sampled).items() if k not in vars(func)}
        vars(func).update((k, mapped(v, noted)) for k, v in new.items())
        self.wholes[func] = forward, sampled, ys if isinstance(ys, tuple) else (ys,)
        return ys

    def backward(self, func, gys):
        """Return what func.backward(*gys) does, noted: a tuple."""
        if func in self.wholes:
            forward, sampled, ys = self.wholes[func]
            return self.back(func, forward, [], (), sampled, ys, gys)
        count = len(self.nodes)
        self.depth += 1
        try:
            return tuple(whole.gradients(func, gys))
        except CannotFollow:
            self.forget(count)
        finally:
            self.depth -= 1
        ys = [reference() for reference in func._outputs]
        ys = tuple(None if y is None else y._data for y in ys)
        own = copy.copy(func)
        own._inputs, own._outputs = None, ()
        source = SimpleNamespace(record=own)
        return self.back(func, source, *_hidden(own), _sampled(own), ys, gys)

    def back(self, func, source, names, hidden, sampled, ys, gys):
        """Note a whole backward; return the gradients.

        source has the record of the call, whose attributes by these names are Symbols,
        hidden; sampled is a copy of func that has been forward on samples.
        """
        name, flags = type(func).__name__, [x.requires_grad for x in func._inputs]
        arrays = tuple(gy._data if isinstance(gy, Variable) else gy for gy in gys)
        args = arrays, tuple(x._data for x in func._inputs), ys
        on_samples = whole.Backward(name, SimpleNamespace(record=sampled), [], flags)
        with switched(handler=None), _generator_alone():
            gxs = on_samples((), *samples(args))
        function = whole.Backward(name, source, names, flags)
        node = Node(function, self.as_nodes((hidden, *args)), pure=False)
        gxs = self.record(node, gxs)
        if not Config.enable_backprop:
            return gxs
        return tuple(None if gx is None else _Ended(name)(Variable(gx)) for gx in gxs)


class _Ended(Function):
    """A gradient that cannot be differentiated: it came from a whole backward."""

    def __init__(self, name):
        self.name = name

    def forward(self, gx):
        return gx

    def backward(self, ggx):
        raise CannotFollow(
            f"compile: {self.name} decides by values or writes into arrays, so it "
            "stays whole, and its derivative cannot be differentiated; compute that "
            "without compile (see step 72)"
        )


def _hidden(func):
    """Return names and values of func's attributes that hold Symbols."""
    items = [(k, v) for k, v in vars(func).items() if k not in ("_inputs", "_outputs")]
    found = {k: v for k, v in items if has_symbols((v,))}
    return list(found), tuple(found.values())


def _remembers(func, before):
    """Return whether forward has changed what func had before: a state."""
    return any(
        before[name] is not None and value is not before[name] and has_symbols((value,))
        for name, value in vars(func).items()
        if name in before and not name.startswith("_")
    )


def _sampled(func):
    """Return a copy of func that computes on samples, with arrays of its own."""
    new = copy.copy(func)
    for name, value in vars(func).items():
        if name not in ("_inputs", "_outputs"):
            value = samples(value)
            setattr(new, name, value.copy() if type(value) is np.ndarray else value)
    return new


@contextlib.contextmanager
def _named(call, xs):
    """Raise errors that name the call and what it was called on."""
    try:
        yield
    except CannotFollow:
        raise
    except (ValueError, TypeError, IndexError) as error:
        if "compile:" in str(error):
            raise
        first = next(leaves(xs, Symbol))
        if isinstance(call, Node) and "read-only" in str(error):
            first.refuse(f"has {call.name} write into an array")
        name = call.name if isinstance(call, Node) else type(call).__name__
        shown = ", ".join(repr(x._node)[1:-1] for x in leaves(xs, Symbol))
        kinds = (IndexError, TypeError, ValueError)
        kind = next(kind for kind in kinds if isinstance(error, kind))
        raise kind(f"compile: {name}({shown}): {error} (see step 72)") from error


@contextlib.contextmanager
def _generator_alone():
    """Set NumPy's global generator back behind a with block; yield a question.

    has_drawn() says whether somebody drew. Other threads wait meanwhile, or what they
    draw would come again: the generator's own lock does that. NumPy 1 has one that
    would stop this thread as well.
    """
    lock = np.random.mtrand._rand._bit_generator.lock
    with (
        lock if isinstance(lock, type(threading.RLock())) else contextlib.nullcontext()
    ):
        a = np.random.get_state()  # noqa: NPY002  dropout draws from there

        def has_drawn():
            b = np.random.get_state()  # noqa: NPY002
            return a[2:] != b[2:] or bool((a[1] != b[1]).any())

        try:
            yield has_drawn
        finally:
            if has_drawn():
                np.random.set_state(a)  # noqa: NPY002
