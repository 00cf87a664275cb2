"""Symbol: what f computes with while it is traced, a Node that looks like an array.

isinstance(symbol, np.ndarray) is True, because of __class__. A Symbol holds no memory:
where NumPy's C code needs memory, it calls __array__, which raises an error. NumPy
passes its other calls on to the Symbol (__array_ufunc__, __array_function__), and the
Trace records them, if the shape of the result does not depend on numbers.
"""

import operator

import numpy as np

from dezero.core import Variable
from dezero.static.graph import leaves


class CannotFollow(TypeError):
    """A Symbol was asked for numbers, which it does not have."""


class Symbol(np.lib.mixins.NDArrayOperatorsMixin):
    """A Node that passes for an ndarray.

    x += 1 gives a Symbol another Node. Other views of the same memory lose their Node,
    since their contents are not known from then on.

    _views    all Symbols that share this memory; the first entry is None if others hold
              it as well: it was passed to f or a Function, or is a Variable's data
    """

    __class__ = property(lambda self: np.ndarray)
    __hash__ = None
    __array_priority__ = 100
    base, flags = None, np.empty((2, 2)).flags  # as if it owned memory: no copy needed
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
        # A layer whose call has failed restores what an array held, from a copy.
        made = value._node if type(value) is Symbol and index is Ellipsis else None
        if not made or made.args != (self._node,) or made.name != "copy":
            self.refuse("writes into an array")

    def __array_ufunc__(self, ufunc, method, *xs, out=(), **kwargs):
        if any(isinstance(x, Variable) for x in xs):
            return NotImplemented  # x + variable: leave it to the Variable
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
        """Return the Node; raise RuntimeError once f is no longer traced."""
        if not self._trace.open:
            raise RuntimeError(
                "static: a value from inside compile(f) is used after f returned, so "
                "something kept it: a layer with a state (call reset_state() first), "
                "or a list (see step 72)"
            )
        if self._node is None:
            self.refuse("writes into an array and then uses another view of it")
        return self._node

    def lend(self):
        """Refuse later writes into this memory, because others now hold it as well."""
        self._views.insert(0, None)

    def refuse(self, what):
        """Raise CannotFollow: f does something that needs numbers."""
        where = self._node or "that view"
        raise CannotFollow(
            f"compile: f {what}, at {where}; while compile follows f there are shapes, "
            "but no numbers: decide with F.where or outside of f, print what f "
            "returns, and compute with operators and dezero.functions (see step 72)"
        )

    def __bool__(self):
        self.refuse("decides an if or a while by a value")

    def __float__(self):
        self.refuse("turns a value into a Python number")

    def __array__(self, dtype=None, copy=None):
        self.refuse("needs the numbers in an array")

    def __getattr__(self, name):
        # Called for names that are not defined above. An ndarray has many more.
        self.read()
        if name in SHAPED_BY and hasattr(np.ndarray, name):
            function = getattr(np.ndarray, name)
            return lambda *args, **kw: self._trace.note(function, (self, *args), kw)
        if hasattr(np.ndarray, name):
            self.refuse(f"uses the {name} of an array")
        raise AttributeError(f"a Symbol has no attribute {name!r}")

    def __repr__(self):
        return f"symbol({self._node!r})"

    __str__ = __repr__
    __int__ = __index__ = __complex__ = item = tolist = __float__


# --- which arguments determine the shape of the result ---

NEEDS_NO_NUMBERS = {
    *(np.result_type, np.shape, np.ndim, np.size, np.can_cast, np.iscomplexobj),
    *(np.zeros_like, np.ones_like, np.empty_like),
}
# {name: how many of the first arguments may be Symbols, or lists of them}. The others
# must be known: how often to repeat, for instance. None: any argument may be a Symbol.
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
    """Return the first arguments of a call, those that may be Symbols.

    Their shapes and the values of the other arguments determine the result's shape. If
    that is not enough, return None.
    """
    if isinstance(function, np.ufunc) or not getattr(function, "pure", True):
        return args
    name = function.__name__
    by_layout = {"A", "K"} & {x for x in (*args, *kwargs.values()) if type(x) is str}
    if by_layout or name not in SHAPED_BY or (name == "where" and len(args) != 3):
        return None
    values = args[: SHAPED_BY[name]]
    return None if leaves(args[len(values) :], Symbol) else values
