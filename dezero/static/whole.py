"""Functions that stay whole: a run calls their forward and backward as they are.

A Function stays whole if it looks at numbers, writes into arrays or draws random
numbers. A run calls it just as a program without compile does, and its backward later.
"""

import contextlib
import threading

import numpy as np

from dezero.core import Config, Function, Variable, outside
from dezero.core.config import switched
from dezero.static.graph import leaves
from dezero.static.symbol import CannotFollow, Symbol


class Forward:
    """Calls a Function and returns its outputs, Variables with their graph recorded.

    names          the attributes of func that f computed, as get_item(W, t) does when
                   it makes a GetItem(t): each call gets new values for them
    requires_grad  a bool for each input
    kinds          shapes and dtypes of the outputs, as they were on samples
    written        {name: array}: attributes that func writes into, as batch_norm does
    """

    pure, stays = False, True

    def __init__(self, func, names, requires_grad):
        self.func, self.names, self.requires_grad = func, names, requires_grad
        self.kinds, self.written = None, {}
        self.train = Config.train  # f may call func within test_mode()
        self.__name__ = type(func).__name__

    def __call__(self, hidden, xs):
        func = object.__new__(type(self.func))  # copy.copy takes five times as long
        known = vars(func)
        known.update(vars(self.func), _inputs=None)  # None: not called yet
        known.update(zip(self.names, hidden))
        return self.call(func, xs) if self.kinds else self.try_on_samples(func, xs)

    def call(self, func, xs):
        """Return func(*xs) as a list; refuse other shapes than in the first call."""
        xs = [x if x is None else np.asarray(x)[...] for x in xs]
        for x in xs:
            if x is not None:
                x.flags.writeable = False  # other calls need it unchanged
        xs = [Variable(x, None, wanted) for x, wanted in zip(xs, self.requires_grad)]
        with switched(train=self.train, enable_backprop=True, wrap=True, handler=None):
            ys = func(*xs)
        ys = ys if isinstance(ys, list) else [ys]
        kinds = [(y._data.shape, y._data.dtype) for y in ys]
        self.kinds = self.kinds or kinds
        if kinds != self.kinds:
            raise ValueError(
                f"Program: {self.__name__} returned {_shown(self.kinds)} when f was "
                f"compiled, but now {_shown(kinds)}; a static graph has fixed shapes "
                "(see step 72)"
            )
        return ys

    def try_on_samples(self, func, xs):
        """Call func for the first time, on copies of the arrays in its attributes."""
        known = dict(vars(func))
        arrays = {k: x for k, x in known.items() if type(x) is np.ndarray}
        for may_write in False, True:  # True only if it fails without
            vars(func).clear()
            vars(func).update(known, **{k: x.copy() for k, x in arrays.items()})
            before = dict(vars(func))
            for name in arrays:
                before[name].flags.writeable = may_write
            try:
                ys = self.call(func, xs)
                break
            except (TypeError, ValueError):
                if may_write:
                    raise
        self.written = arrays if may_write else {}
        if names := changed(before, vars(func)):
            raise CannotFollow(
                f"compile: {self.__name__}.forward sets self.{names[0]}, which the "
                "next run would not see; keep an array there, and change it in place: "
                f"self.{names[0]}[...] = ... (see step 72)"
            )
        return ys


def _shown(kinds):
    return ", ".join(f"{shape} {dtype}" for shape, dtype in kinds)


def part(ys, i):
    """Return result i of a call that returns several; of a Variable, the array."""
    return ys[i]._data if isinstance(ys[i], Variable) else ys[i]


def back(ys, gys):
    """Call the backward of the Function that Forward called; return a tuple."""
    with switched(wrap=False, enable_backprop=False, handler=None):
        return gradients(ys[0].creator, gys)


back.pure = False


class Recorded(Function):
    """The creator of gradients that back computes: they cannot be differentiated."""

    def __init__(self, name):
        self.name = name

    def backward(self, *ggxs):
        raise TypeError(
            f"compile: {self.name} looks at numbers, draws some or writes into arrays, "
            "so it stays whole, and its derivative cannot be differentiated; compute "
            "that derivative without compile (see step 72)"
        )


def gradients(func, gys):
    """Return func.backward(*gys) as a tuple."""
    if not func.takes_arrays:
        return outside.checked_backward(func, gys)
    gxs = func.backward(*gys)
    return tuple(gxs) if isinstance(gxs, (tuple, list)) else (gxs,)


# --- while f is traced ---


def changed(before, after):
    """Return the names of the attributes that a method has replaced: its state."""
    state = {k: x for k, x in before.items() if x is not None and k[0] != "_"}
    return [name for name, x in state.items() if after.get(name) is not x]


@contextlib.contextmanager
def generator_alone():
    """Restore NumPy's global generator after a with block; yield has_drawn.

    has_drawn() returns whether random numbers were drawn. Meanwhile the generator's own
    lock makes other threads wait; otherwise the numbers that they draw would be drawn
    again. The lock in NumPy 1 would stop this thread as well, so it is not used there.
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
    """Make errors in a with block name the call and its arguments."""
    try:
        yield
    except (ValueError, TypeError, IndexError) as error:
        if "compile:" in str(error):
            raise
        name, symbols = call.__name__, leaves(xs, Symbol)
        if "read-only" in str(error) and getattr(call, "pure", True):
            symbols[0].refuse(f"lets {name} write into an array")
        shown = ", ".join(repr(x._node)[1:-1] for x in symbols)
        kinds = (IndexError, TypeError, ValueError)
        kind = next(kind for kind in kinds if isinstance(error, kind))
        raise kind(f"compile: {name}({shown}): {error} (see step 72)") from error
