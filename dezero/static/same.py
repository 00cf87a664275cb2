"""Compare two traces of f: did f do the same, and which arrays come from outside f?"""

from itertools import zip_longest

import numpy as np

from dezero.core import Function, Variable
from dezero.static.graph import Node, owner
from dezero.static.whole import Forward


def form(x, places):
    """Describe x, as it is now, in a form that can be compared between two traces.

    A Node that is an argument is represented by its place. For an object of a type that
    is not known here, only the type counts.
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
    """Return the text of the first thing that differs between two traces, or None.

    If nothing differs, also set the names of the sources in again: an array that is the
    same object in both traces comes from outside f.
    """
    for a, b in zip_longest(first.forms.items(), again.forms.items()):
        if a is None or b is None or a[1] != b[1]:
            return repr((b or a)[0])
    for old, new in zip(first.written, again.written):
        if owner(old) is not owner(new):
            return f"an array {new.shape} that f makes and a Function writes into"
    for a, b in zip(first.nodes, again.nodes):
        old = a.value
        if b.name == "variable" and old is not b.value:  # f made it itself
            old, b.name, b.label, b.value = old.data, "constant", None, b.value.data
        if b.is_constant and owner(old) is owner(b.value):
            b.name = "array"
    return None
