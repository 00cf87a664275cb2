"""Symbol: what f computes with while it is followed, a Node in the clothes of an array.

isinstance(symbol, np.ndarray) is True, by __class__. It holds no memory: NumPy's C
code, which would look there, calls __array__ instead, which raises. What NumPy is
asked to do with it, NumPy hands over (__array_ufunc__, __array_function__), and the
Trace notes it, if the shape of the result does not depend on numbers.
"""

import operator

import numpy as np

from dezero.core import Variable
from dezero.static.graph import leaves


class CannotFollow(TypeError):
    """A Symbol was asked for what it does not have: numbers."""


class Symbol(np.lib.mixins.NDArrayOperatorsMixin):
    """A Node that passes for an ndarray.

    x += 1 gives a Symbol another Node. All others that show its memory have none from
    then on, since nobody knows what they hold.

    _views    all that show this memory; None is the first if others have it, too: f or
              a Function was given it, or it is the data of a Variable
    """

    __class__ = property(lambda self: np.ndarray)
    __hash__ = None
    __array_priority__ = 100
    base, flags = None, np.empty((2, 2)).flags  # memory of its own: no copy needed
    shape = property(lambda self: self._node.shape)
    dtype = property(lambda self: self._node.dtype)
    size = property(lambda self: self._node.size)
    ndim = property(lambda self: len(self._node.shape))
    T = property(lambda self: self.transpose())

    def __init__(self, trace, node):
        self._trace, self._node = trace, node
        self._views = [None, self]

    def __len__(self):
        return len(np.broadcast_to(0, self.shape))

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index):
        if isinstance(index, tuple) and index == ():
            return self
        if any(s.dtype == bool for s in leaves(index, Symbol)):
            raise TypeError(
                f"compile: {self._node!r}[mask]: only a run knows how many elements a "
                "mask picks; choose with F.where, or multiply by it (see step 72)"
            )
        return self._trace.note(operator.getitem, (self, index))

    def __setitem__(self, index, value):
        # A layer whose call has failed gives an array back what it held: its copy.
        made = value._node if type(value) is Symbol and index is Ellipsis else None
        if not made or made.args != (self._node,) or made.name != "copy":
            self.refuse("writes into an array")

    def __array_ufunc__(self, ufunc, method, *xs, out=(), **kwargs):
        if any(isinstance(x, Variable) for x in xs):
            return NotImplemented  # x + variable: its turn
        if method == "reduce" and not out:
            return self._trace.note(ufunc.reduce, xs, kwargs)
        if method != "__call__" or kwargs or ufunc.nout > 1:
            self.refuse(f"calls {ufunc.__name__}.{method} with {sorted(kwargs)}")
        if not out:
            return self._trace.note(ufunc, xs)
        # A number takes the dtype that the result must have.
        xs = tuple(x.item() if isinstance(x, np.generic) else x for x in xs)
        y, (x,) = self._trace.note(ufunc, xs), out
        if type(x) is not Symbol or x._views[0] is None or not x.ndim:
            self.refuse("writes into an array")  # 0-d: in a run it may be a number
        if (x.shape, x.dtype) != (y.shape, y.dtype):
            self.refuse(f"puts {y.shape} {y.dtype} into {x.shape} {x.dtype}")
        for view in x._views:
            self._trace.edits.append((view, view._node))
            view._node = None
        x._node = y._node
        return x

    def __array_function__(self, function, types, args, kwargs):
        return self._trace.note(function, args, kwargs)

    def read(self):
        """Return the Node, while f is followed."""
        if not self._trace.open:
            raise RuntimeError(
                "static: a value that compile() followed is used after f returned, so "
                "something kept it: a layer that remembers (RNN: reset_state() first), "
                "or a list (see step 72)"
            )
        if self._node is None:
            self.refuse("writes into an array and then uses another view of it")
        return self._node

    def lend(self):
        """Let nobody write into this memory any more."""
        self._views.insert(0, None)

    def refuse(self, what):
        """Raise CannotFollow: f does what needs numbers."""
        where = self._node or "that view"
        raise CannotFollow(
            f"compile: f {what}, at {where}; while f is followed there are shapes, but "
            "no numbers: decide with F.where or in front of f, print what f returns, "
            "and compute with operators and dezero.functions (see step 72)"
        )

    def __bool__(self):
        self.refuse("takes an if or a while by a value")

    def __float__(self):
        self.refuse("makes a value a Python number")

    def __array__(self, dtype=None, copy=None):
        self.refuse("needs the numbers of an array")

    def __getattr__(self, name):
        # Called for names that are not defined above. An ndarray has more of them.
        self.read()
        if name in SHAPED_BY and hasattr(np.ndarray, name):
            function = getattr(np.ndarray, name)
            return lambda *args, **kw: self._trace.note(function, (self, *args), kw)
        if hasattr(np.ndarray, name):
            self.refuse(f"uses {name} of an array")
        raise AttributeError(f"a Symbol has no attribute {name!r}")

    def __repr__(self):
        return f"symbol({self._node!r})"

    __str__ = __repr__
    __int__ = __index__ = __complex__ = item = tolist = __float__


# --- what the shape of the result follows from ---

NEEDS_NO_NUMBERS = {
    *(np.result_type, np.shape, np.ndim, np.size, np.can_cast, np.iscomplexobj),
    *(np.zeros_like, np.ones_like, np.empty_like),
}
# By how many of the first arguments, values or lists of values; the rest must be known:
# how often to repeat, for instance. None: by all of them, whatever they are.
SHAPED_BY = {
    **dict.fromkeys(
        "all any argmax argmin argsort astype broadcast_to concatenate copy cumsum "
        "expand_dims flatten flip max mean min prod ravel repeat reshape round sort "
        "split squeeze stack std sum swapaxes tile transpose tril triu var".split(),
        1,
    ),
    **dict.fromkeys(
        "clip dot einsum full_like getitem nan_to_num outer reduce take "
        "take_along_axis tensordot where".split()
    ),
}


def shaping(function, args, kwargs):
    """Return those first arguments that may be values, or None.

    The shape of the result follows from theirs, and from the others as they are.
    """
    if isinstance(function, np.ufunc) or not getattr(function, "pure", True):
        return args
    name = function.__name__
    by_layout = {"A", "K"} & {x for x in (*args, *kwargs.values()) if type(x) is str}
    if by_layout or name not in SHAPED_BY or (name == "where" and len(args) != 3):
        return None
    values = args[: SHAPED_BY[name]]
    return None if leaves(args[len(values) :], Symbol) else values
