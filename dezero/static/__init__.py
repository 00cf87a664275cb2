"""Compile a function of Variables into a static graph that runs many times (step 72).

    loss = compile(lambda x, t: F.mean_squared_error(model(x), t), x, t,
                   gradients=model.params())
    for x, t in batches:
        model.cleargrads()
        loss(x, t)  # leaves gradients in the parameters, as loss.backward() does
        optimizer.update()

To compile f, we trace it ("follow" it, in the code and the errors): we call f with
Symbols instead of arrays. A Symbol passes for an ndarray, with a shape and a dtype but
no numbers, and records each NumPy call that it is used in:

    trace, symbol     f -> dezero's Functions -> the NumPy calls that they make,
                      including those of backward: a Graph, shapes and dtypes checked
    same              trace f twice, and refuse f if the two traces differ
    passes            fold computes constants, merge makes equal calls once, prune drops
                      unused calls, fuse turns an element-wise chain into one Node
    codegen, program  generate a Python function from the Graph, and run it
    whole             the calls in a run that are not NumPy calls

So every formula is written only once, in its Function, and a Function that you add
tomorrow can be compiled as well. A Function cannot be traced if it looks at numbers,
writes into arrays or draws random numbers (conv2d, batch_norm, dropout). Such a
Function stays whole: one Node calls its forward in every run, another its backward.

Fixed when f is traced: shapes, dtypes, which Variables and arrays f uses, the path
through ifs and loops, Python numbers, what f computes from arrays alone, training or
test mode. Masks and counts that f passes as arrays are fixed as well, because shapes
depend on their numbers. Read in every run: the placeholders, the data of Variables from
outside f, and arrays from outside f that it passes on unchanged. Checked in every run:
what the package checks, such as class numbers. Everything else is refused: compile may
refuse, but the Program is never wrong.

Compiling saves overhead and memory traffic. A small network or a chain of element-wise
functions takes a fifth of its time, a network of large matrix products nine tenths;
convolutions, which stay whole, gain nothing.

Letters: x, y inputs and outputs of a Node or of f; gx, gy gradients.
"""

from dezero.static.graph import Graph, Node
from dezero.static.passes import fold, fuse, merge, prune
from dezero.static.program import Program, compile, placeholder

__all__ = [
    *("Graph", "Node", "Program", "compile", "fold", "fuse", "merge", "placeholder"),
    "prune",
]
