"""What steps 43-66 add to Variable: hooks, leaves, devices, and pickling.

>>> import numpy as np
>>> from dezero import Variable
>>> x = Variable(np.array(2.0))
>>> handle = x.register_hook(lambda gradient: print("d/dx:", gradient))
>>> (x * x).backward()
d/dx: variable(4.0)
"""

from typing import TYPE_CHECKING

from dezero import cuda
from dezero.advice import MEMBERS
from dezero.core import checks
from dezero.core.arraylike import ops
from dezero.core.config import Config, switched
from dezero.guards import flag
from dezero.nodes import Node

if TYPE_CHECKING:
    from dezero.core.variable import Variable


class Extras:
    """The part of Variable that few programs need."""

    # backward.py reads the first two.
    _watched = False  # it has a hook, or retains its gradient
    _retains_grad = False  # every backward keeps its gradient, as if it were a leaf
    _hooks = ()  # {HookHandle: hook}, after register_hook

    def detach(self) -> "Variable":
        """Return a Variable that shares this one's array, but is outside the graph."""
        return ops.Variable(self.data, requires_grad=False)

    @property
    def is_leaf(self) -> bool:
        """True where backward ends: nothing computed this, or it needs no gradient."""
        return self.creator is None or not self.requires_grad

    @property
    def grad_fn(self):
        """The Node where backward continues, as PyTorch shows it; None for a leaf."""
        return None if self.is_leaf else Node(self.creator)

    def requires_grad_(self, requires_grad=True) -> "Variable":
        """Set requires_grad of a leaf, and return self (step 66)."""
        checks.check_leaf(self, requires_grad)
        self.requires_grad = flag("requires_grad_", "requires_grad", requires_grad, 66)
        return self

    def retain_grad(self) -> None:
        """Keep this Variable's gradient in every later backward, leaf or not."""
        self._watched = self._retains_grad = True

    def register_hook(self, hook):
        """Call hook(gradient) in every backward that computes this Variable's gradient.

        The gradient is a Variable. It is complete, but has not been used yet. If the
        hook returns something other than None, that replaces the gradient. Returns an
        object whose remove() takes the hook off again (step 65).
        """
        checks.check_hook(hook)
        self._watched = True
        if not self._hooks:
            self._hooks = {}
        handle = HookHandle(self._hooks)
        self._hooks[handle] = hook
        return handle

    def _pass_hooks(self, gradient):
        """Return a gradient of self, a Variable or an array, after all hooks."""
        if not self._hooks:
            return gradient
        if not Config.wrap:
            gradient = ops.Variable(ops.as_array(gradient), requires_grad=False)
        with switched(wrap=True):  # a hook is your code: it gets Variables
            for hook in list(self._hooks.values()):
                result = hook(gradient)
                if result is not None:
                    gradient = ops.as_variable(ops.as_array(result))
                checks.check_hooked(self, gradient)
        return gradient if Config.wrap else gradient._data

    def clear_grad(self) -> None:
        """Forget the gradient, as cleargrad does."""
        self.cleargrad()

    # --- devices and files ---

    def to_cpu(self) -> None:
        """Move data, and the gradient, into main memory, in place."""
        _move(self, cuda.as_numpy)

    def to_gpu(self) -> None:
        """Move data, and the gradient, to the GPU, in place (step 52)."""
        _move(self, cuda.as_cupy)

    def __getstate__(self):
        # A pickled or copied Variable is a leaf: the graph does not come along.
        state = self.__dict__ | {"creator": None, "generation": 0}
        for name in ("_data", "_grad", "_hooks", "_changed_at", "_reshaped_at"):
            state.pop(name, None)
        return state | {"data": self.data, "grad": self._grad}

    def __setstate__(self, state):
        self.__dict__.update(state)
        self._data = self.__dict__.pop("data")
        self._grad = self.__dict__.pop("grad")

    def __dir__(self):
        # Without names such as view: they only raise errors that say what to write.
        return [name for name in super().__dir__() if name not in MEMBERS]


class HookHandle:
    """What register_hook returns: its remove() takes the hook off."""

    def __init__(self, hooks):
        # Not the Variable: in a cycle of references it would be freed late.
        self._hooks = hooks

    def remove(self):
        """Take the hook off; a second time does nothing."""
        self._hooks.pop(self, None)


def _move(variable, convert):
    """Convert the array of a Variable, and that of its gradient, in place."""
    if variable.data is not None:
        variable._data = convert(variable.data)  # not .data: no number has changed
    if variable.grad is not None:
        _move(variable.grad, convert)


def setup_variable():
    """Do nothing: Variable has its operators in its class body.

    Programs for the original DeZero call this to attach them.
    """
