"""compile traces f, and returns a Program that runs the traced graph many times.

Why is one trace not enough? Only a second trace shows whether f draws a random number
or counts its calls, which is refused. It also shows which arrays are the same objects
both times: they come from outside f, and are read in every run. An array that f makes
anew, with equal numbers both times, is a constant. If layers make their weights in the
first trace, a third one is needed.
"""

import copy
import inspect

import numpy as np

from dezero.core import Config, Variable, _as_input, _as_shape, _unwrap
from dezero.core.config import switched
from dezero.core.variable import accumulated
from dezero.guards import check_callable, refusal
from dezero.static.codegen import Writer
from dezero.static.graph import Node, _as_list, source
from dezero.static.passes import fold, fuse, merge, prune
from dezero.static.same import difference
from dezero.static.trace import Trace


def placeholder(shape, dtype=np.float64, name=None):
    """Return the promise of an array: its shape and dtype, and a name for messages.

    >>> program = compile(lambda x: (x * x).sum(), placeholder((2,), np.float64, "x"))
    >>> program(np.array([3.0, 4.0]))
    variable(25.0)
    """
    try:
        dtype = np.dtype(dtype)
    except TypeError:
        expected = "a dtype, such as np.float64"
        raise TypeError(refusal("placeholder", "dtype", expected, dtype, 72)) from None
    shape = _as_shape("placeholder", shape, 72)
    return source("placeholder", shape, dtype, label=name)


def compile(f, *examples, gradients=()):
    """Return the Program that computes f, a function of Variables, for these shapes.

    examples     one for each argument of f: a placeholder, or an array or Variable, of
                 which only shape and dtype are used
    gradients    Variables, such as model.params(): every run adds the derivative of
                 f's result to their grad, as result.backward() does

    f is called now, two or three times, and never in a run. It must return a Variable,
    or a tuple or list of them, of which the first one is differentiated.

    Raises TypeError if f needs numbers, or does something that would not happen in
    every run, and ValueError if shapes do not fit.
    """
    _check_place("compile")
    check_callable("compile", f, 72)
    wanted = _as_list("compile", gradients, "gradients", Variable)
    xs = []
    for example, name in zip(examples, _argument_names(f, examples)):
        if not isinstance(example, Node):
            x = np.asarray(_unwrap(_as_input("compile", example, name)))
            example = placeholder(x.shape, x.dtype, getattr(example, "name", None))
        xs.append(copy.copy(example))
        xs[-1].label = example.label or name
    again = Trace(f, xs, wanted)
    for _ in range(2):
        first, again = again, Trace(f, xs, wanted)
        differs = difference(first, again)
        if not differs:
            return Program(xs, wanted, again)
    raise TypeError(
        "compile: f does not do the same each time it is called, as the traces show at "
        f"{differs}: it draws random numbers, counts its calls, or keeps what it "
        "computed; use F.dropout, pass what changes as an argument, and call "
        "reset_state() first (see step 72)"
    )


def _argument_names(f, examples):
    """Return a name for each example: that of f's parameter, otherwise x0, x1, ..."""
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):  # some functions written in C
        parameters = ()
    names = [p.name for p in parameters if p.kind <= p.POSITIONAL_OR_KEYWORD]
    return names + [f"x{i}" for i in range(len(names), len(examples))]


class Program:
    """A compiled f: call it with arrays of the shapes that it was compiled for.

    before, after    the Graph as it was traced, and as it runs; len() counts calls
    source           the Python text that runs
    """

    def __init__(self, xs, wanted, trace):
        self.before = trace.graph
        self.after = fuse(prune(merge(fold(trace.graph))))
        self._xs, self._wanted, self._trace = xs, wanted, trace
        self._flags = [x.requires_grad for x in wanted]
        self._train = Config.train
        writer = Writer(self.after)
        self.source, self._run = writer.source, writer.run

    def __call__(self, *xs):
        """Compute f, and add to the gradients that compile was asked for."""
        self._check(xs)
        arrays = [self._array(x, node) for x, node in zip(xs, self._xs)]
        results = self._run(*arrays)
        targets, grads = self._trace.targets, []
        count = len(results) - len(targets)
        ys = [Variable(y, None, False) for y in results[:count]]
        for x, gx in zip(targets, results[count:]):
            gx = x._pass_hooks(Variable(gx))
            if x._grad is not None:
                with switched(wrap=False):
                    gx = accumulated(x, gx)
            grads.append(gx)
        for x, gx in zip(targets, grads):  # nothing can fail from here on
            x._grad = gx
        for y in (*ys, *grads):
            y._why_no_graph = _NO_GRAPH
        return self._trace.many(ys) if self._trace.many else ys[0]

    def _check(self, xs):
        """Raise an error if f would do something else now than when it was compiled."""
        _check_place("Program")
        if len(xs) != len(self._xs):
            names = ", ".join(x.label for x in self._xs)
            raise TypeError(
                f"Program: expected {len(self._xs)} arguments, {names}; got {len(xs)} "
                "(see step 72)"
            )
        if Config.train is not self._train:
            mode, other = "training", "test"
            if not self._train:
                mode, other = other, mode
            raise RuntimeError(
                f"Program: f was compiled in {mode} mode, but dropout and batch_norm "
                f"differ in {other} mode; compile f in that mode as well (see step 72)"
            )
        if [x.requires_grad for x in self._wanted] != self._flags:
            raise RuntimeError(
                "Program: requires_grad of a Variable in gradients has changed since f "
                "was compiled; compile again (see step 72)"
            )

    def _array(self, x, node):
        """Return the array of an argument; refuse one that f was not compiled for."""
        if isinstance(x, Variable):
            if self._trace.uses_grads:
                raise TypeError(
                    "Program: f calls backward, which would leave a gradient in "
                    f"{node.label}, but a run leaves none; pass an array, and let f "
                    "return the gradient (see step 72)"
                )
            x = x.data
        if not isinstance(x, np.ndarray):
            x = np.asarray(_as_input("Program", x, node.label))
        if x.shape != node.shape or x.dtype != node.dtype:
            raise ValueError(
                f"Program: {node.label} must be {node.shape} {node.dtype}, as compiled,"
                f" got {x.shape} {x.dtype}; for other shapes compile again (see step "
                "72)"
            )
        return x

    def __repr__(self):
        names = ", ".join(f"{x.label} {x.shape} {x.dtype}" for x in self._xs)
        return f"<Program({names}): {len(self.before)} calls, now {len(self.after)}>"


def _check_place(who):
    """Refuse to compile or run a Program while another f is traced."""
    if Config.handler is not None:
        raise TypeError(
            f"{who}: called in a function that is being compiled; call the plain "
            "function there, and compile outside of it (see step 72)"
        )


_NO_GRAPH = (
    "this Variable comes from a compiled Program, so it has no graph; list in "
    "compile(..., gradients=...) the Variables that need gradients (see step 72)"
)
