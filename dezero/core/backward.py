"""The backward pass: from a result back to what it was computed from.

It is the loop of step 32. What is added: gradients are bare ndarrays where nobody
asked to differentiate them again, which takes less than half of the time; and nothing
is written into any Variable before the whole pass has succeeded.
"""

import operator

from dezero.core import changes
from dezero.core.config import Config


def _functions_behind(start, until=()):
    """Return the Functions that start was computed by, the last one first.

    One sort of all by generation is near-linear however wide the graph, and takes a
    quarter of the time of a heap (the exercise of step 16) on 4,000 Functions.
    """
    functions = [] if start.creator is None else [start.creator]
    seen = {start.creator}
    for func in functions:  # grows while it is read
        for x in func._inputs:
            creator = x.creator
            if creator is None or creator in seen or not x.requires_grad:
                continue
            if x not in until:
                seen.add(creator)
                functions.append(creator)
    functions.sort(key=operator.attrgetter("generation"), reverse=True)
    return functions


def propagate(start, seed, retain_grad=False, until=()):
    """Carry seed, a Variable, from start to the leaves; return two things.

    gradients   {Variable: its gradient}, of the leaves and of all that keep theirs;
                Variables while Config.wrap is on, otherwise ndarrays
    passed      the Variables on the way whose former grad is out of date

    until: Variables to stop at. No hook of start is called: seed comes from there.
    """
    wrap, handler, latest = Config.wrap, Config.handler, changes.latest
    gradients = {start: seed if wrap else seed._data}
    take = gradients.get if retain_grad else gradients.pop  # what was used may go
    passed = []
    for func in _functions_behind(start, until):
        gys = []
        missing = 0
        for reference in func._outputs:
            y = reference()
            gy = None if y in until else take(y, None)
            if gy is None:
                missing += 1
            elif not wrap and gy.dtype is not y._data.dtype:
                gy = like(y, gy)
                if retain_grad:
                    gradients[y] = gy
            if y is not None:  # the program still has y
                if y._watched and gy is not None:
                    gy = finished(y, gy) if y is not start else gy
                    if retain_grad or y._retains_grad:
                        gradients[y] = gy
                if y._grad is not None and not (retain_grad or y._retains_grad):
                    passed.append(y)
            gys.append(gy)
        if missing:
            if missing == len(gys):
                continue  # a Function further on answered "no gradient"
            gys = func._fill_with_zeros(gys)

        # Was any data set since the call of func? Then some of func's may have changed.
        asked = func if func._time == latest else changes.with_stand_ins(func)
        if handler is not None:
            gxs = handler.backward(asked, gys)
        elif func.takes_arrays:
            gxs = asked.backward(*gys)
        else:
            gxs = asked._gradients_of_inputs(gys)
        if not isinstance(gxs, tuple):
            gxs = (gxs,)
        for x, gx in zip(func._inputs, gxs):
            if gx is not None and x.requires_grad:
                known = gradients.get(x)
                gradients[x] = gx if known is None else known + gx
    for x, gradient in gradients.items():
        if (x.creator is None or x in until) and x is not start:
            if x._watched or gradient.dtype is not x._data.dtype:
                gradients[x] = finished(x, gradient)
    return gradients, passed


def finished(x, gradient):
    """Return the complete gradient of x: in x's dtype, and after the hooks of x."""
    gradient = like(x, gradient)
    return x._pass_hooks(gradient) if x._watched else gradient


def like(x, gradient):
    """Return a gradient of x, an ndarray or a Variable, in the dtype of x.

    float64 comes in by a float64 input beside a float32 one and, on NumPy 1, by a 0-d
    float32 times a Python number.
    """
    dtype = x._data.dtype
    if gradient.dtype == dtype or dtype.kind not in "fc":
        return gradient
    return gradient.astype(dtype)
