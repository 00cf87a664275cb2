"""The last thing that a backward pass does: give every gradient memory of its own.

    z = x + y
    z.backward()  # the gradients of x and y are the same array, gy, until they settle
    x.grad.data *= 2  # changes x.grad alone

Without it, whoever edits one gradient in place, as an optimizer may, edits another.
"""

import numpy as np

from dezero.core.arraylike import ops
from dezero.core.config import Config


def settle(gradients, seed):
    """Return {x: its gradient}, each a Variable that shares memory with no other.

    The gradients of a + b are one array, gy, twice, and that of a sum is a view, and
    read-only: such are copied. seed, which the pass started from, stays its owner's.
    """
    wrap, settled = Config.wrap, {}
    given, taken = {seed}, {id(owner(seed._data))}
    for x, gradient in gradients.items():
        if wrap and (gradient in given or gradient is x):
            gradient = gradient.copy()
        array = gradient._data if wrap else ops.as_array(gradient)
        memory = owner(array)
        if id(memory) in taken or is_read_only(array):
            array = memory = array.copy()
        if wrap:
            gradient._data = array
            given.add(gradient)
        taken.add(id(memory))
        settled[x] = gradient if wrap else ops.Variable(array)
    return settled


def owner(array):
    """Return the array whose memory this one shows."""
    return array if array.base is None else array.base


def is_read_only(array):
    """Return whether nobody may write to array."""
    if isinstance(array, np.ndarray):
        return not array.flags.writeable
    return array.base is not None  # CuPy does not say, so any view may be one
