"""Functions that stay whole: a run calls their forward and their backward.

So it is with one that looks at numbers, writes into arrays or draws random numbers.
keep and back note it: what its results look like is seen on samples.
"""

import contextlib
import copy
import threading

import numpy as np

from dezero.core import Config, Function, Variable, outside
from dezero.core.config import switched
from dezero.static.graph import Node, leaves
from dezero.static.symbol import CannotFollow, Symbol, has_symbols, samples


class Forward:
    """Calls func.forward in a run.

    names are the attributes of func that f computed, as get_item(W, t) does when it
    makes a GetItem(t); hidden are their arrays. record is func as it was then, for the
    backward of the same run.
    """

    pure = False

    def __init__(self, func):
        self.func, self.names = func, []
        self.kinds = None  # shape and dtype of the results, as on samples
        self.train = Config.train  # f may have it so within test_mode()
        self.stays = not isinstance(func, Back)
        self.__name__ = type(func).__name__

    def __call__(self, hidden, xs):
        func = self.func
        vars(func).update(zip(self.names, hidden))
        if not func.takes_arrays:
            xs = [None if x is None else np.asarray(x) for x in xs]
        with switched(train=self.train):
            y = func.forward(*xs)
        ys = y if isinstance(y, (tuple, list)) else (y,)
        kinds = [(np.shape(y), getattr(y, "dtype", np.dtype(float))) for y in ys]
        self.kinds = self.kinds or kinds
        if kinds != self.kinds:
            raise ValueError(
                f"Program: {self.__name__} gave {_shown(self.kinds)} when f was "
                f"compiled, and now {_shown(kinds)}; a graph has fixed shapes (see "
                "step 72)"
            )
        self.record = copy.copy(func) if self.stays else func
        return y


def _shown(kinds):
    return ", ".join(f"{shape} {dtype}" for shape, dtype in kinds)


class Check:
    """Asks in a run what an if of the package asked while f was followed."""

    __name__ = "check"
    stays = True

    def __init__(self, truth):
        self.truth = truth

    def __call__(self, value):
        if bool(value) is not self.truth:
            raise OtherWay
        return self.truth


class OtherWay(Exception):
    """A Check comes out otherwise than while f was followed."""


class Back(Function):
    """The backward of a Function that stays whole, itself a Function that does."""

    def __init__(self, source, requires_grad):
        self.source, self.requires_grad = source, requires_grad

    def forward(self, gys, xs, ys):
        func = self.source.record
        func._inputs = list(map(_variable, xs, self.requires_grad))
        outputs = [_variable(y, True) for y in ys]
        func._outputs = [lambda y=y: y for y in outputs]
        try:
            with switched(wrap=False, enable_backprop=False):
                return gradients(func, gys)
        finally:
            func._inputs, func._outputs = None, ()  # to keep no arrays

    def backward(self, *ggxs):
        raise CannotFollow(
            f"compile: {self.source.__name__} decides by values or writes into arrays, "
            "so it stays whole, and its derivative cannot be differentiated; compute "
            "that without compile (see step 72)"
        )


def _variable(array, requires_grad):
    return Variable(None if array is None else np.asarray(array), None, requires_grad)


def gradients(func, gys):
    """Return func.backward(*gys) as a tuple."""
    if not func.takes_arrays:
        return outside.gradients_from_outside(func, gys)
    gxs = func.backward(*gys)
    return tuple(gxs) if isinstance(gxs, (tuple, list)) else (gxs,)


# --- noting them ---


def keep(trace, func, original, xs, name=None):
    """Note a Function as one call; return the Symbols of its results."""
    sampled = copy.copy(func)  # with samples for Symbols, and arrays of its own
    hidden = {}
    for key, value in vars(func).items():
        if key not in ("_inputs", "_outputs"):
            if has_symbols((value,)):
                hidden[key] = value
            value = samples(value)
            copied = value.copy() if type(value) is np.ndarray else value
            setattr(sampled, key, copied)
    forward = Forward(sampled)
    with switched(handler=None), generator_alone(), named(forward.__name__, xs):
        y = forward((), samples(xs))
    forward.func, forward.names = original, list(hidden)
    trace.wholes[func] = forward
    args = trace.as_nodes((tuple(hidden.values()), xs))
    return trace.record(Node(forward, args, name=name), y)


def back(trace, func, gys):
    """Note the backward of a Function that was kept; return the gradients."""
    source, ys = trace.wholes[func], [reference() for reference in func._outputs]
    given = [gy if isinstance(gy, Variable) else Variable(gy) for gy in gys]
    args = [[y if y is None else y._data for y in x] for x in (given, func._inputs, ys)]
    new = Back(source, [x.requires_grad for x in func._inputs])
    gxs = keep(trace, new, new, args, f"{source.__name__} back")
    if not Config.enable_backprop:
        return gxs
    found = new._record([*given, *func._inputs], [x for x in gxs if x is not None])
    found = iter(found if isinstance(found, list) else [found])
    return tuple(None if gx is None else next(found) for gx in gxs)


def remembers(func, original):
    """Return whether forward has changed what func had before: a state."""
    before = vars(original)
    return any(
        before[name] is not None and value is not before[name] and has_symbols((value,))
        for name, value in vars(func).items()
        if name in before and not name.startswith("_")
    )


@contextlib.contextmanager
def generator_alone():
    """Set NumPy's global generator back behind a with block; yield a question.

    has_drawn() says whether somebody drew. Other threads wait meanwhile, or what they
    draw would come again: the generator's own lock does that. NumPy 1 has one that
    would stop this thread as well.
    """
    lock = np.random.mtrand._rand._bit_generator.lock
    lock = lock if isinstance(lock, type(threading.RLock())) else threading.RLock()
    with lock:
        before = np.random.get_state()  # noqa: NPY002  dropout draws from there

        def has_drawn():
            now = np.random.get_state()  # noqa: NPY002
            return before[2:] != now[2:] or bool((before[1] != now[1]).any())

        try:
            yield has_drawn
        finally:
            if has_drawn():
                np.random.set_state(before)  # noqa: NPY002


@contextlib.contextmanager
def named(name, xs, numpy=False):
    """Raise errors that name the call, maybe one of NumPy, and what it is called on."""
    try:
        yield
    except CannotFollow:
        raise
    except (ValueError, TypeError, IndexError) as error:
        if "compile:" in str(error):
            raise
        if numpy and "read-only" in str(error):
            leaves(xs, Symbol)[0].refuse(f"has {name} write into an array")
        shown = ", ".join(repr(x._node)[1:-1] for x in leaves(xs, Symbol))
        kinds = (IndexError, TypeError, ValueError)
        kind = next(kind for kind in kinds if isinstance(error, kind))
        raise kind(f"compile: {name}({shown}): {error} (see step 72)") from error
