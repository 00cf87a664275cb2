"""Variable: an array, its gradient, and the Function that computed it.

>>> x = Variable(np.array([1.0, 2.0, 3.0]))
>>> y = (x**2).sum()
>>> y.backward()
>>> x.grad
variable([2. 4. 6.])

What a Variable shares with an ndarray, operators included, is in arraylike.py, a line
each. The loop of the backward pass is in backward.py.
"""

from typing import Any

import numpy as np

from dezero import cuda
from dezero.advice import MEMBERS, teach_members
from dezero.core import changes, checks
from dezero.core.arraylike import ArrayLike
from dezero.core.backward import is_read_only, owner, propagate
from dezero.core.config import Config, switched
from dezero.guards import flag
from dezero.nodes import Node


class Variable(ArrayLike):
    """An array that remembers how it was computed.

    data            the ndarray, or None where the shape is not known yet
    name            shown in drawings of the graph
    grad            None, or a Variable: the gradient that backward left here
    creator         the Function that computed this, None for a leaf
    generation      0 for a leaf, one more than its creator's otherwise
    requires_grad   False: backward passes by, at no cost

    Raises TypeError unless data is an ndarray or None. `==` compares identity,
    so that Variables can be keys and members; compare values with `x.data == 3`.
    """

    # Few Variables have their own of these:
    _no_graph = None  # the reason, where a graph could be expected
    _retains_grad = False  # every backward leaves a gradient here
    _hooks = None  # a dict, after register_hook
    _changed = _reshaped = 0  # changes.latest when data was set, when to another shape
    _is_parameter = False

    def __init__(self, data, name=None, requires_grad=True):
        checks.check_array(data)
        if requires_grad is not True and requires_grad is not False:
            requires_grad = flag("Variable", "requires_grad", requires_grad, 66)
        self._data = data
        self.name = name
        self._grad = None
        self.creator = None
        self.generation = 0
        self.requires_grad = requires_grad

    # Two properties, so that a mistake is told in the line that makes it, and backward
    # knows what has changed. The engine itself reads _data and _grad.

    @property
    def data(self) -> np.ndarray | Any:
        """The ndarray; None where there is none yet, or none any more."""
        if Config.handler is not None:
            return Config.handler.read(self, "data")
        data = self._data
        return None if type(data) is changes.Gone else data

    @data.setter
    def data(self, data: Any) -> None:
        if Config.handler is not None:
            Config.handler.write(self, "data", data)
        if data is self._data and not self._is_parameter:
            return  # x.data *= 100: who edits an array in place knows why (step 66)
        checks.check_data(self, data, isinstance(data, Variable))
        if isinstance(data, np.generic):  # what NumPy makes of a 0-d x.data * 2
            data = np.asarray(data)
        self._data = changes.note(self, data)

    @property
    def grad(self) -> "Variable | Any":
        """The gradient, a Variable, or None."""
        if Config.handler is not None:
            return Config.handler.read(self, "grad")
        return self._grad

    @grad.setter
    def grad(self, grad: Any) -> None:
        if Config.handler is not None:
            Config.handler.write(self, "grad", grad)
        checks.check_grad(self, grad, isinstance(grad, Variable))
        self._grad = grad

    def set_creator(self, func) -> None:
        """Note that func computed this Variable."""
        checks.check_computes(func)
        self.creator = func
        self.generation = func.generation + 1

    def backward(self, retain_grad=False, create_graph=False, gradient=None) -> None:
        """Compute the gradient of this Variable with respect to every leaf.

        Each leaf x that this Variable was computed from gets
        x.grad = x.grad + d(self)/dx, a Variable of x's shape and dtype that
        shares memory with nothing else.

        The pass starts from gradient, else from self.grad if that is set, else from
        ones: for a Variable of several elements it differentiates their sum, and with
        gradient=w the sum of self * w.

        retain_grad=True   keep the gradients of intermediate results too
        create_graph=True  record the pass itself, so that a gradient can be
                           differentiated again (step 32)
        gradient           a Variable or ndarray of self's shape (step 66)

        Raises RuntimeError for a result that recorded no graph (step 18), for a
        gradient that a pass without create_graph left (step 32), and where a formula
        needs an array that was changed since it was used; ValueError if what it starts
        from does not have self's shape.
        """
        checks.check_backward(self, retain_grad=retain_grad, create_graph=create_graph)
        create_graph = bool(create_graph)
        seed = self._seed(gradient)
        if self.creator is None and gradient is None:
            self._grad = seed
            return
        if not self.requires_grad and self.creator is not None:
            # nothing upstream wants a gradient
            self._grad = seed if retain_grad or self._retains_grad else None
            return
        if self.creator is None:  # the gradient is the caller's, and adds up
            gradients, passed = {self: seed if create_graph else seed._data}, []
        else:
            gradients, passed = propagate(self, seed, retain_grad, create_graph)
        kept = gradients.pop(self, None) if self.creator is not None else None
        with switched(enable_backprop=create_graph):
            settled = settle(gradients, seed, create_graph)
            for x, gradient in settled.items():
                if x._grad is not None:
                    checks.check_sum(x)
                    settled[x] = x._grad + gradient
        # From here on nothing can fail: no pass leaves half of its gradients.
        for x in passed:
            x._grad = None
        for x, gradient in settled.items():
            x._grad = gradient
            if not create_graph:
                gradient._no_graph = checks.WITHOUT_CREATE_GRAPH
        if kept is not None:
            self._grad = seed  # as it was set

    def _seed(self, gradient):
        """Return the Variable that backward starts from, after the hooks of self."""
        start = self._grad if gradient is None else gradient
        if start is None:
            xp = cuda.get_array_module(self._data)
            seed = Variable(xp.ones(self.shape, self.dtype), requires_grad=False)
        else:
            source = "self.grad" if gradient is None else "gradient"
            checks.check_seed(self, start, source)
            seed = as_variable(as_array(start))
        return self._pass_hooks(seed) if self._hooks else seed

    # --- cutting the graph ---

    def unchain(self) -> None:
        """Forget how this Variable was computed; it becomes a leaf."""
        self.creator = None

    def unchain_backward(self) -> None:
        """Cut every Variable upstream of this one off the graph.

        Truncated back-propagation through time is this, every k steps (step 59).
        """
        waiting = [] if self.creator is None else [self.creator]
        for func in waiting:  # grows while it is read
            for x in func.inputs:
                if x.creator is not None:
                    waiting.append(x.creator)
                    x.unchain()

    def cleargrad(self) -> None:
        """Forget the gradient; the next backward starts from nothing."""
        self.grad = None

    def clear_grad(self) -> None:
        """Forget the gradient, as cleargrad does."""
        self.cleargrad()

    def detach(self) -> "Variable":
        """Return a Variable with the same data, memory included, outside the graph."""
        return Variable(self.data, requires_grad=False)

    # --- looking at the graph, and into a backward pass (steps 65 and 66) ---

    @property
    def is_leaf(self) -> bool:
        """True where no gradient goes further: nothing to go back to, or no need."""
        return self.creator is None or not self.requires_grad

    @property
    def grad_fn(self):
        """How backward goes on from here, as PyTorch shows it; None for a leaf."""
        return None if self.is_leaf else Node(self.creator)

    def requires_grad_(self, requires_grad=True) -> "Variable":
        """Set requires_grad of a leaf, and return self (step 66)."""
        checks.check_leaf(self, requires_grad)
        self.requires_grad = flag("requires_grad_", "requires_grad", requires_grad, 66)
        return self

    def retain_grad(self) -> None:
        """Have every later backward keep this Variable's gradient, leaf or not."""
        self._retains_grad = True

    def register_hook(self, hook):
        """Have hook(gradient) called when a backward has this Variable's gradient.

        The gradient is complete then, a Variable, and has not been used yet. What the
        hook returns takes its place, unless it is None. Returns an object whose
        remove() takes the hook off again (step 65).
        """
        checks.check_hook(hook)
        if self._hooks is None:
            self._hooks = {}
        handle = HookHandle(self._hooks)
        self._hooks[handle] = hook
        return handle

    def _pass_hooks(self, gradient):
        """Return a gradient of self, a Variable or an array, after the hooks."""
        passed = gradient if Config.wrap else Variable(as_array(gradient), None, False)
        with switched(wrap=True):  # hooks are written outside the package
            for hook in list(self._hooks.values()):
                result = hook(passed)
                if result is not None:
                    passed = as_variable(as_array(result))
                checks.check_hooked(self, passed)
        return passed if Config.wrap else passed._data

    # --- devices and files ---

    def to_cpu(self) -> None:
        """Move data, and the gradient, into main memory, in place."""
        _move(self, cuda.as_numpy)

    def to_gpu(self) -> None:
        """Move data, and the gradient, to the GPU, in place (step 52)."""
        _move(self, cuda.as_cupy)

    def __getstate__(self):
        # Pickled or copied, a Variable is a leaf: the graph stays where it is.
        state = self.__dict__ | {"creator": None, "generation": 0}
        for name in ("_data", "_grad", "_hooks", "_changed", "_reshaped"):
            state.pop(name, None)
        return state | {"data": self.data, "grad": self._grad}

    def __setstate__(self, state):
        self.__dict__.update(state)
        self._data = self.__dict__.pop("data")
        self._grad = self.__dict__.pop("grad")

    def __dir__(self):
        # Not what is only there to say how it is done here.
        return [name for name in super().__dir__() if name not in MEMBERS]


class Parameter(Variable):
    """A Variable that a Layer trains (step 44)."""

    _is_parameter = True  # and that an optimizer may edit in place


teach_members(Variable, MEMBERS)


def setup_variable():
    """Do nothing: Variable has its operators in its class body.

    Programs for DeZero call this to attach them.
    """


def as_array(x, array_module=np):
    """Return a number as a 0-d array, a list as an array, an array as it is."""
    if isinstance(x, np.ndarray):  # most are; np.isscalar takes ten times as long
        return x
    if isinstance(x, np.generic):  # what NumPy makes of a 0-d result
        return array_module.asarray(x)
    if np.isscalar(x) or isinstance(x, (list, tuple)):
        try:
            return array_module.array(x)
        except ValueError as error:
            raise ValueError(f"as_array: {error} (see step 9)") from None
    return x


def as_variable(obj) -> Variable:
    """Return a Variable as it is, an array wrapped in a new one."""
    if isinstance(obj, Variable) or not Config.wrap:
        return obj
    return Variable(obj)


def settle(gradients, seed, create_graph):
    """Return {x: its gradient}, each a Variable whose memory is its own.

    d(a + b) = (gy, gy), and the gradient of a sum is a view: what backward carried may
    belong to two leaves, or be read-only.
    """
    settled = {}
    given, taken = {seed}, {id(owner(seed._data))}
    for x, gradient in gradients.items():
        if not create_graph:
            gradient = Variable(as_array(gradient))
        elif gradient in given or gradient is x:
            gradient = gradient.copy()
        array = gradient._data
        if id(owner(array)) in taken or is_read_only(array):
            gradient._data = array = array.copy()
        given.add(gradient)
        taken.add(id(owner(array)))
        settled[x] = gradient
    return settled


def gradients_of(y, xs, seed, create_graph):
    """Return dy/dx, times seed, for each x of xs; None where y does not use it.

    For dezero.func: no Variable's grad is read or changed, and nothing behind xs is
    visited, although they may have been computed themselves.
    """
    if y.creator is None or not y.requires_grad or y in xs:
        return [seed if x is y else None for x in xs]
    gradients, _ = propagate(y, seed, create_graph=create_graph, until=set(xs))
    wanted = {x: gradients[x] for x in xs if x in gradients}
    with switched(enable_backprop=create_graph):
        settled = settle(wanted, seed, create_graph)
    return [settled.get(x) for x in xs]


class HookHandle:
    """What register_hook returns."""

    def __init__(self, hooks):
        # The Variable's dict and not the Variable: no cycle of references.
        self._hooks = hooks

    def remove(self):
        """Take the hook off; a second time does nothing."""
        self._hooks.pop(self, None)


def _move(variable, convert):
    """Convert the array of a Variable, and that of its gradient, in place."""
    if variable.data is not None:
        variable._data = convert(variable.data)  # the same numbers: no change
    if variable.grad is not None:
        _move(variable.grad, convert)
