"""What a run calls besides NumPy: Functions that stay whole, and checks.

A Function stays whole if it looks at numbers, writes into arrays or draws random
numbers. A run calls it as a dynamic run does, and its backward later.
"""

import contextlib
import copy
import threading

import numpy as np

from dezero.core import Config, Function, Variable, outside
from dezero.core.config import switched
from dezero.static.graph import leaves
from dezero.static.symbol import Symbol


class Forward:
    """Calls func, first on samples, and keeps the call for Back.

    names    the attributes of func that f computed, as get_item(W, t) does when it
             makes a GetItem(t): they are given in each call
    state    those that forward changes: func has them in the next run
    record   a copy, which is called: func may belong to a graph
    """

    pure, stays = False, True

    def __init__(self, func, names):
        self.func, self.names, self.state = func, names, ()
        self.record, self.outputs, self.kinds = copy.copy(func), (), None
        self.train = Config.train  # f may have it so within test_mode()
        self.__name__ = type(func).__name__

    def __call__(self, hidden, xs):
        func, attributes = self.record, vars(self.record)
        attributes.update(vars(self.func), _inputs=None)  # None: was not called before
        attributes.update(zip(self.names, hidden))
        if not self.kinds:  # on samples: the arrays that func has stay as they are
            attributes.update(
                {
                    k: x.copy() if type(x) is np.ndarray else x
                    for k, x in attributes.items()
                }
            )
            before = dict(attributes)
        xs = [Variable(x if x is None else np.asarray(x)) for x in xs]
        with switched(train=self.train, enable_backprop=True, wrap=True, handler=None):
            ys = func(*xs)
        self.outputs = ys if isinstance(ys, list) else [ys]
        arrays = [y._data for y in self.outputs]
        kinds = [(array.shape, array.dtype) for array in arrays]
        if not self.kinds:
            self.kinds, self.state = kinds, changed(before, attributes)
        elif self.state and self.func._inputs is None:
            vars(self.func).update({name: attributes[name] for name in self.state})
        if kinds != self.kinds:
            raise ValueError(
                f"Program: {self.__name__} gave {_shown(self.kinds)} when f was "
                f"compiled, and now {_shown(kinds)}; a graph has fixed shapes (see "
                "step 72)"
            )
        return tuple(arrays) if isinstance(ys, list) else arrays[0]

    def forget(self):
        """Let go of the arrays of a run."""
        vars(self.record).clear()
        self.outputs = ()


def _shown(kinds):
    return ", ".join(f"{shape} {dtype}" for shape, dtype in kinds)


class Back:
    """Calls the backward of a Function, as Forward has just called it."""

    pure = stays = False

    def __init__(self, source, requires_grad):
        self.source, self.requires_grad = source, requires_grad
        self.__name__ = f"{source.__name__} back"

    def __call__(self, gys):
        func = self.source.record
        for x, requires_grad in zip(func._inputs, self.requires_grad):
            x.requires_grad = requires_grad
        with switched(wrap=False, enable_backprop=False, handler=None):
            return gradients(func, gys)


class Recorded(Function):
    """Where the gradients that Back computes come from: that is the end of the way."""

    def __init__(self, name):
        self.name = name

    def backward(self, *ggxs):
        raise TypeError(
            f"compile: {self.name} decides by values or writes into arrays, so it "
            "stays whole, and its derivative cannot be differentiated; compute that "
            "without compile (see step 72)"
        )


def gradients(func, gys):
    """Return func.backward(*gys) as a tuple."""
    if not func.takes_arrays:
        return outside.checked_backward(func, gys)
    gxs = func.backward(*gys)
    return tuple(gxs) if isinstance(gxs, (tuple, list)) else (gxs,)


def changed(before, after):
    """Return the names of what a forward has changed in its Function: a state."""
    state = {k: x for k, x in before.items() if x is not None and k[0] != "_"}
    return [name for name, x in state.items() if after.get(name) is not x]


class OtherWay(Exception):
    """A check comes out otherwise than while f was followed."""


def check(value, truth):
    """Ask in a run what an if of the package asked while f was followed."""
    if bool(value) is not truth:
        raise OtherWay
    return truth


check.pure, check.stays = False, True


# --- while f is followed ---


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
def named(call, xs):
    """Raise errors that name a call and what it is called on."""
    try:
        yield
    except (ValueError, TypeError, IndexError) as error:
        if "compile:" in str(error):
            raise
        name, symbols = call.__name__, leaves(xs, Symbol)
        if "read-only" in str(error) and getattr(call, "pure", True):
            symbols[0].refuse(f"has {name} write into an array")
        shown = ", ".join(repr(x._node)[1:-1] for x in symbols)
        kinds = (IndexError, TypeError, ValueError)
        kind = next(kind for kind in kinds if isinstance(error, kind))
        raise kind(f"compile: {name}({shown}): {error} (see step 72)") from error
