"""compile and Program: f is followed, and what is found runs many times.

Once is not enough. Only a second following shows that f draws a number or counts its
calls, which is refused; and which arrays are the same both times, so that they come
from outside of f and are read in every run. What f makes anew, equal both times, is a
constant. Where layers still make their weights in the first, there is a third.
"""

import copy
import inspect
import threading
from itertools import zip_longest

import numpy as np

from dezero.core import (
    Config,
    Function,
    Variable,
    _as_input,
    _as_shape,
    as_array,
    as_variable,
    no_grad,
    test_mode,
)
from dezero.core.checks import check_sum
from dezero.guards import check_callable, refusal
from dezero.static.codegen import Writer
from dezero.static.graph import Node, _as_list, constant, mapped
from dezero.static.passes import fold, fuse, merge, prune
from dezero.static.trace import Trace
from dezero.static.whole import Check, Forward, OtherWay


def placeholder(shape, dtype=np.float64, name=None):
    """Return the promise of an array: shape and dtype, and a name for messages.

    >>> program = compile(lambda x: (x * x).sum(), placeholder((2,), np.float64, "x"))
    >>> program(np.array([3.0, 4.0]))
    variable(25.0)
    """
    dtype = _as_dtype("placeholder", dtype)
    shape = _as_shape("placeholder", shape, 72)
    return Node(None, (), {}, shape, dtype, "placeholder", label=name)


def _as_dtype(who, dtype):
    try:
        return np.dtype(dtype)
    except TypeError:
        expected = "a dtype, such as np.float64"
        raise TypeError(refusal(who, "dtype", expected, dtype, 72)) from None


def compile(f, *examples, gradients=()):
    """Return the Program that computes f, a function of Variables, for these shapes.

    examples     an argument of f each: a placeholder, or an array or Variable of which
                 shape and dtype are taken
    gradients    Variables, such as model.params(): every run adds the derivative of
                 f's result to their grad, as result.backward() does

    f is called now, two or three times, and in no run. It returns a Variable, or a
    tuple or list of them, of which the first is the one that is differentiated.

    Raises TypeError where f needs numbers, or does what would not happen in every run,
    and ValueError where shapes do not fit.
    """
    check_callable("compile", f, 72)
    wanted = _as_list("compile", gradients, "gradients", Variable)
    xs = []
    for i, (example, name) in enumerate(zip(examples, _argument_names(f, examples))):
        if not isinstance(example, (Node, Variable)):
            example = Variable(as_array(_as_input("compile", example, name)))
        if isinstance(example, Variable):
            example = placeholder(example.shape, example.dtype, example.name)
        xs.append(copy.copy(example))
        xs[i].label, xs[i].value = example.label or name, i
    again = Trace(f, xs, wanted)
    for _ in range(2):
        first, again = again, Trace(f, xs, wanted)
        differs = _agree(first, again)
        if not differs:
            return Program(f, xs, wanted, again)
    raise TypeError(
        f"compile: f is not the same each time it is called, seen at {differs!r}: it "
        "draws numbers, counts its calls, or keeps what it computed; draw by F.dropout "
        "or hand over what changes as an argument, and reset_state() first (see step "
        "72)"
    )


def _argument_names(f, examples):
    """Return names for so many arguments of f: its own, if it says."""
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):  # some of those written in C
        parameters = ()
    names = [p.name for p in parameters if p.kind <= p.POSITIONAL_OR_KEYWORD]
    rest = [p.name for p in parameters if p.kind is p.VAR_POSITIONAL] or ["x"]
    return names + [f"{rest[0]}{i}" for i in range(len(examples) - len(names))]


# --- were both followings the same? ---


def _agree(first, again):
    """Return the first Node of again that first has not got, None if it has all.

    Then say what the sources are.
    """
    places = {}
    for place, (a, b) in enumerate(zip_longest(first.nodes, again.nodes)):
        if a is None or b is None or not _same(*[_parts(x, places) for x in (a, b)]):
            return b or a
        places[a] = places[b] = place
    results = [[places[y] for y in x.graph.outputs] for x in (first, again)]
    if results[0] != results[1] or first.hooks != again.hooks:
        return again.graph.outputs[0]
    for a, b in zip(first.nodes, again.nodes):
        old = a.value
        if b.name == "variable" and old is not b.value:  # f made it itself
            old, b.name, b.label, b.value = old.data, "constant", None, b.value.data
        if b.is_constant and _owner(old) is _owner(b.value):
            b.name = "array"
    return None


def _parts(node, places):
    """Return what makes a Node, with places in the order for other Nodes."""
    form = mapped(node.args, places.get, Node), node.kwargs, node.shape, node.dtype
    return repr(form), node.function, node.name, node.label, node.value


def _same(a, b):
    """Return whether parts of the first and of the second following are the same."""
    if a is b or type(a) is not type(b):
        return a is b
    if isinstance(a, (Forward, Check, Function)):
        a, b = ({**vars(x), "record": None} for x in (a, b))  # that is of a run
    if isinstance(a, dict):
        a, b = [*a.items()], [*b.items()]
    if isinstance(a, Variable):
        a, b = a.data, b.data
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(_same, a, b))
    if type(a) is np.ndarray and type(b) is np.ndarray:
        return _owner(a) is _owner(b) or constant(a).key == constant(b).key
    plain = (bool, int, float, complex, str, slice, np.generic, np.dtype, np.ufunc)
    return not isinstance(a, plain) or a == b or a != a  # nobody can tell; nan is nan


def _owner(array):
    return array if array.base is None else array.base


class Program:
    """A compiled f: call it with arrays of the shapes that it was compiled for.

    before, after    the Graphs, as f was followed and as it runs; len() counts calls
    source           the Python text that runs
    """

    def __init__(self, f, xs, wanted, trace):
        self.before = trace.graph
        self.after = fuse(prune(merge(fold(trace.graph))))
        self._f, self._wanted, self._targets = f, wanted, trace.targets
        self._many, self._uses_grads = trace.many, trace.uses_grads
        self._expected = [(x.label, x.shape, x.dtype) for x in xs]
        self._flags = [x.requires_grad for x in wanted]
        self._train = Config.train
        writer = Writer(self.after)
        self.source, self._run = writer.source, writer.run
        self._lock = threading.Lock()  # Functions that stay whole remember a run

    def __call__(self, *xs):
        """Compute f; add to the gradients that compile was asked for."""
        self._check()
        if len(xs) != len(self._expected):
            names = ", ".join(name for name, _, _ in self._expected)
            raise TypeError(
                f"Program: expected {len(self._expected)} arguments, {names}; got "
                f"{len(xs)} (see step 72)"
            )
        arrays = [self._array(x, *kind) for x, kind in zip(xs, self._expected)]
        try:
            with self._lock:
                results = self._run(*arrays)
        except OtherWay:
            self._explain(xs)
        count = len(results) - len(self._targets)
        ys = [Variable(y, None, False) for y in results[:count]]
        grads = []
        for x, gx in zip(self._targets, results[count:]):
            first = x._grad is None and not x._hooks
            grads.append(Variable(gx) if first else _added(x, gx))
        for x, grad in zip(self._targets, grads):  # nothing can fail from here on
            x._grad = grad
        for y in (*ys, *grads):
            y._no_graph = _NO_GRAPH
        return self._many(ys) if self._many else ys[0]

    def _check(self):
        """Raise an error where f would do something else now."""
        if Config.handler is not None:
            raise TypeError(
                "Program: called while another f is followed; call the plain function "
                "there (see step 72)"
            )
        if Config.train is not self._train:
            mode = "training" if self._train else "test"
            raise RuntimeError(
                f"Program: f was compiled in {mode} mode, and dropout and batch_norm "
                "are not the same in the other; compile f there as well (see step 72)"
            )
        if [x.requires_grad for x in self._wanted] != self._flags:
            raise RuntimeError(
                "Program: requires_grad of a Variable in gradients is not what it was "
                "when f was compiled; compile again (see step 72)"
            )

    def _array(self, x, name, shape, dtype):
        """Return the array of an argument; refuse what f was not compiled for."""
        if isinstance(x, Variable):
            if self._uses_grads:
                raise TypeError(
                    f"Program: f calls backward, which would leave a gradient in {name}"
                    ", and a run leaves none there; hand over an array, and have f "
                    "return the gradient (see step 72)"
                )
            x = x.data
        if not isinstance(x, np.ndarray):
            x = as_array(_as_input("Program", x, name))
        if x.shape != shape or x.dtype != dtype:
            raise ValueError(
                f"Program: {name} must be {shape} {dtype}, as compiled, got "
                f"{x.shape} {x.dtype}; for other shapes compile again (see step 72)"
            )
        return x

    def _explain(self, xs):
        """Raise the error that f itself raises, whose checks refuse these numbers."""
        with no_grad(), test_mode():
            self._f(*[as_variable(as_array(x)) for x in xs])
        raise RuntimeError(
            "Program: a check within the package comes out otherwise than when f was "
            "followed, so f may go another way with these numbers; call the plain "
            "function (see step 72)"
        )

    def __repr__(self):
        names = ", ".join(f"{name} {shape} {d}" for name, shape, d in self._expected)
        return f"<Program({names}): {len(self.before)} calls, now {len(self.after)}>"


def _added(x, gradient):
    """Return what the grad of x is after a run, in which gradient came to it."""
    if x._hooks:
        gradient = x._pass_hooks(Variable(gradient)).data
    if x._grad is not None:
        check_sum(x)
        gradient = np.asarray(x._grad.data + gradient)
    return Variable(gradient)


_NO_GRAPH = (
    "this Variable comes from a compiled Program, so it does not know how; name in "
    "compile(..., gradients=...) the Variables that want gradients (see step 72)"
)
