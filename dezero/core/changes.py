"""What became of the numbers: whether an array is still the one that forward used.

    y = a * x
    a.data = a.data - 1  # noted here, by the property Variable.data
    y.backward()         # RuntimeError: Mul: input 0 ... was changed after forward

`latest` is how often the data of any Variable was set so far. A Function notes what it
was at its call, a Variable when its own data was set last.
"""

import copy
import threading

import numpy as np

latest = 0
_one_at_a_time = threading.Lock()


def note(x, data):
    """Note that the data of a Variable x is set; return what x is to hold."""
    global latest
    old = x._data
    if data is None and old is not None:  # backward may need its shape
        data = Gone(old, f"Variable{named(x)}: its data was set to None (see step 43)")
    with _one_at_a_time:
        latest += 1
        x._changed = latest
        if old is not data and old is not None and data.shape != old.shape:
            x._reshaped = latest
    return data


def with_stand_ins(func):
    """Return func; if its inputs or output have changed since its call, a copy of it.

    In the copy, what has changed is a Gone: it still has its shape, which is all that
    the backward of a sum needs. A backward that asks it for numbers gets a RuntimeError
    that says what was changed.
    """
    outputs = [y() for y in func._outputs]
    if all(_what_changed(x, func._time) is None for x in [*func._inputs, *outputs]):
        return func
    twin = copy.copy(func)
    inputs = enumerate(func._inputs)
    twin._inputs = [_stand_in(func, x, f"input {i}") for i, x in inputs]
    outputs = [_stand_in(func, y, "its output") for y in outputs]
    twin._outputs = [lambda y=y: y for y in outputs]
    return twin


def _what_changed(x, time):
    """Return the Variable that makes the numbers of x others than they were, or None.

    That is x itself, or what x is a view of, as W.T is one of W: an update in place
    changes both.
    """
    waiting = [] if x is None else [x]
    for x in waiting:  # grows while it is read
        if x._changed > time:
            return x
        owner = _base(x._data)
        if owner is not None and x.creator is not None:
            for source in x.creator._inputs:
                array = source._data
                if array is owner or _base(array) is owner:
                    waiting.append(source)
    return None


def _base(array):
    """Return the array whose memory this one shows, None for memory of its own."""
    return None if type(array) is Gone else getattr(array, "base", None)


def _stand_in(func, x, place):
    """Return x, or what stands in for it after a change of its data."""
    changed = _what_changed(x, func._time)
    if changed is None:
        return x
    name = type(func).__name__
    kind = "Parameter" if changed._is_parameter else "Variable"
    view = "" if changed is x else "a view of "
    what = f"{name}: {place}, {view}the {kind}{named(changed)} of shape "
    what += f"{changed.shape},"
    if x.data is None:
        what += (
            " has no data any more, it was set to None after forward, and the "
            f"backward of {name} needs it (see step 43)"
        )
    else:
        what += (
            " was changed after forward, by an optimizer or by hand, so backward "
            "would be wrong; compute the loss anew, and call backward before the "
            "update (see step 46); where a state leads back to an earlier update, end "
            "the graph there, by loss.unchain_backward() or reset_state() (see step 59)"
        )
    if x._reshaped > func._time:  # not even its shape can be used
        raise RuntimeError(what)
    gone = Gone(x._data, what)
    gone.requires_grad = x.requires_grad
    return gone


class Gone(np.lib.mixins.NDArrayOperatorsMixin):
    """What stands where numbers were: their shape and dtype, and why they are gone."""

    def __init__(self, array, reason):
        self.shape, self.ndim, self.size = array.shape, array.ndim, array.size
        self.dtype = array.dtype
        self.reason = reason

    @property
    def _data(self):
        return self  # in a Function's inputs it stands for a Variable

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, index):
        return self if index == () else self.refuse()

    def __getattr__(self, name):
        self.refuse()

    def refuse(self, *args, **kwargs):
        """Say why there are no numbers."""
        raise RuntimeError(self.reason)

    __array__ = __array_ufunc__ = __array_function__ = refuse
    __iter__ = __bool__ = __float__ = __int__ = __index__ = refuse


def named(x):
    """Return the name of a Variable in brackets, with a blank in front, or ''."""
    return f" ({x.name})" if x.name is not None else ""
