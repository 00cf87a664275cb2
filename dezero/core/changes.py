"""Detect arrays that changed after forward used them: else gradients are wrong.

    y = a * x
    a.data = a.data - 1  # recorded by the property Variable.data
    y.backward()         # RuntimeError: Mul: input 0 ... was changed after forward

`clock` counts how often the data of any Variable was set. A Function stores the time of
its call (func._called_at), and a Variable the time when its data was last set
(x._changed_at). If x._changed_at is later than func._called_at, forward used other
numbers than x has now.
"""

import copy
import threading

import numpy as np

clock = 0
_lock = threading.Lock()  # no two changes get the same time


def note_change(x, data):
    """Record that the data of a Variable x is being set; return what x must hold."""
    global clock
    old = x._data
    if data is None and old is not None:  # backward may still need its shape
        data = Gone(old, f"Variable{named(x)}: its data was set to None (see step 43)")
    with _lock:
        clock += 1
        x._changed_at = clock
        if old is not data and old is not None and data.shape != old.shape:
            x._reshaped_at = clock
    return data


def with_stand_ins(func):
    """Return func, or a copy of it if its inputs or outputs changed since its call.

    In the copy, a Gone replaces each Variable that changed. It still has the shape,
    which is all that the backward of a sum needs. A backward that needs the numbers
    gets a RuntimeError that says what was changed.
    """
    outputs = [y() for y in func._outputs]
    used = [*func._inputs, *outputs]
    if all(_what_changed(x, func._called_at) is None for x in used):
        return func
    twin = copy.copy(func)
    inputs = enumerate(func._inputs)
    twin._inputs = [_stand_in(func, x, f"input {i}") for i, x in inputs]
    outputs = [_stand_in(func, y, "its output") for y in outputs]
    twin._outputs = [lambda y=y: y for y in outputs]
    return twin


def _what_changed(x, time):
    """Return the Variable whose change, later than time, changed x; None if none did.

    It is x itself, or a Variable that x is a view of: W.T is a view of W, and an update
    of W in place changes both.
    """
    waiting = [] if x is None else [x]
    for x in waiting:  # grows while it is read
        if x._changed_at > time:
            return x
        owner = _base(x._data)
        if owner is not None and x.creator is not None:
            for source in x.creator._inputs:
                array = source._data
                if array is owner or _base(array) is owner:
                    waiting.append(source)
    return None


def _base(array):
    """Return the array that this one is a view of; None if it is not a view."""
    return None if type(array) is Gone else getattr(array, "base", None)


def _stand_in(func, x, place):
    """Return x, or a Gone if its data was changed; raise an error if its shape was."""
    changed = _what_changed(x, func._called_at)
    if changed is None:
        return x
    name = type(func).__name__
    kind = "Parameter" if changed._is_parameter else "Variable"
    view = "" if changed is x else "a view of "
    if x.data is None:
        happened = (
            "no longer has data: it was set to None after forward, but the "
            f"backward of {name} needs it (see step 43)"
        )
    else:
        happened = (
            "was changed after forward, by an optimizer or by hand, so backward "
            "would be wrong; compute the loss again, and call backward before the "
            "update (see step 46); if a state's graph reaches back past an update, cut "
            "it there, with loss.unchain_backward() or reset_state() (see step 59)"
        )
    who = f"{name}: {place}, {view}the {kind}{named(changed)} of shape {changed.shape},"
    if x._reshaped_at > func._called_at:  # not even its shape can be used
        raise RuntimeError(f"{who} {happened}")
    gone = Gone(x._data, f"{who} {happened}")
    gone.requires_grad = x.requires_grad
    return gone


class Gone(np.lib.mixins.NDArrayOperatorsMixin):
    """Takes the place of an array: has its shape and dtype, and says why it is gone.

    It also takes the place of a Variable among the inputs of a Function: see _data.
    """

    def __init__(self, array, reason):
        self.shape, self.ndim, self.size = array.shape, array.ndim, array.size
        self.dtype = array.dtype
        self.reason = reason

    @property
    def _data(self):
        return self  # its array is itself

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, index):
        return self if index == () else self.refuse()

    def __getattr__(self, name):
        self.refuse()

    def refuse(self, *args, **kwargs):
        """Raise a RuntimeError that says why there are no numbers."""
        raise RuntimeError(self.reason)

    __array__ = __array_ufunc__ = __array_function__ = refuse
    __iter__ = __bool__ = __float__ = __int__ = __index__ = refuse


def named(x):
    """Return " (W)" for a Variable named W, "" for one without a name: for errors."""
    return f" ({x.name})" if x.name is not None else ""
