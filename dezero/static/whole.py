"""Functions that stay whole: a run calls their forward and their backward.

Forward, Backward and Check are functions of Nodes. has_effects: prune leaves them
where they are, because they do more than return a result. keep and back note them.
"""

import contextlib
import copy
import threading
from types import SimpleNamespace

import numpy as np

from dezero.core import Config, Function, Variable, guards
from dezero.core.checks import check_sum
from dezero.core.config import switched
from dezero.static.graph import Node, leaves, mapped
from dezero.static.symbol import CannotFollow, Symbol, has_symbols, samples


class Forward:
    """Calls func.forward in a run.

    names are the attributes of func that f computed, as get_item(W, t) does when it
    makes a GetItem(t); hidden are their arrays. record is func as it was then, for the
    backward of the same run.
    """

    has_effects = True

    def __init__(self, func, names, kinds):
        self.func, self.names = func, names
        self.kinds = kinds  # of the results, as on samples
        self.train = Config.train
        self.__name__ = type(func).__name__

    def __call__(self, hidden, xs):
        func = self.func
        vars(func).update(zip(self.names, hidden))
        if not func.takes_arrays:
            xs = [None if x is None else np.asarray(x) for x in xs]
        if self.train is Config.train:
            y = func.forward(*xs)
        else:  # f had it so, within test_mode()
            with switched(train=self.train):
                y = func.forward(*xs)
        if kinds_of(y) != self.kinds:
            raise ValueError(
                f"Program: {self.__name__} gave {_shown(self.kinds)} when f was "
                f"compiled, and now {_shown(kinds_of(y))}; a graph has fixed shapes "
                "(see step 72)"
            )
        self.record = copy.copy(func)
        return y


def kinds_of(y):
    """Return shape and dtype of each result of a forward."""
    ys = y if isinstance(y, (tuple, list)) else (y,)
    return [(np.shape(y), getattr(y, "dtype", np.dtype(float))) for y in ys]


def _shown(kinds):
    return ", ".join(f"{shape} {dtype}" for shape, dtype in kinds)


class Backward:
    """Calls func.backward in a run; source.record is func, after its forward."""

    def __init__(self, name, source, names, requires_grad):
        self.source, self.names = source, names
        self.requires_grad = requires_grad
        self.__name__ = f"{name} back"

    def __call__(self, hidden, gys, xs, ys):
        func = self.source.record
        vars(func).update(zip(self.names, hidden))
        func._inputs = [_variable(*pair) for pair in zip(xs, self.requires_grad)]
        outputs = [_variable(y, True) for y in ys]
        func._outputs = [lambda y=y: y for y in outputs]
        try:
            with switched(wrap=False, enable_backprop=False):
                return tuple(gradients(func, gys))
        finally:
            func._inputs, func._outputs = None, ()


def _variable(array, requires_grad):
    return Variable(None if array is None else np.asarray(array), None, requires_grad)


class Check:
    """Asks in a run what an if of the package asked while f was followed."""

    has_effects = True
    __name__ = "check"

    def __init__(self, truth):
        self.truth = truth

    def __call__(self, value):
        if bool(value) is not self.truth:
            raise OtherWay
        return self.truth


class OtherWay(Exception):
    """A Check comes out otherwise than while f was followed."""


# --- noting them ---


def keep(trace, func, original, xs):
    """Note a Function as one call; return the Symbols of its results."""
    names, hidden = _hidden(func)
    sampled, arrays = _sampled(func), samples(xs)
    with switched(handler=None), generator_alone(), named(func, xs):
        y = sampled.forward(*arrays)
    forward = Forward(original, names, kinds_of(y))
    node = Node(forward, trace.as_nodes((hidden, xs)), pure=False)
    ys = trace.record(node, y)
    known = dict(zip(map(id, arrays), xs))

    def noted(x):  # a layer may look at what a Function noted
        if not isinstance(x, (np.ndarray, np.generic)) or id(x) in known:
            return known.get(id(x), x)
        node = Node(None, shape=x.shape, dtype=x.dtype, name="note")
        return Symbol(trace, node, "uses what a Function notes in a run")

    new = {k: v for k, v in vars(sampled).items() if k not in vars(func)}
    vars(func).update((k, mapped(v, noted)) for k, v in new.items())
    ys_of = ys if isinstance(ys, tuple) else (ys,)
    trace.wholes[func] = forward, [], (), sampled, ys_of
    return ys


def after(func):
    """Return what back needs of a Function that was followed forward."""
    ys = [reference() for reference in func._outputs]
    own = copy.copy(func)
    own._inputs, own._outputs = None, ()
    ys = tuple(None if y is None else y._data for y in ys)
    return SimpleNamespace(record=own), *_hidden(own), _sampled(own), ys


def back(trace, func, source, names, hidden, sampled, ys, gys):
    """Note a whole backward; return the gradients.

    source has the record of the call, whose attributes by these names are Symbols,
    hidden; sampled is a copy of func that has been forward on samples.
    """
    name, flags = type(func).__name__, [x.requires_grad for x in func._inputs]
    arrays = tuple(gy._data if isinstance(gy, Variable) else gy for gy in gys)
    args = arrays, tuple(x._data for x in func._inputs), ys
    on_samples = Backward(name, SimpleNamespace(record=sampled), [], flags)
    with switched(handler=None), generator_alone():
        gxs = on_samples((), *samples(args))
    function = Backward(name, source, names, flags)
    node = Node(function, trace.as_nodes((hidden, *args)), pure=False)
    gxs = trace.record(node, gxs)
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


def _sampled(func):
    """Return a copy of func that computes on samples, with arrays of its own."""
    new = copy.copy(func)
    for name, value in vars(func).items():
        if name not in ("_inputs", "_outputs"):
            value = samples(value)
            setattr(new, name, value.copy() if type(value) is np.ndarray else value)
    return new


@contextlib.contextmanager
def generator_alone():
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


@contextlib.contextmanager
def named(call, xs):
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


# --- the engine ---


def gradients(func, gys):
    """Return func.backward(*gys) as a tuple."""
    if not func.takes_arrays:
        return guards.gradients_from_outside(func, gys)
    gxs = func.backward(*gys)
    return gxs if isinstance(gxs, (tuple, list)) else (gxs,)


def added(x, gradient):
    """Return what the grad of x is after a run, in which gradient came to it."""
    if x._hooks:
        gradient = x._pass_hooks(Variable(gradient)).data
    if x._grad is not None:
        check_sum(x)
        gradient = np.asarray(x._grad.data + gradient)
    return gradient


NO_GRAPH = (
    "this Variable comes from a compiled Program, so it does not know how; name in "
    "compile(..., gradients=...) the Variables that want gradients (see step 72)"
)
