"""At the end of a backward pass, give every gradient its own memory.

    z = x + y
    z.backward()      # Add returns the same array, gy, for x and for y (step 14)
    x.grad.data *= 2  # changes x.grad alone, because one of the two was copied

Otherwise editing one gradient in place, as an optimizer may, would change another.
"""

import numpy as np

from dezero.core.arraylike import ops
from dezero.core.config import Config


def unshared(gradients, seed):
    """Return {x: its gradient}: Variables, and no two of them share memory.

    gradients are Variables while Config.wrap is on, otherwise ndarrays. An array that
    is shared is copied, and so is a read-only one, such as the gradient of a sum, which
    is a view of gy. None of them shares the memory of seed, where the pass started.
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
    """Return the array that owns the memory of this one."""
    return array if array.base is None else array.base


def is_read_only(array):
    """Return whether array must not be written to."""
    if isinstance(array, np.ndarray):
        return not array.flags.writeable
    return array.base is not None  # CuPy does not say, so any view may be read-only
