"""A static graph: f is followed once, its graph improved, and then run many times.

    loss = compile(lambda x, t: F.mean_squared_error(model(x), t), x, t,
                   gradients=model.params())
    for x, t in batches:
        model.cleargrads()
        loss(x, t)  # leaves gradients in the parameters, as loss.backward() does
        optimizer.update()

compile calls f with Symbols instead of arrays. A Symbol has a shape and a dtype and no
numbers, passes for an ndarray, and notes what NumPy is asked to do with it:

    f on Symbols      f -> dezero's Functions -> the calls of NumPy that they make,
                      their backward included: a Graph, shapes and dtypes checked
    fold merge prune  constants computed, equal calls made once, dead ones left out
    fuse              element-wise chains made one Node
    Program           a Python function, generated from what is left

So every formula has one source, the Function, and a Function that is new tomorrow can
be compiled, too. One that cannot be followed, because it looks at numbers, writes into
arrays or draws random numbers (conv2d, batch_norm, dropout), stays whole: a Node that
calls its forward, and one that calls its backward, in every run.

What is fixed when f is followed: shapes, dtypes, the way through its ifs and loops,
arrays and Python numbers used in f, those that f itself draws among them, training or
test mode. What is read in every run: the placeholders, and the data of all Variables
that f uses from outside.

What it gains is overhead and memory traffic: a small network or a chain of element-wise
functions takes a fifth of its time, one of large matrix products nine tenths, and
convolutions, which stay whole, gain nothing.

Letters: x, y in and out of a Node or of f; gx, gy gradients.
"""

import builtins
import contextlib
import copy
import inspect
import keyword
import operator
import re
import sys
import threading
from itertools import count

import numpy as np

from dezero.core import (
    Config,
    Function,
    Variable,
    _as_input,
    _as_shape,
    _backward_from_outside,
    _wrap,
    as_array,
    gradients_of,
    using_config,
)
from dezero.graph import _escape
from dezero.guards import check_callable, refusal

_PIECE = 2**14  # numbers that an element-wise chain handles at a time, to stay in cache


# --- the graph ----------------------------------------------------------------


class Node:
    """One call of a function on arrays, or where an array comes from.

    function    what is called; None for a placeholder, a variable or a constant
    args        its arguments: Nodes, also in tuples and slices, and plain values
    kwargs      {name: plain value}
    shape       the result's; None for several results
    dtype       likewise
    value       the array of a constant, the Variable of a variable
    name        "placeholder", "variable" or "constant", or that of the function
    label       what a placeholder or variable is called
    body        the Nodes that were fused into this one, the last of them the result
    pure        whether the result depends on nothing but the arguments
    """

    def __init__(self, function, args=(), kwargs=None, shape=None, dtype=None, **rest):
        if not callable(function) and not (function is None and rest.get("name")):
            expected = "a function, or None and a name"
            raise TypeError(refusal("Node", "function", expected, function, 72))
        if not rest.keys() <= {"value", "name", "label", "body", "pure"}:
            raise TypeError(f"Node: unknown arguments, got {', '.join(rest)}")
        self.function = function
        self.args = args
        self.kwargs = {} if kwargs is None else kwargs
        self.shape = shape
        self.dtype = dtype
        self.value = rest.get("value")
        self.name = rest.get("name") or getattr(function, "__name__", repr(function))
        self.label = rest.get("label")
        self.body = rest.get("body", ())
        self.pure = rest.get("pure", True)
        self.inputs = list(_leaves(args, Node))

    @property
    def size(self):
        """Number of elements."""
        return int(np.prod(self.shape)) if self.shape is not None else 0

    @property
    def is_constant(self):
        """Whether the value is known."""
        return self.name == "constant"

    @property
    def is_elementwise(self):
        """Whether each number of the result comes from one number of every input."""
        return isinstance(self.function, np.ufunc) and self.function is not np.matmul

    def on(self, args):
        """Return the same call on other arguments; self where these are its own."""
        if all(a is b for a, b in zip(_leaves(args, Node), self.inputs)):
            return self
        new = copy.copy(self)
        new.args = args
        new.inputs = list(_leaves(args, Node))
        return new

    def __repr__(self):
        label = f" {self.label}" if self.label else ""
        return f"<{self.name}{label}: {self.shape} {self.dtype}>"


class Graph:
    """Nodes in an order in which they can be computed, and the results among them."""

    def __init__(self, nodes, outputs):
        self.nodes = _listed("Graph", "nodes", nodes, Node)
        self.outputs = _listed("Graph", "outputs", outputs, Node)

    def __len__(self):
        """Number of calls: Nodes that compute, sources not counted."""
        return sum(node.function is not None for node in self.nodes)

    def rebuild(self, change):
        """Return the graph with change(node) in place of every node.

        change gets each node with its new inputs already in place.
        """
        check_callable("Graph.rebuild", change, 72)
        new, nodes = {}, {}
        for node in self.nodes:
            changed = change(node.on(_replace(node.args, new)))
            new[node] = changed
            for one in (*changed.inputs, changed):  # an input may be a new constant
                nodes[one] = None  # a dict: in order, each once
        return Graph(nodes, [new[y] for y in self.outputs])

    def users(self):
        """Return {node: the nodes that use its result}."""
        users = {node: [] for node in self.nodes}
        for node in self.nodes:
            for x in node.inputs:
                users[x].append(node)
        return users

    def to_dot(self):
        """Return the graph as DOT text: boxes compute, ellipses are sources.

        Results have a double rim. For graph.render_dot, see step 25.
        """
        number = {node: i for i, node in enumerate(self.nodes)}
        text = ""
        for node, i in number.items():
            label, look = node.label or node.name, "color=orange, style=filled"
            if node.function is not None:
                label = node.name
                color = "palegreen" if node.body else "lightblue"
                look = f"color={color}, style=filled, shape=box"
            elif node.is_constant:
                small = node.value.size == 1
                label = f"{node.value.reshape(-1)[0]:.4g}" if small else node.name
                look = "color=lightgray, style=filled"
            if node in self.outputs:
                look += ", peripheries=2"
            kind = f"{node.shape} {node.dtype}" if node.shape is not None else ""
            label = _escape(f"{label}\n{kind}")
            text += f'n{i} [label="{label}", {look}]\n'
            text += "".join(f"n{number[x]} -> n{i}\n" for x in node.inputs)
        return "digraph g {\n" + text + "}"


def _leaves(tree, kind):
    """Yield the objects of a kind in nested tuples, lists and slices."""
    if type(tree) is kind:
        yield tree
    elif isinstance(tree, (tuple, list)):
        for part in tree:
            yield from _leaves(part, kind)
    elif isinstance(tree, slice):
        yield from _leaves((tree.start, tree.stop, tree.step), kind)


def _map(tree, change, kind):
    """Return nested tuples, lists and slices with change(x) for x of a kind."""
    if type(tree) is kind or (kind is object and not isinstance(tree, _NESTS)):
        return change(tree)
    if type(tree) in (tuple, list):
        return type(tree)(_map(part, change, kind) for part in tree)
    if isinstance(tree, slice):
        ends = (tree.start, tree.stop, tree.step)
        return slice(*[_map(end, change, kind) for end in ends])
    return tree


_NESTS = (tuple, list, slice)


def _replace(args, new):
    """Return args with new[node] for each Node."""
    return _map(args, new.__getitem__, Node)


def _listed(who, name, things, kind):
    """Return things as a list; raise TypeError unless all are of that kind."""
    alone = isinstance(things, kind) or getattr(things, "ndim", 1) == 0
    many = hasattr(things, "__iter__") and not alone
    things = list(things) if many else [things]
    for thing in things:
        if not isinstance(thing, kind):
            raise TypeError(refusal(who, name, f"{kind.__name__}s", thing, 72))
    return things


def _check_graph(who, graph):
    if not isinstance(graph, Graph):
        raise TypeError(refusal(who, "graph", "a Graph, program.before", graph, 72))


# --- the passes: graph in, graph out ------------------------------------------


def fold(graph):
    """Compute what depends on constants alone, and leave out what changes nothing.

    A product with 1, a copy, and a cast to the dtype that is there are left out.
    """

    _check_graph("fold", graph)

    def change(node):
        if node.function is None or not node.pure:
            return node
        if node.inputs and all(x.is_constant for x in node.inputs):
            return _constant(_compute(node, [x.value for x in node.inputs]))
        if node.is_elementwise:
            node = node.on(tuple(_narrow(x, node) for x in node.args))
        return _unchanged_input(node) or node

    return graph.rebuild(change)


def _narrow(x, node):
    """Return x, one number if it is a constant that repeats one and need not."""
    if not x.is_constant or x.shape == () or any(x.value.strides) or not x.size:
        return x
    if not any(z is not x and z.shape == node.shape for z in node.inputs):
        return x
    return _constant(x.value[(0,) * len(x.shape)])


def _unchanged_input(node):
    """Return the input that node would return as it is, or None."""
    x = node.inputs[0] if node.inputs else None
    if node.function in (np.multiply, np.divide):
        ones = [z.is_constant and bool((z.value == 1).all()) for z in node.inputs]
        if ones[1]:
            return x if _alike(x, node) else None
        if ones[0] and node.function is np.multiply:
            return node.inputs[1] if _alike(node.inputs[1], node) else None
    quiet = (np.ndarray.copy, np.ndarray.astype, np.ndarray.reshape, np.positive)
    return x if node.function in quiet and _alike(x, node) else None


def _alike(x, y):
    return (x.shape, x.dtype) == (y.shape, y.dtype)


def merge(graph):
    """Make one Node of those that call the same function on the same arguments."""
    _check_graph("merge", graph)
    known = {}

    def change(node):
        if node.is_constant:
            key = (node.shape, node.dtype, node.value.tobytes())
        elif node.function is None or not node.pure:
            return node
        else:
            key = (node.function, _key(node.args), _key(tuple(node.kwargs.items())))
        return known.setdefault(key, node)

    return graph.rebuild(change)


def _key(tree):
    """Return nested arguments as something that can be a key.

    With their types: 1, 1.0 and True are equal, and not the same argument.
    """
    if isinstance(tree, (tuple, list)):
        return (type(tree).__name__, *map(_key, tree))
    if isinstance(tree, slice):
        return ("slice", *map(_key, (tree.start, tree.stop, tree.step)))
    if isinstance(tree, Node):
        return tree
    try:
        hash(tree)
    except TypeError:
        return id(tree)
    return type(tree), tree


def prune(graph):
    """Leave out every Node that no result needs.

    A Function that stays whole may do more than return a result: its forward stays.
    """
    _check_graph("prune", graph)
    needed = set()
    for node in reversed(graph.nodes):
        if node in needed or node in graph.outputs or _has_effects(node):
            needed.update([node, *node.inputs])
    return Graph([node for node in graph.nodes if node in needed], graph.outputs)


def _has_effects(node):
    return isinstance(node.function, _Forward)


def fuse(graph):
    """Make one Node of each element-wise chain, a * b + c for example.

    A Node joins those that use it if it has their shape and all of them are in one
    chain. So what is within has no other use, and need never be a whole array.
    """
    _check_graph("fuse", graph)
    users = graph.users()
    chain_of = {}
    for node in reversed(graph.nodes):
        if not node.is_elementwise:
            continue
        chains = {chain_of.get(user, user) for user in users[node]}
        chain_of[node] = node
        if node not in graph.outputs and len(chains) == 1:
            (end,) = chains
            if end.is_elementwise and end.shape == node.shape:
                chain_of[node] = end

    bodies = {}
    for node in graph.nodes:
        if node in chain_of:
            bodies.setdefault(chain_of[node], []).append(node)
    inner = {node for node, end in chain_of.items() if node is not end}
    kept = Graph([node for node in graph.nodes if node not in inner], graph.outputs)
    new, nodes = {}, []
    for node in kept.nodes:
        body = bodies.get(node, [])
        if len(body) > 1:
            outside = [x for part in body for x in part.inputs if x not in body]
            outside = tuple(dict.fromkeys(outside))
            fused = Node(
                _FUSED,
                tuple(new[x] for x in outside),
                shape=node.shape,
                dtype=node.dtype,
                name=" ".join(part.name for part in body),
                body=_rename(body, {x: new[x] for x in outside}),
            )
            new[node] = fused
        else:
            new[node] = node.on(_replace(node.args, new))
        nodes.append(new[node])
    return Graph(nodes, [new[y] for y in graph.outputs])


def _rename(body, new):
    """Return the nodes of a body on new inputs."""
    for node in body:
        new[node] = node.on(_replace(node.args, new))
    return tuple(new[node] for node in body)


def _FUSED(*xs):
    raise AssertionError("a fused Node is written out, not called")


# --- Symbols: following f -----------------------------------------------------


class _CannotFollow(TypeError):
    """A Symbol was asked for what it does not have: numbers."""


class _Symbol(np.lib.mixins.NDArrayOperatorsMixin):
    """What f computes with: a Node, in the clothes of an ndarray.

    isinstance(symbol, np.ndarray) is True, by __class__. It holds no memory: NumPy's
    C code, which would look there, calls __array__ instead, which raises.
    """

    __hash__ = None
    __array_priority__ = 100
    base = None

    def __init__(self, trace, node):
        self._trace = trace
        self._node = node
        self._shows = None  # the Symbol whose memory an array would show here
        self._views = []  # the Symbols that would show the memory of this
        self._stale = False

    @property
    def __class__(self):
        return np.ndarray

    @property
    def shape(self):
        """Length of every axis."""
        return self._node.shape

    @property
    def dtype(self):
        """Type of the elements."""
        return self._node.dtype

    @property
    def ndim(self):
        """Number of axes."""
        return len(self._node.shape)

    @property
    def size(self):
        """Number of elements."""
        return self._node.size

    @property
    def flags(self):
        """Nobody else's memory: gradients need no copy of it."""
        return _Flags

    @property
    def T(self):
        """All axes reversed."""
        return self.transpose()

    def __len__(self):
        if not self.shape:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index):
        if isinstance(index, tuple) and index == ():
            return _Symbol(self._trace, self._read())
        if any(s.dtype == bool for s in _leaves((index,), _Symbol)):
            raise TypeError(
                f"compile: {self._node!r}[mask]: only a run knows how many elements a "
                "mask picks, and shapes must be known before; choose with F.where, or "
                "multiply by the mask (see step 72)"
            )
        return self._trace.call(operator.getitem, (self, index))

    def __setitem__(self, index, value):
        self._refuse("writes into an array")

    def __array_ufunc__(self, ufunc, method, *xs, out=(), **kwargs):
        if any(isinstance(x, Variable) for x in xs):
            return NotImplemented  # x + variable: its turn
        if method == "reduce" and not out:
            return self._trace.call(getattr(ufunc, method), xs, kwargs)
        if method != "__call__" or kwargs:
            self._refuse(f"calls {ufunc.__name__}.{method} with {sorted(kwargs)}")
        y = self._trace.call(ufunc, xs)
        if not out:
            return y
        (target,) = out
        if type(target) is not _Symbol:
            self._refuse("writes into an array")
        return target._overwrite(y)

    def __array_function__(self, function, types, args, kwargs):
        return self._trace.call(function, args, kwargs)

    def __array__(self, dtype=None, copy=None):
        self._refuse("needs the numbers of an array")

    def _overwrite(self, y):
        """Become y, as by `self += ...`. What shows the same memory is stale then."""
        if (y.shape, y.dtype) != (self.shape, self.dtype):
            self._refuse(f"puts {y.shape} {y.dtype} into {self.shape} {self.dtype}")
        base = self._shows
        if base is not None:
            base._stale = True
        for view in self._views + (base._views if base is not None else []):
            view._stale = view is not self
        self._node = y._node
        return self

    def _read(self):
        """Return the Node; raise where it may not be what an array would hold."""
        if not self._trace.open:
            raise RuntimeError(
                "static: a value that compile() followed is used after f returned, so "
                "something kept it: a layer that remembers (RNN: reset_state() first), "
                "or a list (see step 72)"
            )
        if self._stale:
            self._refuse("writes into an array through a part of it")
        return self._node

    def _refuse(self, what):
        raise _CannotFollow(
            f"compile: f {what}, at {self._node!r}; while f is followed there are "
            "shapes, but no numbers: decide with F.where or in front of f, print what "
            "f returns, and compute with operators and dezero.functions (see step 72)"
        )

    def __bool__(self):
        node = self._read()
        if self._trace.only_checks(sys._getframe(1)):
            return bool(_evaluate(node))
        self._refuse("takes an if or a while by a value")

    def __float__(self):
        self._refuse("makes a value a Python number")

    def __getattr__(self, name):
        # Called for names that are not defined above. An ndarray has more of them.
        if hasattr(np.ndarray, name):
            self._refuse(f"uses {name} of an array")
        raise AttributeError(f"a Symbol has no attribute {name!r}")

    def __repr__(self):
        return f"symbol({self._node!r})"

    __str__ = __repr__
    __int__ = __index__ = __complex__ = item = tolist = __float__


def _method(name):
    function = getattr(np.ndarray, name)

    def method(self, *args, **kwargs):
        return self._trace.call(function, (self, *args), kwargs)

    method.__name__ = name
    return method


_METHODS = (
    "all any argmax argmin argsort astype clip copy cumsum dot flatten max mean min "
    "prod ravel repeat reshape round squeeze std sum swapaxes take transpose var"
)
for _name in _METHODS.split():
    setattr(_Symbol, _name, _method(_name))


class _Flags:
    """Of memory that is one's own."""

    writeable = c_contiguous = owndata = True
    f_contiguous = False


# Functions whose result may be the memory of their first argument.
_VIEWS = {
    operator.getitem,
    np.ndarray.ravel,
    np.ndarray.reshape,
    np.ndarray.squeeze,
    np.ndarray.swapaxes,
    np.ndarray.transpose,
    np.broadcast_to,
    np.expand_dims,
    np.moveaxis,
    np.ravel,
    np.reshape,
    np.split,
    np.squeeze,
    np.swapaxes,
    np.transpose,
}
# Known from shapes and dtypes alone.
_KNOWN = {np.result_type, np.shape, np.ndim, np.size, np.can_cast, np.iscomplexobj}
_FILLED = {np.zeros_like, np.ones_like, np.empty_like}
# The shape of the result depends on numbers, or arguments are written into.
_REFUSED = {
    *(np.nonzero, np.flatnonzero, np.argwhere, np.unique, np.compress, np.extract),
    *(np.copyto, np.put, np.place, np.putmask, np.fill_diagonal, np.bincount),
    *(np.array_equal, np.allclose, np.array_repr, np.array_str, np.histogram),
}


class _Trace:
    """One following of f: the Nodes that it made, in order."""

    def __init__(self):
        self.nodes = []
        self.open = True
        self.depth = 0  # of Functions that are being followed
        self._resting = False
        self._stand_ins = {}  # id of a Variable from outside: (that, ours)

    # --- Nodes and Symbols ---

    def add(self, node):
        """Note a node; return its Symbol."""
        self.nodes.append(node)
        return _Symbol(self, node)

    def forget(self, count):
        """Forget all Nodes but the first so many, and Variables."""
        later = [node for node in self.nodes[count:] if node.name == "variable"]
        self.nodes[count:] = later

    def call(self, function, args, kwargs=None):
        """Note a call of NumPy; return the Symbol of its result, or Symbols.

        The shape and dtype are those that the call has on arrays of ones.
        """
        kwargs = kwargs or {}
        if function in _KNOWN | _FILLED:
            return function(*_samples(args), **kwargs)
        symbols = list(_leaves(args, _Symbol))
        if function in _REFUSED or kwargs.get("out") is not None:
            symbols[0]._refuse(f"calls {function.__name__}")
        if _has_symbols(tuple(kwargs.values())):
            symbols[0]._refuse(f"passes a value to {function.__name__} by keyword")
        function, args, kwargs = _plainest(function, args, kwargs)
        nodes = self._to_nodes(function, args)
        if function is np.matmul and all(0 < len(x.shape) <= 2 for x in nodes):
            function = np.dot  # half the time on small ones
        node = Node(function, nodes, kwargs, name=_REDUCTIONS.get(function))
        try:
            y = _compute(node, [_sample(x) for x in node.inputs])
        except (ValueError, TypeError, IndexError) as error:
            raise _renamed(error, node.name, node.inputs) from error
        result = self.record(node, y)
        if function in _VIEWS and type(args[0]) is _Symbol:
            for y in result if isinstance(result, list) else [result]:
                y._shows = args[0]
                args[0]._views.append(y)
        return result

    def node(self, function, args, kwargs=None):
        """Return a Node for a call with Symbols and arrays among its arguments."""
        pure = not isinstance(function, (_Forward, _Backward))
        return Node(function, self._to_nodes(function, args), kwargs, pure=pure)

    def back(self, func, sampled, inputs, ys, gys):
        """Note a whole backward; return the Symbols of the gradients.

        sampled is a copy of func that has been forward on samples.
        """
        names, hidden = _hidden(func)
        xs = tuple(x.data for x in inputs)
        requires_grad = [x.requires_grad for x in inputs]
        gys = tuple(gy.data if isinstance(gy, Variable) else gy for gy in gys)
        args = gys, xs, tuple(ys)
        with self.resting():
            gxs = _Backward(sampled, (), requires_grad)((), *_samples(args))
        node = self.node(_Backward(func, names, requires_grad), (hidden, *args))
        gxs = self.record(node, gxs)
        if not Config.enable_backprop:
            return gxs
        ended = _Ended(type(func).__name__)
        return tuple(None if gx is None else ended(Variable(gx)) for gx in gxs)

    def differentiate(self, y, wanted):
        """Return those Variables of wanted that y depends on, and dy of each."""
        if not wanted:
            return [], []
        ours = {id(x): z for x, z in self.variables()}
        known = [x for x in wanted if id(x) in ours]
        if not known:
            raise ValueError(
                "compile: f uses none of the Variables in gradients; it must use them "
                "as they are, not their arrays (see step 72)"
            )
        if y.creator is None:
            return [], []
        seed = Variable(self.add(_constant(np.ones(y.shape, y.dtype))))
        found = gradients_of(y, [ours[id(x)] for x in known], seed, False)
        pairs = [(x, g) for x, g in zip(known, found) if g is not None]
        return [x for x, _ in pairs], [g for _, g in pairs]

    def record(self, node, y):
        """Note a node whose result is like y; return its Symbol, or Symbols."""
        if isinstance(y, (tuple, list)):
            whole = self.add(node)._node
            whole.sample = y
            parts = []
            for i, part in enumerate(y):
                one = part
                if part is not None:
                    part = np.asarray(part)
                    one = Node(operator.getitem, (whole, i), name=f"part {i}")
                    one.shape, one.dtype = part.shape, part.dtype
                    one = self.add(one)
                parts.append(one)
            return type(y)(parts)
        y = np.asarray(y)
        if y.dtype.kind not in "biufc":
            raise _CannotFollow(f"compile: {node.name} returns {y.dtype} (see step 72)")
        node.shape, node.dtype = y.shape, y.dtype
        return self.add(node)

    def _to_nodes(self, function, args):
        """Return args with Nodes for Symbols and arrays."""
        symbols = list(_leaves(args, _Symbol))
        is_ufunc = isinstance(function, np.ufunc)

        def change(x):
            if type(x) is _Symbol:
                return x._read()
            if type(x) is np.ndarray or isinstance(x, np.generic):
                return self.add(_constant(x))._node
            if is_ufunc and isinstance(x, (bool, int, float, complex)):
                # A Python number takes the dtype of the arrays beside it.
                dtype = np.result_type(*{s.dtype for s in symbols})
                if dtype.kind in "fc" or type(x) is bool:
                    x = np.asarray(x, None if type(x) is bool else dtype)
                elif isinstance(x, int) and dtype.kind in "iu":
                    x = np.asarray(x, dtype)
                return self.add(_constant(x))._node
            return x

        return _map(tuple(args), change, object)

    # --- Variables and Functions ---

    def stand_in(self, x):
        """Return the Variable that stands for x in the graph.

        One with numbers comes from outside: it is read in every run.
        """
        if x.data is None or type(x.data) is _Symbol:
            return x
        if id(x) not in self._stand_ins:
            if type(x.data) is not np.ndarray:
                raise TypeError(
                    f"compile: expected ndarrays of NumPy, got {type(x.data)} in a "
                    "Variable that f uses; call to_cpu() first (see steps 52, 72)"
                )
            node = Node(None, shape=x.shape, dtype=x.dtype, value=x, name="variable")
            node.label = x.name or f"variable {len(self._stand_ins)}"
            ours = Variable(self.add(node), x.name, x.requires_grad)
            self._stand_ins[id(x)] = x, ours
        return self._stand_ins[id(x)][1]

    def only_checks(self, frame):
        """Return whether an if is one of the package's own, outside of its Functions.

        There it checks arguments: ids in embed_id, class numbers in nll_loss. On
        samples these are right; in a run NumPy's own IndexError is what remains.
        """
        inside = frame.f_globals.get("__name__", "").startswith("dezero.functions")
        return inside and self.depth == 0

    def variables(self):
        """Return [(a Variable from outside, the one that stands for it)]."""
        return list(self._stand_ins.values())

    @contextlib.contextmanager
    def following(self):
        """Have every Function that this thread calls noted, inside a with block."""
        ours = threading.get_ident()

        def call(func, *inputs):
            if threading.get_ident() != ours or self._resting:
                return plain(func, *inputs)
            return self._follow(plain, func, inputs)

        with _one_at_a_time:  # then nobody else's call is there
            plain = Function.__call__
            Function.__call__ = call
            try:
                with using_config("enable_backprop", True):
                    yield
            finally:
                Function.__call__ = plain

    def _follow(self, plain, func, inputs):
        """Call a Function on Symbols; where that cannot be, note it as a whole."""
        hidden = _has_symbols(tuple(vars(func).values()))
        if not Config.bare:
            name = type(func).__name__
            given = [isinstance(x, Variable) for x in inputs]
            inputs = _wrap(inputs, name)
            for i, x in enumerate(inputs):
                if given[i]:
                    inputs[i] = self.stand_in(x)
                elif x.data is not None and type(x.data) is not _Symbol:
                    inputs[i] = Variable(self.add(_constant(x.data)), x.name, False)
        elif not hidden and not _has_symbols(inputs):
            return plain(func, *inputs)
        with _generator_alone():
            return self._try_to_follow(plain, func, inputs)

    def _try_to_follow(self, plain, func, inputs):
        """Do what _follow says."""
        before, noted = dict(vars(func)), len(self.nodes)
        state = np.random.get_state()  # noqa: NPY002  dropout draws from there
        self.depth += 1
        try:
            y = plain(func, *inputs)
            if _same_state(state):
                first = y[0] if isinstance(y, (list, tuple)) else y
                if not Config.bare and first.creator is not None:
                    creator = first.creator
                    creator.backward = _Guard(self, creator)
                return y
        except _CannotFollow:
            pass
        except (ValueError, TypeError) as error:
            symbols = [getattr(x, "data", x) for x in inputs]
            nodes = [s._node for s in symbols if type(s) is _Symbol]
            raise _renamed(error, type(func).__name__, nodes) from error
        finally:
            self.depth -= 1
        np.random.set_state(state)  # noqa: NPY002
        vars(func).clear()
        vars(func).update(before)
        self.forget(noted)
        return plain(_Whole(self, func), *inputs)

    @contextlib.contextmanager
    def resting(self):
        """Compute on arrays as if nobody followed, and leave no mark."""
        with _generator_alone():
            state = np.random.get_state()  # noqa: NPY002
            self._resting = True
            try:
                yield
            finally:
                self._resting = False
                np.random.set_state(state)  # noqa: NPY002


def _generator_alone():
    """Keep other threads from drawing while NumPy's global generator is set back.

    Its lock does that. NumPy 1 has one that would stop this thread as well.
    """
    lock = np.random.mtrand._rand._bit_generator.lock
    return lock if isinstance(lock, _RLock) else contextlib.nullcontext()


_RLock = type(threading.RLock())
_one_at_a_time = threading.RLock()


def _plainest(function, args, kwargs):
    """Return a call in the form that is both quickest and the same for all writings."""
    if function is np.ndarray.dot:
        return np.dot, args, kwargs
    if function is np.ndarray.transpose and (len(args) == 1 or args[1] is None):
        return function, args[:1], {}
    reduce = _REDUCE.get(function)
    if reduce and set(kwargs) <= {"axis", "keepdims"} and len(args) < 3:
        axis = args[1] if len(args) == 2 else kwargs.get("axis")
        keepdims = kwargs.get("keepdims", False)
        return reduce, (args[0], axis, None, None, bool(keepdims)), {}
    return function, args, kwargs


# x.sum goes through two more layers than add.reduce.
_REDUCE = {
    np.ndarray.sum: np.add.reduce,
    np.ndarray.max: np.maximum.reduce,
    np.ndarray.min: np.minimum.reduce,
}
_REDUCTIONS = {reduce: method.__name__ for method, reduce in _REDUCE.items()}


def _has_symbols(tree):
    return next(_leaves(tree, _Symbol), None) is not None


def _constant(value):
    value = np.asarray(value)
    return Node(
        None, shape=value.shape, dtype=value.dtype, value=value, name="constant"
    )


def _compute(node, arrays):
    """Return what a node's function returns for the arrays of its inputs."""
    arrays = iter(arrays)
    args = _map(node.args, lambda x: next(arrays), Node)
    with np.errstate(all="ignore"):
        y = node.function(*args, **node.kwargs)
    return y


def _evaluate(node):
    """Return what a node is if all placeholders and Variables are samples."""
    if node.function is None:
        return _sample(node)
    return _compute(node, [_evaluate(x) for x in node.inputs])


def _sample(node):
    """Return an array that a node could have computed; ints can be indices."""
    if node.shape is None:
        return node.sample
    if node.is_constant:
        return node.value
    return (np.ones if node.dtype.kind in "fc" else np.zeros)(node.shape, node.dtype)


def _renamed(error, name, nodes):
    """Return an error that names the call and what it was called on."""
    if "compile:" in str(error) or type(error) not in (
        ValueError,
        TypeError,
        IndexError,
    ):
        return error
    shown = ", ".join(repr(node)[1:-1] for node in nodes)
    return type(error)(f"compile: {name}({shown}): {error} (see step 72)")


def _same_state(a):
    """Return whether nobody has drawn from NumPy's global generator since a."""
    b = np.random.get_state()  # noqa: NPY002
    return a[2] == b[2] and (a[1] == b[1]).all()


# --- Functions that stay whole ------------------------------------------------


class _Forward:
    """Calls func.forward in a run.

    names are the attributes of func that f computed, as get_item(W, t) does when it
    makes a GetItem(t); hidden are their arrays.
    """

    def __init__(self, func, names, shapes):
        self.func = func
        self.names = names
        self.shapes = shapes  # of the results, as on samples
        self.__name__ = type(func).__name__

    def __call__(self, hidden, xs):
        func = self.func
        vars(func).update(zip(self.names, hidden))
        if not func._takes_scalars:
            xs = [None if x is None else np.asarray(x) for x in xs]
        y = func.forward(*xs)
        shapes = _shapes(y)
        if shapes != self.shapes:
            raise ValueError(
                f"Program: {self.__name__} gave {self.shapes} when f was compiled, and "
                f"now {shapes}; a graph has fixed shapes (see step 72)"
            )
        return y


def _shapes(y):
    """Return the shape of an array, or a list of shapes."""
    return [x.shape for x in y] if isinstance(y, (tuple, list)) else np.shape(y)


class _Backward:
    """Calls func.backward in a run, on arrays if it knows them."""

    def __init__(self, func, names, requires_grad):
        self.func = func
        self.names = names
        self.requires_grad = requires_grad
        self.__name__ = f"{type(func).__name__} back"

    def __call__(self, hidden, gys, xs, ys):
        func = self.func
        vars(func).update(zip(self.names, hidden))
        func._inputs = [_variable(*pair) for pair in zip(xs, self.requires_grad)]
        outputs = [_variable(y, True) for y in ys]
        func._outputs = [lambda y=y: y for y in outputs]
        old = Config.bare, Config.enable_backprop
        Config.bare, Config.enable_backprop = True, False
        try:
            if func._knows_arrays:
                gxs = type(func).backward(func, *gys)
            else:
                gxs = _backward_from_outside(func, gys, False)
        finally:
            Config.bare, Config.enable_backprop = old
            func._inputs, func._outputs = None, ()
        return tuple(gxs) if isinstance(gxs, (tuple, list)) else (gxs,)


def _variable(array, requires_grad):
    array = None if array is None else np.asarray(array)
    return Variable(array, requires_grad=requires_grad)


class _Whole(Function):
    """Takes the place, in the graph that is followed, of a Function that cannot be."""

    def __init__(self, trace, func):
        self.trace = trace
        self.func = func
        self.sampled = _sampled(func)

    def __getattr__(self, name):  # a layer may look at what its Function noted
        if name.startswith("_") or name == "sampled":
            raise AttributeError(name)
        return getattr(self.sampled, name)

    def forward(self, *xs):
        trace = self.trace
        names, hidden = _hidden(self.func)
        with trace.resting():
            y = self.sampled.forward(*_samples(xs))
        function = _Forward(self.func, names, _shapes(y))
        node = trace.node(function, (hidden, xs))
        self.ys = trace.record(node, y)
        return self.ys

    def backward(self, *gys):
        ys = self.ys if isinstance(self.ys, tuple) else (self.ys,)
        return self.trace.back(self.func, self.sampled, self._inputs, ys, gys)


class _Guard:
    """The backward of a Function that was followed; whole, where it cannot be."""

    def __init__(self, trace, func):
        self.trace = trace
        self.func = func

    def __call__(self, *gys):
        trace, func = self.trace, self.func
        noted = len(trace.nodes)
        trace.depth += 1
        try:
            return type(func).backward(func, *gys)
        except _CannotFollow:
            trace.forget(noted)
        finally:
            trace.depth -= 1
        ys = [reference() for reference in func._outputs]
        ys = [None if y is None else y.data for y in ys]
        own = copy.copy(func)
        vars(own).pop("backward")
        own._inputs, own._outputs = None, ()
        return trace.back(own, _sampled(own), func._inputs, ys, gys)


class _Ended(Function):
    """A gradient that cannot be differentiated: it came from a whole backward."""

    def __init__(self, name):
        self.name = name

    def forward(self, gx):
        return gx

    def backward(self, ggx):
        raise _CannotFollow(
            f"compile: {self.name} decides by values or writes into arrays, so it "
            "stays whole, and its derivative cannot be differentiated; compute that "
            "without compile (see step 72)"
        )


def _hidden(func):
    """Return names and values of func's attributes that hold Symbols."""
    found = {
        name: value
        for name, value in vars(func).items()
        if name not in ("_inputs", "_outputs") and _has_symbols(value)
    }
    return list(found), tuple(found.values())


def _sampled(func):
    """Return a copy of func that computes on samples, with arrays of its own."""
    new = copy.copy(func)
    for name, value in vars(func).items():
        if name not in ("_inputs", "_outputs"):
            value = value.copy() if type(value) is np.ndarray else value
            setattr(new, name, _samples(value))
    return new


def _samples(tree):
    """Return arrays such as could stand where Symbols are."""
    return _map(tree, lambda symbol: _sample(symbol._read()), _Symbol)


# --- from a graph to a Python function ----------------------------------------

_OPERATORS = {
    np.add: "+",
    np.subtract: "-",
    np.multiply: "*",
    np.divide: "/",
    np.power: "**",
    np.greater: ">",
    np.greater_equal: ">=",
    np.less: "<",
    np.less_equal: "<=",
}
_IN_PLACE = ("+", "-", "*", "/")
# Functions whose result is memory of its own, besides all ufuncs.
_NAME_OF_METHOD = {getattr(np.ndarray, name): name for name in _METHODS.split()}
_FRESH = {
    *(getattr(np.ndarray, name) for name in "copy cumsum dot max mean min sum".split()),
    *(np.dot, np.matmul, np.concatenate, np.where, *_REDUCTIONS),
}


class _Writer:
    """Writes a graph as Python: source, and the names that it uses.

    Each Node becomes a line. An array that no later line needs is the place where an
    element-wise result is put, and a long chain goes through its arrays in pieces.
    """

    def __init__(self, graph):
        self.graph = graph
        self.space = {"asarray": np.asarray, "array": np.array, "empty": np.empty}
        self.names = {}  # of the arrays
        self.chains = []
        self.lines = []
        self.find_last_uses()
        self.write()

    # --- what is still needed, and whose memory it is ---

    def find_last_uses(self):
        """Set last: {node: the last node that uses it, or a view of it}."""
        end = object()
        self.roots, self.last = {}, {}
        for node in self.graph.nodes:
            used = {root for x in node.inputs for root in self.roots[x]}
            self.roots[node] = {node} if self.is_fresh(node) else {node} | used
            kept = isinstance(node.function, _Forward)
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
        return own and x.shape != () and _alike(x, node)

    # --- names ---

    def bind(self, letter, value):
        """Return a new name for a value that the source uses."""
        name = f"_{letter}{len(self.space)}"
        self.space[name] = value
        return name

    def ufunc(self, function):
        """Return the name of a ufunc, its own."""
        self.space[function.__name__] = function
        return function.__name__

    def fresh_name(self):
        """Return a name for a result."""
        self.count += 1
        return f"v{self.count}"

    def label(self, node):
        """Return a name for a placeholder or a variable: its label, if that can be."""
        name = re.sub(r"\W", "_", node.label).strip("_")
        # Names that the source uses otherwise: of NumPy, ufuncs and Python, and ours.
        used = {*self.names.values(), *self.space, "run", "own", "seen", *dir(builtins)}
        used |= {node.function.__name__ for node in self.graph.nodes if node.function}
        used |= {
            part.function.__name__ for node in self.graph.nodes for part in node.body
        }
        if re.fullmatch(r"(?!(v|chain)\d)[A-Za-z_]\w*", name):
            if (
                name not in used
                and not hasattr(np, name)
                and not keyword.iskeyword(name)
            ):
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
        nodes, self.count = self.graph.nodes, 0
        for node in nodes:
            if node.is_constant:
                value = node.value[()] if node.shape == () else node.value
                self.names[node] = self.bind("c", value)
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
        self.source = "\n".join([*self.chains, *self.lines, ""])
        exec(self.source, self.space)  # text of our own making, nobody else's
        self.run = self.space["run"]

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
        if len(node.body) > 1 and node.size > _PIECE:
            self.write_pieces(node)
        elif node.body or node.is_elementwise:
            self.write_chain(node, node.body or (node,))
        else:
            self.names[node] = self.fresh_name()
            self.line(f"{self.names[node]} = {self.call(node)}")
        dead = {x for x in node.inputs if self.last.get(x) is node and x.size > _PIECE}
        dead = {self.names[x] for x in dead if x.function} - {self.names[node]}
        if dead:
            self.line(f"del {', '.join(sorted(dead))}")

    def call(self, node):
        """Return the source of a call: operator, method or function."""
        function, args = node.function, [self.text(x) for x in node.args]
        rest = args[1:] + [f"{k}={self.text(v)}" for k, v in node.kwargs.items()]
        if function is operator.getitem:
            return f"{args[0]}[{args[1]}]"
        name = "dot" if function is np.dot else _NAME_OF_METHOD.get(function)
        if name and isinstance(node.args[0], Node):
            return f"{args[0]}.{name}({', '.join(rest)})"
        if function in _REDUCTIONS:
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
            places = [x for x in part.inputs if x not in shown and _alike(x, part)]
            places = [x for x in places if x.shape != ()]
            places = [x for x in places if x in body or self.may_take(x, node)]
            operands = [names[x] for x in part.args]
            sign = _OPERATORS.get(part.function)
            if places:
                names[part] = names[places[0]]
                if sign in _IN_PLACE and places[0] is part.args[0]:
                    self.line(f"{operands[0]} {sign}= {operands[1]}")
                    continue
                operands.append(f"out={names[part]}")
                self.line(f"{self.ufunc(part.function)}({', '.join(operands)})")
                continue
            names[part] = self.fresh_name()
            call = f" {sign} ".join(operands)
            if not sign:
                call = f"{self.ufunc(part.function)}({', '.join(operands)})"
            self.line(f"{names[part]} = {call}")
        names[node] = names[body[-1]]

    def write_pieces(self, node):
        """Write a chain as a function that goes through its arrays in pieces."""
        rows = max(1, _PIECE * node.shape[0] // node.size)
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
            operands = [names[x] for x in part.args]
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
            operands.append(f"out={names[part]}")
            pieces.append(f"{self.ufunc(part.function)}({', '.join(operands)})")
        loop = [
            f"for i in range(0, {length}, {rows}):",
            f"    j = min(i + {rows}, {length})",
        ]
        lines = [*buffers, *loop, *[f"    {piece}" for piece in pieces]]
        self.chains.append("\n    ".join([head, *lines]) + "\n")
        roots = [root for x in node.inputs for root in self.roots[x]]
        places = [x for x in node.inputs if self.may_take(x, node)]
        places = [x for x in places if roots.count(x) == 1]  # no view of it is read
        args = [self.names[x] for x in node.inputs]
        if places:
            self.names[node] = self.names[places[0]]
        else:
            self.names[node] = self.fresh_name()
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
            ids = ", ".join(f"id({name})" for name in names)
            self.line(f"seen = set([{ids}])")
        self.line(f"return {', '.join(texts)},")


def _is_from_whole(node):
    """Return whether a Function that stays whole made the result."""
    if node.function is operator.getitem:
        node = node.args[0]
    return isinstance(node.function, (_Forward, _Backward))


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
        f"{array.shape} {array.dtype} now; compile again (see step 72)"
    )


# --- compile, and what it returns ---------------------------------------------


class _Placeholder:
    """What compile needs to know of an argument of f: no numbers."""

    def __init__(self, shape, dtype, name):
        self.shape = shape
        self.dtype = dtype
        self.name = name


def placeholder(shape, dtype=np.float64, name=None):
    """Return the promise of an array: shape and dtype, and a name for messages.

    >>> program = compile(lambda x: (x * x).sum(), placeholder((2,), np.float64, "x"))
    >>> program(np.array([3.0, 4.0]))
    variable(25.0)
    """
    try:
        dtype = np.dtype(dtype)
    except TypeError:
        expected = "a dtype, such as np.float64"
        raise TypeError(refusal("placeholder", "dtype", expected, dtype, 72)) from None
    return _Placeholder(_as_shape("placeholder", shape, 72), dtype, name)


def compile(f, *examples, gradients=()):
    """Return the Program that computes f, a function of Variables, for these shapes.

    examples     an argument of f each: a placeholder, or an array or Variable of which
                 shape and dtype are taken
    gradients    Variables, such as model.params(): every run adds the derivative of
                 f's result to their grad, as result.backward() does

    f is called once, now. It returns a Variable, or a tuple or list of them, of which
    the first is the one that is differentiated.

    Raises TypeError where f needs numbers, and ValueError where shapes do not fit.
    """
    check_callable("compile", f, 72)
    wanted = _listed("compile", "gradients", gradients, Variable)
    trace = _Trace()
    names = _argument_names(f, len(examples))
    xs = []
    for i, (example, name) in enumerate(zip(examples, names)):
        if not isinstance(example, (_Placeholder, Variable)):
            example = Variable(as_array(_as_input("compile", example, name)))
        node = Node(None, shape=example.shape, dtype=example.dtype, name="placeholder")
        node.label, node.value = example.name or name, i
        xs.append(Variable(trace.add(node), node.label))
    try:
        with trace.following():
            result = f(*xs)
            ys = list(result) if isinstance(result, (tuple, list)) else [result]
            for i, y in enumerate(ys):
                y = Variable(y) if type(y) is _Symbol else y
                if not isinstance(y, Variable):
                    raise TypeError(
                        "compile: f must return a Variable, or a tuple or list of "
                        f"them, got {type(y).__name__} (see step 72)"
                    )
                ys[i] = trace.stand_in(y)
            targets, found = trace.differentiate(ys[0], wanted)
    finally:
        trace.open = False
    outputs = [y.data._node for y in ys] + [g.data._node for g in found]
    many = type(result) if isinstance(result, (tuple, list)) else None
    return Program(Graph(trace.nodes, outputs), xs, targets, many)


def _argument_names(f, count):
    """Return names for so many arguments of f: its own, if it says."""
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):  # some of those written in C
        parameters = ()
    names = [p.name for p in parameters if p.kind <= p.POSITIONAL_OR_KEYWORD][:count]
    rest = [p.name for p in parameters if p.kind is p.VAR_POSITIONAL] or ["x"]
    return names + [f"{rest[0]}{i}" for i in range(count - len(names))]


class Program:
    """A compiled f: call it with arrays of the shapes that it was compiled for.

    before, after    the Graphs, as f was followed and as it runs; len() counts calls
    source           the Python text that runs
    """

    def __init__(self, graph, xs, targets, many):
        self.before = graph
        self.after = fuse(prune(merge(fold(graph))))
        self._expected = [(x.name, x.shape, x.dtype) for x in xs]
        self._targets = targets
        self._many = many
        self._train = Config.train
        # A placeholder that no result needs stays an argument.
        nodes = dict.fromkeys([x.data._node for x in xs] + self.after.nodes)
        writer = _Writer(Graph(nodes, self.after.outputs))
        self.source = writer.source
        self._run = writer.run
        self._lock = threading.Lock()

    def __call__(self, *xs):
        """Compute f; add to the gradients that compile was asked for."""
        if len(xs) != len(self._expected):
            names = ", ".join(name for name, _, _ in self._expected)
            raise TypeError(
                f"Program: expected {len(self._expected)} arguments, {names}; got "
                f"{len(xs)} (see step 72)"
            )
        if Config.train is not self._train:
            mode = "training" if self._train else "test"
            raise RuntimeError(
                f"Program: f was compiled in {mode} mode, and dropout and batch_norm "
                "are not the same in the other; compile f there as well (see step 72)"
            )
        arrays = []
        for x, (name, shape, dtype) in zip(xs, self._expected):
            x = x.data if isinstance(x, Variable) else x
            if not isinstance(x, np.ndarray):
                x = as_array(_as_input("Program", x, name))
            if x.shape != shape or x.dtype != dtype:
                raise ValueError(
                    f"Program: {name} must be {shape} {dtype}, as compiled, got "
                    f"{x.shape} {x.dtype}; for other shapes compile again (see step 72)"
                )
            arrays.append(x)
        with self._lock:
            results = self._run(*arrays)
        count = len(results) - len(self._targets)
        for variable, gradient in zip(self._targets, results[count:]):
            if variable.grad is not None:
                gradient = np.asarray(variable.grad.data + gradient)
            variable.grad = Variable(gradient)
        ys = [Variable(y, requires_grad=False) for y in results[:count]]
        return self._many(ys) if self._many else ys[0]

    def __repr__(self):
        names = ", ".join(f"{name} {shape} {d}" for name, shape, d in self._expected)
        return f"<Program({names}): {len(self.before)} calls, now {len(self.after)}>"
