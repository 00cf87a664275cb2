"""The backward pass: from a result back to what it was computed from.

It is the loop of step 32. What is added: gradients are bare ndarrays where nobody
asked to differentiate them again, which takes less than half of the time; and nothing
is written into any Variable before the whole pass has succeeded.
"""

import operator

from dezero import cuda
from dezero.core.config import switched

passes = 0  # so far, of all threads: after one, parameters may be changed in place
_generation = operator.attrgetter("generation")


def _functions_behind(start, until=()):
    """Return the Functions that start was computed by, the last one first.

    until: Variables to stop at. One sort of all Functions by generation is
    near-linear however wide the graph, and takes a quarter of the time of step 16's
    heap on 4,000 Functions.
    """
    functions = [start.creator]
    seen = {start.creator}
    for func in functions:  # grows while it is read
        for x in func._inputs:
            creator = x.creator
            if creator is not None and creator not in seen and x.requires_grad:
                if x not in until:
                    seen.add(creator)
                    functions.append(creator)
    functions.sort(key=_generation, reverse=True)
    return functions


def propagate(start, seed, retain_grad=False, create_graph=False, until=()):
    """Carry seed, a Variable, from start to the leaves; return two things.

    gradients   {Variable: its gradient}, of the leaves and of all that keep theirs;
                Variables when create_graph, ndarrays otherwise
    passed      the Variables on the way whose former grad is out of date
    """
    global passes
    passes += 1
    gradients = {start: seed if create_graph else seed._data}
    passed = []
    with switched(enable_backprop=create_graph, wrap=create_graph):
        for func in _functions_behind(start, until):
            gys = []
            missing = 0
            for reference in func._outputs:
                y = reference()
                gy = gradients.pop(y, None) if y not in until else None
                if gy is None:
                    missing += 1
                elif y._hooks and y is not start:  # the hooks of start saw the seed
                    gy = finished(y, gy)
                elif not create_graph and gy.dtype is not y._data.dtype:
                    gy = like(y, gy)
                gys.append(gy)
                if retain_grad or (y is not None and y._retains_grad):
                    if gy is not None:
                        gradients[y] = gy
                elif y is not None and y._grad is not None:
                    passed.append(y)
            if missing:
                if missing == len(gys):
                    continue  # a Function further on answered "no gradient"
                gys = func._fill_with_zeros(gys)

            for x, gx in zip(func._inputs, func._gradients_of_inputs(gys)):
                if gx is not None and x.requires_grad:
                    known = gradients.get(x)
                    gradients[x] = gx if known is None else known + gx
        for x in gradients:
            if x.creator is None or x in until:
                gradients[x] = finished(x, gradients[x])
    return gradients, passed


def finished(x, gradient):
    """Return the complete gradient of x: in x's dtype, and after the hooks of x."""
    gradient = like(x, gradient)
    return x._pass_hooks(gradient) if x._hooks else gradient


def like(x, gradient):
    """Return a gradient of x, an ndarray or a Variable, in the dtype of x.

    float64 comes in by a float64 input beside a float32 one and, on NumPy 1, by a 0-d
    float32 times a Python number.
    """
    dtype = x._data.dtype
    if gradient.dtype == dtype or dtype.kind not in "fc":
        return gradient
    return gradient.astype(dtype)


def owner(array):
    """Return the array whose memory this one shows."""
    return array if array.base is None else array.base


def is_read_only(array):
    """Return whether nobody may write to array.

    CuPy does not say. So of its arrays every view counts: one may show a number many
    times.
    """
    if cuda.get_array_module(array).__name__ == "numpy":
        return not array.flags.writeable
    return array.base is not None
