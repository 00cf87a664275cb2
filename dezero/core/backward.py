"""The backward pass: carry gradients from a result back to its leaves.

It is the loop of step 32, with two changes. Without create_graph the gradients are bare
ndarrays, which takes less than half of the time. And all gradients are kept in a table
until the whole pass has succeeded, so an error leaves every Variable as it was.
"""

import operator

from dezero.core import changes
from dezero.core.config import Config


def _functions_behind(start, until=()):
    """Return the Functions that computed start, the latest generation first.

    We follow the links once, and then sort the list. For 4,000 Functions that takes a
    quarter of the time of a heap (the exercise of step 16).
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
    """Carry seed, a Variable, from start to the leaves; return gradients and outdated.

    gradients   {Variable: its gradient}, for the leaves and for all Variables that keep
                theirs; Variables while Config.wrap is on, otherwise ndarrays
    outdated    the Variables on the way that still have a grad from an earlier pass

    until: Variables to stop at. Variable._seed calls the hooks of start.
    """
    wrap, handler, now = Config.wrap, Config.handler, changes.clock
    gradients = {start: seed if wrap else seed._data}
    take = gradients.get if retain_grad else gradients.pop
    outdated = []
    for func in _functions_behind(start, until):
        gys = []
        missing = 0
        for reference in func._outputs:
            y = reference()
            gy = None if y in until else take(y, None)
            if gy is None:
                missing += 1
            elif y._watched or not wrap and gy.dtype is not y._data.dtype:
                gy = in_dtype_of(y, gy) if y is start else complete(y, gy)
                if retain_grad or y._retains_grad:
                    gradients[y] = gy
            if y is not None and y._grad is not None:  # None: the program dropped y
                if not (retain_grad or y._retains_grad):
                    outdated.append(y)
            gys.append(gy)
        if missing:
            if missing == len(gys):
                continue  # all Functions that used its outputs returned None
            gys = func._fill_with_zeros(gys)

        # Was any data set since the call of func? Then func's arrays may have changed.
        node = func if func._called_at == now else changes.with_stand_ins(func)
        if handler is not None:
            gxs = handler.backward(node, gys)
        elif func.takes_arrays:
            gxs = node.backward(*gys)
        else:
            gxs = node._checked_backward(gys)
        if not isinstance(gxs, tuple):
            gxs = (gxs,)
        for x, gx in zip(func._inputs, gxs):
            if gx is not None and x.requires_grad:
                known = gradients.get(x)
                gradients[x] = gx if known is None else known + gx
    for x, gradient in gradients.items():  # a leaf's gradient is complete only now
        if (x.creator is None or x in until) and x is not start:
            if x._watched or gradient.dtype is not x._data.dtype:
                gradients[x] = complete(x, gradient)
    return gradients, outdated


def complete(x, gradient):
    """Return a gradient of x that is fully summed, in x's dtype and after x's hooks."""
    gradient = in_dtype_of(x, gradient)
    return x._pass_hooks(gradient) if x._watched else gradient


def in_dtype_of(x, gradient):
    """Return a gradient of x, an ndarray or a Variable, in the dtype of x.

    Why might its dtype differ? A Function may have a float64 input beside a float32 x;
    and on NumPy 1 a 0-d float32 times a Python number is a float64.
    """
    dtype = x._data.dtype
    if gradient.dtype == dtype or dtype.kind not in "fc":
        return gradient
    return gradient.astype(dtype)
