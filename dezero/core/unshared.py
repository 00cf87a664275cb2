"""At the end of a backward pass, every gradient gets memory of its own.

    z = x + y
    z.backward()      # Add hands the same array, gy, to x and to y (step 14)
    x.grad.data *= 2  # changes x.grad alone, because one of them was copied

Without this, editing one gradient in place, as an optimizer may, would change another.
"""

import numpy as np

from dezero.core.arraylike import ops
from dezero.core.config import Config


def unshared(gradients, seed):
    """Return {x: its gradient}, Variables of which no two share their memory.

    gradients are Variables while Config.wrap is on, otherwise ndarrays. What is shared
    is copied, and so is a read-only array, which the gradient of a sum is: a view of
    gy. seed, where the pass started, is shared with nobody either.
    """
    wrap, result = Config.wrap, {}
    variables, memories = {seed}, {id(owner(seed._data))}  # in use already
    for x, gradient in gradients.items():
        if wrap and (gradient in variables or gradient is x):
            gradient = gradient.copy()
        array = gradient._data if wrap else ops.as_array(gradient)
        memory = owner(array)
        if id(memory) in memories or is_read_only(array):
            array = memory = array.copy()
        if wrap:
            gradient._data = array
            variables.add(gradient)
        memories.add(id(memory))
        result[x] = gradient if wrap else ops.Variable(array)
    return result


def owner(array):
    """Return the array whose memory this one shows."""
    return array if array.base is None else array.base


def is_read_only(array):
    """Return whether nobody may write to array."""
    if isinstance(array, np.ndarray):
        return not array.flags.writeable
    return array.base is not None  # CuPy does not tell, so any view may be read-only
