"""A static graph: f is followed, its graph improved, and then run many times.

    loss = compile(lambda x, t: F.mean_squared_error(model(x), t), x, t,
                   gradients=model.params())
    for x, t in batches:
        model.cleargrads()
        loss(x, t)  # leaves gradients in the parameters, as loss.backward() does
        optimizer.update()

compile calls f with Symbols instead of arrays. A Symbol has a shape and a dtype and no
numbers, passes for an ndarray, and notes what NumPy is asked to do with it:

    trace, symbol     f -> dezero's Functions -> the calls of NumPy that they make,
                      their backward included: a Graph, shapes and dtypes checked
    same              f is followed twice: what is not the same is found, and refused
    passes            fold merge prune: constants computed, equal calls made once, dead
                      ones left out; fuse: element-wise chains made one Node
    codegen, program  a Python function, generated from what is left
    whole             what it calls besides NumPy

So every formula has one source, the Function, and a Function that is new tomorrow can
be compiled, too. One that cannot be followed, because it looks at numbers, writes into
arrays or draws random numbers (conv2d, batch_norm, dropout), stays whole: a Node that
calls its forward, and one that calls its backward, in every run.

Fixed when f is followed: shapes, dtypes, which Variables and arrays f uses, the way
through ifs and loops, Python numbers, what f computes from arrays alone, training or
test mode. Read in every run: the placeholders, the data of Variables from outside, and
arrays from outside that f hands on as they are. Checked in every run: what the package
checks, such as class numbers. Everything else is refused: compile may refuse, but the
Program is never wrong. Masks and counts that f has as arrays are fixed, too, for shapes
follow from their numbers.

What it gains is overhead and memory traffic: a small network or a chain of element-wise
functions takes a fifth of its time, one of large matrix products nine tenths, and
convolutions, which stay whole, gain nothing.

Letters: x, y in and out of a Node or of f; gx, gy gradients.
"""

from dezero.static.graph import Graph, Node
from dezero.static.passes import fold, fuse, merge, prune
from dezero.static.program import Program, compile, placeholder

__all__ = [
    *("Graph", "Node", "Program", "compile", "fold", "fuse", "merge", "placeholder"),
    "prune",
]
