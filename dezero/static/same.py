"""Whether two followings of f did the same, and what in them comes from outside."""

from itertools import zip_longest

import numpy as np

from dezero.core import Function, Variable
from dezero.static.graph import Node, owner
from dezero.static.whole import Forward


def form(x, places):
    """Return what is equal for the same things in two followings, as they are now.

    A Node that is an argument counts by its place. Of a thing that is of no kind known
    here only the type counts.
    """
    if isinstance(x, Node):
        if x in places:
            return places[x][0]
        function = x.function
        if isinstance(function, Forward):
            function = form(function, places)
        return function, form([x.name, x.args, x.kwargs, x.value], places)
    if isinstance(x, Variable):
        x = x._data
    if type(x) is np.ndarray:
        start, end = (a.__array_interface__["data"][0] for a in (owner(x), x))
        return x.shape, x.strides, x.dtype, end - start, hash(x.tobytes())
    if isinstance(x, (Forward, Function)):
        x = {k: v for k, v in vars(x).items() if k != "inputs"}
    if isinstance(x, dict):
        x = list(x.items())
    if isinstance(x, (tuple, list)):
        return [form(part, places) for part in x]
    plain = (bool, int, float, complex, str, slice, np.generic, np.dtype, np.ufunc)
    return repr(x) if isinstance(x, plain) else getattr(x, "__code__", type(x))


def difference(first, again):
    """Say what is in again, and is something else in first; None: nothing.

    Then say what the sources are: f hands on the same array both times if it comes
    from outside.
    """
    for a, b in zip_longest(first.forms.items(), again.forms.items()):
        if a is None or b is None or a[1] != b[1]:
            return repr((b or a)[0])
    for old, new in zip(first.written, again.written):
        if owner(old) is not owner(new):
            return f"an array {new.shape} that f makes, and a Function writes into"
    for a, b in zip(first.nodes, again.nodes):
        old = a.value
        if b.name == "variable" and old is not b.value:  # f made it itself
            old, b.name, b.label, b.value = old.data, "constant", None, b.value.data
        if b.is_constant and owner(old) is owner(b.value):
            b.name = "array"
    return None
