"""What a run calls where no Node can follow: a Function's forward, its backward.

These are functions of Nodes. has_effects: prune leaves them where they are, because
they do more than return a result. The second half is all that static asks the engine.
"""

import copy

import numpy as np

from dezero.core import Config, Variable, guards
from dezero.core.checks import check_sum
from dezero.core.config import switched


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


# --- the engine ---


def gradients(func, gys):
    """Return func.backward(*gys) as a tuple."""
    if not func.takes_arrays:
        return guards.gradients_from_outside(func, gys)
    gxs = func.backward(*gys)
    return gxs if isinstance(gxs, (tuple, list)) else (gxs,)


def added(x, gradient):
    """Return the grad of x after a run, in which gradient came to it."""
    if x._hooks:
        gradient = x._pass_hooks(Variable(gradient)).data
    if x.grad is not None:
        check_sum(x)
        gradient = np.asarray(x.grad.data + gradient)
    return without_graph(Variable(gradient))


def without_graph(x):
    """Note that backward cannot go on from x; return x."""
    x._no_graph = _NO_GRAPH
    return x


_NO_GRAPH = (
    "this Variable comes from a compiled Program, so it does not know how; name in "
    "compile(..., gradients=...) the Variables that want gradients (see step 72)"
)
